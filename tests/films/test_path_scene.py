"""The film shows the record's numbers, inside the frame, and nothing else."""

import numpy as np
import pytest

from construction.experiments.path import words as story
from construction.record.record import Record
from scenes.figures import BOTTOM, TOP
from scenes.mobjects.curve import DataCurve
from scenes.mobjects.number import LiveNumber
from scenes.style import DARK

from .watch import assert_told


@pytest.fixture(scope="module")
def film(seen):
    """The whole scene once, with all that was shown."""
    return seen("path")


@pytest.fixture(scope="module")
def record(film_record):
    return Record.load(film_record)


def curves(film, section):
    """Every data curve on screen when a section ends, in the order of appearance."""
    return film.last(section, DataCurve)


def heights_of(curve, route):
    """Objectives that a drawn curve stands for, read off the frame."""
    plot_low, plot_high = story.objective_range(route)
    share = (curve.corners[:, 1] - BOTTOM) / (TOP - BOTTOM)
    return plot_low * (plot_high / plot_low) ** share


def by_color(found, color):
    return [curve for curve in found if curve.get_stroke_color().to_hex().upper() == color]


SECTIONS = [
    "question",
    "straight-line",
    "one-ray",
    "travel",
    "descend",
    "valley",
    "detour",
    "verdict",
]


def test_every_beat_is_told_in_60_to_90_seconds_and_can_be_read(film):
    assert_told(film, SECTIONS, 60, 90)
    assert len(film.scene.renderer.file_writer.subcaptions) >= 10


def test_the_empirical_curve_is_the_records(film, record):
    route = record.route("line")
    (drawn,) = by_color(curves(film, "straight-line"), DARK.empirical)
    assert np.allclose(heights_of(drawn, route), route.empirical, rtol=1e-9)
    assert np.array_equal(drawn.clock, route.sheet.lam)


@pytest.mark.parametrize(("section", "name"), [("descend", "line"), ("detour", "detour")])
def test_the_constructed_curve_is_the_records_and_never_rises(film, record, section, name):
    route = record.route(name)
    profile = story.theorem_profile(route)
    travel, descent = by_color(curves(film, section), DARK.constructed)
    assert np.allclose(heights_of(travel, route), route.objective(profile), rtol=1e-9)
    heights = np.concatenate([travel.corners[:, 1], descent.corners[:, 1]])
    assert (np.diff(heights) <= 1e-12).all()
    assert np.isclose(heights_of(descent, route)[-1], route.empirical[-1], rtol=1e-9)


@pytest.mark.parametrize(("section", "name"), [("valley", "line"), ("detour", "detour")])
def test_the_valley_curve_is_the_records_and_never_rises(film, record, section, name):
    route = record.route(name)
    left_plot = [c for c in by_color(curves(film, section), DARK.valley) if c.corners[0, 0] < 2]
    heights = np.concatenate([curve.corners[:, 1] for curve in left_plot])
    assert (np.diff(heights) <= 1e-12).all()
    travel = left_plot[-1]
    assert np.allclose(
        heights_of(travel, route), story.legs(route, "valley")[-1].objective, rtol=1e-9
    )


def test_the_empirical_detour_falls_rises_and_falls(record):
    empirical = record.route("detour").empirical
    middle = len(empirical) // 2
    assert empirical[middle] < empirical[0]
    assert empirical[middle:].max() > 1.1 * max(empirical[middle], empirical[-1])


def test_the_live_scale_is_the_records_at_the_end_of_the_travel(film, record):
    route = record.route("line")
    numbers = [
        part
        for shot in film.shots
        if shot.section == "descend"
        for top in shot.shown
        for part in top.get_family()
        if isinstance(part, LiveNumber) and len(part.text.split(".")[1]) == 3
    ]
    profile = story.theorem_profile(route)
    end = route.journeys[profile].phases[-1].scale_stop
    assert numbers[-1].text == f"{end:.3f}"
