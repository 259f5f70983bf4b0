"""What films of a record share: its first route, the theorem's profile, the sample, the sheet."""

from manim import DOWN, LEFT, RIGHT, VGroup

from construction.arrays import Array
from construction.experiments.path import curves
from construction.experiments.path import words as story
from construction.record.route import Route
from scenes import source
from scenes.figures import HALVES, Figures
from scenes.mobjects.formula import LiveNumber, maths
from scenes.mobjects.plot import Axis, Plot, Ticks, log_axis
from scenes.mobjects.relief import Angles, Room
from scenes.mobjects.sheet import Sheet
from scenes.style import LABEL, Ends

#: Depth and height of a sheet that shares the frame, in space, and its width for a square room.
DEEP, HIGH, WIDE = 3.7, 2.8, 4.0


class Film(Figures):
    """A stage with a record and its first route.

    Attributes:
        base, footer: what that route is called, and what one sees on it.
        profile: the theorem's that is told, or None.
        sample: of that route, or None; which: of its inputs is looked at.
    """

    def setup(self) -> None:
        """Take the theme and the record, before `construct`."""
        super().setup()
        self.record = source.record()
        self.route = self.record.routes[0]
        self.base = "straight line" if self.route.name == "line" else "base path"
        self.footer = story.footer(self.record, self.route)
        self.profile = curves.theorem_profile(self.route)
        self.sample = self.route.sample
        self.which = curves.chosen(self.sample) if self.sample else 0

    def over_route(self, route: Route, span: Ends, heights: Ends, ticks: Ticks = HALVES) -> Plot:
        """Objectives over lambda, logarithmic, wide enough for every curve of the route."""
        x, y = Axis(0, 1, *span, ticks), log_axis(curves.objectives(route), *heights)
        return Plot(x, y, "lambda", "objective (log scale)", self.colors)

    def roles(self, route: Route) -> dict[str, str]:
        """The colour of each profile that is shown."""
        theorem = curves.theorem_profile(route) or ""
        colors = {theorem: self.colors.constructed, "valley": self.colors.valley}
        return {name: color for name, color in colors.items() if name in route.journeys}

    def highest_scale(self, route: Route) -> float:
        """Up to which c is shown: a little more than on the paths that are told."""
        return curves.highest_scale(route, list(self.roles(route)))

    def sheet_in(self, room: Room, route: Route, angles: Angles) -> Sheet:
        """Its surface, seen from these angles in a room of the frame that it shares."""
        left, lower, right, upper = room
        box = (WIDE * (right - left) / (upper - lower), DEEP, HIGH)
        return Sheet(route, angles, self.colors, self.highest_scale(route), room=room, box=box)

    def bar_range(self) -> Ends:
        """Lowest and highest output of the input that is looked at, times c, on any path."""
        return curves.scaled_range(self.route, self.which, list(self.roles(self.route)))

    def live(self, name: str, place: Array, color: str) -> tuple[VGroup, LiveNumber]:
        """A formula, "c =", whose left end is at a place, and the number behind it."""
        size = LABEL + 2
        symbol = maths(f"{name} =", size=size, color=color).move_to(place, aligned_edge=LEFT)
        pen = symbol.get_corner(DOWN + RIGHT) + 0.14 * RIGHT
        pen[1] = symbol[-1].get_center()[1] - 0.155 * size / 48
        return symbol, LiveNumber(pen, 2, size, color)
