"""The sheet between the lambdas at which it is known, by polynomials in lambda.

The polynomial through the `WIDTH` nearest nodes, half of them on each side, is a fixed combination
of the values there, whatever the values are: so weights serve a whole sheet. At a node it is the
value there, bit for bit. No stencil reaches across a *break*, at which a path turns. At each c the
sheet is then a combination of the g of a few nodes. For the squared loss g is linear in its
moments, so that these are combined. For any other loss g is convex in c but for the error of the
interpolation, and its roots and minima are found as on a sheet that was measured, each evaluation
being one of every node.

Where the function is smooth, the error falls with the sixth power of the spacing h. Averages over
samples of networks with ReLUs look smooth but for many small kinks, as an integral of Brownian
motion does, for which h^1.5 is what any interpolation attains (the cubic spline is the best one,
Wahba 1990, Spline Models for Observational Data, chapter 1): more nodes would bring nothing there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..arrays import Array, Mask
from ..loss.loss import Along
from ..sheet.moments import SquaredSheet
from ..sheet.roots import Evaluate, find_root, minimise
from ..sheet.sheet import Curves, Sheet, Taylor

#: Nodes of a stencil; chosen here.
WIDTH = 6


@dataclass(frozen=True)
class Stencils:
    """The combination ``f(lambda_q) = sum_j weights[q, j] f(nodes[index[q, j]])``.

    Attributes:
        index, weights: (queries, WIDTH); where there are fewer nodes the last weights are 0.
    """

    index: NDArray[np.intp]
    weights: Array

    def __call__(self, values: Array) -> Array:
        """Combined values, (queries,), of those at the nodes, (nodes,)."""
        return self.combined(values[self.index])

    def pick(self, chosen: Mask | NDArray[np.intp]) -> Stencils:
        """Some of the queries alone, by mask or indices."""
        return Stencils(self.index[chosen], self.weights[chosen])

    def combined(self, values: Array) -> Array:
        """Combined values, (queries,), of those at each query's own nodes, (queries, WIDTH)."""
        combined: Array = (self.weights * values).sum(axis=1)
        return combined


def around(nodes: Array, breaks: Array, at: Array) -> Stencils:
    """The stencils for lambdas between nodes.

    Args:
        nodes: increasing from 0 to 1.
        breaks: those of the nodes at which the function may have a corner.
        at: (queries,), in [0, 1].

    >>> nodes = np.linspace(0, 1, 8)
    >>> around(nodes, nodes[:0], np.array([0.3, 0.9]))(nodes**5).round(8).tolist()
    [0.00243, 0.59049]
    """
    interval = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, len(nodes) - 2)
    first, last = _pieces(nodes, breaks)
    return _through(nodes, at, interval + 1, first[interval], last[interval])


def left_out(nodes: Array, breaks: Array) -> tuple[NDArray[np.intp], Stencils]:
    """Nodes that can be predicted from their neighbours on both sides, and stencils that do."""
    first, last = _pieces(nodes, breaks)
    inner = np.arange(1, len(nodes) - 1)
    inner = inner[(first[inner] < inner) & (inner < last[inner - 1])]
    return inner, _through(nodes, nodes[inner], inner, first[inner], last[inner], without=inner)


