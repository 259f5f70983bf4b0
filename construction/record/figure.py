"""The figure of a route and its constructed paths: objectives above, scales below, over lambda.

Every corner is a number of the record.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..arrays import Array
from ..draw import figure as page
from ..draw.spans import spanned
from ..palette import Palette
from .joints import known_joints
from .route import Route

#: Height of the upper panel over its width, and of both panels together.
UPPER, BOTH = 0.45, 0.7
#: Free ends left and right of [0, 1], where c alone moves.
ASIDE = 0.02
#: Scales further apart than this factor have a logarithmic axis.
WIDE = 30.0


def draw(
    route: Route,
    profiles: Sequence[str],
    *,
    linear: bool = False,
    theme: page.Theme = "light",
    width: float = 5.5,
) -> Figure:
    """Draw a route.

    Above: the objective on the base path and on each constructed path, vertical where c alone
    moves; L(0), L(W(0)), and m, below which no rescaling reaches; a bar from sup m to L(W(0)), the
    barrier. Below: the scales and c*, shaded where it is infinite. The objectives have a linear
    axis, too, where one is negative. A page too narrow is refused by an InputError.
    """
    sheet = route.sheet
    paths = [path_corners(route, name) for name in profiles]
    above: list[Any] = [(sheet.lam, route.empirical), (sheet.lam, sheet.minimum)]
    below: list[Any] = [(sheet.lam, np.ones(len(sheet.lam))), (sheet.lam, sheet.best_scale)]
    with page.settled(theme) as colors:
        figure, (upper, lower) = page.panels(
            width, ["", ""], BOTH / 2, columns=1, sharex=True, height_ratios=(UPPER, BOTH - UPPER)
        )
        styles = _styles(profiles, colors)
        above += [heights.T for heights, _ in paths]
        zero = (np.array([0.0, 1.0]), np.full(2, sheet.d))
        _draw_curves(upper, "objective", [*above, zero], styles, log=not linear)
        below += [scales.T for _, scales in paths]
        known = np.concatenate([scale[np.isfinite(scale) & (scale > 0)] for _, scale in below])
        wide = bool(known.max() > WIDE * known.min())
        _draw_curves(lower, "scale $c$", below, styles, log=wide)
        _mark(upper, lower, route, colors)
        lower.set_xlim(-ASIDE, 1 + ASIDE)
        lower.set_xlabel(r"$\lambda$")
        page.add_legend(figure)
    return figure


def path_corners(route: Route, profile: str) -> tuple[Array, Array]:
    """Of the path of one profile, phase by phase, lambda and objective, lambda and scale.

    It stands still where c alone moves. Where the objective between two phases is not known, as
    before a shrink that was not checked, the curve joins the numbers next to it.

    Returns:
        (corners, 2) each.
    """
    journey, grid = route.journeys[profile], route.sheet.lam
    ends, rows = known_joints(route, journey), []
    for (first, last), phase in zip(pairwise(ends), journey.phases, strict=True):
        inside = (grid > phase.lam_start) & (grid < phase.lam_stop)  # none where c alone moves
        rows.append((phase.lam_start, first, phase.scale_start))
        rows += zip(grid[inside], journey.objective[inside], journey.scale[inside], strict=True)
        rows.append((phase.lam_stop, last, phase.scale_stop))
    lam, objective, scale = np.array(rows).T
    return _corners(lam, objective), _corners(lam, scale)


def _corners(lam: Array, values: Array) -> Array:
    """Corners, (corners, 2), without those that are not known or come twice in a row."""
    points = np.column_stack([lam, values])[np.isfinite(values)]
    moves = np.diff(points, axis=0, prepend=[[np.nan, np.nan]]) != 0
    corners: Array = points[moves.any(axis=1)]
    return corners


def _styles(profiles: Sequence[str], colors: Palette) -> list[dict[str, Any]]:
    """Of the base path, of m or c*, and of each path; the theorem's paths have one colour."""
    dashes = iter([page.LONG] + len(profiles) * [page.MIXED])
    styles = [
        page.stroke("base path, $c = 1$", colors.empirical),
        page.stroke("$m$, $c^*$: best rescaling", colors.dim, page.THIN),
    ]
    for name in profiles:
        color = colors.valley if name == "valley" else colors.constructed
        dash = page.SOLID if name == "valley" else next(dashes)
        styles.append(page.stroke(f"constructed, {name}", color, page.THICK, dash, clip_on=False))
    return [*styles, page.stroke("$L(0)$", colors.zero, page.THIN, page.SHORT)]


def _draw_curves(
    axes: Axes, label: str, curves: Sequence[Any], styles: Sequence[Any], *, log: bool
) -> None:
    span = spanned([values for _, values in curves], log=log)
    page.span_vertically(axes, span, label)
    for (lam, values), style in zip(curves, styles, strict=False):
        axes.plot(lam, span.shown(values), **style)


def _mark(upper: Axes, lower: Axes, route: Route, colors: Palette) -> None:
    """L(W(0)) and the barrier; what lies below m; where no scale is best."""
    lam, initial, low = route.sheet.lam, float(route.empirical[0]), upper.get_ylim()[0]
    start = page.stroke("$L(W(0))$, at the start", colors.dim, page.THIN, page.DOTS)
    upper.axhline(initial, **start)
    shade: dict[str, Any] = {"color": colors.dim, "alpha": page.SHADE, "linewidth": 0}
    upper.fill_between(lam, low, np.maximum(route.sheet.minimum, low), **shade)
    barrier = route.conditions.sheet_barrier
    ends = [max(initial + barrier.value, low), initial]
    bar = page.stroke(r"from $\sup\,m$ to $L(W(0))$", colors.ink, page.THIN)
    upper.plot([barrier.where] * 2, ends, marker="_", markersize=7, **bar)
    edges = np.concatenate([lam[:1], (lam[1:] + lam[:-1]) / 2, lam[-1:]])
    for k in np.flatnonzero(~np.isfinite(route.sheet.best_scale)):
        lower.axvspan(edges[k], edges[k + 1], label="no finite $c^*$", **shade)
