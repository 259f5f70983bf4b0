"""Where the sheet's minimum m peaks between the lambdas of the grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

from ..arrays import Mask
from ..sheet.levels import Levels
from ..sheet.sheet import Sheet
from .decision import Knots

#: Width in lambda to which a peak of m is located; m is flat there, so its height is known to
#: about the square of this.
WIDTH = 1e-7

Measure = Callable[[float], Sheet]


def knots_of(
    levels: Levels, sheet: Sheet, measure: Measure | None = None, rounding: float = 0.0
) -> Knots:
    """The grid's lambdas and, between them, those where m has a peak above L(W(1)).

    A peak that hides between two grid lambdas, both lower than their neighbours, is not seen.

    Args:
        levels: the ends' objectives.
        sheet: on the grid, from lambda 0 to 1.
        measure: the sheet at any one lambda; None for the grid's lambdas alone.
        rounding: relative to L(0), what m may differ by between equal outputs; a peak found
            between grid lambdas counts if it overtops them by more.
    """
    extra = [] if measure is None else _peaks(levels, sheet, measure, rounding * sheet.d)
    sheets = [sheet, *extra]
    lam, kept = np.unique(np.concatenate([one.lam for one in sheets]), return_index=True)

    def joined(read: Callable[[Sheet], Mask]) -> Mask:
        return np.concatenate([read(one) for one in sheets])[kept]

    return Knots(
        lam,
        np.concatenate([one.minimum_excess for one in sheets])[kept],
        joined(lambda one: one.rises),
        joined(lambda one: one.constant),
        joined(lambda one: one.flat),
        sheet.branch_of(0),
        sheet.branch_of(-1),
    )


def _peaks(levels: Levels, sheet: Sheet, measure: Measure, rounding: float) -> list[Sheet]:
    m, lam = sheet.minimum_excess, sheet.lam
    found = []
    for k in range(len(m) - 1):
        before, after = max(k - 1, 0), k + 1
        if m[k] < max(m[before], m[after]) or m[k] <= levels.final_excess or sheet.constant[k]:
            continue
        top = sheet.at(k)
        if m[k] < 0:
            top = measure(_highest(measure, lam[before], lam[after]))
        if top.minimum_excess[0] == 0 and m[after] < 0:  # a plateau at L(0): where does it end?
            top = measure(_last_zero(measure, float(top.lam[0]), lam[after]))
        if top.minimum_excess[0] > m[k] + rounding or (m[k] == 0 and m[after] < 0):
            found.append(top)
    return found


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
