"""The sheet of a route as a surface, with the paths on it; what is drawn is the record's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from construction.arrays import Array
from construction.experiments.path import words as story
from construction.experiments.path.heights import BEND, Heights, bent
from construction.palette import Palette
from construction.record.record import Route
from scenes.mobjects.plot import Axis, BentAxis, decades
from scenes.mobjects.relief import View
from scenes.mobjects.surface import Surface, SurfaceCurve
from scenes.mobjects.surface_axes import SurfaceAxes
from scenes.style import THICK

#: Ticks of c, of which those are taken that stand apart on its axis by this share of it.
SCALES, APART = (0, 1, 2, 3, 5, 10, 20, 50, 100, 1000, 10_000), 0.13


class Sheet(Surface):
    """``g(lambda, c)`` of a route, its height logarithmic.

    Args:
        route: of a record.
        heights: of it, see `construction.experiments.path.heights`.
        view: from where one looks first.
        palette: of the theme.
    """

    def __init__(self, route: Route, heights: Heights, view: View, palette: Palette) -> None:
        self.route, self.heights = route, heights
        low, high = heights.lowest, float(heights.objective.max())
        highest = float(heights.scale[-1])
        lam = Axis(0, 1, 0, 1, [(where, f"{where:g}") for where, _ in route.vertices])
        scale = BentAxis(0, highest, 0, 1, scale_ticks(highest), bend=BEND)
        objective = Axis(low, high, 0, 1, decades(low, high), log=True)
        axes = (lam, scale, objective)
        super().__init__(axes, heights.lam, heights.scale, heights.objective, view, palette)

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
        """Where the objective is L(0) at another scale than 0, lambda by lambda; None if nowhere."""
        lam, scale = story.level_of_zero(self.route)
        inside = (scale > 0) & (scale <= self.heights.scale[-1])
        if inside.sum() < 2:
            return None
        data = (lam[inside], scale[inside], np.full(int(inside.sum()), self.heights.zero))
        return self.curve(data, lam[inside], self.palette.zero, THICK / 2)

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
    [(0.0, '0'), (1.0, '1'), (2.0, '2')]
    """
    chosen: list[float] = []
    full = float(bent(highest))
    for value in SCALES:
        share = float(bent(value)) / full
        if share <= 1 and all(abs(share - float(bent(one)) / full) >= APART for one in chosen):
            chosen.append(float(value))
    return [(value, f"{value:g}") for value in chosen]
