"""Targets of prescribed minima, knot by knot, against the formulas of `valley` written out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from construction.condition.branches import BranchPlan, HeldScale
from construction.condition.minima import Minima
from construction.errors import InputError
from construction.profile import THETA, custom, paper, valley
from construction.sheet.moments import SquaredSheet
from construction.sheet.sheet import Levels

LAM = np.array([0.0, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0])
LEVELS = Levels(1.0, initial_excess=0.5, final_excess=-0.8)


def known(m) -> Minima:
    """Minima of which a target reads lambda and height alone."""
    no = np.zeros(len(LAM), bool)
    return Minima(LAM, np.array(m, float), ~no, no, no, "right", "right", no)


def chords(x, y, k) -> float:
    """The highest chord above a point: the least concave majorant there."""
    return max(
        y[i] if i == j else y[i] + (y[j] - y[i]) * (x[k] - x[i]) / (x[j] - x[i])
        for i in range(k + 1)
        for j in range(k, len(x))
    )


def late(x, m, height, final) -> list[float]:
    """v_0 = height, v_k = (1 - theta) M'_(k-1) + theta U_k, v_n = L(W(1))."""
    ahead = [height, *(max(final, *m[k:]) for k in range(1, len(x) - 1)), final]
    inner = [(1 - THETA) * ahead[k - 1] + THETA * chords(x, ahead, k) for k in range(1, len(x) - 1)]
    return [height, *inner, final]


heights = st.lists(st.floats(-0.99, 0.4), min_size=len(LAM), max_size=len(LAM))


@given(heights)
@settings(max_examples=30)
def test_from_its_crossing_on_the_valley_is_its_formula_and_before_it_falls_evenly(m):
    m[-1] = min(m[-1], LEVELS.final_excess)
    crossing = max(k for k, one in enumerate(m) if one == max(m))
    if crossing == len(LAM) - 1:
        return
    target = valley(LEVELS, known(m), BranchPlan("right", "left", crossing))
    *before, after = target.stretches
    assert (target.crossing, after.start, after.stop) == (LAM[crossing], LAM[crossing], 1)
    assert (after.branch, after.knots is None, len(before)) == ("left", False, crossing > 0)
    x = LAM[crossing:]
    wanted = late(x, m[crossing:], m[crossing], LEVELS.final_excess)
    np.testing.assert_allclose(after.function(x), wanted, rtol=1e-12, atol=1e-12)
    if before:
        above = m[crossing] + THETA * (LEVELS.initial_excess - m[crossing])
        assert (before[0].start, before[0].stop, before[0].branch) == (0, LAM[crossing], "right")
        ends = before[0].function(np.array([0, LAM[crossing] / 2, LAM[crossing]]))
        middle = (LEVELS.initial_excess + above) / 2
        np.testing.assert_allclose(ends, [LEVELS.initial_excess, middle, above], atol=1e-12)


@given(heights)
@settings(max_examples=30)
def test_without_a_crossing_the_valley_is_the_majorant_of_what_is_ahead_on_one_branch(m):
    (stretch,) = valley(LEVELS, known(m), BranchPlan("left", "left")).stretches
    ahead = [LEVELS.initial_excess, *(max(LEVELS.final_excess, *m[k:]) for k in range(1, 6))]
    ahead.append(LEVELS.final_excess)
    assert (stretch.start, stretch.stop, stretch.branch) == (0, 1, "left")
    wanted = [chords(LAM, ahead, k) for k in range(len(LAM))]
    np.testing.assert_allclose(stretch.function(LAM), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("start", "stop"), [(0.2, 0.6), (0.0, 0.6), (0.2, 1.0)])
