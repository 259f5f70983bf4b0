"""The valley profile: as low as a path on the sheet can go, crossing where the sheet is highest.

The theorem's target stays above L(0). This one follows the sheet's own minimum over c from above,
and may pass from one branch to the other where both meet, in c*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from .profiles import THETA, Levels
from .sheet import Array, Branch, Branches, Sheet

#: Width in lambda to which a peak of m is located; m is flat there, so its height is known to
#: about the square of this.
PEAK_WIDTH = 1e-7


@dataclass(frozen=True)
class Valley:
    """The valley: as low as a path on the sheet can go.

    Let ``M(lambda) = sup over mu >= lambda of m(mu)``, lambda_t the last highest point of m,
    ``M' = max(M, L(W(1)))`` and U its least concave majorant on [lambda_t, 1]. From lambda_t on

        v = (1 - theta) M' + theta U,

    which is at least m, starts at m(lambda_t), ends at L(W(1)), and strictly decreases as far as
    every peak of m is among the knots: a peak that hides between two grid lambdas, both lower than
    their neighbours, is not seen, and the certificate would show it. Before
    lambda_t v falls evenly from L(W(0)) to a little above m(lambda_t), on the branch on which
    c = 1 starts. At lambda_t the scale moves to c* (*shrink*), where both branches meet; from
    there the path follows the branch on which c = 1 lies at lambda = 1, and so ends at W(1).

    Where L(W(1)) is not below m(lambda_t) no crossing is needed: `crossing` is None and v falls
    evenly from L(W(0)) to L(W(1)), on one branch; if c = 1 lies on the other one at lambda = 1, the
    path ends at the objective of W(1) with another scale.

    m is known at `knots`; at a lambda between them it is measured, and M', U are taken over the
    knots and that lambda. v >= m holds there by construction.

    Attributes:
        levels: the three objectives.
        knots: lambdas, increasing from 0 to 1, that hold every peak of m found.
        minimum: m - L(0) at the knots.
        crossing: lambda_t, or None.
        first_branch, last_branch: where c = 1 lies at lambda 0 and 1.
    """

    levels: Levels
    knots: Array
    minimum: Array
    crossing: float | None
    first_branch: Branch
    last_branch: Branch
    name: str = "valley"

    def excess(self, lam: Array, minimum_excess: Array) -> Array:
        """``v(lambda) - L(0)``; at the crossing itself, the value after it."""
        if self.crossing is None:
            return self._before(lam, 1.0, self._final)
        target = np.empty_like(lam)
        early = lam < self.crossing
        target[early] = self._before(lam[early], self.crossing, self.approach)
        target[~early] = self._after(lam[~early], minimum_excess[~early], self.crossing)
        return target

    def branches(self, lam: Array) -> Branches:
        """The first branch before the crossing, the last one from it on."""
        crossing = np.inf if self.crossing is None else self.crossing
        return np.where(lam >= crossing, self.last_branch, self.first_branch)

    @property
    def approach(self) -> float:
        """The excess at which the path reaches lambda_t, before it moves to c*."""
        highest = float(self.minimum.max())
        return highest + THETA * (self._initial - highest)

    @property
    def _initial(self) -> float:
        return self.levels.initial - self.levels.zero

    @property
    def _final(self) -> float:
        return self.levels.final - self.levels.zero

    def _before(self, lam: Array, stop: float, level: float) -> Array:
        share = lam / stop
        return (1 - share) * self._initial + share * level

    def _after(self, lam: Array, minimum_excess: Array, crossing: float) -> Array:
        ahead = np.maximum.accumulate(self.minimum[::-1])[::-1]  # M at the knots
        later = np.searchsorted(self.knots, lam, side="left")
        floor = np.maximum(np.maximum(ahead[later], minimum_excess), self._final)
        lift = np.maximum(self._majorant(ahead, lam, crossing), floor)
        target = (1 - THETA) * floor + THETA * lift
        target[lam == 1] = self._final  # c = 1 is a root there: L(W(1)) exactly
        return target

    def _majorant(self, ahead: Array, lam: Array, crossing: float) -> Array:
        after = self.knots >= crossing
        heights = np.maximum(ahead[after], self._final)
        corners = concave_corners(self.knots[after], heights)
        return np.interp(lam, self.knots[after][corners], heights[corners])


def concave_corners(x: Array, y: Array) -> list[int]:
    """Indices of the corners of the least concave majorant of points with increasing x.

    >>> concave_corners(np.array([0.0, 1, 2, 3]), np.array([1.0, 0.2, 0.9, 0.0]))
    [0, 2, 3]
    """
    corners: list[int] = []
    for k in range(len(x)):
        while len(corners) > 1:
            i, j = corners[-2:]
            below_chord = (y[j] - y[i]) * (x[k] - x[i]) <= (y[k] - y[i]) * (x[j] - x[i])
            if not below_chord:
                break
            corners.pop()
        corners.append(k)
    return corners


def valley(
    levels: Levels, sheet: Sheet, measure: Callable[[float], Sheet], rounding: float
) -> Valley:
    """The valley profile over a sheet, after locating the peaks of m between its lambdas.

    Args:
        levels: L(0), L(W(0)), L(W(1)).
        sheet: on the grid, from lambda 0 to 1.
        measure: the sheet at any one lambda.
        rounding: relative to L(0), what m may differ by between equal outputs; a peak found
            between grid lambdas counts if it overtops them by more.
    """
    extra = _peaks(levels, sheet, measure, rounding * sheet.d)
    lam = np.append(sheet.lam, [one.lam[0] for one in extra])
    minimum = np.append(sheet.minimum_excess, [one.minimum_excess[0] for one in extra])
    knots, kept = np.unique(lam, return_index=True)
    minimum = minimum[kept]
    highest = np.flatnonzero(minimum == minimum.max())[-1]
    crosses = minimum[highest] > levels.final - levels.zero and knots[highest] < 1
    return Valley(
        levels,
        knots,
        minimum,
        float(knots[highest]) if crosses else None,
        first_branch=sheet.branch_of(0),
        last_branch=sheet.branch_of(-1),
    )


def _peaks(
    levels: Levels, sheet: Sheet, measure: Callable[[float], Sheet], rounding: float
) -> list[Sheet]:
    """The sheet at lambdas between the grid's where m has a peak above L(W(1))."""
    m, lam = sheet.minimum_excess, sheet.lam
    found = []
    for k in range(len(m) - 1):
        before, after = max(k - 1, 0), k + 1
        if m[k] < max(m[before], m[after]) or m[k] <= levels.final - levels.zero:
            continue
        top = sheet.at(k)
        if m[k] < 0:
            top = measure(_highest(measure, lam[before], lam[after]))
        if top.minimum_excess[0] == 0 and m[after] < 0:  # a plateau at L(0): where does it end?
            top = measure(_last_zero(measure, float(top.lam[0]), lam[after]))
        if top.minimum_excess[0] > m[k] + rounding or (m[k] == 0 and m[after] < 0):
            found.append(top)
    return found


def _highest(measure: Callable[[float], Sheet], left: float, right: float) -> float:
    best = minimize_scalar(
        lambda x: -float(measure(x).minimum_excess[0]),
        bounds=(left, right),
        method="bounded",
        options={"xatol": PEAK_WIDTH},
    )
    return float(best.x)


def _last_zero(measure: Callable[[float], Sheet], left: float, right: float) -> float:
    """A lambda within `PEAK_WIDTH` of the last with b <= 0, and itself one of those."""
    while right - left > PEAK_WIDTH:
        middle = (left + right) / 2
        if measure(middle).b[0] > 0:
            right = middle
        else:
            left = middle
    return left
