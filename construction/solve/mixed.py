"""The sheet between the lambdas at which the outputs are known.

There, at each c, it is a combination of the g of a few nodes: see `construction.solve.stencils`.
For the squared loss g is linear in its moments, so that these are combined. For any other loss g is
convex in c but for the error of the interpolation, and its roots and minima are found as on a sheet
that was measured, each evaluation being one of every node.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..arrays import Array, Mask
from ..loss.loss import Along
from ..sheet.moments import SquaredSheet
from ..sheet.roots import Evaluate, find_root, minimise
from ..sheet.sheet import Sheet, Taylor
from .stencils import Stencils


def mixed(nodes: Sheet, lam: Array, stencils: Stencils) -> Sheet:
    """The sheet at the lambdas (points,) that the stencils are for.

    >>> from construction.solve.stencils import around
    >>> grid = np.linspace(0, 1, 9)
    >>> nodes, at = SquaredSheet(grid, 1 + grid**2, grid, d=1.0), np.array([0.3])
    >>> mixed(nodes, at, around(nodes.lam, nodes.lam[:0], at)).value(2.0).round(12).tolist()
    [4.16]
    """
    if isinstance(nodes, SquaredSheet):
        return SquaredSheet(lam, stencils(nodes.a), stencils(nodes.b), nodes.d)
    return MixedSheet(nodes, lam, stencils)


class MixedSheet(Sheet):
    """The sheet at lambdas between those of another one.

    Attributes:
        nodes: the sheet that was measured.
        stencils: for each lambda, (points,).
    """

    def __init__(self, nodes: Sheet, lam: Array, stencils: Stencils) -> None:
        self.nodes, self.lam, self.d, self.stencils = nodes, lam, nodes.d, stencils

    def taylor(self, c: Array) -> Taylor:
        """See `Sheet.taylor`."""
        index = self.stencils.index
        around = self.nodes.pick(index.ravel()).taylor(np.repeat(c, index.shape[1]))
        return Taylor(*(self.stencils.combined(part.reshape(index.shape)) for part in around))

    def excess(self, c: float | Array) -> Array:
        """See `Sheet.excess`."""
        return self.taylor(np.broadcast_to(np.asarray(c, float), self.lam.shape)).excess

    def slope(self, c: float | Array) -> Array:
        """See `Sheet.slope`."""
        return self.taylor(np.broadcast_to(np.asarray(c, float), self.lam.shape)).slope

    @property
    def growth(self) -> Array:
        """See `Sheet.growth`; 0 where most of it lies at nodes without a right branch."""
        return np.maximum(self.stencils(self.nodes.growth), 0)

    @cached_property
    def _falling(self) -> Array:
        return self.slope(0.0)

    @property
    def constant(self) -> Mask:
        """See `Sheet.constant`."""
        constant: Mask = (self.growth <= 0) & (self._falling >= 0)
        return constant

    @property
    def best_scale(self) -> Array:
        """See `Sheet.best_scale`."""
        best: Array = self._lowest[0]
        return best

    @property
    def minimum_excess(self) -> Array:
        """See `Sheet.minimum_excess`."""
        lowest: Array = self._lowest[1]
        return lowest

    @cached_property
    def _lowest(self) -> Array:
        """c* and m - L(0), (2, points)."""
        lowest = np.zeros((2, len(self.lam)))
        endless = (self.growth <= 0) & (self._falling < 0)
        limit = self.stencils(self.nodes.minimum_excess)
        lowest[0, endless], lowest[1, endless] = np.inf, limit[endless]
        inner = np.flatnonzero((self.growth > 0) & (self._falling < 0))
        if inner.size:
            start = self._nearby(self.nodes.best_scale)[inner]
            at, level = minimise(self._evaluate(inner), torch.from_numpy(start))
            lowest[:, inner] = at.numpy(), level.numpy()
        return lowest

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
            found, _ = find_root(self._evaluate(picked), e, self.d, torch.from_numpy(start), side)
            scale[picked] = found.numpy()
        return scale

    def pick(self, chosen: Mask | NDArray[np.intp]) -> MixedSheet:
        """See `Sheet.pick`."""
        picked = MixedSheet(self.nodes, self.lam[chosen], self.stencils.pick(chosen))
        if "_lowest" in vars(self):
            picked._lowest = self._lowest[:, chosen]
        return picked

    def _evaluate(self, picked: NDArray[np.intp]) -> Evaluate:
        """For `construction.sheet.roots`, the rays of the picked lambdas."""

        def evaluate(c: Tensor, which: Tensor) -> Along:
            sheet = self.pick(picked[which.numpy()])
            return Along(*map(torch.from_numpy, sheet.taylor(c.numpy())))

        return evaluate

    def _nearby(self, values: Array) -> Array:
        """Positive guesses at the lambdas, from what is known at the nearest node."""
        nearest = np.abs(self.stencils.weights).argmax(axis=1)[:, None]
        there = np.take_along_axis(self.stencils.index, nearest, axis=1)[:, 0]
        return _positive(values[there])


def _positive(guess: Array) -> Array:
    return np.where(np.isfinite(guess) & (guess > 0), guess, 1.0)
