"""What is measured of the shape of a curve, beside brute force and scipy."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.spatial import ConvexHull

from construction.errors import InputError
from construction.experiments.shape import PLATEAU, ROUNDING, largest_rise, plateau, shape_of

heights = st.lists(st.integers(-8, 8), min_size=2, max_size=9).map(lambda x: np.array(x, float))


def uneven(points: int) -> np.ndarray:
    return np.linspace(0, 1, points) ** 2 * 3 - 1


@given(heights)
def test_the_largest_rise_is_that_of_all_pairs(values):
    lam = uneven(len(values))
    found = largest_rise(lam, values)
    assert found.value == max(0.0, *(b - a for a, b in combinations(values, 2)))
    foot, top = (int(np.flatnonzero(lam == x)[0]) for x in (found.start, found.stop))
    assert foot <= top
    assert values[top] - values[foot] == found.value


@given(heights)
def test_the_barrier_is_what_the_curve_has_above_the_segment_between_its_ends(values):
    lam = uneven(len(values))
    chord = np.polynomial.Polynomial.fit(lam[[0, -1]], values[[0, -1]], 1)
    found = shape_of(lam, values).barrier
    assert found.value == pytest.approx(max(0.0, (values - chord(lam)).max()), abs=1e-12)
    assert values[lam == found.start][0] - chord(found.start) == pytest.approx(
        found.value, abs=1e-12
    )


@given(heights)
def test_the_bulge_is_the_height_above_the_lower_hull_of_scipy(values):
    lam = uneven(len(values))
    points = np.vstack([np.column_stack([lam, values]), [lam[0], 99.0], [lam[-1], 99.0]])
    planes = ConvexHull(points).equations
    lower = planes[planes[:, 1] < -1e-9]
    envelope = (-(lower[:, [0]] * lam + lower[:, [2]]) / lower[:, [1]]).max(0)
    assert shape_of(lam, values).bulge.value == pytest.approx((values - envelope).max(), abs=1e-9)


@given(heights)
def test_a_curve_that_falls_by_an_affine_change_alone_keeps_its_shape(values):
    lam = uneven(len(values))
    first, second = shape_of(lam, values), shape_of(2 * lam + 5, 3 * values + 7)
    for one in ("rise", "hill", "barrier", "bulge"):
        assert getattr(second, one).value == pytest.approx(3 * getattr(first, one).value, abs=1e-9)
    assert second.plateau == pytest.approx(first.plateau)


def test_a_convex_curve_has_no_bulge_and_its_negative_the_barrier_as_bulge():
    lam = np.linspace(0, 1, 11)
    assert shape_of(lam, lam**2).convex
    concave = shape_of(lam, -(lam**2))
    assert not concave.convex
    assert concave.bulge == concave.barrier
    assert concave.barrier.value == pytest.approx(0.25)


def test_the_plateau_of_a_smooth_curve_is_the_root_of_its_fall():
    lam = np.linspace(0, 1, 2001)
    values = 1 / (1 + np.exp(20 * (lam - 0.7)))
    level = values[0] - PLATEAU * (values[0] - values[-1])
    root = brentq(lambda x: np.interp(x, lam, values) - level, 0, 1)
    assert plateau(lam, values) == pytest.approx(root, abs=1e-9)


def test_the_plateau_of_a_straight_fall_is_the_share_and_of_none_the_whole():
    lam = np.linspace(2, 4, 7)
    assert plateau(lam, 5 - lam) == pytest.approx(PLATEAU)
    assert plateau(lam, 0 * lam) == plateau(lam, lam) == 1.0


def test_a_rise_within_rounding_counts_as_monotone_and_one_beyond_does_not():
    lam = np.array([0.0, 0.5, 1.0])
    shapes = [shape_of(lam, np.array([2.0, 1.0, 1.0 + by * 2 * ROUNDING])) for by in (0.9, 1.1)]
    assert [shape.monotone for shape in shapes] == [True, False]


@pytest.mark.parametrize("measure", [largest_rise, shape_of])
def test_what_is_not_finite_is_refused(measure):
    with pytest.raises(InputError, match="finite values; found 1 NaN or infinite"):
        measure(np.array([0.0, 1.0]), np.array([1.0, np.nan]))
