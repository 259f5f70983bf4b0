"""Numbers that carry their own rounding: balls, python-flint's arb. Nothing is allowed for.

Every ball holds the exact number; a bound is an end of one, rounded outwards to a float.
"""

import math
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

#: Bits of each ball's middle; chosen here: more than float64, so that balls stay far smaller than
#: what is compared.
PRECISION = 96
#: An array of balls.
Array = NDArray[Any]
ZERO = arb(0)

_array: Any = np.frompyfunc(arb, 1, 1)


class Balls:
    """As `floats.Floats`; comparisons hold where they hold of all numbers in the balls."""

    share, kept = 4, 8
    number: Any = arb
    higher: Any = np.frompyfunc(arb.max, 2, 1)
    lower: Any = np.frompyfunc(arb.min, 2, 1)
    half_harmonic: Any = np.frompyfunc(
        lambda a, b: a * b / (a + b) if a + b > 0 else a.min(b), 2, 1
    )

    def __init__(self) -> None:
        ctx.prec = PRECISION

    def array(self, values: NDArray[Any]) -> Array:
        """The same numbers as balls."""
        return np.asarray(_array(values.astype(np.float64, copy=False)))

    def at_least(self, bound: arb) -> float:
        """A float below the ball."""
        return math.nextafter(float(bound.lower()), -math.inf)

    def at_most(self, bound: arb) -> float:
        """A float above the ball."""
        return math.nextafter(float(bound.upper()), math.inf)

    def dot(self, rows: Array, columns: Array) -> Array:
        """The product of two matrices."""
        product = arb_mat(rows.tolist()) * arb_mat(columns.tolist())
        return np.array(product.tolist(), dtype=object)

    def rounded_up(self, bound: Array, _: int) -> Array:
        """The bound itself."""
        return bound

    def steepest(self, ends: Any, _: object) -> Array:
        """The largest weights between both ends of an interval."""
        return np.asarray(self.higher(*map(np.abs, ends)))

    def lost(self, *_: object) -> Any:
        """Nothing, and so below: what is lost is in the balls."""
        return ZERO

    lost_by_sample = lost_in_losses = lost

    def lost_in_product(self, h: Any, *_: object) -> tuple[Any, Any]:
        """Nothing, and no more than before."""
        return ZERO, h.error
