"""A film drawn by several processes is the film that one draws."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import av
import numpy as np
import pytest
from manim import (
    OUT,
    RIGHT,
    UP,
    Circle,
    Create,
    Cube,
    FadeIn,
    MovingCameraScene,
    Scene,
    Square,
    ThreeDScene,
    ValueTracker,
    ZoomedScene,
    tempconfig,
)
from PIL import Image, ImageSequence

from construction.commands.render import names_in
from construction.errors import ConstructionError
from construction.experiments.kept import SHIPPED, record_path
from scenes import drawing, gif, source
from scenes.drawing import Renderer, performed
from scenes.parallel import Film, Share, _watch, render
from scenes.source import DEFAULT_RUN

from ..started import started

SMALL = {"pixels": (64, 36), "rate": 7}


class Moves(Scene):
    """Updaters, waits that are no whole number of frames, sections and captions."""

    def construct(self):
        clock, dot = ValueTracker(0), Circle(0.3)
        dot.add_updater(lambda shown: shown.move_to(4 * RIGHT * clock.get_value()))
        self.next_section("first")
        self.play(Create(Square()), run_time=0.9)
        self.wait(0.4)
        self.add(dot)
        self.play(clock.animate.set_value(1), run_time=1.1)
        self.add_subcaption("one", 0.5, -0.1)
        self.next_section("second")
        self.wait(0.33)
        self.play(FadeIn(Square().shift(dot.get_center() + UP)), run_time=0.51)
        dot.clear_updaters()
        self.wait(1)
        self.add_subcaption("two", 1, -1)


class Turns(ThreeDScene):
    """The camera turns while something rises, and one thing stays where it is in the frame."""

    def construct(self):
        cube, still = Cube(1), Square(0.5)
        self.set_camera_orientation(phi=1, theta=-1)
        self.add(cube)
        self.add_fixed_in_frame_mobjects(still.to_corner(UP + RIGHT))
        self.begin_ambient_camera_rotation(rate=0.5)
        self.play(cube.animate.shift(OUT), run_time=0.9)
        self.wait(1.1)
        self.stop_ambient_camera_rotation()
        self.move_camera(phi=0.5, run_time=0.9)
        self.wait(0.5)


class Follows(MovingCameraScene):
    """The frame moves and shrinks, with a section between."""

    def construct(self):
        frame, square = self.camera.frame, Square()
        self.add(square, Circle().shift(3 * RIGHT))
        self.play(frame.animate.scale(0.5).move_to(square), run_time=0.9)
        self.next_section("back")
        self.play(Create(Circle(0.4)), run_time=0.6)
        self.play(frame.animate.shift(3 * RIGHT), run_time=0.9)
        self.wait(0.5)


class Zooms(ZoomedScene):
    """A part of the frame stands beside it, larger."""

    def construct(self):
        dot = Circle(0.2, fill_opacity=1)
        self.add(dot, Square())
        self.activate_zooming(animate=False)
        self.play(dot.animate.shift(RIGHT), run_time=0.9)
        self.play(self.zoomed_camera.frame.animate.shift(RIGHT), run_time=0.9)
        self.wait(0.5)


def frames_of(place: Path) -> np.ndarray:
    with av.open(str(place)) as opened:
        return np.array([frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)])


def by_manim(film: Film, scene: type[Scene] = Moves) -> Path:
    """The film as manim makes it by itself."""
    with tempconfig(film.settings):
        scene().render()
    return film.place


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> Path:
    return by_manim(Film("usual", tmp_path_factory.mktemp("usual"), **SMALL))


def in_turn(film: Film, takers: int, scene: type[Scene] = Moves) -> list[Share]:
    """Draw a film by several shares, of which each is offered every so many animations alone."""
    shares = [Share(1) for _ in range(takers)]
    with tempconfig(film.settings):
        rehearsal = performed(scene, None)
        for k, share in enumerate(shares):
            share.total.value = drawing._missing(film, rehearsal)
            for number in range(100):
                if number % takers != k:
                    share.take(number)
            performed(scene, share)
        rehearsal.renderer.file_writer.finish()
    return shares


@pytest.mark.parametrize("takers", [1, 3])
def test_the_film_is_the_same_whoever_draws_which_animation(usual, tmp_path, takers):
    film = Film("usual", tmp_path, **SMALL)
    shares = in_turn(film, takers)
    assert sum(share.drawn.value for share in shares) == len(frames_of(usual)) > 20
    assert all(share.drawn.value for share in shares)
    np.testing.assert_array_equal(frames_of(film.place), frames_of(usual))
    for name in ("usual.srt", "usual/usual.json"):
        assert (tmp_path / name).read_text() == (usual.parent / name).read_text()
    for section in (usual.parent / "usual").glob("*.mp4"):
        np.testing.assert_array_equal(
            frames_of(tmp_path / "usual" / section.name), frames_of(section)
        )


@pytest.mark.parametrize("scene", [Turns, Follows, Zooms])
def test_a_scene_has_the_camera_that_it_asks_for(scene, tmp_path):
    usual = frames_of(by_manim(Film("usual", tmp_path / "usual", **SMALL), scene))
    film = Film("own", tmp_path, **SMALL)
    in_turn(film, 2, scene)
    np.testing.assert_array_equal(frames_of(film.place), usual)
    assert len(np.unique(usual, axis=0)) > 10  # it moves


def test_a_film_without_words_is_drawn(usual, tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "scene_of", lambda _: Moves)
    monkeypatch.setattr(drawing.signal, "signal", lambda *_: None)
    monkeypatch.setattr(source, "advance", None)
    share, film = Share(1), Film("usual", tmp_path, **SMALL)
    drawing.draw(film, share, True)
    assert share.failures.empty()
    np.testing.assert_array_equal(frames_of(film.place), frames_of(usual))
    assert film.is_whole(source.read)


def test_what_is_drawn_is_kept_until_the_record_or_the_look_changes(tmp_path, monkeypatch):
    film = Film("kept", tmp_path, **SMALL)
    (whole,) = in_turn(film, 1)
    (film.parts / "00002.mp4").unlink()
    (film.parts / "00003.4711").touch()
    (again,) = in_turn(film, 1)
    assert again.total.value == again.drawn.value == 8  # of 1.1 seconds, 7 a second
    assert not (film.parts / "00003.4711").exists()
    printed = tmp_path / "kept" / "first.png"
    printed.touch()
    in_turn(film, 1)
    assert printed.exists()
    record = tmp_path / "record.npz"
    record.write_bytes(b"another record")
    monkeypatch.setattr(source, "read", [record])
    (other,) = in_turn(film, 1)
    assert other.drawn.value == whole.drawn.value
    assert not printed.exists()  # or a handout showed the earlier record
    monkeypatch.setenv("CONSTRUCTION_THEME", "light")
    (light,) = in_turn(film, 1)
    assert light.drawn.value == whole.drawn.value


def test_a_whole_film_is_known_by_its_records_its_look_and_its_theme(tmp_path, monkeypatch):
    film, records = Film("whole", tmp_path, **SMALL), [SHIPPED / "proposition-1.npz"]
    assert not film.is_whole(records)
    film.parts.mkdir(parents=True)
    (film.parts / "joined").write_text(film.stamp(records))
    assert not film.is_whole(records)
    film.place.touch()
    assert not film.is_whole(records)
    index = tmp_path / "whole" / "whole.json"
    index.parent.mkdir()
    index.write_text('[{"name": "first"}, {"name": "last"}]')
    assert film.is_whole(records)
    printed = replace(film, printed=True)
    index.with_name("first.png").touch()
    assert not printed.is_whole(records)
    index.with_name("last.png").touch()
    assert printed.is_whole(records)
    assert not film.is_whole([SHIPPED / "sweep.npz"])
    assert not Film("whole", tmp_path, (64, 36), rate=8).is_whole(records)
    monkeypatch.setenv("CONSTRUCTION_THEME", "light")
    assert not film.is_whole(records)
    monkeypatch.delenv("CONSTRUCTION_THEME")
    for damaged in (b'[{"name": "fir', b"\xff"):
        index.write_bytes(damaged)
        assert not film.is_whole(records)


def test_a_gif_has_the_pictures_of_its_film_in_time(usual, tmp_path):
    gif.write_gif(usual, tmp_path / "usual.gif")
    whole, small = frames_of(usual), frames_of(tmp_path / "usual.gif")
    assert small.shape[1:] == (360, 640, 3)
    with Image.open(tmp_path / "usual.gif") as opened:
        lasts = sum(one.info["duration"] for one in ImageSequence.Iterator(opened))
    assert lasts / 1000 == pytest.approx(len(whole) / 7, abs=0.1)
    shown = small[:: len(small) - 1, 5::10, 5::10].astype(int)  # the middle of each pixel
    near = np.abs(shown - whole[:: len(whole) - 1]).mean()
    far = np.abs(shown - whole[:: 1 - len(whole)]).mean()
    assert near < far / 3


def test_a_webm_has_the_pictures_of_its_film(usual, tmp_path):
    gif.write_webm(usual, tmp_path / "usual.webm")
    whole, other = (frames_of(one).astype(int) for one in (usual, tmp_path / "usual.webm"))
    assert whole.shape == other.shape
    assert np.abs(whole - other).mean() < 0.3 * np.abs(whole - whole[::-1]).mean()


def test_the_time_of_a_rehearsal_is_that_of_the_film(tmp_path):
    class Timed(Moves):
        def next_section(self, *args, **options):
            times.append(self.time)
            super().next_section(*args, **options)

    found = []
    for rehearsed in (False, True):
        times: list[float] = []
        with tempconfig(Film("timed", tmp_path, **SMALL).settings):
            Timed(renderer=Renderer(None) if rehearsed else None).render()
        found.append(times)
    assert found[0] == found[1]
    assert timedelta(seconds=found[0][-1]) > timedelta(seconds=2)


def test_an_error_of_the_package_reaches_the_one_who_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("CONSTRUCTION_RUN", "nowhere.npz")
    with pytest.raises(ConstructionError, match=r"nowhere\.npz; found no such file"):
        render(Film("proposition", tmp_path, **SMALL), 1, lambda *_: None)


def test_a_process_that_fails_is_reported(tmp_path, capfd):
    with pytest.raises(ConstructionError, match="'none' to be drawn; found that a process ended"):
        render(Film("none", tmp_path, **SMALL), 1, lambda *_: None)
    assert "ModuleNotFoundError" in capfd.readouterr().err


def test_a_record_that_is_made_is_half_of_the_work_and_one_that_is_there_none():
    share = Share(1)
    share.total.value = 40
    share.count(10)
    assert share.progress == 0.25
    share.make(9, 12)
    assert share.progress == pytest.approx((0.75 + 0.25) / 2)


def test_a_process_that_ended_before_it_was_watched_is_reported(tmp_path):
    ended = get_context("spawn").Process(target=os._exit, args=(3,))
    ended.start()
    ended.join()
    film = Film("none", tmp_path, **SMALL)
    with pytest.raises(ConstructionError, match="a process ended with exit code 3"):
        _watch(film, Share(1), [ended], lambda *_: None)


@pytest.mark.parametrize(("error", "said"), [("SystemExit(143)", ""), ("OSError('full')", "full")])
def test_a_process_that_ends_does_not_wait_for_threads_that_wait_for_frames(error, said):
    code = f"""
