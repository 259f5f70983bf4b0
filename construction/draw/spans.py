"""What an axis shows, and the levels of contours; no matplotlib.

An axis is logarithmic where the values allow it, and shows at most so many decades of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..arrays import Array

#: Most decades of objectives that are shown; what lies lower is drawn at the lower end.
DECADES = 8
#: A negative value this small beside the largest is rounding about 0.
ROUNDING = 1e-12
#: Free ends above and below the values, as a share of the axis.
MARGIN = 0.05
#: What a decade of contour levels is divided by, the finest division first.
STEPS = ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
#: Most contours on one map; chosen here.
MOST = 7


@dataclass(frozen=True)
class Span:
    """From `low` to `high`.

    Attributes:
        low, high: ends of the axis.
        log: whether it is logarithmic; values below `low`, or 0, are then drawn there.
    """

    low: float
    high: float
    log: bool

    def shown(self, values: Array) -> Array:
        """The values, those below a logarithmic axis at its lower end, infinite ones as NaN."""
        raised = np.maximum(values, self.low) if self.log else values
        return np.where(np.isfinite(values), raised, np.nan)


def spanned(values: Iterable[Array], *, log: bool) -> Span:
    """The axis for all finite values, of any shape; one below 0 makes it linear in any case.

    >>> spanned([np.array([20.0, 0.0, 3e-3])], log=True)
    Span(low=0.0019..., high=31.0..., log=True)
    """
    known = np.concatenate([np.ravel(one) for one in values])
    known = known[np.isfinite(known)]
    high, low = float(known.max()), float(known.min())
    if log and high > 0 and low >= -ROUNDING * high:
        least = float(known[known > 0].min())
        bottom = max(least, high * 10.0**-DECADES)
        margin = max(high / bottom, 1.5) ** MARGIN
        return Span(bottom / margin, high * margin, True)
    margin = MARGIN * ((high - low) or abs(high) or 1.0)
    return Span(low - margin, high + margin, False)


def levels(low: float, high: float) -> Array:
    """Levels of contours: round numbers strictly between two positive ones, at most `MOST`.

    They are evenly spaced on a logarithmic scale, over less than a decade on a linear one.

    >>> levels(0.3, 30.0).tolist(), levels(2.27, 2.55).tolist()
    ([0.5, 1.0, 2.0, 5.0, 10.0, 20.0], [2.3, 2.35, 2.4, 2.45, 2.5])
    """
    from matplotlib.ticker import LogLocator, MaxNLocator  # imported late: words need none of it

    inside = np.zeros(0)
    for subs in STEPS:
        log, even = LogLocator(subs=subs, numticks=MOST), MaxNLocator(MOST, steps=[1, 2, 5, 10])
        found = (even if high < 10 * low else log).tick_values(low, high)
        rounded = np.array([float(f"{x:.6g}") for x in found])
        inside = rounded[(rounded > low) & (rounded < high)]
        if 1 < len(inside) <= MOST:
            break
    return inside
