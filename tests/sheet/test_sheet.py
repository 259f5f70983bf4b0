import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize.elementwise import find_minimum

from construction.errors import RecordError
from construction.sheet.moments import SquaredSheet
from construction.sheet.sheet import RecordedSheet

from ..prescribed_outputs import Prescribed
from ..problems import PLANES, forward_of

magnitudes = st.floats(-12, 12).map(lambda x: 10.0**x)
signs = st.sampled_from([-1.0, 1.0])


def one(a: float, b: float, d: float = 1.0) -> SquaredSheet:
    return SquaredSheet(np.zeros(1), np.array([a]), np.array([b]), d)


@given(magnitudes, magnitudes, signs, magnitudes)
def test_the_excess_is_the_parabola_up_to_rounding(a, b, sign, c):
    with mpmath.workdps(60):
        wanted = mpmath.mpf(a) * c * c - 2 * mpmath.mpf(sign * b) * c
        error = abs(one(a, sign * b).excess(c)[0] - wanted)
        assert error <= 4 * np.finfo(float).eps * (mpmath.mpf(a) * c * c + 2 * mpmath.mpf(b) * c)


@given(magnitudes, magnitudes, signs, st.floats(0, 10))
def test_no_scale_reaches_below_the_minimum(a, b, sign, factor):
    sheet = one(a, sign * b)
    c = factor * max(float(sheet.best_scale[0]), 1e-3)
    rounding = 8 * np.finfo(float).eps * (a * c * c + 2 * b * c + b * b / a)
    assert sheet.excess(c)[0] >= sheet.minimum_excess[0] - rounding


def test_the_minimum_is_the_one_that_a_minimiser_finds():
    rng = np.random.default_rng(1)
    a, b = rng.uniform(0.1, 3, 50), rng.uniform(0.1, 3, 50)
    sheet = SquaredSheet(np.linspace(0, 1, 50), a, b, 10.0)
    found = find_minimum(lambda c, a, b: a * c**2 - 2 * b * c, (0, 0.05, 1e3), args=(a, b))
    np.testing.assert_allclose(sheet.best_scale, found.x, rtol=1e-6)
    np.testing.assert_allclose(sheet.minimum_excess, found.f_x, rtol=1e-12)
    np.testing.assert_allclose(sheet.minimum, 10 + found.f_x, rtol=1e-12)


def test_outputs_against_the_targets_are_best_scaled_by_zero():
    assert (one(2.0, -3.0).best_scale[0], one(2.0, -3.0).minimum[0]) == (0.0, 1.0)


def test_vanishing_outputs_have_the_scale_0_and_the_minimum_of_the_zero_predictor():
    sheet = one(0.0, 0.0, d=2.5)
    assert (sheet.best_scale[0], sheet.minimum[0], sheet.value(7.0)[0]) == (0.0, 2.5, 2.5)


@pytest.mark.parametrize(("c", "branch"), [(0.4, "left"), (0.5, "right"), (0.6, "right")])
def test_the_best_scale_parts_the_branches_and_counts_as_right(c, branch):
    assert one(2.0, 1.0).branch_of(0, c) == branch


def test_one_lambda_of_a_sheet_is_a_sheet():
    sheet = SquaredSheet(
        np.array([0.0, 0.5, 1.0]), np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), 7
    )
    at = sheet.at(1)
    assert (at.lam.tolist(), at.a.tolist(), at.b.tolist(), at.d) == ([0.5], [2.0], [5.0], 7)


@pytest.mark.parametrize("problem", PLANES.values(), ids=PLANES)
def test_the_sheet_of_the_plane_is_the_distance_to_the_target(problem):
    problem = problem()
    sheet = forward_of(problem).along(np.linspace(0, 1, 7))
    for k, lam in enumerate(sheet.lam):
        w = problem.path(lam)["0.weight"].numpy().ravel()
        for c in (0.0, 0.3, 1.0, 5.0):
            wanted = (c * w[0] - 1) ** 2 + (c * w[1]) ** 2
            assert sheet.value(c)[k] == pytest.approx(wanted, rel=1e-13, abs=1e-14)
        phi = np.arctan2(w[1], w[0])
        assert sheet.minimum[k] == pytest.approx(
            np.sin(phi) ** 2 if np.cos(phi) > 0 else 1.0, abs=1e-14
        )


@given(magnitudes, magnitudes, signs, st.floats(0.1, 10))
def test_the_slope_is_that_of_the_parabola(a, b, sign, c):
    c = c * b / a
    sheet = one(a, sign * b)
    u, v, w = (a * (c * t) ** 2 - 2 * sign * b * c * t for t in (0, 1, 2))
    # differences of a parabola are exact
    assert sheet.slope(c)[0] * c == pytest.approx((w - u) / 2, abs=1e-9 * a * c * c)
    assert sheet.slope(0.0)[0] * c == pytest.approx((4 * v - 3 * u - w) / 2, rel=1e-9)


def test_what_a_record_tells_of_another_loss_does_not_say_what_lies_between():
    recorded = RecordedSheet(np.array([0.0, 1.0]), 1.0, *np.arange(10.0).reshape(5, 2))
    assert (recorded.excess(1.0).tolist(), recorded.excess(0.0).tolist()) == ([0, 1], [0, 0])
    for what, ask in (
        ("the objective at other scales", lambda: recorded.excess(2.0)),
        ("slopes", lambda: recorded.slope(1.0)),
        ("roots", lambda: recorded.root(np.ones(2), np.ones(2, bool))),
    ):
        with pytest.raises(RecordError, match=f"a sheet that knows {what}"):
            ask()


def test_a_growth_that_one_sample_of_many_may_owe_to_rounding_is_in_doubt():
    def outputs(lam):  # one sample of four is wrong, by 0.4: g grows by 0.1 in the end
        margins = torch.tensor([3.0, 2.0, 1.0, -0.4]).double()
        return torch.stack([margins, torch.zeros(4).double()], 1)

    sheet = Prescribed(outputs, torch.zeros(4, dtype=torch.long), "cross_entropy").sheet([0.5])
    assert sheet.growth[0] == pytest.approx(0.1)
    for size in (1e-3, 0.2):  # of outputs that are rounding: smaller than these
        assert sheet.doubt(size)[0] == pytest.approx(size / 4)
    assert sheet.doubt(100.0)[0] == 100.0
