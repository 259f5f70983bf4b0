"""The main film shows the record's numbers: curves, surfaces, bars, edges and digits."""

import numpy as np
import pytest
from manim import ImageMobject, ManimColor

from construction.experiments.path import curves
from construction.record.record import Record
from scenes.mobjects.formula import LiveNumber
from scenes.mobjects.network import CAP, LastLayer
from scenes.mobjects.plot import Plot
from scenes.mobjects.sample import Digits, OutputBars, SmallBars
from scenes.mobjects.shapes import DataCurve
from scenes.mobjects.surface import SurfaceCurve
from scenes.style import DARK

from .watch import assert_told


@pytest.fixture(scope="module")
def film(seen):
    """The whole scene once, with all that was shown."""
    return seen("path")


@pytest.fixture(scope="module")
def record(film_record):
    return Record.load(film_record)


@pytest.fixture(scope="module")
def line(record):
    return record.route("line")


def only(found):
    (one,) = found
    return one


def on_plot(film, section, color):
    """Data curves of a colour over the plot when a section ends."""
    found = [curve for curve in film.last(section, DataCurve) if type(curve) is DataCurve]
    return [one for one in found if one.get_stroke_color().to_hex().upper() == color]


def on_sheet(film, section, color):
    """The same on the surface."""
    found = film.last(section, SurfaceCurve)
    return [one for one in found if one.get_stroke_color().to_hex().upper() == color]


def values_of(axis, places, log=False):
    """What frame coordinates stand for on an axis."""
    share = (np.asarray(places) - axis.start) / (axis.stop - axis.start)
    if log:
        return axis.low * (axis.high / axis.low) ** share
    return axis.low + share * (axis.high - axis.low)


SECTIONS = [
    "network",
    "straight-line",
    "one-knob",
    "sheet",
    "travel",
    "descend",
    "valley",
    "detour",
    "verdict",
]


def test_every_act_is_told_in_100_to_140_seconds(film):
    assert_told(film, SECTIONS, 100, 140)
    assert len(film.scene.renderer.file_writer.subcaptions) >= 15


@pytest.mark.parametrize("section", ["straight-line", "travel"])
def test_the_empirical_curve_is_the_records(film, line, section):
    drawn, plot = on_plot(film, section, DARK.empirical)[0], only(film.last(section, Plot))
    heights = values_of(plot.y, drawn.corners[:, 1], log=True)
    assert np.allclose(heights, line.empirical, rtol=1e-9)
    assert np.allclose(values_of(plot.x, drawn.corners[:, 0]), line.sheet.lam)


@pytest.mark.parametrize(("section", "role"), [("descend", "constructed"), ("valley", "valley")])
def test_a_constructed_curve_is_the_records_on_plot_and_sheet_and_never_rises(
    film, line, section, role
):
    profile = curves.theorem_profile(line) if role == "constructed" else "valley"
    legs, plot = curves.legs(line, profile), only(film.last(section, Plot))
    wanted = np.concatenate([leg.objective for leg in legs])
    drawn = np.concatenate([one.corners for one in on_plot(film, section, getattr(DARK, role))])
    assert np.allclose(values_of(plot.y, drawn[:, 1], log=True), wanted, rtol=1e-9)
    assert (np.diff(drawn[:, 1]) <= 1e-12).all()
    on_it = on_sheet(film, section, getattr(DARK, role))
    heights = np.concatenate([one.shares_of_box for one in on_it])[:, 2]
    axis = on_it[0].surface.axes[2]
    assert np.allclose(values_of(axis, heights, log=True), wanted, rtol=1e-9)
    assert (np.diff(heights) <= 1e-12).all()


def test_on_the_bad_road_blue_rises_and_the_constructed_paths_never_do(film, record):
    assert (np.diff(record.route("detour").empirical) > 0).any()
    blue = only(on_sheet(film, "detour", DARK.empirical)).shares_of_box[:, 2]
    assert np.diff(blue).max() > 1e-3
    for color in (DARK.constructed, DARK.valley):
        curves = on_sheet(film, "detour", color)
        heights = np.concatenate([one.shares_of_box[:, 2] for one in curves])
        assert (np.diff(heights) <= 1e-12).all()
        seen = np.concatenate([one.corners[:, 1] for one in curves])  # as the eye sees them
        assert np.maximum(np.diff(seen), 0).sum() < 0.05 * (seen[0] - seen[-1])


