"""Axes with ticks and labels set in Typst, linear or logarithmic, and their map to the frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, RIGHT, Line, VGroup
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from construction.arrays import Array
from construction.experiments.path.curves import least
from construction.palette import Palette
from construction.sheet.table import bent
from scenes.mobjects.formula import maths, stand, words
from scenes.mobjects.shapes import Dashes, DataCurve
from scenes.style import LABEL, SMALL, THIN

#: Values along an axis, and their names in Typst.
Ticks = Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Axis:
    """One axis: where it starts and stops in data and in the frame.

    Attributes:
        low, high: data values.
        start, stop: frame coordinates of them.
        ticks: value and Typst label of each tick.
        log: whether the map is logarithmic.
        bent: whether it is linear near 0, and logarithmic beyond; see `construction.sheet.table`.
    """

    low: float
    high: float
    start: float
    stop: float
    ticks: Ticks
    log: bool = False
    bent: bool = False

    def place(self, value: ArrayLike) -> Array:
        """Frame coordinate of a data value; values outside stay at the end of the axis."""
        inside = np.clip(np.asarray(value, float), self.low, self.high)
        low, high, values = (self.mapped(one) for one in (self.low, self.high, inside))
        return self.start + (values - low) / (high - low) * (self.stop - self.start)

    def mapped(self, value: float | Array) -> Array:
        """What runs evenly along the axis."""
        if self.bent:
            return bent(value)
        return np.log10(value) if self.log else np.asarray(value)


def decades(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks at the powers of ten from `low` to `high`, at every second one if there are many.

    Where there are fewer than two, they are at other round values.

    >>> decades(0.005, 20)
    [(0.01, '10^(-2)'), (0.1, '10^(-1)'), (1.0, '1'), (10.0, '10')]
    >>> decades(2.27, 2.55)
    [(2.3, '2.3'), (2.4, '2.4'), (2.5, '2.5')]
    """
    first, last = int(np.ceil(np.log10(low))), int(np.floor(np.log10(high)))
    if last <= first:
        found = round_ticks(low, high, 3)
        return found[:: len(found) // 2 or 1]  # two or three
    labels = {0: "1", 1: "10"}
    step = 1 if last - first < 5 else 2
    return [(10.0**k, labels.get(k, f"10^({k})")) for k in range(first, last + 1, step)]


def log_axis(values: Array, start: float, stop: float) -> Axis:
    """From the power of ten below all values to a little above the highest, logarithmic.

    Lower values than `construction.experiments.path.curves.least` are at its end, which says so.
    """
    low, high = 10.0 ** np.floor(np.log10(least(values))), 1.9 * float(values.max())
    ticks = decades(low, high)
    if values.min() < low:
        ticks[0] = (low, f"<= {ticks[0][1]}")
    return Axis(low, high, start, stop, ticks, log=True)


def round_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Ticks at multiples of 1, 2 or 5 times a power of ten: three at least, `most` steps apart.

    >>> [label for _, label in round_ticks(0, 24, 3)]
    ['0', '10', '20']
    """
    locator = MaxNLocator(most, steps=(1, 2, 5, 10), min_n_ticks=3)
    values = locator.tick_values(low, high)
    return [(float(f"{one:g}"), f"{one:g}") for one in values if low <= one <= high]


class Plot(VGroup):
    """Two axes that cross at their lower ends.

    The name of x, Typst mathematics, is at its right end, that of y, words, above its upper end.
    """

    def __init__(self, x: Axis, y: Axis, x_label: str, y_label: str, palette: Palette) -> None:
        super().__init__()
        self.x, self.y = x, y
        corner, right, top = self.at([x.low, x.high, x.low], [y.low, y.low, y.high])
        lines, labels = [Line(corner, right), Line(corner, top)], []
        feet = [(self.at(value, y.low), DOWN, text, 0.17) for value, text in x.ticks]
        feet += [(self.at(x.low, value), LEFT, text, 0.2) for value, text in y.ticks]
        for foot, out, text, gap in feet:
            lines.append(Line(foot - 0.07 * out, foot + 0.07 * out))
            if text:
                label = maths(text, size=SMALL, color=palette.dim)
                labels.append(label.next_to(foot, out, buff=gap))
        for line in lines:
            line.set_stroke(palette.dim, THIN)
        self.x_name = maths(x_label, size=LABEL + 6, color=palette.dim)
        self.x_name.next_to(right, RIGHT, buff=0.22)
        self.y_name = words(y_label, color=palette.dim)
        stand(self.y_name.move_to((x.start - 0.35) * RIGHT, LEFT), top[1] + 0.28)
        self.add(*lines, *labels, self.x_name, self.y_name)

    def at(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Frame coordinates of data points, (3,) or (points, 3)."""
        across, up = np.broadcast_arrays(self.x.place(x), self.y.place(y))
        return np.stack([across, up, np.zeros_like(across)], axis=-1)

    def curve(
        self, x: Array, y: Array, color: str, clock: Array | None = None, *, evenly: bool = False
    ) -> DataCurve:
        """A curve of data; its clock is x, or given, or runs alike from corner to corner."""
        clock = np.linspace(0, 1, len(x)) if evenly else clock
        return DataCurve(x if clock is None else clock, self.at(x, y), color)

    def level(self, y: float, color: str) -> Dashes:
        """A dashed line across the plot at a height."""
        start, stop = self.at([self.x.low, self.x.high], y)
        return Dashes(start, stop, color)
