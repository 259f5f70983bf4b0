"""Proves that the sheet's minimum stays below a piecewise linear level, by all samples.

At any c, ``m(lambda) <= g(lambda, c)``, and between two lambdas g lies below a parabola (`Ceiling`)
that is compared with the level between its knots (`Below`). Where both touch, a straight line is
anchored, and compared at the other end. docs/theory/proof.md has the mathematics.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
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
#: Parts with scales of their own into which an interval is cut where it needs them; chosen here.
PARTS = (1, 2, 4, 8)
#: Share of the slack above a bound that the next one may use, as it grows with the square of its
#: length; chosen here.
CARE = 0.95


def highest_loss(loss: Loss, outputs: Tensor, radius: Tensor, targets: Tensor) -> Tensor:
    """A bound of the loss of each sample over ``|p - outputs| <= radius``.

    All losses are convex, so largest at a corner: of each output by itself, or where the label is
    lowest and all others are highest; smoothing loosens that. Outputs and radius are (samples,
    outputs), float64, and targets as the loss holds them; the bound, (samples,), is so but for
    rounding of a few units in the last place. A loss of the user's own is a ProofError.

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


class UpperParabola(NamedTuple):
    """Above m between two lambdas: ``(1 - t)^2 left + 2 t (1 - t) middle + t^2 right``.

    Attributes:
        left, middle, right: its control values; anchored, the right one alone is of use.
        loose: by how much, halfway, it lies above the loss of the enclosure's own parabola.
        rounding: that was allowed for in each.
    """

    left: float
    middle: float
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

    They are means over samples of the largest loss over a radius around three control points;
    anchored, g itself at the left end.
    """

    def __init__(
        self, network: BoundedNetwork, left: float, right: float, *, anchored: bool = False
    ) -> None:
        self.loss, self.targets = network.loss, network.targets
        self.outputs = network.outputs(left, right, anchored=anchored)
        self._largest_target = 1 + float(self.targets.abs().max())

    def above(self, c: float) -> UpperParabola:
        """The parabola above ``g(., c)``."""
        known = self.outputs
        assert known.centre is not None, "as outputs have it"
        ends = known.left, (known.left + known.right - known.centre) / 2, known.right
        halfway = (ends[0] + 2 * ends[1] + ends[2]) / 4

        def highest(points: Tensor, share: float) -> Tensor:
            return highest_loss(self.loss, c * points, c * share * known.radius, self.targets)

        high = [highest(end, 1.0) for end in ends]
        rounding = max(self._rounding(end, c, one) for end, one in zip(ends, high, strict=True))
        left, middle, right = (float(one.mean()) + rounding for one in high)
        loose = (left + 2 * middle + right) / 4 - rounding - float(highest(halfway, 0.0).mean())
        if not np.isfinite([left, middle, right, loose, rounding]).all():  # nothing is known
            return UpperParabola(np.inf, np.inf, np.inf, np.inf, np.inf)
        return UpperParabola(left, middle, right, loose, rounding)

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
            found, by = self._compared(begin, end)
            longer = (end - begin) * by
            if _all_proved(found):
                intervals += found
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

    def _compared(self, left: float, right: float) -> tuple[list[Interval], float]:
        """As few parts as prove what can be proved of it; and by what it may be longer."""
        ceiling, kept = Ceiling(self.network, left, right), list[Interval]()
        for parts in PARTS:
            cuts = np.linspace(left, right, parts + 1)
            if parts > 1 and not (np.diff(cuts) > 0).all():
                break
            best = [self._best(ceiling, (left, right), part) for part in pairwise(cuts.tolist())]
            found = [interval for interval, _ in best]
            more = any(interval.proved for interval in found) and not _all_proved(kept)
            if parts == 1 or more:
                kept = found
        slack = min(interval.bound for interval in found)
        return kept, _longer_by(slack, max(loose for _, loose in best))

    def _best(
        self, ceiling: Ceiling, ends: tuple[float, float], part: tuple[float, float]
    ) -> tuple[Interval, float]:
        """The best bound on a part of what lies between both ends, and what is loose in it."""
        knots, heights = self._between(*part)
        shares = (knots - ends[0]) / (ends[1] - ends[0])
        bounds: list[tuple[Interval, float]] = []
        for c in self.scales((part[0] + part[1]) / 2):
            curve = ceiling.above(c)
            slack = -np.inf
            if np.isfinite(curve.left):
                slack = _least_difference(shares, heights, curve)
            bounds.append((Interval(*part, slack, scale=c), curve.loose))
        return max(bounds, key=lambda bound: bound[0].bound)

    def _one_piece(self, begin: float, end: float) -> list[Interval]:
        """A piece that was not proved whole: anchored if the level touches, else bisected."""
        if self.level.stop is not None and end == self.knots[-1]:
            ends, heights = self._between(begin, end)
            return self._anchored(ends[::-1], heights[::-1], self.level.stop, "stop")
        if not _divides(begin, end):
            self._given_up += 1
            return [Interval(begin, end, 0.0)]
        intervals = self._halves(begin, end, 0)
        self._given_up += not _all_proved(intervals)
        return intervals

    def _halves(self, begin: float, end: float, depth: int) -> list[Interval]:
        intervals, middle = list[Interval](), (begin + end) / 2
        for half in ((begin, middle), (middle, end)):
            found, _ = self._compared(*half)
            if _all_proved(found) or depth == DEEPEST or not _divides(*half):
                intervals += found
            else:
                intervals += self._halves(*half, depth + 1)
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
            bound = height - max(ceiling.above(c).right for c in scales)
            start, stop = sorted((near, far))
            touching = Interval(
                start, stop, bound, scale=max(scales), low=min(scales), touches=side
            )
            if touching.proved or depth == TOWARDS or not _divides(start, stop):
                break
            middle = (near + far) / 2
            intervals += self._compared(*sorted((middle, far)))[0]
            far, height = middle, (level + height) / 2
        self._given_up += not touching.proved
        return sorted([touching, *intervals], key=lambda interval: interval.start)


def _least_difference(shares: Array, heights: Array, curve: UpperParabola) -> float:
    """At most the least height over the curve of straight lines between shares of the way."""

    def control(one: Array, other: Array) -> Array:
        """The curve where both are one, and the middle one of its control values between them."""
        across = one * (1 - other) + other * (1 - one)
        ends = (1 - one) * (1 - other) * curve.left + one * other * curve.right
        return np.asarray(ends + across * curve.middle)

    apart = heights - control(shares, shares)
    inside = (heights[:-1] + heights[1:]) / 2 - control(shares[:-1], shares[1:])
    falls, climbs = apart[:-1] - inside, apart[1:] - inside
    sags = np.minimum(falls, climbs) > 0  # the least is inside
    deep = np.where(sags, falls, 0.0) * (falls / np.where(sags, falls + climbs, 1.0))
    largest = float(np.abs(heights).max()) + max(map(abs, curve[:3]))
    return float(min(apart.min(), (apart[:-1] - deep).min())) - 1e-14 * largest


def _all_proved(intervals: list[Interval]) -> bool:
    return all(interval.proved for interval in intervals)


def _divides(left: float, right: float) -> bool:
    """Whether a float64 lies between two lambdas."""
    return left < (left + right) / 2 < right


def _longer_by(slack: float, loose: float) -> float:
    """By what factor a bound may be longer: what is loose in it grows with the square."""
    if not 0 < slack + loose < np.inf:
        return 0.0
    return float(np.sqrt(CARE * (slack + loose) / max(loose, 1e-300)))
