"""The sheet's minimum m at known lambdas: those of the grid, and its peaks between them.

Also what rounding makes of it, and low points of the growth, at which outputs may vanish. A peak
that hides between two of these, both lower than their neighbours, is not seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from ..arrays import Array, Mask
from ..sheet.sheet import Branch, Sheet

#: Units in the last place that outputs are granted; chosen here.
UNITS = 4.0


@dataclass(frozen=True)
class Rounding:
    """How far values on one sheet may be off by the rounding of the outputs.

    Outputs come with a relative error of about `UNITS` units in the last place of their type, and
    where they cancel, of the size that they have elsewhere on the path. An objective moves by
    `Sheet.moves`.

    Attributes:
        size: of outputs that are rounding and nothing else.
        initial, final, minimum: of L(W(0)), L(W(1)) and m.
    """

    size: float = 0.0
    initial: float = 0.0
    final: float = 0.0
    minimum: float = 0.0

    @classmethod
    def of(cls, sheet: Sheet, eps: float) -> "Rounding":
        """On a sheet over [0, 1] whose outputs were computed in a type of this precision.

        >>> from construction.sheet.moments import SquaredSheet
        >>> sheet = SquaredSheet(np.array([0.0, 1.0]), np.array([4.0, 1.0]), np.ones(2), 1.0)
        >>> Rounding.of(sheet, eps=0.25)
        Rounding(size=2.0, initial=8.0, final=2.0, minimum=2.0)
        """
        if not eps:
            return cls()
        size = UNITS * eps * float(sheet.raw_size.max())
        one, minimum = UNITS * eps * np.nan_to_num(sheet.moves, nan=np.inf, posinf=np.inf)
        highest = minimum[sheet.output_size > size].max(initial=minimum.min())
        return cls(size, float(one[0]), float(one[-1]), float(highest))


#: The sheet at any lambdas.
Along = Callable[[list[float]], Sheet]
#: A lambda, and the size of outputs that its growth shows.
Place = tuple[float, float]

#: Share of the size at an interval's ends that lines have to stay above; chosen here.
SHARE = 0.5
#: The golden section, and steps by which it narrows any interval to neighbouring lambdas.
GOLDEN, NARROWINGS = (3 - 5**0.5) / 2, 110


def lows_of(sheet: Sheet, along: Along, size: float) -> list[Sheet]:
    """The sheet at each low point of the growth between the grid's lambdas that was looked for.

    Where outputs pass through zero their size falls to it from both sides along lines, more or
    less. So an interval is looked into where a line through two lambdas beside it comes down to
    `SHARE` of what its ends have; a zero that is narrower than that is not seen. Where rays do not
    rise on both sides, the growth shows none, and the outputs' own size is looked at instead.
    A search ends where outputs are of `size`, that of rounding and nothing else.
    """
    decided, there = sheet.growth > sheet.doubt(size), sheet.output_size > size
    known = [list(zip(sheet.lam.tolist(), _sizes(sheet, own), strict=True)) for own in (0, 1)]

    def may_vanish(places: list[Place], k: int) -> bool:
        left, right = places[k : k + 2]
        lines = [_line(one, left, right[0]) for one in places[max(k - 1, 0) : k]]
        lines += [_line(one, right, left[0]) for one in places[k + 2 : k + 3]]
        return any(height < SHARE * min(left[1], right[1]) for height in lines)

    lows = []
    for k in np.flatnonzero(there[:-1] & there[1:]).tolist():
        own = int(not decided[k : k + 2].all())
        if may_vanish(known[own], k):
            lows.append(_lowest(along, known[own][k], known[own][k + 1], size, own))
    return lows


def _sizes(sheet: Sheet, own: int) -> list[float]:
    """The growth, as a number in proportion to the outputs; if `own` or infinite, their size."""
    finite = np.isfinite(sheet.growth) & (not own)
    growth = np.where(finite, sheet.growth, 0.0) ** (1 / sheet.degree)
    sizes: list[float] = np.where(finite, growth, sheet.output_size).tolist()
    return sizes


def _line(far: Place, near: Place, at: float) -> float:
    return near[1] + (near[1] - far[1]) / (near[0] - far[0]) * (at - near[0])


def _lowest(along: Along, left: Place, right: Place, size: float, own: int) -> Sheet:
    """By golden section, until rounding is reached, or lines stay above `SHARE`."""
    lam = left[0] + GOLDEN * (right[0] - left[0])
    lowest = along([lam])
    middle = (lam, _sizes(lowest, own)[0])
    for _ in range(NARROWINGS):
        lines = _line(right, middle, left[0]), _line(left, middle, right[0])
        if lowest.output_size[0] <= size or min(lines) > SHARE * middle[1] or not middle[1]:
            break
        far = max(left, right, key=lambda end: abs(end[0] - middle[0]))
        lam = middle[0] + GOLDEN * (far[0] - middle[0])
        if lam in (middle[0], far[0]):
            break
        sheet = along([lam])
        here = (lam, _sizes(sheet, own)[0])
        if here[1] < middle[1]:
            lowest, here, middle = sheet, middle, here
        left, right = (here, right) if here[0] < middle[0] else (left, here)
    return lowest


#: Width in lambda from which on golden sections take over from parabolas, and within which a
#: plateau at L(0) ends at a ray on which g is constant.
WIDTH = 1e-7
#: Steps by which halving narrows an interval to neighbouring lambdas; how close to a high point of
#: m a leap of c* is looked for, and by what share of it. Chosen here.
STEPS, CLOSE, LEAP = 60, 1e-9, 1e-3


@dataclass(frozen=True)
class Minima:
    """The sheet's minimum at known lambdas, and what decides where a path can go there.

    Attributes:
        lam: increasing from 0 to 1, (points,).
        minimum_excess: m - L(0), (points,).
        rises: whether there is a right branch, by more than rounding, (points,).
        constant: whether g does not depend on c, but for rounding, (points,).
        flat: whether m is attained on an interval of c, so that branches do not meet, (points,).
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


