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
from ...draw import figure as page
from ...palette import Palette
from ...record.findings import Findings
from .alpha_beta import arch
from .words import PUBLISHED, WALK, compared, straying_of, trained

PICTURE = "Published: a random walk"
TITLES = ("Training and a random walk", PICTURE, "Distance from the line", "Length of the path")
#: Height of a panel over its width; that of the planes follows from the data.
RATIO = 0.62
#: The closed form's name among the curves, and where its corners are, as shares of the line.
ARCH, SHARES = "arch", np.linspace(0, 1, 401)
ALPHA, BETA = (rf"$\{name}\,/\,|\theta_f - \theta_i|$" for name in ("alpha", "beta"))

#: Of each curve, by name: what `Axes.plot` takes.
Styles = Mapping[str, dict[str, Any]]


def draw(findings: Findings, *, theme: page.Theme = "light", width: float = 5.5) -> Figure:
    """Draw alpha and beta of training, the published walk, the arch over time, and the length."""
    with page.settled(theme) as colors:
        shown, named = compared(findings), PUBLISHED in findings.parts
        styles = _styles(findings, colors)
        titles = TITLES if named else [title for title in TITLES if title != PICTURE]
        lettered = [f"{letter}  {title}" for letter, title in zip("abcd", titles, strict=False)]
        figure, axes = page.panels(width, lettered, RATIO)
        curves = {name: one.positions.shares for name, one in shown.items()}
        _plane(axes[0], {**curves, ARCH: (SHARES, arch(SHARES))}, (ALPHA, BETA), styles)
        over_time = dict(shown)
        if named:
            over_time[PUBLISHED] = published = straying_of(findings, PUBLISHED)
            walk, size = published.positions, findings.part(PUBLISHED).manifest
            chord = math.sqrt(size["solution"] * size["dimensions"])
            share = np.linspace(0, size["steps"] / size["solution"], len(SHARES))
            closed = chord * np.minimum(share, 1), chord * arch(share)
            whole = {PUBLISHED: (walk.alpha, walk.beta), ARCH: closed}
            _plane(axes[1], whole, (r"$\alpha$", r"$\beta$"), styles)
        for name, one in over_time.items():
            last = one.positions.solution
            beta = one.positions.shares[1][: last + 1]
            axes[-2].plot(np.arange(last + 1) / last, beta, **styles[name])
        axes[-2].plot(SHARES, arch(SHARES), **styles[ARCH])
        axes[-2].set(ylim=(0, None), xlabel="step / steps to the line's end", ylabel=BETA)
        strides = findings.manifest["strides"]
        lengths = {name: one.tortuosity * one.shortened for name, one in shown.items()}
        steps = findings.part(WALK).manifest["steps"]
        whole, rest = np.divmod(steps, strides)
        lengths[ARCH] = (whole * np.sqrt(strides) + np.sqrt(rest)) / math.sqrt(steps)
        for name, length in lengths.items():
            axes[-1].loglog(strides, length, **styles[name])
        for axis in (axes[-1].xaxis, axes[-1].yaxis):
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_formatter(NullFormatter())
        axes[-1].yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes[-1].set(xlabel="every $k$th position (log scale)", ylabel="path / line (log scale)")
        page.add_legend(figure)
    return figure


def _styles(findings: Findings, colors: Palette) -> Styles:
    roles = (
        (colors.empirical, page.NORMAL, page.SOLID),
        (colors.constructed, page.NORMAL, page.LONG),
        (colors.valley, page.NORMAL, page.MIXED),
        (colors.ink, page.THIN, page.SOLID),
    )
    named = zip(trained(findings).items(), cycle(roles), strict=False)
    styles = {name: page.stroke(one.label, *role) for (name, one), role in named}
    walks = ((WALK, page.THICK, page.DOTS), (PUBLISHED, page.THIN, page.SOLID))
    for name, width, dashes in walks[: len(findings.parts) - len(styles)]:
        label = f"random walk, {findings.part(name).manifest['dimensions']:,} dimensions"
        styles[name] = page.stroke(label, colors.zero, width, dashes)
    return {**styles, ARCH: page.stroke("its closed form", colors.dim, page.THIN, page.SHORT)}


def _plane(
    axes: Axes, curves: Mapping[str, tuple[Array, Array]], names: tuple[str, str], styles: Styles
) -> None:
    """Alpha and beta with the same unit, so that distances are true ones."""
    for name, curve in curves.items():
        axes.plot(*curve, **styles[name])
    axes.set(aspect="equal", xlim=(0, None), ylim=(0, None), xlabel=names[0], ylabel=names[1])
