"""The figure of lines of weights: objective and error over alpha, a row each network."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ...draw.figure import (
    DOTS,
    LONG,
    NORMAL,
    SHADE,
    SHORT,
    THICK,
    THIN,
    Theme,
    add_legend,
    label_below,
    panels,
    settled,
    span_vertically,
    stroke,
)
from ...draw.spans import Span, spanned
from ...palette import Palette
from ...record.findings import Findings
from .words import STARTS, caption, lines, profiles

__all__ = ["caption", "draw"]

#: Height of a panel over its width.
RATIO = 0.42
#: Opacity of the lines of other seeds than the first.
FAINT = 0.4

Styles = Mapping[str, Mapping[str, Any]]


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw every line: of training the first seed thick and the others thin, of test the first.

    Left the objective, logarithmic, with L(0) and, on [0, 1], m and the constructed paths of the
    first seed; below the grey no rescaling of the last layer reaches. Right the error.

    Arguments and errors are those of `construction.experiments.table.Kind.figure`.
    """
    parts = list(lines(findings).values())
    titles = []
    for part in parts:
        start = STARTS[part.manifest["start"]].name
        titles += [f"{part.manifest['label']}\n{start}".strip(), "error"]
    shown = [part[f"{name}_objective"] for part in parts for name in ("train", "test")]
    with settled(theme) as colors:
        figure, axes = panels(width, titles, RATIO, sharex=True)
        styles, span = _styles(colors), spanned(shown, log=True)
        for part, left, right in zip(parts, axes[::2], axes[1::2], strict=True):
            _draw_curves(left, part, "objective", styles, span)
            _draw_sheet(left, part, styles, span)
            span_vertically(left, span, "objective")
            _draw_curves(right, part, "error", styles)
            right.set_ylim(0, 1)
            right.yaxis.set_major_formatter(PercentFormatter(1))
        label_below(axes, r"$\alpha$")
        add_legend(figure)
    return figure


def _styles(colors: Palette) -> Styles:
    """Of each curve; training lies on top."""
    return {
        "train": stroke("train", colors.empirical, THICK, zorder=4),
        "others": stroke("train, other seeds", colors.empirical, THIN, alpha=FAINT),
        "test": stroke("test", colors.ink, NORMAL, DOTS, zorder=3),
        "zero": stroke("L(0), the zero predictor", colors.zero, THIN, SHORT),
        "even": stroke("constructed: the theorem's", colors.constructed, NORMAL, LONG),
        "valley": stroke("constructed: the valley", colors.valley),
        "minimum": stroke(r"$m(\alpha)$, least over all scales", colors.dim, THIN, zorder=1.5),
    }


def _draw_curves(
    axes: Axes, part: Findings, measure: str, styles: Styles, span: Span | None = None
) -> None:
    """Training of every seed and test of the first: "objective", within a span, or "error"."""
    train, test = (part[f"{name}_{measure}"] for name in ("train", "test"))
    curves = [("train", train[0]), *(("others", values) for values in train[1:]), ("test", test[0])]
    for name, values in curves:
        axes.plot(part["alpha"], span.shown(values) if span else values, **styles[name])


def _draw_sheet(axes: Axes, part: Findings, styles: Styles, span: Span) -> None:
    """L(0), m with what lies below it, and the constructed paths."""
    axes.axhline(part.manifest["zero"], **styles["zero"])
    for name in profiles(part):
        lam, height = part[name].T
        axes.plot(lam, span.shown(height), **styles[name])
    least = span.shown(part["minimum"][0])
    inside = part["alpha"][: len(least)]
    axes.plot(inside, least, **styles["minimum"])
    shade = {"color": styles["minimum"]["color"], "alpha": SHADE, "linewidth": 0}
    axes.fill_between(inside, span.low, least, **shade)
