"""The figure of a plateau: each treatment of batch norm in a row, whole and about L(0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ...draw.captioned import Entry, captioned
from ...draw.style import DOTS, NORMAL, PALETTES, SHORT, SOLID, THICK, THIN, Theme, settled
from ...record.findings import Findings
from .words import NAMES, near_span, whole_span

#: Height of a panel over its width; opacity of what no rescaling
#: reaches, and of other seeds.
RATIO, SHADE, FAINT = 0.42, 0.16, 0.4


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw every treatment: left the whole objective, right the same about L(0).

    Args:
        findings: of `construction.experiments.plateau.measure`.
        theme: "light" or "dark".
        width: inches.

    Raises:
        InputError: a page too narrow.
    """
    colors = PALETTES[theme]
    parts = [findings.part(name) for name in findings.manifest["treatments"]]
    styles: dict[str, dict[str, Any]] = {
        "objective": {"color": colors.empirical, "linewidth": THICK, "linestyle": SOLID},
        "others": {"color": colors.empirical, "linewidth": THIN, "alpha": FAINT},
        "test_objective": {"color": colors.ink, "linewidth": NORMAL, "linestyle": DOTS},
        "zero": {"color": colors.zero, "linewidth": THIN, "linestyle": SHORT},
        "minimum": {"color": colors.dim, "linewidth": THIN, "linestyle": SOLID},
        "path": {"color": colors.valley, "linewidth": NORMAL, "linestyle": SOLID},
    }
    names = {
        "objective": "train, the line itself",
        "others": "train, other seeds",
        "test_objective": "test",
        "zero": "L(0), the zero predictor",
        "minimum": r"$m(\lambda)$, least over all scales",
        "path": "constructed path",
    }
    titles = []
    for part in parts:
        titles += [NAMES[part.manifest["treatment"]], "the same about L(0)"]
    with settled():
        figure, axes = captioned(
            width,
            titles,
            RATIO,
            heading=findings.manifest["title"],
            key=[
                Entry(names[name], style)
                for name, style in styles.items()
                if name != "others" or name in findings.arrays
            ],
            caption=findings.manifest["caption"],
            colors=colors,
        )
        for values in findings.arrays.get("others", ()):
            for panel in axes[:2]:
                panel.plot(parts[0]["lam"], values, **styles["others"])
        for part, whole, near in zip(parts, axes[::2], axes[1::2], strict=True):
            for panel, (low, high) in ((whole, whole_span(part)), (near, near_span(part))):
                _panel(panel, part, styles, low)
                panel.set_ylim(low, high)
                panel.yaxis.set_major_locator(MaxNLocator(4))
                panel.set_xlabel(r"$\lambda$")
            whole.set_ylabel("objective")
            near.ticklabel_format(axis="y", useOffset=False)
    return figure


def _panel(
    axes: Axes, part: Findings, styles: Mapping[str, Mapping[str, Any]], floor: float
) -> None:
    lam, least = part["lam"], part["minimum"]
    shade = styles["minimum"]["color"]
    axes.fill_between(lam, np.full_like(least, floor), least, color=shade, alpha=SHADE, linewidth=0)
    axes.plot(lam, least, **styles["minimum"])
    axes.axhline(part.manifest["zero"], **styles["zero"])
    if "test_objective" in part.arrays:
        axes.plot(lam, part["test_objective"], **styles["test_objective"])
    if "path_lam" in part.arrays:
        axes.plot(part["path_lam"], part["path_objective"], **styles["path"])
    axes.plot(lam, part["objective"], **styles["objective"])
