"""The sheet ``g(lambda, c) = L(c N(W(lambda)))``: its minimum over c and its two branches.

For each lambda g is a convex function of c that starts, at c = 0, from L(0): the edge of the sheet
is one single function, the all-zero predictor. `Sheet` is what all sheets have in common, and
`RecordedSheet` the one that a record keeps where the loss is not the squared one.

Objectives are carried as their *excess* over L(0), ``e = l - L(0)``, because ``l - L(0)`` loses its
digits where the two are close.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Mask
from ..errors import RecordError
from .table import Table

#: "right": c >= c*, where g increases in c. "left": 0 <= c <= c*.
Branch = Literal["left", "right"]
#: One branch a lambda, as an array of these two words.
Branches = NDArray[np.str_]


@dataclass(frozen=True)
class Levels:
    """The objectives that a profile starts from and ends above, as excess over L(0).

    Attributes:
        zero: L(0).
        initial_excess, final_excess: L(W(0)) - L(0) and L(W(1)) - L(0).
    """

    zero: float
    initial_excess: float
    final_excess: float

    @property
    def initial(self) -> float:
        """L(W(0))."""
        return self.zero + self.initial_excess

    @property
    def final(self) -> float:
        """L(W(1))."""
        return self.zero + self.final_excess


class Curves(NamedTuple):
    """What a sheet knows of each lambda before it is asked for any scale, (points,) each.

    Attributes:
        best_scale: ``c*``, the scale of the lowest objective; infinite where none attains it.
        minimum_excess: ``m - L(0)``.
        growth: how fast g grows in c in the end; 0 exactly where there is no right branch. The mean
            ``||N||^2`` for the squared loss, else ``lim g / c``.
        slope_at_zero: dg/dc at c = 0.
    """

    best_scale: Array
    minimum_excess: Array
    growth: Array
    slope_at_zero: Array


class Sheet(ABC):
    """The sheet over a grid of lambdas, float64.

    Attributes:
        lam: (points,).
        d: L(0), the objective of the all-zero predictor.
        strict: whether the loss alone excludes that a minimum is attained on an interval of c.
    """

    lam: Array
    d: float
    strict: bool = True
    #: The growth is of this degree in the outputs.
    degree: ClassVar[int] = 1
    #: What a positive growth says, in words.
    growth_meaning: ClassVar[str] = "g rises in the end at every lambda (lim g/c > 0)"

    @property
    @abstractmethod
    def curves(self) -> Curves:
        """Best scale, minimum, growth and slope at c = 0."""

    @abstractmethod
    def excess(self, c: float | Array) -> Array:
        """``g(lambda, c) - L(0)`` at one c, or one c a lambda."""

    @abstractmethod
    def slope(self, c: float | Array) -> Array:
        """``dg/dc``, from the right at a kink."""

    @abstractmethod
    def root(self, excess: Array, right: Mask) -> Array:
        """The c on the right or left branch at which g - L(0) is `excess`, where there is one."""

    @abstractmethod
    def pick(self, chosen: Mask | NDArray[np.intp]) -> Self:
        """The sheet over some of the lambdas alone, by mask or indices."""

    def value(self, c: float | Array) -> Array:
        """``g(lambda, c)``."""
        return self.d + self.excess(c)

    @property
    def table(self) -> Table | None:
        """The objective on a grid, of a sheet that is no parabola in c; None where it has none."""
        return None

    @property
    def best_scale(self) -> Array:
        """``c*(lambda)``, see `Curves`."""
        return self.curves.best_scale

    @property
    def minimum_excess(self) -> Array:
        """``m(lambda) - L(0)``."""
        return self.curves.minimum_excess

    @property
    def minimum(self) -> Array:
        """``m(lambda) = min over c >= 0 of g(lambda, c)``."""
        return self.d + self.minimum_excess

    @property
    def growth(self) -> Array:
        """How fast g grows in c in the end, see `Curves`."""
        return self.curves.growth

    @property
    def rises(self) -> Mask:
        """Where a right branch exists."""
        return self.growth > 0

    @property
    def output_size(self) -> Array:
        """Of the outputs, as far as g shows it: in proportion to them, (points,)."""
        return np.maximum(self.growth, np.abs(self.curves.slope_at_zero))

    @property
    def raw_size(self) -> Array:
        """Of the outputs as the network gives them, where a loss sees differences alone."""
        return self.output_size

    @property
    def moves(self) -> Array:
        """By how much g(lambda, 1) and m move a unit of relative rounding, (2, points), at most.

        That is mean |l'(p) p|, for a loss that is a sum over the outputs at most ``c dg/dc + 2 D``,
        as by convexity l'(p) p >= l(p) - l(0) for each, and D is how far the mean of l(p) - l(0)
        over those where it is negative can fall: L(0) where l >= 0.
        """
        return np.stack([abs(self.slope(1.0)), np.zeros_like(self.lam)]) + 2 * abs(self.d)

    def doubt(self, size: float) -> Array:
        """Growth up to which there may be none, (points,), if outputs err by this size."""
        return np.full(self.lam.shape, size**self.degree)

    @property
    def constant(self) -> Mask:
        """Where g does not depend on c at all: for most losses, where all outputs are zero."""
        return (self.growth <= 0) & (self.curves.slope_at_zero >= 0)

    @property
    def flat(self) -> Mask:
        """Where the minimum is attained on an interval of c, so that the branches do not meet."""
        return np.zeros(self.lam.shape, dtype=bool)

    def at(self, k: int) -> Self:
        """The sheet over the k-th lambda alone."""
        return self.pick(np.array([k]))

    def opposite(self, c: float) -> Array:
        """The scale on the right branch with the objective of c on the left one, (points,)."""
        return self.root(self.excess(c), np.ones(self.lam.shape, dtype=bool))

    def branch_of(self, k: int, c: float = 1.0) -> Branch:
        """The branch on which c lies at the k-th lambda; c* itself counts as right."""
        return "right" if c >= self.best_scale[k] else "left"


@dataclass(frozen=True)
class RecordedSheet(Sheet):
    """The curves of a sheet over a grid of lambdas, without the outputs that any scale would need.

    A parabola is three numbers a lambda, so the record of the squared loss holds the whole sheet.
    Of any other loss it holds these curves, from which figures are drawn, and a table for films.

    Attributes:
        lam: (points,).
        d: L(0).
        empirical: g(lambda, 1) - L(0), (points,).
        least, best, rise, fall: m - L(0), c*, growth and slope at 0 of its `curves`, (points,).
        table: g on a grid; None in records before 0.4, and where the rays were not in memory.
    """

    lam: Array
    d: float
    empirical: Array
    least: Array
    best: Array
    rise: Array
    fall: Array
    table: Table | None = None

    @classmethod
    def of(cls, sheet: Sheet) -> "RecordedSheet":
        """What is recorded of a measured sheet."""
        best, least, rise, fall = sheet.curves
        empirical = sheet.excess(1.0)
        return cls(sheet.lam, sheet.d, empirical, least, best, rise, fall, sheet.table)

    @property
    def curves(self) -> Curves:
        return Curves(self.best, self.least, self.rise, self.fall)

    def excess(self, c: float | Array) -> Array:
        """At c = 1, the empirical objective, and at c = 0; a `RecordError` at any other scale."""
        if np.ndim(c) == 0 and c in (0, 1):
            return self.empirical if c else np.zeros_like(self.lam)
        raise _unrecorded("the objective at other scales")

    def slope(self, c: float | Array) -> Array:
        """Not recorded: a `RecordError` always."""
        raise _unrecorded("slopes")

    def root(self, excess: Array, right: Mask) -> Array:
        """Not recorded: a `RecordError` always."""
        raise _unrecorded("roots")

    def pick(self, chosen: Mask | NDArray[np.intp]) -> "RecordedSheet":
        curves = ("lam", "empirical", "least", "best", "rise", "fall")
        return replace(self, **{name: getattr(self, name)[chosen] for name in curves})


def _unrecorded(what: str) -> RecordError:
    return RecordError(
        f"a sheet that knows {what}",
        "that of a record, which holds the whole sheet for the squared loss alone",
        "Use the result of `construct` itself.",
    )
