"""The figure of surfaces: contours of every slice, and the paths to the final weights on them."""

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from matplotlib.transforms import BboxBase

from ...arrays import Array
from ...draw import figure as page
from ...draw.spans import levels, spanned
from ...palette import Palette
from ...record.findings import Findings
from .words import kept, networks, path_label, paths, slices

#: Height of a panel over its width.
RATIO = 0.8
#: How dark the highest ground is, from the page's colour to that of small print; chosen here.
DARKEST = 0.4


def draw(findings: Findings, *, theme: page.Theme = "light", width: float = 5.5) -> Figure:
    """Draw a map of each slice, contours at round levels of the objective, and the paths.

    Lighter is lower, on one scale for all random slices; L(0) has a contour of its own. The paths
    are drawn where their nearest points on a plane are known; named runs draw them on the plane of
    the trajectory alone, as they are too far away from others.
    """
    shown = [(part, name) for part in networks(findings) for name in slices(part)]
    random = np.array([part[f"{name}/objective"] for part, name in shown if name == "random"])
    titles = []  # in lines that fit the narrowest page
    for letter, (part, name) in zip("abcdefgh", shown, strict=False):
        title = part.manifest["label"]
        if name == "trajectory":
            title = f"plane of training, keeps {100 * kept(part, name):.3g}%"
        titles.append(textwrap.fill(f"{letter}  {title}", 33))
    with page.settled(theme) as colors:
        figure, axes = page.panels(width, titles, RATIO)
        contours = []
        for panel, (part, name) in zip(axes, shown, strict=True):
            of, height = part.part(name), part[f"{name}/objective"]
            contours.append(_map(panel, of, random if name == "random" else height, colors))
            drawn = [path for path in paths(part) if f"paths/{path}/{name}/place" in part.arrays]
            for path in drawn:
                place = part[f"paths/{path}/{name}/place"]
                panel.plot(*place.T, **_style(path, colors))
            if not drawn:
                panel.plot(0, 0, marker="o", markersize=4, color=colors.ink)
            zero = of.manifest.get("zero", 0)
            if height.min() < zero < height.max():
                panel.contour(of["s"], of["t"], height, [zero], colors=colors.zero)
                panel.plot([], [], **page.stroke("L(0)", colors.zero))
        page.add_legend(figure)
        figure.draw_without_rendering()  # labels of contours lie where there is room for them
        for panel, lines in zip(axes, contours, strict=True):
            _label(panel, lines, colors)
    return figure


def _style(path: str, colors: Palette) -> dict[str, Any]:
    label = path_label(path)
    if path == "trajectory":
        return {**page.stroke(label, colors.ink, page.THIN), "marker": ".", "markersize": 4}
    if path == "line":
        return page.stroke(label, colors.empirical)
    if path == "valley":
        return page.stroke(label, colors.valley, page.THICK, page.MIXED)
    return page.stroke(label, colors.constructed, page.THICK, page.LONG)


def _map(axes: Axes, part: Findings, alike: Array, colors: Palette) -> ContourSet:
    """Shades, on the scale of all slices that are alike, and contours of one slice."""
    s, t, height = part["s"], part["t"], part["objective"]
    span, high = spanned([alike], log=True), float(alike.max())
    low = max(float(alike.min()), span.low)
    shades = LinearSegmentedColormap.from_list("ground", [colors.background, colors.dim])
    norm: Normalize
    if span.log:
        ground = np.geomspace(low, high * (1 + 1e-9), 40)
        lines = levels(max(float(height.min()), low), float(height.max()))
        norm = LogNorm(low, low * (high / low) ** (1 / DARKEST))
    else:
        ground = np.linspace(low, high, 40)
        lines = np.array(MaxNLocator(6).tick_values(low, high))[1:-1]
        norm = Normalize(low, low + (high - low) / DARKEST)
    axes.contourf(s, t, span.shown(height), ground, cmap=shades, norm=norm)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xlabel("$s$")
    axes.set_ylabel("$t$")
    return axes.contour(
        s, t, span.shown(height), lines, colors=colors.ink, linewidths=0.5, alpha=0.75
    )


def _label(axes: Axes, contours: ContourSet, colors: Palette) -> None:
    """Say what the levels are, where the words stay inside and apart."""
    inside, others = axes.get_window_extent(), list[BboxBase]()
    for label in axes.clabel(contours, fmt="%g", fontsize=page.SMALL, colors=colors.ink):
        label.set_path_effects([withStroke(linewidth=2, foreground=colors.background)])
        box = label.get_window_extent()
        if inside.count_contains([box.min, box.max]) < 2 or box.count_overlaps(others):
            label.remove()
        else:
            others.append(box)
