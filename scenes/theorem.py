"""The theorem: what it states, its two phases, and the proof's own target under a magnifier."""

from manim import DOWN, LEFT, RIGHT, Create, Rectangle, VGroup

from construction.experiments.path import curves
from scenes.figures import BOTTOM, HALVES, TOP, stack
from scenes.film import Film
from scenes.mobjects.formula import maths, words
from scenes.mobjects.plot import Axis, Plot
from scenes.style import LABEL, MARGIN, SMALL, THIN

#: Ends of the plot in the frame, and of the magnified one.
PLOT, MAGNIFIED = (-5.6, 0.2), (2.35, 6.3)
#: What is said of travel and descent: the caption, and lines beside the plot.
PHASES = {
    "Travel: at every lambda a lower level.": (
        "travel: $lambda$ runs,",
        "the level falls with it",
    ),
    "Descend: lambda rests, and c goes down.": ("descend: $lambda$ stays at 1,", "$c$ goes down"),
}
#: The target of the proof itself.
TARGET = "v = (1 - lambda/3) L(W(0)) + lambda/3 max{L(0), L(W(1))}"


class Theorem(Film):
    """Statement, two phases, and how little of the drop the first one carries."""

    def construct(self) -> None:
        """Tell the proof's own path on the first route."""
        self.statement()
        if self.profile:
            self.profile = "paper" if "paper" in self.route.journeys else self.profile
            self.legs = curves.legs(self.route, self.profile)
            self.phases()
            self.magnifier()

    def statement(self) -> None:
        """Theorem 1, with the numbers of this network."""
        self.beat("statement", "Theorem 1 (Safran and Shamir 2016)", self.footer)
        second, colors = self.route.conditions.condition_2, self.colors
        low, high = f"{second.bound:.3g}", f"{second.value:.3g}"
        one = "1: at every $lambda$ some $c$ lifts the objective above $L(W(0))$"
        two = f"2: the zero predictor is lower, $L(0) < L(W(0))$: here ${low} < {high}$"
        if second.margin <= 0:
            two = f"2: $L(0) < L(W(0))$; here they are ${low}$ and ${high}$, and it fails"
        rows = [
            ("A loss convex in the outputs, a linear last layer,", colors.ink),
            ("weights $W(lambda)$ from the initial to the trained ones. If", colors.ink),
            (one, colors.constructed),
            (two, colors.zero),
            ("then a continuous path of weights leads from $W(0)$", colors.ink),
            ("to the objective of $W(1)$ and strictly decreases.", colors.ink),
        ]
        lines = VGroup(*[words(text, size=SMALL + 10, color=color) for text, color in rows])
        lines.arrange(DOWN, buff=0.36, aligned_edge=LEFT).move_to([-MARGIN, 0.35, 0], LEFT)
        for k, caption in enumerate(("What is assumed,", "two conditions,", "and what follows.")):
            self.caption(caption)
            self.enter(*lines[2 * k : 2 * k + 2], hold=2.5)

    def phases(self) -> None:
        """Travel, then descend, on one plot, the objective drawn to scale."""
        title, route = "The path that its proof constructs: two phases", self.route
        self.beat("phases", title, self.footer, clear=True)
        highest = max(float(leg.objective.max()) for leg in self.legs)
        top = max(1.12 * highest, 1.05 * float(route.empirical.max()))
        zero, start = route.sheet.d, float(self.legs[0].objective[0])
        ticks = [(0.0, "0"), (zero, f"{zero:.2g}"), (start, f"{start:.3g}")]
        if zero < 0.12 * top:
            del ticks[1]
        y = Axis(0, top, BOTTOM, TOP, ticks)
        self.plot = Plot(Axis(0, 1, *PLOT, HALVES), y, "lambda", "objective", self.colors)
        color = self.colors.empirical
        self.enter(Create(self.plot), seconds=1)
        self.caption("The straight line, to scale.")
        self.name_in_row("straight line, $c = 1$", color)
        self.run(self.plot.curve(route.sheet.lam, route.empirical, color), seconds=2)
        self.beside, color = VGroup(), self.colors.constructed
        for leg, (caption, lines) in zip(self.legs, PHASES.items(), strict=True):
            self.caption(caption)
            remark = stack(lines, color, size=LABEL + 4)
            self.beside.add(remark.move_to([1.35, 1.6 - 1.7 * len(self.beside), 0], LEFT))
            self.enter(remark)
            self.run(self.plot.curve(leg.lam, leg.objective, color, leg.clock), seconds=3, hold=1)
        self.rest(1.5)

    def magnifier(self) -> None:
        """The travel's own drop, and its share of all of it."""
        travel, last = self.legs[0], self.legs[-1]
        start, stop = (float(travel.objective[k]) for k in (0, -1))
        share = (start - stop) / (start - float(last.objective[-1]))
        title = f"Under a magnifier: travelling carries {100 * share:.3g}% of the drop"
        self.beat("magnifier", title)
        self.fade_out(self.beside)
        margin, ticks = 0.08 * (start - stop), [(v, f"{v:.4g}") for v in (stop, start)]
        y = Axis(stop - margin, start + margin, BOTTOM, TOP - 0.7, ticks)
        x = Axis(0, 1, *MAGNIFIED, HALVES)
        near = Plot(x, y, "lambda", "travel, magnified", self.colors)
        corner, opposite = self.plot.at([0, 1], [y.low, y.high])
        width, height = (opposite - corner)[:2]
        lens = Rectangle(width=float(width), height=float(max(height, 0.12)))
        lens.set_stroke(self.colors.ink, THIN).move_to((corner + opposite) / 2)
        self.caption("Magnified, the travel falls all the way: strictly, at every lambda.")
        self.enter(Create(lens), near, seconds=1)
        color = self.colors.constructed
        self.run(near.curve(travel.lam, travel.objective, color, travel.clock), seconds=3)
        if self.profile == "paper":
            target = maths(TARGET, size=SMALL, color=self.colors.level)
            self.caption("It follows the target of the proof; any that decreases would do.")
            self.enter(target.move_to([6.5, 2.7, 0], RIGHT))
        self.rest(1.5)
        rest = 100 * (1 - share)
        self.caption(f"The other {rest:.3g}% of the drop are the descent at lambda = 1.")
        self.rest(3.5)
