"""Act 2, the straight line: all weights move at once, and the objective draws itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from manim import DOWN, LEFT, RIGHT, Create, Mobject, ValueTracker, Write

from construction.experiments.path import curves, shown
from construction.record.route import Route
from construction.record.sample import Sample
from scenes.acts.film import DOWNWARD, Film
from scenes.figures import HALVES, WIDE
from scenes.mobjects.curve import DataCurve
from scenes.mobjects.fade import appear
from scenes.mobjects.formula import maths, words
from scenes.mobjects.marker import LambdaMarker
from scenes.mobjects.number import LiveNumber
from scenes.mobjects.plot import Plot
from scenes.style import LABEL, TEMPO

#: Ends of the plot beside the digits, and their upper left corner.
PLOT, LEFT_END, HIGHEST = (0.9, 6.0), -6.6, 2.9
#: Lower and upper end of the plot.
HEIGHTS = (-1.3, 1.7)
#: Seconds in which lambda runs from 0 to 1.
RUN = 6.0


def tell(film: Film) -> None:
    """The objective along the base path, beside what the digits get."""
    line, route = curves.is_line(film.route), film.route
    title = "The straight line: all weights move at once" if line else "The objective along a path"
    film.beat("straight-line", title, film.footer_of(route), clear=True)
    film.caption("From W(0) to W(1), every weight at its own constant speed.")
    road = Road.laid(film, route, HALVES)
    formula = maths(
        "W(lambda) = (1 - lambda) W(0) + lambda W(1)" if line else "W(lambda)",
        size=38,
        color=film.colors.empirical,
        parts={},
    )
    formula.move_to([min(6.8, sum(road.span) / 2 + formula.width / 2), 2.75, 0], RIGHT)
    film.play(Create(road.plot), Write(formula), run_time=1.5 * TEMPO)
    road.place_digits(film)
    film.caption("The objective over all training images; the bars are outputs for unseen digits.")
    film.rest(1)
    road.run(film, 1.0, RUN)
    film.caption("Here it goes down by itself; on other roads it does not.")
    name = f"{'straight line' if line else 'base path'}, $c = 1$"
    film.fade_in(film.label(road.curve, name, film.colors.empirical))
    film.rest(2)


@dataclass
class Road:
    """The empirical curve of a route and the outputs of its sample, as lambda runs.

    Attributes:
        plot, span: over lambda, and its ends in the frame.
        curve: the objective at c = 1.
        shows, moving: what is set at each lambda, and what then moves.
    """

    route: Route
    plot: Plot
    span: tuple[float, float]
    curve: DataCurve
    clock: ValueTracker
    shows: list[Callable[[float], object]]
    moving: list[Mobject] = field(default_factory=list)

    @classmethod
    def laid(cls, film: Film, route: Route, ticks: Sequence[tuple[float, str]]) -> Road:
        """Its plot, beside the digits where there are any."""
        span = PLOT if route.sample else WIDE
        plot = film.over_route(route, span, ticks, HEIGHTS)
        curve, dot = film.draw(plot, route.sheet.lam, route.empirical, film.colors.empirical)
        marker = LambdaMarker(plot, film.colors)

        def move(lam: float) -> None:
            curve.reveal(lam)
            dot.move_to(curve.tip(lam))
            marker.show_lambda(lam)

        return cls(route, plot, span, curve, ValueTracker(0), [move], [curve, marker, dot])

    def place_digits(self, film: Film) -> None:
        """Digits with their bars, the marker, and how many are right, all at lambda = 0."""
        sample = self.route.sample
        if sample:
            count = shown.count(sample)
            digits, bars = film.cells(sample, LEFT_END, HIGHEST)
            self.shows.append(lambda lam: bars.show_outputs(sample.outputs_at(lam)[:count]))
            self.moving.append(bars)
            film.fade_in(digits)
        if sample and sample.labels is not None:
            after, number = counted(film, sample)
            film.fade_in(after, seconds=0.3)
            self.shows.append(lambda lam: number.show_value(float(shown.right(sample, lam) or 0)))
            self.moving.append(number)
        self.show(0.0)
        film.play(*appear(*self.moving), run_time=0.5 * TEMPO)

    def show(self, lam: float) -> None:
        """Everything at a lambda."""
        for one in self.shows:
            one(lam)

    def run(self, film: Film, stop: float, seconds: float) -> None:
        """Let lambda run."""
        film.drive(self.clock, stop, seconds, self.show, *self.moving)


def counted(film: Film, sample: Sample) -> tuple[Mobject, LiveNumber]:
    """Words below the digits for how many are right, and the number before them, which lives."""
    rows = -(-shown.count(sample) // 2)
    foot = np.array([LEFT_END, HIGHEST - DOWNWARD * rows - 0.22, 0])
    number = LiveNumber(foot + 0.12 * DOWN, 0, LABEL, film.colors.ink)
    after = words(f"of {shown.count(sample)} right", size=LABEL, color=film.colors.ink)
    return after.move_to(foot + 0.35 * RIGHT, LEFT), number
