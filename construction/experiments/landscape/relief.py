"""How rugged a surface is, from its values on a grid alone; needs no torch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...arrays import Array
from ...errors import InputError


class Relief(NamedTuple):
    """Of a surface on a grid.

    Attributes:
        minima: inner points of the grid that are lower than all eight neighbours.
        saddled: share of the inner points at which the smaller principal curvature is negative.
        ratio: median over the inner points of the size of the negative principal curvature, beside
            the larger one in absolute value; 0 where none is negative.
    """

    minima: int
    saddled: float
    ratio: float

    @property
    def told(self) -> str:
        """In words.

        >>> Relief(1, 0.25, 0.0).told
        '1 local minimum and a negative curvature at 25% of the points'
        """
        minima = "1 local minimum" if self.minima == 1 else f"{self.minima} local minima"
        return f"{minima} and a negative curvature at {self.saddled:.0%} of the points"


def relief(surface: Array, across: float = 1.0, up: float = 1.0) -> Relief:
    """Count minima and measure curvatures, by central differences.

    Principal curvatures are the eigenvalues of the 2 x 2 Hessian. Li et al. 2018 (section 6) map
    ``|lambda_min / lambda_max|`` of the whole Hessian; here it is that of the plane, at the
    distance of the grid's points, finer structure remaining unseen.

    Args:
        surface: (rows, columns), at least 3 each; t along rows, s along columns.
        across, up: distance of neighbouring columns and of neighbouring rows.

    Raises:
        InputError: a smaller grid.

    >>> s, t = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 5))
    >>> relief(s**2 + t**2, 0.5, 0.5)
    Relief(minima=1, saddled=0.0, ratio=0.0)
    >>> relief(s**2 - t**2, 0.5, 0.5)
    Relief(minima=0, saddled=1.0, ratio=1.0)
    """
    if surface.ndim != 2 or min(surface.shape) < 3:
        raise InputError(
            "a surface on a grid of at least 3 x 3 points", f"{surface.shape}", "Take more points."
        )
    middle = surface[1:-1, 1:-1]
    rows, columns = surface.shape
    around = [
        surface[i : i + rows - 2, j : j + columns - 2]
        for i in range(3)
        for j in range(3)
        if (i, j) != (1, 1)
    ]
    minima = int(np.all([middle < one for one in around], axis=0).sum())
    ss = (surface[1:-1, 2:] - 2 * middle + surface[1:-1, :-2]) / across**2
    tt = (surface[2:, 1:-1] - 2 * middle + surface[:-2, 1:-1]) / up**2
    st = (surface[2:, 2:] - surface[2:, :-2] - surface[:-2, 2:] + surface[:-2, :-2]) / (
        4 * across * up
    )
    half, radius = (ss + tt) / 2, np.hypot((ss - tt) / 2, st)
    smaller, larger = half - radius, half + radius
    negative = np.maximum(-smaller, 0)
    size = np.maximum(np.abs(smaller), np.abs(larger))
    ratio = np.divide(negative, size, out=np.zeros_like(size), where=size > 0)
    return Relief(minima, float((smaller < 0).mean()), float(np.median(ratio)))
