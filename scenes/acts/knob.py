"""Act 3, one knob: lambda stands still, the last layer is multiplied by c."""

from collections.abc import Callable

import numpy as np
from manim import LEFT, RIGHT, Create, Dot, Line, Mobject, ValueTracker, VGroup, Write, smooth

from construction import symbolic
from construction.experiments.path import curves
from construction.record.sample import Sample
from scenes.acts.film import Film
from scenes.mobjects.bars import OutputBars, bar_names, ruler
from scenes.mobjects.digits import Digits
from scenes.mobjects.fade import appear
from scenes.mobjects.formula import TypstPrinter, maths
from scenes.mobjects.network import Network
from scenes.mobjects.plot import Axis, Plot
from scenes.mobjects.sheet import scale_ticks
from scenes.style import DOT, LABEL, TEMPO, THIN

#: Where lambda stands still.
AT = 0.5
#: Lowest and highest unit; places of columns; span of bars; of the plot; a digit and its place.
SPAN, COLUMNS, BARS = (-1.55, 1.75), (-4.3, -2.95, -1.6), (-0.75, 1.65)
PLOT, ALONE, HEIGHTS = (3.1, 6.3), (-4.5, 4.5), (-1.6, 1.5)
DIGIT, PLACE = 1.3, (-6.0, 0.1)


def tell(film: Film) -> None:
    """With the sample, or the ray alone."""
    title = "One knob: multiply the last layer by $c$"
    film.beat("one-knob", title, film.footer_of(film.route), clear=True)
    sample = film.sample
    ray = Ray(film, PLOT if sample else ALONE)
    turning: list[Callable[[float], object]] = [ray.drawn_by]
    moving: list[Mobject] = []
    symbol, number = film.live(
        "c", np.array([-2.3 if sample else -6.3, 2.75, 0]), 2, film.colors.constructed
    )
    fixed = maths(f"lambda = {AT:g}", size=LABEL, color=film.colors.dim, parts={})
    fixed.move_to([-5.2 if sample else -6.0, 2.75 if sample else 2.0, 0])

    film.caption("Lambda stands still. One number c multiplies all weights into the outputs.")
    if sample:
        network, bars = built(film, sample)
        turning += [lambda c: network.edges.show_scale(AT, c)]
        turning += [lambda c: bars.show_outputs(c * sample.outputs_at(AT)[film.which])]
        moving += [network.edges, bars]
    number.show_value(1.0)
    film.fade_in(symbol, number, fixed)
    film.play(Create(ray.plot), Write(ray.formula), run_time=1.5 * TEMPO)
    film.fade_in(ray.dot)

    shape = "a parabola" if film.route.loss == "squared" else "convex"
    film.caption(f"All outputs grow by the same factor, and the objective is {shape} in c.")
    high = ray.plot.x.high

    def turn(c: float) -> None:
        number.show_value(c)
        for one in turning:
            one(c)

    clock = ValueTracker(1.0)
    film.drive(clock, high * 0.999, 3, turn, number, *moving, *ray.right)
    film.caption("At c = 0 all outputs are zero, whatever the weights: that is L(0).")
    film.drive(clock, 0.0, 4, turn, number, *moving, *ray.left, rate=smooth)
    film.fade_in(ray.zero, ray.zero_name)
    film.rest(2.5)
    if film.profile is None:
        return
    film.caption("Above L(0) every level is met once where the curve climbs.")
    level = ray.level(film)
    film.play(Create(level[0]), *appear(level[1]), run_time=1 * TEMPO)
    film.drive(clock, ray.root, 2, turn, number, *moving, ray.dot, rate=smooth)
    film.rest(2.5)


