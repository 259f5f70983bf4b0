"""A figure: its theme, panels on a page of a given width, one legend for all of them, a caption.

Matplotlib's constrained layout finds the room for ticks, labels and legend; the page grows with
what is put on it, so that the panels keep their height.
"""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from numbers import Real
from typing import Any, Literal

from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter
from matplotlib.typing import RcKeyType

from ..errors import InputError, require_one_of, short
from ..palette import DARK, LIGHT, Palette
from .spans import Span

Theme = Literal["light", "dark"]

PALETTES: dict[str, Palette] = {"light": LIGHT, "dark": DARK}

#: Points (1/72 inch): words, small words, and the widths of lines.
WORDS, SMALL = 8.0, 7.0
THICK, NORMAL, THIN = 2.0, 1.5, 0.9

#: On and off, in units of the line's width.
SOLID: Any = "-"
LONG: Any = (0, (6, 1.6))
MIXED: Any = (0, (4, 1.4, 1, 1.4))
DOTS: Any = (0, (1, 1.4))
SHORT: Any = (0, (3.2, 2))

#: Opacity of a shaded region, behind the curves.
SHADE = 0.16

#: What differs from matplotlib's defaults: texts are outlines that look the same everywhere, the
#: same result gives the same bytes, every corner is kept, and little ink goes into frames.
SETTINGS: dict[RcKeyType, Any] = {
    "font.size": WORDS,
    "axes.titlesize": WORDS,
    "axes.titlelocation": "left",
    "axes.titlepad": 4.0,
    "axes.labelpad": 2.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.handlelength": 2.8,
    "legend.columnspacing": 1.4,
    "legend.borderpad": 0.2,
    "svg.fonttype": "path",
    "svg.hashsalt": "construction",
    "pdf.fonttype": 42,
    "path.simplify": False,
    "text.hinting": "no_hinting",  # words are as wide at any resolution as where they are measured
}


def stroke(
    label: str, color: str, linewidth: float = NORMAL, linestyle: Any = SOLID, **options: float
) -> dict[str, Any]:
    """How `Axes.plot` draws a curve, with its name in the legend; options as zorder and alpha."""
    return dict(label=label, color=color, linewidth=linewidth, linestyle=linestyle, **options)


@contextmanager
def settled(theme: Theme = "light") -> Iterator[Palette]:
    """Matplotlib with its own defaults, `SETTINGS` and the colours of a theme, which it gives.

    The user's settings come back afterwards. A figure is saved within them too, in either theme, as
    matplotlib reads some of them only then.
    """
    require_one_of(PALETTES, theme, "a theme")
    colors = PALETTES[theme]
    with rc_context():
        rcdefaults()
        rcParams.update(SETTINGS)
        rcParams["figure.facecolor"] = rcParams["axes.facecolor"] = colors.background
        rcParams["text.color"] = rcParams["axes.labelcolor"] = colors.ink
        rcParams["axes.edgecolor"] = colors.dim
        yield colors


#: Inches: the narrowest page, the widest, and from which on panels stand two abreast.
NARROWEST, WIDEST, ABREAST = 2.5, 100.0, 4.0
#: Inches that ticks and labels take, left of a panel and below it, and its title above.
LEFT, BELOW, TITLE = 0.6, 0.4, 0.2
#: Dots an inch of what a notebook shows; chosen here.
SCREEN = 144
#: Inches left and right of a caption.
EDGE = 0.06


class Page(Figure):
    """A figure that a notebook shows as it is saved."""

    def _repr_png_(self) -> bytes:
        picture = BytesIO()
        with settled():
            self.savefig(picture, format="png", dpi=SCREEN)
        return picture.getvalue()


def panels(
    width: float, titles: Sequence[str], ratio: float, *, columns: int = 0, **options: Any
) -> tuple[Figure, list[Axes]]:
    """An empty figure, and its panels row by row.

    Args:
        width: of the page in inches; an InputError if too narrow.
        titles: one a panel; may be empty.
        ratio: of a panel's height to its width, about.
        columns: how many panels stand abreast; when 0 two on a page from `ABREAST` on, else one.
        options: of `Figure.subplots`, as sharex.
    """
    if not isinstance(width, Real) or not NARROWEST <= width <= WIDEST:
        expected = f"a width from {NARROWEST} to {WIDEST} inches"
        raise InputError(expected, short(width), "5.5 is usual.")
    columns = columns or (2 if width >= ABREAST and len(titles) > 1 else 1)
    rows = -(-len(titles) // columns)
    high = ratio * (width / columns - LEFT) + BELOW + TITLE * any(titles)
    figure = Page((width, rows * high), layout="constrained")
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
