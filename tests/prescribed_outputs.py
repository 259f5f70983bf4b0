"""Sheets over any outputs one likes: without a network, or of one whose weights are its outputs."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn

from construction.loss.catalogue import LossLike, as_loss
from construction.sheet.ray_sheet import RaySheet
from construction.sheet.rays import Tile

from .problems import Problem

#: Lambda -> predictions (samples, width), float64.
Outputs = Callable[[float], Tensor]


class Prescribed:
    """A `construction.sheet.rays.RaySource` of prescribed outputs, in tiles of up to `tile`."""

    device = torch.device("cpu")

    def __init__(
        self, outputs: Outputs, raw: Tensor, loss: LossLike, *, tile: int = 10**9, together: int = 8
    ) -> None:
        self.outputs, self.raw, self.loss = outputs, raw, as_loss(loss)
        first = outputs(0.0)
        self.weight, self.heaviest, self.entries = float(len(first)), 1.0, first.numel()
        self.tile, self.together, self.evaluations = tile, together, 0
        self.raw_sizes: dict[float, Tensor] = {}

    def tiles(self, lam: float) -> Callable[[], Iterable[Tile]]:
        outputs = self.outputs(lam)
        self.raw_sizes[lam] = self.loss.raw_size(outputs)
        targets = self.loss.targets(self.raw, outputs)
        return lambda: [
            self.loss.rays(*parts)
            for parts in zip(outputs.split(self.tile), targets.split(self.tile), strict=True)
        ]

    def reduced(self, sums: Tensor) -> Tensor:
        return sums

    def sheet(self, lam: Iterable[float]) -> RaySheet:
        return RaySheet.measure(self, np.fromiter(lam, float))


def as_network(outputs: Outputs, raw: Tensor) -> Problem:
    """A linear layer on one-hot inputs, whose weights are the outputs."""
    samples, width = outputs(0.0).shape
    model = nn.Sequential(nn.Linear(samples, width, bias=False)).double()

    def path(lam):
        return {"0.weight": outputs(lam).T.contiguous()}

    return Problem(model, path, (torch.eye(samples).double(), raw))
