"""Bounds of what a proof is about: the objective, its loss L(0), and witnesses."""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .content import Claim, File, RefusedError
from .loss import highest_loss
from .network import Array, Enclosure, Network

if TYPE_CHECKING:
    from .network import Numbers


class Bounds:
    """All floats, in the safe direction.

    Args:
        file: the proof.
        numbers: the arithmetic, `Floats` or `Balls`.
    """

    def __init__(self, file: File, numbers: "Numbers") -> None:
        self.file, self._numbers, self._network = file, numbers, Network(file, numbers)
        self._tile = max(1, file.tile // numbers.share)
        self._largest_target = 1 + float(np.abs(file.targets).max())
        # the outputs at the ends of an interval are asked for at several scales
        self._outputs = lru_cache(maxsize=4)(self._outputs_between)

    def zero(self) -> float:
        """At least L(0)."""
        none = self._numbers.array(np.zeros((len(self.file.targets), self.file.outputs)))
        worst, lost = self._losses(none, none, self.file.targets)
        return self._at_most(worst.sum() + lost)

    def objective(self, lam: float, c: float) -> tuple[float, float]:
        """Two numbers between which g(lam, c) lies."""
        least = most = self._numbers.number(0.0)
        for outputs, y in self._tiles((lam, lam), False):
            centre, radius = c * outputs.left, c * outputs.radius
            worst, lost = self._losses(centre, radius, y)
            plain = self._losses(centre, 0 * radius, y)[0] if not (radius == 0).all() else worst
            most += worst.sum() + lost
            least += (2 * plain - worst).sum() - 3 * lost  # by convexity
        least = self._numbers.at_least(least / len(self.file.targets))
        return _finite(least), self._at_most(most)

    def line_above(
        self, left: float, right: float, c: float, *, anchored: bool = False
    ) -> tuple[float, float]:
        """The ends of a straight line above g(., c); anchored, the left one is g(left, c) itself.

        The left end is not to be used where it is anchored.
        """
        ends = [self._numbers.number(0.0)] * 2
        for outputs, y in self._tiles((left, right), anchored):
            for k, end in enumerate((outputs.left, outputs.right)):
                worst, lost = self._losses(c * end, c * outputs.radius, y)
                ends[k] += worst.sum() + lost
        return self._at_most(ends[0]), self._at_most(ends[1])

    def least_difference(self, claim: Claim, left: float, right: float) -> float:
        """At most what output plus less output minus of the witness is between two lambdas."""
        numbers, inputs = self._numbers, self.file.inputs[claim.sample : claim.sample + 1]
        none, pair = numbers.number(0.0), (claim.plus, claim.minus)
        first, last, radius = (
            np.array([part[0, k] if k >= 0 else none for k in pair])
            for part in self._network.between(inputs, (left, right))[:3]
        )
        least = numbers.lower(first[0] - first[1], last[0] - last[1])
        size = numbers.higher.reduce(np.abs(np.concatenate([first, last, radius])))
        lost = numbers.lost(2, size, size)
        return numbers.at_least(least - numbers.rounded_up(radius.sum(), 8) - lost)

    def _losses(self, p: Array, radius: Array, y: Array) -> tuple[Array, Any]:
        """The largest loss of each sample, and what their sum may have lost."""
        worst = highest_loss(self.file, self._numbers, p, radius, y)
        return worst, self._numbers.lost_in_losses(p, radius, worst, self._largest_target)

    def _at_most(self, total: Any) -> float:
        """The mean over all samples."""
        return _finite(self._numbers.at_most(total / len(self.file.targets)))

    def _tiles(
        self, lams: tuple[float, float], anchored: bool
    ) -> Iterator[tuple[Enclosure, Array]]:
        for k, outputs in enumerate(self._outputs(lams, anchored)):
            yield outputs, self.file.targets[k * self._tile : (k + 1) * self._tile]

    def _outputs_between(self, lams: tuple[float, float], anchored: bool) -> list[Enclosure]:
        inputs, size = self.file.inputs, self._tile
        tiles = [inputs[start : start + size] for start in range(0, len(inputs), size)]
        return [self._network.between(tile, lams, anchored=anchored) for tile in tiles]


def _finite(bound: float) -> float:
    if not np.isfinite(bound):
        raise RefusedError("numbers beyond the range of float64")
    return bound
