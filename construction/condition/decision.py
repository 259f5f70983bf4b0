"""Whether this sheet holds a strictly decreasing path, and where it may cross branches.

Theorem (proved in docs/when-a-path-exists.md). Let l0 = g(0, 1) > l1 = g(1, 1), let lambda_t be
the last highest point of m, and r the first lambda without a right branch. A path from (0, 1) to
lambda = 1, of the objective l1, along which g strictly decreases, exists if and only if

    m(lambda) < l0 for every lambda > 0, and
    the start is on the left branch; or r does not exist; or m(lambda_t) > l1 and lambda_t < r,

but for two degenerate cases: at r itself g may be constant in c, which can be passed exactly at
the level L(0); and a minimum may be attained on a whole interval of c, where the branches do not
meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Mask
from ..sheet.levels import Levels
from ..sheet.sheet import Branch


@dataclass(frozen=True)
class Knots:
    """What is known of the sheet at some lambdas, every peak of m that was found among them.

    Attributes:
        lam: increasing from 0 to 1, (knots,).
        minimum: m - L(0), (knots,).
        rises: whether there is a right branch, (knots,).
        constant: whether g does not depend on c, (knots,).
        flat: whether the minimum is attained on an interval of c, so that branches do not meet.
        first, last: branch of c = 1 at lambda 0 and 1.
    """

    lam: Array
    minimum: Array
    rises: Mask
    constant: Mask
    flat: Mask
    first: Branch
    last: Branch

    @property
    def highest(self) -> int:
        """Index of lambda_t, the last highest point of m."""
        return int(np.flatnonzero(self.minimum == self.minimum.max())[-1])

    @property
    def end(self) -> int | None:
        """Index of r, the first lambda without a right branch."""
        ends = np.flatnonzero(~self.rises)
        return int(ends[0]) if ends.size else None


@dataclass(frozen=True)
class Way:
    """How a path gets from lambda 0 to 1.

    Attributes:
        first, last: the branch before and after `crossing`; the same where there is none.
        crossing: index of the knot at which the path crosses, or None.
        passing: index of a knot at which g is constant in c, to be passed at L(0), or None.
    """

    first: Branch
    last: Branch
    crossing: int | None = None
    passing: int | None = None


def way_through(knots: Knots, levels: Levels) -> Way | None:
    """The way of the lowest path, given m < L(W(0)) behind the start; None where there is none.

    >>> falling = Knots(np.array([0, 1.0]), np.array([-0.1, -0.9]), np.array([True, False]),
    ...                 np.zeros(2, bool), np.zeros(2, bool), "right", "left")
    >>> way_through(falling, Levels(zero=1.0, initial_excess=2.0, final_excess=-0.8))
    Way(first='right', last='left', crossing=0, passing=None)
    """
    end = knots.end
    if end is not None and knots.constant[end] and _may_pass(knots, levels, end):
        return Way("right", "left", passing=end)
    crossing = _crossing(knots, levels)
    stays_right = crossing is not None and bool(knots.rises[crossing:].all())
    if crossing is not None:
        last: Branch = "right" if knots.last == "right" and stays_right else "left"
        return Way(knots.first, last, crossing)
    if knots.first == "left" or end is None:
        return Way(knots.first, knots.first)
    return None


def _crossing(knots: Knots, levels: Levels) -> int | None:
    """The first lambda where m is above all that follows and above L(W(1)), on the first branch."""
    last = len(knots.lam) - 1
    after = np.maximum.accumulate(knots.minimum[::-1])[::-1]
    for k in range(knots.highest, last):
        if knots.minimum[k] <= levels.final_excess:
            return None
        if knots.first == "right" and not knots.rises[: k + 1].all():
            return None
        if knots.minimum[k] > after[k + 1] and not knots.flat[k]:
            return k
    return None


def _may_pass(knots: Knots, levels: Levels, end: int) -> bool:
    """Whether the levels allow a constant ray: m = L(0) there, and lower ever after."""
    starts_here = end == 0 and levels.initial_excess == 0
    before = starts_here or (end > 0 and knots.first == "right" and levels.initial_excess > 0)
    ends_here = end == len(knots.lam) - 1 and levels.final_excess == 0
    after = bool((knots.minimum[end + 1 :] < 0).all()) and levels.final_excess < 0
    return before and (after or ends_here)


def crossing_margin(knots: Knots, levels: Levels) -> tuple[float, float]:
    """How far m before r stays above m from there on and above L(W(1)), and r.

    Positive: the right branch reaches lambda_t, and the path may cross there.
    """
    end = knots.end
    assert end is not None, "asked only where the right branch ends"
    before = float(knots.minimum[:end].max()) if end else -np.inf
    after = max(float(knots.minimum[end:].max()), levels.final_excess)
    return before - after, float(knots.lam[end])
