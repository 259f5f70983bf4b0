"""A function of lambda between nodes at which it is known, by polynomials through the nearest.

The polynomial through the `WIDTH` nearest nodes, half of them on each side, is a fixed combination
of the values there, whatever the values are: so weights serve a whole sheet. At a node it is the
value there, bit for bit. No stencil reaches across a *break*, at which a path turns.

Where the function is smooth, the error falls with the sixth power of the spacing h. Averages over
samples of networks with ReLUs look smooth but for many small kinks, as an integral of Brownian
motion does, for which h^1.5 is what any interpolation attains (the cubic spline is the best one,
Wahba 1990, Spline Models for Observational Data, chapter 1): more nodes would bring nothing there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Mask

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
    return _through(nodes, at, interval + 1, first[interval], last[interval], None)


def left_out(nodes: Array, breaks: Array) -> tuple[NDArray[np.intp], Stencils]:
    """Nodes that can be predicted from their neighbours on both sides, and stencils that do."""
    first, last = _pieces(nodes, breaks)
    inner = np.arange(1, len(nodes) - 1)
    inner = inner[(first[inner] < inner) & (inner < last[inner - 1])]
    return inner, _through(nodes, nodes[inner], inner, first[inner], last[inner], inner)


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
    without: NDArray[np.intp] | None,
) -> Stencils:
    """Lagrange's weights for `WIDTH` nodes around `middle`, from `first` to `last`, less one."""
    more = 0 if without is None else 1
    start = np.clip(middle - WIDTH // 2, first, np.maximum(last + 1 - WIDTH - more, first))
    index = start[:, None] + np.arange(WIDTH)
    if without is not None:
        index += index >= without[:, None]
    there = index <= last[:, None]
    index = np.where(there, index, first[:, None])
    points, weights = nodes[index], np.where(there, 1.0, 0.0)
    for j in range(WIDTH):
        for k in range(WIDTH):
            if j == k:
                continue
            with np.errstate(all="ignore"):  # a node that is not there may coincide with one
                factor = (at - points[:, k]) / (points[:, j] - points[:, k])
            weights[:, j] *= np.where(there[:, j] & there[:, k], factor, 1.0)
    return Stencils(index, weights)
