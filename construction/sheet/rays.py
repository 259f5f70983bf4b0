"""The sheet of any convex loss, from the outputs along the path.

One forward pass a lambda gives the outputs; from there on the sheet is evaluated without the
network. Outputs are kept while they fit into the memory budget, and computed again where they do
not: a lambda at a time, or, where those of one lambda are too many, a tile at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..arrays import Array, Mask
from ..loss.loss import Along, Loss
from .roots import find_root, minimise
from .sheet import Sheet, Taylor

#: Rays (width, samples) and what the loss needs beside them.
Tile = tuple[Tensor, Tensor]
#: Most entries of rays that are put into one tensor, and how many one ray may have on a CPU to be
#: put there with others: larger ones are evaluated one after the other, in its cache. Chosen here.
TOGETHER, SMALL = 2**22, 2**12
#: Lambdas that are measured between two steps of the progress bar.
STEP = 8

Index = NDArray[np.intp]

#: Share of c* by which a minimum is looked at from both sides; chosen here.
ASIDE = 1e-3
#: Rounding of g relative to L(0).
ROUNDING = 1e-12


class Source(Protocol):
    """Where rays come from: `construction.forward.store.RayStore`."""

    loss: Loss
    device: torch.device
    samples: int
    evaluations: int

    @property
    def entries(self) -> int:
        """Of the rays of one lambda."""

    @property
    def together(self) -> int:
        """Of how many lambdas the rays are in memory at once."""

    def tiles(self, lam: float) -> Callable[[], Iterable[Tile]]:
        """A function that gives the rays at one lambda, each time it is called."""

    def reduced(self, sums: Tensor) -> Tensor:
        """Sums over the samples of all machines."""


class RaySheet(Sheet):
    """The sheet over a grid of lambdas; see `construction.sheet.sheet.Sheet`.

    Attributes:
        empirical, empirical_excess: g(lambda, 1), and less L(0), (points,).
    """

    def __init__(self, source: Source, lam: Array, d: float, measured: Array) -> None:
        self.source, self.lam, self.d, self.measured = source, lam, d, measured
        arrays: tuple[Array, ...] = tuple(measured)
        self._best, self._lowest, self._growth, self._falling, *at_one = arrays
        self.empirical, self.empirical_excess = at_one

    @classmethod
    def measure(cls, source: Source, lam: Array, progress: Callable[[int], None]) -> RaySheet:
        """Runs the network at each lambda and finds growth, minimum and empirical objective.

        Args:
            source: of the rays.
            lam: (points,).
            progress: told how many lambdas are done.
        """
        measured, d = np.empty((6, len(lam))), 0.0  # whole: pieces would scatter over the heap
        for group, picked in _groups_of(source, lam, np.arange(len(lam)), STEP):
            rays = Rays(source, group)
            d = rays.zero()
            measured[:, picked] = _measure(rays)
            progress(len(group))
        return cls(source, lam, d, measured)

    @property
    def best_scale(self) -> Array:
        """See `Sheet.best_scale`."""
        return self._best

    @property
    def minimum_excess(self) -> Array:
        """See `Sheet.minimum_excess`."""
        return self._lowest

    @property
    def growth(self) -> Array:
        """``lim g / c``."""
        return self._growth

    @property
    def constant(self) -> Mask:
        """Where g neither falls from c = 0 nor ever rises."""
        constant: Mask = (self._growth <= 0) & (self._falling >= 0)
        return constant

    @property
    def flat(self) -> Mask:
        """Where a scale a little from c*, on either side, has the same objective."""
        flat = np.zeros(self.lam.shape, dtype=bool)
        inner = np.flatnonzero(np.isfinite(self.best_scale) & ~self.constant)
        if self.source.loss.strict or not inner.size:
            return flat
        some = self.pick(inner)
        lowest = some.minimum_excess + ROUNDING * abs(self.d)
        size = np.divide(abs(self.d), some.growth, out=np.ones(len(inner)), where=some.rises)
        aside = ASIDE * np.where(some.best_scale > 0, some.best_scale, size)
        for scale in (some.best_scale - aside, some.best_scale + aside):
            flat[inner] |= (scale > 0) & (some.excess(np.maximum(scale, 0)) <= lowest)
        return flat

    def excess(self, c: float | Array) -> Array:
        """See `Sheet.excess`."""
        if np.ndim(c) == 0 and c == 1:
            return self.empirical_excess
        return self._everywhere(c).excess.cpu().numpy()

    def slope(self, c: float | Array) -> Array:
        """See `Sheet.slope`."""
        if np.ndim(c) == 0 and c == 0:
            return self._falling
        return self._everywhere(c).slope.cpu().numpy()

    def value(self, c: float | Array) -> Array:
        """``g(lambda, c)``, not by way of the excess."""
        if np.ndim(c) == 0 and c == 1:
            return self.empirical
        return self._everywhere(c).value.cpu().numpy()

    def taylor(self, c: Array) -> Taylor:
        """See `Sheet.taylor`."""
        return Taylor(*(part.cpu().numpy() for part in self._everywhere(c)))

    def root(self, excess: Array, right: Mask) -> Array:
        """See `Sheet.root`; NaN where there is none."""
        scale = np.full(self.lam.shape, np.nan)
        wanted = np.isfinite(excess) & (excess > self.minimum_excess)
        wanted &= np.where(right, self.rises, excess < 0)
        for group, picked in _groups_of(self.source, self.lam, np.flatnonzero(wanted)):
            rays = Rays(self.source, group)
            e = torch.from_numpy(excess[picked]).to(self.source.device)
            side = torch.from_numpy(right[picked]).to(self.source.device)
            start = self._start(picked, excess[picked], right[picked], rays)
            found, count = find_root(rays.along, e, self.d, start, side)
            self.source.evaluations += count
            scale[picked] = found.cpu().numpy()
        return scale

    def pick(self, chosen: Mask | NDArray[np.intp]) -> RaySheet:
        """See `Sheet.pick`."""
        return RaySheet(self.source, self.lam[chosen], self.d, self.measured[:, chosen])

    def merged(self, other: RaySheet) -> RaySheet:
        """One sheet of two of the same path, its lambdas in order."""
        lam = np.concatenate([self.lam, other.lam])
        measured = np.concatenate([self.measured, other.measured], axis=1)
        return RaySheet(self.source, lam, self.d, measured).pick(np.argsort(lam))

    def _start(self, picked: Index, excess: Array, right: Mask, rays: Rays) -> Tensor:
        """A bound of each root where there is one: above the right, below the left.

        ``g >= c growth - K`` by the loss, and ``g >= L(0) + c g'(0)`` by convexity.
        """
        growth, falling = self._growth[picked], self._falling[picked]
        offset = rays.offset()
        with np.errstate(all="ignore"):
            above = (self.d + excess + (0.0 if offset is None else offset)) / growth
            best = self.best_scale[picked]
            usable = np.isfinite(above) & (above > best) & (offset is not None)
            above = np.where(usable, above, np.where(best > 0, 2 * best, np.inf))
            above = np.where(falling > 0, np.fmin(above, excess / falling), above)
            below = excess / falling
            start = np.where(right, above, np.where(below < best, below, best / 2))
        start = np.where(np.isfinite(start) & (start > 0), start, 1.0)
        return torch.from_numpy(start).to(self.source.device)

    def _everywhere(self, c: float | Array) -> Along:
        scales = np.broadcast_to(np.asarray(c, float), self.lam.shape)
        points, device = len(self.lam), self.source.device
        found = torch.empty(4, points, dtype=torch.float64, device=device)
        for group, picked in _groups_of(self.source, self.lam, np.arange(points)):
            chosen = torch.from_numpy(scales[picked].copy()).to(device)
            rays = Rays(self.source, group)
            along = torch.stack(list(rays.along(chosen, rays.every)))
            found[:, torch.from_numpy(picked).to(device)] = along
        return Along(*found)


class Rays:
    """Rays at a few lambdas, whose values, slopes and limits are found together.

    Args:
        source: of the rays.
        lam: at most `source.together` of them.
    """

    def __init__(self, source: Source, lam: Array) -> None:
        self.source, self.count = source, len(lam)
        self.parts = [source.tiles(float(x)) for x in lam]
        self.stacked: list[Tile] | None = None
        if self.count > 1 and _stacks(source):
            self.stacked = [
                (torch.stack([rays for rays, _ in tiles]), tiles[0][1])
                for tiles in zip(*(part() for part in self.parts), strict=True)
            ]

    def along(self, c: Tensor, which: Tensor) -> Along:
        """Means over the samples at scales c of the rays `which`, (rays,) each."""
        return Along(*self._means(self.source.loss.along, which, c))

    def growth(self) -> Tensor:
        """Mean growth, (rays,)."""
        return self._means(lambda *tile: (self.source.loss.growth(*tile),), self.every)[0]

    def limit(self) -> Tensor:
        """Mean limit of the excess where there is no growth, (rays,)."""
        return self._means(lambda *tile: (self.source.loss.limit(*tile),), self.every)[0]

    def zero(self) -> float:
        """L(0)."""
        zero = self.source.loss.zero
        return float(self._means(lambda r, y: (zero(r[0], y)[None],), self.every[:1])[0])

    def offset(self) -> float | None:
        """The mean K of `Loss.offset`."""
        loss = self.source.loss
        if loss.offset(next(iter(self.parts[0]()))[1]) is None:
            return None

        def one(rays: Tensor, targets: Tensor) -> tuple[Tensor]:
            found = loss.offset(targets)
            assert found is not None, "a loss knows its offset for all targets or for none"
            return (found[None],)

        return float(self._means(one, self.every[:1])[0])

    @property
    def every(self) -> Tensor:
        """Indices of all rays."""
        return torch.arange(self.count, device=self.source.device)

    def _means(
        self, measure: Callable[..., Sequence[Tensor]], which: Tensor, *scales: Tensor
    ) -> Tensor:
        """What is measured, summed over the samples of all tiles and divided by their number."""
        if self.stacked is not None:
            chosen = slice(None) if len(which) == self.count else which
            sums = [
                torch.stack(list(measure(rays[chosen], targets, *scales)))
                for rays, targets in self.stacked
            ]
            total = torch.stack(sums).sum(0)
        else:
            columns = []
            for place, k in enumerate(which.tolist()):
                here = [scale[place : place + 1] for scale in scales]
                sums = [
                    torch.stack(list(measure(rays[None], targets, *here)))
                    for rays, targets in self.parts[k]()
                ]
                columns.append(sums[0] if len(sums) == 1 else torch.stack(sums).sum(0))
            total = torch.cat(columns, dim=1)
        return self.source.reduced(total) / self.source.samples


def _measure(rays: Rays) -> Array:
    """c*, m - L(0), growth, slope at 0, g(1) and g(1) - L(0) of each ray, (6, rays)."""
    device, count = rays.source.device, rays.count
    every = rays.every
    ones = torch.ones(count, dtype=torch.float64, device=device)
    growth, falling = rays.growth(), rays.along(0 * ones, every).slope
    empirical = rays.along(ones, every)
    best, lowest = torch.zeros_like(ones), torch.zeros_like(ones)
    endless = (growth <= 0) & (falling < 0)
    if endless.any():
        lowest[endless] = rays.limit()[endless]
        best[endless] = _rest(rays, torch.nonzero(endless).flatten(), lowest, falling)
    inner = torch.nonzero((growth > 0) & (falling < 0)).flatten()
    if len(inner):
        start = (rays.zero() / falling[inner]).abs()  # where the tangent at 0 has fallen to 0
        start = torch.where(start.isfinite() & (start > 0), start, 1.0)
        best[inner], lowest[inner] = minimise(lambda c, which: rays.along(c, inner[which]), start)
    found = [best, lowest, growth, falling, empirical.value, empirical.excess]
    return torch.stack(found).cpu().numpy()


def _rest(rays: Rays, which: Tensor, lowest: Tensor, falling: Tensor) -> Tensor:
    """The scale from which on g stays at its limit, as a hinge does, or infinity."""
    never = torch.full((len(which),), torch.inf, dtype=torch.float64, device=rays.source.device)
    if rays.source.loss.strict:
        return never
    levels, right = lowest[which], torch.zeros(len(which), dtype=torch.bool, device=which.device)
    start = levels / falling[which]
    found, _ = find_root(
        lambda c, some: rays.along(c, which[some]), levels, rays.zero(), start, right
    )
    reached = found.isfinite()
    at = torch.where(reached, found, 1.0)
    before, beyond = (rays.along(share * at, which) for share in (1 - ASIDE, 1 + ASIDE))
    fell = -before.slope * at > ROUNDING * abs(rays.zero())  # an exponential has long underflowed
    rests = reached & fell & (beyond.slope == 0) & (beyond.excess <= levels)
    return torch.where(rests, found, never)


def _stacks(source: Source) -> bool:
    """Whether rays are put into one tensor: small ones, or on a GPU."""
    return source.device.type != "cpu" or source.entries <= SMALL


def _groups_of(
    source: Source, lam: Array, picked: Index, most: int | None = None
) -> Iterator[tuple[Array, Index]]:
    """The picked lambdas in groups whose rays are evaluated together, and their indices."""
    size = source.together if most is None else min(source.together, most)
    if _stacks(source):
        size = max(1, min(size, TOGETHER // max(1, source.entries)))
    for start in range(0, len(picked), size):
        chosen = picked[start : start + size]
        yield lam[chosen], chosen
