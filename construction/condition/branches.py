"""On which branches a strictly decreasing path goes, where it crosses, and whether there is one.

docs/theory/when-a-path-exists.md has the theorem that is decided here, and its proof. A ray that is
constant in c, as where all outputs vanish, is passed from the right branch above it to what lies
below: near it the scale is held, and g(lambda, C) itself falls from above L(0) to below.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..sheet.sheet import Branch, Levels, Sheet
from .minima import Minima

#: Lambdas on each side of a constant ray at which g(lambda, C) is checked, and those farthest from
#: it that the held scale does not go to, so that g does not turn just there; chosen here.
CHECKS, BEYOND = 10, 2
#: Least share of each fall nearer to the ray by which g falls: by less, it may be about to turn;
#: and of the largest slope at c = 0, with which g sinks below L(0) before the ray.
STEADY, SINKS = 0.25, 1e-6
#: Scales C that are tried, 1 first, and widths in lambda, as shares of the grid's step.
SCALES = (1.0, *(2.0**k for j in range(1, 21) for k in (j, -j)))
WIDTHS = tuple(0.25**k for k in range(8))


@dataclass(frozen=True)
class BranchPlan:
    """How a path gets from lambda 0 to 1: on which branches, and where it leaves the first.

    Attributes:
        first, last: the branch before and after `crossing`; the same where there is none.
        crossing: index of the lambda at which the path crosses, or None.
        passing: index of a lambda at which g is constant in c, to be passed at L(0), or None.
    """

    first: Branch
    last: Branch
    crossing: int | None = None
    passing: int | None = None


@dataclass(frozen=True)
class HeldScale:
    """The scale that is held while lambda runs past a constant ray, from `start` to `stop`.

    Attributes:
        start, stop, scale: lambdas around it, and C.
        excess_before, excess_after: g - L(0) at both.
        branch: on which C lies at `stop`, and the path goes on.
    """

    start: float
    stop: float
    scale: float
    excess_before: float
    excess_after: float
    branch: Branch


def branch_plan(minima: Minima, levels: Levels) -> BranchPlan | None:
    """The plan of the lowest path, given m < L(W(0)) after the start; None where there is none.

    >>> falling = Minima(np.array([0, 1.0]), np.array([-0.1, -0.9]), np.array([True, False]),
    ...                  np.zeros(2, bool), np.zeros(2, bool), "right", "left",
    ...                  np.zeros(2, bool))
    >>> branch_plan(falling, Levels(zero=1.0, initial_excess=2.0, final_excess=-0.8))
    BranchPlan(first='right', last='left', crossing=0, passing=None)
    """
    end, m = minima.end, minima.minimum_excess
    if minima.flat[0] and levels.initial_excess <= m[0] + minima.band:
        return None  # c would leap to an end of the interval on which g rests
    if end is not None and minima.constant[end] and _may_pass(minima, levels, end):
        return BranchPlan("right", "left", passing=end)
    crossing = _crossing(minima, levels)
    if crossing is not None:
        stays_right = minima.last == "right" and bool(minima.rises[crossing:].all())
        return BranchPlan(minima.first, "right" if stays_right else "left", crossing)
    if minima.first == "left" or end is None:
        return BranchPlan(minima.first, minima.first)
    return None


def _crossing(minima: Minima, levels: Levels) -> int | None:
    """The first lambda where m is above all that follows and above L(W(1)), on the first branch."""
    m = minima.minimum_excess
    after = np.maximum.accumulate(m[::-1])[::-1]
    for k in range(minima.highest, len(m) - 1):
        reached = minima.first == "left" or bool(minima.rises[: k + 1].all())
        if m[k] <= levels.final_excess or not reached:
            return None
        if m[k] > after[k + 1] and minima.rises[k] and not minima.flat[k]:
            return k
    return None


def _may_pass(minima: Minima, levels: Levels, end: int) -> bool:
    """Whether the levels allow a constant ray: m = L(0) there, and lower ever after."""
    starts_here = end == 0 and levels.initial_excess == 0
    before = starts_here or (end > 0 and minima.first == "right" and levels.initial_excess > 0)
    ends_here = end == len(minima.lam) - 1 and levels.final_excess == 0
    after = bool((minima.minimum_excess[end + 1 :] < 0).all()) and levels.final_excess < 0
    return before and (after or ends_here)


def crossing_margin(minima: Minima, levels: Levels) -> tuple[float, float]:
    """How far m before r stays above m from there on and above L(W(1)), and r."""
    end = minima.end
    assert end is not None, "asked only where the right branch ends"
    before = float(minima.minimum_excess[:end].max(initial=-np.inf))
    after = max(float(minima.minimum_excess[end:].max()), levels.final_excess)
    return before - after, float(minima.lam[end])


def scale_to_hold(
    levels: Levels, minima: Minima, index: int, along: Callable[[list[float]], Sheet]
) -> HeldScale | None:
    """A scale at which g falls past the constant ray `index` of the minima; None if none is seen.

    That it falls, and steadily, is checked at `CHECKS` lambdas on each side, no more.
    """
    here = float(minima.lam[index])
    before = here - float(minima.lam[index - 1]) if index else 0.0
    after = float(minima.lam[index + 1]) - here if index + 1 < len(minima.lam) else 0.0
    if index + 2 == len(minima.lam):
        after /= 2  # at lambda = 1 it would be too late to go on
    floor = float(minima.minimum_excess[index + 1 :].max(initial=levels.final_excess))
    shares = [k / CHECKS for k in range(1, CHECKS + 1)]
    for width in WIDTHS:
        left = [here - width * before * share for share in shares[::-1]] if before else []
        right = [here + width * after * share for share in shares] if after else []
        sheet = along([*left, here, *right])
        first, last = (BEYOND if left else 0), len(sheet.lam) - 1 - (BEYOND if right else 0)
        sinks = sheet.slope(0.0)[len(left) - 1] < -SINKS * np.abs(sheet.slope(0.0)).max()
        for scale in SCALES if index else (1.0,):
            excess = np.where(sheet.lam == here, 0.0, sheet.excess(scale))  # L(0), but for rounding
            start, stop = excess[[first, last]].tolist()
            branch = sheet.branch_of(last, scale)
            goes_on = branch == "left" or bool(minima.rises[index + 1 :].all())
            ends_well = not after or (stop > floor and goes_on)
            starts_well = not before or (start < levels.initial_excess and not sinks)
            if ends_well and starts_well and _falls(excess, len(left)):
                begin, end = sheet.lam[[first, last]].tolist()
                return HeldScale(begin, end, scale, start, stop, branch)
    return None


def _falls(excess: Array, ray: int) -> bool:
    """Whether g falls at each step, and on neither side of the ray by ever less."""
    if not (excess[1:] < excess[:-1]).all():  # inf - inf, as where g overflows, is no number
        return False
    falls = -np.diff(excess)
    sides = falls[:ray][::-1], falls[ray:]
    return all((side >= STEADY * np.maximum.accumulate(side)).all() for side in sides)
