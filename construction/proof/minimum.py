"""Proves that the sheet's minimum stays below a piecewise linear level, by all samples.

At any c, ``m(lambda) <= g(lambda, c)``, and between two lambdas g lies below a straight line
(`Ceiling`) that is compared with the level at its knots (`Below`). Where both touch, the line is
anchored, and compared at the other end. docs/theory/proof.md has the mathematics.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ..answers import Interval
from ..arrays import Array
from ..loss.classification import CrossEntropy
from ..loss.loss import Elementwise, Loss
from .bounds import BoundedNetwork, no_loss_of_ours

#: Rounding allowed to a mean of losses: a share of the mean of their absolute values, for sums of
#: up to 10^7 samples in any order, and one of the outputs' and targets' size, for what a loss
#: subtracts from each other. The functions themselves are off by a few 1e-16. Chosen here, twice
#: as large as needed, so that what is proved is also found by a program that rounds otherwise.
OF_VALUES, OF_OUTPUTS = 4e-9, 2e-13
#: Bisections of one piece before it is given up, towards an end that is touched, and pieces given
#: up before all that follow are; chosen here.
DEEPEST, TOWARDS, GIVEN_UP = 4, 10, 6
#: Share of the slack above a bound that the next one may use, as it grows with the square of its
#: length; chosen here.
CARE = 0.9


def highest_loss(loss: Loss, outputs: Tensor, radius: Tensor, targets: Tensor) -> Tensor:
    """A bound of the loss of each sample over ``|p - outputs| <= radius``.

    All losses are convex, so largest at a corner: of each output by itself, or where the label is
    lowest and all others are highest; smoothing loosens that. Outputs and radius are (samples,
    outputs), float64, and targets as the loss holds them; the bound, (samples,), is so but for
    rounding of a few units in the last place.

    Raises:
        ProofError: a loss of the user's own, of which only values are known.

    >>> from construction.loss.regression import Squared
    >>> zero, one = torch.zeros(1, 1), torch.ones(1, 1)
    >>> highest_loss(Squared(), zero, one, one).tolist()
    [4.0]
    """
    up, down = outputs + radius, outputs - radius
    if isinstance(loss, Elementwise):
        real = targets.reshape(outputs.shape)
        return torch.maximum(loss.phi(down, real), loss.phi(up, real)).flatten(1).sum(1)
    if not isinstance(loss, CrossEntropy):
        raise no_loss_of_ours(loss)
    own = one_hot(targets, outputs.shape[1]).bool()
    label = down.gather(1, targets[:, None])[:, 0]
    if not loss.smoothing:
        return torch.where(own, down, up).logsumexp(1) - label
    share = loss.smoothing / outputs.shape[1]
    return up.logsumexp(1) - ((1 - loss.smoothing) * label + share * down.sum(1))


class UpperLine(NamedTuple):
    """Above m between two lambdas: the straight line through G at the ends.

    Attributes:
        left, right: its heights.
        loose: by how much, in the mean of both ends, it lies above g there.
        rounding: that was allowed for at each end.
    """

    left: float
    right: float
    loose: float
    rounding: float

    @property
    def lowest(self) -> float:
        """At most g, if both ends are one: of a convex function, twice the middle less the top."""
        if not np.isfinite(self.left):
            return -np.inf
        return self.left - 2 * self.loose - 4 * self.rounding


class Ceiling:
    """Bounds of g at any scale between two lambdas of one segment, in either order, or at one.

    They are means over samples of the largest loss over ``|p - c end| <= c radius``; anchored, g
    itself at the left end.
    """

    def __init__(
        self, network: BoundedNetwork, left: float, right: float, *, anchored: bool = False
    ) -> None:
        self.loss, self.targets = network.loss, network.targets
        self.outputs = network.outputs(left, right, anchored=anchored)
        self._largest_target = 1 + float(self.targets.abs().max())

    def line(self, c: float) -> UpperLine:
        """The line above ``g(., c)``."""
        ends, radius = (self.outputs.left, self.outputs.right), self.outputs.radius
        high, plain = (
            [highest_loss(self.loss, c * end, c * share * radius, self.targets) for end in ends]
            for share in (1.0, 0.0)
        )
        rounding = max(self._rounding(end, c, one) for end, one in zip(ends, high, strict=True))
        left, right = (float(one.mean()) + rounding for one in high)
        loose = sum(float((a - b).mean()) for a, b in zip(high, plain, strict=True)) / 2
        if self.outputs.error is not None:
            left = float(plain[0].mean()) + rounding
        if not np.isfinite([left, right, loose, rounding]).all():  # nothing is known
            return UpperLine(np.inf, np.inf, np.inf, np.inf)
        return UpperLine(left, right, loose, rounding)

    def _rounding(self, outputs: Tensor, c: float, losses: Tensor) -> float:
        size = outputs.shape[1] + c * (outputs.abs() + self.outputs.radius).sum(1)
        of_outputs = OF_OUTPUTS * self._largest_target * float(size.mean())
        return OF_VALUES * float(losses.abs().mean()) + of_outputs


@dataclass(frozen=True)
class Level:
    """A level over lambda, straight between its knots.

    Attributes:
        knots, heights: lambdas, increasing, the vertices of the path among them, and not above the
            level, (knots,).
        start, stop: None where m stays apart from the level at that end; where they meet, the
            scales between which the c lies at which g is the level, or none if nothing is known.
        known: whether it is a function of its own, and not the objective at a scale that is held.
    """

    knots: Array
    heights: Array
    start: tuple[float, ...] | None = None
    stop: tuple[float, ...] | None = None
    known: bool = True


class Below:
    """The proof that m lies below one level.

    Args:
        network, level: along its path, and over some of [0, 1].
        scales: to be tried at a lambda, best first.
        bar: shows how far the proof has come; its total is 1.
    """

    def __init__(
        self,
        network: BoundedNetwork,
        level: Level,
        scales: Callable[[float], Sequence[float]],
        bar: Any,
    ) -> None:
        self.network, self.level, self.scales, self._bar = network, level, scales, bar
        self.knots, self.heights, self._given_up = level.knots, level.heights, 0

    def prove(self) -> list[Interval]:
        """Intervals from the first knot to the last."""
        begin, last = float(self.knots[0]), float(self.knots[-1])
        if not self.level.known:
            return [Interval(begin, last, 0.0)]
        intervals: list[Interval] = []
        if self.level.start is not None:
            intervals += self._anchored(self.knots[:2], self.heights[:2], self.level.start, "start")
            begin = float(self.knots[1])
        length, far = 0.0, last
        while begin < last:
            if self._given_up >= GIVEN_UP:
                intervals.append(Interval(begin, last, 0.0))
                break
            knot = float(self.knots[np.searchsorted(self.knots, begin, side="right")])
            vertex = next(one.stop for one in self.network.segments if begin < one.stop)
            end = min(max(knot, min(begin + length, far)), vertex)
            interval, loose = self._compared(*self._between(begin, end))
            longer = (end - begin) * _longer_by(interval.bound, loose)
            if interval.proved:
                intervals.append(interval)
                begin, length = end, min(longer, 4 * (end - begin))
            elif end > knot:
                length = min(longer, 0.9 * (end - begin))
                if end == last and self.level.stop is not None:
                    far = float(self.knots[-2])  # where the level touches nothing free is proved
            else:
                intervals += self._one_piece(begin, end)
                begin = end
            self._bar.n = begin
            self._bar.refresh()
        return intervals

    def _between(self, begin: float, end: float) -> tuple[Array, Array]:
        """The level's corners from one lambda to another, both included, and their heights."""
        inside = self.knots[(self.knots > begin) & (self.knots < end)]
        knots = np.array([begin, *inside, end])
        return knots, np.interp(knots, self.knots, self.heights)

    def _compared(self, knots: Array, heights: Array) -> tuple[Interval, float]:
        """The best bound over neighbouring knots, and what is loose in it."""
        left, right = float(knots[0]), float(knots[-1])
        shares = (knots - left) / (right - left)
        ceiling = Ceiling(self.network, left, right)
        bounds: list[tuple[Interval, float]] = []
        for c in self.scales((left + right) / 2):
            line = ceiling.line(c)
            slack = -np.inf
            if np.isfinite(line.left):
                slack = float((heights - (1 - shares) * line.left - shares * line.right).min())
                slack -= 1e-15 * (float(np.abs(heights).max()) + abs(line.left) + abs(line.right))
            bounds.append((Interval(left, right, slack, scale=c), line.loose))
        return max(bounds, key=lambda bound: bound[0].bound)

    def _one_piece(self, begin: float, end: float) -> list[Interval]:
        """A piece that was not proved whole: anchored if the level touches, else bisected."""
        ends, heights = self._between(begin, end)
        if self.level.stop is not None and end == self.knots[-1]:
            return self._anchored(ends[::-1], heights[::-1], self.level.stop, "stop")
        if not _divides(ends):
            self._given_up += 1
            return [Interval(begin, end, 0.0)]
        intervals = self._halves(ends, heights, 0)
        self._given_up += not all(interval.proved for interval in intervals)
        return intervals

    def _halves(self, knots: Array, heights: Array, depth: int) -> list[Interval]:
        knots, heights = (np.insert(ends, 1, ends.mean()) for ends in (knots, heights))
        intervals: list[Interval] = []
        for half in (slice(0, 2), slice(1, 3)):
            interval, _ = self._compared(knots[half], heights[half])
            if interval.proved or depth == DEEPEST or not _divides(knots[half]):
                intervals.append(interval)
            else:
                intervals += self._halves(knots[half], heights[half], depth + 1)
        return intervals

    def _anchored(
        self, ends: Array, heights: Array, scales: tuple[float, ...], side: str
    ) -> list[Interval]:
        """The piece whose first end the level touches; halved towards it, the others free."""
        near, far = ends.tolist()
        start, stop = sorted((near, far))
        if not scales:
            self._given_up += 1
            return [Interval(start, stop, 0.0)]
        level, height = heights.tolist()
        intervals: list[Interval] = []
        for depth in range(TOWARDS + 1):
            ceiling = Ceiling(self.network, near, far, anchored=True)
            bound = height - max(ceiling.line(c).right for c in scales)
            start, stop = sorted((near, far))
            touching = Interval(
                start, stop, bound, scale=max(scales), low=min(scales), touches=side
            )
            if touching.proved or depth == TOWARDS or not _divides(np.array([start, stop])):
                break
            middle, half = (near + far) / 2, (level + height) / 2
            in_order = slice(None, None, 1 if near < far else -1)
            knots, heights = np.array([middle, far])[in_order], np.array([half, height])[in_order]
            intervals.append(self._compared(knots, heights)[0])
            far, height = middle, half
        self._given_up += not touching.proved
        return sorted([touching, *intervals], key=lambda interval: interval.start)


def _divides(knots: Array) -> bool:
    """Whether a float64 lies between two lambdas."""
    return bool(knots[0] < knots.mean() < knots[1])


def _longer_by(slack: float, loose: float) -> float:
    """By what factor a bound may be longer: what is loose in it grows with the square."""
    if not 0 < slack + loose < np.inf:
        return 0.0
    return float(np.sqrt(CARE * (slack + loose) / max(loose, 1e-300)))
