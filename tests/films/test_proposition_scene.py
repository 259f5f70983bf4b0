"""Figure and film of Proposition 1 show the shipped numbers, readable."""

import numpy as np
import pytest
from manim import Dot, Mobject

from construction.experiments.kept import shipped_path
from construction.experiments.proposition.figure import draw
from construction.experiments.proposition.measure import count_above
from construction.experiments.proposition.words import (
    SPHERICAL,
    caption,
    closest,
    curves,
    panels,
    verdict_rows,
)
from construction.experiments.table import EXPERIMENTS
from construction.record.findings import Findings
from construction.training.build import inputs_of
from construction.training.recipe import Recipe
from scenes.mobjects.shapes import DataCurve
from scenes.proposition import BOTTOM, TOP

from ..draw.test_figure import assert_words_are_readable
from .watch import assert_told

SETTINGS = EXPERIMENTS["proposition-1"]


@pytest.fixture(scope="module")
def findings() -> Findings:
    place = shipped_path("proposition-1")
    assert place is not None
    return Findings.load(place)


@pytest.mark.parametrize("initialisation", ["small", "default"])
def test_a_width_of_the_shipped_findings_is_counted_again(findings, initialisation):
    found = count_above(
        (784, 1, 10),
        inputs_of(Recipe(samples=SETTINGS.per_digit))[:2],
        initialisation=initialisation,
        losses=SETTINGS.losses,
        samples=SETTINGS.samples,
        networks=SETTINGS.networks,
        seed=SETTINGS.seed,
        confidence=SETTINGS.confidence,
    )
    k = SETTINGS.initialisations.index(initialisation)
    for name in ("above", "neither"):
        assert np.array_equal(found[name][0, 0], findings[name][k, 0])


def test_the_shipped_findings_are_of_the_settings(findings):
    entries = findings.manifest
    assert [tuple(widths) for widths in entries["widths"]] == [
        (784, *SETTINGS.before, width, 10) for width in SETTINGS.widths
    ]
    for name in ("initialisations", "losses", "samples"):
        assert tuple(entries[name]) == getattr(SETTINGS, name)
    for name in ("networks", "confidence"):
        assert entries[name] == getattr(SETTINGS, name)


def test_the_shipped_caption_is_made_from_the_shipped_numbers(findings):
    sentences = findings.manifest["caption"]
    assert sentences.startswith("Stated (Safran & Shamir 2016")
    assert sentences == caption(findings)
    covered = [one for one in curves(findings) if one.covered]
    above = sum(int((one.interval[0] > one.bound).sum()) for one in covered)
    assert f"below most intervals ({above} of {10 * len(covered)}; within " in sentences
    least = min(float(share) for one in covered for share in one.share - one.bound)
    one = closest(covered)
    assert one.share[one.nearest] - one.bound[one.nearest] == least < 0
    assert f"farthest below is {one.share[one.nearest]:.3f}" in sentences


def test_no_interval_of_what_the_proposition_speaks_of_lies_below_its_bound(findings):
    verdicts = {verdict for one in curves(findings) if one.covered for verdict in one.verdicts}
    assert verdicts <= {"above", "around"}


def test_the_figure_has_a_panel_each_with_every_share_interval_and_the_bound(findings):
    figure = draw(findings)
    titles = list(dict.fromkeys(curve.title for curve in curves(findings)))
    assert len(figure.axes) == len(titles) == 4
    for axes, title in zip(figure.axes, titles, strict=True):
        some = [curve for curve in curves(findings) if curve.title == title]
        for curve, container in zip(some, axes.containers, strict=True):
            line, _, (bars,) = container
            assert line.get_xdata().tolist() == curve.width.tolist()
            assert line.get_ydata().tolist() == curve.share.tolist()
            ends = [segment[:, 1] for segment in bars.get_segments()]
            assert np.allclose(ends, np.transpose(curve.interval))
            hollow = line.get_markerfacecolor() == "#FFFFFF"
            assert hollow == (curve.initialisation not in SPHERICAL)
        dashed = [one for one in axes.lines if one.get_marker() in ("None", "")]
        assert any(list(one.get_ydata()) == list(some[0].bound) for one in dashed)
        assert axes.get_xscale() == "log"
    assert all("log scale" in axes.get_xlabel() for axes in figure.axes[2:])


@pytest.mark.parametrize("width", [2.6, 5.5])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stay_on_the_page_and_apart(findings, theme, width):
    assert_words_are_readable(draw(findings, theme=theme, width=width))


@pytest.fixture(scope="module")
def film(seen):
    return seen("proposition")


def test_every_beat_is_told_in_20_to_90_seconds_and_can_be_read(film):
    assert_told(film, ["statement", "pairing", "measured", "verdict"], 20, 90)


def test_curves_and_dots_are_at_the_heights_of_the_findings(film, findings):
    shown = film.last("measured", Mobject)
    wanted = [curve.share for panel in panels(findings) for curve in panel]
    heights = [
        (part.corners[:, 1] - BOTTOM) / (TOP - BOTTOM)
        for part in shown
        if isinstance(part, DataCurve)
    ]
    assert len(heights) == len(wanted) + len(panels(findings)) == 12
    for values in wanted:
        assert any(np.allclose(found, values) for found in heights)
    dots = [part.get_center()[1] for part in shown if isinstance(part, Dot)]
    found = (np.array(dots) - BOTTOM) / (TOP - BOTTOM)
    assert np.allclose(np.sort(found), np.sort(np.concatenate(wanted)))


def test_the_last_frame_counts_all_intervals(findings):
    rows = verdict_rows(findings)
    counts = [[int(n) for n in count.split(" of ")[0].split(", ")] for _, count in rows]
    assert sum(map(sum, counts)) == findings["above"].size == 200
    assert rows[0] == (
        "Symmetric weights: above, around, below the bound",
        f"{counts[0][0]}, 24, 0 of 120",
    )
