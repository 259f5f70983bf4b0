"""What is kept of the outputs along a path, tile by tile: moments, or rays."""

from __future__ import annotations

import torch
from torch import Tensor

from ..loss.losses import Loss
from ..loss.regression import Squared
from ..sheet.rays import Tile


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
        """See `construction.forward.room.Take`."""
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
        """See `construction.forward.room.Take`."""
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
