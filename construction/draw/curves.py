"""From a route to the polylines that are drawn; every corner is a number of the record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..record.record import Journey, Route
from ..solve.phases import Phase

#: Values of s no further apart than this are one point, but for rounding.
SAME = 1e-9


@dataclass(frozen=True)
class Polyline:
    """Corners of a curve over lambda.

    Attributes:
        lam, value: (corners,); lambda stands still where c alone moves.
    """

    lam: Array
    value: Array


@dataclass(frozen=True)
class Fall:
    """A phase at one lambda: the objective falls there while c alone moves.

    Attributes:
        name: "shrink" or "descend".
        lam: where.
        start, stop: the objective before and after.
    """

    name: str
    lam: float
    start: float
    stop: float


@dataclass(frozen=True)
class Drawn:
    """One constructed path.

    Attributes:
        profile: its name.
        objective, scale: over lambda, vertical at shrink and descend.
        falls: those phases, where the objective is known on both sides.
    """

    profile: str
    objective: Polyline
    scale: Polyline
    falls: tuple[Fall, ...]


def constructed(route: Route, profile: str) -> Drawn:
    """The path of one profile, phase by phase.

    The objective at a corner between two phases is taken from the certificate, which always
    measures there, else from the grid. Where neither knows it, as before a shrink that was not
    checked, the curve joins the numbers next to it.
    """
    journey, grid = route.journeys[profile], route.sheet.lam
    parts, scales, falls = [], [], []
    for phase in journey.phases:
        before, after = (_height(route, journey, phase, end) for end in (phase.start, phase.stop))
        inside = np.zeros(grid.shape, dtype=bool)
        if phase.name == "travel":
            inside = (grid > phase.lam_start) & (grid < phase.lam_stop)
        elif np.isfinite(before) and np.isfinite(after):
            falls.append(Fall(phase.name, phase.lam_start, before, after))
        lam = [phase.lam_start, *grid[inside], phase.lam_stop]
        parts.append((lam, [before, *journey.objective[inside], after]))
        scales.append((lam, [phase.scale_start, *journey.scale[inside], phase.scale_stop]))
    return Drawn(profile, _joined(parts), _joined(scales), tuple(falls))


def minimum(route: Route) -> Polyline:
    """The least that any rescaling reaches, m(lambda)."""
    return Polyline(route.sheet.lam, route.sheet.minimum)


def empirical(route: Route) -> Polyline:
    """The objective on the base path itself."""
    return Polyline(route.sheet.lam, route.empirical)


def best_scale(route: Route) -> Polyline:
    """The scale of the least objective, c*(lambda); infinite where none attains it."""
    return Polyline(route.sheet.lam, route.sheet.best_scale)


def barrier(route: Route) -> Fall:
    """From sup m to L(W(0)), at the lambda of the former."""
    found = route.conditions.sheet_barrier
    initial = float(route.empirical[0])
    return Fall("barrier", found.where, initial + found.value, initial)


def _height(route: Route, journey: Journey, phase: Phase, s: float) -> float:
    """The objective at one end of a phase; NaN where the record does not tell."""
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


def _joined(parts: list[tuple[list[float], list[float]]]) -> Polyline:
    """One polyline of several, without the corners that are not known or come twice."""
    lam = np.concatenate([np.asarray(part[0], float) for part in parts])
    value = np.concatenate([np.asarray(part[1], float) for part in parts])
    told = ~np.isnan(value)
    lam, value = lam[told], value[told]
    moves = np.concatenate([[True], (np.diff(lam) != 0) | (np.diff(value) != 0)])
    return Polyline(lam[moves], value[moves])
