"""The figure of a sweep: which recipes break monotone lines."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from ...draw.figure import SMALL, Theme, panels, settled
from ...palette import Palette
from ...record.findings import Findings
from .words import cells, zero_objectives

#: Height of a table over its width.
RATIO = 1.05
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
    them as a share of L(0), by which it is coloured.
    """
    with settled(theme) as colors:
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