def test_a_held_scale_lies_between_an_even_fall_to_it_and_a_valley_after_it(start, stop):
    m = [-0.1, -0.2, -0.3, 0.0, -0.4, -0.7, -0.9]
    held = HeldScale(start, stop, 2.5, 0.3, -0.05, "left")
    target = valley(LEVELS, known(m), BranchPlan("right", "left", passing=3), held)
    kept = next(one for one in target.stretches if one.held is not None)
    assert (kept.start, kept.stop, kept.branch, kept.held) == (start, stop, "left", 2.5)
    places = [(one.start, one.stop) for one in target.stretches]
    wanted = [(0, start), (start, stop), (stop, 1)]
    assert places == [place for place in wanted if place[0] < place[1]]
    assert target.crossing is None
    if start > 0:
        first = target.stretches[0]
        assert first.branch == "right"
        assert first.function(np.array([0, start / 2, start])) == pytest.approx([0.5, 0.4, 0.3])
    if stop < 1:
        x = np.array([0.6, 0.8, 1.0])
        found = target.stretches[-1].function(x)
        np.testing.assert_allclose(found, late(x, [-0.05, -0.7, -0.9], -0.05, -0.8), atol=1e-12)
    sheet = SquaredSheet(LAM, np.full(7, 2.0), np.full(7, 3.0), 1.0)
    inside = np.array([start <= x < stop or x == stop == 1 for x in LAM])  # the later one counts
    np.testing.assert_array_equal(target.held(LAM), np.where(inside, 2.5, np.nan))
    assert target.branches(LAM).tolist() == ["right" if lam < start else "left" for lam in LAM]
    np.testing.assert_array_equal(target.excess(sheet)[inside], sheet.excess(2.5)[inside])


def test_a_lifted_target_is_raised_to_the_minimum_strictly_between_its_ends_alone():
    # m = -0.01 all along: above the target of minima of -0.9 in the second half, the end too
    sheet = SquaredSheet(LAM, np.ones(7), np.full(7, 0.1), 1.0)
    target = valley(LEVELS, known([-0.9] * 7), BranchPlan("left", "left"))
    straight = target.stretches[0].function(LAM)
    found = target.excess(sheet)
    assert (found[0], found[-1]) == (straight[0], straight[-1]) == (0.5, -0.8)
    np.testing.assert_array_equal(found[1:-1], np.maximum(straight, sheet.minimum_excess)[1:-1])
    assert (found[1:-1] > straight[1:-1]).any()


@pytest.mark.parametrize(("final", "floor"), [(-0.5, 1.0), (0.25, 1.25)])
def test_a_profile_that_ends_at_its_floor_itself_is_refused(final, floor):
    levels = Levels(1.0, initial_excess=3.0, final_excess=final)
    with pytest.raises(InputError, match=f"v\\(1\\) = {floor:g}"):
        custom(lambda lam: 4 - (4 - floor) * lam, levels)
    assert custom(lambda lam: 4 - (3.999 - floor) * lam, levels).name == "custom"


def test_what_is_followed_is_the_excess_of_the_users_function():
    levels = Levels(1.0, initial_excess=3.0, final_excess=-0.5)
    profile = custom(lambda lam: 4 - 2 * lam**2, levels)
    assert profile.stretches[0].function(np.array([0.0, 0.5])).tolist() == [3.0, 2.5]
    assert paper(levels).held(LAM).tolist() == pytest.approx([np.nan] * 7, nan_ok=True)


@pytest.mark.parametrize("off", [5e-13, -5e-13])
def test_a_start_that_is_off_by_rounding_alone_is_accepted(off):
    levels = Levels(1.0, initial_excess=3.0, final_excess=-0.5)
    assert custom(lambda lam: 4 * (1 + off) - lam, levels).name == "custom"


marks = st.lists(st.booleans(), min_size=len(LAM), max_size=len(LAM)).map(np.array)


@given(heights, marks, marks)
@settings(max_examples=100)
def test_without_a_crossing_the_valley_stays_above_minima_that_no_scale_attains_or_many(
    m, rises, flat
):
    """At the one there is no root, and from the other c would leap."""
    minima = replace(known(m), rises=rises, flat=flat, first="left", last="left")
    target = valley(LEVELS, minima, BranchPlan("left", "left"))
    (stretch,) = target.stretches
    v = stretch.function(LAM)
    assert (v[0], v[-1]) == (LEVELS.initial_excess, LEVELS.final_excess)
    assert (np.diff(v) < 0).all()
    assert (v[1:-1] >= np.array(m)[1:-1]).all()
    assert (v > m)[1:-1][(flat | ~rises)[1:-1]].all()
