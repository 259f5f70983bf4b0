"""The sheet of any convex loss, from the outputs along the path.

One forward pass a lambda gives the outputs; from there on the sheet is evaluated without the
network.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..arrays import Array, Mask
from ..loss.custom import Custom
from ..loss.loss import Along
from .rays import MEASURED, SMALL, Index, Rays, RaySource, groups_of
from .roots import find_root, minimise
from .sheet import Curves, Sheet
from .table import COLUMNS, LARGEST, ROWS, Table, even_scales

#: Shares of c* by which a minimum is looked at from both sides: an interval that is narrower counts
#: as one scale, and further away, as a smooth loss comes to rest slowly; chosen here.
NEAR, ASIDE = 1e-6, 1e-3
#: Slopes of a level g, as shares of their terms: rounding of a sum over many samples.
LEVEL = 4e-15
#: How far beyond the scales that are asked for the table reaches.
BEYOND = 1.15
#: Rounding of g relative to L(0).
ROUNDING = 1e-12


class RaySheet(Sheet):
    """The sheet over a grid of lambdas; see `construction.sheet.sheet.Sheet`.

    Args:
        source: of the rays.
        lam: (points,).
        bounds: L(0), and the K with ``g >= c growth - K`` of `Loss.offset`.
        measured: c*, m - L(0), growth, slope at 0, g(1), g(1) - L(0), the size of the outputs, a
            sample's mean, as the rays have them and as the network, `moves`, and
            whether g is level beside c*, (11, points).
        solved: by lambda a scale and what was evaluated there, as its rays were in memory.

    Attributes:
        empirical, empirical_excess: g(lambda, 1), and less L(0), (points,).
    """

    def __init__(
        self,
        source: RaySource,
        lam: Array,
        bounds: tuple[float, float],
        measured: Array,
        solved: dict[float, tuple[float, Array]] | None = None,
    ) -> None:
        self.source, self.lam, self.bounds, self.measured = source, lam, bounds, measured
        self.solved = {} if solved is None else solved
        self.d, self.strict = bounds[0], source.loss.strict
        self.empirical, self.empirical_excess = measured[4:6]

    @classmethod
    def measure(cls, source: RaySource, lam: Array) -> "RaySheet":
        """Runs the network at each lambda, (points,); growth, minimum and empirical objective."""
        measured, bounds = np.empty((11, len(lam))), (0.0, 0.0)
        for group, picked in groups_of(source, lam, np.arange(len(lam)), MEASURED):
            rays = Rays(source, group)
            bounds = rays.bounds() if not picked[0] else bounds
            # pieces would scatter over the heap
            measured[:, picked] = _measure(rays, bounds, _onward(lam, measured[0], picked))
        return cls(source, lam, bounds, measured)

    @property
    def curves(self) -> Curves:
        return Curves(*self.measured[:4])

    @cached_property
    def flat(self) -> Mask:
        """Where g is level a little from c*, on either side."""
        return np.asarray(self.measured[10] > 0) & ~self.constant

    @property
    def output_size(self) -> Array:
        return np.asarray(self.measured[6])

    @property
    def raw_size(self) -> Array:
        return np.asarray(self.measured[7])

    @property
    def moves(self) -> Array:
        return np.asarray(self.measured[8:10])

    def doubt(self, size: float) -> Array:
        """See `Sheet.doubt`; where the outputs are larger, one sample may be all that grows.

        Where they are not, any growth is in doubt: that of exponentials is infinite.
        """
        every, share = np.maximum(self.growth, size), self.source.heaviest / self.source.weight
        return np.where(self.output_size <= size, every, size * share)

    def excess(self, c: float | Array) -> Array:
        at_one = np.ndim(c) == 0 and c == 1
        return self.empirical_excess if at_one else self._evaluated(c, Rays.values)[1]

    def value(self, c: float | Array) -> Array:
        """``g(lambda, c)``, not by way of the excess."""
        at_one = np.ndim(c) == 0 and c == 1
        return self.empirical if at_one else self._evaluated(c, Rays.values)[0]

    def slope(self, c: float | Array) -> Array:
        at_zero = np.ndim(c) == 0 and c == 0
        return self.curves.slope_at_zero if at_zero else self._evaluated(c, Rays.along)[2]

    def _evaluated(
        self, c: float | Array, by: Callable[[Rays, Tensor, Tensor], Along]
    ) -> Sequence[Array]:
        """The numbers of an `Along` at one c, or one c a lambda, (4, points)."""
        scales = np.broadcast_to(np.asarray(c, float), self.lam.shape)
        parts = np.full((4, len(self.lam)), np.nan)
        left = np.ones(len(self.lam), dtype=bool)
        for k, lam in enumerate(self.lam.tolist() if by is Rays.values else ()):
            there, numbers = self.solved.get(lam, (np.nan, parts[:, k]))
            if there == scales[k]:
                parts[:, k], left[k] = numbers, False
        for group, picked in groups_of(self.source, self.lam, np.flatnonzero(left)):
            rays = Rays(self.source, group)
            along = by(rays, torch.from_numpy(scales[picked]).to(self.source.device), rays.every)
            parts[:, picked] = torch.stack(along).cpu().numpy()
        return list(parts)

    def root(self, excess: Array, right: Mask) -> Array:
        """See `Sheet.root`; NaN where there is none."""
        scale = np.full(self.lam.shape, np.nan)
        exists = np.isfinite(excess) & (excess > self.minimum_excess)
        exists &= np.where(right, self.rises, excess < 0)
        for group, picked in groups_of(self.source, self.lam, np.flatnonzero(exists)):
            rays = Rays(self.source, group)
            e = torch.from_numpy(excess[picked]).to(self.source.device)
            side = torch.from_numpy(right[picked]).to(self.source.device)
            start = self._start(picked, excess[picked], right[picked])
            same = right[picked] == right[max(picked[0] - 1, 0)]
            start = _rather(np.where(same, _onward(self.lam, scale, picked), np.nan), start)
            roots, count = find_root(rays.along, e, self.d, start, side)
            self.source.evaluations += count
            there = rays.values(torch.where(roots.isfinite(), roots, 1.0), rays.every)
            scale[picked], *along = torch.stack([roots, *there]).cpu().numpy()
            numbers = zip(scale[picked].tolist(), np.transpose(along), strict=True)
            self.solved.update(zip(self.lam[picked].tolist(), numbers, strict=True))
        return scale

    @cached_property
    def table(self) -> Table | None:
        """See `Sheet`; None where rays are not in memory, as the network would run again.

        It reaches the scales at which g is as high as at the start, and c*. Each of its lambdas
        costs as much as a root or two.
        """
        if not set(self.lam.tolist()) <= set(self.source.kept):
            return None
        rows = np.unique(np.linspace(0, len(self.lam) - 1, ROWS).round().astype(int))
        level = np.full(self.lam.shape, max(float(self.empirical_excess[0]), 0.0))
        ends = np.concatenate([[1.0], self.best_scale, self.root(level, np.ones(len(level), bool))])
        far = min(LARGEST, BEYOND * float(ends[np.isfinite(ends)].max()))
        scale = even_scales(far, COLUMNS)
        objective = np.empty((len(rows), len(scale)), dtype=np.float32)
        loss, device = self.source.loss, self.source.device
        for row, k in enumerate(rows):
            total = torch.zeros(len(scale), dtype=torch.float64, device=device)
            for rays, targets in self.source.tiles(float(self.lam[k]))():
                some = max(1, SMALL * MEASURED // max(1, rays.numel()))
                for c, sums in zip(
                    torch.from_numpy(scale).to(device).split(some), total.split(some), strict=True
                ):
                    sums += loss.heights(rays.expand(len(c), *rays.shape), targets, c).value
            mean = (self.source.reduced(total) / self.source.weight).cpu().numpy()
            objective[row] = mean.clip(max=np.finfo(np.float32).max)  # exponentials are beyond it
        return Table(self.lam[rows], scale, objective)

    def pick(self, chosen: Mask | NDArray[np.intp]) -> "RaySheet":
        part = self.lam[chosen], self.bounds, self.measured[:, chosen]
        return RaySheet(self.source, *part, self.solved)

    def _start(self, picked: Index, excess: Array, right: Mask) -> Tensor:
        """A bound of each root where there is one: above the right, below the left."""
        # g >= c growth - K by the loss, and g >= L(0) + c g'(0) by convexity
        best, _, growth, falling = (curve[picked] for curve in self.curves)
        with np.errstate(all="ignore"):
            above = (self.d + excess + self.bounds[1]) / growth
            usable = np.isfinite(above) & (above > best)
            above = np.where(usable, above, np.where(best > 0, 2 * best, np.inf))
            above = np.where(falling > 0, np.fmin(above, excess / falling), above)
            below = excess / falling
            start = np.where(right, above, np.where(below < best, below, best / 2))
        start = np.where(np.isfinite(start) & (start > 0), start, 1.0)
        return torch.from_numpy(start).to(self.source.device)


def _onward(lam: Array, curve: Array, picked: Index) -> Array:
    """Where the two values before those picked lead on a line; NaN where they are not there."""
    if picked[0] < 2:
        return np.full(len(picked), np.nan)
    before = slice(picked[0] - 2, picked[0])
    with np.errstate(all="ignore"):
        slope = np.diff(curve[before]) / np.diff(lam[before])
        onward: Array = curve[picked[0] - 1] + slope * (lam[picked] - lam[picked[0] - 1])
    return onward


def _rather(guess: Array, start: Tensor) -> Tensor:
    """The guess where it is a scale, else the start."""
    better = torch.from_numpy(guess).to(start.device)
    return torch.where(better.isfinite() & (better > 0), better, start)


def _measure(rays: Rays, bounds: tuple[float, float], guess: Array) -> Array:
    """What a `RaySheet` holds of each ray, (11, rays); with a guess at c*."""
    every, loss, zero = rays.every, rays.source.loss, bounds[0]
    ones = torch.ones(rays.count, dtype=torch.float64, device=every.device)
    growth, falling = rays.mean(loss.growth), rays.along(0 * ones, every).slope
    empirical = rays.along(ones, every)
    best, lowest = torch.zeros_like(ones), torch.zeros_like(ones)
    endless = torch.nonzero((growth <= 0) & (falling < 0)).flatten()
    if len(endless):
        lowest[endless] = rays.mean(loss.limit)[endless]
        best[endless] = _scale_of_limit(rays, endless, lowest[endless], falling[endless], zero)
    inner = torch.nonzero((growth > 0) & (falling < 0)).flatten()
    if len(inner):
        start = (zero / falling).abs()  # where the tangent at 0 has fallen to 0
        start = _rather(guess, torch.where(start.isfinite() & (start > 0), start, 1.0))
        best[inner], lowest[inner] = minimise(
            lambda c, which: rays.along(c, inner[which]),
            *(falling[inner], Along(*(part[inner] for part in empirical)), start[inner]),
        )
    rows = [best, lowest, growth, falling, empirical.value, empirical.excess]
    rows += rounded(rays, empirical.slope, best, bounds)
    rows += [_level(rays, best, zero, rows[6])]
    return torch.stack(rows).cpu().numpy()


def rounded(rays: Rays, slope: Tensor, best: Tensor, bounds: tuple[float, float]) -> Tensor:
    """Sizes of rays and of raw outputs, and `Sheet.moves`, (4, rays), given dg/dc at 1 and c*."""
    size, raw = rays.sizes()
    loss, (zero, offset), ones = rays.source.loss, bounds, torch.ones_like(slope)
    depth = abs(zero) + (offset if loss.negative else 0.0)
    moves = torch.stack([slope.abs().nan_to_num(0.0), 0 * ones]) + 2 * depth
    if isinstance(loss, Custom):
        at = torch.where(best < torch.inf, best, 1.0)
        least = at * rays.mean(loss.terms, at)[1]
        ends = not {0.0, 1.0}.isdisjoint(rays.lam)  # of others nobody asks it at c = 1
        own = torch.stack([rays.mean(loss.terms, ones)[1] if ends else least, least])
        moves = torch.where(own.isfinite(), own, moves)  # at a kink autograd may know none
    more = torch.where(size > 0, raw / size, 1.0)  # rays may be what larger outputs leave
    return torch.stack([size, raw, *(moves * more)])


def _level(rays: Rays, best: Tensor, zero: float, size: Tensor) -> Tensor:
    """Above 0 where g is level beside c*: its slope is but the rounding of what it is a sum of.

    A c* that is almost 0, as where a plateau of m ends, has nothing beside it to look at; then it
    is the scale at which a fall as at 0 would take L(0) away, or outputs of `size` are 1.
    """
    level, loss = torch.zeros_like(best), rays.source.loss
    if loss.strict:
        return level
    usual = abs(zero) / rays.mean(loss.terms, level)[1]
    usual = torch.where(usual.isfinite() & (usual > 0), usual, 1 / size)
    size = torch.maximum(best, NEAR * usual)
    for share in (-ASIDE, -NEAR, NEAR, ASIDE):
        c = best + share * size
        there = (c > 0) & c.isfinite()
        slope, terms = rays.mean(loss.terms, torch.where(there, c, 1.0))
        level += there & (slope.abs() <= LEVEL * terms)
    return level


def _scale_of_limit(
    rays: Rays, which: Tensor, limit: Tensor, falling: Tensor, zero: float
) -> Tensor:
    """The scale from which on g of the rays `which` stays at its limit, as a hinge does, or inf."""
    never = torch.full_like(limit, torch.inf)
    if rays.source.loss.strict:
        return never
    left = torch.zeros_like(which, dtype=torch.bool)
    reached, _ = find_root(
        lambda c, some: rays.along(c, which[some]), limit, zero, limit / falling, left
    )
    at = torch.where(reached.isfinite(), reached, 1.0)
    before, beyond = (rays.along(share * at, which) for share in (1 - ASIDE, 1 + ASIDE))
    fell = -before.slope * at > ROUNDING * abs(zero)  # an exponential has long underflowed
    stays = reached.isfinite() & fell & (beyond.slope == 0) & (beyond.excess <= limit)
    return torch.where(stays, reached, never)
