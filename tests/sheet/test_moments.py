"""Roots of the parabolas of the squared loss, to their last digits, on either branch."""

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from construction.sheet.moments import SquaredSheet, right_root

magnitudes = st.floats(-12, 12).map(lambda x: 10.0**x)
EPS = float(np.finfo(float).eps)


def one(a: float, b: float) -> SquaredSheet:
    return SquaredSheet(np.zeros(1), np.array([a]), np.array([b]), 1.0)


def root_of(sheet, excess, right):
    return float(sheet.root(np.array([excess]), np.array([right]))[0])


def known(a, b, excess, right):
    """By 60 digits; the condition of the root too, what relative errors of b^2 and a e do to it."""
    with mpmath.workdps(60):
        a, b, excess = map(mpmath.mpf, (a, b, excess))
        width = mpmath.sqrt(b * b + a * excess)
        found = (b + width) / a if right else (b - width) / a
        shift = (b * b + abs(a * excess)) / (2 * width * a)
        return float(found), float(shift / found) if found else 0.0


@given(magnitudes, magnitudes, st.sampled_from([-1.0, 1.0]), magnitudes)
def test_a_right_root_above_the_zero_predictor_has_all_its_digits(a, b, sign, excess):
    wanted, _ = known(a, sign * b, excess, True)
    assert root_of(one(a, sign * b), excess, True) == pytest.approx(wanted, rel=8 * EPS)
    tensors = (torch.tensor([x], dtype=torch.float64) for x in (a, sign * b, excess))
    assert float(right_root(*tensors, library=torch)) == pytest.approx(wanted, rel=8 * EPS)


@given(magnitudes, magnitudes, st.floats(1e-9, 1 - 1e-9), st.booleans())
def test_a_root_below_the_zero_predictor_is_as_close_as_its_condition_allows(a, b, share, right):
    excess = -share * b * b / a
    assume(b * b + a * excess > 0)
    wanted, condition = known(a, b, excess, right)
    found = root_of(one(a, b), excess, right)
    assert found == pytest.approx(wanted, rel=8 * EPS * (1 + condition))
    best = b / a
    assert found >= best if right else 0 <= found <= best


@given(magnitudes, magnitudes)
def test_at_the_minimum_and_at_the_zero_predictor_roots_are_the_ends_of_the_branches(a, b):
    sheet = one(a, b)
    best, least = float(sheet.best_scale[0]), float(sheet.minimum_excess[0])
    assert root_of(sheet, least, True) == pytest.approx(best, rel=1e-7)
    assert root_of(sheet, least, False) == pytest.approx(best, rel=1e-7)
    assert root_of(sheet, 0.0, True) == pytest.approx(2 * best, rel=4 * EPS)
    assert root_of(sheet, 0.0, False) == 0
    against = one(a, -b)  # all falls to the left of 0: the right branch begins there
    assert root_of(against, 0.0, True) == root_of(against, 0.0, False) == 0


@given(magnitudes, magnitudes, st.floats(0, 1))
def test_the_opposite_scale_has_the_same_objective(a, b, share):
    sheet = one(a, b)
    best = float(sheet.best_scale[0])
    other = float(sheet.opposite(share * best)[0])
    assert other >= best * (1 - EPS)
    assert sheet.excess(other)[0] == pytest.approx(
        sheet.excess(share * best)[0], abs=8 * EPS * b * b / a
    )


def test_the_curves_of_a_parabola():
    sheet = SquaredSheet(np.arange(4.0), np.array([4.0, 2, 0, 1]), np.array([1.0, -3, 0, 2]), 5.0)
    assert sheet.curves.best_scale.tolist() == [0.25, 0, 0, 2]
    assert sheet.curves.minimum_excess.tolist() == [-0.25, 0, 0, -4]
    assert sheet.curves.slope_at_zero.tolist() == [-2, 6, 0, -4]
    assert sheet.curves.slope_at_zero.tolist() == sheet.slope(0.0).tolist()
    assert sheet.slope(3.0).tolist() == [22, 18, 0, 2]
    assert sheet.constant.tolist() == [False, False, True, False]
    assert sheet.output_size.tolist() == [2, np.sqrt(2), 0, 1]
    assert sheet.doubt(0.1) == pytest.approx([0.01] * 4)
