"""The sheet g(lambda, c) alone: how it stands up, what its edge is, and the ways over it.

``manim render scenes/sheet.py`` renders it from the record of the default run; ``CONSTRUCTION_RUN``
names another run or a record's file.
"""

from collections.abc import Sequence

from manim import DEGREES, ValueTracker

from construction.experiments.path import curves
from construction.experiments.path import words as story
from construction.experiments.path.heights import highest_scale
from construction.palette import Palette
from construction.record.route import Route
from scenes import source
from scenes.figures import Beats
from scenes.mobjects.sheet import Sheet
from scenes.mobjects.surface import Front, Look, SurfaceCurve
from scenes.stage import Drawn
from scenes.style import TEMPO, palette

#: Turn and tilt: first, and after half a turn.
FIRST, BEHIND = (13 * DEGREES, 32 * DEGREES), (-162 * DEGREES, 48 * DEGREES)


class SheetAlone(Beats):
    """Parabolas stand up side by side; the line, the edge and the paths; half a turn."""

    def construct(self) -> None:
        """Tell the first route of the record."""
        self.set_stage(palette())
        self.record = source.record()
        self.route = self.record.routes[0]

        self.rays()
        self.edge()
        self.ways()
        self.turn()
        for route in self.record.routes[1:2]:
            self.another(route)

    def rays(self) -> None:
        """One curve over c for every lambda, side by side."""
        self.beat(
            "rays", "All objectives at once: the sheet", story.footer(self.record, self.route)
        )
        self.sheet = self.stand_up(self.route, FIRST)
        axes, front = self.sheet.edges(), Front(self.sheet, self.colors.ink)
        self.parts: list[SurfaceCurve] = []
        self.axes = axes
        self.caption("One curve over c for every lambda: what the last layer times c can reach.")
        self.fade_in(axes)
        grows = Look(self.sheet, axes, front, shown=1.0, run_time=5 * TEMPO)
        self.play(grows)
        self.add(self.sheet, axes)
        self.remove(front)
        if self.route.loss == "squared":
            self.caption("Each is a parabola: three numbers a lambda are the whole sheet.")
        self.rest(2)

    def edge(self) -> None:
        """At c = 0 every network is the zero predictor."""
        self.beat("edge", "Its edge $c = 0$ is one single level, $L(0)$")
        self.caption("At c = 0 all outputs are zero, whatever the other weights: one network.")
        self.trace_over(self.sheet.across(0.0, self.colors.zero), "$c = 0$: $L(0)$", 2)
        level = self.sheet.level_of_zero()
        if level:
            self.caption("The same level stands a second time on the sheet, farther up in c.")
            self.trace_over(level, "", 2)
        self.rest(1.5)

    def ways(self) -> None:
        """The base path and the constructed ones."""
        self.beat("ways", "Ways over it from $lambda = 0$ to $lambda = 1$")
        line = curves.is_line(self.route)
        self.caption("The weights themselves stay at c = 1.")
        name = "straight line, $c = 1$" if line else "base path, $c = 1$"
        self.trace_over(self.sheet.across(1.0, self.colors.empirical), name, 2.5)
        for profile, text, color, caption in shown_paths(self.route, self.colors):
            self.caption(caption)
            for k, leg in enumerate(self.sheet.legs(profile, color)):
                self.trace_over(leg, "" if k else text, 2.5 if leg.clock[-1] > 0.5 else 1)
        self.rest(2)

    def turn(self) -> None:
        """Half around, slowly."""
        self.beat("turn", "The same from behind")
        self.caption("Nothing moves but the eye.")
        self.fade_out(self.axes)
        self.play(Look(self.sheet, *self.parts, view=BEHIND), run_time=7 * TEMPO)
        self.axes = self.sheet.edges()
        self.fade_in(self.axes)
        self.rest(3)

    def another(self, route: Route) -> None:
        """The sheet over the second route, with all of its curves."""
        title = "A bad road on purpose: its sheet has a ridge"
        self.beat(route.name, title, story.footer(self.record, route), clear=True)
        sheet = self.sheet = self.stand_up(route, FIRST)
        self.axes, self.parts = sheet.edges(), []
        self.caption("Through the solution of a second network, and back up.")
        self.fade_in(self.axes)
        self.play(Look(sheet, self.axes, shown=1.0), run_time=3 * TEMPO)
        self.trace_over(sheet.across(0.0, self.colors.zero), "$L(0)$", 1)
        self.trace_over(sheet.across(1.0, self.colors.empirical), "$c = 1$", 2.5)
        for profile, text, color, _ in shown_paths(route, self.colors):
            self.caption("It climbs; these only go down.")
            for k, leg in enumerate(sheet.legs(profile, color)):
                self.trace_over(leg, "" if k else text, 2.5 if leg.clock[-1] > 0.5 else 1)
        self.rest(3)

    def stand_up(self, route: Route, angles: tuple[float, float]) -> Sheet:
        """The sheet of a route, of which nothing is shown yet."""
        names = [name for name, *_ in shown_paths(route, self.colors)]
        sheet = Sheet(route, angles, self.colors, highest_scale(route, names))
        sheet.look(sheet.view, 0.002)
        return sheet

    def trace_over(self, curve: SurfaceCurve, name: str, seconds: float) -> None:
        """Draw a curve on the sheet, and put its name into the row."""
        if name:
            self.name_in_row(name, curve.get_stroke_color().to_hex())
        self.parts.append(curve)
        self.run([Drawn(curve, curve.dot())], ValueTracker(float(curve.clock[0])), seconds)


def shown_paths(route: Route, colors: Palette) -> Sequence[tuple[str, str, str, str]]:
    """Profile, name, colour and caption of the theorem's path and of the valley."""
    theorem = curves.theorem_profile(route)
    paths = []
    if theorem:
        caption = "The theorem's path: at every lambda a lower level, then down at lambda = 1."
        paths.append((theorem, "travel, descend", colors.constructed, caption))
    if "valley" in route.journeys:
        caption = "The valley path: forget first, then learn along the floor."
        paths.append(("valley", "valley", colors.valley, caption))
    return paths
