"""The figure of a plateau: each treatment of batch norm in a row, whole and about L(0)."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...draw.figure import (
    DOTS,
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
from ...draw.spans import Span
from ...palette import Palette
from ...record.findings import Findings
from .words import NAMES, caption, near_span, parts, whole_span

__all__ = ["caption", "draw"]

#: Height of a panel over its width; opacity of other seeds.
RATIO, FAINT = 0.42, 0.4

Styles = Mapping[str, Mapping[str, Any]]


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw every treatment: left the whole objective, right the same about L(0).

    Arguments and errors are those of `construction.experiments.table.Kind.figure`.
    """
    names = [NAMES[part.manifest["treatment"]] for part in parts(findings)]
    with settled(theme) as colors:
        titles = [title for name in names for title in (name, "the same about L(0)")]
        figure, axes = panels(width, titles, RATIO, sharex=True)
        styles = _styles(colors)
        for part, whole, near in zip(parts(findings), axes[::2], axes[1::2], strict=True):
            for panel, (low, high) in ((whole, whole_span(part)), (near, near_span(part))):
                _draw_part(panel, part, styles, low)
                span_vertically(panel, Span(low, high, log=False), "objective")
            near.ticklabel_format(axis="y", useOffset=False)
        for values in findings.arrays.get("others", ()):
            for panel in axes[:2]:
                panel.plot(parts(findings)[0]["lam"], values, **styles["others"])
        label_below(axes, r"$\lambda$")
        add_legend(figure)
    return figure


def _styles(colors: Palette) -> Styles:
    """Of each curve; the line itself lies on top."""
    return {
        "objective": stroke("train, the line itself", colors.empirical, THICK, zorder=4),
        "test_objective": stroke("test", colors.ink, NORMAL, DOTS),
        "zero": stroke("L(0), the zero predictor", colors.zero, THIN, SHORT),
        "path": stroke("constructed path", colors.valley, zorder=3),
        "minimum": stroke(r"$m(\lambda)$, least over all scales", colors.dim, THIN, zorder=1.8),
        "others": stroke("train, other seeds", colors.empirical, THIN, alpha=FAINT, zorder=1.6),
    }


def _draw_part(axes: Axes, part: Findings, styles: Styles, low: float) -> None:
    """The objectives, L(0), the path, and m with what lies below it."""
    lam, least = part["lam"], part["minimum"]
    axes.plot(lam, part["objective"], **styles["objective"])
    if "test_objective" in part.arrays:
        axes.plot(lam, part["test_objective"], **styles["test_objective"])
    axes.axhline(part.manifest["zero"], **styles["zero"])
    if "path_lam" in part.arrays:
        axes.plot(part["path_lam"], part["path_objective"], **styles["path"])
    axes.plot(lam, least, **styles["minimum"])
    shade = {"color": styles["minimum"]["color"], "alpha": SHADE, "linewidth": 0}
    axes.fill_between(lam, low, least, **shade)
