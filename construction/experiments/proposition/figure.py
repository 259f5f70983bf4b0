"""The figure of Proposition 1: the measured probability, and the bound, over the width."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from ...draw import figure as page
from ...palette import Palette
from ...record.findings import Findings
from .words import SPHERICAL, ShareCurve, curves

#: Height of a panel over its width.
RATIO = 0.62


def draw(findings: Findings, *, theme: page.Theme = "light", width: float = 5.5) -> Figure:
    """Draw the probability over the width: a panel each loss and number of samples.

    Bars are the exact intervals. Hollow markers are initialisations that the proposition does not
    speak of.
    """
    by_title: dict[str, list[ShareCurve]] = {}
    for curve in curves(findings):
        by_title.setdefault(curve.title, []).append(curve)
    with page.settled(theme) as colors:
        styles = _styles(findings.manifest["initialisations"], colors)
        bound = page.stroke("bound of the proposition", colors.ink, page.THIN, page.SHORT)
        figure, axes = page.panels(width, list(by_title), RATIO, sharex=True, sharey=True)
        for panel, some in zip(axes, by_title.values(), strict=True):
            for curve in some:
                low, high = curve.interval
                bars = (curve.share - low, high - curve.share)
                panel.errorbar(curve.width, curve.share, bars, **styles[curve.initialisation])
            panel.plot(some[0].width, some[0].bound, **bound)
            panel.set_xscale("log", base=2)
            panel.xaxis.set_major_locator(FixedLocator(some[0].width[::2].tolist()))
            panel.xaxis.set_minor_locator(NullLocator())
            panel.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            panel.set_ylim(0, 1.03)
            panel.set_xlabel("width $n$ of the last hidden layer\n(log scale)")
            panel.set_ylabel("$P\\,[L(W(0)) > L(0)]$")
            panel.label_outer()
        page.add_legend(figure)
    return figure


def _styles(names: list[str], colors: Palette) -> dict[str, dict[str, Any]]:
    """Of each initialisation, hollow outside the proposition: what `Axes.errorbar` takes."""
    lines = (colors.empirical, colors.constructed, colors.valley, colors.zero, colors.dim)
    dashes = (page.SOLID, page.LONG, page.MIXED, page.DOTS, page.SOLID)
    styles = {}
    for name, color, dash, marker in zip(names, lines, dashes, "os^Dv", strict=False):
        covered = name in SPHERICAL
        label, width = (name, page.NORMAL) if covered else (f"{name} (outside it)", page.THIN)
        face = color if covered else colors.background
        marked = {"marker": marker, "markersize": 3.5, "markerfacecolor": face}
        bars = {"elinewidth": page.THIN, "capsize": 1.5}
        styles[name] = {**page.stroke(label, color, width, dash), **marked, **bars}
    return styles
