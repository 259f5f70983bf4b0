"""The figure of shape and test accuracy: a panel each measure of the line, and the correlations."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ...draw.figure import Theme, add_legend, panels, settled, stroke
from ...record.findings import Findings
from .words import LOSSES, MEASURES, caption

__all__ = ["caption", "draw"]

#: Height of a panel over its width.
RATIO = 0.62
#: What measures are called beside the correlations, if not by their own name.
SHORT = {"hill": "climb"}


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw the test accuracy over each measure, a mark a network, and all rank correlations.

    Arguments and errors are those of `construction.experiments.table.Kind.figure`.
    """
    with settled(theme) as colors:
        roles = zip(LOSSES.items(), (colors.empirical, colors.constructed), "o^", strict=True)
        hollow = {"markersize": 3, "fillstyle": "none", "markeredgewidth": 0.8}
        styles = {
            loss: {**stroke(name, color, linestyle=""), **hollow, "marker": marker}
            for (loss, name), color, marker in roles
        }
        figure, axes = panels(width, [*MEASURES.values(), "rank correlation"], RATIO)
        for panel, name in zip(axes[:-1], MEASURES, strict=True):
            for loss, style in styles.items():
                mine = findings["squared"] == float(loss == "squared")
                panel.plot(findings[name][mine], findings["accuracy"][mine], **style)
            panel.xaxis.set_major_locator(MaxNLocator(4))
            panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            panel.set_ylabel("test accuracy")
        axes[-1].axvline(0, color=colors.dim, linewidth=0.6)
        _draw_correlations(axes[-1], findings.manifest["correlations"], styles)
        add_legend(figure)
    return figure


def _draw_correlations(
    axes: Axes, correlations: list[dict[str, Any]], styles: dict[str, dict[str, Any]]
) -> None:
    names = list(MEASURES)
    for one in correlations:
        y = names.index(one["measure"]) + (0.18 if one["loss"] == "squared" else -0.18)
        style = styles[one["loss"]]
        axes.plot([one["low"], one["high"]], [y, y], color=style["color"], linewidth=1)
        axes.plot([one["value"]], [y], **style)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(-1, 1)
    axes.set_xticks([-0.5, 0, 0.5])
    axes.set_yticks(range(len(names)), [SHORT.get(name, name) for name in names])
