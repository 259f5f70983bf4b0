"""The main film: from random weights to trained ones, along a path that only goes down.

``manim render scenes/path.py`` renders it from the record of the default run, which is computed
first where there is none. ``CONSTRUCTION_RUN`` names another run or a record's file.
"""

from collections.abc import Sequence

from manim import DOWN, RIGHT, Create, ValueTracker, Write

from construction import symbolic
from construction.experiments.path import words as story
from construction.record.record import Route
from scenes import source
from scenes.figures import BOTTOM, HALVES, NARROW, PANEL, TOP, WIDE, Beats
from scenes.mobjects.fade import appear
from scenes.mobjects.formula import TypstPrinter, maths, words
from scenes.mobjects.marker import LambdaMarker
from scenes.mobjects.plot import Axis, Plot, decades
from scenes.mobjects.ray import RayPanel
from scenes.style import FORMULA, TEMPO, THIN, palette

#: Seconds in which lambda runs from 0 to 1.
RUN = 7.0


class Path(Beats):
    """The straight line, one ray, travel, descent, the valley, and a bad road taken on purpose."""

    def construct(self) -> None:
        """Tell the record's routes in turn."""
        self.set_stage(palette())
        self.record = source.record()

        self.question()
        self.straight_line(self.record.routes[0])
        if story.theorem_profile(self.route):
            self.one_ray()
            self.travel()
            self.descend()
        if "valley" in self.route.journeys:
            self.valley()
        for route in self.record.routes[1:]:
            self.detour(route)
        self.verdict()

    def question(self) -> None:
        """What is asked."""
        self.beat("question", "From random weights to trained ones")
        line = story.is_line(self.record.routes[0])
        path = "the straight line" if line else "a path"
        ask = "Is there a way along which the loss only goes down?"
        self.state(
            "W(lambda) = (1 - lambda) {{W(0):start}} + lambda {{W(1):stop}}"
            if line
            else "W(lambda), quad {{W(0):start}} arrow.r {{W(1):stop}}",
            words(ask, color=self.colors.ink, size=36),
            (
                f"Take {path} from the initial weights to the trained ones.",
                "Is there a path along which the loss only goes down?",
            ),
            pause=1,
            hold=2,
            start=self.colors.empirical,
            stop=self.colors.empirical,
        )

    def straight_line(self, route: Route) -> None:
        """The empirical interpolation, and the level of the zero predictor."""
        line = story.is_line(route)
        straight = "The straight line, as Goodfellow et al. drew it (2014)"
        title = straight if line else "The objective along the base path"
        self.beat("straight-line", title, story.footer(self.record, route), clear=True)
        self.route, self.lam = route, ValueTracker(0)
        plot = self.plot = self.over_route(route, NARROW, HALVES)
        drawn = self.draw(plot, route.sheet.lam, route.empirical, self.colors.empirical)
        self.empirical, self.empirical_dot = drawn

        self.play(Create(plot), run_time=1 * TEMPO)
        self.caption("The objective along it, on a logarithmic scale.")
        self.run([drawn], self.lam, 3.5)
        text = f"{'straight line' if line else 'base path'}, $c = 1$"
        later = [
            self.draw_leg(plot, leg, leg.objective, color).curve
            for profile, color in self.roles(route).items()
            for leg in story.legs(route, profile)
        ]
        self.fade_in(self.label(self.empirical, text, self.colors.empirical, later=later))
        self.caption("A network that always answers zero has the objective L(0).")
        self.show_zero_level(plot, route.sheet.d)
        self.rest(1.5)

    def one_ray(self) -> None:
        """At one lambda: the parabola over c, the level, the root."""
        self.beat("one-ray", "At every $lambda$: one number $c$, one crossing")
        self.profile = str(story.theorem_profile(self.route))
        self.lam.set_value(0.5)
        panel = self.panel = RayPanel(self.route, self.profile, PANEL, self.colors).show_lambda(0.5)
        printer = TypstPrinter({"c": "{{c:c}}", "d": "{{L(0):zero}}"})
        formula = self.formula = maths(
            "g(lambda, {{c:c}}) = " + printer.doprint(symbolic.quadratic()),
            size=FORMULA,
            color=self.colors.ink,
            parts={"c": self.colors.constructed, "zero": self.colors.zero},
        ).move_to([4.1, 2.55, 0])
        marker = self.marker = LambdaMarker(self.plot, self.colors).show_lambda(0.5)
        self.empirical_dot.move_to(self.empirical.tip(0.5))

        self.caption("Multiply the last layer by c, and all outputs are multiplied by c.")
        self.fade_in(marker, self.empirical_dot)
        self.play(Write(formula), *appear(panel.plot), run_time=2 * TEMPO)
        self.caption("Over c the objective is a parabola that starts at L(0).")
        self.play(Create(panel.curve), *appear(panel.zero, panel.one), run_time=2 * TEMPO)
        self.rest(1)
        self.caption("Above L(0) it takes every value once, on its right branch.")
        self.play(Create(panel.level), *appear(panel.level_name), run_time=1 * TEMPO)
        self.play(*appear(panel.root), Create(panel.drop), run_time=1 * TEMPO)
        self.fade_in(panel.caption, panel.number)
        self.rest(1.5)

    def travel(self) -> None:
        """Lambda runs, the root moves, the constructed curve is drawn."""
        self.beat("travel", "Travel: at every $lambda$ a slightly lower level")
        leg = story.legs(self.route, self.profile)[0]
        drawn = self.draw_leg(self.plot, leg, leg.objective, self.colors.constructed)

        self.follow_lambda()
        self.play(self.lam.animate.set_value(0), run_time=1.2 * TEMPO)
        self.caption("The level falls all the way, and c makes the objective follow it.")
        self.run([drawn], self.lam, RUN)
        self.settle(self.panel, self.marker, self.empirical_dot)
        self.fade_in(self.label(drawn.curve, "constructed", self.colors.constructed))
        self.rest(1)

    def follow_lambda(self) -> None:
        """From here on the panel, the marker and the dot of the empirical curve follow lambda."""
        self.panel.add_updater(lambda panel: panel.show_lambda(self.lam.get_value()))
        self.marker.add_updater(lambda marker: marker.show_lambda(self.lam.get_value()))
        self.empirical_dot.add_updater(
            lambda dot: dot.move_to(self.empirical.tip(self.lam.get_value()))
        )
        self.add(self.panel, self.marker, self.empirical_dot)
        self.still_to_back()

    def descend(self) -> None:
        """At lambda = 1 the scale falls along the right branch."""
        self.beat("descend", "Descend: at $lambda = 1$ lower $c$ down the same branch")
        leg = next(
            leg for leg in story.legs(self.route, self.profile) if leg.phase.name == "descend"
        )
        drawn = self.draw_leg(self.plot, leg, leg.objective, self.colors.constructed)
        share = ValueTracker(0)

        self.panel.add_updater(
            lambda panel: panel.show_lambda(1.0, leg.phase.scale_at(share.get_value()))
        )
        self.caption("Until the objective is that of the trained weights.")
        self.run([drawn], share, 3.5)
        self.settle(self.panel)
        self.rest(1)
        if "paper" in self.route.journeys and self.profile != "paper":
            self.papers_own()

    def papers_own(self) -> None:
        """The proof's own target: nearly all of the drop is the descent."""
        name = words("the proof's own target", color=self.colors.constructed)
        name.next_to(self.plot.at(1, self.plot.y.high), DOWN, buff=0).align_to(
            self.plot.at(0.98, 1), RIGHT
        )
        curves = [
            self.draw_leg(self.plot, leg, leg.objective, self.colors.constructed).curve
            for leg in story.legs(self.route, "paper")
        ]
        for curve in curves:
            curve.set_stroke(width=THIN)
        self.caption("The proof's own target leaves most of the drop to the descent.")
        self.play(*[Create(curve) for curve in curves], *appear(name), run_time=1.5 * TEMPO)
        self.rest(2)
        self.fade_out(*curves, name)

    def valley(self) -> None:
        """As low as the sheet allows: shrink first, then travel on the other branch."""
        self.beat("valley", "Lower still: forget first, then learn")
        theorem = story.theorem_profile(self.route)
        if theorem:
            panel, marker = self.panel, self.marker
            gone = (panel.plot, panel.caption, panel, self.formula, marker, self.empirical_dot)
            self.fade_out(*gone)
        names = ("lambda", "scale $c$ (log scale)")
        x = Axis(0, 1, *PANEL, HALVES)
        scales = self.objective_plot(x, story.scale_range(self.route), names)
        unscaled = scales.level(1, self.colors.empirical)
        grows = [
            self.draw_leg(scales, leg, leg.scale, self.colors.constructed).curve
            for leg in (story.legs(self.route, theorem) if theorem else ())
        ]
        self.caption(
            "The scale c itself" + (": the theorem's path lets it grow." if grows else ".")
        )
        self.fade_in(scales, unscaled, seconds=1)
        if grows:
            self.play(*[Create(curve) for curve in grows], run_time=1 * TEMPO)
        self.rest(1)

        for leg in story.legs(self.route, "valley"):
            shrinks = leg.phase.name == "shrink"
            self.caption(
                "Move the last layer to the best scale, nearly the zero predictor."
                if shrinks
                else "Follow nearly the lowest objective that never has to rise again."
            )
            drawn = self.draw_leg(self.plot, leg, leg.objective, self.colors.valley)
            below = self.draw_leg(scales, leg, leg.scale, self.colors.valley)
            length = leg.phase.lam_stop - leg.phase.lam_start
            self.run([drawn, below], ValueTracker(leg.clock[0]), 2 if shrinks else 1 + 4 * length)
        self.fade_in(self.label(drawn.curve, "valley", self.colors.valley))
        self.rest(2)

    def detour(self, route: Route) -> None:
        """A base path that is not nice: through a second network's solution."""
        footer = story.footer(self.record, route)
        title = "A bad road on purpose: through another solution"
        self.beat(route.name, title, footer, clear=True)
        ticks = [(lam, f"{lam:g}") for lam, _ in route.vertices]
        plot = self.over_route(route, WIDE, ticks)
        labels = [
            words(label, color=self.colors.dim).next_to(number, DOWN, buff=0.12)
            for (_, label), number in zip(route.vertices, plot.x_labels, strict=True)
        ]
        level = plot.level(route.sheet.d, self.colors.zero)
        zero = words("$L(0)$", color=self.colors.zero)
        zero.next_to(plot.at(1, route.sheet.d), RIGHT, buff=0.15)
        self.play(*appear(plot, *labels, level, zero))

        color = self.colors.empirical
        self.caption("Between two independent solutions the objective rises again.")
        drawn = self.draw(plot, route.sheet.lam, route.empirical, color)
        empirical = self.trace(drawn, 3.5)
        self.fade_in(self.label(empirical, "$c = 1$", color))
        self.rest(1)

        self.caption("The constructed paths over the same road only go down.")
        for profile, color in self.roles(route).items():
            for leg in story.legs(route, profile):
                length = leg.phase.lam_stop - leg.phase.lam_start
                drawn = self.draw_leg(plot, leg, leg.objective, color)
                self.run([drawn], ValueTracker(leg.clock[0]), 1.5 + 2.5 * length)
                if length == 1:
                    name = "valley" if profile == "valley" else "constructed"
                    self.fade_in(self.label(drawn.curve, name, color))
        self.rest(2)

    def verdict(self) -> None:
        """What was proved, what was checked, and what was not."""
        colors = self.colors
        self.beat("verdict", "What is proved, and what was checked", clear=True)
        rows = [
            (statement, standing, colors.zero if standing.startswith("not") else colors.valley)
            for statement, standing in story.findings(self.record)
        ]
        self.caption(
            "The theorem is proved on paper, its conditions on all of these paths; the weights "
            "themselves were checked at points."
            if story.proves(self.record)
            else "The theorem is proved on paper; on this run it was checked at points."
        )
        self.fade_in(self.statements(rows, 0.6), seconds=1)
        self.rest(5)

    def over_route(
        self, route: Route, span: tuple[float, float], ticks: Sequence[tuple[float, str]]
    ) -> Plot:
        """Objectives over lambda, logarithmic, wide enough for every curve of the route."""
        low, high = story.objective_range(route)
        heights = decades(low, high)
        if min(route.empirical) < low:  # the axis ends above the data, and says so
            heights[0] = (heights[0][0], f"<= {heights[0][1]}")
        y = Axis(low, high, BOTTOM, TOP, heights, log=True)
        return Plot(Axis(0, 1, *span, ticks), y, "lambda", "objective (log scale)", self.colors)

    def roles(self, route: Route) -> dict[str, str]:
        """The colour of each profile that is shown."""
        shown = {}
        if theorem := story.theorem_profile(route):
            shown[theorem] = self.colors.constructed
        if "valley" in route.journeys:
            shown["valley"] = self.colors.valley
        return shown
