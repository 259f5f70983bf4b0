"""The figure of lines of weights: objective and error over alpha, a row each network."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ...arrays import Array
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
    """Draw every line: of training the first thick and the others thin, of test the first.

    Left the objective, logarithmic, with L(0) and, on [0, 1], m and the constructed paths of the
    first line; below the grey no rescaling of the last layer reaches. Right the first metric, where
    there is one: mostly the error.

    Arguments and errors are those of `construction.experiments.table.Kind.figure`.
    """
    parts = list(lines(findings).values())
    metrics = [name.removeprefix("train_") for name in parts[0].arrays if "train_" in name]
    metrics = [name for name in metrics if name != "objective"][:1]
    titles = []
    for part in parts:
        start = STARTS[part.manifest["start"]].name
        titles += [f"{part.manifest['label']}\n{start}".strip(), *metrics]
    shown = [values for part in parts for values in _of(part, "objective").values()]
    with settled(theme) as colors:
        figure, axes = panels(width, titles, RATIO, sharex=True)
        styles, span = _styles(parts, colors), spanned(shown, log=True)
        across = 1 + len(metrics)
        for part, *beside in zip(parts, *(axes[k::across] for k in range(across)), strict=True):
            _draw_curves(beside[0], part, "objective", styles, span)
            _draw_sheet(beside[0], part, styles, span)
            span_vertically(beside[0], span, "objective")
            for panel, metric in zip(beside[1:], metrics, strict=True):
                _draw_curves(panel, part, metric, styles)
                if metric == "error":
                    panel.set_ylim(0, 1)
                    panel.yaxis.set_major_formatter(PercentFormatter(1))
        label_below(axes, r"$\alpha$")
        add_legend(figure)
    return figure


def _of(part: Findings, measure: str) -> dict[str, Array]:
    """The objective or a metric on training and, where there are any, on test data."""
    named = {side: f"{side}_{measure}" for side in ("train", "test")}
    return {side: part[name] for side, name in named.items() if name in part.arrays}


def _styles(parts: Sequence[Findings], colors: Palette) -> Styles:
    """Of each curve; training lies on top."""
    others = "train, other lines" if parts[0].manifest["start"] == "given" else "train, other seeds"
    return {
        "train": stroke("train", colors.empirical, THICK, zorder=4),
        "others": stroke(others, colors.empirical, THIN, alpha=FAINT),
        "test": stroke("test", colors.ink, NORMAL, DOTS, zorder=3),
        "zero": stroke("L(0), the zero predictor", colors.zero, THIN, SHORT),
        "paper": stroke("constructed: the proof's", colors.constructed, NORMAL, SHORT),
        "even": stroke("constructed: the theorem's", colors.constructed, NORMAL, LONG),
        "valley": stroke("constructed: the valley", colors.valley),
        "minimum": stroke(r"$m(\alpha)$, least over all scales", colors.dim, THIN, zorder=1.5),
    }


def _draw_curves(
    axes: Axes, part: Findings, measure: str, styles: Styles, span: Span | None = None
) -> None:
    """Training of every line and test of the first: the objective, within a span, or a metric."""
    sides = _of(part, measure)
    curves = [(side, values[0]) for side, values in sides.items()]
    curves += [("others", values) for values in sides["train"][1:]]
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
