"""Scales between measured lambdas are what solving there would give, as nearly as is said."""

from functools import cache

import numpy as np
import pytest
import torch
from scipy.optimize import brentq, minimize_scalar
from torch import nn

from construction.errors import InputError, RecordError, ToleranceError
from construction.path.paths import Line
from construction.record.record import Record
from construction.sheet.sheet import RecordedSheet
from construction.solve.adaptive import Adaptive
from construction.solve.interpolated import around, interpolated, left_out
from construction.theorem.construct import assess, construct, measure

from ..prescribed_outputs import Prescribed
from ..problems import PLANES, Problem, bump, copied, plane, right_start, through, trained, vector

NONE = np.zeros(0)


def grid(points, seed=0):
    inner = np.random.default_rng(seed).random(points - 2)
    return np.concatenate([[0.0], np.sort(inner), [1.0]])


def looks(count=200, seed=1):
    return np.sort(np.random.default_rng(seed).random(count))


@cache
def taught(activation, loss):
    """A network from three inputs to two, trained for a moment on 60 samples."""
    torch.manual_seed(3)
    inputs = torch.randn(60, 3, dtype=torch.float64)
    targets = torch.stack([inputs[:, 0].abs(), (inputs[:, 1] * inputs[:, 2]).tanh()], dim=1)
    if loss != "squared":
        targets = targets.argmax(dim=1)
    layers = nn.Linear(3, 12), activation(), nn.Linear(12, 2)
    model = nn.Sequential(*layers).double()
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 4
    initial, adam = copied(model), torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(40):
        outputs = model(inputs)
        if loss == "squared":
            value = (outputs - targets).square().sum(dim=1).mean()
        else:
            value = nn.functional.cross_entropy(outputs, targets, label_smoothing=0.1)
        adam.zero_grad()
        value.backward()
        adam.step()
    return Problem(model, Line(initial, copied(model)), (inputs, targets))


def on_the_spot(path, lam):
    return path.scales_on(path.forward.along(lam))


# --- interpolation -------------------------------------------------------------------------------


@pytest.mark.parametrize("power", range(6))
def test_polynomials_of_degree_five_are_interpolated_exactly_on_any_nodes(power):
    nodes, at = grid(15), looks()
    np.testing.assert_allclose(around(nodes, NONE, at)(nodes**power), at**power, atol=1e-8)
    inner, stencils = left_out(nodes, NONE)
    np.testing.assert_allclose(stencils(nodes**power), nodes[inner] ** power, atol=1e-8)


def test_at_a_node_the_value_is_that_node_s_bit_for_bit():
    nodes = grid(15)
    values = np.random.default_rng(2).random(15)
    assert np.array_equal(around(nodes, NONE, nodes)(values), values)


def test_the_error_falls_with_the_sixth_power_of_the_spacing():
    at = looks()
    errors = [
        np.abs(around(nodes, NONE, at)(np.sin(6 * nodes)) - np.sin(6 * at)).max()
        for nodes in (np.linspace(0, 1, 33), np.linspace(0, 1, 65))
    ]
    assert 2**5 < errors[0] / errors[1] < 2**7


def test_no_stencil_reaches_across_a_break():
    nodes, at = np.unique(np.concatenate([grid(9) * 0.3, 0.3 + 0.7 * grid(4)])), looks()
    values, breaks = np.abs(nodes - 0.3), np.array([0.0, 0.3, 1.0])
    np.testing.assert_allclose(around(nodes, breaks, at)(values), np.abs(at - 0.3), atol=1e-12)
    inner, stencils = left_out(nodes, breaks)
    assert not np.isin(nodes[inner], breaks).any()
    np.testing.assert_allclose(stencils(values), values[inner], atol=1e-12)


@pytest.mark.parametrize("loss", ["cross_entropy", "huber"])
def test_an_interpolated_sheet_combines_g_and_has_its_own_minimum_and_roots(loss):
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 12, 3, generator=generator, dtype=torch.float64)
    raw = torch.arange(12) % 3 if loss == "cross_entropy" else torch.sin(second)
    source = Prescribed(lambda lam: np.cos(3 * lam) * first + lam * second, raw, loss)
    nodes, at = source.sheet(np.linspace(0, 1, 11)), np.array([0.17, 0.62])
    stencils = around(nodes.lam, NONE, at)
    sheet = interpolated(nodes, at, stencils)

    def g(k, c):
        return float(stencils(nodes.excess(c))[k])

    for k in range(2):
        best = minimize_scalar(lambda c, k=k: g(k, c), bounds=(0, 9), options={"xatol": 1e-9})
        assert sheet.minimum_excess[k] == pytest.approx(best.fun, abs=1e-9)
        level = best.fun / 2
        for right in (True, False):
            root = sheet.root(np.full(2, level), np.full(2, right))[k]
            ends = (sheet.best_scale[k], 99.0) if right else (0.0, sheet.best_scale[k])
            if sheet.best_scale[k] > 0:
                assert root == pytest.approx(brentq(lambda c, k=k, e=level: g(k, c) - e, *ends))
    np.testing.assert_allclose(sheet.slope(0.7), stencils(nodes.slope(0.7)), rtol=1e-12)


def test_a_merged_sheet_is_the_one_measured_at_all_lambdas_at_once():
    lam = grid(9)
    for problem in (trained(), taught(nn.Tanh, "label_smoothing")):
        loss = "squared" if problem.data[1].is_floating_point() else "label_smoothing"
        forward, whole = measure(*problem, points=lam, loss=loss)
        merged = forward.along(lam[1::2]).merged(forward.along(lam[::2]))
        assert np.array_equal(merged.lam, lam)
        np.testing.assert_allclose(merged.excess(1.0), whole.excess(1.0), rtol=1e-12)
        np.testing.assert_allclose(merged.best_scale, whole.best_scale, rtol=1e-9)