def _pieces(nodes: Array, breaks: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first and last node between breaks, for each interval of nodes, (nodes - 1,) each."""
    turns = np.flatnonzero(np.isin(nodes, breaks))
    ends = np.unique([0, *turns, len(nodes) - 1])
    piece = np.searchsorted(ends, np.arange(len(nodes) - 1), side="right") - 1
    return ends[piece], ends[piece + 1]


def _through(
    nodes: Array,
    at: Array,
    middle: NDArray[np.intp],
    first: NDArray[np.intp],
    last: NDArray[np.intp],
    without: NDArray[np.intp] | None = None,
) -> Stencils:
    """Lagrange's weights for `WIDTH` nodes around `middle`, from `first` to `last`, less one."""
    more = 0 if without is None else 1
    start = np.clip(middle - WIDTH // 2, first, np.maximum(last + 1 - WIDTH - more, first))
    index = start[:, None] + np.arange(WIDTH)
    if without is not None:
        index += index >= without[:, None]
    there = index <= last[:, None]
    index = np.where(there, index, first[:, None])
    points = nodes[index]
    with np.errstate(all="ignore"):  # a node that is not there may coincide with one
        apart = points[:, :, None] - points[:, None, :]
        factors = (at[:, None] - points)[:, None, :] / apart
    both = there[:, :, None] & there[:, None, :] & ~np.eye(WIDTH, dtype=bool)
    return Stencils(index, np.where(there, np.where(both, factors, 1.0).prod(axis=2), 0.0))


def interpolated(nodes: Sheet, lam: Array, stencils: Stencils) -> Sheet:
    """The sheet at the lambdas (points,) that the stencils are for.

    >>> grid = np.linspace(0, 1, 9)
    >>> nodes, at = SquaredSheet(grid, 1 + grid**2, grid, d=1.0), np.array([0.3])
    >>> interpolated(nodes, at, around(nodes.lam, nodes.lam[:0], at)).value(2.0).round(12).tolist()
    [4.16]
    """
    if isinstance(nodes, SquaredSheet):
        return SquaredSheet(lam, stencils(nodes.a), stencils(nodes.b), nodes.d)
    return InterpolatedSheet(nodes, lam, stencils)


class InterpolatedSheet(Sheet):
    """The sheet at lambdas between those of another one.

    Attributes:
        nodes: the sheet that was measured.
        stencils: for each lambda, (points,).
    """

    def __init__(self, nodes: Sheet, lam: Array, stencils: Stencils) -> None:
        self.nodes, self.lam, self.d, self.stencils = nodes, lam, nodes.d, stencils

    def taylor(self, c: float | Array) -> Taylor:
        """See `Sheet.taylor`."""
        index = self.stencils.index
        scales = np.repeat(np.broadcast_to(np.asarray(c, float), self.lam.shape), index.shape[1])
        at_nodes = self.nodes.pick(index.ravel()).taylor(scales)
        return Taylor(*(self.stencils.combined(part.reshape(index.shape)) for part in at_nodes))

    @cached_property
    def curves(self) -> Curves:
        """See `Sheet.curves`; growth is 0 where most of it lies at nodes without a right branch."""
        growth = np.maximum(self.stencils(self.nodes.growth), 0)
        falling = self.taylor(0.0).slope
        best, lowest = np.zeros((2, len(self.lam)))
        endless = (growth <= 0) & (falling < 0)
        best[endless], lowest[endless] = np.inf, self.stencils(self.nodes.minimum_excess)[endless]
        inner = np.flatnonzero((growth > 0) & (falling < 0))
        if inner.size:
            nearest = np.abs(self.stencils.weights).argmax(axis=1)
            there = self.stencils.index[np.arange(len(self.lam)), nearest]
            start = _positive(self.nodes.best_scale[there])[inner]
            at, level = minimise(self._evaluate(inner), torch.from_numpy(start))
            best[inner], lowest[inner] = at.numpy(), level.numpy()
        return Curves(best, lowest, growth, falling)

    def root(self, excess: Array, right: Mask) -> Array:
        """See `Sheet.root`."""
        scale = np.full(self.lam.shape, np.nan)
        wanted = np.isfinite(excess) & (excess > self.minimum_excess)
        wanted &= np.where(right, self.rises, excess < 0)
        picked = np.flatnonzero(wanted)
        if picked.size:
            best = _positive(self.best_scale[picked])
            start = np.where(right[picked], 2 * best, best / 2)
            e, side = torch.from_numpy(excess[picked]), torch.from_numpy(right[picked])
            root, _ = find_root(self._evaluate(picked), e, self.d, torch.from_numpy(start), side)
            scale[picked] = root.numpy()
        return scale

    def pick(self, chosen: Mask | NDArray[np.intp]) -> InterpolatedSheet:
        """See `Sheet.pick`."""
        picked = InterpolatedSheet(self.nodes, self.lam[chosen], self.stencils.pick(chosen))
        if "curves" in vars(self):
            picked.curves = Curves(*(curve[chosen] for curve in self.curves))
        return picked

    def _evaluate(self, picked: NDArray[np.intp]) -> Evaluate:
        """For `construction.sheet.roots`, the rays of the picked lambdas."""

        def evaluate(c: Tensor, which: Tensor) -> Along:
            sheet = self.pick(picked[which.numpy()])
            return Along(*map(torch.from_numpy, sheet.taylor(c.numpy())))

        return evaluate


def _positive(guess: Array) -> Array:
    return np.where(np.isfinite(guess) & (guess > 0), guess, 1.0)
