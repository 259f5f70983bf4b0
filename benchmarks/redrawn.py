"""The section in which lambda runs, as it is written without care for its speed.

It differs from the film's in what moves, and in nothing else: every mobject that follows lambda is
made anew each frame by manim's `always_redraw`, and numbers are its `DecimalNumber`. Words that
move are copied, not set again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    DashedLine,
    DecimalNumber,
    Dot,
    MathTypst,
    Mobject,
    ValueTracker,
    VMobject,
    always_redraw,
    linear,
)

from benchmarks.travel import Travel
from construction.arrays import Array
from scenes import story
from scenes.mobjects.curve import DataCurve
from scenes.stage import Drawn
from scenes.style import DOT, LABEL, NORMAL, TEMPO, THIN


class Redrawn(Travel):
    """The section "travel", written with `always_redraw` and `DecimalNumber`."""

    def follow_lambda(self) -> None:
        """Put a mobject that is made anew in the place of each that follows lambda."""
        self.words = super().moving()
        self.remove(*self.words.values())
        self.below = always_redraw(self.lambda_name)
        self.redrawn = {
            "parabola": always_redraw(self.parabola),
            "level": always_redraw(self.level),
            "drop": always_redraw(self.drop),
            "c = 1": always_redraw(lambda: self.dot(1.0, self.colors.empirical)),
            "root": always_redraw(lambda: self.dot(self.root(), self.colors.constructed)),
            "name of the level": always_redraw(self.level_name),
            "c": always_redraw(self.scale),
            "marker": always_redraw(self.marker_line),
            "name of lambda": self.below,
            "lambda": always_redraw(self.lambda_number),
            "empirical": always_redraw(self.empirical_tip),
        }
        self.add(*self.redrawn.values())

    def moving(self) -> dict[str, Mobject]:
        """What is made anew each frame, by name."""
        return self.redrawn

    def run(self, drawn: Sequence[Drawn], clock: ValueTracker, seconds: float) -> None:
        """As the film's, with curve and dot made anew each frame."""
        if not self.filmed:
            super().run(drawn, clock, seconds)
            return
        ((curve, dot),) = drawn
        shown = always_redraw(lambda: revealed(curve, clock.get_value()))
        tip = always_redraw(lambda: Dot(curve.tip(clock.get_value()), DOT, color=dot.get_color()))
        self.redrawn |= {"constructed": shown, "tip": tip}
        self.add(shown, tip)
        stop = float(curve.clock[-1])
        self.play(clock.animate.set_value(stop), rate_func=linear, run_time=seconds * TEMPO)
        self.settle(*self.redrawn.values())
        self.remove(tip)

    def root(self) -> float:
        """``c(lambda)``."""
        return story.root_at(self.route, self.profile, self.lam.get_value())

    def objective(self, c: float) -> float:
        """``g(lambda, c)``."""
        return float(story.sheet_at(self.route, self.lam.get_value()).value(c)[0])

    def parabola(self) -> VMobject:
        """The objective over c."""
        plot = self.panel.plot
        c, g = story.parabola(self.route, self.lam.get_value(), self.panel.highest_scale)
        shown = g <= plot.y.high
        return line(plot.at(c[shown], g[shown]), self.colors.ink, NORMAL)

    def level(self) -> VMobject:
        """A line across the panel at the level v."""
        ends, height = [0, self.panel.highest_scale], self.objective(self.root())
        return line(self.panel.plot.at(ends, height), self.colors.level, THIN)

    def drop(self) -> VMobject:
        """From the root down to the axis of c."""
        c = self.root()
        return line(self.panel.plot.at(c, [self.objective(c), 0]), self.colors.constructed, THIN)

    def dot(self, c: float, color: str) -> Dot:
        """On the parabola."""
        return Dot(self.panel.plot.at(c, self.objective(c)), DOT, color=color)

    def level_name(self) -> Mobject:
        """Beside the level, clear of the axis."""
        plot = self.panel.plot
        height = max(self.objective(self.root()), 0.16 * plot.y.high)
        name = self.words["name of the level"].copy()
        return name.next_to(plot.at(self.panel.highest_scale, height), RIGHT, buff=0.1)

    def scale(self) -> Mobject:
        """The root as a number."""
        number = decimal(self.root(), 3, LABEL + 6, self.colors.constructed)
        return behind(number, self.panel.caption, 0.14)

    def marker_line(self) -> Mobject:
        """Dashed, over the height of the plot."""
        lam, y = self.lam.get_value(), self.plot.y
        ends = self.plot.at(lam, y.low), self.plot.at(lam, y.high)
        return DashedLine(*ends, dash_length=0.09).set_stroke(self.colors.dim, THIN)

    def lambda_name(self) -> Mobject:
        """Below the marker."""
        foot = self.plot.at(self.lam.get_value(), self.plot.y.low)
        name = self.words["name of lambda"].copy()
        return name.move_to(foot + 0.72 * DOWN + 0.05 * LEFT, aligned_edge=RIGHT)

    def lambda_number(self) -> Mobject:
        """Lambda as a number."""
        number = decimal(self.lam.get_value(), 2, LABEL + 2, self.colors.ink)
        return behind(number, self.below, 0.12)

    def empirical_tip(self) -> Dot:
        """On the empirical curve."""
        tip = self.empirical.tip(self.lam.get_value())
        return Dot(tip, DOT, color=self.colors.empirical)


def line(corners: Array, color: str, width: float) -> VMobject:
    """Through corners in the frame, (points, 3)."""
    return VMobject().set_stroke(color, width).set_points_as_corners(corners)


def revealed(curve: DataCurve, now: float) -> VMobject:
    """The part of a curve up to a value of its clock."""
    ahead = [curve.tip(now)] if now < curve.clock[-1] else []
    corners = [*curve.corners[curve.clock <= now], *ahead]
    return line(np.array(corners), curve.get_stroke_color(), NORMAL)


def decimal(value: float, decimals: int, size: float, color: str) -> DecimalNumber:
    """Set in Typst, as there is no TeX."""
    return DecimalNumber(
        value, num_decimal_places=decimals, mob_class=MathTypst, font_size=size, color=color
    )


def behind(number: DecimalNumber, words: Mobject, gap: float) -> DecimalNumber:
    """On the baseline of the words, which is the foot of their first glyph."""
    return number.next_to(words, RIGHT, buff=gap).align_to(words[0], DOWN)
