"""What is kept of the outputs along a path: moments for the squared loss, rays for every other.

Rays are kept while the budget lasts; then they are in memory for a while, or made anew each time.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from ..arrays import Array
from ..errors import WeightsError
from ..loss.loss import Loss, Raw
from ..loss.regression import Squared
from ..sheet.moments import SquaredSheet
from ..sheet.ray_sheet import RaySheet
from ..sheet.rays import Tile
from ..sheet.sheet import Sheet
from .batches import put_together
from .method import Progress, Receiver
from .ranks import largest_over_ranks, sharing_errors, summed_over_ranks
from .samples import Samples
from .tiles import EVALUATED

#: Entries of rays that make a tile, put together or cut, on a CPU and elsewhere; chosen here.
JOINED_ON_CPU, JOINED = 2**17, 2**26


class MomentSums:
    """Sums of the squared loss over the samples at each of so many lambdas; a receiver.

    >>> moments = MomentSums(2, Squared())
    >>> moments(0, torch.tensor([[1.0]]), 0, torch.tensor([[[2.0]], [[3.0]]]))
    >>> moments.total.tolist()
    [[4.0, 2.0, 1.0], [9.0, 3.0, 1.0]]
    """

    def __init__(self, points: int, loss: Squared) -> None:
        self.points, self.loss = points, loss
        self._sums: dict[int, Tensor] = {}
        self._targets: dict[int, Tensor] = {}

    def __call__(self, tile: int, raw: Raw, first: int, predictions: Tensor) -> None:
        """See `construction.forward.method.Receiver`."""
        if tile not in self._sums:
            self._sums[tile] = predictions.new_empty(self.points, 3, dtype=torch.float64)
        targets = self._targets.pop(tile, None)
        if targets is None:
            targets = self.loss.convert(raw, predictions[0])
        stop = first + len(predictions)
        self._sums[tile][first:stop] = self.loss.moments(predictions, targets)
        if len(predictions) > 1 and stop < self.points:  # its next lambdas follow at once
            self._targets[tile] = targets

    @property
    def total(self) -> Tensor:
        """Of all tiles, in their order, (points, 3)."""
        return torch.stack([self._sums[tile] for tile in sorted(self._sums)]).sum(0)


class RayStore:
    """Rays along a path, within a bound of memory; a `construction.sheet.rays.RaySource`.

    Args:
        loss: whose rays.
        data: the samples.
        predictions: on the probe of the data at some lambda, which show how large rays are.
        memory: bytes: half for rays and data that is kept, a quarter for what is evaluated.
        outputs, follow: see `construction.forward.forward.Forward`.

    Attributes:
        weight, heaviest: of the samples on all ranks: their sum, and the largest.
        entries: of the rays of one lambda, on the rank that has most.
        together: of how many lambdas the rays are in memory at once, besides those kept.
        evaluations: of the rays of one lambda, in all roots so far.
        kept: by lambda.
        raw_sizes: see `construction.sheet.rays.RaySource`.
    """

    reduced = staticmethod(summed_over_ranks)

    def __init__(
        self,
        loss: Loss,
        data: Samples,
        predictions: Tensor,
        memory: int,
        *,
        outputs: Callable[[float], Iterator[Tile]],
        follow: Callable[[Array, Receiver, Progress], None],
    ) -> None:
        self.loss, self.device, self.evaluations = loss, data.device, 0
        self.weight, self.heaviest = data.weight, data.heaviest
        self._outputs, self._follow = outputs, follow
        with torch.no_grad():
            parts = loss.rays(predictions, loss.convert(data.probe_targets, predictions))
        rays, targets = (part.numel() / len(predictions) * data.mine for part in parts)
        self.entries = int(largest_over_ranks(round(rays)))
        self._bytes = a_lambda = max(1, int(largest_over_ranks(round(8 * (rays + targets)))))
        working, left = memory // 4, memory // 2 - data.held
        # a group of lambdas is in memory while the next is made, stacked, and evaluated
        self.together = max(1, min(working // (a_lambda * (1 + EVALUATED)), left // 2 // a_lambda))
        self._fits = 2 * a_lambda <= left
        self._left = left - 2 * self.together * a_lambda
        most = JOINED_ON_CPU if self.device.type == "cpu" else JOINED
        self._joined = min(most, working // (8 * (1 + EVALUATED)))
        self.kept: dict[float, list[Tile]] = {}
        self.raw_sizes: dict[float, Tensor] = {}
        self._ahead: dict[float, list[Tile]] = {}
        self._coming: list[float] = []
        self._progress: Progress = lambda _: None

    @contextmanager
    def expecting(self, lams: Array, progress: Progress) -> Iterator[None]:
        """Let the store know that the rays at these lambdas, increasing, are asked for inside."""
        self._coming, self._progress = lams.tolist(), progress
        try:
            yield
        finally:
            self._coming, self._ahead, self._progress = [], {}, lambda _: None

    def tiles(self, lam: float) -> Callable[[], Iterable[Tile]]:
        """A function that gives the rays at a lambda each time it is called."""
        if lam in self.kept:
            kept = self.kept[lam]
            return lambda: kept
        if not self._fits:
            return lambda: self._run(lam)
        if lam not in self._ahead:
            self._make(self._next(lam))
        tiles = self._ahead.pop(lam)
        if self._bytes <= self._left:
            self._left -= self._bytes
            self.kept[lam] = tiles
        return lambda: tiles

    def _next(self, lam: float) -> list[float]:
        """The lambda, and those expected after it that fit as well."""
        if lam not in self._coming:
            return [lam]
        later = [x for x in self._coming[self._coming.index(lam) :] if x not in self.kept]
        return later[: max(self._left // self._bytes, self.together)]

    @sharing_errors()
    def _make(self, lams: list[float]) -> None:
        made: list[dict[int, list[Tile]]] = [{} for _ in lams]
        before = self._coming.index(lams[0]) if lams[0] in self._coming else 0
        every = max(1, len(self._coming))
        for lam in lams:
            self.raw_sizes.pop(lam, None)

        def receive(tile: int, raw: Raw, first: int, predictions: Tensor) -> None:
            targets = self.loss.convert(raw, predictions[0])
            for lam, tiles, outputs in zip(lams[first:], made[first:], predictions, strict=False):
                tiles[tile] = list(self._cut(lam, outputs, targets))

        def progress(share: float) -> None:
            self._progress((before + share * len(lams)) / every)

        self._follow(np.array(lams), receive, progress)
        for by_number, lam in zip(made, lams, strict=True):
            self._ahead[lam] = self._put_together(by_number)
        sound = [[x.isfinite().all() for x, _ in self._ahead[lam]] for lam in lams]
        require_finite(lams, torch.stack([torch.stack(one).all() for one in sound]))

    def _cut(self, lam: float, outputs: Tensor, targets: Tensor) -> Iterator[Tile]:
        """Rays of a few samples at a time, which stay in cache when they are evaluated."""
        self.raw_sizes[lam] = self.raw_sizes.get(lam, 0.0) + self.loss.raw_size(outputs)
        some = max(1, math.ceil(self._joined * len(outputs) / max(1, outputs.numel())))
        for pair in zip(outputs.split(some), targets.split(some), strict=True):
            yield self.loss.rays(*pair)

    def _put_together(self, by_number: dict[int, list[Tile]]) -> list[Tile]:
        """Few large tiles of many small ones, which are not kept."""
        large: list[Tile] = []
        waiting: list[Tile] = []
        for number in sorted(by_number):
            for tile in by_number.pop(number):
                waiting.append(tile)
                if sum(rays.numel() for rays, _ in waiting) >= self._joined:
                    large.append(put_together(waiting, self.loss.axis))
                    waiting = []
        return [*large, put_together(waiting, self.loss.axis)] if waiting else large

    def _run(self, lam: float) -> Iterator[Tile]:
        sound = []
        self.raw_sizes.pop(lam, None)
        with sharing_errors():
            for predictions, targets in self._outputs(lam):
                for rays, beside in self._cut(lam, predictions, targets):
                    sound.append(rays.isfinite().all())
                    yield rays, beside
            require_finite([lam], torch.stack(sound).all()[None])


def require_finite(lams: Sequence[float], sound: Tensor) -> None:
    """Refuse by a WeightsError the first lambda whose outputs are not `sound`; a GPU waits once."""
    for lam, fine in zip(lams, sound.tolist(), strict=True):
        if not fine:
            raise WeightsError(
                "finite outputs along the path",
                f"NaN or infinite ones at lambda = {lam:.6g}",
                "The weights there overflow: try dtype=torch.float64 or another path.",
            )


def sheet_of(loss: Loss, outputs: Mapping[float, Tensor], raw: Raw) -> Sheet:
    """The sheet over the lambdas whose outputs on the same samples, this rank's, are given.

    Outputs are (samples, ...) at each lambda, targets as the user gives them.

    >>> y = torch.tensor([[1.0], [1.0]])
    >>> sheet = sheet_of(Squared(), {0.0: 2 * y, 1.0: y}, y)
    >>> sheet.minimum.tolist(), sheet.best_scale.tolist()
    ([0.0, 0.0], [0.5, 1.0])
    """
    lam = np.array(list(outputs))
    if not isinstance(loss, Squared):
        return RaySheet.measure(RaysInMemory(loss, outputs, raw), lam)
    targets = loss.targets(raw, next(iter(outputs.values())))
    moments = [loss.moments(p[None], targets) for p in outputs.values()]
    weight = summed_over_ranks(loss.weigh(raw)[0])
    a, b, d = (summed_over_ranks(torch.cat(moments)).cpu() / weight).T.numpy()
    return SquaredSheet(lam, a, b, float(d[0]))


class RaysInMemory:
    """Rays that are all in memory, see `construction.sheet.rays.RaySource`; as for `sheet_of`."""

    reduced = staticmethod(summed_over_ranks)

    def __init__(self, loss: Loss, outputs: Mapping[float, Tensor], raw: Raw) -> None:
        self.loss, self.device = loss, next(iter(outputs.values())).device
        weight, heaviest = loss.weigh(raw)
        self.weight = float(summed_over_ranks(weight))
        self.heaviest = largest_over_ranks(float(heaviest))
        self.together, self.evaluations = len(outputs), 0
        targets = loss.targets(raw, next(iter(outputs.values())))
        self.kept = {lam: [loss.rays(p, targets)] for lam, p in outputs.items()}
        self.raw_sizes = {lam: loss.raw_size(p) for lam, p in outputs.items()}
        entries = next(iter(self.kept.values()))[0][0].numel()
        self.entries = int(largest_over_ranks(entries))  # groups of rays are the same on all

    def tiles(self, lam: float) -> Callable[[], Iterable[Tile]]:
        """See `RayStore.tiles`."""
        return lambda: self.kept[lam]
