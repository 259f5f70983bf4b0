"""Solves ``g(lambda, c) = v(lambda)`` for the scale c, all lambda at once, a status each.

With the target as excess ``e = v - L(0)`` and ``s = sqrt(b^2 + a e)`` the right root is
``(b + s) / a`` where b >= 0 and ``e / (s - b)`` where b < 0: the same number, each free of
cancellation. The left root is ``-e / (b + s)``. `construction.symbolic` derives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from .errors import RootError
from .sheet import Array, Branches, Sheet

#: Relative rounding within which a target counts as the minimum itself.
ROUNDING = 16 * float(np.finfo(float).eps)


class Status(IntEnum):
    """Outcome at one lambda; `sentence` says it in words."""

    SOLVED = 0
    BELOW_MINIMUM = 1
    ABOVE_ZERO_PREDICTOR = 2
    OUTPUTS_VANISH = 3
    BELOW_ZERO_PREDICTOR = 4
    NOT_FINITE = 5

    @property
    def sentence(self) -> str:
        """Cause and remedy."""
        return _SENTENCES[self]


_SENTENCES = {
    Status.SOLVED: "The scale meets the target.",
    Status.BELOW_MINIMUM: "The target lies below what any rescaling reaches: use a higher profile.",
    Status.ABOVE_ZERO_PREDICTOR: "The left branch ends at L(0), below the target: use the right "
    "branch or a lower profile.",
    Status.OUTPUTS_VANISH: "All outputs are zero, so the scale changes nothing: use another path.",
    Status.BELOW_ZERO_PREDICTOR: "No output agrees with its target, so L(0) is the least any scale "
    "reaches, and the target lies below: use a higher profile.",
    Status.NOT_FINITE: "The target is NaN or infinite: let the profile return finite objectives.",
}


@dataclass(frozen=True)
class Roots:
    """Scales and what became of each lambda.

    Attributes:
        scale: (points,), NaN where there is none.
        status: `Status` values, (points,).
    """

    scale: Array
    status: NDArray[np.int_]

    def required(self, lam: Array) -> Array:
        """The scales, or a `RootError` that names the first lambda without one."""
        failed = np.flatnonzero(self.status != Status.SOLVED)
        if failed.size:
            first = failed[0]
            raise RootError(
                "a scale at every lambda",
                f"none at {failed.size} of {lam.size}, the first at lambda = {lam[first]:.6g}",
                Status(int(self.status[first])).sentence,
                lam=float(lam[first]),
                count=int(failed.size),
            )
        return self.scale


def solve(sheet: Sheet, excess: Array, branches: Branches) -> Roots:
    """The root of ``g(lambda, c) = L(0) + excess`` at every lambda of the sheet.

    Args:
        sheet: over (points,) lambdas.
        excess: the target minus L(0), (points,).
        branches: "right" (c >= c*) or "left" (0 <= c <= c*) at each lambda, (points,).

    Returns:
        Scales with a status each; a lambda without a root spoils no other.

    >>> sheet = Sheet(np.zeros(3), np.ones(3), np.array([1.0, -1.0, 0.0]), d=1.0)
    >>> right = np.full(3, "right")
    >>> solve(sheet, np.array([3.0, 3.0, -1.0]), right).scale.tolist()
    [3.0, 1.0, nan]
    """
    a, b, e = np.broadcast_arrays(sheet.a, sheet.b, np.asarray(excess, float))
    lowest = sheet.minimum_excess
    room = e - lowest
    slack = ROUNDING * (np.abs(e) - lowest)
    status = np.full(a.shape, Status.SOLVED, dtype=int)
    status[room < -slack] = Status.BELOW_MINIMUM
    status[(room < -slack) & (b <= 0)] = Status.BELOW_ZERO_PREDICTOR
    right = branches == "right"
    status[~right & (e > ROUNDING * sheet.d)] = Status.ABOVE_ZERO_PREDICTOR
    status[a <= 0] = Status.OUTPUTS_VANISH
    status[~np.isfinite(e)] = Status.NOT_FINITE

    with np.errstate(all="ignore"):  # the unused alternatives of np.where divide by zero
        s = _root_of(b, a, e)
        on_right = np.where(b >= 0, (b + s) / a, np.where(e > 0, e / (s - b), 0.0))
        on_left = np.where(b > 0, -e / (b + s), 0.0)
    best = sheet.best_scale
    scale = np.where(right, np.maximum(on_right, best), np.clip(on_left, 0.0, best))
    return Roots(np.where(status == Status.SOLVED, scale, np.nan), status)


def _root_of(b: Array, a: Array, e: Array) -> Array:
    """``sqrt(b^2 + a e)`` without overflow or avoidable cancellation; 0 where it is negative."""
    width = np.sqrt(a) * np.sqrt(np.abs(e))
    size = np.abs(b)
    below = np.sqrt(np.maximum(size - width, 0)) * np.sqrt(size + width)
    root: Array = np.where(e >= 0, np.hypot(size, width), below)
    return root
