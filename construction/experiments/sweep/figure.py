"""Figures of a sweep: which recipes break monotone lines; test accuracy over a line's measures."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ...draw.figure import SMALL, Theme, add_legend, panels, settled, stroke
from ...palette import Palette
from ...record.findings import Findings
from .words import LOSSES, MEASURES, cells, zero_objectives

#: Height over its width of a table, and of a panel of accuracies.
RATIO, PANEL = 1.05, 0.62
#: The rise, as a share of L(0), at which a cell has its full colour; chosen here.
FULL = 0.05
#: Opacity of a cell of full colour, on which words have a contrast of 4.5 to 1 in both themes.
OPAQUE = 0.55
#: Inches from which on two tables stand abreast.
ABREAST = 5.0
#: The treatments of batch normalisation, as the rows are called.
TREATMENTS = {"none": "none", "interpolate": "interp.", "recompute": "recomp."}


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw a table for each loss: rows by depth and batch norm, columns by optimiser and rate.

    A cell says how many of the trained networks are monotone, and below, the largest rise of all of
    them as a share of L(0), by which it is coloured. Of correlations draw the test accuracy over
    each measure, a mark a network, and all of them with their intervals.

    Arguments and errors are those of `construction.experiments.table.Kind.figure`.
    """
    with settled(theme) as colors:
        if "correlations" in findings.manifest:
            return _draw_correlations(findings, width, colors)
        losses = list(dict.fromkeys(loss for *_, loss in cells(findings)))
        titles = [loss.replace("_", "-") for loss in losses]
        figure, axes = panels(width, titles, RATIO, columns=2 if width >= ABREAST else 1)
        for panel, loss in zip(axes, losses, strict=True):
            _draw_table(panel, findings, loss, colors)
        axes[0].set_ylabel("hidden layers, batch norm")
    return figure


def _draw_table(axes: Axes, findings: Findings, loss: str, colors: Palette) -> None:
    table = {key[:3]: lines for key, lines in cells(findings).items() if key[3] == loss}
    order = [(h, t) for h in sorted({hidden for hidden, *_ in table}) for t in TREATMENTS]
    rows = [row for row in order if any(key[:2] == row for key in table)]
    columns = sorted({step for *_, step in table})
    cover = np.zeros((len(rows), len(columns), 4))
    shares = findings["rise"] / zero_objectives(findings)
    for (hidden, treatment, step), lines in table.items():
        y, x = rows.index((hidden, treatment)), columns.index(step)
        rise = float(shares[lines].max(initial=0.0))
        cover[y, x] = to_rgba(colors.constructed, OPAQUE * min(rise / FULL, 1.0))
        text = label(int(findings["monotone"][lines].sum()), len(lines), rise)
        axes.text(x, y, text, ha="center", va="center", size=SMALL)
    axes.imshow(cover, aspect="auto")
    axes.set_xticks(range(len(columns)), [step.replace(" ", "\n") for step in columns])
    axes.set_yticks(range(len(rows)), [f"{h} {TREATMENTS[t]}" for h, t in rows])
    axes.tick_params(length=0)


def label(monotone: int, lines: int, rise: float) -> str:
    r"""Two lines: monotone of trained, and the largest rise where one rises.

    >>> label(1, 2, 0.0123)
    '1 of 2\n1.2%'
    """
    if not lines:
        return "\N{EN DASH}"
    largest = f"\n{rise:.1%}" if rise >= 0.001 else "\n<0.1%"
    return f"{monotone} of {lines}{'' if monotone == lines else largest}"


def _draw_correlations(findings: Findings, width: float, colors: Palette) -> Figure:
    roles = zip(LOSSES.items(), (colors.empirical, colors.constructed), "o^", strict=True)
    hollow: dict[str, Any] = {"markersize": 3, "fillstyle": "none", "markeredgewidth": 0.8}
    styles = {
        loss: {**stroke(name, color, linestyle=""), **hollow, "marker": marker}
        for (loss, name), color, marker in roles
    }
    figure, axes = panels(width, [*MEASURES.values(), "rank correlation"], PANEL)
    for panel, name in zip(axes, MEASURES, strict=False):
        for loss, style in styles.items():
            mine = findings["squared"] == float(loss == "squared")
            panel.plot(findings[name][mine], findings["accuracy"][mine], **style)
        panel.xaxis.set_major_locator(MaxNLocator(4))
        panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        panel.set_ylabel("test accuracy")
    last, names = axes[-1], list(MEASURES)
    last.axvline(0, color=colors.dim, linewidth=0.6)
    for one in findings.manifest["correlations"]:
        y = names.index(one["measure"]) + (0.18 if one["loss"] == "squared" else -0.18)
        style = styles[one["loss"]]
        last.plot([one["low"], one["high"]], [y, y], color=style["color"], linewidth=1)
        last.plot([one["value"]], [y], **style)
    last.set_ylim(len(names) - 0.5, -0.5)
    last.set_xlim(-1, 1)
    last.set_xticks([-0.5, 0, 0.5])
    last.set_yticks(range(len(names)), ["climb" if name == "hill" else name for name in names])
    add_legend(figure)
    return figure
