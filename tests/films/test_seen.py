"""What is seen of every film, in each theme and format, keeps the rules."""

from pathlib import Path

import pytest

from construction.experiments.kept import SHIPPED
from scenes.style import DARK

from .conftest import FILMS
from .rules import RULES, paths_on_objectives
from .watch import watch

SHEETS = Path(__file__).parents[2] / "docs" / "films"
PLATEAUS = ("plateau-mlp", "barrier-mlp", "plateau-resnet", "plateau-resnet-56-given")
OTHERS = [("interpolation", run) for run in (*PLATEAUS, "two-solutions", "goodfellow-squared")]
OTHERS += [("revisited", run) for run in PLATEAUS[1:]]
SLOW = [(theme, ratio) for theme in ("dark", "light") for ratio in ("16:9", "4:3")][1:]


@pytest.mark.parametrize("rule", [rule.__name__ for rule in RULES])
@pytest.mark.parametrize("name", FILMS)
def test_every_frame_keeps_every_rule(seen, name, rule):
    assert seen(name).faults.get(rule, {}) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "ratio"), SLOW)
@pytest.mark.parametrize("name", FILMS)
def test_so_it_does_in_the_other_theme_and_format(seen, name, theme, ratio):
    assert seen(name, theme, ratio).faults == {}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "run"), OTHERS)
def test_so_it_does_where_it_tells_another_run(name, run, monkeypatch, tmp_path):
    monkeypatch.setenv("CONSTRUCTION_RUN", str(SHIPPED / f"{run}.npz"))
    monkeypatch.chdir(tmp_path)
    assert watch(FILMS[name], RULES).faults == {}


def test_tests_of_a_film_go_to_one_worker_that_tells_it_once(request):
    grouped = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@seen") == grouped


@pytest.mark.parametrize("name", FILMS)
def test_every_half_second_is_looked_at(seen, name):
    film = seen(name)
    assert film.scene.time > 10
    assert film.frames >= len(film.shots) >= 10


@pytest.mark.parametrize("name", FILMS)
def test_captions_last_from_the_beginning_to_the_end(seen, name):
    film = seen(name)
    captions = film.scene.renderer.file_writer.subcaptions
    assert captions[0].start.total_seconds() < 6
    assert captions[-1].end.total_seconds() > film.scene.time - 0.5


@pytest.mark.parametrize("name", ["interpolation", "path", "revisited"])
def test_constructed_paths_are_found_where_they_are_drawn(seen, name):
    colors = (DARK.constructed, DARK.valley)
    assert any(list(paths_on_objectives(shot.shown, colors)) for shot in seen(name).shots)


def test_contact_sheets_are_of_films_and_small():
    sheets = {place.stem: place.stat().st_size for place in SHEETS.glob("*.jpg")}
    assert len(sheets) >= 5
    assert sheets.keys() <= FILMS.keys()
    assert max(sheets.values()) < 300_000
