"""The figure of a study of alpha and beta: training, and the walk that is often shown for it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from ...draw.captioned import Entry, captioned
from ...draw.style import (
    DOTS,
    LONG,
    MIXED,
    NORMAL,
    PALETTES,
    SHORT,
    SOLID,
    THICK,
    THIN,
    Theme,
    settled,
)
from ...palette import Palette
from ...record.findings import Findings
from .random_walk import arch, spread
from .words import PUBLISHED, WALK, Straying, compared, straying_of, trained

#: Height of a panel over its width.
RATIO = 0.66
#: Corners of the closed form.
FINE = 401


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw alpha and beta of training, the published walk, the arch over time, and the length.

    Args:
        findings: of `construction.experiments.positions.measure`.
        theme: "light" or "dark".
        width: inches.

    Raises:
        InputError: a page too narrow.
    """
    colors = PALETTES[theme]
    styles = _styles(findings, colors)
    steps, dimensions = (findings.part(PUBLISHED).manifest[key] for key in ("steps", "dimensions"))
    ours = findings.part(WALK).manifest["dimensions"]
    names = {name: one.label for name, one in trained(findings).items()}
    names[WALK] = f"random walk, {ours:,} dimensions"
    names[PUBLISHED] = f"random walk, {dimensions:,} dimensions"
    names["arch"] = "its closed form"
    with settled():
        figure, axes = captioned(
            width,
            [
                "a  Training, and a walk of the same length",
                "b  The published figure: a random walk",
                "c  Distance from the line over time",
                "d  Length of the path, every $k$th position",
            ],
            RATIO,
            heading=findings.manifest["title"],
            key=[Entry(names[name], styles[name]) for name in styles],
            caption=findings.manifest["caption"],
            colors=colors,
        )
        shown = compared(findings)
        _plane(axes[0], shown, styles)
        _published(axes[1], straying_of(findings, PUBLISHED), steps, dimensions, styles)
        _over_time(axes[2], findings, shown, styles)
        _lengths(axes[3], findings.manifest["strides"], shown, styles)
    return figure


def _styles(findings: Findings, colors: Palette) -> dict[str, dict[str, Any]]:
    """Colour, width and dashes of each curve, in the order of the key."""
    roles = (
        (colors.empirical, SOLID, NORMAL),
        (colors.constructed, LONG, NORMAL),
        (colors.valley, MIXED, NORMAL),
        (colors.ink, SOLID, THIN),
    )
    styles = {
        name: {"color": color, "linewidth": width, "linestyle": dashes}
        for name, (color, dashes, width) in zip(trained(findings), roles, strict=False)
    }
    walks = {"color": colors.zero, "linestyle": SOLID}
    styles[WALK] = {**walks, "linewidth": THICK, "linestyle": DOTS}
    styles[PUBLISHED] = {**walks, "linewidth": THIN}
    styles["arch"] = {"color": colors.dim, "linewidth": THIN, "linestyle": SHORT}
    return styles


def _plane(axes: Axes, shown: dict[str, Straying], styles: dict[str, dict[str, Any]]) -> None:
    """Alpha and beta over the chord: distances in the plane are true ones."""
    share = np.linspace(0, 1, FINE)
    axes.plot(share, arch(share), **styles["arch"])
    for name, one in shown.items():
        axes.plot(*one.positions.shares, **styles[name])
    _equal(
        axes,
        max(
            1.0,
            *(float(one.positions.alpha.max()) / one.positions.chord for one in shown.values()),
        ),
    )
    axes.set_xlabel(r"along the line, $\alpha\,/\,|\theta_f - \theta_i|$")
    axes.set_ylabel(r"$\beta\,/\,|\theta_f - \theta_i|$")


def _equal(axes: Axes, furthest: float) -> None:
    """Limits under which both axes have the same unit."""
    wide = 1.03 * furthest
    axes.set_xlim(0, wide)
    axes.set_ylim(0, RATIO * wide)


def _published(
    axes: Axes, walk: Straying, steps: int, dimensions: int, styles: dict[str, dict[str, Any]]
) -> None:
    """Alpha and beta of the published walk in its own units, and what is expected of them."""
    last = walk.positions.solution
    share = np.linspace(0, steps / last, FINE)
    chord = math.sqrt(last * dimensions)
    axes.plot(chord * np.minimum(share, 1), chord * arch(share), **styles["arch"])
    axes.plot(walk.positions.alpha, walk.positions.beta, **styles[PUBLISHED])
    _equal(axes, max(chord, float(walk.positions.alpha.max())))
    axes.set_xlabel(r"along the line, $\alpha$")
    axes.set_ylabel(r"$\beta$")


def _over_time(
    axes: Axes,
    findings: Findings,
    shown: dict[str, Straying],
    styles: dict[str, dict[str, Any]],
) -> None:
    """Beta over the steps; the band has two standard deviations of the published dimensions."""
    share = np.linspace(0, 1, FINE)
    off = 2 * spread(share, findings.part(PUBLISHED).manifest["dimensions"])
    band = styles["arch"]["color"]
    axes.fill_between(share, arch(share) - off, arch(share) + off, color=band, alpha=0.2, lw=0)
    axes.plot(share, arch(share), **styles["arch"])
    for name, one in {**shown, PUBLISHED: straying_of(findings, PUBLISHED)}.items():
        last = one.positions.solution
        time = np.arange(last + 1) / last
        axes.plot(time, one.positions.beta[: last + 1] / one.positions.chord, **styles[name])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("step / steps to the line's end, $s$")
    axes.set_ylabel(r"$\beta\,/\,|\theta_f - \theta_i|$")


def _lengths(
    axes: Axes,
    strides: list[int],
    shown: dict[str, Straying],
    styles: dict[str, dict[str, Any]],
) -> None:
    """The path's length over that of the line, and 1 / sqrt(k), both axes logarithmic."""
    for name, one in shown.items():
        axes.loglog(strides, one.tortuosity * one.shortened, **styles[name])
    walk = shown[WALK].tortuosity / np.sqrt(strides)
    axes.loglog(strides, walk, **styles["arch"])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.set_xlabel("$k$ (log scale)")
    axes.set_ylabel("path / line (log scale)")
