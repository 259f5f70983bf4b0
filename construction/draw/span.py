"""What an axis shows: logarithmic where the values allow it, at most so many decades."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..arrays import Array

#: Most decades of objectives that are shown; what lies lower is drawn at the lower end.
DECADES = 8
#: A negative value this small beside the largest is rounding about 0.
ROUNDING = 1e-12
#: Room above and below the values, as a share of the axis.
ROOM = 0.05


@dataclass(frozen=True)
class Span:
    """From `low` to `high`.

    Attributes:
        low, high: of the axis.
        log: whether it is logarithmic.
        cut: whether values lie below `low`, or are 0, and are drawn there.
    """

    low: float
    high: float
    log: bool
    cut: bool = False

    def shown(self, values: Array) -> Array:
        """The values, those below a logarithmic axis at its lower end, infinite ones as NaN."""
        raised = np.maximum(values, self.low) if self.log else values
        shown: Array = np.where(np.isfinite(values), raised, np.nan)
        return shown

    def share(self, one: float, other: float) -> float:
        """How much of the axis lies between two values that it shows.

        >>> round(Span(0.01, 100.0, log=True).share(1.0, 10.0), 12)
        0.25
        """
        if self.log:
            return abs(math.log(one / other)) / math.log(self.high / self.low)
        return abs(one - other) / (self.high - self.low)


def spanned(values: Iterable[Array], *, log: bool, decades: int = DECADES) -> Span:
    """The axis for all finite values.

    Args:
        values: of every curve, (corners,) each.
        log: whether a logarithmic axis is wanted; a value below 0 makes it linear.
        decades: most that are shown.

    >>> spanned([np.array([20.0, 0.0, 3e-3])], log=True)
    Span(low=0.0019..., high=31.0..., log=True, cut=True)
    """
    known = np.concatenate([np.ravel(one) for one in values])
    known = known[np.isfinite(known)]
    high, low = float(known.max()), float(known.min())
    if log and high > 0 and low >= -ROUNDING * high:
        least = float(known[known > 0].min())
        bottom = max(least, high * 10.0**-decades)
        room = max(high / bottom, 1.5) ** ROOM
        cut = bool((known < bottom).any())
        return Span(bottom / room, high * room, True, cut)
    room = ROOM * ((high - low) or abs(high) or 1.0)
    return Span(low - room, high + room, False)
