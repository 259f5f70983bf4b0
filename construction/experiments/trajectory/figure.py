"""The figure of alpha and beta: training, and the walk that is often shown for it."""

import math
from collections.abc import Mapping
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from ...arrays import Array
from ...draw.figure import (
    DOTS,
    LONG,
    MIXED,
    NORMAL,
    SHADE,
    SHORT,
    SOLID,
    THICK,
    THIN,
    Theme,
    add_legend,
    panels,
    settled,
    stroke,
)
from ...palette import Palette
from ...record.findings import Findings, caption
from .alpha_beta import arch, spread
from .words import PUBLISHED, WALK, Straying, compared, straying_of, trained

__all__ = ["caption", "draw"]

PICTURE = "Published: a random walk"
TITLES = (
    "Training and a random walk",
    PICTURE,
    "Distance from the line",
    "Length of the path",
)
#: Height of a panel over its width; that of the planes follows from the data.
RATIO = 0.62
#: The closed form's name among the curves, and where its corners are, as shares of the line.
ARCH, SHARES = "arch", np.linspace(0, 1, 401)
ALPHA, BETA = (rf"$\{name}\,/\,|\theta_f - \theta_i|$" for name in ("alpha", "beta"))

Curve = tuple[Array, Array]
#: Of each curve, by name: what `Axes.plot` takes.
Styles = Mapping[str, dict[str, Any]]


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw alpha and beta of training, the published walk, the arch over time, and the length.

    Arguments and errors are those of `construction.experiments.table.Kind.figure`.
    """
    with settled(theme) as colors:
        shown, named = compared(findings), PUBLISHED in findings.parts
        styles = _styles(findings, colors)
        titles = TITLES if named else [title for title in TITLES if title != PICTURE]
        lettered = [f"{letter}  {title}" for letter, title in zip("abcd", titles, strict=False)]
        figure, axes = panels(width, lettered, RATIO)
        shares = {name: one.positions.shares for name, one in shown.items()}
        _plane(axes[0], shares, (SHARES, arch(SHARES)), (ALPHA, BETA), styles)
        beside, over_time = WALK, dict(shown)
        if named:
            beside, over_time[PUBLISHED] = PUBLISHED, straying_of(findings, PUBLISHED)
            walk, expected = over_time[PUBLISHED].positions, findings.part(PUBLISHED).manifest
            whole = {PUBLISHED: (walk.alpha, walk.beta)}
            names = (r"$\alpha$", r"$\beta$")
            _plane(axes[1], whole, _in_its_own_units(expected), names, styles)
        dimensions = findings.part(beside).manifest["dimensions"]
        _over_time(axes[-2], over_time, dimensions, styles)
        _lengths(axes[-1], findings.manifest["strides"], shown, styles)
        add_legend(figure)
    return figure


def _styles(findings: Findings, colors: Palette) -> Styles:
    roles = (
        (colors.empirical, NORMAL, SOLID),
        (colors.constructed, NORMAL, LONG),
        (colors.valley, NORMAL, MIXED),
        (colors.ink, THIN, SOLID),
    )
    named = zip(trained(findings).items(), cycle(roles), strict=False)
    styles = {name: stroke(one.label, *role) for (name, one), role in named}
    walks = ((WALK, THICK, DOTS), (PUBLISHED, THIN, SOLID))
    for name, width, dashes in walks[: len(findings.parts) - len(styles)]:
        label = f"random walk, {findings.part(name).manifest['dimensions']:,} dimensions"
        styles[name] = stroke(label, colors.zero, width, dashes)
    return {**styles, ARCH: stroke("its closed form", colors.dim, THIN, SHORT)}


def _plane(
    axes: Axes, shown: Mapping[str, Curve], closed: Curve, names: tuple[str, str], styles: Styles
) -> None:
    """Alpha and beta with the same unit, so that distances are true ones, and the closed form."""
    for name, curve in shown.items():
        axes.plot(*curve, **styles[name])
    axes.plot(*closed, **styles[ARCH])
    axes.set_aspect("equal")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])


def _in_its_own_units(size: Mapping[str, int]) -> Curve:
    """The closed form of the published walk: what is expected of alpha and beta."""
    share = np.linspace(0, size["steps"] / size["solution"], len(SHARES))
    chord = math.sqrt(size["solution"] * size["dimensions"])
    return chord * np.minimum(share, 1), chord * arch(share)


def _over_time(axes: Axes, shown: Mapping[str, Straying], dimensions: int, styles: Styles) -> None:
    """Beta over the steps; the band has two standard deviations of the published dimensions."""
    for name, one in shown.items():
        last = one.positions.solution
        axes.plot(np.arange(last + 1) / last, one.positions.shares[1][: last + 1], **styles[name])
    mean, off = arch(SHARES), 2 * spread(SHARES, dimensions)
    low, high = mean - off, mean + off
    axes.fill_between(SHARES, low, high, color=styles[ARCH]["color"], alpha=SHADE, lw=0)
    axes.plot(SHARES, mean, **styles[ARCH])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("step / steps to the line's end")
    axes.set_ylabel(BETA)


def _lengths(axes: Axes, strides: list[int], shown: Mapping[str, Straying], styles: Styles) -> None:
    """The path's length over that of the line, and 1 / sqrt(k), both axes logarithmic."""
    for name, one in shown.items():
        axes.loglog(strides, one.tortuosity * one.shortened, **styles[name])
    axes.loglog(strides, shown[WALK].tortuosity / np.sqrt(strides), **styles[ARCH])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.set_xlabel("every $k$th position (log scale)")
    axes.set_ylabel("path / line (log scale)")
