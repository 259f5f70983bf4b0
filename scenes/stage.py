"""What every scene does: titles, captions, footers, and curves that are drawn as lambda runs."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
from manim import (
    DL,
    DOWN,
    LEFT,
    RIGHT,
    UP,
    UR,
    Dot,
    Line,
    Mobject,
    Scene,
    Typst,
    ValueTracker,
    VGroup,
    linear,
)

from construction.arrays import Array
from construction.experiments.path.curves import Leg
from scenes.mobjects.fade import appear, vanish
from scenes.mobjects.formula import stand, words
from scenes.mobjects.plot import Plot
from scenes.mobjects.shapes import Dashes, DataCurve
from scenes.style import DOT, FLOOR, MARGIN, SMALL, TEMPO, TITLE, palette

#: Where along a curve its name may stand, the best places first.
LABEL_SHARES = sorted(np.linspace(0.08, 0.94, 44), key=lambda share: abs(share - 0.7))
#: How far a name stays from curves, along which dots run.
CLEARANCE = DOT + 0.04
#: And from other texts, across and up.
APART = np.array([0.4, CLEARANCE])


def box_of(mobject: Mobject) -> tuple[Array, Array]:
    """Lower left and upper right corner in the frame, (2,) each."""
    corners: tuple[Array, Array] = (mobject.get_corner(DL)[:2], mobject.get_corner(UR)[:2])
    return corners


def parts_of(mobjects: Sequence[Mobject], kind: Any) -> list[Any]:
    """All of a kind, or of kinds, among mobjects, at any depth."""
    return [part for top in mobjects for part in top.get_family() if isinstance(part, kind)]


class Stage(Scene):
    """A scene with a title and names at the top, a footer above the captions, and data between.

    Seconds are those of a lecture's tempo.
    """

    def setup(self) -> None:
        """Take the theme, before `construct`."""
        super().setup()
        self.colors = palette()
        self.camera.background_color = self.colors.background
        self.title, self.foot, self.row = VGroup(), VGroup(), VGroup()
        self.subtitle, self.subtitle_began = "", 0.0

    def tear_down(self) -> None:
        """End the last subtitle with the film."""
        self.caption("")
        super().tear_down()

    def beat(self, section: str, title: str, footer: str = "", *, clear: bool = False) -> None:
        """Begin a section under a new title, on an empty frame if it is to be cleared."""
        self.next_section(section)
        gone = []
        if clear:
            self.row.remove(*self.row)
            gone = [shown for shown in self.mobjects if shown is not self.title]
        self.head(title, *gone)
        if footer:
            self.remove(self.foot)
            self.foot = words(footer, size=SMALL, color=self.colors.dim)
            stand(self.foot.move_to([-MARGIN, 0, 0], aligned_edge=LEFT), FLOOR + 0.15)
            self.add(self.foot)

    def head(self, text: str, *gone: Mobject) -> None:
        """Change the title; what else is gone vanishes with the old one."""
        title = words(text, size=TITLE, color=self.colors.ink)
        stand(title.move_to([-MARGIN, 0, 0], aligned_edge=LEFT), 3.3)
        self.bring_to_front(self.title)  # over nothing, so that nothing is drawn anew with it
        if self.title.submobjects:
            self.fade_out(self.title, *gone, seconds=0.3)
        self.fade_in(title, seconds=0.3)
        self.title = title

    def caption(self, text: str) -> None:
        """A subtitle from now until the next one, or the end."""
        if self.subtitle:
            began = self.subtitle_began
            self.add_subcaption(self.subtitle, self.time - began, began - self.time)
        self.subtitle, self.subtitle_began = text, self.time

    def rest(self, seconds: float) -> None:
        """Hold the picture."""
        if seconds:
            self.wait(seconds * TEMPO)

    def fade_in(self, *mobjects: Mobject, seconds: float = 0.5, hold: float = 0) -> None:
        """Let mobjects appear, and hold the picture."""
        self.play(*appear(*mobjects), run_time=seconds * TEMPO)
        self.rest(hold)

    def fade_out(self, *mobjects: Mobject, seconds: float = 0.5) -> None:
        """Let mobjects vanish."""
        self.play(*vanish(*mobjects), run_time=seconds * TEMPO)

    # --- what runs -------------------------------------------------------------------------------

    def draw(
        self, plot: Plot, x: Array, y: Array, color: str, clock: Array | None = None
    ) -> DataCurve:
        """A curve on a plot, shown by `run`."""
        return DataCurve(x if clock is None else clock, plot.at(x, y), color)

    def draw_evenly(self, plot: Plot, x: Array, y: Array, color: str) -> DataCurve:
        """A curve whose clock runs from 0 to 1, alike from corner to corner."""
        return self.draw(plot, x, y, color, np.linspace(0, 1, len(x)))

    def draw_leg(self, plot: Plot, leg: Leg, color: str) -> DataCurve:
        """One phase of a constructed path on a plot of objectives over lambda."""
        return self.draw(plot, leg.lam, leg.objective, color, leg.clock)

    def run(
        self,
        *curves: DataCurve,
        seconds: float,
        hold: float = 0,
        also: Callable[[float], object] | None = None,
        moving: Sequence[Mobject] = (),
    ) -> DataCurve:
        """Draw curves, a dot at each tip, as the clock of the first runs; hold the picture.

        What is `moving` beside them is set by `also`. The first curve is returned.
        """
        dots = [Dot(radius=DOT, color=curve.get_stroke_color()) for curve in curves]

        def show(now: float) -> None:
            for curve, dot in zip(curves, dots, strict=True):
                dot.move_to(curve.reveal(now).tip(now))
            if also:
                also(now)

        clock = curves[0].clock
        self.drive(clock[0], clock[-1], seconds, show, *curves, *dots, *moving)
        self.remove(*dots)
        self.rest(hold)
        return curves[0]

    def drive(
        self,
        start: float,
        stop: float,
        seconds: float,
        show: Callable[[float], object],
        *moving: Mobject,
        rate: Callable[[float], float] = linear,
    ) -> None:
        """Let a clock run; `show` sets all that moves with it."""
        clock, lead = ValueTracker(float(start)), moving[0]
        lead.add_updater(lambda _: show(clock.get_value()))
        self.add(*moving)
        # Manim draws anew all that lies above the lowest mobject that moves: so what stands
        # still goes behind what does not, and is drawn once.
        self.bring_to_back(*[one for one in self.mobjects if not one.get_family_updaters()])
        self.bring_to_front(*moving)
        self.play(clock.animate.set_value(stop), rate_func=rate, run_time=seconds * TEMPO)
        self.remove(clock)
        lead.clear_updaters()
        show(float(stop))

    # --- names -----------------------------------------------------------------------------------

    def label(
        self,
        curve: DataCurve,
        text: str,
        color: str,
        sides: Sequence[Array] = (DOWN + LEFT, DOWN, UP, UP + RIGHT),
        later: Sequence[Mobject] = (),
    ) -> Typst:
        """A name beside a curve, clear of other texts, then of lines, then within its ends.

        `later` are curves and words that are not on stage yet, of which it keeps clear as well.
        """
        name = words(text, color=color)
        shown = [*self.mobjects, curve, *later]
        texts = [box_of(part) for part in parts_of(shown, Typst)]
        lines = [part.dense() for part in parts_of(shown, DataCurve)]
        lines += [part.points for part in parts_of(shown, Dashes)]
        lines += [
            np.linspace(part.get_start(), part.get_end(), 100) for part in parts_of(shown, Line)
        ]
        points, span = np.vstack(lines)[:, :2], curve.corners[:, 0]

        def covered(place: tuple[float, Array]) -> tuple[int, int, int, bool]:
            share, side = place
            low, high = curve.clock[0], curve.clock[-1]
            name.next_to(curve.tip(low + share * (high - low)), side, buff=CLEARANCE + 0.04)
            left, right = box_of(name)
            near = [(np.minimum(b, right) > np.maximum(a, left) - APART).all() for a, b in texts]
            crossed, close = (
                ((points > left - gap) & (points < right + gap)).all(axis=1).sum()
                for gap in (0.05, CLEARANCE)
            )
            beyond = bool(left[0] < span.min() or right[0] > span.max())
            outside = abs(name.get_x()) + name.width / 2 > self.camera.frame_width / 2 - CLEARANCE
            return sum(map(bool, near)) + int(outside), int(crossed), int(close), beyond

        best = min(product(LABEL_SHARES, sides), key=covered)
        covered(best)
        return name
