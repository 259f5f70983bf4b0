"""The sheet's minimum m at known lambdas: those of the grid, and its peaks between them.

A valley profile follows m from above, and may cross where m is highest: so peaks are located to
`WIDTH`. One that hides between two grid lambdas, both lower than their neighbours, is not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from ..arrays import Array, Mask
from ..sheet.sheet import Branch, Levels, Sheet

#: Width in lambda to which a peak of m is located; m is flat there, so its height is known to
#: about the square of this.
WIDTH = 1e-7

#: The sheet at one lambda.
Measure = Callable[[float], Sheet]


@dataclass(frozen=True)
class Minima:
    """The sheet's minimum at known lambdas, and what decides where a path can go there.

    Attributes:
        lam: increasing from 0 to 1, (points,).
        minimum_excess: m - L(0), (points,).
        rises: whether there is a right branch, (points,).
        constant: whether g does not depend on c, (points,).
        flat: whether the minimum is attained on an interval of c, so that branches do not meet,
            (points,).
        first, last: branch of c = 1 at lambda 0 and 1.
    """

    lam: Array
    minimum_excess: Array
    rises: Mask
    constant: Mask
    flat: Mask
    first: Branch
    last: Branch

    @property
    def highest(self) -> int:
        """Index of lambda_t, the last highest point of m."""
        return int(np.flatnonzero(self.minimum_excess == self.minimum_excess.max())[-1])

    @property
    def end(self) -> int | None:
        """Index of r, the first lambda without a right branch."""
        ends = np.flatnonzero(~self.rises)
        return int(ends[0]) if ends.size else None


def minima_of(
    levels: Levels, sheet: Sheet, measure: Measure | None = None, rounding: float = 0.0
) -> Minima:
    """The minima at the grid's lambdas and at the peaks between them.

    Args:
        levels: the ends' objectives.
        sheet: on the grid, from lambda 0 to 1.
        measure: the sheet at any one lambda; None for the grid's lambdas alone.
        rounding: see `peaks_of`.
    """
    sheets = [sheet, *([] if measure is None else peaks_of(levels, sheet, measure, rounding))]
    lam, kept = np.unique(np.concatenate([one.lam for one in sheets]), return_index=True)
    minimum, rises, constant, flat = (
        np.concatenate([getattr(one, name) for one in sheets])[kept]
        for name in ("minimum_excess", "rises", "constant", "flat")
    )
    return Minima(lam, minimum, rises, constant, flat, sheet.branch_of(0), sheet.branch_of(-1))


def peaks_of(levels: Levels, sheet: Sheet, measure: Measure, rounding: float) -> list[Sheet]:
    """The sheet at each peak of m above L(W(1)) between the grid's lambdas.

    Args:
        levels, sheet, measure: see `minima_of`.
        rounding: relative to L(0), what m may differ by between equal outputs; a peak counts if it
            overtops the grid's lambdas by more.
    """
    m, lam = sheet.minimum_excess, sheet.lam
    peaks = []
    for k in range(len(m) - 1):
        before, after = max(k - 1, 0), k + 1
        if m[k] < max(m[before], m[after]) or m[k] <= levels.final_excess or sheet.constant[k]:
            continue
        top = sheet.at(k)
        if m[k] < 0:
            top = measure(_highest(measure, lam[before], lam[after]))
        if top.minimum_excess[0] == 0 and m[after] < 0:  # a plateau at L(0): where does it end?
            top = measure(_last_zero(measure, float(top.lam[0]), lam[after]))
        if top.minimum_excess[0] > m[k] + rounding * sheet.d or (m[k] == 0 and m[after] < 0):
            peaks.append(top)
    return peaks


def _highest(measure: Measure, left: float, right: float) -> float:
    best = minimize_scalar(
        lambda x: -float(measure(x).minimum_excess[0]),
        bounds=(left, right),
        method="bounded",
        options={"xatol": WIDTH},
    )
    return float(best.x)


def _last_zero(measure: Measure, left: float, right: float) -> float:
    """A lambda within `WIDTH` of the last with m = L(0), and itself one of those."""
    while right - left > WIDTH:
        middle = (left + right) / 2
        if measure(middle).minimum_excess[0] < 0:
            right = middle
        else:
            left = middle
    return left
