"""The sheet of the squared loss: a parabola in c at each lambda, from three moments.

``g = a c^2 - 2 b c + d`` with ``a = mean ||N||^2``, ``b = mean <N, y>``, ``d = mean ||y||^2``. With
the excess e and ``s = sqrt(b^2 + a e)`` the right root is ``(b + s) / a`` where b >= 0 and
``e / (s - b)`` where b < 0: the same number, each free of cancellation. The left root is
``-e / (b + s)``.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Mask
from .sheet import Curves, Sheet


@dataclass(frozen=True)
class SquaredSheet(Sheet):
    """The sheet of the squared loss over a grid of lambdas.

    Attributes:
        lam: (points,).
        a: mean ||N||^2 at each lambda, (points,).
        b: mean <N, y> at each lambda, (points,).
        d: mean ||y||^2 = L(0).

    >>> sheet = SquaredSheet(np.array([0.0, 1.0]), np.array([4.0, 1.0]), np.array([1.0, 1.0]), 1.0)
    >>> sheet.value(1.0).tolist(), sheet.best_scale.tolist(), sheet.minimum.tolist()
    ([3.0, 0.0], [0.25, 1.0], [0.75, 0.0])
    """

    degree: ClassVar[int] = 2
    growth_meaning: ClassVar[str] = "the outputs are not all zero at any lambda (mean ||N||^2 > 0)"

    lam: Array
    a: Array
    b: Array
    d: float

    def excess(self, c: float | Array) -> Array:
        """``c (a c - 2 b)``."""
        return c * (self.a * c - 2 * self.b)

    def slope(self, c: float | Array) -> Array:
        """``2 (a c - b)``."""
        return 2 * (self.a * c - self.b)

    @cached_property
    def curves(self) -> Curves:
        """``c* = max(b, 0) / a``, ``m - L(0) = -max(b, 0)^2 / a``, a, and ``-2 b``; 0 if a = 0."""
        fitting = np.maximum(self.b, 0)
        best = np.divide(fitting, self.a, out=np.zeros_like(self.a), where=self.a > 0)
        return Curves(best, -fitting * best, self.a, -2 * self.b)

    @property
    def output_size(self) -> Array:
        """``sqrt(mean ||N||^2)``."""
        return np.sqrt(np.maximum(self.a, 0))

    @property
    def constant(self) -> Mask:
        """Where the outputs vanish."""
        return self.a <= 0

    def root(self, excess: Array, right: Mask) -> Array:
        """See the head of this file; c* itself where the target is the minimum."""
        a, b, e = self.a, self.b, excess
        with np.errstate(all="ignore"):  # the unused alternatives of np.where divide by zero
            on_right = right_root(a, b, e)
            on_left = np.where(b > 0, -e / (b + _root_of(b, a, e)), 0.0)
        best = self.best_scale
        return np.where(right, np.maximum(on_right, best), np.clip(on_left, 0.0, best))

    def opposite(self, c: float) -> Array:
        """``2 c* - c``: a parabola is symmetric."""
        return 2 * self.best_scale - c

    def pick(self, chosen: Mask | NDArray[np.intp]) -> "SquaredSheet":
        return SquaredSheet(self.lam[chosen], self.a[chosen], self.b[chosen], self.d)


def right_root(a: Any, b: Any, e: Any, library: Any = np) -> Any:
    """The right root for an excess e, see the head of this file; of arrays, or torch's tensors."""
    s = _root_of(b, a, e, library)
    return library.where(b >= 0, (b + s) / a, library.where(e > 0, e / (s - b), 0.0))


def _root_of(b: Any, a: Any, e: Any, library: Any = np) -> Any:
    """``sqrt(b^2 + a e)`` without overflow or avoidable cancellation; 0 where it is negative."""
    width = library.sqrt(a) * library.sqrt(abs(e))
    size = abs(b)
    below = library.sqrt((size - width).clip(min=0)) * library.sqrt(size + width)
    return library.where(e >= 0, library.hypot(size, width), below)
