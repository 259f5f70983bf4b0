"""The sheet ``g(lambda, c) = L(c N(W(lambda)))``: its minimum over c and its two branches.

For the squared loss the sheet is ``a c^2 - 2 b c + d`` with moments a, b that depend on lambda and
d = L(0) that does not: the edge c = 0 is one single function, the all-zero predictor.

Objectives are carried as their *excess* over L(0), ``e = l - d``, because ``l - d`` loses its
digits where the two are close.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: "right": c >= c*, where g increases in c. "left": 0 <= c <= c*.
Branch = Literal["left", "right"]
#: One branch a lambda, as an array of these two words.
Branches = NDArray[np.str_]


@dataclass(frozen=True)
class Sheet:
    """The sheet of the squared loss over a grid of lambdas.

    Attributes:
        lam: (points,).
        a: mean ||N||^2 at each lambda, (points,).
        b: mean <N, y> at each lambda, (points,).
        d: mean ||y||^2 = L(0).

    >>> sheet = Sheet(np.array([0.0, 1.0]), np.array([4.0, 1.0]), np.array([1.0, 1.0]), 1.0)
    >>> sheet.value(1.0).tolist(), sheet.best_scale.tolist(), sheet.minimum.tolist()
    ([3.0, 0.0], [0.25, 1.0], [0.75, 0.0])
    """

    lam: Array
    a: Array
    b: Array
    d: float

    def excess(self, c: float | Array) -> Array:
        """``g(lambda, c) - L(0)`` at one c, or one c a lambda."""
        result: Array = c * (self.a * c - 2 * self.b)
        return result

    def value(self, c: float | Array) -> Array:
        """``g(lambda, c)``."""
        return self.d + self.excess(c)

    @property
    def best_scale(self) -> Array:
        """``c*(lambda) = max(b, 0) / a``, the scale of the lowest objective; 0 where a = 0."""
        return np.divide(np.maximum(self.b, 0), self.a, out=np.zeros_like(self.a), where=self.a > 0)

    @property
    def minimum_excess(self) -> Array:
        """``m(lambda) - L(0) = -max(b, 0)^2 / a``."""
        return -np.maximum(self.b, 0) * self.best_scale

    @property
    def minimum(self) -> Array:
        """``m(lambda) = min over c >= 0 of g(lambda, c)``."""
        return self.d + self.minimum_excess

    def branch_of(self, k: int, c: float = 1.0) -> Branch:
        """The branch on which c lies at the k-th lambda; c* itself counts as right."""
        return "right" if c >= self.best_scale[k] else "left"

    def at(self, k: int) -> Sheet:
        """The sheet over the k-th lambda alone."""
        return Sheet(self.lam[[k]], self.a[[k]], self.b[[k]], self.d)
