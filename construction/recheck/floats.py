"""Numbers of float64, and what is allowed for their rounding.

Products of n terms are off by at most ``n 2^-52`` times the sum of absolute values, and by what
underflows: less than `TINY`, which is added to sums, and to factors whose other factor may be huge.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .content import Array

#: Twice the unit roundoff of float64; more than a number, or a sum of products, loses by underflow.
EPS, TINY = 2.0**-52, 1e-280
#: Rounding allowed to means of losses, as a share of their absolute values and of the outputs' and
#: targets' size.
OF_VALUES, OF_OUTPUTS = 2e-9, 1e-13


class Floats:
    """The arithmetic of bounds in float64.

    Attributes:
        share: of the samples that fit into memory as floats, one in so many is looked at together.
        kept: at how many lambdas the weights of a step are kept.
        higher, lower: the larger, and the smaller, of numbers.
        at_least, at_most: a float that is not above, and one that is not below, a bound.
    """

    share, kept = 1, 0
    higher: Any = np.maximum
    lower: Any = np.minimum
    at_least: Callable[[Any], float] = float
    at_most: Callable[[Any], float] = float

    def number(self, value: float) -> Any:
        """The same number in this arithmetic."""
        return value

    def array(self, values: Array) -> Array:
        """The same numbers in this arithmetic."""
        return values.astype(np.float64, copy=False)

    def dot(self, rows: Array, columns: Array) -> Array:
        """The product of two matrices."""
        return np.asarray(np.dot(rows, columns))

    def half_harmonic(self, a: Array, b: Array) -> Array:
        """``a b / (a + b)`` of numbers that are not negative; no product in it can underflow."""
        smaller, larger = np.minimum(a, b), np.maximum(a, b)
        return np.asarray(smaller / (1 + smaller / np.maximum(larger, TINY)))

    def rounded_up(self, bound: Array, terms: int) -> Array:
        """A bound computed as a sum of so many terms, rounded up."""
        return bound + np.abs(bound) * (terms + 8) * EPS + TINY

    def lost(self, terms: int, left: Array, right: Array) -> Any:
        """What sums of so many terms lose, entry by entry, at either end."""
        return 4 * terms * EPS * np.maximum(np.abs(left), np.abs(right))

    def lost_by_sample(self, terms: int, left: Array, right: Array) -> Any:
        """As `lost`, the most of each sample, (samples,)."""
        return 4 * terms * EPS * np.maximum(np.maximum(largest(left), largest(right)), 1.0)

    def steepest(self, ends: Sequence[Array], corners: Sequence[Array]) -> Array:
        """The largest weights between both ends of an interval, on a segment with these corners."""
        first, last = map(np.abs, ends)
        return np.maximum(first, last) + 16 * EPS * sum(map(np.abs, corners)) + TINY

    def lost_in_product(
        self, h: Any, ends: Sequence[Array], corners: Sequence[Array], biases: Sequence[Array]
    ) -> tuple[Any, Array | None]:
        """What products of h with weights lose, (samples, outputs), and the error of the left ones.

        `ends` are the weights to the left and right, `corners` and `biases` those of the segment.
        """
        rows: Array = sum(map(by_row, (*corners, *biases)), np.array(TINY))
        terms = ends[0][0].size + 32
        share = 4 * terms * EPS
        size = np.maximum(np.maximum(largest(h.left), largest(h.right)), 1.0)
        rounding = share * np.outer(size, rows)  # infinite where a sum may have overflowed
        if h.error is None:
            return rounding, None
        rounding = rounding + np.outer(h.error, by_row(ends[1] - ends[0]) + TINY)
        error = (h.error + share * size) * rows.max()
        return rounding, self.rounded_up(error, terms)

    def lost_in_losses(self, p: Array, radius: Array, losses: Array, largest_target: float) -> Any:
        """What the sum of the losses of some samples loses, with outputs within radius of p."""
        size = 1 + (np.abs(p) + radius).sum(1)
        of_outputs = OF_OUTPUTS * largest_target * float(size.sum())
        return OF_VALUES * float(np.abs(losses).sum()) + of_outputs


def largest(h: Array) -> Array:
    """Of each sample, in absolute value."""
    return np.asarray(np.abs(h).reshape(len(h), -1).max(1))


def by_row(weight: Array) -> Array:
    """The sum of absolute values of each row of weights, (outputs,)."""
    return np.asarray(np.abs(weight).reshape(len(weight), -1).sum(1))
