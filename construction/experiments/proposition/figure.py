"""The figure of a study of Proposition 1: the measured probability and the bound over the width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from ...arrays import Array
from ...draw.captioned import Entry, captioned
from ...draw.style import DOTS, LONG, MIXED, NORMAL, PALETTES, SHORT, SOLID, THIN, Theme, settled
from ...palette import Palette
from ...record.findings import Findings
from .words import SPHERICAL, ShareCurve, curves

#: Height of a panel over its width.
RATIO = 0.6


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw the probability over the width: a panel each loss and number of samples.

    Bars are the exact intervals. Hollow markers are initialisations that the proposition does not
    speak of.

    Args:
        findings: of `construction.experiments.proposition.measure`.
        theme: "light" or "dark".
        width: inches.

    Raises:
        InputError: a page too narrow.
    """
    colors = PALETTES[theme]
    panels: dict[str, list[ShareCurve]] = {}
    for curve in curves(findings):
        panels.setdefault(curve.title, []).append(curve)
    names = findings.manifest["initialisations"]
    styles = _styles(names, colors)
    bound = {"color": colors.ink, "linewidth": THIN, "linestyle": SHORT}
    key = [Entry("bound of the proposition", bound)]
    key += [
        Entry(f"{name}{'' if name in SPHERICAL else ' (outside it)'}", styles[name])
        for name in names
    ]
    with settled():
        figure, axes = captioned(
            width,
            list(panels),
            RATIO,
            heading=findings.manifest["title"],
            key=key,
            caption=findings.manifest["caption"],
            colors=colors,
        )
        for one, panel in zip(axes, panels.values(), strict=True):
            for curve in panel:
                low, high = curve.interval
                bars = [curve.share - low, high - curve.share]
                one.errorbar(
                    curve.width,
                    curve.share,
                    bars,
                    elinewidth=THIN,
                    capsize=1.5,
                    **styles[curve.initialisation],
                )
            one.plot(panel[0].width, panel[0].bound, **bound)
            _dressed(one, panel[0].width)
    return figure


def _styles(names: Sequence[str], colors: Palette) -> dict[str, dict[str, Any]]:
    """Colour, dashes and marker of each initialisation, hollow outside the proposition."""
    roles = (
        (colors.empirical, SOLID, "o"),
        (colors.constructed, LONG, "s"),
        (colors.valley, MIXED, "^"),
        (colors.zero, DOTS, "D"),
        (colors.dim, SOLID, "v"),
    )
    return {
        name: {
            "color": color,
            "linestyle": dashes,
            "linewidth": NORMAL if name in SPHERICAL else THIN,
            "marker": marker,
            "markersize": 3.5,
            "markerfacecolor": color if name in SPHERICAL else colors.background,
        }
        for name, (color, dashes, marker) in zip(names, roles, strict=False)
    }


def _dressed(axes: Axes, widths: Array) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(widths[::2].tolist()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("width $n$ of the last hidden layer (log scale)")
    axes.set_ylabel("$P\\,[L(W(0)) > L(0)]$")
