"""What the acts of the main film share: the record, the theorem's profile, the sample, places."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, Mobject, ValueTracker, VGroup, linear

from construction.arrays import Array
from construction.experiments.path import curves, shown
from construction.experiments.path import words as story
from construction.experiments.path.heights import highest_scale
from construction.record.route import Route
from construction.record.sample import Sample
from scenes import source
from scenes.figures import BOTTOM, HALVES, TOP, Beats
from scenes.mobjects.bars import SmallBars
from scenes.mobjects.digits import Digits
from scenes.mobjects.formula import maths, words
from scenes.mobjects.number import LiveNumber
from scenes.mobjects.plot import Axis, Plot, decades
from scenes.mobjects.sheet import Sheet
from scenes.mobjects.surface_axes import SurfaceAxes
from scenes.style import LABEL, TEMPO, palette

#: Left end and widths of a cell with a digit and its small bars, and distances of cells.
CELL, CELL_BARS, ACROSS, DOWNWARD = 0.95, 1.75, 3.2, 1.17
#: Depth and height of a sheet in space, and its width for a room as wide as high.
DEEP, HIGH, WIDE = 3.7, 2.8, 4.0


class Film(Beats):
    """A stage with the record that is told of.

    Attributes:
        record: it; route: its first route.
        profile: the theorem's that is told, or None.
        sample: of that route, or None.
        which: of its inputs is looked at.
    """

    def open_record(self) -> None:
        """Take the theme and the record; to be called first."""
        self.set_stage(palette())
        self.record = source.record()
        self.route: Route = self.record.routes[0]
        self.profile = curves.theorem_profile(self.route)
        self.sample: Sample | None = self.route.sample
        self.which = shown.chosen(self.sample) if self.sample else 0

    def footer_of(self, route: Route) -> str:
        """What one sees on a route."""
        return story.footer(self.record, route)

    # --- plots -----------------------------------------------------------------------------------

    def over_route(
        self,
        route: Route,
        span: tuple[float, float],
        ticks: Sequence[tuple[float, str]] = HALVES,
        heights: tuple[float, float] = (BOTTOM, TOP),
    ) -> Plot:
        """Objectives over lambda, logarithmic, wide enough for every curve of the route."""
        low, high = curves.objective_range(route)
        marks = decades(low, high)
        if min(route.empirical) < low:  # the axis ends above the data, and says so
            marks[0] = (marks[0][0], f"<= {marks[0][1]}")
        y = Axis(low, high, *heights, marks, log=True)
        return Plot(Axis(0, 1, *span, ticks), y, "lambda", "objective (log scale)", self.colors)

    def roles(self, route: Route) -> dict[str, str]:
        """The colour of each profile that is shown."""
        found = {}
        if theorem := curves.theorem_profile(route):
            found[theorem] = self.colors.constructed
        if "valley" in route.journeys:
            found["valley"] = self.colors.valley
        return found

    def highest_scale(self, route: Route) -> float:
        """Up to which c is shown: a little more than on the paths that are told."""
        return highest_scale(route, list(self.roles(route)))

    def sheet_of(
        self, route: Route, angles: tuple[float, float], room: tuple[float, float, float, float]
    ) -> Sheet:
        """Its surface, seen from these angles in a room of the frame."""
        left, lower, right, upper = room
        box = (WIDE * (right - left) / (upper - lower), DEEP, HIGH)
        return Sheet(route, angles, self.colors, self.highest_scale(route), room=room, box=box)

    def axes_of(self, sheet: Sheet) -> SurfaceAxes:
        """Axes around a sheet that shares the frame; the plots beside it say that they are log."""
        return SurfaceAxes(sheet, ("lambda", "c", "objective"))

    # --- the sample ------------------------------------------------------------------------------

    def cells(self, sample: Sample, left: float, top: float) -> tuple[Digits, SmallBars]:
        """Two columns of inputs, each with its small bars, from the upper left corner."""
        count = shown.count(sample)
        rows = -(-count // 2)
        places = np.array(
            [
                [left + ACROSS * (k // rows) + CELL / 2, top - DOWNWARD * (k % rows) - CELL / 2]
                for k in range(count)
            ]
        )
        low, high = shown.small_range(sample)
        unit = (DOWNWARD - 0.1) / (high - low)
        starts = places + np.array([CELL / 2 + 0.15, -CELL / 2 - 0.08 - unit * low])
        digits = Digits(sample, places, CELL, self.colors)
        return digits, SmallBars(sample, starts, CELL_BARS, unit, self.colors)

    def bar_range(self) -> tuple[float, float]:
        """Lowest and highest output of the input that is looked at, times c, on any path."""
        return shown.scaled_range(self.route, self.which, list(self.roles(self.route)))

    # --- numbers that live -----------------------------------------------------------------------

    def live(
        self, name: str, place: Array, decimals: int, color: str, size: float = LABEL + 2
    ) -> tuple[VGroup, LiveNumber]:
        """A formula "name =" whose left end is at a place, and the number behind it."""
        symbol = maths(f"{name} =", size=size, color=color, parts={})
        symbol.move_to(place, aligned_edge=LEFT)
        pen = symbol.get_corner(DOWN + RIGHT) + 0.14 * RIGHT
        pen[1] = symbol[-1].get_center()[1] - 0.155 * size / 48
        return symbol, LiveNumber(pen, decimals, size, color)

    def drive(
        self,
        clock: ValueTracker,
        stop: float,
        seconds: float,
        show: Callable[[float], object],
        *moving: Mobject,
        rate: Callable[[float], float] = linear,
    ) -> None:
        """Let a clock run; `show` sets all that moves with it."""
        lead = moving[0]
        lead.add_updater(lambda _: show(clock.get_value()))
        self.add(*moving)
        self.still_to_back()
        self.bring_to_front(*moving)
        self.play(clock.animate.set_value(stop), rate_func=rate, run_time=seconds * TEMPO)
        self.settle(lead)
        show(stop)

    def note(self, text: str, color: str, place: Array, edge: Array = LEFT) -> Mobject:
        """Words at a place."""
        return words(text, color=color).move_to(place, aligned_edge=edge)
