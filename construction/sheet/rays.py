"""Rays of the outputs along a path, evaluated for a few lambdas at once.

Rays are kept while they fit into the memory budget, and computed again where they do not: a lambda
at a time, or, where those of one lambda are too many, a tile at a time.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..arrays import Array
from ..loss.loss import Along, Loss

#: Rays (width, samples) and the targets along them.
Tile = tuple[Tensor, Tensor]
#: On a CPU, most entries of rays that are put into one tensor; from how many on those of a lambda
#: are not, but evaluated one after the other, in its cache; and of how many entries, or one lambda,
#: the rays then share the steps of a solver. Chosen here.
TOGETHER, SMALL, SHARING = 2**22, 2**12, 2**20
#: Most lambdas that are measured together on a CPU, or that share steps where rays are large: their
#: solutions are sought from those before them, and the nearer these are the fewer steps it takes.
MEASURED = 8

Index = NDArray[np.intp]


class RaySource(Protocol):
    """Where rays come from: `construction.forward.store.RayStore`."""

    loss: Loss
    device: torch.device
    weight: float
    heaviest: float
    evaluations: int
    #: Of the rays of one lambda; of how many lambdas they are in memory at once.
    entries: int
    together: int

    @property
    def raw_sizes(self) -> Mapping[float, Tensor]:
        """Sums of `Loss.raw_size` over the samples here, by lambda, of all rays that were made."""

    @property
    def kept(self) -> Collection[float]:
        """The lambdas whose rays are in memory."""

    def tiles(self, lam: float) -> Callable[[], Iterable[Tile]]:
        """A function that gives the rays at one lambda, each time it is called."""

    def reduced(self, sums: Tensor) -> Tensor:
        """Sums over the samples of all machines."""


class Rays:
    """Rays at a few lambdas, a group of `groups_of`, evaluated together."""

    def __init__(self, source: RaySource, lam: Array) -> None:
        self.source, self.count, self.lam = source, len(lam), lam.tolist()
        parts = [source.tiles(x) for x in self.lam]
        if self.count > 1 and (source.device.type != "cpu" or source.entries <= SMALL):
            stacked = [
                (torch.stack([rays for rays, _ in tiles]), tiles[0][1])
                for tiles in zip(*(part() for part in parts), strict=True)
            ]
            self.tensors: list[Callable[[], Iterable[Tile]]] = [lambda: stacked]
        else:
            self.tensors = parts

    def along(self, c: Tensor, which: Tensor) -> Along:
        """Means over the samples at scales c of the rays `which`, (rays,) each."""
        return Along(*self._means(self.source.loss.along, which, c))

    def values(self, c: Tensor, which: Tensor) -> Along:
        """As `along`, without derivatives where they cost much."""
        return Along(*self._means(self.source.loss.heights, which, c))

    def mean(self, measure: Callable[..., Tensor], *scales: Tensor) -> Tensor:
        """Mean of what a loss says of rays and targets, as their growth or limit, (..., rays)."""
        return self._means(lambda *tile: (measure(*tile),), self.every, *scales)[0]

    def bounds(self) -> tuple[float, float]:
        """L(0), and the mean K of `Loss.offset`."""
        zero, offset = self.source.loss.zero, self.source.loss.offset
        both = self._means(lambda r, y: (zero(r[0], y)[None], offset(y)[None]), self.every[:1])
        return float(both[0]), float(both[1])

    def sizes(self) -> Tensor:
        """Mean of |rays|, and of the outputs that they are differences of if larger, (2, rays)."""
        size = self.mean(lambda rays, _: rays.abs().flatten(1).sum(1))
        raw = self.source.reduced(torch.stack([self.source.raw_sizes[x] for x in self.lam]))
        return torch.stack([size, torch.maximum(size, raw / self.source.weight)])

    @property
    def every(self) -> Tensor:
        """Indices of all rays."""
        return torch.arange(self.count, device=self.source.device)

    def _means(
        self, measure: Callable[..., Sequence[Tensor]], which: Tensor, *scales: Tensor
    ) -> Tensor:
        """What is measured, summed over the samples of all tiles and divided by their weight."""
        if len(self.tensors) == 1:
            every = slice(None) if self.count > 1 else None  # one alone has no axis of rays
            chosen = every if len(which) == self.count else which
            sums = _summed(self.tensors[0], chosen, measure, scales)
        else:
            each = enumerate(which.tolist())
            some = [
                _summed(self.tensors[k], None, measure, [c[i : i + 1] for c in scales])
                for i, k in each
            ]
            sums = torch.cat(some, dim=-1)
        return self.source.reduced(sums) / self.source.weight


def _summed(
    tiles: Callable[[], Iterable[Tile]],
    chosen: slice | Tensor | None,
    measure: Callable[..., Sequence[Tensor]],
    scales: Sequence[Tensor],
) -> Tensor:
    """What is measured of the chosen rays, or of the one that is there for None, over all tiles."""
    sums = [torch.stack(list(measure(rays[chosen], y, *scales))) for rays, y in tiles()]
    return torch.stack(sums).sum(0)


def groups_of(
    source: RaySource, lam: Array, picked: Index, most: int | None = None
) -> Iterator[tuple[Array, Index]]:
    """The picked lambdas in groups whose rays are evaluated together, and their indices."""
    size = source.together
    if source.device.type == "cpu":
        size = size if most is None else min(size, most)
        if source.entries <= SMALL:
            size = min(size, TOGETHER // max(1, source.entries))
        else:
            size = min(size, MEASURED, SHARING // source.entries)
        size = max(1, size)
    for start in range(0, len(picked), size):
        chosen = picked[start : start + size]
        yield lam[chosen], chosen
