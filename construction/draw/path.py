"""The figure of constructed paths: objectives above, scales below, over lambda."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..arrays import Array
from ..palette import Palette
from .figure import add_legend, panels, span_vertically
from .spans import Span, spanned
from .style import (
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
    settled,
)

#: Height of the upper panel over its width, and of both panels together.
UPPER, BOTH = 0.45, 0.7
#: Free ends left and right of [0, 1], where c alone moves.
ASIDE = 0.02
#: Scales further apart than this factor have a logarithmic axis.
WIDE = 30.0
#: Share of the axis below which a fall is not marked.
SHORT_FALL = 0.08

Style = dict[str, Any]


@dataclass(frozen=True)
class PathCurves:
    """One constructed path over lambda, which stands still where c alone moves.

    Attributes:
        profile: its name.
        objective, scale: corners, (corners, 2): lambda and value.
        falls: lambda, and the objective before and after, of each phase in which c alone moves,
            (falls, 3).
    """

    profile: str
    objective: Array
    scale: Array
    falls: Array


@dataclass(frozen=True)
class RouteCurves:
    """A base path, its sheet, and what was constructed on it.

    Attributes:
        lam: of the grid, (points,).
        empirical: the objective on the base path, c = 1, (points,).
        minimum, best_scale: m and c* of the sheet; c* infinite where no scale attains m, (points,).
        zero: L(0).
        barrier: lambda and height of sup m.
        paths: constructed ones.
    """

    lam: Array
    empirical: Array
    minimum: Array
    best_scale: Array
    zero: float
    barrier: tuple[float, float]
    paths: tuple[PathCurves, ...]


def draw(
    curves: RouteCurves, *, linear: bool = False, theme: Theme = "light", width: float = 5.5
) -> Figure:
    """Draw a route.

    Above: the objective on the base path and on each constructed path, vertical where c alone
    moves; L(0), L(W(0)), and m, below which no rescaling reaches; a bar from sup m to L(W(0)), the
    barrier. Below: the scales and c*, shaded where it is infinite.

    Args:
        curves: every corner that is drawn.
        linear: whether the objectives have a linear axis; so they have where one is negative.
        theme: "light" or "dark".
        width: inches.

    Raises:
        InputError: a page too narrow.
    """
    with settled(theme) as colors:
        figure, (upper, lower) = panels(
            width, ["", ""], BOTH / 2, columns=1, sharex=True, height_ratios=(UPPER, BOTH - UPPER)
        )
        styles = _styles(curves.paths, colors)
        _draw_objectives(upper, curves, styles, colors, log=not linear)
        _draw_scales(lower, curves, styles, colors)
        lower.set_xlim(-ASIDE, 1 + ASIDE)
        lower.set_xlabel(r"$\lambda$")
        add_legend(figure)
    return figure


def _styles(paths: Sequence[PathCurves], colors: Palette) -> list[Style]:
    """Colour, dashes and name of each path; the theorem's have one colour, the valley its own."""
    dashes = iter([LONG] + len(paths) * [MIXED])
    own = {
        path.profile: {"color": colors.valley, "linestyle": SOLID}
        if path.profile == "valley"
        else {"color": colors.constructed, "linestyle": next(dashes)}
        for path in paths
    }
    return [
        {"linewidth": THICK, "label": f"constructed, {name}", **style}
        for name, style in own.items()
    ]


def _draw_objectives(
    axes: Axes, curves: RouteCurves, styles: Sequence[Style], colors: Palette, *, log: bool
) -> None:
    values = [curves.minimum, curves.empirical, np.array([curves.zero])]
    span = spanned([*values, *(path.objective[:, 1] for path in curves.paths)], log=log)
    least, initial = span.shown(curves.minimum), float(curves.empirical[0])
    span_vertically(axes, span, "objective")
    axes.axhline(initial, color=colors.dim, lw=THIN, ls=DOTS, label="$L(W(0))$, at the start")
    axes.axhline(curves.zero, color=colors.zero, lw=THIN, ls=SHORT, label="$L(0)$")
    axes.fill_between(curves.lam, span.low, least, color=colors.dim, alpha=SHADE, linewidth=0)
    axes.plot(curves.lam, least, color=colors.dim, lw=THIN, label="$m$, $c^*$: best rescaling")
    _draw_base(axes, curves.lam, span.shown(curves.empirical), colors)
    for path, style in zip(curves.paths, styles, strict=True):
        lam, value = path.objective.T
        axes.plot(lam, span.shown(value), clip_on=False, **style)
        _mark_falls(axes, path.falls, span, style["color"])
    lam, highest = curves.barrier
    axes.plot(
        [lam, lam],
        span.shown(np.array([highest, initial])),
        color=colors.ink,
        linewidth=THIN,
        marker="_",
        markersize=7,
        label=r"from $\sup\,m$ to $L(W(0))$",
    )


def _draw_scales(axes: Axes, curves: RouteCurves, styles: Sequence[Style], colors: Palette) -> None:
    lam = curves.lam
    values = [curves.best_scale, np.ones(1), *(path.scale[:, 1] for path in curves.paths)]
    known = np.concatenate([value[np.isfinite(value) & (value > 0)] for value in values])
    span = spanned(values, log=bool(known.max() > WIDE * known.min()))
    span_vertically(axes, span, "scale $c$")
    edges = np.concatenate([lam[:1], (lam[1:] + lam[:-1]) / 2, lam[-1:]])
    for k in np.flatnonzero(~np.isfinite(curves.best_scale)):
        axes.axvspan(
            edges[k], edges[k + 1], color=colors.dim, alpha=SHADE, lw=0, label="no finite $c^*$"
        )
    _draw_base(axes, np.array([0.0, 1.0]), np.ones(2), colors)
    axes.plot(lam, span.shown(curves.best_scale), color=colors.dim, lw=THIN)
    for path, style in zip(curves.paths, styles, strict=True):
        at, scale = path.scale.T
        axes.plot(at, span.shown(scale), clip_on=False, **style)


def _draw_base(axes: Axes, lam: Array, value: Array, colors: Palette) -> None:
    axes.plot(lam, value, color=colors.empirical, lw=NORMAL, label="base path, $c = 1$")


def _mark_falls(axes: Axes, falls: Array, span: Span, color: str) -> None:
    """A triangle half-way down each fall, unless it is too short."""
    for lam, start, stop in falls:
        before, after = span.shown(np.array([start, stop])).tolist()
        if span.share(before, after) >= SHORT_FALL:
            middle = math.sqrt(before * after) if span.log else (before + after) / 2
            axes.plot(
                lam, middle, "v", color=color, markersize=5, clip_on=False, label="$c$ alone moves"
            )
