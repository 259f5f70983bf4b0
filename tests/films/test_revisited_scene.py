"""The film of the plateau, and the figures of plateau and sweep, of shipped ones."""

import numpy as np
import pytest

from construction.errors import InputError
from construction.experiments.interpolation import words as story
from construction.experiments.interpolation.words import lines, objectives
from construction.experiments.kept import SHIPPED
from construction.experiments.sweep import figure as sweep
from construction.experiments.sweep.words import cells, zero_objectives
from construction.record.findings import Findings
from scenes.revisited import Revisited, up_to

from .watch import assert_told, watch

PLATEAUS = ("plateau-mlp", "barrier-mlp", "plateau-resnet", "plateau-resnet-56-given")


def shipped(name) -> Findings:
    return Findings.load(SHIPPED / f"{name}.npz")


@pytest.fixture(scope="module")
def film(seen):
    """The scene told without pictures."""
    return seen("revisited")


def test_lines_of_several_networks_are_refused_with_the_film_that_tells_them(monkeypatch, tmp_path):
    monkeypatch.setenv("CONSTRUCTION_RUN", "two-solutions")
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    wanted = "one line, under .*; found the lines relu-solution, .* film `interpolation` tells"
    with pytest.raises(InputError, match=wanted):
        watch(Revisited, frame_rate=1)


def test_every_beat_is_told_in_20_to_65_seconds_and_can_be_read(film):
    sections = ["plateau", "level", "magnified", "path", "treatments", "verdict"]
    assert_told(film, sections, 20, 65)


def test_the_line_drawn_is_that_of_the_record(film):
    scene = film.scene
    lam, height = objectives(scene.part, "train")
    drawn = scene.line.corners
    assert np.allclose(drawn[:, 0], scene.plot.x.place(lam))
    assert np.allclose(drawn[:, 1], scene.plot.y.place(height))


@pytest.mark.parametrize("name", PLATEAUS)
def test_the_story_tells_every_treatment_and_the_path(name):
    found = shipped(name)
    rows = story.treatments_table(found)
    assert len(rows) == 1 + len(found.manifest["treatments"])
    made = [row[-1].startswith("checked at") for row in rows[1:]]
    assert made == ["valley" in part.arrays for part in lines(found).values()]
    first = lines(found)["interpolate"]
    assert (np.diff(objectives(first, "valley")[1]) <= 0).all()  # rounded to float32, as kept


def test_axes_have_their_ticks_and_the_magnified_one_has_the_zero_predictor(film):
    scene = film.scene
    for axis in (scene.plot.y, scene.near.y):
        assert all(axis.low <= value <= axis.high for value, _ in axis.ticks)
    assert scene.plot.y.low == 0
    assert scene.plot.y.high > objectives(scene.part, "train")[1].max()
    assert scene.near.y.ticks[1][0] == scene.part.manifest["zero"]


def test_no_plateau_is_told_where_the_line_has_none(monkeypatch, tmp_path):
    """The published ResNet-56 has one under recomputed statistics, under interpolated ones none."""
    both = shipped("plateau-resnet-56-given")
    alone = both.described(lines=["interpolate"], treatments=["interpolate"])
    titles, beat = [], Revisited.beat
    monkeypatch.setattr(Revisited, "beat", lambda *a, **k: (titles.append(a[2]), beat(*a, **k)))
    place = tmp_path / "record.npz"
    monkeypatch.setenv("CONSTRUCTION_RUN", str(place))
    monkeypatch.chdir(tmp_path)
    for found, told, plateau in ((both, "recompute", True), (alone, "interpolate", False)):
        titles.clear()
        found.save(place)
        scene = watch(Revisited, frame_rate=1).scene
        assert scene.part.manifest["label"] == lines(found)[told].manifest["label"]
        assert ("The plateau is the zero predictor" in titles) == plateau


def test_a_curve_ends_where_it_leaves_the_panel():
    lam, height = np.linspace(0, 1, 5), np.array([3.0, 2.5, 1.0, 2.0, 0.0])
    assert up_to(lam, height, 2.2)[1].tolist() == [3.0, 2.5, 1.0]
    assert len(up_to(lam, height, -1.0)[0]) == 5


def test_the_figure_of_a_sweep_has_every_cell():
    found = shipped("sweep")
    figure = sweep.draw(found, theme="dark")
    written = [text.get_text() for axes in figure.axes for text in axes.texts]
    shares = found["rise"] / zero_objectives(found)
    wanted = [
        (int(found["monotone"][k].sum()), len(k), max(shares[k], default=0.0))
        for k in cells(found).values()
    ]
    assert sorted(written) == sorted(sweep.label(*one) for one in wanted)
