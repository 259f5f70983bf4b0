"""What is drawn of a sheet is the record's: heights, curves on it, and what the short films say."""

import numpy as np
import pytest
import torch
from manim import tempconfig
from torch import nn

from construction import Line, construct
from construction.errors import InputError
from construction.experiments.path import curves
from construction.experiments.path.curves import highest_scale
from construction.palette import DARK
from construction.record.record import Record
from scenes.mobjects.sheet import Sheet
from scenes.mobjects.surface import Look, SurfaceCurve
from scenes.ray import Ray
from scenes.sheet import SheetAlone

from .rules import RULES
from .watch import watch

ANGLES = (0.4, 0.6)


@pytest.fixture(scope="module", params=["line", "detour"])
def sheet(request, film_record):
    route = Record.load(film_record).route(request.param)
    with tempconfig({"pixel_width": 320, "pixel_height": 180}):
        yield Sheet(route, ANGLES, DARK, highest_scale(route))


def objective_of(sheet, share):
    """The objective that a share of the height stands for."""
    axis = sheet.axes[2]
    return axis.low * (axis.high / axis.low) ** share


def test_drawn_heights_are_the_parabolas_of_the_record(sheet):
    kept = sheet.route.sheet
    c = sheet.heights.scale
    wanted = kept.a[:, None] * c**2 - 2 * kept.b[:, None] * c + kept.d
    drawn = objective_of(sheet, sheet.relief.z)[np.isin(sheet.heights.lam, kept.lam)]
    shown = wanted > sheet.axes[2].low
    assert shown.mean() > 0.9
    assert np.allclose(drawn[shown], wanted[shown], rtol=1e-9)
    assert np.allclose(drawn[~shown], sheet.axes[2].low)


def test_the_height_is_cut_at_the_lowest_of_the_paths(sheet):
    route = sheet.route
    lowest = min(leg.objective.min() for name in route.journeys for leg in curves.legs(route, name))
    assert sheet.axes[2].low == pytest.approx(min(lowest, route.empirical.min()))


@pytest.mark.parametrize("profile", ["even", "valley"])
def test_paths_on_it_never_rise_and_lie_on_it(sheet, profile):
    legs = curves.legs(sheet.route, profile)
    shares = np.vstack([sheet.leg(leg, DARK.constructed).shares_of_box for leg in legs])
    assert (np.diff(shares[:, 2]) <= 1e-12).all()
    assert objective_of(sheet, shares[-1, 2]) == pytest.approx(sheet.route.empirical[-1], rel=1e-6)
    away = np.abs(sheet.relief.height(shares[:, 0], shares[:, 1]) - shares[:, 2])
    assert np.quantile(away, 0.95) < 0.02


def test_the_edge_is_level_and_the_base_path_is_the_records(sheet):
    edge, base = sheet.across(0.0, DARK.zero), sheet.across(1.0, DARK.empirical)
    assert np.ptp(edge.shares_of_box[:, 2]) < 1e-12
    assert np.allclose(objective_of(sheet, base.shares_of_box[:, 2]), sheet.route.empirical)


def test_the_second_line_of_level_zero_is_there(sheet):
    curve = sheet.level_of_zero()
    assert np.ptp(curve.shares_of_box[:, 2]) < 1e-12
    lam, scale = sheet.heights.level_of_zero()
    kept = sheet.route.sheet
    wanted = 2 * np.interp(lam, kept.lam, kept.b / kept.a)
    assert np.allclose(scale, wanted, rtol=0.02, atol=0.02)


def test_a_look_moves_the_camera_shows_more_and_takes_its_parts_along(sheet):
    curve = sheet.across(1.0, DARK.empirical)
    sheet.look(ANGLES, 0.5)
    curve.look()
    half = len(curve.points)
    look = Look(sheet, curve, angles=(1.2, 0.7), shown=1.0)
    look.interpolate_mobject(1.0)
    assert (sheet.view.turn, sheet.view.tilt, sheet.view.shown) == (1.2, 0.7, 1.0)
    assert len(curve.points) > half > 0
    picture = sheet.pixel_array
    assert 0.05 < (picture[..., 3] > 0).mean() < 0.9
    sheet.look(ANGLES, 1.0)
    assert not np.array_equal(picture, sheet.pixel_array)


@pytest.mark.slow
def test_a_record_of_cross_entropy_has_its_sheet_told(tmp_path, monkeypatch):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(60, 5, generator=generator)
    labels = torch.randint(0, 3, (60,), generator=generator)
    first = {"weight": 3 * torch.randn(3, 5, generator=generator)}
    last = {"weight": (inputs.T @ nn.functional.one_hot(labels, 3).float() / 100).T}
    result = construct(
        nn.Linear(5, 3, bias=False),
        Line(first, last),
        (inputs, labels),
        loss="cross_entropy",
        profile="even",
        points=51,
    )
    result.record().save(tmp_path / "record.npz")
    monkeypatch.setenv("CONSTRUCTION_RUN", str(tmp_path / "record.npz"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="whose rays are parabolas; found one of the loss 'cross"):
        watch(Ray)
    seen = watch(SheetAlone, RULES)
    assert seen.faults == {}
    assert len(seen.last("ways", SurfaceCurve)) >= 4
