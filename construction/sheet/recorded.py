"""What a record keeps of a sheet whose loss is not the squared one.

A parabola is three numbers a lambda, so the record of the squared loss holds the whole sheet. Any
other one needs the outputs, which a record does not hold: it tells the curves drawn from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Mask
from ..errors import RecordError
from .sheet import Sheet, Taylor


@dataclass(frozen=True)
class ToldSheet(Sheet):
    """Empirical objective, minimum and growth over a grid of lambdas, without the outputs.

    Attributes:
        lam: (points,).
        d: L(0).
        empirical: g(lambda, 1) - L(0), (points,).
        least: m - L(0), (points,).
        best: c*, (points,).
        rise: lim g/c, (points,).
        fall: dg/dc at c = 0, (points,).
    """

    lam: Array
    d: float
    empirical: Array
    least: Array
    best: Array
    rise: Array
    fall: Array

    @classmethod
    def of(cls, sheet: Sheet) -> ToldSheet:
        """What is told of a measured sheet."""
        return cls(
            sheet.lam,
            sheet.d,
            sheet.excess(1.0),
            sheet.minimum_excess,
            sheet.best_scale,
            sheet.growth,
            sheet.slope(0.0),
        )

    @property
    def best_scale(self) -> Array:
        """See `Sheet.best_scale`."""
        return self.best

    @property
    def minimum_excess(self) -> Array:
        """See `Sheet.minimum_excess`."""
        return self.least

    @property
    def growth(self) -> Array:
        """See `Sheet.growth`."""
        return self.rise

    @property
    def constant(self) -> Mask:
        """See `Sheet.constant`."""
        constant: Mask = (self.rise <= 0) & (self.fall >= 0)
        return constant

    def excess(self, c: float | Array) -> Array:
        """At c = 1, the empirical objective, and at c = 0.

        Raises:
            RecordError: any other scale.
        """
        if np.ndim(c) == 0 and c in (0, 1):
            return self.empirical if c else np.zeros_like(self.lam)
        raise _untold("the objective at other scales")

    def slope(self, c: float | Array) -> Array:
        """At c = 0.

        Raises:
            RecordError: any other scale.
        """
        if np.ndim(c) == 0 and c == 0:
            return self.fall
        raise _untold("the slope in c")

    def taylor(self, c: Array) -> Taylor:
        """Not told.

        Raises:
            RecordError: always.
        """
        raise _untold("how the objective goes on in c")

    def root(self, excess: Array, right: Mask) -> Array:
        """Not told.

        Raises:
            RecordError: always.
        """
        raise _untold("roots")

    def pick(self, chosen: Mask | NDArray[np.intp]) -> ToldSheet:
        """See `Sheet.pick`."""
        arrays = (self.empirical, self.least, self.best, self.rise, self.fall)
        return ToldSheet(self.lam[chosen], self.d, *(array[chosen] for array in arrays))


def _untold(what: str) -> RecordError:
    return RecordError(
        f"a sheet that knows {what}",
        "that of a record, which holds the whole sheet for the squared loss alone",
        "Use the result of `construct` itself.",
    )
