"""The figure of constructed paths; every corner is a number of the record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ...arrays import Array
from ...draw import path
from ...draw.style import Theme
from ...record.record import Journey, Record, Route
from ...solve.phases import Phase
from .words import caption, chosen

__all__ = ["caption", "draw"]

#: Values of s no further apart than this are one point, but for rounding.
SAME = 1e-9


def draw(
    record: Record,
    *,
    route: str | None = None,
    profiles: Sequence[str] | None = None,
    linear: bool = False,
    theme: Theme = "light",
    width: float = 5.5,
) -> Figure:
    """Draw a route of a record; see `construction.draw.path.draw`.

    Args:
        record: of constructed paths.
        route: its name; the first of the record when None.
        profiles: the constructed paths; all of the route when None.
        linear: whether the objectives have a linear axis; so they have where one is negative.
        theme: "light" or "dark".
        width: inches.

    Raises:
        RecordError: a route that the record does not have.
        InputError: a profile that the route does not have, or a page too narrow.
    """
    shown, names = chosen(record, route, profiles)
    barrier = shown.conditions.sheet_barrier
    curves = path.RouteCurves(
        shown.sheet.lam,
        shown.empirical,
        shown.sheet.minimum,
        shown.sheet.best_scale,
        shown.sheet.d,
        (barrier.where, float(shown.empirical[0]) + barrier.value),
        tuple(path_curves(shown, name) for name in names),
    )
    return path.draw(curves, linear=linear, theme=theme, width=width)


def path_curves(route: Route, profile: str) -> path.PathCurves:
    """The corners of the path of one profile, phase by phase.

    The objective at a corner between two phases is taken from the certificate, which always
    measures there, else from the grid. Where neither knows it, as before a shrink that was not
    checked, the curve joins the numbers next to it.
    """
    journey, grid = route.journeys[profile], route.sheet.lam
    objective: list[tuple[float, float]] = []
    scale: list[tuple[float, float]] = []
    falls: list[tuple[float, float, float]] = []
    for phase in journey.phases:
        before, after = (_height(route, journey, phase, end) for end in (phase.start, phase.stop))
        inside = np.zeros(grid.shape, dtype=bool)
        if phase.name == "travel":
            inside = (grid > phase.lam_start) & (grid < phase.lam_stop)
        elif np.isfinite(before) and np.isfinite(after):
            falls.append((phase.lam_start, before, after))
        lam = [phase.lam_start, *grid[inside], phase.lam_stop]
        objective += zip(lam, [before, *journey.objective[inside], after], strict=True)
        ends = phase.scale_start, phase.scale_stop
        scale += zip(lam, [ends[0], *journey.scale[inside], ends[1]], strict=True)
    return path.PathCurves(
        profile, _corners(objective), _corners(scale), np.array(falls).reshape(-1, 3)
    )


def _height(route: Route, journey: Journey, phase: Phase, s: float) -> float:
    """The objective at one end of a phase; NaN where the record does not say."""
    check = journey.certificate
    if check is not None:
        near = int(np.argmin(np.abs(check.s - s)))
        if abs(check.s[near] - s) <= SAME:
            return float(check.objective[near])
    if s == 0:
        return float(route.empirical[0])
    if s == journey.phases[-1].stop and phase.name == "descend":
        return float(route.empirical[-1])
    lam = phase.lam_start if s == phase.start else phase.lam_stop
    scale = phase.scale_start if s == phase.start else phase.scale_stop
    known = np.flatnonzero((route.sheet.lam == lam) & np.isclose(journey.scale, scale, rtol=1e-9))
    return float(journey.objective[known[0]]) if known.size else float("nan")


def _corners(points: Sequence[tuple[float, float]]) -> Array:
    """Corners, (corners, 2), without those that are not known or come twice in a row."""
    known = np.array([point for point in points if not np.isnan(point[1])])
    moves = np.concatenate([[True], (np.diff(known, axis=0) != 0).any(axis=1)])
    corners: Array = known[moves]
    return corners
