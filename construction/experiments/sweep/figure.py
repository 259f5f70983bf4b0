"""The figure of a sweep: which recipes break monotone interpolation, a table for each loss."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...draw.captioned import captioned
from ...draw.style import PALETTES, SMALL, Theme, settled
from ...palette import Palette
from ...record.findings import Findings
from .words import KINDS, TRAINED, Cell, cells

#: Height of a table over its width.
RATIO = 1.05
#: The rise, as a share of L(0), at which a cell has its full colour; chosen here.
FULL = 0.05
PUBLISHED = (
    "Published (Lucas et al. 2021, arXiv 2104.11044): most networks are monotone, and batch "
    "normalisation, adaptive optimisers and large rates break it more often."
)


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw a table for each loss: rows by depth and batch norm, columns by optimiser and rate.

    A cell says how many of the trained networks are monotone, and below, the largest rise of all of
    them as a share of L(0), by which it is coloured.

    Args:
        findings: of `construction.experiments.sweep.measure`.
        theme: "light" or "dark".
        width: inches.

    Raises:
        InputError: a page too narrow.
    """
    colors = PALETTES[theme]
    found = cells(findings)
    losses = list(dict.fromkeys(cell.loss for cell in found))
    caption = (
        f"{PUBLISHED} Measured: rows are hidden layers without batch norm, and with its statistics "
        "interpolated or recomputed along the line; a cell gives how many of its trained networks "
        "never rise along the line, and the largest rise as a share of L(0). A network counts as "
        f"trained where its last objective is below {TRAINED:g} L(0); a dash: none is. "
        f"{findings.manifest['finding']} These are small networks and 400 steps, where weights "
        "move little: fewer lines break than in the published sweeps of long training."
    )
    with settled():
        figure, axes = captioned(
            width,
            [f"{loss.replace('_', '-')}" for loss in losses],
            RATIO,
            heading=findings.manifest["title"],
            key=[],
            caption=caption,
            colors=colors,
        )
        for panel, loss in zip(axes, losses, strict=True):
            _table(panel, [cell for cell in found if cell.loss == loss], colors)
    return figure


def _table(axes: Axes, found: list[Cell], colors: Palette) -> None:
    order = [(h, t) for h in sorted({c.hidden for c in found}) for t in KINDS]
    rows = [row for row in order if any((c.hidden, c.treatment) == row for c in found)]
    columns = sorted({cell.step for cell in found})
    shade = np.zeros((len(rows), len(columns)))
    for cell in found:
        y, x = rows.index((cell.hidden, cell.treatment)), columns.index(cell.step)
        shade[y, x] = min(cell.rise / FULL, 1.0)
        axes.text(x, y, words(cell), ha="center", va="center", size=SMALL - 1, color=colors.ink)
    cover = np.zeros((*shade.shape, 4))
    cover[..., :3] = [int(colors.constructed[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    cover[..., 3] = 0.75 * shade
    axes.imshow(cover, aspect="auto")
    axes.set_xticks(range(len(columns)), [step.replace(" ", "\n") for step in columns])
    short = {"none": "none", "interpolate": "interp.", "recompute": "recomp."}
    axes.set_yticks(range(len(rows)), [f"{h} {short[t]}" for h, t in rows])
    axes.tick_params(length=0, labelsize=SMALL - 1.5)


def words(cell: Cell) -> str:
    r"""Two lines: monotone of trained, and the largest rise.

    >>> words(Cell(3, "none", "Adam 0.01", "squared", 2, 1, 0.0123))
    '1 of 2\n1.2 %'
    """
    if not cell.lines:
        return "\N{EN DASH}"
    if cell.monotone == cell.lines:
        return f"{cell.monotone} of {cell.lines}"
    rise = f"{100 * cell.rise:.1f} %" if cell.rise >= 0.001 else "< 0.1 %"
    return f"{cell.monotone} of {cell.lines}\n{rise}"
