"""Bounds of the objective and of witnesses in float64, with an allowance for what it rounds."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .content import Claim, File, RefusedError
from .loss import highest_loss
from .network import EPS, Bounds, output_bounds

#: Rounding allowed to means of losses, as a share of their absolute values and of the outputs' and
#: targets' size.
OF_VALUES, OF_OUTPUTS = 2e-9, 1e-13


class Floats:
    """Bounds of what a proof is about; all floats, in the safe direction.

    Args:
        file: the proof.
    """

    def __init__(self, file: File) -> None:
        self.file = file
        self._largest_target = 1 + float(np.abs(file.targets).max())
        # the outputs at the ends of an interval are asked for at several scales
        self._outputs = lru_cache(maxsize=2)(self._outputs_between)

    def zero(self) -> float:
        """At least L(0)."""
        none = np.zeros((len(self.file.targets), self.file.outputs))
        mean = float(highest_loss(self.file, none, none, self.file.targets).mean())
        return _finite(mean + OF_VALUES * abs(mean))

    def objective(self, lam: float, c: float) -> tuple[float, float]:
        """Two numbers between which g(lam, c) lies."""
        least = most = slack = 0.0
        for outputs, y in self._tiles((lam, lam), False):
            centre, radius = c * outputs.left, c * outputs.radius
            worst = highest_loss(self.file, centre, radius, y)
            plain = highest_loss(self.file, centre, 0 * radius, y)
            most += float(worst.sum())
            least += float((2 * plain - worst).sum())  # by convexity
            slack += self._slack(centre, radius, worst)
        samples = len(self.file.targets)
        return _finite((least - 3 * slack) / samples), _finite((most + slack) / samples)

    def line_above(
        self, left: float, right: float, c: float, *, anchored: bool = False
    ) -> tuple[float, float]:
        """The ends of a straight line above g(., c); anchored, the left one is g(left, c) itself.

        The left end is not to be used where it is anchored.
        """
        ends = [0.0, 0.0]
        for outputs, y in self._tiles((left, right), anchored):
            for k, end in enumerate((outputs.left, outputs.right)):
                centre, radius = c * end, c * outputs.radius
                worst = highest_loss(self.file, centre, radius, y)
                ends[k] += float(worst.sum()) + self._slack(centre, radius, worst)
        samples = len(self.file.targets)
        return _finite(ends[0] / samples), _finite(ends[1] / samples)

    def least_difference(self, claim: Claim, left: float, right: float) -> float:
        """At most what output plus less output minus of the witness is between two lambdas."""
        inputs = self.file.inputs[claim.sample : claim.sample + 1]
        bounds = output_bounds(self.file, inputs, (left, right))
        picked = [
            np.where(k < 0, 0.0, part[0, k])
            for part in bounds[:3]
            for k in (claim.plus, claim.minus)
        ]
        least = min(picked[0] - picked[1], picked[2] - picked[3])
        rounding = 8 * EPS * float(np.abs(picked).max())
        return float(least - (picked[4] + picked[5]) * (1 + 16 * EPS) - rounding)

    def _tiles(
        self, lams: tuple[float, float], anchored: bool
    ) -> Iterator[tuple[Bounds, NDArray[np.float64]]]:
        size = self.file.tile
        for k, outputs in enumerate(self._outputs(lams, anchored)):
            yield outputs, self.file.targets[k * size : (k + 1) * size]

    def _outputs_between(self, lams: tuple[float, float], anchored: bool) -> list[Bounds]:
        size, inputs = self.file.tile, self.file.inputs
        tiles = [inputs[start : start + size] for start in range(0, len(inputs), size)]
        return [output_bounds(self.file, tile, lams, anchored=anchored) for tile in tiles]

    def _slack(
        self, centre: NDArray[np.float64], radius: NDArray[np.float64], worst: NDArray[np.float64]
    ) -> float:
        size = 1 + (np.abs(centre) + radius).sum(1)
        of_outputs = OF_OUTPUTS * self._largest_target * float(size.sum())
        return OF_VALUES * float(np.abs(worst).sum()) + of_outputs


def _finite(bound: float) -> float:
    if not np.isfinite(bound):
        raise RefusedError("numbers beyond the range of float64")
    return bound
