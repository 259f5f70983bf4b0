"""Axes with ticks and labels set in Typst, linear or logarithmic, and their map to the frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, UP, DashedLine, Line, MathTypst, VGroup
from numpy.typing import ArrayLike

from construction.arrays import Array
from construction.palette import Palette
from scenes.mobjects.formula import maths, stand, words
from scenes.style import LABEL, SMALL, THIN


@dataclass(frozen=True)
class Axis:
    """One axis: where it starts and stops in data and in the frame.

    Attributes:
        low, high: data values.
        start, stop: frame coordinates of them.
        ticks: value and Typst label of each tick.
        log: whether the map is logarithmic.
    """

    low: float
    high: float
    start: float
    stop: float
    ticks: Sequence[tuple[float, str]]
    log: bool = False

    def place(self, value: ArrayLike) -> Array:
        """Frame coordinate of a data value; values outside stay at the end of the axis."""
        values = np.clip(np.asarray(value, float), self.low, self.high)
        low, high = self.low, self.high
        if self.log:
            values, low, high = np.log10(values), np.log10(low), np.log10(high)
        found: Array = self.start + (values - low) / (high - low) * (self.stop - self.start)
        return found


@dataclass(frozen=True)
class BentAxis(Axis):
    """An axis from 0 that is linear up to about `bend`, and logarithmic beyond."""

    bend: float = 1.0

    def place(self, value: ArrayLike) -> Array:
        """See `Axis.place`."""
        values = np.clip(np.asarray(value, float), self.low, self.high)
        share = np.log1p(values / self.bend) / np.log1p(self.high / self.bend)
        found: Array = self.start + share * (self.stop - self.start)
        return found


def decades(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks at the powers of ten from `low` to `high`, at every second one if there are many.

    >>> decades(0.005, 20)
    [(0.01, '10^(-2)'), (0.1, '10^(-1)'), (1.0, '1'), (10.0, '10')]
    """
    first, last = int(np.ceil(np.log10(low))), int(np.floor(np.log10(high)))
    labels = {0: "1", 1: "10"}
    step = 1 if last - first < 6 else 2
    return [(10.0**k, labels.get(k, f"10^({k})")) for k in range(first, last + 1, step)]


class Plot(VGroup):
    """Two axes that cross at their lower ends.

    Args:
        x, y: the axes.
        x_label: Typst mathematics, at the right end; y_label: words, above the upper end.
        palette: of the theme.
    """

    def __init__(self, x: Axis, y: Axis, x_label: str, y_label: str, palette: Palette) -> None:
        super().__init__()
        self.x, self.y = x, y
        corner, right, top = (
            self.at(x.low, y.low),
            self.at(x.high, y.low),
            self.at(x.low, y.high),
        )
        lines = [Line(corner, right), Line(corner, top)]
        self.x_labels: list[MathTypst] = []
        for value, text in x.ticks:
            foot = self.at(value, y.low)
            lines.append(Line(foot + 0.07 * UP, foot + 0.07 * DOWN))
            if text:
                label = maths(text, size=SMALL, color=palette.dim, parts={})
                self.x_labels.append(label.next_to(foot, DOWN, buff=0.17))
        for value, text in y.ticks:
            foot = self.at(x.low, value)
            lines.append(Line(foot + 0.07 * LEFT, foot - 0.07 * LEFT))
            label = maths(text, size=SMALL, color=palette.dim, parts={})
            self.add(label.next_to(foot, LEFT, buff=0.2))
        for line in lines:
            line.set_stroke(palette.dim, THIN)
        self.add(*lines, *self.x_labels)
        self.x_name = maths(x_label, size=LABEL + 6, color=palette.dim, parts={})
        self.x_name.next_to(right, np.array([1.0, 0, 0]), buff=0.22)
        self.y_name = words(y_label, color=palette.dim)
        self.y_name.shift((x.start - 0.35 - self.y_name.get_left()[0]) * np.array([1.0, 0, 0]))
        stand(self.y_name, top[1] + 0.28)
        self.add(self.x_name, self.y_name)

    def at(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Frame coordinates of data points, (3,) or (points, 3)."""
        across, up = np.broadcast_arrays(self.x.place(x), self.y.place(y))
        return np.stack([across, up, np.zeros_like(across)], axis=-1)

    def level(self, y: float, color: str) -> DashedLine:
        """A dashed line across the plot at a height."""
        line = DashedLine(self.at(self.x.low, y), self.at(self.x.high, y), dash_length=0.09)
        return line.set_stroke(color, THIN)