def built(film: Film, sample: Sample) -> tuple[Network, OutputBars]:
    """The input, the network and its bars, put on stage."""
    digits = Digits(sample, np.array([PLACE]), DIGIT, film.colors, first=film.which)
    network = Network(sample, COLUMNS, SPAN, film.colors).show_lambda(AT, film.which)
    bars = OutputBars(sample, film.which, network.rows, BARS, film.bar_range(), film.colors)
    bars.show_outputs(sample.outputs_at(AT)[film.which])
    start = np.array([PLACE[0] + DIGIT / 2 + 0.1, PLACE[1], 0])
    lines = VGroup(
        *[Line(start, [*to, 0]).set_stroke(film.colors.dim, THIN / 2) for to in network.places[0]]
    )
    names = bar_names(sample, network.rows, COLUMNS[-1] + 0.55, film.colors)
    film.fade_in(digits, lines, network, network.sizes(), names, ruler(bars, (0, 1), film.colors))
    film.fade_in(bars)
    return network, bars


class Ray:
    """The parabola over c at one lambda, as two curves: one right of c = 1, one left of it.

    Attributes:
        plot, formula, right, left, dot, zero, zero_name: parts, to be shown in turn.
        root: the scale of the theorem's target at this lambda.
    """

    def __init__(self, film: Film, span: tuple[float, float]) -> None:
        route, colors = film.route, film.colors
        highest = film.highest_scale(route)
        c, g = curves.parabola(route, AT, highest, points=241)
        self.heights = (c, g)
        top = 1.08 * float(g.max())
        x = Axis(0, highest, *span, scale_ticks(highest))
        zero = route.sheet.d
        # L(0) stands where a tick of its own would
        apart = [tick for tick in curves.round_ticks(top) if abs(tick[0] - zero) > 0.13 * top]
        y = Axis(0, top, *HEIGHTS, apart)
        self.plot = Plot(x, y, "c", "objective", colors)
        self.plot.x_name.set_color(colors.constructed)
        printer = TypstPrinter({"c": "{{c:c}}", "d": "{{L(0):zero}}"})
        squared = route.loss == "squared"
        g_of_c = printer.doprint(symbolic.quadratic()) if squared else "L({{c:c}} N(W(lambda)))"
        parts = {"c": colors.constructed, **({"zero": colors.zero} if squared else {})}
        self.formula = maths(
            "g(lambda, {{c:c}}) = " + g_of_c, size=38, color=colors.ink, parts=parts
        )
        self.formula.move_to([min(6.85, span[1] + 0.5), 2.65, 0], aligned_edge=RIGHT)
        one = float(np.interp(1.0, c, g))
        above, below = c >= 1, c <= 1
        up = film.draw(self.plot, np.append(1.0, c[above]), np.append(one, g[above]), colors.ink)
        down_c, down_g = np.append(c[below], 1.0)[::-1], np.append(g[below], one)[::-1]
        down = film.draw(self.plot, down_c, down_g, colors.ink, 1 - down_c)
        self.dot = Dot(self.plot.at(1, one), radius=DOT, color=colors.constructed)
        self.right, self.left = (up.curve, self.dot), (down.curve, self.dot)
        self.up, self.down = up, down
        self.up.curve.reveal(1.0)
        self.down.curve.reveal(0.0)
        self.seen = [1.0, 1.0]
        self.zero = Dot(self.plot.at(0, zero), radius=DOT, color=colors.zero)
        self.zero_name = maths("L(0)", size=LABEL, color=colors.zero, parts={})
        self.zero_name.next_to(self.plot.at(0, zero), LEFT, buff=0.2)
        self.root = curves.root_at(route, film.profile, AT) if film.profile else 1.0
        self.colors = colors

    def drawn_by(self, c: float) -> None:
        """The dot at c, and the parabola as far as c has been."""
        self.seen = [min(c, self.seen[0]), max(c, self.seen[1])]
        self.up.curve.reveal(self.seen[1])
        self.down.curve.reveal(1 - self.seen[0])
        self.dot.move_to(self.plot.at(c, float(np.interp(c, *self.heights))))

    def level(self, film: Film) -> VGroup:
        """The level of the theorem's target, and its name."""
        height = float(np.interp(self.root, *self.heights))
        line = self.plot.level(height, self.colors.level)
        name = maths("v", size=LABEL + 2, color=self.colors.level, parts={})
        beside = self.plot.at(self.plot.x.high, max(height, 0.16 * self.plot.y.high))
        name.next_to(beside, np.array([1.0, 0, 0]), buff=0.12)
        return VGroup(line, name)
