"""One lambda, one number c, one crossing: the intermediate value theorem, convexity, the root."""

import numpy as np
import sympy as sp
from manim import DOWN, LEFT, Create, Dot, Line, VGroup, Write

from construction import symbolic
from construction.errors import InputError
from construction.experiments.path import curves
from scenes.acts import knob
from scenes.acts.knob import AT
from scenes.figures import stack
from scenes.film import Film
from scenes.mobjects.formula import maths, typst, words
from scenes.mobjects.shapes import Dashes
from scenes.style import DOT, FORMULA, SMALL, THIN

#: The plot in the frame: left, right, lower and upper end; the words beside start here.
LEFT_END, RIGHT_END, BOTTOM, TOP, BESIDE = -5.75, 0.9, -1.75, 2.0, 2.1


class Ray(Film):
    """The parabola at one lambda, and why it meets the level once."""

    def construct(self) -> None:
        """Tell one lambda of the first route."""
        route = self.route
        if route.loss != "squared":
            raise InputError(
                "a record of the squared loss, whose rays are parabolas",
                f"one of the loss {route.loss!r}",
                "The films `sheet` and `path` tell it.",
            )
        profile = self.profile or next(iter(route.journeys))
        self.here = curves.sheet_at(route, AT)
        self.level = float(np.interp(AT, route.sheet.lam, route.journeys[profile].target))
        self.root = curves.root_at(route, profile, AT)

        self.over_c()
        self.between()
        self.once()
        self.solved()

    def over_c(self) -> None:
        """The objective over c is a parabola that starts from L(0)."""
        self.beat("over-c", f"One $lambda = {AT}$, one knob $c$", self.footer)
        highest = max(1.35 * self.root, 1.5)
        self.ray = ray = knob.Ray(self, (LEFT_END, RIGHT_END), highest, (BOTTOM, TOP))
        self.plot = ray.plot
        ray.formula.move_to([BESIDE, 1.7, 0], LEFT)
        self.caption("The last layer times c makes all outputs c times as large.")
        self.enter(Create(ray.plot), Write(ray.formula), seconds=1.5)
        self.caption("Squared loss: over c the objective is a parabola. At c = 0 it is L(0).")
        self.enter(ray.zero, ray.zero_name)
        ray.show_scale(0)
        ray.show_scale(highest)
        self.enter(Create(ray.curve), seconds=2, hold=2)

    def between(self) -> None:
        """Below the level at c = 0, above it at some c: in between it takes the value."""
        self.beat("between", "It takes the level: below at first, above in the end")
        plot, top, color = self.plot, self.plot.x.high, self.colors.level
        line, name = self.ray.level_at(self.root, color)
        above = Dot(plot.at(top, self.ray.height(top)), radius=DOT, color=self.colors.ink)
        argument = self.say(
            f"$L(0) = {self.here.d:.3g}$ is below",
            f"the level $v = {self.level:.3g}$,",
            "some $c$ is above it,",
            "so one $c$ is at $v$",
        )
        self.caption("The level lies above L(0), by condition 2.")
        self.enter(Create(line), name, argument[0], argument[1], seconds=1)
        self.caption("By condition 1 some c lifts the objective above the level.")
        self.enter(above, argument[2])
        self.caption("A continuous curve cannot get from below to above without passing it.")
        crossing = Dot(plot.at(self.root, self.level), radius=1.3 * DOT)
        self.enter(crossing.set_color(self.colors.constructed), argument[3], hold=3)
        self.gone = [argument, above]

    def once(self) -> None:
        """Convex: past the crossing it stays above the chord, which rises."""
        self.beat("once", "It takes it once: the curve is convex")
        self.fade_out(*self.gone)
        plot, slope = self.plot, (self.level - self.here.d) / self.root
        ends = np.array([0, min(plot.x.high, (plot.y.high - self.here.d) / slope)])
        chord = Line(*plot.at(ends, self.here.d + slope * ends))
        chord.set_stroke(self.colors.zero, THIN)
        argument = self.say(
            "before: below the chord,", "after: above it, and it rises,", "so no second crossing"
        )
        self.caption("Draw the chord from L(0) to the crossing, and on beyond it.")
        self.enter(Create(chord), seconds=1.5)
        self.caption("A convex curve lies below its chord, and above it beyond.")
        self.enter(argument[0], argument[1])
        self.caption("The chord rises: so the level is met once, at a slope, never touched.")
        self.enter(argument[2], hold=3)
        self.gone = [argument, chord]

    def solved(self) -> None:
        """Sympy's root, with the numbers of the record."""
        self.beat("solved", "And $c$ is the root of a quadratic")
        self.fade_out(*self.gone)
        colors, a, b = self.colors, float(self.here.a[0]), float(self.here.b[0])
        above = sp.Symbol("e", positive=True)  # the level, over L(0)
        roots = sp.solve(sp.Eq(symbolic.QUADRATIC, symbolic.d + above), symbolic.c)
        numbers = {symbolic.a: a, symbolic.b: b, above: self.level - self.here.d}
        right = max(roots, key=lambda one: float(one.subs(numbers)))
        formula = typst(sp.together(right), e="({{v:level}} - {{L(0):zero}})")
        named = {"zero": colors.zero, "level": colors.level}
        root = maths(f"c = {formula}", size=SMALL + 2, color=colors.ink, **named)
        values = words(f"$a = {a:.3g}, b = {b:.3g}$", color=colors.dim)
        text = f"$c = {float(right.subs(numbers)):.4g}$"
        result = words(text, size=FORMULA, color=colors.constructed)
        rows = VGroup(root, values, result).arrange(DOWN, buff=0.45, aligned_edge=LEFT)
        rows.move_to([BESIDE, -0.35, 0], LEFT)
        crossing, foot = self.plot.at(self.root, [self.level, 0])
        self.caption("Three numbers a lambda give the crossing in closed form.")
        self.enter(Write(root), seconds=1.5)
        self.enter(values)
        self.enter(Create(Dashes(crossing, foot, colors.constructed)), result, seconds=1)
        self.caption("A little further along lambda it is a little elsewhere: c is continuous.")
        self.rest(4)

    def say(self, *lines: str) -> VGroup:
        """An argument beside the plot, line by line."""
        return stack(lines, self.colors.ink).move_to([BESIDE, -0.1, 0], LEFT)