def test_bars_of_the_chosen_input_end_at_its_outputs(film, line):
    sample, which = line.sample, curves.chosen(line.sample)
    for section, lam, c in (("network", 1.0, 1.0), ("one-knob", 0.5, None)):
        bars = only(film.last(section, OutputBars))
        c = curves.root_at(line, curves.theorem_profile(line), 0.5) if c is None else c
        wanted = c * sample.outputs_at(lam)[which]
        assert np.allclose(bars.outputs, wanted, rtol=1e-3, atol=1e-6)
        others, own = bars.bars
        ends = [own.points[:, 0].min(), own.points[:, 0].max()]
        zero, tip = (float(bars.place(value)) for value in (0.0, wanted[sample.labels[which]]))
        assert np.allclose(ends, sorted([zero, tip]), atol=1e-3)
        assert len(others.points) // 16 == (np.abs(wanted) > 1e-6).sum() - 1


@pytest.mark.parametrize("section", ["descend", "valley"])
def test_bars_beside_the_sheet_are_the_outputs_times_c_where_the_path_ends(film, line, section):
    bars, which = only(film.last(section, SmallBars)), curves.chosen(line.sample)
    profile = curves.theorem_profile(line) if section == "descend" else "valley"
    c = line.journeys[profile].phases[-1].scale_stop
    assert np.allclose(bars.outputs[0], c * line.sample.outputs[-1, which], rtol=1e-6)
    tips = bars.y + bars.unit * bars.outputs
    drawn = np.concatenate([part.points[:, 1] for part in bars.bars])
    assert drawn.max() == pytest.approx(max(tips.max(), bars.y.max()))
    assert drawn.min() == pytest.approx(min(tips.min(), bars.y.min()))


def test_every_input_has_its_bars_and_the_count_of_right_ones_is_theirs(film, line):
    bars, sample = only(film.last("straight-line", SmallBars)), line.sample
    assert np.allclose(bars.outputs, sample.outputs[-1, : curves.count(sample)])
    right = (sample.outputs[-1].argmax(axis=1) == sample.labels).sum()
    numbers = [one.text for one in film.last("straight-line", LiveNumber)]
    assert numbers.count(f"{right}") == 1


def test_edges_are_as_wide_as_their_weight_times_c(film, line):
    layer, sample = only(film.last("one-knob", LastLayer)), line.sample
    c = curves.root_at(line, curves.theorem_profile(line), 0.5)
    assert np.allclose(layer.head, c * sample.units_at(sample.head, 0.5), rtol=1e-3)
    for edges, sign in zip(layer, (-1, 1), strict=True):
        corners = edges.points.reshape(-1, 4, 4, 3)[:, :, 0, :2]
        widths = np.linalg.norm(corners[:, 0] - corners[:, 3], axis=1)
        wanted = np.clip(layer.widest * sign * layer.head, 0, CAP)
        kept = widths > 1e-6
        assert np.allclose(np.sort(widths[kept]), np.sort(wanted[wanted > 1e-6]), rtol=1e-6)
        starts, ends = (corners[:, [k, 3 - k]].mean(axis=1) for k in (0, 1))
        for corner, width in zip(np.hstack([starts, ends])[kept], widths[kept], strict=True):
            unit = np.abs(layer.before - corner[:2]).sum(axis=1).argmin()
            output = np.abs(layer.after - corner[2:]).sum(axis=1).argmin()
            assert width == pytest.approx(wanted[output, unit])


def test_digits_are_the_records_images(film, line):
    digits = film.last("network", Digits)[0]
    low, high = (np.array(ManimColor(color).to_rgb()) for color in (DARK.background, DARK.ink))
    for image, wanted in zip(digits, line.sample.images, strict=True):
        assert isinstance(image, ImageMobject)
        shades = image.pixel_array[..., 0].astype(float)
        assert np.corrcoef(shades.ravel(), wanted.ravel())[0, 1] > 0.9999
        assert (shades >= 255 * low[0] - 1).all()
        assert shades.max() == pytest.approx(255 * high[0], abs=1)


def test_the_live_scale_is_the_records_at_the_end_of_travel_and_descent(film, line):
    phases = line.journeys[curves.theorem_profile(line)].phases
    assert f"{phases[-1].scale_stop:.2f}" in [one.text for one in film.last("descend", LiveNumber)]


def test_the_film_says_how_many_numbers_move(film, record):
    count = record.routes[0].parameters
    said = [word.typst_code for word in film.last("network", type(film.scene.title))]
    assert any(f"{count:,} numbers to move" in text for text in said)
