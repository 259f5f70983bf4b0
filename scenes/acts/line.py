"""Act 2, the straight line: all weights move at once, and the objective draws itself."""

from collections.abc import Callable

import numpy as np
from manim import DOWN, LEFT, RIGHT, Create, Dot, Mobject, Write

from construction.experiments.path import curves
from construction.record.route import Route
from scenes.figures import HALVES, WIDE
from scenes.film import Film
from scenes.mobjects.formula import LiveNumber, maths, words
from scenes.mobjects.plot import Ticks
from scenes.mobjects.sample import Digits, SmallBars
from scenes.mobjects.shapes import Dashes
from scenes.style import DOT, LABEL, MARGIN

#: Ends of the plot beside the digits, and their upper left corner.
PLOT, LEFT_END, HIGHEST = (0.9, 6.0), -6.6, 2.9
#: Lower and upper end of the plot.
HEIGHTS = (-1.3, 1.7)
#: Width of a cell with a digit, of its small bars, and distances of cells.
CELL, CELL_BARS, ACROSS, DOWNWARD = 0.95, 1.75, 3.2, 1.17
#: Seconds in which lambda runs from 0 to 1.
RUN = 6.0


def tell(film: Film) -> None:
    """The objective along the base path, beside what the digits get."""
    route, color, line = film.route, film.colors.empirical, film.base == "straight line"
    title = "The straight line: all weights move at once" if line else "The objective along a path"
    film.beat("straight-line", title, film.footer, clear=True)
    how = "every weight at its own constant speed" if line else "by a path that may bend"
    film.caption(f"From W(0) to W(1), {how}.")
    road = Road(film, route, HALVES)
    told = "W(lambda) = (1 - lambda) W(0) + lambda W(1)" if line else "W(lambda)"
    formula = maths(told, size=38, color=color)
    formula.move_to([min(MARGIN, sum(road.span) / 2 + formula.width / 2), 2.75, 0], RIGHT)
    film.enter(Create(road.plot), Write(formula), seconds=1.5)
    road.place_digits()
    film.caption("The objective over all training images; the bars are outputs for unseen digits.")
    film.rest(1)
    road.run(0.0, 1.0, RUN)
    film.caption(
        "Here it goes down by itself; on other roads it does not."
        if (np.diff(route.empirical) < 0).all()
        else "It does not go down all the way: nothing on this road makes it."
    )
    film.rest(2)


class Road:
    """The empirical curve of a route and the outputs of its sample, as lambda runs.

    Attributes:
        plot, span: over lambda, beside the digits where there are any, and its ends in the frame.
        moving: the curve with its dot, a marker with lambda, bars, and how many inputs are right.
    """

    def __init__(self, film: Film, route: Route, ticks: Ticks) -> None:
        self.film, self.sample, color = film, route.sample, film.colors.empirical
        self.span = PLOT if route.sample else WIDE
        self.plot = film.over_route(route, self.span, HEIGHTS, ticks)
        self.curve = self.plot.curve(route.sheet.lam, route.empirical, color)
        self.dot = Dot(radius=DOT, color=color)
        foot, top = self.plot.at(0, [self.plot.y.low, self.plot.y.high])
        self.marker = Dashes(foot, top, film.colors.dim)
        place = np.array([sum(self.span) / 2 - 0.8, HEIGHTS[0] - 0.8, 0])
        symbol, self.number = film.live("lambda", place, film.colors.ink)
        self.moving: list[Mobject] = [self.curve, self.marker, symbol, self.number, self.dot]
        self.shows: list[Callable[[float], object]] = [self.move]

    def move(self, lam: float) -> None:
        """The curve, the marker and its number at a lambda."""
        self.dot.move_to(self.curve.reveal(lam))
        self.marker.set_x(float(self.plot.x.place(lam)))
        self.number.show_value(lam)

    def place_digits(self) -> None:
        """Digits with their bars, the marker, and how many are right, all at lambda = 0."""
        sample, colors = self.sample, self.film.colors
        if sample:
            count = curves.count(sample)
            rows = -(-count // 2)
            column, row = np.divmod(np.arange(count), rows)
            places = np.stack([LEFT_END + ACROSS * column, HIGHEST - DOWNWARD * row], axis=-1)
            places += [CELL / 2, -CELL / 2]
            shown = sample.outputs[:, :count]
            low, high = min(0.0, float(shown.min())), max(1.0, float(shown.max()))
            unit = (DOWNWARD - 0.1) / (high - low)
            starts = places + np.array([CELL / 2 + 0.15, -CELL / 2 - 0.08 - unit * low])
            digits = Digits(sample, places, CELL, colors)
            bars = SmallBars(sample, starts, CELL_BARS, unit, colors)
            self.shows.append(lambda lam: bars.show_outputs(sample.outputs_at(lam)[: len(digits)]))
            self.moving.append(bars)
            self.film.enter(digits)
        if sample and sample.labels is not None:
            foot = np.array([LEFT_END, HIGHEST - DOWNWARD * rows - 0.22, 0])
            after = words(f"of {count} right", color=colors.ink).move_to(foot + 0.35 * RIGHT, LEFT)
            number = LiveNumber(foot + 0.12 * DOWN, 0, LABEL, colors.ink)
            self.shows.append(lambda lam: number.show_value(float(curves.right(sample, lam) or 0)))
            self.moving += [after, number]
        self.show(0.0)
        self.film.enter(*self.moving)

    def show(self, lam: float) -> None:
        """Everything at a lambda."""
        for one in self.shows:
            one(lam)

    def run(self, start: float, stop: float, seconds: float) -> None:
        """Let lambda run."""
        self.film.drive(start, stop, seconds, self.show, *self.moving)
