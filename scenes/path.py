"""The main film: from random weights to trained ones, along a path that only goes down.

``manim render scenes/path.py`` renders it from the record of the default run, which is computed
first where there is none. ``CONSTRUCTION_RUN`` names another run or a record's file.
"""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Create,
    ValueTracker,
    VGroup,
    Write,
)

from construction.experiments.path import words as story
from construction.record.record import Route
from scenes import source
from scenes.figures import HALVES, NARROW, PANEL, WIDE, objective_plot, quadratic, scale_plot
from scenes.mobjects.fade import appear, vanish
from scenes.mobjects.formula import maths, words
from scenes.mobjects.marker import LambdaMarker
from scenes.mobjects.ray import RayPanel
from scenes.stage import Stage
from scenes.style import FORMULA, TEMPO, THIN, palette

#: Seconds in which lambda runs from 0 to 1.
RUN = 7.0


class Path(Stage):
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
        self.next_section("question")
        self.head("From random weights to trained ones")
        line = story.is_line(self.record.routes[0])
        base = maths(
            "W(lambda) = (1 - lambda) {{W(0):start}} + lambda {{W(1):stop}}"
            if line
            else "W(lambda), quad {{W(0):start}} arrow.r {{W(1):stop}}",
            size=FORMULA + 8,
            color=self.colors.ink,
            parts={"start": self.colors.empirical, "stop": self.colors.empirical},
        )
        ask = words(
            "Is there a way along which the loss only goes down?", color=self.colors.ink, size=36
        )
        VGroup(base, ask).arrange(DOWN, buff=0.8).shift(0.3 * UP)
        self.caption(
            f"Take {'the straight line' if line else 'a path'} from the initial weights to the "
            "trained ones."
        )
        self.play(Write(base), run_time=2 * TEMPO)
        self.rest(1)
        self.caption("Is there a path along which the loss only goes down?")
        self.play(*appear(ask), run_time=0.5 * TEMPO)
        self.rest(2)
        self.play(*vanish(base), *vanish(ask), run_time=0.5 * TEMPO)

    def straight_line(self, route: Route) -> None:
        """The empirical interpolation, and the level of the zero predictor."""
        self.next_section("straight-line")
        line = story.is_line(route)
        self.head(
            "The straight line, as Goodfellow et al. drew it (2014)"
            if line
            else "The objective along the base path"
        )
        self.show_footer(story.footer(self.record, route))
        self.route, self.lam = route, ValueTracker(0)
        plot = self.plot = objective_plot(route, NARROW, HALVES, self.colors)
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
        name = self.label(self.empirical, text, self.colors.empirical, later=later)
        self.play(*appear(name), run_time=0.5 * TEMPO)

        # the level of the all-zero predictor
        level = plot.level(route.sheet.d, self.colors.zero)
        zeros = np.full(2, route.sheet.d)
        guide = self.draw(plot, np.array([0.0, 1.0]), zeros, self.colors.zero)
        label = self.label(guide.curve, "$L(0)$, zero predictor", self.colors.zero, (UP, DOWN))
        self.caption("A network that always answers zero has the objective L(0).")
        self.play(Create(level), *appear(label), run_time=1 * TEMPO)
        self.rest(1.5)

    def one_ray(self) -> None:
        """At one lambda: the parabola over c, the level, the root."""
        self.next_section("one-ray")
        self.head("At every $lambda$: one number $c$, one crossing")
        self.profile = str(story.theorem_profile(self.route))
        self.lam.set_value(0.5)
        panel = self.panel = RayPanel(self.route, self.profile, PANEL, self.colors).show_lambda(0.5)
        formula = self.formula = quadratic(self.colors).move_to([4.1, 2.55, 0])
        marker = self.marker = LambdaMarker(self.plot, self.colors).show_lambda(0.5)
        self.empirical_dot.move_to(self.empirical.tip(0.5))

        self.caption("Multiply the last layer by c, and all outputs are multiplied by c.")
        self.play(*appear(marker, self.empirical_dot), run_time=0.5 * TEMPO)
        self.play(Write(formula), *appear(panel.plot), run_time=2 * TEMPO)
        self.caption("Over c the objective is a parabola that starts at L(0).")
        self.play(Create(panel.curve), *appear(panel.zero, panel.one), run_time=2 * TEMPO)
        self.rest(1)
        self.caption("Above L(0) it takes every value once, on its right branch.")
        self.play(Create(panel.level), *appear(panel.level_name), run_time=1 * TEMPO)
        self.play(*appear(panel.root), Create(panel.drop), run_time=1 * TEMPO)
        self.play(*appear(panel.caption, panel.number), run_time=0.5 * TEMPO)
        self.rest(1.5)

    def travel(self) -> None:
        """Lambda runs, the root moves, the constructed curve is drawn."""
        self.next_section("travel")
        self.head("Travel: at every $lambda$ a slightly lower level")
        leg = story.legs(self.route, self.profile)[0]
        drawn = self.draw_leg(self.plot, leg, leg.objective, self.colors.constructed)

        self.follow_lambda()
        self.play(self.lam.animate.set_value(0), run_time=1.2 * TEMPO)
        self.caption("The level falls all the way, and c makes the objective follow it.")
        self.run([drawn], self.lam, RUN)
        self.settle(self.panel, self.marker, self.empirical_dot)
        name = self.label(drawn.curve, "constructed", self.colors.constructed)
        self.play(*appear(name), run_time=0.5 * TEMPO)
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
        self.next_section("descend")
        self.head("Descend: at $lambda = 1$ lower $c$ down the same branch")
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
        self.play(*vanish(*curves, name), run_time=0.5 * TEMPO)

    def valley(self) -> None:
        """As low as the sheet allows: shrink first, then travel on the other branch."""
        self.next_section("valley")
        self.head("Lower still: forget first, then learn")
        theorem = story.theorem_profile(self.route)
        if theorem:
            panel, marker = self.panel, self.marker
            gone = (panel.plot, panel.caption, panel, self.formula, marker, self.empirical_dot)
            self.play(*vanish(*gone), run_time=0.5 * TEMPO)
        scales = scale_plot(self.route, self.colors)
        unscaled = scales.level(1, self.colors.empirical)
        grows = [
            self.draw_leg(scales, leg, leg.scale, self.colors.constructed).curve
            for leg in (story.legs(self.route, theorem) if theorem else ())
        ]
        self.caption(
            "The scale c itself" + (": the theorem's path lets it grow." if grows else ".")
        )
        self.play(*appear(scales, unscaled), run_time=1 * TEMPO)
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
        name = self.label(drawn.curve, "valley", self.colors.valley)
        self.play(*appear(name), run_time=0.5 * TEMPO)
        self.rest(2)

    def detour(self, route: Route) -> None:
        """A base path that is not nice: through a second network's solution."""
        self.next_section(route.name)
        self.head("A bad road on purpose: through another solution")
        self.play(*vanish(*[shown for shown in self.mobjects if shown is not self.title]))
        self.show_footer(story.footer(self.record, route))
        ticks = [(lam, f"{lam:g}") for lam, _ in route.vertices]
        plot = objective_plot(route, WIDE, ticks, self.colors)
        labels = VGroup(
            *[
                words(label, color=self.colors.dim).next_to(number, DOWN, buff=0.12)
                for (_, label), number in zip(route.vertices, plot.x_labels, strict=True)
            ]
        )
        level = plot.level(route.sheet.d, self.colors.zero)
        zero = words("$L(0)$", color=self.colors.zero)
        zero.next_to(plot.at(1, route.sheet.d), RIGHT, buff=0.15)
        self.play(*appear(plot, labels, level, zero))

        empirical = self.draw(plot, route.sheet.lam, route.empirical, self.colors.empirical)
        self.caption("Between two independent solutions the objective rises again.")
        self.run([empirical], ValueTracker(0), 3.5)
        name = self.label(empirical.curve, "$c = 1$", self.colors.empirical)
        self.play(*appear(name), run_time=0.5 * TEMPO)
        self.rest(1)

        self.caption("The constructed paths over the same road only go down.")
        for profile, color in self.roles(route).items():
            for leg in story.legs(route, profile):
                length = leg.phase.lam_stop - leg.phase.lam_start
                drawn = self.draw_leg(plot, leg, leg.objective, color)
                self.run([drawn], ValueTracker(leg.clock[0]), 1.5 + 2.5 * length)
                if length == 1:
                    name = "valley" if profile == "valley" else "constructed"
                    self.play(*appear(self.label(drawn.curve, name, color)), run_time=0.5 * TEMPO)
        self.rest(2)

    def verdict(self) -> None:
        """What was proved, what was checked, and what was not."""
        self.next_section("verdict")
        self.head("What is proved, and what was checked")
        self.play(*vanish(*[shown for shown in self.mobjects if shown is not self.title]))
        rows = VGroup()
        for statement, standing in story.findings(self.record):
            left = words(statement, color=self.colors.ink)
            sound = not standing.startswith("not")
            right = words(standing, color=self.colors.valley if sound else self.colors.zero)
            rows.add(VGroup(left.move_to([-6.3, 0, 0], LEFT), right.move_to([6.3, 0, 0], RIGHT)))
        rows.arrange(DOWN, buff=0.3, center=False).move_to([0, 0, 0])
        self.caption(
            "The theorem is proved on paper, its conditions on all of these paths; the weights "
            "themselves were checked at points."
            if story.proves(self.record)
            else "The theorem is proved on paper; on this run it was checked at points."
        )
        self.play(*appear(rows), run_time=1 * TEMPO)
        self.rest(5)

    def roles(self, route: Route) -> dict[str, str]:
        """The colour of each profile that is shown."""
        shown = {}
        if theorem := story.theorem_profile(route):
            shown[theorem] = self.colors.constructed
        if "valley" in route.journeys:
            shown["valley"] = self.colors.valley
        return shown
