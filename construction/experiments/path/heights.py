"""The sheet of a route as heights over lambda and c; no manim.

Heights are the sheet's own at the lambdas of the record. The paths on it are `curves.legs`, whose
arrays lam, scale and objective are points of the same surface.
"""

from dataclasses import dataclass

import numpy as np

from ...arrays import Array
from ...record.route import Route
from ...sheet.table import even_scales
from . import curves

#: Scales of a grid; they are even in `construction.sheet.table.bent`, as the surface is drawn.
SCALES = 161
#: How far beyond the largest scale of the paths the sheet is drawn.
BEYOND = 1.15
#: Decades below the highest objective of the paths of which anything is drawn.
DEEPEST = 8


@dataclass(frozen=True)
class Heights:
    """A sheet on a grid.

    Attributes:
        lam: (points,).
        scale: (scales,), from 0 on.
        objective: g(lambda, c), (points, scales).
        lowest: the objective at which a logarithmic axis is to be cut, the lowest of any path.
        zero: L(0).
    """

    lam: Array
    scale: Array
    objective: Array
    lowest: float
    zero: float

    def level_of_zero(self) -> tuple[Array, Array]:
        """Lambdas at which g is L(0) at a scale of the grid beyond 0, and that scale.

        It is one scale a lambda, as g is convex in c; between the grid's scales g is taken as
        linear, as it is drawn.
        """
        below = self.objective[:, 1:] < self.zero
        crossed = below[:, :-1] & ~below[:, 1:]
        rows = np.flatnonzero(crossed.any(axis=1))
        first = crossed[rows].argmax(axis=1) + 1
        low, high = self.objective[rows, first], self.objective[rows, first + 1]
        share = (self.zero - low) / (high - low)
        start, stop = self.scale[first], self.scale[first + 1]
        return self.lam[rows], start + share * (stop - start)


def highest_scale(route: Route, profiles: list[str] | None = None) -> float:
    """A little more than 1 and than all scales of the paths of these profiles, or of all."""
    names = list(route.journeys) if profiles is None else profiles
    scales = [leg.scale.max() for name in names for leg in curves.legs(route, name)]
    return BEYOND * float(max([1.0, *scales]))


def heights(route: Route, highest: float) -> Heights:
    """The sheet of a route for scales from 0 to the highest.

    Args:
        route: of a record.
        highest: scale.
    """
    lam = curves.table_of(route).lam if route.loss != "squared" else route.sheet.lam
    scale = even_scales(highest, SCALES)
    points = np.meshgrid(lam, scale, indexing="ij")
    objective = curves.objective_at(route, *(axis.ravel() for axis in points))
    paths = [route.empirical]
    paths += [leg.objective for name in route.journeys for leg in curves.legs(route, name)]
    along = np.concatenate(paths)
    lowest = max(float(along[along > 0].min()), 10.0**-DEEPEST * float(along.max()))
    return Heights(lam, scale, objective.reshape(len(lam), -1), lowest, route.sheet.d)