def minima_of(sheet: Sheet, others: Sequence[Sheet], rounding: Rounding) -> Minima:
    """The minima at the grid's lambdas, from 0 to 1, and at others between them."""
    sheets = [sheet, *others]
    lam, kept = np.unique(np.concatenate([one.lam for one in sheets]), return_index=True)
    minimum, growth, size, constant, flat = (
        np.concatenate([getattr(one, name) for one in sheets])[kept]
        for name in ("minimum_excess", "growth", "output_size", "constant", "flat")
    )
    rises = growth > np.concatenate([one.doubt(rounding.size) for one in sheets])[kept]
    vanish = ~rises & (size <= rounding.size)
    return Minima(
        lam,
        np.where(vanish, 0.0, minimum),
        rises,
        constant | vanish,
        flat,
        sheet.branch_of(0),
        sheet.branch_of(-1),
        ~rises & ((growth > 0) | vanish & (size > 0)),
        rounding.minimum / 2,
    )


def plateau_end(minima: Minima, along: Along) -> list[Sheet]:
    """The sheet at the last lambda where m is as high as its highest point, up to rounding.

    Looked for where two known lambdas are as high, below L(0); for L(0) itself see `peaks_of`.
    """
    m, k = minima.minimum_excess, minima.highest
    top = float(m.max())
    if k in (0, len(m) - 1) or top >= 0 or m[k - 1] < top - minima.band:
        return []
    left, right = float(minima.lam[k]), float(minima.lam[k + 1])
    end = _last(top - minima.band, along, left, right, 0.0)
    return [along([end])] if end > left else []


