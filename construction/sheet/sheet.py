"""The sheet ``g(lambda, c) = L(c N(W(lambda)))``: its minimum over c and its two branches.

For each lambda g is a convex function of c that starts, at c = 0, from L(0): the edge of the sheet
is one single function, the all-zero predictor. `construction.sheet.moments` holds the sheet of the
squared loss, a parabola at each lambda; `construction.sheet.rays` that of every other loss.

Objectives are carried as their *excess* over L(0), ``e = l - L(0)``, because ``l - L(0)`` loses its
digits where the two are close.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Mask

#: "right": c >= c*, where g increases in c. "left": 0 <= c <= c*.
Branch = Literal["left", "right"]
#: One branch a lambda, as an array of these two words.
Branches = NDArray[np.str_]


class Taylor(NamedTuple):
    """The sheet at one c a lambda, and how it goes on in c, (points,) each.

    Attributes:
        value, excess: g and g - L(0): the same number but for rounding.
        slope, curvature: dg/dc from the right, and d^2 g/dc^2.
    """

    value: Array
    excess: Array
    slope: Array
    curvature: Array


class Sheet(ABC):
    """The sheet over a grid of lambdas, float64.

    Attributes:
        lam: (points,).
        d: L(0), the objective of the all-zero predictor.
    """

    lam: Array
    d: float
    #: What a positive growth says, in words.
    growth_meaning: ClassVar[str] = "g rises in the end at every lambda (lim g/c > 0)"

    @abstractmethod
    def excess(self, c: float | Array) -> Array:
        """``g(lambda, c) - L(0)`` at one c, or one c a lambda."""

    @abstractmethod
    def slope(self, c: float | Array) -> Array:
        """``dg/dc``, from the right at a kink."""

    @abstractmethod
    def taylor(self, c: Array) -> Taylor:
        """Value, slope and curvature at one c a lambda."""

    @property
    @abstractmethod
    def best_scale(self) -> Array:
        """``c*(lambda)``, the scale of the lowest objective; infinite where none attains it."""

    @property
    @abstractmethod
    def minimum_excess(self) -> Array:
        """``m(lambda) - L(0)``."""

    @property
    @abstractmethod
    def growth(self) -> Array:
        """How fast g grows in c in the end; 0 exactly where there is no right branch.

        The mean ``||N||^2`` for the squared loss, else ``lim g / c``.
        """

    @property
    @abstractmethod
    def constant(self) -> Mask:
        """Where g does not depend on c at all: for most losses, where all outputs are zero."""

    @property
    def flat(self) -> Mask:
        """Where the minimum is attained on an interval of c, so that the branches do not meet."""
        return np.zeros(self.lam.shape, dtype=bool)

    @abstractmethod
    def root(self, excess: Array, right: Mask) -> Array:
        """The c on the right or left branch at which g - L(0) is `excess`, where there is one."""

    @abstractmethod
    def pick(self, chosen: Mask | NDArray[np.intp]) -> Self:
        """The sheet over some of the lambdas alone, by mask or indices."""

    def at(self, k: int) -> Self:
        """The sheet over the k-th lambda alone."""
        return self.pick(np.array([k]))

    def opposite(self, c: float) -> Array:
        """The scale on the right branch with the objective of c on the left one, (points,)."""
        return self.root(self.excess(c), np.ones(self.lam.shape, dtype=bool))

    def value(self, c: float | Array) -> Array:
        """``g(lambda, c)``."""
        return self.d + self.excess(c)

    @property
    def minimum(self) -> Array:
        """``m(lambda) = min over c >= 0 of g(lambda, c)``."""
        return self.d + self.minimum_excess

    @property
    def rises(self) -> Mask:
        """Where a right branch exists."""
        return self.growth > 0

    def branch_of(self, k: int, c: float = 1.0) -> Branch:
        """The branch on which c lies at the k-th lambda; c* itself counts as right."""
        return "right" if c >= self.best_scale[k] else "left"
