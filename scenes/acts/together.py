"""A route's sheet, plot and bars side by side: one path on all three at the same moment."""

from __future__ import annotations

import numpy as np
from manim import LEFT, Dot, Line, Mobject, ValueTracker, VGroup

from construction.arrays import Array
from construction.experiments.path import curves
from scenes.acts.film import Film
from scenes.mobjects.bars import SmallBars
from scenes.mobjects.curve import DataCurve
from scenes.mobjects.digits import Digits
from scenes.mobjects.formula import words
from scenes.style import DOT, SMALL, THIN

#: Turn and tilt, and where the sheet stands in the frame; ends of the plot, its
#: heights above bars and without them.
VIEW, ROOM = (-0.42, 0.42), (-5.1, -1.6, 0.8, 2.95)
PLOT, ABOVE, WHOLE = (2.2, 6.3), (0.45, 2.3), (-1.6, 2.3)
#: The digit's size and place; left end, width, zero and height of its bars.
DIGIT, PLACE = 1.1, (2.15, -1.5)
BARS_LEFT, BARS_WIDE, BARS_LOW, BARS_HIGH = 3.0, 3.3, -2.45, -0.65


class Together:
    """The three pictures of the first route, put on stage together.

    Attributes:
        sheet, plot: the first two.
        still: all that stands still.
        scale: the live number c.
    """

    def __init__(self, film: Film) -> None:
        route, colors, sample = film.route, film.colors, film.sample
        self.film, self.route, self.sample = film, route, sample
        self.sheet = film.sheet_of(route, VIEW, ROOM)
        axes = film.axes_of(self.sheet)
        line, edge = (
            self.sheet.across(1.0, colors.empirical),
            self.sheet.across(0.0, colors.zero),
        )
        self.plot = film.over_route(route, PLOT, heights=ABOVE if sample else WHOLE)
        lam = route.sheet.lam
        empirical = DataCurve(lam, self.plot.at(lam, route.empirical), colors.empirical)
        level = self.plot.level(route.sheet.d, colors.zero)
        self.still: list[Mobject] = [self.sheet, axes, line, edge, self.plot, level, empirical]
        self.bars: SmallBars | None = None
        if sample:
            digit = Digits(sample, np.array([PLACE]), DIGIT, colors, first=film.which)
            self.bars, target = self._bars()
            name = words("outputs", size=SMALL, color=colors.dim)
            name.move_to([BARS_LEFT, -0.45, 0], LEFT)
            self.still += [digit, self.bars, target, name]
        symbol, self.scale = film.live("c", np.array([-6.4, -2.2, 0]), 2, colors.constructed)
        self.still += [symbol]
        self.show(0.0, 1.0)

    def _bars(self) -> tuple[SmallBars, Line]:
        """Standing bars of the digit, and the level 1 across them."""
        film, sample = self.film, self.sample
        assert sample is not None, "asked with a sample"
        low, high = film.bar_range()
        unit = (BARS_HIGH - BARS_LOW) / (high - low)
        zero = np.array([[BARS_LEFT, BARS_LOW - unit * low]])
        bars = SmallBars(sample, zero, BARS_WIDE, unit, film.colors, first=film.which)
        place = int(bars.own[0].argmax())
        x, y = bars.x[0, place], float(zero[0, 1] + unit)
        target = Line([x - 1.6 * bars.half, y, 0], [x + 1.6 * bars.half, y, 0])
        return bars, target.set_stroke(
            film.colors.truth if bars.own.any() else film.colors.ink, THIN
        )

    def show(self, lam: float, c: float) -> None:
        """The bars and c at a point of the sheet."""
        self.scale.show_value(c)
        if self.bars and self.sample:
            outputs: Array = c * self.sample.outputs_at(lam)[self.film.which]
            self.bars.show_outputs(outputs[None])

    def name(self, text: str, color: str) -> Mobject:
        """What the path is called, below the sheet."""
        return words(text, color=color).move_to([-3.6, -2.2, 0], LEFT)

    def follow(self, leg: curves.Leg, color: str, seconds: float) -> None:
        """Draw a phase on sheet and plot while the bars are those of its points."""
        film = self.film
        on_sheet = self.sheet.leg(leg, color)
        on_plot = DataCurve(leg.clock, self.plot.at(leg.lam, leg.objective), color)
        dots = VGroup(*[Dot(radius=DOT, color=color) for _ in range(2)])

        def show(now: float) -> None:
            for curve, dot in zip((on_sheet, on_plot), dots, strict=True):
                curve.reveal(now)
                dot.move_to(curve.tip(now))
            lam, c = (float(np.interp(now, leg.clock, x)) for x in (leg.lam, leg.scale))
            self.show(lam, c)

        moving: list[Mobject] = [on_sheet, on_plot, dots, self.scale]
        moving += [self.bars] if self.bars else []
        film.drive(ValueTracker(float(leg.clock[0])), float(leg.clock[-1]), seconds, show, *moving)
        film.remove(dots)
