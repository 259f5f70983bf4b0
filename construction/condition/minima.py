"""The sheet's minimum m at known lambdas: those of the grid, and its peaks between them.

A valley profile follows m from above, and may cross where m is highest: so peaks are located to
`WIDTH`, and where m is highest on an interval, up to rounding, its end. A peak that hides between
two grid lambdas, both lower than their neighbours, is not seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from ..arrays import Array, Mask
from ..sheet.sheet import Branch, Levels, Sheet
from .lows import Measure
from .rounding import Rounding

#: Width in lambda to which a peak of m is located; m is flat there, so its height is known to
#: about the square of this.
WIDTH = 1e-7
#: Steps that narrow any interval to neighbouring lambdas.
STEPS = 60


@dataclass(frozen=True)
class Minima:
    """The sheet's minimum at known lambdas, and what decides where a path can go there.

    Attributes:
        lam: increasing from 0 to 1, (points,).
        minimum_excess: m - L(0), (points,).
        rises: whether there is a right branch, by more than rounding, (points,).
        constant: whether g does not depend on c, but for rounding, (points,).
        flat: whether the minimum is attained on an interval of c, so that branches do not meet,
            (points,).
        first, last: branch of c = 1 at lambda 0 and 1.
        doubtful: whether rounding alone may make g rise, (points,).
        band: heights of m that differ by less cannot be told apart.
    """

    lam: Array
    minimum_excess: Array
    rises: Mask
    constant: Mask
    flat: Mask
    first: Branch
    last: Branch
    doubtful: Mask
    band: float = 0.0

    @property
    def highest(self) -> int:
        """Index of lambda_t, the last highest point of m, as far as rounding tells."""
        m = self.minimum_excess
        return int(np.flatnonzero(m >= m.max() - self.band)[-1])

    @property
    def end(self) -> int | None:
        """Index of r, the first lambda without a right branch."""
        ends = np.flatnonzero(~self.rises)
        return int(ends[0]) if ends.size else None


def minima_of(
    sheet: Sheet, others: Sequence[Sheet] = (), rounding: Rounding | None = None
) -> Minima:
    """The minima at the grid's lambdas and at others between them.

    Args:
        sheet: on the grid, from lambda 0 to 1.
        others: the sheet at lambdas between those.
        rounding: of the outputs; none when None.
    """
    rounding = rounding or Rounding()
    sheets = [sheet, *others]
    lam, kept = np.unique(np.concatenate([one.lam for one in sheets]), return_index=True)
    minimum, growth, size, constant, flat = (
        np.concatenate([getattr(one, name) for one in sheets])[kept]
        for name in ("minimum_excess", "growth", "output_size", "constant", "flat")
    )
    rises = growth > np.concatenate([one.doubt(rounding.size) for one in sheets])[kept]
    vanish = ~rises & (growth > 0) & (size <= rounding.size)
    return Minima(
        lam,
        np.where(vanish, 0.0, minimum),
        rises,
        constant | vanish,
        flat,
        sheet.branch_of(0),
        sheet.branch_of(-1),
        ~rises & (growth > 0),
        rounding.minimum / 2,
    )


def plateau_end(minima: Minima, measure: Measure) -> list[Sheet]:
    """The sheet at the last lambda where m is as high as its highest point, up to rounding.

    Looked for where two known lambdas are as high, below L(0); for L(0) itself see `peaks_of`.
    """
    m, k = minima.minimum_excess, minima.highest
    top = float(m.max())
    if k in (0, len(m) - 1) or top >= 0 or m[k - 1] < top - minima.band:
        return []
    left, right = float(minima.lam[k]), float(minima.lam[k + 1])
    end = _last(lambda one: one >= top - minima.band, measure, left, right, 0.0)
    return [measure(end)] if end > left else []


def peaks_of(levels: Levels, sheet: Sheet, measure: Measure, rounding: float) -> list[Sheet]:
    """The sheet at each peak of m above L(W(1)) between the grid's lambdas.

    Args:
        levels: the ends' objectives.
        sheet: on the grid.
        measure: the sheet at any one lambda.
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
        if m[k] < 0 and m[k] - min(m[before], m[after]) <= rounding * abs(sheet.d):
            continue  # level, but for rounding
        if m[k] < 0:
            top = measure(_highest(measure, lam[before], lam[after]))
        if top.minimum_excess[0] == 0 and m[after] < 0:  # a plateau at L(0): where does it end?
            top = measure(_last(lambda m: m >= 0, measure, float(top.lam[0]), lam[after], WIDTH))
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


def _last(
    high: Callable[[float], bool], measure: Measure, left: float, right: float, width: float
) -> float:
    """A lambda within `width` of the last at which m is high, and itself one of those."""
    for _ in range(STEPS):
        middle = (left + right) / 2
        if right - left <= width or middle in (left, right):
            break
        if high(float(measure(middle).minimum_excess[0])):
            left = middle
        else:
            right = middle
    return left
