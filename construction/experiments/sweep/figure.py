"""The figure of a sweep: which recipes break monotone interpolation, a table for each loss."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from ...draw.figure import SMALL, Theme, panels, settled
from ...palette import Palette
from ...record.findings import Findings
from .words import Cell, caption, cells

__all__ = ["caption", "draw"]

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

    Arguments and errors are those of `construction.experiments.table.Kind.figure`.
    """
    every = cells(findings)
    losses = list(dict.fromkeys(cell.loss for cell in every))
    with settled(theme) as colors:
        titles = [loss.replace("_", "-") for loss in losses]
        figure, axes = panels(width, titles, RATIO, columns=2 if width >= ABREAST else 1)
        for panel, loss in zip(axes, losses, strict=True):
            _draw_table(panel, [cell for cell in every if cell.loss == loss], colors)
        axes[0].set_ylabel("hidden layers, batch norm")
    return figure


def _draw_table(axes: Axes, table: list[Cell], colors: Palette) -> None:
    order = [(h, t) for h in sorted({c.hidden for c in table}) for t in TREATMENTS]
    rows = [row for row in order if any((c.hidden, c.treatment) == row for c in table)]
    columns = sorted({cell.step for cell in table})
    cover = np.zeros((len(rows), len(columns), 4))
    for cell in table:
        y, x = rows.index((cell.hidden, cell.treatment)), columns.index(cell.step)
        cover[y, x] = to_rgba(colors.constructed, OPAQUE * min(cell.rise / FULL, 1.0))
        axes.text(x, y, label(cell), ha="center", va="center", size=SMALL)
    axes.imshow(cover, aspect="auto")
    axes.set_xticks(range(len(columns)), [step.replace(" ", "\n") for step in columns])
    axes.set_yticks(range(len(rows)), [f"{h} {TREATMENTS[t]}" for h, t in rows])
    axes.tick_params(length=0)


def label(cell: Cell) -> str:
    r"""Two lines: monotone of trained, and the largest rise.

    >>> label(Cell(3, "none", "Adam 0.01", "squared", 2, 1, 0.0123))
    '1 of 2\n1.2%'
    """
    if not cell.lines:
        return "\N{EN DASH}"
    if cell.monotone == cell.lines:
        return f"{cell.monotone} of {cell.lines}"
    rise = f"{cell.rise:.1%}" if cell.rise >= 0.001 else "<0.1%"
    return f"{cell.monotone} of {cell.lines}\n{rise}"
