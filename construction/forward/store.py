"""The rays at each lambda: kept while there is room, or for a while, or run anew each time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ..arrays import Array
from ..loss.loss import Loss
from ..loss.regression import Squared
from ..network.heads import State
from ..sheet.rays import Tile
from .collect import RayTiles
from .method import Progress, Take
from .ranks import largest_over_ranks, telling_the_others
from .samples import Samples
from .tiles import EVALUATED

#: Entries of rays that are put together into one tile, on a CPU and elsewhere; chosen here.
JOINED_ON_CPU, JOINED = 2**17, 2**26


class Network(Protocol):
    """What the store asks of a network along its path, as `construction.forward.forward.Forward`.

    Attributes:
        device: of its outputs.
        loss: whose rays they make.
        data: inputs and targets.
    """

    device: torch.device
    loss: Loss
    data: Samples

    def state(self, lam: float) -> State:
        """Weights at one lambda."""

    def predict(self, state: State, inputs: Tensor) -> Tensor:
        """What it returns with these weights."""

    def outputs(self, lam: float) -> Iterator[tuple[Tensor, Tensor]]:
        """Predictions at one lambda, and targets, tile by tile."""

    def follow(self, lams: Array, take: Take, done: Progress) -> None:
        """Give the outputs at several lambdas to `take`."""

    def require_finite(self, values: Tensor, lam: float) -> Tensor:
        """The values, or a `WeightsError`."""


class RayStore:
    """Rays of a network along a path, within a bound of memory.

    Args:
        forward: whose rays.
        memory: bytes: half for rays and data that is kept, a quarter for what is evaluated.

    Attributes:
        entries: of the rays of one lambda, on the rank that has most.
        together: of how many lambdas the rays are in memory at once, besides those kept.
        kept: by lambda.
    """

    def __init__(self, forward: Network, memory: int) -> None:
        self.forward = forward
        entries, size = self._sizes()
        self.entries = int(largest_over_ranks(entries))
        self._bytes = a_lambda = max(1, int(largest_over_ranks(size)))
        working = memory // 4
        room = memory // 2 - forward.data.held
        # a group of lambdas is in memory while the next is made, stacked, and evaluated
        self.together = max(1, min(working // (a_lambda * (1 + EVALUATED)), room // 2 // a_lambda))
        self._fits = 2 * a_lambda <= room
        self._room = room - 2 * self.together * a_lambda
        most = JOINED_ON_CPU if forward.device.type == "cpu" else JOINED
        self._joining = min(most, working // (8 * (1 + EVALUATED)))
        self.kept: dict[float, list[Tile]] = {}
        self._ahead: dict[float, list[Tile]] = {}
        self._coming: list[float] = []
        self._done: Progress = lambda _: None

    def expect(self, lams: Array, done: Progress) -> None:
        """The rays at these lambdas, increasing, are about to be asked for; none when empty.

        Args:
            lams: (points,).
            done: told the share of them that is made.
        """
        self._coming, self._done, self._ahead = lams.tolist(), done, {}

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
        if self._bytes <= self._room:
            self._room -= self._bytes
            self.kept[lam] = tiles
        return lambda: tiles

    def _next(self, lam: float) -> list[float]:
        """The lambda, and those expected after it that fit as well."""
        if lam not in self._coming:
            return [lam]
        later = [x for x in self._coming[self._coming.index(lam) :] if x not in self.kept]
        return later[: max(self._room // self._bytes, self.together)]

    @telling_the_others()
    def _make(self, lams: list[float]) -> None:
        grid = np.array(lams)
        taken = RayTiles(self.forward.loss, len(lams))
        before = self._coming.index(lams[0]) if lams[0] in self._coming else 0
        every = max(1, len(self._coming))
        self.forward.follow(
            grid, taken, lambda share: self._done((before + share * len(lams)) / every)
        )
        for k, lam in enumerate(lams):
            self._ahead[lam] = taken.at(k, self._joining)
            for rays, _ in self._ahead[lam]:
                self.forward.require_finite(rays, lam)

    def _run(self, lam: float) -> Iterator[Tile]:
        with telling_the_others():
            for predictions, targets in self.forward.outputs(lam):
                tile = self.forward.loss.rays(predictions, targets)
                self.forward.require_finite(tile[0], lam)
                yield tile

    def _sizes(self) -> tuple[int, int]:
        """Entries and bytes of the rays of one lambda here, from a few samples and their number."""
        forward = self.forward
        if isinstance(forward.loss, Squared):
            return 0, 0
        inputs, raw = next(iter(forward.data))
        few = len(forward.data.probe)
        inputs, raw = inputs[:few], raw[:few]
        predictions = forward.predict(forward.state(0.0), inputs)
        with torch.no_grad():
            rays, targets = forward.loss.rays(predictions, forward.loss.targets(raw, predictions))
        a_sample = [part.numel() / len(inputs) for part in (rays, targets)]
        mine = forward.data.mine
        return round(a_sample[0] * mine), round(8 * sum(a_sample) * mine)
