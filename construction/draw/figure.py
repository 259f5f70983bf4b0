"""A figure: panels on a page of a given width, one legend for all of them, a caption below.

Matplotlib's constrained layout finds the room for ticks, labels and legend; the page grows with
what is put on it, so that the panels keep their height.
"""

import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from ..errors import InputError
from .spans import Span
from .style import SMALL, settled

#: Inches: the narrowest page, and from which on panels stand two abreast.
NARROWEST, ABREAST = 2.5, 4.0
#: Inches that ticks and labels take, left of a panel and below it, and its title above.
LEFT, BELOW, TITLE = 0.6, 0.4, 0.2
#: Inches left and right of a caption.
EDGE = 0.06


def panels(
    width: float, titles: Sequence[str], ratio: float, *, columns: int = 0, **options: Any
) -> tuple[Figure, list[Axes]]:
    """An empty figure, and its panels row by row.

    Args:
        width: of the page in inches.
        titles: one a panel; may be empty.
        ratio: of a panel's height to its width, about.
        columns: how many panels stand abreast; when 0 two on a page from `ABREAST` on, else one.
        options: of `Figure.subplots`, as sharex.

    Raises:
        InputError: a page too narrow.
    """
    if not width >= NARROWEST:
        raise InputError(f"a width of at least {NARROWEST} inches", f"{width:g}", "5.5 is usual.")
    columns = columns or (2 if width >= ABREAST and len(titles) > 1 else 1)
    rows = -(-len(titles) // columns)
    high = ratio * (width / columns - LEFT) + BELOW + TITLE * any(titles)
    figure = Figure((width, rows * high), layout="constrained")
    every = list(figure.subplots(rows, columns, squeeze=False, **options).flat)
    for axes, title in zip(every, titles, strict=False):
        axes.set_title(title)
        axes.tick_params(
            which="both",
            color=rcParams["axes.edgecolor"],
            labelcolor=rcParams["text.color"],
            labelsize=SMALL,
            width=rcParams["axes.linewidth"],
        )
    for axes in every[len(titles) :]:
        axes.remove()
    return figure, every[: len(titles)]


def span_vertically(axes: Axes, span: Span, label: str) -> None:
    """Give a panel's vertical axis its ends, a few ticks, and a label that says if it is log."""
    axis = axes.yaxis
    if span.log:
        axes.set_yscale("log")
        axis.set_major_locator(LogLocator())  # as many as there is room for
        axis.set_minor_formatter(NullFormatter())
        if span.high / span.low <= 10:  # a decade or less: a few plain numbers
            axis.set_minor_locator(LogLocator(subs=(2.0, 3.0, 5.0, 7.0)))
            axis.set_minor_formatter(StrMethodFormatter("{x:g}"))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    else:
        axis.set_major_locator(MaxNLocator(5))
    axes.set_ylim(span.low, span.high)
    axes.set_ylabel(f"{label}\n(log scale)" if span.log else label)


def label_below(axes: Sequence[Axes], label: str) -> None:
    """Label the horizontal axis of the lowest panels, as of panels that share it."""
    for panel in axes:
        place = panel.get_subplotspec()
        if place is not None and place.is_last_row():
            panel.set_xlabel(label)


def add_legend(figure: Figure) -> None:
    """One legend above the panels, of every label once, with as many columns as fit."""
    entries: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    for columns in range(len(entries), 0, -1):
        legend = figure.legend(
            entries.values(), entries.keys(), loc="outside upper left", ncols=columns
        )
        extent = legend.get_window_extent()
        if extent.x0 + extent.x1 <= figure.bbox.width or columns == 1:  # as far from both edges
            _heighten(figure, extent.height)
            break
        legend.remove()


def add_caption(figure: Figure, caption: str) -> None:
    """A caption below any figure, in small print, in lines as long as the page is wide."""
    if figure.get_layout_engine() is None:
        figure.set_layout_engine("constrained")
    edge = EDGE / figure.get_figwidth()
    with settled():
        text = figure.supxlabel(caption, x=edge, ha="left", size=SMALL, parse_math=False)
    text.set_color(figure.axes[0].xaxis.label.get_color())
    free = (1 - 2 * edge) * figure.bbox.width
    letters = int(1.2 * free * len(caption) / text.get_window_extent().width)
    while text.get_window_extent().width > free and letters > 0:
        text.set_text(textwrap.fill(caption, letters, break_long_words=False))
        letters -= 1
    _heighten(figure, text.get_window_extent().height)


def _heighten(figure: Figure, pixels: float) -> None:
    figure.set_figheight(figure.get_figheight() + pixels / figure.dpi)
