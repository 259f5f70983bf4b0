"""Figure and film of Proposition 1 show the shipped study's numbers, readable."""

import numpy as np
import pytest
from manim import Dot

from construction.experiments.kept import shipped_path
from construction.experiments.proposition.counted import SPHERICAL
from construction.experiments.proposition.figure import draw
from construction.experiments.proposition.measure import digits
from construction.experiments.proposition.probability import probability
from construction.experiments.proposition.study import Study
from construction.experiments.proposition.words import caption
from construction.experiments.table import EXPERIMENTS
from scenes import proposition_story as story
from scenes.mobjects.curve import DataCurve
from scenes.proposition import BOTTOM, TOP, Proposition

from ..scene_watch import watch

SETTINGS = EXPERIMENTS["proposition-1"]


@pytest.fixture(scope="module")
def study() -> Study:
    place = shipped_path("proposition-1")
    assert place is not None
    assert place.stat().st_size <= 100_000
    return Study.load(place)


@pytest.mark.parametrize("initialisation", ["small", "default"])
def test_a_point_of_the_shipped_study_is_counted_again(study, initialisation):
    found = probability(
        (784, 1, 10),
        digits(SETTINGS),
        initialisation=initialisation,
        losses=SETTINGS.losses,
        samples=SETTINGS.samples,
        networks=SETTINGS.networks,
        seed=SETTINGS.seed,
        confidence=SETTINGS.confidence,
    )
    for one in found:
        assert one == study.curve(initialisation, one.loss, one.samples)[0]


def test_the_shipped_caption_is_made_from_the_shipped_numbers(study):
    told = study.manifest["caption"]
    assert told == caption(study)
    covered = [one for one in study.measured if one.covered]
    above = sum(one.interval[0] > one.bound for one in covered)
    assert f"{above} of {len(covered)} intervals lie above the bound" in told
    least = min(covered, key=lambda one: one.value - one.bound)
    assert f"nearest is {least.value:.3f}" in told


def test_no_interval_of_what_the_proposition_speaks_of_lies_below_its_bound(study):
    assert {one.verdict for one in study.measured if one.covered} <= {"above", "around"}


def test_the_figure_has_a_panel_each_with_every_probability_interval_and_the_bound(study):
    figure = draw(study)
    asked = list(dict.fromkeys((loss, count) for _, loss, count in study.curves))
    assert len(figure.axes) == len(asked)
    for axes, (loss, count) in zip(figure.axes, asked, strict=True):
        names = [name for name, x, m in study.curves if (x, m) == (loss, count)]
        for name, container in zip(names, axes.containers, strict=True):
            curve = study.curve(name, loss, count)
            line, _, (bars,) = container
            assert line.get_xdata().tolist() == [one.width for one in curve]
            assert line.get_ydata().tolist() == [one.value for one in curve]
            ends = [tuple(segment[:, 1]) for segment in bars.get_segments()]
            assert np.allclose(ends, [one.interval for one in curve])
            hollow = line.get_markerfacecolor() == "#FFFFFF"
            assert hollow == (name not in SPHERICAL)
        dashed = [one for one in axes.lines if one.get_marker() in ("None", "")]
        assert any(list(one.get_ydata()) == [p.bound for p in curve] for one in dashed)
        assert axes.get_xscale() == "log"
        assert "log scale" in axes.get_xlabel()


@pytest.mark.parametrize("width", [2.6, 5.5])
def test_words_stay_on_the_page(study, width):
    figure = draw(study, theme="dark", width=width)
    figure.draw_without_rendering()
    words = [*figure.texts, *[a.label for axes in figure.axes for a in (axes.xaxis, axes.yaxis)]]
    boxes = [text.get_window_extent() for text in words]
    assert all(box.x0 >= 0 and box.x1 <= 72 * width + 1 for box in boxes)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONSTRUCTION_RUN", str(shipped_path("proposition-1")))
        patch.chdir(tmp_path_factory.mktemp("film"))
        return watch(Proposition, disable_caching=True)


def test_everything_is_inside_apart_and_large_enough(film):
    scene, seen = film
    assert (seen.outside, seen.overlaps, seen.small) == ([], [], [])
    assert 20 <= scene.time <= 90
    names = list(dict.fromkeys(shot.section for shot in seen.shots))
    assert names == ["statement", "pairing", "measured", "verdict"]


def test_curves_and_dots_are_at_the_heights_of_the_study(film, study):
    last = [shot for shot in film[1].shots if shot.section == "measured"][-1]
    shown = [part for top in last.shown for part in top.get_family()]
    wanted = [
        [one.value for one in study.curve(name, *asked)]
        for name in story.initialisations(study)
        for asked in story.panels(study)
    ]
    heights = [
        (part.corners[:, 1] - BOTTOM) / (TOP - BOTTOM)
        for part in shown
        if isinstance(part, DataCurve)
    ]
    assert len(heights) == len(wanted) + len(story.panels(study))
    for values in wanted:
        assert any(np.allclose(found, values) for found in heights)
    dots = [part.get_center()[1] for part in shown if isinstance(part, Dot)]
    found = (np.array(dots) - BOTTOM) / (TOP - BOTTOM)
    assert np.allclose(np.sort(found), np.sort(np.concatenate(wanted)))


def test_the_last_frame_counts_all_intervals(study):
    rows = story.verdicts(study)
    assert sum(int(count.split()[0]) for _, count in rows) == len(study.measured)
    assert "symmetric weights: intervals below the bound" in dict(rows)
