"""`lecture`: what it draws, what it leaves alone, and what it refuses before anything is drawn."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from PIL import Image

from construction import __main__ as command
from construction.commands import lecture as commanded
from construction.commands import render
from construction.errors import InputError
from construction.experiments.kept import SHIPPED

from ..started import started
from .conftest import PLAN, SECTIONS, SIZE, write_films


@pytest.fixture
def hour(tmp_path, monkeypatch) -> SimpleNamespace:
    """A lecture to be made of two films, which are "drawn" at once, and what was drawn of it."""
    drawn, out = [], tmp_path / "out"
    (tmp_path / "plan.toml").write_text(PLAN.replace("mnist-mlp", "proposition-1"))

    def rendered(film, processes, shown):
        shown(0.25)
        shown(1.0)
        if not drawn:
            write_films(film.out)
        for name, section, *_ in SECTIONS if film.printed else ():
            Image.new("RGB", SIZE, "white").save(film.out / name / f"{section}.png")
        film.parts.mkdir(parents=True, exist_ok=True)
        (film.parts / "joined").write_text(film.stamp([SHIPPED / "proposition-1.npz"]))
        drawn.append((film.name, film.pixels, film.rate, processes))
        return film.place

    monkeypatch.setenv("CONSTRUCTION_THEME", "dark")
    monkeypatch.setenv("CONSTRUCTION_RUN", "which the command sets with --run")
    monkeypatch.delenv("CONSTRUCTION_RUN")
    monkeypatch.setattr(render.films(), "render", rendered)
    arguments = ["--plan", str(tmp_path / "plan.toml"), "--out", str(out), "--jobs", "2"]
    return SimpleNamespace(out=out, drawn=drawn, arguments=["lecture", *arguments])


def test_a_lecture_is_drawn_put_together_and_drawn_no_second_time(hour, capsys, monkeypatch):
    assert command.main(hour.arguments) == 0
    assert capsys.readouterr().out == f"{hour.out / 'index.html'}\n"
    assert hour.drawn == [("path", (1280, 720), 30, 2), ("ray", (1280, 720), 30, 2)]
    made = {path.name for path in hour.out.iterdir()}
    assert made == {
        *("index.html", "deck.html", "deck.pptx", "handout.pdf"),
        *("films", "stills", "notebooks", ".lecture"),
    }
    assert (hour.out / "films" / "path.vtt").exists()

    assert command.main(hour.arguments) == 0
    assert len(hour.drawn) == 2

    (hour.out / "films" / "path" / "network.png").unlink()  # as where `render` drew the film
    assert command.main(hour.arguments) == 0
    assert [name for name, *_ in hour.drawn] == ["path", "ray", "path"]

    (hour.out / "films" / "ray.mp4").unlink()
    assert command.main(hour.arguments) == 0
    assert [name for name, *_ in hour.drawn] == ["path", "ray", "path", "ray"]

    assert command.main([*hour.arguments, "--theme", "light", "--quality", "h"]) == 0
    assert hour.drawn[-1] == ("ray", (1920, 1080), 60, 2)
    assert os.environ["CONSTRUCTION_THEME"] == "light"


def test_the_recap_is_there_as_gif_and_webm_too(hour, capsys, monkeypatch):
    monkeypatch.setattr(commanded, "SHOWN_ALONE", "ray")
    assert command.main(hour.arguments) == 0
    page = (hour.out / "index.html").read_text()
    for kind, frames in (("gif", 2), ("webm", 10)):  # a GIF has what does not change once
        assert f'href="films/ray.{kind}"' in page
        with av.open(str(hour.out / "films" / f"ray.{kind}")) as film:
            assert sum(1 for _ in film.decode(video=0)) >= frames
        assert not (hour.out / "films" / f"path.{kind}").exists()


def test_a_run_named_by_the_environment_is_told_as_one_of_the_option(hour, monkeypatch):
    said, run = '"kind": "Here"', str(SHIPPED / "proposition-1.npz")
    assert command.main(hour.arguments) == 0
    assert said in (hour.out / "deck.html").read_text()
    monkeypatch.setenv("CONSTRUCTION_RUN", run)
    assert command.main(hour.arguments) == 0
    told = (hour.out / "deck.html").read_text()
    assert said not in told
    monkeypatch.delenv("CONSTRUCTION_RUN")
    assert command.main([*hour.arguments, "--run", run]) == 0
    assert (hour.out / "deck.html").read_text() == told


def test_a_film_that_cannot_tell_the_users_run_is_left_out(hour, capsys, monkeypatch):
    rendered = render.films().render

    def unless_path(film, *rest):
        if film.name in refusing:
            raise InputError("another record", "this one", "Take it.")
        return rendered(film, *rest)

    refusing = ["path"]
    monkeypatch.setattr(commanded, "SHOWN_ALONE", "path")
    monkeypatch.setattr(render.films(), "render", unless_path)
    run = ["--run", "proposition-1"]
    assert command.main([*hour.arguments, *run]) == 0
    said = capsys.readouterr().err
    assert "Without the film path. Expected another record; found this one. Take it." in said
    assert "deck.html#path" not in (hour.out / "index.html").read_text()
    refusing.append("ray")
    (hour.out / "films" / "ray.mp4").unlink()
    assert "found this one" in refused(capsys, *hour.arguments, *run)
    assert (hour.out / "deck.html").exists()  # of the earlier lecture
    monkeypatch.delenv("CONSTRUCTION_RUN")  # which --run has set
    assert "found this one" in refused(capsys, *hour.arguments)  # by default every film is there


def test_films_of_another_kind_than_the_users_run_are_left_out(hour, capsys):
    written(hour, '"A second film"\nrun = "proposition-1"', '"A second film"\nrun = "mnist-mlp"')
    run = str(SHIPPED / "proposition-1.npz")
    assert command.main([*hour.arguments, "--run", run]) == 0
    said = capsys.readouterr().err
    assert said == f"Without ray: made for results of other kinds than {run}.\n"
    assert [name for name, *_ in hour.drawn] == ["path"]


def refused(capsys, *arguments: str) -> str:
    assert command.main(list(arguments)) == 1
    return capsys.readouterr().err


def test_a_folder_that_holds_something_else_is_left_alone(hour, capsys):
    (hour.out / "films").mkdir(parents=True)  # as any user may have some
    (hour.out / "index.html").write_text("mine")
    said = refused(capsys, *hour.arguments)
    assert f"found {hour.out}, which holds something else. Name another" in said
    assert (hour.out / "index.html").read_text() == "mine"
    assert not hour.drawn
    (hour.out / "index.html").unlink()
    (hour.out / "films").rmdir()
    assert command.main(hour.arguments) == 0


def test_a_mark_that_cannot_be_written_is_told(hour, capsys, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(Path, "touch", full)
    said = f"Expected to write in the folder {hour.out}; found no space left. Free it"
    assert said in refused(capsys, *hour.arguments)
    assert not hour.drawn


def written(hour, old: str, new: str) -> None:
    plan = Path(hour.arguments[2])
    assert old in plan.read_text()
    plan.write_text(plan.read_text().replace(old, new))


REFUSED = [
    ("[path", "[pith", [], "names of films among "),
    ("c = b/a", "sqrt(", [], "in [path.network] of the plan; found 'sqrt(', of which Typst says"),
    ("", "", ["--run", "nowhere"], "found 'nowhere'"),
    ("", "", ["--run", "nowhere.npz"], "nowhere.npz"),
    ("", "", ["--run", "mnist-mlp"], "'mnist-mlp', which is of another kind. Name another --run"),
    ('run = "', 'run = "no-', [], "found 'no-proposition-1'"),
    ("say = ", "tell = ", [], "found no say"),
]


@pytest.mark.parametrize(("old", "new", "more", "said"), REFUSED)
def test_what_can_be_refused_is_before_anything_is_drawn(hour, capsys, old, new, more, said):
    written(hour, old, new)
    message = refused(capsys, *hour.arguments, *more)
    assert said in message
    assert message.count("Expected") == 1
    assert not hour.drawn
    assert not hour.out.exists()


def test_a_damaged_record_is_refused_once_and_before_anything_is_drawn(hour, capsys, tmp_path):
    whole = (SHIPPED / "proposition-1.npz").read_bytes()
    (tmp_path / "mine.npz").write_bytes(whole[: len(whole) // 2])
    message = refused(capsys, *hour.arguments, "--run", str(tmp_path / "mine.npz"))
    assert message.count("mine.npz") == 1
    assert not hour.drawn
    assert not hour.out.exists()


def test_a_misspelled_section_is_refused_before_its_film_is_drawn(hour, capsys):
    plan = Path(hour.arguments[2])
    plan.write_text(PLAN.replace("[path.network]", "[path.netwrok]"))
    message = refused(capsys, *hour.arguments)  # its run is that of the package's own plan
    assert "sections of the film 'path' among network, straight-line, " in message
    assert "found [path.netwrok] in the plan. Its note would be shown nowhere." in message
    assert not hour.drawn
    assert not hour.out.exists()


def test_without_the_writer_of_slides_it_says_what_to_install(hour, capsys, monkeypatch):
    monkeypatch.setattr(commanded, "find_spec", lambda name: None)
    assert "pip install 'construction[lecture]'." in refused(capsys, *hour.arguments)


@pytest.mark.slow
def test_an_interrupted_lecture_goes_on_and_is_drawn_once(tmp_path):
    plan = "[proposition]\ntitle = 'A film'\nrun = 'proposition-1'\n"
    (tmp_path / "plan.toml").write_text(plan)
    place = str(tmp_path / "out")
    arguments = ["--plan", str(tmp_path / "plan.toml"), "--quality", "l", "--out", place]
    asked = [sys.executable, "-m", "construction", "lecture", *arguments, "--jobs", "2"]
    parts = tmp_path / "out" / "films" / ".parts" / "proposition"
    with started(asked, stderr=subprocess.PIPE) as first:
        while not list(parts.glob("*.mp4")):
            assert first.poll() is None
            time.sleep(0.1)
        first.send_signal(signal.SIGINT)
        assert "What was drawn is kept" in first.communicate(timeout=60)[1]
    assert first.returncode == 130
    kept = {part: part.stat().st_mtime for part in parts.glob("*.mp4")}
    assert kept
    subprocess.run(asked, check=True)
    for part, moment in kept.items():
        assert part.stat().st_mtime == pytest.approx(moment, abs=1e-3)  # drawn no second time
    again = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert again.stderr == ""
    assert again.stdout == f"{Path(place) / 'index.html'}\n"


def test_an_interruption_says_that_films_are_kept(hour, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(render.films(), "render", interrupted)
    assert command.main(hour.arguments) == 130
    assert "What was drawn is kept; the same command goes on." in capsys.readouterr().err
