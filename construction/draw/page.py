"""Where panels, heading and footer lie on the page, in points (1/72 inch)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from ..palette import Palette
from .labels import Box
from .style import SMALL, WORDS

#: Points: around the page, left of the panels for ticks and axis labels, between the panels, below
#: them for the ticks of lambda, between panel and names, and a line of words.
EDGE, LEFT, GAP, BELOW, LEADER, LINE = 5.0, 44.0, 10.0, 26.0, 14.0, 1.45
#: Heights of the two panels, as shares of the width, and least in points.
UPPER, LOWER = (0.42, 130.0), (0.21, 76.0)
#: Narrowest page, in inches, on which the words have room.
NARROWEST = 2.5

Measure = Callable[[str, float], tuple[float, float]]


@dataclass(frozen=True)
class Page:
    """A figure with two panels over the same lambda.

    Attributes:
        figure: of 72 dots an inch, so that a dot is a point.
        upper, lower: its panels.
        width, height: points.
        colors: of the theme.
    """

    figure: Figure
    upper: Axes
    lower: Axes
    width: float
    height: float
    colors: Palette

    def measure(self, words: str, size: float) -> tuple[float, float]:
        """Width and height of some words."""
        return _measured(self.figure, words, size)

    def panel(self, axes: Axes) -> Box:
        """Where a panel lies."""
        place = axes.get_position()
        return Box(
            place.x0 * self.width,
            place.y0 * self.height,
            place.x1 * self.width,
            place.y1 * self.height,
        )

    def write(self, words: str, box: Box, size: float, color: str) -> None:
        """Put words where the box says."""
        self.figure.text(
            box.left / self.width,
            (box.bottom + box.top) / 2 / self.height,
            words,
            size=size,
            color=color,
            va="center",
            ha="left",
        )

    def draw_line(self, start: tuple[float, float], stop: tuple[float, float], color: str) -> None:
        """A thin line anywhere on the page."""
        x, y = (
            [point[axis] / size for point in (start, stop)]
            for axis, size in ((0, self.width), (1, self.height))
        )
        self.figure.add_artist(Line2D(x, y, color=color, linewidth=0.6))


def laid_out(
    width: float, names: Sequence[str], heading: Sequence[str], footer: Sequence[str], c: Palette
) -> Page:
    """A page as wide as asked, high enough for heading, panels and footer.

    Args:
        width: inches.
        names: of the curves, for which the right margin has room.
        heading, footer: pieces, as many in a line as fit.
        c: colours.
    """
    figure = Figure(figsize=(width, 1.0), dpi=72, facecolor=c.background)
    FigureCanvasAgg(figure)
    wide = 72 * width
    above, beneath = (
        filled(pieces, wide - 2 * EDGE, size, lambda w, s: _measured(figure, w, s), between)
        for pieces, size, between in ((heading, WORDS, "  "), (footer, SMALL, " · "))
    )
    right = EDGE + LEADER + max((_measured(figure, name, WORDS)[0] for name in names), default=0.0)
    heights = [max(share * wide, least) for share, least in (UPPER, LOWER)]
    top = EDGE + len(above) * LINE * WORDS + 4
    bottom = EDGE + len(beneath) * LINE * SMALL + 4
    high = top + heights[0] + GAP + heights[1] + BELOW + bottom
    figure.set_size_inches(width, high / 72)

    def panel(base: float, height: float) -> Axes:
        return figure.add_axes(
            (LEFT / wide, base / high, (wide - LEFT - right) / wide, height / high)
        )

    upper = panel(bottom + BELOW + heights[1] + GAP, heights[0])
    lower = panel(bottom + BELOW, heights[1])
    for k, line in enumerate(above):
        _line(figure, line, EDGE / wide, 1 - (EDGE + k * LINE * WORDS) / high, "top", WORDS, c.ink)
    for k, line in enumerate(reversed(beneath)):
        base = (EDGE + k * LINE * SMALL) / high
        _line(figure, line, EDGE / wide, base, "bottom", SMALL, c.dim)
    return Page(figure, upper, lower, wide, high, c)


def filled(
    pieces: Sequence[str], width: float, size: float, measure: Measure, between: str
) -> list[str]:
    """Lines of as many pieces as fit; a piece too long for one is broken between words.

    >>> filled(["one two", "three"], 9, 1, lambda words, size: (len(words), 1), " · ")
    ['one two', 'three']
    """
    lines: list[str] = []
    for piece in pieces:
        joined = f"{lines[-1]}{between}{piece}" if lines else piece
        if lines and measure(joined, size)[0] <= width:
            lines[-1] = joined
        elif measure(piece, size)[0] <= width or "$" in piece:
            lines.append(piece)
        else:
            lines += (
                filled(piece.split(" "), width, size, measure, " ") if " " in piece else [piece]
            )
    return lines


def _line(figure: Figure, words: str, x: float, y: float, va: str, size: float, color: str) -> None:
    figure.text(x, y, words, size=size, color=color, va=va, ha="left")


def _measured(figure: Figure, words: str, size: float) -> tuple[float, float]:
    extent = Text(0, 0, words, figure=figure, size=size).get_window_extent()
    return float(extent.width), float(extent.height)