# --- the grid ------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["paper", "valley"])
@pytest.mark.parametrize("name", ["bump", "detour"])
def test_smooth_outputs_are_known_to_the_tolerance_and_no_error_is_above_its_estimate(
    name, profile
):
    path = construct(*PLANES[name](), profile=profile, points=Adaptive(1e-6))
    lam = looks()
    off, scale = np.abs(path.scale_at(lam) - on_the_spot(path, lam)), path.scale_at(lam)
    assert (off <= 1e-6 * np.maximum(1, scale)).all()
    assert (off <= path.scale_error(lam) + 1e-13).all()
    assert len(path.lam) <= 300


@pytest.mark.parametrize("loss", ["squared", "label_smoothing"])
@pytest.mark.parametrize("profile", ["even", "valley"])
def test_so_they_are_of_a_network_with_a_smooth_activation(loss, profile):
    problem = taught(nn.Tanh, loss)
    path = construct(*problem, loss=loss, profile=profile, points=Adaptive(1e-6))
    lam = looks(40)
    off = np.abs(path.scale_at(lam) - on_the_spot(path, lam))
    assert (off <= path.scale_error(lam) + 1e-12).all()
    assert len(path.lam) <= 200


@pytest.mark.parametrize("profile", ["paper", "valley"])
@pytest.mark.parametrize("points", [65, 257])
def test_kinks_are_in_the_estimate_but_for_few(profile, points):
    path = construct(*trained(), profile=profile, points=points)
    lam = looks(300)
    off = np.abs(path.scale_at(lam) - on_the_spot(path, lam))
    assert np.mean(off > path.scale_error(lam)) <= 0.02
    assert off.max() <= 2 * path.scale_error(lam).max()


def test_a_corner_of_a_polyline_costs_nothing():
    problem = through((4.0, 0.5), (2.0, -0.5), (1.0, 0.05))
    path = construct(*problem, points=Adaptive(1e-9))
    assert len(path.lam) == 33
    assert 0.5 in path.lam
    np.testing.assert_allclose(path.scale_at(looks()), on_the_spot(path, looks()), atol=1e-12)


def test_the_corner_of_a_path_that_does_not_say_so_is_closed_in_on():
    def path(lam):
        return vector([4 - 3 * lam, 0.5 - abs(lam - 0.377)])

    found = construct(*plane(path), points=Adaptive(1e-5))
    lam = looks(300)
    np.testing.assert_allclose(found.scale_at(lam), on_the_spot(found, lam), atol=1e-5)
    nearest = np.abs(found.lam - 0.377).min()
    assert nearest < 1e-3 < np.diff(found.lam).max()


def test_a_peak_of_the_valley_becomes_a_lambda_of_the_grid():
    path = construct(*bump(), profile="valley", points=Adaptive(1e-6))
    assert path.profile.crossing in path.lam
    around_it = path.profile.crossing + np.linspace(-1e-3, 1e-3, 21)
    assert path.forward.along(around_it).minimum.max() <= path.minimum.max() + 1e-12


def test_a_path_on_an_adaptive_grid_falls_and_is_recorded(tmp_path):
    path = construct(*trained(), points=Adaptive(1e-4))
    assert (np.diff(path.objective) < 0).all()
    assert np.ptp(np.diff(path.lam)) > 1e-3
    route = Record.load(path.record().save(tmp_path / "a.npz")).routes[0]
    assert np.array_equal(route.sheet.lam, path.lam)
    assert np.array_equal(route.journeys["paper"].scale, path.scale)


def test_what_a_record_tells_of_another_loss_does_not_say_what_lies_between():
    _, sheet = measure(*taught(nn.Tanh, "label_smoothing"), points=3, loss="label_smoothing")
    with pytest.raises(RecordError, match="a sheet that knows the objective at other scales"):
        RecordedSheet.of(sheet).taylor(np.ones(3))


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tolerance": 0.0}, "a tolerance above 0; found 0.0"),
        ({"tolerance": float("nan")}, "a tolerance above 0; found nan"),
        ({"start": 4}, "at least 5 lambdas to start from, and no more than `most`; found start=4"),
        ({"start": 50, "most": 40}, "start=50, most=40"),
    ],
)
def test_an_adaptive_grid_that_cannot_be_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        Adaptive(**options)


def test_a_tolerance_below_the_rounding_of_the_outputs_is_refused():
    with pytest.raises(InputError, match=r"at least 1\.2e-07, the rounding of torch\.float32"):
        construct(*right_start(), dtype=torch.float32, points=Adaptive(1e-8))


def test_too_few_lambdas_are_refused_with_how_far_they_got():
    with pytest.raises(ToleranceError, match="from at most 60 lambdas; found an est") as caught:
        construct(*trained(), points=Adaptive(1e-6, most=60))
    assert caught.value.points == 33
    assert caught.value.error > 1e-6


def test_a_scale_that_is_not_known_well_enough_is_refused():
    path = construct(*trained(), points=17)
    with pytest.raises(ToleranceError, match="c known to 1e-06 between the grid's lambdas"):
        path.scale_at(looks(), 1e-6)
    assert np.array_equal(path.scale_at(path.lam, 0.0), path.scale)
    for lam in (-0.1, np.nan):
        with pytest.raises(InputError, match=r"lambda in \[0, 1\]"):
            path.scale_at(lam)


def test_of_two_lambdas_no_error_can_be_estimated():
    path = construct(*right_start(), points=2)
    assert path.scale_error(0.5) == np.inf


def test_conditions_are_not_asked_of_an_adaptive_grid():
    with pytest.raises(InputError, match="a number of points, or lambdas; found Adaptive"):
        assess(*right_start(), points=Adaptive())