import sys, threading, types
from scenes import parallel
def draw(*_):
    threading.Thread(target=threading.Event().wait).start()
    raise {error}
sys.modules["scenes.drawing"] = types.SimpleNamespace(draw=draw)
parallel._work(None, None, True)
"""
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert said in ended.stderr.strip().rsplit("\n", 1)[-1]
    assert bool(said) == bool(ended.stderr)


def test_a_process_that_is_ended_leaves_at_once_and_ends_what_it_computes(monkeypatch):
    left = []
    monkeypatch.setattr(drawing.os, "_exit", left.append)
    with started([sys.executable, "-c", "import time; time.sleep(60)"]) as computing:
        monkeypatch.setattr(source, "computing", [computing])
        drawing._leave()
        assert computing.wait(30) == -signal.SIGTERM
    assert left == [128 + signal.SIGTERM]


@pytest.mark.slow
def test_an_interrupted_film_goes_on_where_it_stopped(tmp_path):
    command = [sys.executable, "-m", "construction", "render", "proposition", "--quality", "l"]
    command += ["--out", str(tmp_path), "--jobs", "2"]
    parts = tmp_path / ".parts" / "proposition"
    with started(command, stderr=subprocess.PIPE) as first:
        while len(list(parts.glob("*.mp4"))) < 4:
            assert first.poll() is None
            time.sleep(0.02)
        first.send_signal(signal.SIGINT)
        said = first.communicate(timeout=60)[1]
    assert said.splitlines()[-1].endswith("What was drawn is kept; the same command goes on.")
    assert first.returncode == 130
    drawn = {part: part.stat().st_mtime for part in parts.glob("*.mp4")}
    time.sleep(0.1)
    subprocess.run(command, capture_output=True, text=True, check=True)
    kept = [abs(part.stat().st_mtime - when) < 1e-3 for part, when in drawn.items()]
    assert all(kept)  # manim sets their times again, to a microsecond
    assert len(list(parts.glob("*.mp4"))) > len(kept) >= 4
    assert Film("proposition", tmp_path, (854, 480), rate=15).is_whole(
        [SHIPPED / "proposition-1.npz"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", names_in(Path(drawing.__file__).parent))
def test_every_film_is_that_of_manim_render(name, tmp_path, monkeypatch, film_record):
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path / "cache"))
    default = record_path(DEFAULT_RUN)
    default.parent.mkdir(parents=True)
    shutil.copy(film_record, default)
    seen = []
    film = Film(name, tmp_path, (128, 72), rate=3)
    place = render(film, 3, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    command = [sys.executable, "-m", "manim", "render", "--disable_caching", "--media_dir"]
    options = ["--resolution", "128,72", "--fps", "3", "--save_sections", "-v", "ERROR"]
    scene = Path(drawing.__file__).parent / f"{name}.py"
    subprocess.run([*command, str(tmp_path / "media"), *options, str(scene)], check=True)
    (usual,) = (tmp_path / "media" / "videos" / name).glob("*/*.mp4")
    np.testing.assert_array_equal(frames_of(place), frames_of(usual))
    captions, wanted = (one.with_suffix(".srt") for one in (place, usual))
    assert captions.exists() == wanted.exists()  # one film has none
    assert not captions.exists() or captions.read_text() == wanted.read_text()
