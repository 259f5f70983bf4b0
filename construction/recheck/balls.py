"""Bounds of the objective and of witnesses in ball arithmetic: nothing is allowed for.

Every ball holds the exact number; a bound is an end of one, rounded outwards to a float.
"""

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from flint import arb, ctx

from .ball_loss import highest_loss
from .ball_network import ZERO, BallArray, BallNetwork, ball_array
from .content import Claim, File, RefusedError

#: Bits of each ball's middle; chosen here: more than float64, so that balls stay far smaller than
#: what is compared.
PRECISION = 96
#: Share of the samples that fit as floats which are looked at together.
SHARE = 4


class Balls:
    """As `floats.Floats`, with other numbers.

    Args:
        file: the proof.
    """

    def __init__(self, file: File) -> None:
        ctx.prec = PRECISION
        self.file, self._network = file, BallNetwork(file)
        self._outputs = lru_cache(maxsize=4)(self._outputs_at)
        self._bounds = lru_cache(maxsize=4)(self._bounds_between)

    def zero(self) -> float:
        """At least L(0)."""
        none = np.full((len(self.file.targets), self.file.outputs), ZERO)
        return at_most(self._mean(none, none))

    def objective(self, lam: float, c: float) -> tuple[float, float]:
        """Two numbers between which g(lam, c) lies."""
        outputs = self._outputs(lam) * arb(c)
        mean = self._mean(outputs, np.full_like(outputs, ZERO))
        return at_least(mean), at_most(mean)

    def line_above(
        self, left: float, right: float, c: float, *, anchored: bool = False
    ) -> tuple[float, float]:
        """The ends of a straight line above g(., c); anchored, the left one is g(left, c) itself.

        The left end is not to be used where it is anchored.
        """
        *ends, radius = self._bounds(left, right, anchored)
        first, last = (at_most(self._mean(end * arb(c), radius * arb(c))) for end in ends)
        return first, last

    def least_difference(self, claim: Claim, left: float, right: float) -> float:
        """At most what output plus less output minus of the witness is between two lambdas."""
        inputs = ball_array(self.file.inputs[claim.sample : claim.sample + 1])
        bounds = self._network.between(inputs, (left, right))
        first, last, radius = (
            [part[0, k] if k >= 0 else ZERO for k in (claim.plus, claim.minus)] for part in bounds
        )
        least = (first[0] - first[1]).min(last[0] - last[1])
        return at_least(least - radius[0] - radius[1])

    def _mean(self, p: BallArray, radius: BallArray) -> arb:
        total = arb(0)
        for k, (row, around) in enumerate(zip(p, radius, strict=True)):
            total += highest_loss(self.file, k, row, around)
        return total / len(p)

    def _outputs_at(self, lam: float) -> BallArray:
        return np.concatenate([self._network.outputs(tile, lam) for tile in self._tiles()])

    def _bounds_between(
        self, left: float, right: float, anchored: bool
    ) -> tuple[BallArray, BallArray, BallArray]:
        parts = [
            self._network.between(tile, (left, right), anchored=anchored) for tile in self._tiles()
        ]
        first, last, radius = (np.concatenate(one) for one in zip(*parts, strict=True))
        return first, last, radius

    def _tiles(self) -> Iterator[BallArray]:
        size = max(1, self.file.tile // SHARE)
        for start in range(0, len(self.file.inputs), size):
            yield ball_array(self.file.inputs[start : start + size])


def at_least(ball: arb) -> float:
    """A float below the ball."""
    return math.nextafter(_finite(ball.lower()), -math.inf)


def at_most(ball: arb) -> float:
    """A float above the ball."""
    return math.nextafter(_finite(ball.upper()), math.inf)


def _finite(number: arb) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise RefusedError("numbers beyond the range of float64")
    return value
