"""The sheet g(lambda, c) alone: how it stands up, what its edge is, and the ways over it."""

from manim import DEGREES

from construction.experiments.path import curves
from scenes.film import Film
from scenes.mobjects.sheet import Sheet
from scenes.mobjects.surface import Look, SurfaceCurve

#: Turn and tilt: first, so that what falls on the sheet falls in the picture, and from behind.
FIRST, BEHIND = (-16 * DEGREES, 24 * DEGREES), (-162 * DEGREES, 48 * DEGREES)
#: What is said of the constructed paths.
THEOREM = "The theorem's path: at every lambda a lower level, then down at lambda = 1."
VALLEY = "The valley path: forget first, then learn along the floor."


class SheetAlone(Film):
    """Parabolas stand up side by side; the line, the edge and the paths; half a turn."""

    def construct(self) -> None:
        """Tell the first route of the record."""
        self.parts: list[SurfaceCurve] = []
        self.rays()
        self.edge()
        self.ways()
        self.turn()

    def rays(self) -> None:
        """One curve over c for every lambda, side by side."""
        self.beat("rays", "All objectives at once: the sheet", self.footer)
        self.caption("One curve over c for every lambda: what the last layer times c can reach.")
        highest = self.highest_scale(self.route)
        self.sheet = Sheet(self.route, FIRST, self.colors, highest, shown=0.002)
        self.axes = self.stand_up(self.sheet, self.sheet.edges(), 5)
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
        self.caption("The weights themselves stay at c = 1.")
        line = self.sheet.across(1.0, self.colors.empirical)
        self.trace_over(line, f"{self.base}, $c = 1$", 2.5)
        for profile, color in self.roles(self.route).items():
            valley = profile == "valley"
            name = "valley" if valley else "travel, descend"
            self.caption(VALLEY if valley else THEOREM)
            for k, leg in enumerate(curves.legs(self.route, profile)):
                seconds = 2.5 if leg.clock[-1] > 0.5 else 1
                self.trace_over(self.sheet.leg(leg, color), "" if k else name, seconds)
        self.rest(2)

    def turn(self) -> None:
        """Half around, slowly."""
        self.beat("turn", "The same from behind")
        self.caption("Nothing moves but the eye.")
        self.fade_out(self.axes)
        self.enter(Look(self.sheet, *self.parts, angles=BEHIND), seconds=7)
        self.enter(self.sheet.edges(), hold=3)

    def trace_over(self, curve: SurfaceCurve, name: str, seconds: float) -> None:
        """Draw a curve on the sheet, and put its name into the row."""
        if name:
            self.name_in_row(name, curve.get_stroke_color().to_hex())
        self.parts.append(curve)
        self.run(curve, seconds=seconds)
