"""The sheet of a route as a surface, with the paths on it; what is drawn is the record's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from construction.experiments.path import words as story
from construction.experiments.path.heights import BEND, Heights, bent
from construction.palette import Palette
from construction.record.record import Route
from scenes.mobjects.plot import Axis, BentAxis, decades
from scenes.mobjects.surface import ROOM, Surface, SurfaceCurve
from scenes.mobjects.surface_axes import SurfaceAxes
from scenes.style import THICK

#: Ticks of c, of which those are taken that stand apart on its axis by this share of it.
SCALES, APART = (0, 1, 2, 3, 5, 10, 20, 50, 100, 1000, 10_000), 0.13
#: Share of the height below which no tick stands, so that it keeps clear of those on the ground.
LOWEST = 0.1


class Sheet(Surface):
    """``g(lambda, c)`` of a route, its height logarithmic.

    Args:
        route: of a record.
        heights: of it, see `construction.experiments.path.heights`.
        angles: turn and tilt from which one looks first, see `View`.
        palette: of the theme.
        room: of the frame that it fills, without its labels.
    """

    def __init__(
        self,
        route: Route,
        heights: Heights,
        angles: tuple[float, float],
        palette: Palette,
        room: tuple[float, float, float, float] = ROOM,
    ) -> None:
        self.route, self.heights = route, heights
        low, high = heights.lowest, float(heights.objective.max())
        highest = float(heights.scale[-1])
        lam = Axis(0, 1, 0, 1, [(where, f"{where:g}") for where, _ in route.vertices])
        scale = BentAxis(0, highest, 0, 1, scale_ticks(highest), bend=BEND)
        objective = Axis(low, high, 0, 1, (), log=True)
        heights_shown = [one for one in decades(low, high) if objective.place(one[0]) > LOWEST]
        axes = (lam, scale, replace(objective, ticks=heights_shown))
        grid = (heights.lam, heights.scale, heights.objective)
        super().__init__(axes, *grid, palette, angles=angles, room=room)

    @property
    def axis_words(self) -> str:
        """What the vertical axis shows; it says where it is cut."""
        cut = float(self.heights.objective.min()) < 0.5 * self.heights.lowest
        return f"objective (log scale{f', cut at {self.heights.lowest:.1g}' if cut else ''})"

    def edges(self) -> SurfaceAxes:
        """Axes around it."""
        return SurfaceAxes(self, ("lambda", "c", self.axis_words))

    def straight(self) -> SurfaceCurve:
        """The base path, c = 1."""
        lam = self.route.sheet.lam
        data = (lam, np.ones_like(lam), self.route.empirical)
        return self.curve(data, lam, self.palette.empirical, THICK)

    def zero_edge(self) -> SurfaceCurve:
        """The edge c = 0, on which the objective is L(0) for every lambda."""
        lam = self.route.sheet.lam
        data = (lam, np.zeros_like(lam), np.full_like(lam, self.heights.zero))
        return self.curve(data, lam, self.palette.zero, THICK)

    def level(self) -> SurfaceCurve | None:
        """Where the objective is L(0) at another scale than 0; None where that is nowhere."""
        lam, scale = self.heights.level_of_zero()
        if len(lam) < 2:
            return None
        data = (lam, scale, np.full_like(lam, self.heights.zero))
        return self.curve(data, lam, self.palette.zero, THICK / 2, rim=1.5)

    def legs(self, profile: str, color: str) -> list[SurfaceCurve]:
        """A constructed path, one curve a phase; each runs by the clock of its leg."""
        return [
            self.curve((leg.lam, leg.scale, leg.objective), leg.clock, color, THICK)
            for leg in story.legs(self.route, profile)
        ]

    def parabola(self, k: int, color: str, width: float = THICK) -> SurfaceCurve:
        """The objective over c at the k-th lambda of the grid; c runs."""
        heights = self.heights
        lam = np.full_like(heights.scale, heights.lam[k])
        data = (lam, heights.scale, heights.objective[k])
        return self.curve(data, heights.scale, color, width)


def scale_ticks(highest: float) -> list[tuple[float, str]]:
    """Ticks of an axis of c from 0 to the highest scale, far enough apart for their labels.

    >>> scale_ticks(3.2)
    [(0.0, '0'), (1.0, '1'), (2.0, '2'), (3.0, '3')]
    """
    chosen: list[float] = []
    full = float(bent(highest))
    for value in SCALES:
        share = float(bent(value)) / full
        if share <= 1 and all(abs(share - float(bent(one)) / full) >= APART for one in chosen):
            chosen.append(float(value))
    return [(value, f"{value:g}") for value in chosen]
