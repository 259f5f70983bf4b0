"""The objective at the joints of a constructed path, where one phase ends and the next begins.

A joint may lie between two lambdas of the grid. There a record has the scale, yet neither the
sheet nor the target, and interpolated moments times a large scale squared may lie far above both.
"""

import numpy as np

from ..arrays import Array
from ..profile import THETA
from ..solve.phases import s_of
from .route import Journey, Route

#: Values of s no further apart than this are one point, but for rounding.
SAME = 1e-9


def known_joints(route: Route, journey: Journey) -> Array:
    """The objective where the path begins, and where each phase ends; NaN where none is known.

    It is that of the grid, else of the certificate, which always measures there, or L(0) where c
    is 0.

    Returns:
        (phases + 1,).
    """
    s = [0.0, 1.0, *(s_of(journey.phases, lam) for lam in route.sheet.lam.tolist())]
    known = [*route.empirical[[0, -1]], *journey.objective]
    if check := journey.certificate:
        s, known = [*s, *check.s], [*known, *check.objective]
    found = []
    for phase in journey.phases:
        away = np.abs(np.array(s) - phase.stop)
        unknown = np.nan if phase.scale_stop else route.sheet.d
        found.append(known[away.argmin()] if away.min() <= SAME else unknown)
    return np.array([route.empirical[0], *found])


def joints(route: Route, journey: Journey) -> Array:
    """As `known_joints`; one that is not known is drawn between the numbers of the grid around it.

    Where a travel ends it goes straight on, as the valley's target does before its crossing, or, of
    one lambda of the grid, to where that target ends, a little above the highest m. Where c then
    has moved, it is on m, between those of the grid.
    """
    grid, phases, found = route.sheet.lam, journey.phases, known_joints(route, journey)
    s = np.array([s_of(phases, lam) for lam in grid.tolist()])
    for k in np.flatnonzero(np.isnan(found)):
        phase, at = phases[k - 1], phases[k - 1].stop
        highest = min(found[k - 1], journey.objective[s < at].min())
        last = np.flatnonzero((s >= phase.start) & (s < at))[-2:]
        if at - phase.start <= SAME:
            value = highest
        elif phase.name != "travel":
            value = np.interp(phase.lam_stop, grid, route.sheet.minimum)
        elif len(last) < 2:
            value = route.empirical[0] + (1 - THETA) * route.conditions.sheet_barrier.value
        else:
            slope = np.diff(journey.objective[last]) / np.diff(grid[last])
            value = journey.objective[last[1]] + slope[0] * (phase.lam_stop - grid[last[1]])
        lowest = np.nanmax([*journey.objective[s > at], *found[k + 1 :]])
        found[k] = np.clip(value, lowest, highest)
    return found
