"""The figure of surfaces: contours of every slice, and the ways to the final weights on them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from ...draw.captioned import Entry, captioned
from ...draw.spans import levels
from ...draw.style import LONG, MIXED, NORMAL, PALETTES, SMALL, SOLID, THICK, THIN, Theme, settled
from ...palette import Palette
from ...record.findings import Findings

#: Height of a panel over its width.
RATIO = 0.8
#: How dark the highest ground is, from the page's colour to that of small print; chosen here.
DARKEST = 0.4
#: Names of the ways in the key; profiles of constructed paths have their own.
NAMES = {"trajectory": "training", "line": "straight line"}
#: Size of the labels of contours, in points.
LABELS = SMALL - 1


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw a map of each slice, contours at round levels of the objective, and the ways.

    Lighter is lower. The ways are drawn on the plane of the trajectory alone, where their nearest
    points lie; of other planes they are too far away.

    Args:
        findings: of `construction.experiments.landscape.measure`.
        theme: "light" or "dark".
        width: inches.

    Raises:
        InputError: a page too narrow.
    """
    colors = PALETTES[theme]
    styles = _styles(findings, colors)
    panels = [(name, one) for name in findings.parts for one in slices(findings, name)]
    titles = [
        f"{letter}  {_title(findings, *panel)}"
        for letter, panel in zip("abcdefgh", panels, strict=False)
    ]
    with settled():
        figure, axes = captioned(
            width,
            titles,
            RATIO,
            heading=findings.manifest["title"],
            key=[Entry(name, style) for name, style in styles.items()],
            caption=findings.manifest["caption"],
            colors=colors,
        )
        for one, (name, which) in zip(axes, panels, strict=True):
            _map(one, findings.part(name).part(which), colors)
            if which == "trajectory":
                _ways(one, findings.part(name).part("paths"), which, list(styles.values()))
            else:
                one.plot(0, 0, marker="o", markersize=4, color=colors.ink)
    return figure


def slices(findings: Findings, name: str) -> list[str]:
    """Names of the slices of a network."""
    return [one for one in findings.part(name).parts if one != "paths"]


def _title(findings: Findings, name: str, which: str) -> str:
    part = findings.part(name)
    if which == "random":
        return f"{part.manifest['label']}"
    kept = part.part("paths").manifest["kept"][which]["trajectory"]
    return f"plane of its training, keeps {100 * kept:.3g}%"


def _styles(findings: Findings, colors: Palette) -> dict[str, dict[str, Any]]:
    """Colour, width and dashes of each way, by its name in the key."""
    found: dict[str, dict[str, Any]] = {}
    for name in findings.parts:
        if "paths" not in findings.part(name).parts:
            continue
        for way in ways(findings.part(name).part("paths")):
            found.setdefault(NAMES.get(way, f"constructed, {way}"), _style(way, colors))
    return found


def ways(paths: Findings) -> list[str]:
    """Names of the ways, in order."""
    return [name.removesuffix("/clock") for name in paths.arrays if name.endswith("/clock")]


def _style(way: str, colors: Palette) -> dict[str, Any]:
    if way == "trajectory":
        return {"color": colors.ink, "linewidth": THIN, "marker": ".", "markersize": 4}
    if way == "line":
        return {"color": colors.empirical, "linewidth": NORMAL, "linestyle": SOLID}
    if way == "valley":
        return {"color": colors.valley, "linewidth": THICK, "linestyle": MIXED}
    return {"color": colors.constructed, "linewidth": THICK, "linestyle": LONG}


def _map(axes: Axes, part: Findings, colors: Palette) -> None:
    """Shades and labelled contours of one slice."""
    s, t, height = part["s"], part["t"], part["objective"]
    low, high = float(height.min()), float(height.max())
    shades = LinearSegmentedColormap.from_list("ground", [colors.background, colors.dim])
    ground = np.geomspace(low, high * (1 + 1e-9), 40)
    norm = LogNorm(low, low * (high / low) ** (1 / DARKEST))
    axes.contourf(s, t, height, ground, cmap=shades, norm=norm)
    lines = axes.contour(
        s, t, height, levels(low, high), colors=colors.ink, linewidths=0.5, alpha=0.75
    )
    labels = axes.clabel(lines, fmt="%g", fontsize=LABELS, colors=colors.ink)
    inside = axes.get_window_extent()
    for label in labels:
        label.set_path_effects([withStroke(linewidth=2, foreground=colors.background)])
        extent = label.get_window_extent()
        if not (inside.contains(*extent.min) and inside.contains(*extent.max)):
            label.remove()
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xlabel("$s$")
    axes.set_ylabel("$t$")


def _ways(axes: Axes, paths: Findings, which: str, styles: list[dict[str, Any]]) -> None:
    """The nearest points of each way on the plane."""
    for way, style in zip(ways(paths), styles, strict=False):
        place = paths[f"{way}/{which}/place"]
        axes.plot(place[:, 0], place[:, 1], **style)
