"""The sheet of a route as a surface, with the paths on it; what is drawn is the record's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from construction.experiments.path import curves
from construction.experiments.path.heights import heights as heights_of
from construction.palette import Palette
from construction.record.route import Route
from construction.sheet.table import bent
from scenes.mobjects.plot import Axis, BentAxis, decades
from scenes.mobjects.relief import View
from scenes.mobjects.surface import Surface, SurfaceCurve
from scenes.mobjects.surface_axes import SurfaceAxes
from scenes.style import THICK

#: Ticks of c, of which those are taken that stand apart on its axis by this share of it.
SCALES, APART = (0, 1, 2, 3, 5, 10, 20, 50, 100, 1000, 10_000), 0.16
#: Share of the height below which no tick stands, so that it keeps clear of those on the ground.
LOWEST = 0.1
#: More powers of ten than these stand too near to each other, seen from above.
MOST = 3


class Sheet(Surface):
    """``g(lambda, c)`` of a route, its height logarithmic.

    Args:
        route: of a record.
        view: from where one looks first, see `Surface`.
        palette: of the theme.
        highest: the largest c that is shown, see `heights.highest_scale`.
        options: of the surface, its room and box.
    """

    def __init__(
        self,
        route: Route,
        view: View | tuple[float, float],
        palette: Palette,
        highest: float,
        **options: Any,
    ) -> None:
        self.route, self.heights = route, heights_of(route, highest)
        lam, scale, objective = self.heights.lam, self.heights.scale, self.heights.objective
        low, high = self.heights.lowest, float(objective.max())
        height = Axis(low, high, 0, 1, (), log=True)
        ticks = [one for one in decades(low, high) if height.place(one[0]) > LOWEST]
        if len(ticks) > MOST:
            ticks = [one for one in ticks if round(np.log10(one[0])) % 2 == 0]
        axes = (
            Axis(0, 1, 0, 1, [(where, f"{where:g}") for where, _ in route.vertices]),
            BentAxis(0, highest, 0, 1, scale_ticks(highest), bend=1 / 3),
            replace(height, ticks=ticks),
        )
        super().__init__(axes, lam, scale, objective, view, palette, **options)

    @property
    def axis_words(self) -> str:
        """What the vertical axis shows; it says where it is cut."""
        cut = float(self.heights.objective.min()) < 0.5 * self.heights.lowest
        below = f"(log, cut at {self.heights.lowest:.1g})" if cut else "(log scale)"
        return f"objective\n{below}"

    def edges(self) -> SurfaceAxes:
        """Axes around it."""
        return SurfaceAxes(self, ("lambda", "c", self.axis_words))

    def across(self, c: float, color: str, width: float = THICK) -> SurfaceCurve:
        """The line of one scale over all lambda: the base path at 1, and the edge at 0."""
        lam = self.route.sheet.lam
        data = (
            lam,
            np.full_like(lam, c),
            curves.objective_at(self.route, lam, np.full_like(lam, c)),
        )
        return self.curve(data, lam, color, width)

    def level_of_zero(self) -> SurfaceCurve | None:
        """Where the objective is L(0) at another scale than 0; None where that is nowhere."""
        lam, scale = self.heights.level_of_zero()
        if len(lam) < 2:
            return None
        data = (lam, scale, np.full_like(lam, self.heights.zero))
        return self.curve(data, lam, self.palette.zero, THICK / 2, rim=1.5)

    def leg(self, leg: curves.Leg, color: str, width: float = THICK) -> SurfaceCurve:
        """One phase of a constructed path; it runs by the clock of the leg."""
        return self.curve((leg.lam, leg.scale, leg.objective), leg.clock, color, width)

    def legs(self, profile: str, color: str) -> list[SurfaceCurve]:
        """A constructed path, one curve a phase."""
        return [self.leg(leg, color) for leg in curves.legs(self.route, profile)]

    def ray(self, lam: float, color: str, width: float = THICK) -> SurfaceCurve:
        """The objective over c at one lambda; c runs."""
        scale = self.heights.scale
        where = np.full_like(scale, lam)
        data = (where, scale, curves.objective_at(self.route, where, scale))
        return self.curve(data, scale, color, width)


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
