"""What is kept of the outputs along a path, tile by tile: moments, or rays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from ..loss.loss import Loss
from ..loss.regression import Squared
from ..sheet.moments import SquaredSheet
from ..sheet.rays import RaySheet, Tile
from ..sheet.sheet import Sheet


class Moments:
    """Sums of the squared loss over the samples at each lambda; takes what a method gives.

    Args:
        points: lambdas.

    >>> moments = Moments(2)
    >>> moments(0, torch.tensor([[1.0]]), 0, torch.tensor([[[2.0]], [[3.0]]]))
    >>> moments.total.tolist()
    [[4.0, 2.0, 1.0], [9.0, 3.0, 1.0]]
    """

    def __init__(self, points: int) -> None:
        self.points, self.loss = points, Squared()
        self._sums: dict[int, Tensor] = {}
        self._wanted: dict[int, Tensor] = {}

    def __call__(self, tile: int, raw: Tensor, first: int, predictions: Tensor) -> None:
        """See `construction.forward.method.Take`."""
        if tile not in self._sums:
            self._sums[tile] = predictions.new_empty(self.points, 3, dtype=torch.float64)
        wanted = self._wanted.pop(tile, None)
        if wanted is None:
            wanted = self.loss.targets(raw, predictions[0])
        stop = first + len(predictions)
        self._sums[tile][first:stop] = self.loss.moments_along(predictions, wanted)
        if len(predictions) > 1 and stop < self.points:  # its next lambdas follow at once
            self._wanted[tile] = wanted

    @property
    def total(self) -> Tensor:
        """Of all tiles, in their order, (points, 3)."""
        return torch.stack([self._sums[tile] for tile in sorted(self._sums)]).sum(0)


class RayTiles:
    """Rays at each lambda; takes what a method gives.

    Args:
        loss: whose rays they are.
        points: lambdas.
    """

    def __init__(self, loss: Loss, points: int) -> None:
        self.loss = loss
        self._tiles: list[dict[int, Tile]] = [{} for _ in range(points)]

    def __call__(self, tile: int, raw: Tensor, first: int, predictions: Tensor) -> None:
        """See `construction.forward.method.Take`."""
        targets = self.loss.targets(raw, predictions[0])
        for offset, one in enumerate(predictions):
            self._tiles[first + offset][tile] = self.loss.rays(one, targets)

    def at(self, index: int, entries: int) -> list[Tile]:
        """At one lambda, put together until a tile has so many entries; they are handed over."""
        joined: list[Tile] = []
        waiting: list[Tile] = []
        found = self._tiles[index]
        for tile in sorted(found):
            waiting.append(found.pop(tile))
            if sum(rays.numel() for rays, _ in waiting) >= entries:
                joined.append(_put_together(waiting, self.loss.axis))
                waiting = []
        return joined + ([_put_together(waiting, self.loss.axis)] if waiting else [])


def _put_together(tiles: list[Tile], axis: int) -> Tile:
    if len(tiles) == 1:
        return tiles[0]
    rays, targets = (torch.cat(parts, axis) for parts in zip(*tiles, strict=True))
    return rays, targets


def sheet_of(loss: Loss, outputs: Mapping[float, Tensor], raw: Tensor) -> Sheet:
    """The sheet over the lambdas whose outputs on the same samples are given.

    Args:
        loss: convex in the predictions.
        outputs: by lambda, (samples, outputs) each.
        raw: targets as the user gives them, (samples, ...).

    >>> y = torch.tensor([[1.0], [1.0]])
    >>> sheet = sheet_of(Squared(), {0.0: 2 * y, 1.0: y}, y)
    >>> sheet.minimum.tolist(), sheet.best_scale.tolist()
    ([0.0, 0.0], [0.5, 1.0])
    """
    lam = np.array(list(outputs))
    if not isinstance(loss, Squared):
        return RaySheet.measure(_Given(loss, outputs, raw), lam, lambda _: None)
    found = [loss.moments(p, loss.targets(raw, p)) for p in outputs.values()]
    a, b, d = (torch.stack(found, dim=1) / len(raw)).cpu().numpy()
    return SquaredSheet(lam, a, b, float(d[0]))


class _Given:
    """Rays that are all in memory; see `construction.sheet.rays.Source`."""

    def __init__(self, loss: Loss, outputs: Mapping[float, Tensor], raw: Tensor) -> None:
        self.loss, self.device = loss, raw.device
        self.samples, self.together, self.evaluations = len(raw), len(outputs), 0
        self.rays = {lam: [loss.rays(p, loss.targets(raw, p))] for lam, p in outputs.items()}
        self.entries = next(iter(self.rays.values()))[0][0].numel()

    def tiles(self, lam: float) -> Callable[[], Iterable[Tile]]:
        return lambda: self.rays[lam]

    def reduced(self, sums: Tensor) -> Tensor:
        return sums
