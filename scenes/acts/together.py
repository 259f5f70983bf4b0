"""Acts 5 and 6: travel and descend, and the valley; on sheet, plot and bars at the same moment."""

import numpy as np
from manim import LEFT, Line, Mobject

from construction.arrays import Array
from construction.experiments.path import curves
from scenes.film import Film
from scenes.mobjects.formula import words
from scenes.mobjects.sample import Digits, SmallBars
from scenes.style import SMALL, THIN

#: Turn and tilt, and where the sheet stands in the frame; ends of the plot, its
#: heights above bars and without them.
VIEW, ROOM = (-0.42, 0.42), (-5.1, -1.6, 0.8, 2.95)
PLOT, ABOVE, WHOLE = (2.2, 6.3), (0.45, 2.3), (-1.6, 2.3)
#: The digit's size and place; left end, width, zero and height of its bars.
DIGIT, PLACE = 1.1, (2.15, -1.5)
BARS_LEFT, BARS_WIDE, BARS_LOW, BARS_HIGH = 3.0, 3.3, -2.45, -0.65
#: Below which share of itself c leaves hardly any outputs; chosen here.
FORGETS = 0.1
#: Seconds in which lambda runs from 0 to 1 along the theorem's path and the valley; and in which
#: the last layer shrinks at its beginning, or c is turned down at the end.
RUN, VALLEY, SHRINK, FALL = 7.0, 6.0, 2.5, 3.0


def tell(film: Film) -> None:
    """The theorem's path, and the valley; each where the record has it."""
    if film.profile:
        travel_and_descend(film, film.profile)
    if "valley" in film.route.journeys:
        forget_and_learn(film)


def travel_and_descend(film: Film, profile: str) -> None:
    """The theorem's path."""
    film.beat("travel", "Travel: hold a level that falls", film.footer, clear=True)
    together, color = Together(film), film.colors.constructed
    film.caption(
        "At each lambda the level is a little lower; c is turned until the objective has it."
    )
    film.enter(*together.still, together.scale, seconds=1, hold=0.5)
    travel, descend = curves.legs(film.route, profile)
    together.name("constructed", color)
    together.follow(travel, color, RUN)
    film.rest(1.5)

    film.beat("descend", "Descend: at $lambda = 1$ turn $c$ down")
    film.caption("The weights before the last layer are those of W(1); lower c until L(W(1)).")
    together.follow(descend, color, FALL)
    film.rest(2.5)


def forget_and_learn(film: Film) -> None:
    """The valley path: along the floor of the sheet."""
    film.beat("valley", "Lower still: forget first, then learn", film.footer, clear=True)
    together, color = Together(film), film.colors.valley
    film.enter(*together.still, together.scale, seconds=1)
    together.name("valley", color)
    for leg in curves.legs(film.route, "valley"):
        rests = leg.phase.name != "travel"
        told = "Then follow nearly the lowest objective that never has to rise again."
        if rests:
            told = "Here lambda rests, and c turns to where the way goes on."
        if leg.phase.scale_stop < FORGETS * leg.phase.scale_start and rests:
            told = "Shrink the last layer: the network forgets, its outputs are nearly zero."
        film.caption(told)
        length = leg.phase.lam_stop - leg.phase.lam_start
        together.follow(leg, color, SHRINK if rests else max(1.0, VALLEY * length))
    film.rest(2.5)


class Together:
    """The sheet, the plot and the bars of the first route side by side.

    Attributes:
        sheet, plot: the first two.
        still: all that stands still.
        scale: the live number c.
    """

    def __init__(self, film: Film) -> None:
        route, colors, sample = film.route, film.colors, film.sample
        self.film = film
        self.sheet = film.sheet_in(ROOM, route, VIEW)
        line, edge = self.sheet.across(1.0, colors.empirical), self.sheet.across(0.0, colors.zero)
        self.plot = film.over_route(route, PLOT, ABOVE if sample else WHOLE)
        empirical = self.plot.curve(route.sheet.lam, route.empirical, colors.empirical)
        level = self.plot.level(route.sheet.d, colors.zero)
        axes = self.sheet.edges()
        self.still: list[Mobject] = [self.sheet, axes, line, edge, self.plot, level, empirical]
        self.bars = self._bars() if sample else None
        symbol, self.scale = film.live("c", np.array([-6.4, -2.2, 0]), colors.constructed)
        self.still.append(symbol)
        self.show(0.0, 1.0)

    def _bars(self) -> SmallBars:
        """Standing bars of the digit, and the level 1 across them, beside it."""
        film, sample, colors = self.film, self.film.sample, self.film.colors
        assert sample is not None, "asked with a sample"
        low, high = film.bar_range()
        unit = (BARS_HIGH - BARS_LOW) / (high - low)
        zero = np.array([[BARS_LEFT, BARS_LOW - unit * low]])
        bars = SmallBars(sample, zero, BARS_WIDE, unit, colors, first=film.which)
        x, y = bars.x[0, int(bars.own[0].argmax())], float(zero[0, 1] + unit)
        target = Line([x - 1.6 * bars.half, y, 0], [x + 1.6 * bars.half, y, 0])
        target.set_stroke(colors.truth if bars.own.any() else colors.ink, THIN)
        digit = Digits(sample, np.array([PLACE]), DIGIT, colors, first=film.which)
        name = words("outputs", size=SMALL, color=colors.dim).move_to([BARS_LEFT, -0.45, 0], LEFT)
        self.still += [digit, bars, target, name]
        return bars

    def show(self, lam: float, c: float) -> None:
        """The bars and c at a point of the sheet."""
        self.scale.show_value(c)
        if self.bars and self.film.sample:
            outputs: Array = c * self.film.sample.outputs_at(lam)[self.film.which]
            self.bars.show_outputs(outputs[None])

    def name(self, text: str, color: str) -> None:
        """Say below the sheet what the path is called."""
        self.film.enter(words(text, color=color).move_to([-3.6, -2.2, 0], LEFT), seconds=0.3)

    def follow(self, leg: curves.Leg, color: str, seconds: float) -> None:
        """Draw a phase on sheet and plot while the bars are those of its points."""
        on_plot = self.plot.curve(leg.lam, leg.objective, color, leg.clock)

        def show(now: float) -> None:
            lam, c = (float(np.interp(now, leg.clock, x)) for x in (leg.lam, leg.scale))
            self.show(lam, c)

        moving = [self.scale, *([self.bars] if self.bars else [])]
        self.film.run(
            self.sheet.leg(leg, color), on_plot, seconds=seconds, also=show, moving=moving
        )
