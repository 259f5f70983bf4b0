"""The sheet of any loss as a table of numbers, small enough for a record.

The squared loss needs three numbers a lambda; of any other loss a record keeps g on a grid, from
which films draw the surface. Between its points g is taken as linear in lambda and in
``log(1 + 3 c)``: a picture, from which nothing is concluded.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array

Numbers = NDArray[Any]

#: At most so many lambdas, and as many scales; chosen here: 50 kB.
ROWS, COLUMNS = 101, 128
#: No scale beyond this is kept: right branches may run off to infinity. Chosen here.
LARGEST = 1e4


def bent(scale: float | Array) -> Array:
    """``log(1 + 3 c)``: linear for small scales and logarithmic for large ones; chosen here.

    On it the small scales of the valley and the large ones of the theorem's path are both seen.
    """
    found: Array = np.log1p(3 * np.asarray(scale, float))
    return found


def even_scales(highest: float, count: int) -> Array:
    """Scales from 0 to the highest, even in `bent`.

    >>> even_scales(8.0, 3).tolist()
    [0.0, 1.3333333333333333, 8.0]
    """
    scales: Array = np.expm1(np.linspace(0, float(bent(highest)), count)) / 3
    scales[-1] = highest
    return scales


@dataclass(frozen=True)
class Table:
    """``g(lambda, c)`` on a grid.

    Attributes:
        lam: increasing, (rows,).
        scale: increasing from 0, (columns,).
        objective: (rows, columns), in float32.
    """

    lam: Array
    scale: Array
    objective: Numbers

    def __post_init__(self) -> None:
        """A ValueError where shapes do not fit, or a grid does not increase."""
        fits = self.objective.shape == (len(self.lam), len(self.scale))
        grids = (self.lam, self.scale)
        if not fits or any(len(grid) < 2 or (np.diff(grid) <= 0).any() for grid in grids):
            raise ValueError("a table of the sheet that does not fit its grid")

    def value(self, lam: Array, scale: Array) -> Array:
        """G at points of the sheet, those beyond the grid at its edge, (points,)."""
        from scipy.interpolate import RegularGridInterpolator  # imported late: films need it alone

        grid = self.lam, bent(self.scale)
        at = [np.clip(x, one[0], one[-1]) for x, one in zip((lam, bent(scale)), grid, strict=True)]
        found: Array = RegularGridInterpolator(grid, self.objective.astype(float))(tuple(at))
        return found