def leaps(minima: Minima, along: Along, rounding: float) -> Mask:
    """`Minima.flat`, and where c* leaps beside a high point of m, as far as lambda is known.

    On a loss with kinks one scale takes over from another there, and all between are as good.
    """
    m, flat, near = minima.minimum_excess, minima.flat.copy(), max(CLOSE, 4 * rounding)
    later = np.append(np.maximum.accumulate(m[::-1])[-2::-1], -np.inf)
    high = (m > later) & (m >= np.append(-np.inf, m[:-1])) & ~minima.constant
    for k in np.flatnonzero(high):
        beside = minima.lam[k] + near * np.array([-16.0, -1.0, 0.0, 1.0, 16.0])
        best = np.nan_to_num(along(np.unique(beside.clip(0, 1)).tolist()).best_scale)
        inner = best[int(k > 0) : len(best) - int(k < len(m) - 1)]
        flat[k] |= np.ptp(inner) > max(np.ptp(best) / 4, LEAP * best.max())
    return flat


def peaks_of(minima: Minima, along: Along, rounding: float, zero: float) -> list[Sheet]:
    """The sheet at each peak of m between known lambdas.

    Args:
        minima, along: at known lambdas, and the sheet at any.
        rounding: relative to L(0), by which m may be off; a peak overtops known lambdas by more.
        zero: L(0).
    """
    m, lam, band, peaks = minima.minimum_excess, minima.lam, rounding * abs(zero), []
    for k in range(len(m)):
        before, after = max(k - 1, 0), min(k + 1, len(m) - 1)
        lowest, height, place = min(m[before], m[after]), m[k], float(lam[k])
        if height < max(m[before], m[after]) or minima.constant[k]:
            continue
        if height < 0 and height - lowest > band:  # else it is level, but for rounding
            left, right = lam[before], lam[after]
            top = _highest(along, left, right, band)
            # a lower one further away may hide a nearer one
            while top.minimum_excess[0] < m[k] - band and abs(top.lam[0] - place) > 4 * WIDTH:
                near = (place + top.lam[0]) / 2
                left, right = (left, near) if near > place else (near, right)
                top = _highest(along, left, right, band)
            height, place = top.minimum_excess[0], float(top.lam[0])
        if height == 0 and m[after] < 0:
            # a plateau at L(0) ends within the outputs' rounding, beyond which g may fall already
            top = along([_last(0.0, along, place, lam[after], rounding)])
        if height > m[k] + band or (m[k] == 0 and m[after] < 0):
            peaks.append(top)
    return peaks


def _highest(along: Along, left: float, right: float, band: float) -> Sheet:
    """The sheet where m is highest, beside which it is as high but for `band` or floats."""
    # parabolas come close to a smooth peak; a kink, from which m falls along lines, needs sections
    best = minimize_scalar(
        lambda x: -float(along([x]).minimum_excess[0]),
        bounds=(left, right),
        options={"xatol": WIDTH},
    )
    beside = (-2 * WIDTH, 0.0, 2 * WIDTH)
    low, top, high = (along([float(np.clip(best.x + d, left, right))]) for d in beside)
    for _ in range(NARROWINGS):
        if top.minimum_excess[0] - min(one.minimum_excess[0] for one in (low, high)) <= band:
            break
        far = max(low, high, key=lambda end: abs(end.lam[0] - top.lam[0]))
        lam = float(top.lam[0] + GOLDEN * (far.lam[0] - top.lam[0]))
        if lam in (top.lam[0], far.lam[0]):
            break
        one = along([lam])
        if one.minimum_excess[0] > top.minimum_excess[0]:
            one, top = top, one
        low, high = (one, high) if one.lam[0] < top.lam[0] else (low, one)
    return top


def _last(least: float, along: Along, left: float, right: float, width: float) -> float:
    """A lambda within `width` of the last at which m is as high, and itself one of those."""
    for _ in range(STEPS):
        middle = (left + right) / 2
        if right - left <= width or middle in (left, right):
            break
        if along([middle]).minimum_excess[0] >= least:
            left = middle
        else:
            right = middle
    return left
