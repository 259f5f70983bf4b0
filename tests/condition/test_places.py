"""Where a scale is held, the growth is low, or a plateau of m ends: on sheets of known formula."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from construction.condition.branches import BranchPlan, branch_plan, scale_to_hold
from construction.condition.examine import survey
from construction.condition.minima import Minima, Rounding, lows_of, minima_of, plateau_end
from construction.sheet.moments import SquaredSheet
from construction.sheet.sheet import Levels

LAM = np.array([0.0, 0.1, 0.3, 0.6, 0.7, 1.0])


def passing(at: float):
    """Outputs (lambda - r) y of a target y of size 1: g - L(0) = C x (C x - 2), x = lambda - r."""

    def along(lam) -> SquaredSheet:
        x = np.asarray(lam, float) - at
        return SquaredSheet(np.asarray(lam, float), x * x, x, 1.0)

    return along


def fall(scale: float, x: float) -> float:
    return scale * x * (scale * x - 2)


@pytest.mark.parametrize("index", range(len(LAM)))
@pytest.mark.parametrize(("initial", "final"), [(9.0, -0.999), (0.3, -0.8), (1e-3, -1e-4)])
def test_a_held_scale_falls_past_its_ray_from_below_the_start_to_above_all_that_follows(
    index, initial, final
):
    here = float(LAM[index])
    along = passing(here)
    known = minima_of(along(LAM), [], Rounding())
    start, end = (0.0 if not index else initial), (0.0 if index == len(LAM) - 1 else final)
    held = scale_to_hold(Levels(1.0, start, end), known, index, along)
    assert held is not None
    assert held.scale > 0
    assert held.scale == 1 or index > 0
    before, after = LAM[max(index - 1, 0)], LAM[min(index + 1, len(LAM) - 1)]
    last = (here + after) / 2 if index + 2 == len(LAM) else after
    assert before <= held.start <= here <= held.stop <= last
    assert (held.start < here) == (index > 0)
    assert (held.stop > here) == (index + 1 < len(LAM))
    assert held.excess_before == pytest.approx(fall(held.scale, held.start - here), rel=1e-12)
    assert held.excess_after == pytest.approx(fall(held.scale, held.stop - here), rel=1e-12)
    if index:
        assert 0 < held.excess_before < initial
    if index + 1 < len(LAM):
        assert max(-1, final) < held.excess_after < 0
        assert held.branch == "left"  # c* = 1 / x, and g falls in lambda up to there alone
    if initial == 9:  # nothing hinders the scale 1, which goes as far as has something beyond it
        assert held.scale == 1
        assert held.start == pytest.approx(here - 0.8 * (here - before))
        assert held.stop == pytest.approx(here + 0.8 * (last - here))


@pytest.mark.parametrize("where", np.linspace(0.01, 0.99, 50))
@pytest.mark.parametrize("side", [-1, 1])
def test_no_scale_is_held_beyond_where_g_turns(where, side):
    # found by random problem 5482: g fell at all lambdas that were looked at, and rose between the
    # last of them and the end, by 4e-9
    here, turn = 0.3, 0.2 * where if side < 0 else 0.3 * where

    def along(lam) -> SquaredSheet:
        x = np.asarray(lam, float) - here
        beyond = np.maximum(side * x - turn, 0.0)
        x -= 2 * side * beyond
        return SquaredSheet(np.asarray(lam, float), x * x, x, 1.0)

    known = minima_of(passing(here)(LAM), [], Rounding())
    held = scale_to_hold(Levels(1.0, 9.0, -0.999), known, 2, along)
    assert held is not None
    assert side * ((held.start if side < 0 else held.stop) - here) <= turn
    lam = np.linspace(held.start, held.stop, 1001)
    assert (np.diff(along(lam).excess(held.scale)) < 0).all()


@pytest.mark.parametrize("index", [1, 3, 4])
def test_no_scale_is_held_where_all_that_follows_is_as_high_or_g_rises(index):
    along = passing(float(LAM[index]))
    known = minima_of(along(LAM), [], Rounding())
    assert scale_to_hold(Levels(1.0, 9.0, 0.0), known, index, along) is None
    high = known.minimum_excess.copy()
    high[-1] = 0.0
    later = replace(known, minimum_excess=high)
    assert scale_to_hold(Levels(1.0, 9.0, -0.9), later, index, along) is None

    def turned(lam):
        return replace(along(lam), b=-along(lam).b)

    assert scale_to_hold(Levels(1.0, 9.0, -0.9), known, index, turned) is None


def test_no_scale_is_held_where_outputs_vanish_on_an_interval_as_nothing_falls_there():
    def along(lam) -> SquaredSheet:
        x = np.maximum(np.asarray(lam, float) - 0.3, 0) - np.maximum(0.25 - np.asarray(lam), 0)
        return SquaredSheet(np.asarray(lam, float), x * x, x, 1.0)

    known = minima_of(along(LAM), [], Rounding())
    assert known.constant.tolist() == [False, False, True, False, False, False]
    assert scale_to_hold(Levels(1.0, 9.0, -0.9), known, 2, along) is None


def test_behind_its_ray_a_held_scale_may_lie_on_the_right_branch_if_all_later_rays_rise():
    def along(lam) -> SquaredSheet:  # c* = 2/3 behind the ray, where g(., 1) falls all the same
        x = np.asarray(lam, float) - 0.3
        return SquaredSheet(np.asarray(lam, float), 1.5 * np.abs(x), x, 1.0)

    known = minima_of(along(LAM), [], Rounding())
    held = scale_to_hold(Levels(1.0, 9.0, -0.9), known, 2, along)
    assert (held.scale, held.branch) == (1, "right")
    assert (held.start, held.stop) == pytest.approx((0.14, 0.54))  # 0.8 of the way to 0.1 and 0.6
    ends = replace(known, rises=known.rises & (LAM != 0.7))
    held = scale_to_hold(Levels(1.0, 9.0, -0.9), ends, 2, along)
    assert (held.scale, held.branch) == (0.5, "left")


def minima(m, rises, first="right", last="left"):
    no = np.zeros(len(m), bool)
    lam = np.linspace(0, 1, len(m))
    return Minima(lam, np.array(m), np.array(rises, bool), no, no, first, last, no)


@pytest.mark.parametrize(
    ("given", "plan"),
    [
        # every ray before the crossing has to rise, no ray behind it
        (minima([-0.5, -0.2, -0.6, -0.9], [0, 1, 1, 1]), None),
        (minima([-0.5, -0.4, -0.2, -0.9], [1, 1, 1, 0]), ("right", "left", 2)),
        (minima([-0.5, -0.4, -0.2, -0.9], [1, 0, 1, 0]), None),
        (minima([-0.5, -0.4, -0.3, -0.2, -0.9], [1, 1, 1, 1, 0]), ("right", "left", 3)),
        # the path ends on the branch of W(1), if that is there all along
        (minima([-0.3, -0.2, -0.5, -0.9], [1, 1, 1, 1]), ("right", "left", 1)),
        (minima([-0.3, -0.2, -0.5, -0.9], [1, 1, 1, 1], last="right"), ("right", "right", 1)),
        (minima([-0.3, -0.2, -0.5, -0.9], [1, 1, 0, 1], last="right"), ("right", "left", 1)),
        (minima([-0.3, -0.2, -0.5, -0.9], [0, 1, 1, 1], "left", "right"), ("left", "right", 1)),
    ],
)
def test_a_crossing_is_reached_on_rays_that_rise_and_left_to_the_branch_of_the_end(given, plan):
    wanted = None if plan is None else BranchPlan(*plan)
    assert branch_plan(given, Levels(1.0, 1.0, -0.8)) == wanted


GRID = np.linspace(0, 1, 9)


def sizes(size):
    """Outputs of this size, as a function of lambda."""

    def along(lam) -> SquaredSheet:
        one = size(np.asarray(lam, float))
        return SquaredSheet(np.asarray(lam, float), one * one, one, 1.0)

    return along


@given(st.floats(0.001, 0.999), st.floats(0.1, 9))
@settings(max_examples=40)
def test_a_zero_of_the_outputs_between_grid_lambdas_is_found_to_the_rounding(zero, slope):
    if np.abs(GRID - zero).min() < 1e-4:
        return
    along = sizes(lambda lam: slope * (lam - zero))
    places = []
    found = lows_of(along(GRID), lambda lam: places.extend(lam) or along(lam), 1e-9)
    assert min(abs(one.lam[0] - zero) for one in found) <= 1e-9 / slope * 1.001
    assert max(abs(lam - zero) for lam in places) < 2 * GRID[1]
    cell = np.searchsorted(GRID, zero)
    assert all(min(np.abs(GRID - lam)) > 0 for lam in places)
    assert all(0 < lam < 1 for lam in places)
    inside = [GRID[cell - 1] < one.lam[0] < GRID[cell] for one in found]
    assert any(inside)


@pytest.mark.parametrize("zero", [0.2, 0.7])
def test_of_two_intervals_each_is_looked_into_where_the_other_shows_a_zero(zero):
    along = sizes(lambda lam: lam - zero)
    found = lows_of(along(np.array([0, 0.5, 1])), along, 1e-9)
    assert any(one.lam[0] == pytest.approx(zero, abs=1e-9) for one in found)


@given(st.floats(0.02, 0.98))
@settings(max_examples=20)
def test_outputs_that_come_near_zero_are_followed_to_about_where_they_are_least(place):
    along = sizes(lambda lam: np.hypot(lam - place, 2e-3))
    found = lows_of(along(GRID), along, 1e-9)
    if np.abs(GRID - place).min() > 0.02:
        assert min(float(one.growth[0]) for one in found) < (4 * 2e-3) ** 2


def test_outputs_that_stay_large_are_not_looked_into_nor_are_zeros_on_the_grid():
    def never(lam):
        raise AssertionError("nothing is looked for")

    assert lows_of(sizes(lambda lam: 2 + lam)(GRID), never, 1e-9) == []
    assert lows_of(sizes(lambda lam: 0 * lam)(GRID), never, 1e-9) == []
    assert lows_of(sizes(lambda lam: 1 + 0.25 * (lam > 0.5))(GRID), never, 1e-9) == []


@pytest.mark.parametrize("end", [0.52, 0.61, 0.6249])
def test_a_plateau_of_m_ends_where_it_ends(end):
    def along(lam):
        lam = np.asarray(lam, float)
        b = 0.5 + 0.2 * np.maximum(0.3 - lam, 0) + np.maximum(lam - end, 0)
        return SquaredSheet(lam, np.ones_like(lam), b, 1.0)

    known = minima_of(along(GRID), [], Rounding())
    (found,) = plateau_end(known, along)
    assert 0 <= end - found.lam[0] < 1e-15
    # one lambda as high is no plateau, nor is one at the start, the end, or at L(0)
    peaked = along(GRID).b + 0.1 * np.abs(GRID - 0.5)
    peak = minima_of(replace(along(GRID), b=peaked), [], Rounding())
    assert plateau_end(peak, along) == []
    for moved in (known.minimum_excess[::-1] * 0 - 0.25, known.minimum_excess + 0.25):
        assert plateau_end(replace(known, minimum_excess=moved), along) == []


def test_a_band_makes_a_plateau_of_what_is_as_high_but_for_rounding():
    def along(lam):
        lam = np.asarray(lam, float)
        b = 0.5 + 1e-12 * lam + np.maximum(lam - 0.56, 0)
        return SquaredSheet(lam, np.ones_like(lam), b, 1.0)

    exact = minima_of(along(GRID), [], Rounding())
    assert exact.highest == 0
    banded = minima_of(along(GRID), [], Rounding(minimum=4e-12))
    assert (banded.highest, banded.band) == (4, 2e-12)
    (found,) = plateau_end(banded, along)
    assert 0.56 < found.lam[0] < 0.56 + 3e-12


def test_the_levels_of_a_survey_are_those_of_its_ends():
    sheet = SquaredSheet(GRID, 1 + GRID, 0.5 * GRID, 2.0)
    found = survey(sheet)
    assert (found.levels.zero, found.levels.initial_excess, found.levels.final_excess) == (2, 1, 1)
    assert found.held is None
    # nothing between the grid's lambdas is asked for, and the end is not below the start
    assert not found.conditions.final_objective.holds
