"""Figure and film of alpha and beta show the shipped record's numbers, readable."""

import numpy as np
import pytest

from construction.errors import InputError
from construction.experiments.kept import shipped_path
from construction.experiments.trajectory.alpha_beta import arch, walked
from construction.experiments.trajectory.figure import draw
from construction.experiments.trajectory.settings import RUNS
from construction.experiments.trajectory.words import (
    PUBLISHED,
    WALK,
    caption,
    compared,
    finding,
    straying_of,
)
from construction.record.findings import Findings
from scenes.mobjects.shapes import DataCurve
from scenes.style import DARK
from scenes.trajectory import BOTTOM, FINE, LEFT_END, RIGHT_END

from ..draw.test_figure import assert_words_are_readable
from .watch import assert_told

SETTINGS = RUNS["trajectory"]


@pytest.fixture(scope="module")
def findings() -> Findings:
    place = shipped_path("trajectory")
    assert place is not None
    assert place.stat().st_size <= 100_000
    return Findings.load(place)


def test_the_shipped_published_walk_is_drawn_again_to_the_bit(findings):
    walk = SETTINGS.published
    drawn, _ = walked(walk.steps, walk.dimensions, seed=SETTINGS.seed, solution=walk.solution)
    part = findings.part(PUBLISHED)
    assert np.allclose(part["alpha"], drawn.alpha, rtol=1e-12, atol=1e-9)
    assert np.allclose(part["beta"], drawn.beta, rtol=1e-9, atol=1e-4)


def test_the_shipped_words_are_made_from_the_shipped_numbers(findings):
    assert findings.manifest["finding"] == finding(findings)
    assert findings.manifest["caption"] == caption(findings)
    assert caption(findings).startswith("Published (Goodfellow et al. 2014")


def test_the_title_says_what_the_settings_are():
    (steps,) = {recipe.epochs * 5000 // recipe.batch_size for recipe in SETTINGS.recipes}
    assert {recipe.checkpoints for recipe in SETTINGS.recipes} == {steps}
    assert {recipe.data for recipe in SETTINGS.recipes} == {"mnist-5k"}
    label = SETTINGS.recipes[0].architecture.label
    assert SETTINGS.title == f"MNIST 5,000 · {label} · SGD, momentum, Adam · {steps} steps"
    assert SETTINGS.strides[0] == 1


# --- the figure ----------------------------------------------------------------------------------


def test_every_curve_has_the_records_corners_and_a_style_of_its_own(findings):
    figure = draw(findings)
    plane, published, over_time, lengths = figure.axes
    for one in compared(findings).values():
        alpha, beta = one.positions.shares
        assert any(
            np.array_equal(line.get_xdata(), alpha) and np.array_equal(line.get_ydata(), beta)
            for line in plane.lines
        )
        assert any(np.array_equal(line.get_ydata(), beta) for line in over_time.lines)
    walk = findings.part(PUBLISHED)
    assert any(np.array_equal(line.get_ydata(), walk["beta"]) for line in published.lines)
    looks = {(str(one.get_color()), str(one._dash_pattern)) for one in plane.lines}
    assert len(looks) == len(plane.lines) == 6
    assert (lengths.get_xscale(), lengths.get_yscale()) == ("log", "log")
    assert "log scale" in lengths.get_xlabel()
    assert "log scale" in lengths.get_ylabel()


def test_both_axes_of_the_planes_have_the_same_unit(findings):
    figure = draw(findings)
    figure.draw_without_rendering()
    for axes in figure.axes[:2]:
        (x0, y0), (x1, y1) = axes.transData.transform([[0, 0], [1, 1]])
        assert x1 - x0 == pytest.approx(y1 - y0, rel=1e-6)


@pytest.mark.parametrize("width", [2.6, 5.5])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stay_on_the_page_and_apart(findings, theme, width):
    assert_words_are_readable(draw(findings, theme=theme, width=width))


def test_a_page_too_narrow_is_refused(findings):
    with pytest.raises(InputError, match=r"a width from 2\.5 to 100\.0 inches; found 2"):
        draw(findings, width=2)


# --- the film ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film(seen):
    return seen("trajectory")


def test_every_beat_is_told_in_20_to_90_seconds_and_can_be_read(film):
    assert_told(film, ["question", "published", "right-angle", "training", "verdict"], 20, 90)


def test_the_curves_on_the_plane_are_the_records(film, findings):
    found = film.last("training", DataCurve)
    expected = [one.positions.shares for one in compared(findings).values()]
    unit = (RIGHT_END - LEFT_END) / (1.03 * max(1, *(alpha.max() for alpha, _ in expected)))
    assert len(found) == len(expected)
    for alpha, beta in expected:
        assert any(
            len(curve.corners) == len(alpha)
            and np.allclose((curve.corners[:, 0] - LEFT_END) / unit, np.maximum(alpha, 0))
            and np.allclose((curve.corners[:, 1] - BOTTOM) / unit, beta)
            for curve in found
        )
    arches = film.last("right-angle", DataCurve)
    (closed,) = (curve for curve in arches if len(curve.corners) == FINE)
    share = np.linspace(0, 1, FINE)
    assert np.allclose((closed.corners[:, 1] - BOTTOM) / unit, arch(share))
    assert closed.get_stroke_color().to_hex().upper() == DARK.dim


def test_the_table_tells_the_numbers(film, findings):
    walk, told = straying_of(findings, WALK), film.last("verdict", type(film.scene.title))
    said = [word.typst_code for word in told]
    row = ["random walk", f"{walk.height:.2f}", f"{walk.tortuosity:.2f}", f"{walk.angle:.0f}°"]
    at = said.index(row[0])
    assert said[at : at + 4] == row
    assert [one.label for one in compared(findings).values()] == said[at - 4 * 4 : at + 1 : 4]
