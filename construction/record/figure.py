"""The figure of a route and its constructed paths: objectives above, scales below, over lambda.

Every corner is a number of the record.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..arrays import Array
from ..draw import figure as page
from ..draw.spans import spanned
from ..palette import Palette
from .route import Journey, Route

#: Height of the upper panel over its width, and of both panels together.
UPPER, BOTH = 0.45, 0.7
#: Free ends left and right of [0, 1], where c alone moves.
ASIDE = 0.02
#: Scales further apart than this factor have a logarithmic axis.
WIDE = 30.0
#: Values of s no further apart than this are one point, but for rounding.
SAME = 1e-9


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
    barrier. Below: the scales and c*, shaded where it is infinite.

    Args:
        route: of a record.
        profiles: of which of its journeys.
        linear: whether the objectives have a linear axis; so they have where one is negative.
        theme: "light" or "dark".
        width: inches.

    Raises:
        InputError: a page too narrow.
    """
    paths = {name: path_corners(route, name) for name in profiles}
    with page.settled(theme) as colors:
        figure, (upper, lower) = page.panels(
            width, ["", ""], BOTH / 2, columns=1, sharex=True, height_ratios=(UPPER, BOTH - UPPER)
        )
        styles = _styles(profiles, colors)
        _draw_objectives(upper, route, paths, styles, colors, log=not linear)
        _draw_scales(lower, route, paths, styles, colors)
        lower.set_xlim(-ASIDE, 1 + ASIDE)
        lower.set_xlabel(r"$\lambda$")
        page.add_legend(figure)
    return figure


def path_corners(route: Route, profile: str) -> tuple[Array, Array]:
    """Of the path of one profile, phase by phase, lambda and objective, lambda and scale.

    It stands still where c alone moves. The objective at a corner between two phases is taken from
    the certificate, which always measures there, else from the grid. Where neither knows it, as
    before a shrink that was not checked, the curve joins the numbers next to it.

    Returns:
        (corners, 2) each.
    """
    journey, grid = route.journeys[profile], route.sheet.lam
    objective: list[tuple[float, float]] = []
    scale: list[tuple[float, float]] = []
    for phase in journey.phases:
        inside = (grid > phase.lam_start) & (grid < phase.lam_stop)  # none where c alone moves
        lam = [phase.lam_start, *grid[inside], phase.lam_stop]
        before = _height(route, journey, phase.start, phase.lam_start, phase.scale_start)
        after = _height(route, journey, phase.stop, phase.lam_stop, phase.scale_stop)
        objective += zip(lam, [before, *journey.objective[inside], after], strict=True)
        scales = [phase.scale_start, *journey.scale[inside], phase.scale_stop]
        scale += zip(lam, scales, strict=True)
    return _corners(objective), _corners(scale)


def _height(route: Route, journey: Journey, s: float, lam: float, scale: float) -> float:
    """The objective at one end of a phase; NaN where the record does not say."""
    check = journey.certificate
    if check is not None:
        near = int(np.argmin(np.abs(check.s - s)))
        if abs(check.s[near] - s) <= SAME:
            return float(check.objective[near])
    grid = np.stack([route.sheet.lam, journey.scale, journey.objective], axis=1)
    known = np.array([(0, 1, route.empirical[0]), (1, 1, route.empirical[-1]), *grid])
    at = (known[:, 0] == lam) & np.isclose(known[:, 1], scale, rtol=1e-9)
    return float(known[at.argmax(), 2]) if at.any() else float("nan")


def _corners(points: Sequence[tuple[float, float]]) -> Array:
    """Corners, (corners, 2), without those that are not known or come twice in a row."""
    known = np.array([point for point in points if not np.isnan(point[1])])
    moves = np.concatenate([[True], (np.diff(known, axis=0) != 0).any(axis=1)])
    corners: Array = known[moves]
    return corners


def _styles(profiles: Sequence[str], colors: Palette) -> dict[str, Any]:
    """Of each path, also of the base path and m; the theorem's paths have one colour."""
    dashes = iter([page.LONG] + len(profiles) * [page.MIXED])
    styles = {
        "base path": page.stroke("base path, $c = 1$", colors.empirical),
        "best": page.stroke("$m$, $c^*$: best rescaling", colors.dim, page.THIN),
    }
    for name in profiles:
        color = colors.valley if name == "valley" else colors.constructed
        dash = page.SOLID if name == "valley" else next(dashes)
        label = f"constructed, {name}"
        styles[name] = page.stroke(label, color, page.THICK, dash, clip_on=False)
    return styles


def _draw_objectives(
    axes: Axes,
    route: Route,
    paths: Mapping[str, tuple[Array, Array]],
    styles: Mapping[str, Any],
    colors: Palette,
    *,
    log: bool,
) -> None:
    lam, minimum, zero = route.sheet.lam, route.sheet.minimum, route.sheet.d
    values = [minimum, route.empirical, np.array([zero])]
    span = spanned([*values, *(heights[:, 1] for heights, _ in paths.values())], log=log)
    least, initial = span.shown(minimum), float(route.empirical[0])
    page.span_vertically(axes, span, "objective")
    start = page.stroke("$L(W(0))$, at the start", colors.dim, page.THIN, page.DOTS)
    axes.axhline(initial, **start)
    axes.axhline(zero, **page.stroke("$L(0)$", colors.zero, page.THIN, page.SHORT))
    axes.fill_between(lam, span.low, least, color=colors.dim, alpha=page.SHADE, linewidth=0)
    axes.plot(lam, least, **styles["best"])
    axes.plot(lam, span.shown(route.empirical), **styles["base path"])
    for name, (heights, _) in paths.items():
        axes.plot(heights[:, 0], span.shown(heights[:, 1]), **styles[name])
    barrier = route.conditions.sheet_barrier
    ends = span.shown(np.array([initial + barrier.value, initial]))
    bar = page.stroke(r"from $\sup\,m$ to $L(W(0))$", colors.ink, page.THIN)
    axes.plot([barrier.where] * 2, ends, marker="_", markersize=7, **bar)


def _draw_scales(
    axes: Axes,
    route: Route,
    paths: Mapping[str, tuple[Array, Array]],
    styles: Mapping[str, Any],
    colors: Palette,
) -> None:
    lam, best = route.sheet.lam, route.sheet.best_scale
    values = [best, np.ones(1), *(scales[:, 1] for _, scales in paths.values())]
    known = np.concatenate([value[np.isfinite(value) & (value > 0)] for value in values])
    span = spanned(values, log=bool(known.max() > WIDE * known.min()))
    page.span_vertically(axes, span, "scale $c$")
    edges = np.concatenate([lam[:1], (lam[1:] + lam[:-1]) / 2, lam[-1:]])
    for k in np.flatnonzero(~np.isfinite(best)):
        shade: dict[str, Any] = {"color": colors.dim, "alpha": page.SHADE, "linewidth": 0}
        axes.axvspan(edges[k], edges[k + 1], label="no finite $c^*$", **shade)
    axes.plot([0, 1], [1, 1], **styles["base path"])
    axes.plot(lam, span.shown(best), **styles["best"])
    for name, (_, scales) in paths.items():
        axes.plot(scales[:, 0], span.shown(scales[:, 1]), **styles[name])
