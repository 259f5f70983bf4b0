"""The sheet of a route as a surface, with the paths on it; what is drawn is the record's."""

from dataclasses import replace
from typing import Any

import numpy as np

from construction.arrays import Array
from construction.experiments.path import curves
from construction.palette import Palette
from construction.record.route import Route
from construction.sheet.table import bent
from scenes.mobjects.plot import Axis, decades
from scenes.mobjects.relief import Angles
from scenes.mobjects.surface import Surface, SurfaceCurve
from scenes.mobjects.surface_axes import SurfaceAxes
from scenes.style import THICK

#: Ticks of c, of which those are taken that stand apart on its axis by this share of it.
SCALES, APART = (0, 1, 2, 3, 5, 10, 20, 50, 100, 1000, 10_000), 0.16
#: Share of the height below which no tick stands, so that it keeps clear of those on the ground.
LOWEST = 0.1
#: More ticks than these stand too near to each other, seen from above.
MOST = 3
#: In a room less wide the name of the height may stand on three lines, as no row is above it.
NARROW = 8.0


class Sheet(Surface):
    """``g(lambda, c)`` of a route up to the highest c, its height logarithmic; see `Surface`."""

    def __init__(
        self, route: Route, angles: Angles, palette: Palette, highest: float, **options: Any
    ) -> None:
        self.route, self.heights = route, curves.heights(route, highest)
        lam, scale, objective = self.heights.lam, self.heights.scale, self.heights.objective
        low, high = self.heights.lowest, float(objective.max())
        height = Axis(low, high, 0, 1, (), log=True)
        ticks = [one for one in decades(low, high) if height.place(one[0]) > LOWEST]
        while len(ticks) > MOST:
            ticks = ticks[1::2]
        axes = (
            Axis(0, 1, 0, 1, [(where, f"{where:g}") for where, _ in route.vertices]),
            Axis(0, highest, 0, 1, scale_ticks(highest), bent=True),
            replace(height, ticks=ticks),
        )
        super().__init__(axes, lam, scale, objective, angles, palette, **options)

    def edges(self) -> SurfaceAxes:
        """Axes around it, which say how heights are drawn."""
        cut = float(self.heights.objective.min()) < 0.5 * self.heights.lowest
        gap = "\n" if self.room[2] - self.room[0] < NARROW else " "
        below = f"(log, cut{gap}at {self.heights.lowest:.1g})" if cut else "(log scale)"
        return SurfaceAxes(self, ("lambda", "c", f"objective\n{below}"))

    def across(self, c: float, color: str) -> SurfaceCurve:
        """The line of one scale over all lambda: the base path at 1, and the edge at 0."""
        lam = self.route.sheet.lam
        return self._over(lam, np.full_like(lam, c), lam, color)

    def ray(self, lam: float, color: str, width: float = THICK) -> SurfaceCurve:
        """The objective over c at one lambda; c runs."""
        scale = self.heights.scale
        return self._over(np.full_like(scale, lam), scale, scale, color, width)

    def level_of_zero(self) -> SurfaceCurve | None:
        """Where the objective is L(0) at another scale than 0; None where that is nowhere."""
        lam, scale = self.heights.level_of_zero()
        if len(lam) < 2:
            return None
        shares = self.shares(lam, scale, self.heights.zero)
        return SurfaceCurve(self, shares, lam, self.palette.zero, THICK / 2)

    def leg(self, leg: curves.Leg, color: str) -> SurfaceCurve:
        """One phase of a constructed path; it runs by the clock of the leg."""
        shares = self.shares(leg.lam, leg.scale, leg.objective)
        return SurfaceCurve(self, shares, leg.clock, color, THICK)

    def _over(
        self, lam: Array, scale: Array, clock: Array, color: str, width: float = THICK
    ) -> SurfaceCurve:
        """A curve of the sheet itself."""
        objective = curves.objective_at(self.route, lam, scale)
        return SurfaceCurve(self, self.shares(lam, scale, objective), clock, color, width)


def scale_ticks(highest: float) -> list[tuple[float, str]]:
    """Ticks of an axis of c from 0 to the highest scale, far enough apart for their labels.

    >>> scale_ticks(3.2)
    [(0.0, '0'), (1.0, '1'), (2.0, '2')]
    """
    chosen: list[float] = []
    full = float(bent(highest))
    for value in SCALES:
        share = float(bent(value)) / full
        if share <= 1 and all(abs(share - float(bent(one)) / full) >= APART for one in chosen):
            chosen.append(float(value))
    return [(value, f"{value:g}") for value in chosen]
