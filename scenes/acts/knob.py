"""Act 3, one knob: lambda stands still, the last layer is multiplied by c."""

from collections.abc import Callable

import numpy as np
from manim import LEFT, RIGHT, Create, Dot, Mobject, VGroup, Write, smooth

from construction import symbolic
from construction.experiments.path import curves
from construction.record.sample import Sample
from scenes.film import Film
from scenes.mobjects.formula import maths, stand, typst
from scenes.mobjects.network import Network
from scenes.mobjects.plot import Axis, Plot, round_ticks
from scenes.mobjects.sample import Digits, OutputBars
from scenes.mobjects.sheet import scale_ticks
from scenes.style import DOT, LABEL, MARGIN, Ends

#: Where lambda stands still.
AT = 0.5
#: Lowest and highest unit; places of columns; span of bars; of the plot; a digit and its place.
SPAN, COLUMNS, BARS = (-1.55, 1.75), (-4.3, -2.95, -1.6), (-0.75, 1.65)
PLOT, ALONE, HEIGHTS = (3.1, 6.3), (-4.5, 4.5), (-1.6, 1.5)
DIGIT, PLACE = 1.3, (-6.0, 0.1)


def tell(film: Film) -> None:
    """With the sample, or the ray alone."""
    film.beat("one-knob", "One knob: multiply the last layer by $c$", film.footer, clear=True)
    sample, color = film.sample, film.colors.constructed
    ray = Ray(film, PLOT if sample else ALONE, film.highest_scale(film.route))
    turning: list[Callable[[float], object]] = [ray.show_scale]
    symbol, number = film.live("c", np.array([-2.3 if sample else -6.3, 2.75, 0]), color)
    moving: list[Mobject] = [number]
    fixed = maths(f"lambda = {AT:g}", size=LABEL, color=film.colors.dim)
    fixed.move_to([-5.2 if sample else -6.0, 0, 0])
    stand(fixed, symbol.get_bottom()[1] - (0 if sample else 0.75))

    film.caption("Lambda stands still. One number c multiplies all weights into the outputs.")
    number.show_value(1.0)
    film.enter(symbol, number, fixed)
    if sample:
        network, bars = built(film, sample)
        turning += [lambda c: network.edges.show_scale(AT, c)]
        turning += [lambda c: bars.show_outputs(c * sample.outputs_at(AT)[film.which])]
        moving += [network.edges, bars]
    film.enter(Create(ray.plot), Write(ray.formula), seconds=1.5)
    film.enter(ray.dot)

    def turn(start: float, stop: float, seconds: float) -> None:
        def show(c: float) -> None:
            number.show_value(c)
            for one in turning:
                one(c)

        film.drive(start, stop, seconds, show, *moving, ray.curve, ray.dot, rate=smooth)

    shape = "a parabola" if film.route.loss == "squared" else "convex"
    film.caption(f"All outputs grow by the same factor, and the objective is {shape} in c.")
    high = ray.plot.x.high * 0.999
    turn(1.0, high, 3)
    film.caption("At c = 0 all outputs are zero, whatever the weights: that is L(0).")
    turn(high, 0.0, 4)
    film.enter(ray.zero, ray.zero_name, hold=2.5)
    if film.profile is None:
        return
    film.caption("Above L(0) every level is met once where the curve climbs.")
    root = curves.root_at(film.route, film.profile, AT)
    level, name = ray.level_at(root, film.colors.level)
    film.enter(Create(level), name, seconds=1)
    turn(0.0, root, 2)
    film.rest(2.5)


def built(film: Film, sample: Sample) -> tuple[Network, OutputBars]:
    """The input, the network and its bars, put on stage."""
    digits = Digits(sample, np.array([PLACE]), DIGIT, film.colors, first=film.which)
    network = Network(sample, COLUMNS, SPAN, film.colors).show_lambda(AT, film.which)
    bars = OutputBars(sample, film.which, network.rows, BARS, film.bar_range(), film.colors)
    bars.show_outputs(sample.outputs_at(AT)[film.which])
    scale, lines = bars.ruler(COLUMNS[-1] + 0.55, film.colors), network.fed_by(digits, 0)
    film.enter(digits, lines, network, network.sizes(), scale)
    film.enter(bars)
    return network, bars


class Ray:
    """The objective over c at one lambda, drawn as far as c has been on either side of 1.

    Attributes:
        plot, formula, curve, dot, zero, zero_name: parts, to be shown in turn.
    """

    def __init__(self, film: Film, span: Ends, highest: float, heights: Ends = HEIGHTS) -> None:
        route, colors, zero = film.route, film.colors, film.route.sheet.d
        self.c = np.linspace(0, highest, 241)
        self.g = curves.objective_at(route, np.full_like(self.c, AT), self.c)
        top = 1.08 * float(self.g.max())
        x = Axis(0, highest, *span, scale_ticks(highest))
        # L(0) stands where a tick of its own would
        apart = [tick for tick in round_ticks(0, top, 3)[1:] if abs(tick[0] - zero) > 0.13 * top]
        self.plot = Plot(x, Axis(0, top, *heights, apart), "c", "objective", colors)
        self.plot.x_name.set_color(colors.constructed)
        g_of_c, parts = "L({{c:c}} N(W(lambda)))", {"c": colors.constructed}
        if route.loss == "squared":
            g_of_c = typst(symbolic.QUADRATIC, c="{{c:c}}", d="{{L(0):zero}}")
            parts["zero"] = colors.zero
        self.formula = maths("g(lambda, {{c:c}}) = " + g_of_c, size=38, color=colors.ink, **parts)
        self.formula.move_to([min(MARGIN, span[1] + 0.5), 2.65, 0], aligned_edge=RIGHT)
        self.seen = (1.0, 1.0)
        self.curve = self.plot.curve(self.c, self.g, colors.ink)
        self.dot = Dot(radius=DOT, color=colors.constructed)
        self.show_scale(1.0)
        self.zero = Dot(self.plot.at(0, zero), radius=DOT, color=colors.zero)
        self.zero_name = maths("L(0)", size=LABEL, color=colors.zero)
        self.zero_name.next_to(self.zero.get_center(), LEFT, buff=0.2)

    def height(self, c: float) -> float:
        """The objective at a scale."""
        return float(np.interp(c, self.c, self.g))

    def show_scale(self, c: float) -> None:
        """The dot at c, and the curve as far as c has been."""
        low, high = self.seen = (min(c, self.seen[0]), max(c, self.seen[1]))
        within = self.c[(self.c > low) & (self.c < high)]
        shown = np.array([low, *within, high])
        self.curve.set_points_as_corners(self.plot.at(shown, np.interp(shown, self.c, self.g)))
        self.dot.move_to(self.plot.at(c, self.height(c)))

    def level_at(self, c: float, color: str) -> VGroup:
        """The level that is met at a scale, and its name."""
        height = self.height(c)
        name = maths("v", size=LABEL + 2, color=color)
        beside = self.plot.at(self.plot.x.high, max(height, 0.16 * self.plot.y.high))
        return VGroup(self.plot.level(height, color), name.next_to(beside, RIGHT, buff=0.12))
