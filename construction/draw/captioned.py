"""A page of several panels between a heading and a caption, with one key for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from ..errors import InputError
from ..palette import Palette
from .page import EDGE, LINE, NARROWEST, filled
from .style import SMALL, WORDS

#: Points: left of a panel for ticks and the axis' label, below it, above it for its title.
LEFT, BELOW, ABOVE = 44.0, 30.0, 16.0
#: Inches from which panels stand two abreast.
ABREAST = 4.0
#: Words are up to so much wider at the resolution of a file than where they are measured.
FINER = 1.04
#: Points of a line in the key, and between its entries.
SAMPLE, BETWEEN = 22.0, 12.0


@dataclass(frozen=True)
class Entry:
    """A curve in the key: its name, and how it is drawn in every panel."""

    name: str
    style: dict[str, Any]


def captioned(
    width: float,
    panels: Sequence[str],
    ratio: float,
    *,
    heading: str,
    key: Sequence[Entry],
    caption: str,
    colors: Palette,
) -> tuple[Figure, list[Axes]]:
    """A figure as wide as asked and as high as its words need, and its panels.

    Args:
        width: inches.
        panels: title of each, row by row.
        ratio: of a panel's height to its width.
        heading, caption: above and below; broken between words.
        key: of the curves, above the panels.
        colors: of the theme.

    Raises:
        InputError: a page too narrow.
    """
    if not width >= NARROWEST:
        raise InputError(f"a width of at least {NARROWEST} inches", f"{width:g}", "5.5 is usual.")
    figure = Figure(figsize=(width, 1.0), dpi=72, facecolor=colors.background)
    FigureCanvasAgg(figure)

    def measure(words: str, size: float) -> tuple[float, float]:
        extent = Text(0, 0, words, figure=figure, size=size).get_window_extent()
        return FINER * float(extent.width), float(extent.height)

    wide = 72 * width
    above = filled(heading.split(" "), wide - 2 * EDGE, WORDS, measure, " ")
    beneath = filled(caption.split(" "), wide - 2 * EDGE, SMALL, measure, " ")
    rows_of_key = _rows(key, [measure(one.name, SMALL)[0] for one in key], wide)
    columns = 2 if width >= ABREAST else 1
    across = wide / columns - LEFT - EDGE
    row = ABOVE + ratio * across + BELOW
    rows = -(-len(panels) // columns)
    top = EDGE + LINE * (len(above) * WORDS + len(rows_of_key) * SMALL) + 2 * EDGE
    high = top + rows * row + LINE * len(beneath) * SMALL + EDGE
    figure.set_size_inches(width, high / 72)

    def write(words: str, x: float, down: float, size: float, color: str) -> None:
        place = (x / wide, 1 - down / high)
        figure.text(*place, words, size=size, color=color, va="top", ha="left")

    for k, line in enumerate(above):
        write(line, EDGE, EDGE + k * LINE * WORDS, WORDS, colors.ink)
    for k, line in enumerate(beneath):
        down = top + rows * row + k * LINE * SMALL
        write(line, EDGE, down, SMALL, colors.dim)
    for k, entries in enumerate(rows_of_key):
        down = 2 * EDGE + LINE * (len(above) * WORDS + k * SMALL)
        for x, entry in entries:
            write(entry.name, x + SAMPLE + 4, down, SMALL, colors.ink)
            ends = [x / wide, (x + SAMPLE / 2) / wide, (x + SAMPLE) / wide]
            level = [1 - (down + SMALL / 2 + 1) / high] * 3
            figure.add_artist(Line2D(ends, level, **{"markevery": [1], **entry.style}))
    axes = []
    for k, title in enumerate(panels):
        left = (k % columns) * wide / columns + LEFT
        base = high - top - (k // columns + 1) * row + BELOW
        axes.append(
            figure.add_axes((left / wide, base / high, across / wide, ratio * across / high))
        )
        write(title, left, high - base - ratio * across - ABOVE + 3, SMALL, colors.ink)
        _dressed(axes[-1], colors)
    return figure, axes


def _rows(
    key: Sequence[Entry], widths: Sequence[float], wide: float
) -> list[list[tuple[float, Entry]]]:
    """Entries with their left ends, as many in a row as fit."""
    rows: list[list[tuple[float, Entry]]] = []
    x = wide
    for entry, words in zip(key, widths, strict=True):
        room = SAMPLE + 4 + words
        if x + room > wide - EDGE:
            rows.append([])
            x = EDGE
        rows[-1].append((x, entry))
        x += room + BETWEEN
    return rows


def _dressed(axes: Axes, colors: Palette) -> None:
    axes.set_facecolor(colors.background)
    axes.tick_params(which="both", colors=colors.ink, labelsize=SMALL, width=0.6)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(colors.dim)
        spine.set_linewidth(0.6)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_fontsize(SMALL)
        axis.label.set_color(colors.ink)
        axis.labelpad = 2
