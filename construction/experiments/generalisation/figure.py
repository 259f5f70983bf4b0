"""The figure of shape and test accuracy: a panel each measure of the line, and the correlations."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ...draw.captioned import Entry, captioned
from ...draw.style import PALETTES, SMALL, Theme, settled
from ...record.findings import Findings
from .words import MEASURES, loss_of

#: Height of a panel over its width.
RATIO = 0.62
#: What measures are called beside the correlations, if not by their own name.
SHORT = {"hill": "climb"}
LOSSES = ("cross_entropy", "squared")


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw the test accuracy over each measure, a mark a network, and all rank correlations.

    Args:
        findings: of `construction.experiments.generalisation.measure`.
        theme: "light" or "dark".
        width: inches.

    Raises:
        InputError: a page too narrow.
    """
    colors = PALETTES[theme]
    styles: dict[str, dict[str, Any]] = {
        "cross_entropy": {"color": colors.empirical, "marker": "o", "linestyle": ""},
        "squared": {"color": colors.constructed, "marker": "^", "linestyle": ""},
    }
    for style in styles.values():
        style |= {"markersize": 3, "fillstyle": "none", "markeredgewidth": 0.8}
    with settled():
        figure, axes = captioned(
            width,
            [*MEASURES.values(), "rank correlation with the test accuracy"],
            RATIO,
            heading=findings.manifest["title"],
            key=[Entry(loss_of({"loss": loss}), styles[loss]) for loss in LOSSES],
            caption=findings.manifest["caption"],
            colors=colors,
        )
        for panel, name in zip(axes[:-1], MEASURES, strict=True):
            for loss in LOSSES:
                mine = findings["squared"] == float(loss == "squared")
                panel.plot(findings[name][mine], findings["accuracy"][mine], **styles[loss])
            panel.xaxis.set_major_locator(MaxNLocator(4))
            panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            panel.set_ylabel("test accuracy")
        _correlations(axes[-1], findings, styles, colors.dim)
    return figure


def _correlations(
    axes: Axes, findings: Findings, styles: dict[str, dict[str, Any]], dim: str
) -> None:
    names = list(MEASURES)
    axes.axvline(0, color=dim, linewidth=0.6)
    for one in findings.manifest["correlations"]:
        y = names.index(one["measure"]) + (0.18 if one["loss"] == "squared" else -0.18)
        style = styles[one["loss"]]
        axes.plot([one["low"], one["high"]], [y, y], color=style["color"], linewidth=1)
        axes.plot([one["value"]], [y], **style)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(-1, 1)
    axes.set_xticks([-0.5, 0, 0.5])
    axes.set_yticks(range(len(names)), [SHORT.get(name, name) for name in names])
    axes.tick_params(axis="y", labelsize=SMALL - 1, pad=1)
