"""Decreasing targets v(lambda), as excess over L(0): the theorem's, and the valley.

The theorem's stay above L(0) and L(W(1)), on the right branch: `paper` is the proof's own, `even`
makes most of the drop while travelling, and any function of the user's that strictly decreases will
do, as `custom`. The `valley` is as low as a path on the sheet can go: it follows the sheet's own
minimum over c from above, and may pass from one branch to the other where both meet, in c*.

All are carried as the excess over L(0), which is what keeps their digits.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .arrays import Array
from .condition.branches import BranchPlan, HeldScale
from .condition.minima import Minima
from .errors import InputError, reading
from .sheet.sheet import Branch, Branches, Levels, Sheet


@dataclass(frozen=True)
class Stretch:
    """A travel from one lambda to another, on one branch, with the objective on a decreasing v.

    Attributes:
        start, stop: the lambdas.
        branch: on which the scale is the root of g = v.
        function: lambda (points,) -> v - L(0), (points,); unused where a scale is held.
        knots: between these v is raised to the sheet's minimum where that is higher, and if it may
            be attained on an interval of c, across which c would leap, a little above it.
        held: a scale that is kept instead, v being g itself, to pass a lambda at which g does not
            depend on c.
    """

    start: float
    stop: float
    branch: Branch
    function: Callable[[Array], Array]
    knots: Array | None = None
    held: float | None = None

    def excess(self, sheet: Sheet) -> Array:
        """``v(lambda) - L(0)`` at the lambdas of a sheet."""
        if self.held is not None:
            return sheet.excess(self.held)
        v = self.function(sheet.lam)
        if self.knots is None:
            return v
        between, m = (sheet.lam > self.start) & (sheet.lam < self.stop), sheet.minimum_excess
        if not sheet.strict:
            k = np.searchsorted(self.knots[1:-1], sheet.lam, side="right")
            left, right = self.knots[k], self.knots[k + 1]
            m = m + THETA * (right - sheet.lam) / (right - left) * (self.function(left) - m)
        return np.where(between, np.maximum(v, m), v)


@dataclass(frozen=True)
class Target:
    """A strictly decreasing target over [0, 1].

    Where two stretches meet, the later one counts.

    Attributes:
        name: "paper", "even", "valley" or "custom".
        stretches: one after the other, from lambda 0 to 1.
        crossing: the lambda at which c moves to c*, where both branches meet, and the second
            branch begins; None where the path does not cross.
        knots, minimum_excess: lambdas at which the sheet's minimum m is known, every peak of it
            that was found among them, and m - L(0) there; empty for targets that do not need it.
    """

    name: str
    stretches: tuple[Stretch, ...]
    crossing: float | None = None
    knots: Array = field(default_factory=lambda: np.zeros(0))
    minimum_excess: Array = field(default_factory=lambda: np.zeros(0))

    def excess(self, sheet: Sheet) -> Array:
        """``v(lambda) - L(0)`` at the lambdas of a sheet, (points,)."""
        v, numbers = np.empty_like(sheet.lam), self.stretch_of(sheet.lam)
        for k in np.unique(numbers):
            here = numbers == k
            v[here] = self.stretches[k].excess(sheet.pick(here))
        return v

    def branches(self, lam: Array) -> Branches:
        """The branch at each lambda."""
        return np.array([stretch.branch for stretch in self.stretches])[self.stretch_of(lam)]

    def held(self, lam: Array) -> Array:
        """The scale that is held at each lambda; NaN where it is solved for."""
        scales = [stretch.held for stretch in self.stretches]
        return np.array(scales, float)[self.stretch_of(lam)]

    def stretch_of(self, lam: Array) -> NDArray[np.intp]:
        """The number of the stretch at each lambda."""
        starts = [stretch.start for stretch in self.stretches]
        return np.searchsorted(starts, lam, side="right") - 1


#: Share by which ``even`` stops short of its floor, and `valley` leans towards its concave
#: majorant; chosen here: visible on a plot, and small beside the drop.
THETA = 0.05


def paper(levels: Levels) -> Target:
    """The proof's own target, ``(1 - lambda/3) L(W(0)) + (lambda/3) max{L(0), L(W(1))}``.

    Source: Safran and Shamir 2016 (arXiv 1511.04210), proof of Theorem 1, on [0, 1].

    >>> profile = paper(Levels(zero=1.0, initial_excess=3.0, final_excess=-0.5))
    >>> profile.stretches[0].function(np.array([0.0, 1.0])).tolist()
    [3.0, 2.0]
    """
    return _linear("paper", levels, 1 / 3)


def even(levels: Levels) -> Target:
    """Evenly down to just above max{L(0), L(W(1))}, keeping `THETA` of the drop for the descent."""
    return _linear("even", levels, 1 - THETA)


def _linear(name: str, levels: Levels, share: float) -> Target:
    start, floor = levels.initial_excess, max(0.0, levels.final_excess)

    def excess(lam: Array) -> Array:
        return (1 - share * lam) * start + share * lam * floor

    return Target(name, (Stretch(0.0, 1.0, "right", excess),))


def custom(function: Callable[[float], float], levels: Levels) -> Target:
    """A target of the user's, as an objective at each lambda, checked on 1,001 points.

    Raises:
        InputError: it does not start at L(W(0)), does not strictly decrease, or does not stay
            above L(0) and L(W(1)); the message says which, where and by how much.
    """

    @reading("a profile that returns one number for each lambda", InputError, "Return a float.")
    def heights(at: Array) -> Array:
        return np.array([float(function(float(x))) for x in at])

    lam = np.linspace(0, 1, 1001)
    values = heights(lam)
    floor = max(levels.zero, levels.final)
    if not abs(values[0] - levels.initial) <= 1e-12 * abs(levels.initial):
        raise InputError(
            f"a profile with v(0) = L(W(0)) = {levels.initial:.17g}",
            f"v(0) = {values[0]:.17g}",
            "Scale the profile so that it starts there.",
        )
    rises = np.flatnonzero(~(values[1:] < values[:-1]))
    if rises.size:
        raise InputError(
            "a strictly decreasing profile",
            f"that it does not fall from lambda = {lam[rises[0]]:g} to {lam[rises[0] + 1]:g}",
            "Let it fall everywhere.",
        )
    if not values[-1] > floor:
        raise InputError(
            f"a profile above L(0) and L(W(1)), that is above {floor:.6g}",
            f"v(1) = {values[-1]:.6g}",
            "Let it stay above both.",
        )

    first = float(values[0]) - levels.zero  # rounded, where c = 1 has to be the root

    def excess(at: Array) -> Array:
        found: Array = heights(at) - levels.zero
        return found + (levels.initial_excess - first)

    return Target("custom", (Stretch(0.0, 1.0, "right", excess),))


def valley(
    levels: Levels, minima: Minima, plan: BranchPlan, held: HeldScale | None = None
) -> Target:
    """The lowest target along a plan's branches, crossing where the sheet is highest.

    Let ``M(lambda) = sup over mu >= lambda of m(mu)``, ``M' = max(M, L(W(1)))`` and U the least
    concave majorant of M' from the crossing lambda_t to 1. From there on v is the piecewise linear
    function through

        v_0 = m(lambda_t),   v_k = (1 - theta) M'_(k-1) + theta U_k,   v_n = L(W(1)):

    a knot late, so that between knots, too, it lies above m; where m is still higher, as just after
    a smooth peak of m, v is m itself. Before lambda_t (nowhere when it is 0) v falls evenly from
    L(W(0)) to a little above the highest point of m, on the branch on which c = 1 starts; at
    lambda_t the scale moves to c* (*shrink*).

    Where no crossing is needed or possible v is U from L(W(0)) to L(W(1)), on one branch: if c = 1
    lies on the other one at lambda = 1, the path ends at the objective of W(1) with another scale.
    U stays a little above m where it would touch one that no finite scale attains, or many do, as c
    would leap from one of these. A held scale passes a lambda at which g does not depend on c.
    """
    lam, m = minima.lam, minima.minimum_excess
    initial, final = levels.initial_excess, levels.final_excess
    crossing = None
    if held is not None:
        stretches = [Stretch(held.start, held.stop, held.branch, np.zeros_like, held=held.scale)]
        if held.start > 0:
            stretches.insert(0, _straight(held.start, initial, held.excess_before, "right"))
        if held.stop < 1:
            stretches.append(_late(lam, m, held.stop, held.excess_after, final, held.branch))
    elif plan.crossing is None:
        corners, heights = _majorant(lam, m, initial, final)
        apart = minima.flat | ~minima.rises & ~minima.constant  # many scales attain m, or none
        touched = [k for k in corners[1:-1] if heights[k] == m[k] and apart[k]]
        if touched:
            above = THETA * (initial - m.max())
            corners, heights = _majorant(lam, np.where(apart, m + above, m), initial, final)
        straight = _piecewise_linear(lam[corners], heights[corners])
        stretches = [Stretch(0.0, 1.0, plan.first, straight, lam[corners])]
    else:
        crossing, highest = float(lam[plan.crossing]), float(m.max())
        stretches = [_late(lam, m, crossing, float(m[plan.crossing]), final, plan.last)]
        if crossing > 0:
            above = highest + THETA * (initial - highest)
            stretches.insert(0, _straight(crossing, initial, above, plan.first))
    return Target("valley", tuple(stretches), crossing, lam, m)


def _straight(stop: float, start_excess: float, stop_excess: float, branch: Branch) -> Stretch:
    """Evenly down from lambda = 0."""
    ends = np.array([0.0, stop]), np.array([start_excess, stop_excess])
    return Stretch(0.0, stop, branch, _piecewise_linear(*ends))


def _late(
    lam: Array, m: Array, start: float, height: float, final: float, branch: Branch
) -> Stretch:
    """Down from `height` at `start` to `final` at 1, above m, a knot late."""
    after = lam > start
    x = np.concatenate([[start], lam[after]])
    corners, heights = _majorant(x, np.concatenate([[height], m[after]]), height, final)
    majorant = np.interp(x, x[corners], heights[corners])
    v = np.empty_like(x)
    v[0], v[-1] = height, final
    v[1:-1] = ((1 - THETA) * heights[:-1] + THETA * majorant[1:])[:-1]
    return Stretch(start, 1.0, branch, _piecewise_linear(x, v), x)


def _majorant(x: Array, m: Array, start: float, final: float) -> tuple[list[int], Array]:
    """Corners of U on x, and M', raised to `start` at its first point."""
    heights = np.maximum(np.maximum.accumulate(m[::-1])[::-1], final)
    heights[0], heights[-1] = start, final
    return concave_corners(x, heights), heights


def concave_corners(x: Array, y: Array) -> list[int]:
    """Indices of the corners of the least concave majorant of points with increasing x.

    >>> concave_corners(np.array([0.0, 1, 2, 3]), np.array([1.0, 0.2, 0.9, 0.0]))
    [0, 2, 3]
    """
    corners: list[int] = []
    for k in range(len(x)):
        while len(corners) > 1:
            i, j = corners[-2:]
            if (y[j] - y[i]) * (x[k] - x[i]) > (y[k] - y[i]) * (x[j] - x[i]):
                break
            corners.pop()
        corners.append(k)
    return corners


def _piecewise_linear(knots: Array, heights: Array) -> Callable[[Array], Array]:
    return lambda lam: np.interp(lam, knots, heights)
