"""The figure of lines of weights: objective and error over alpha, a row each part."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ...draw import figure as page
from ...draw.spans import Span, spanned
from ...palette import Palette
from ...record.findings import Findings
from .words import STARTS, lines, near_span, profiles

#: Height of a panel over its width.
RATIO = 0.42
#: Opacity of the lines of other seeds than the first.
FAINT = 0.4

Styles = Mapping[str, Mapping[str, Any]]


def draw(findings: Findings, *, theme: page.Theme = "light", width: float = 5.5) -> Figure:
    """Draw every line: of training the first thick and the others thin, of test the first.

    Left the objective, logarithmic, with L(0) and, on [0, 1], m and the constructed paths of the
    first line; below the grey no rescaling of the last layer reaches. Right the first metric, where
    there is one: mostly the error. A plateau is drawn on a linear axis, and right about L(0).
    """
    parts, plateau = list(lines(findings).values()), "treatments" in findings.manifest
    metrics = [name.removeprefix("train_") for name in parts[0].arrays if "train_" in name]
    beside = ["the same about L(0)"] if plateau else [x for x in metrics if x != "objective"][:1]
    titles = []
    for part in parts:
        start = STARTS[part.manifest["start"]][2]
        titles += [f"{part.manifest['label']}\n{start}".strip(), *beside]
    names = ("train_objective", "test_objective")
    shown = [part[name] for part in parts for name in names if name in part.arrays]
    with page.settled(theme) as colors:
        figure, axes = page.panels(width, titles, RATIO, sharex=True)
        styles, panels = _styles(colors), iter(axes)
        for part in parts:
            most = 10 * np.nanmax(part["train_objective"])  # what is seen beside higher ones
            near = [one for one in shown if not plateau or not np.nanmax(one) > most]
            span = spanned(near, log=not plateau)
            _draw_objective(next(panels), part, styles, span)
            for measure, panel in zip(beside, panels, strict=False):
                if plateau:
                    _draw_objective(panel, part, styles, Span(*near_span(part), log=False))
                    panel.ticklabel_format(axis="y", useOffset=False)
                else:
                    _draw_curves(panel, part, measure, styles)
                if measure == "error":
                    panel.set_ylim(0, 1)
                    panel.yaxis.set_major_formatter(PercentFormatter(1))
        page.label_below(axes, r"$\lambda$" if plateau else r"$\alpha$")
        page.add_legend(figure)
    return figure


def _styles(colors: Palette) -> Styles:
    """Of each curve; training lies on top."""
    built, normal, thin = colors.constructed, page.NORMAL, page.THIN
    return {
        "train": page.stroke("train", colors.empirical, page.THICK, zorder=4),
        "others": page.stroke("train, other lines", colors.empirical, thin, alpha=FAINT),
        "test": page.stroke("test", colors.ink, normal, page.DOTS, zorder=3),
        "zero": page.stroke("L(0), the zero predictor", colors.zero, thin, page.SHORT),
        "paper": page.stroke("constructed: the proof's", built, normal, page.SHORT),
        "even": page.stroke("constructed: the theorem's", built, normal, page.LONG),
        "valley": page.stroke("constructed: the valley", colors.valley),
        "minimum": page.stroke("m, least over all scales", colors.dim, thin, zorder=1.5),
    }


def _draw_curves(
    axes: Axes, part: Findings, measure: str, styles: Styles, span: Span | None = None
) -> None:
    """Training of every line and test of the first: the objective, within a span, or a metric."""
    first, *others = part[f"train_{measure}"]
    others += list(part.arrays.get("others", ()))  # of the plateau, which has the objective alone
    curves = [("train", first), *(("others", values) for values in others)]
    if f"test_{measure}" in part.arrays:
        curves.append(("test", part[f"test_{measure}"][0]))
    for name, values in curves:
        axes.plot(part["alpha"], span.shown(values) if span else values, **styles[name])


def _draw_objective(axes: Axes, part: Findings, styles: Styles, span: Span) -> None:
    """The curves, L(0), m with what lies below it, and the constructed paths."""
    _draw_curves(axes, part, "objective", styles, span)
    axes.axhline(part.manifest["zero"], **styles["zero"])
    for name in profiles(part):
        lam, height = part[name].T
        axes.plot(lam, span.shown(height), **styles[name])
    least = span.shown(part["minimum"][0])
    inside = part["alpha"][: len(least)]
    axes.plot(inside, least, **styles["minimum"])
    shade = {"color": styles["minimum"]["color"], "alpha": page.SHADE, "linewidth": 0}
    axes.fill_between(inside, span.low, least, **shade)
    page.span_vertically(axes, span, "objective")
