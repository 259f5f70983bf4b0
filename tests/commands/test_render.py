"""`render` refuses in one line what it cannot do, before anything is drawn; films: tests/films."""

import os
import sys
from pathlib import Path

import pytest

from construction import __main__ as command
from construction.commands import render

SCENES = Path(__file__).parents[2] / "scenes"


def said(capsys, *arguments: str) -> str:
    assert command.main(["render", *arguments]) == 1
    return capsys.readouterr().err


def test_films_are_found_by_their_scenes():
    found = render.names_in(SCENES)
    assert {"path", "interpolation", "proposition"} <= set(found)
    assert not {"__init__", "stage", "figures", "source", "drawing", "parallel"} & set(found)


@pytest.mark.parametrize(("arguments", "found"), [(["pathh"], "'pathh'"), ([], "none")])
def test_a_name_that_is_no_films_is_answered_with_the_names(capsys, arguments, found):
    refusal = said(capsys, *arguments)
    assert f"; found {found}. Name some, or say --all." in refusal
    assert refusal.startswith("construction: Expected names of films among ")
    assert all(name in refusal for name in render.names_in(SCENES))


def test_no_process_draws_no_film(capsys):
    with pytest.raises(SystemExit):
        command.main(["render", "path", "--jobs", "0"])
    assert "expected 1 to 1024, found '0'" in capsys.readouterr().err


def test_without_manim_or_films_it_says_what_to_install(capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "manim", None)
    for name in [name for name in sys.modules if name.split(".")[0] == "scenes"]:
        monkeypatch.delitem(sys.modules, name)
    assert "pip install 'construction[film]'" in said(capsys, "path")
    monkeypatch.setattr(render, "__file__", str(tmp_path / "a" / "b" / "render.py"))
    assert "neither scenes beside the package nor construction.films" in said(capsys, "path")


def test_films_are_rendered_in_turn_as_the_options_say(capsys, monkeypatch, tmp_path):
    films = []

    def rendered(film, processes, shown):
        shown(0.25)
        shown(1.0)
        films.append((film, processes))
        return film.place

    monkeypatch.setenv("CONSTRUCTION_THEME", "dark")
    monkeypatch.setenv("CONSTRUCTION_RUN", "none")
    monkeypatch.setattr(render.films(), "render", rendered)
    options = ["--quality", "l", "--aspect", "4:3", "--theme", "light", "--run", "some.npz"]
    names = ["path", "proposition"]
    options += ["--jobs", "3", "--out", str(tmp_path / "out"), "--format", "gif"]
    assert command.main(["render", *names, *options]) == 0
    out = capsys.readouterr().out
    assert out.split() == [str(tmp_path / "out" / f"{name}.gif") for name in names]
    for film, processes in films:
        assert (film.pixels, film.rate, processes) == ((640, 480), 15, 3)
        assert film.height * film.pixels[0] / film.pixels[1] == pytest.approx(128 / 9)
    assert os.environ["CONSTRUCTION_THEME"] == "light"
    assert os.environ["CONSTRUCTION_RUN"] == "some.npz"
