"""From a record of constructed paths to the curves that its film shows; no manim.

Between the lambdas of the grid the moments a and b are interpolated, and the scale is solved from
them, so that the root drawn is the root of the parabola drawn; at the lambdas of the grid all
numbers are the record's own.
"""

from dataclasses import dataclass, replace

import numpy as np

from ...arrays import Array
from ...errors import RecordError
from ...record.route import Journey, Route
from ...sheet.moments import SquaredSheet
from ...sheet.sheet import RecordedSheet
from ...sheet.table import Table
from ...solve.phases import Phase
from ...solve.scale import solve

#: Points of a stretch where lambda rests and c runs; the curve there is a parabola in c.
VERTICAL_POINTS = 121


@dataclass(frozen=True)
class Leg:
    """One phase as arrays along it.

    Attributes:
        phase: the phase.
        lam, scale, objective: (points,).
    """

    phase: Phase
    lam: Array
    scale: Array
    objective: Array

    @property
    def clock(self) -> Array:
        """What runs: lambda in a travel, else the share of the phase, (points,)."""
        if self.phase.name == "travel":
            return self.lam
        return np.linspace(0, 1, len(self.lam))


def sheet_at(route: Route, lam: float | Array) -> SquaredSheet:
    """The sheet over given lambdas, its moments interpolated between those of the grid."""
    sheet = route.sheet
    assert isinstance(sheet, SquaredSheet), "the film refuses records of other losses"
    at = np.atleast_1d(np.asarray(lam, float))
    a, b = (np.interp(at, sheet.lam, moment) for moment in (sheet.a, sheet.b))
    return SquaredSheet(at, a, b, sheet.d)


def objective_at(route: Route, lam: Array, scale: Array) -> Array:
    """``g(lambda, c)`` at points of the sheet, (points,).

    Raises:
        RecordError: see `table_of`.
    """
    if route.loss == "squared":
        return sheet_at(route, lam).value(scale)
    return table_of(route).value(lam, scale)


def table_of(route: Route) -> Table:
    """The sheet of a route that is not of the squared loss, as a table.

    Raises:
        RecordError: it has none.
    """
    table = route.sheet.table if isinstance(route.sheet, RecordedSheet) else None
    if table is None:
        raise RecordError(
            f"a record with the sheet of the loss {route.loss!r} as a table",
            "none, as in records before 0.4 and where outputs were more than the memory allowed",
            "Make the record again, if need be with more of it: construct(..., memory=...).",
        )
    return table


def root_at(route: Route, profile: str, lam: float) -> float:
    """``c(lambda)`` of a profile on the right branch: a root of the parabola at that lambda.

    Of any other loss than the squared one it is interpolated between those of the record.
    """
    if route.loss != "squared":
        return float(np.interp(lam, route.sheet.lam, route.journeys[profile].scale))
    sheet = sheet_at(route, lam)
    target = np.interp(sheet.lam, route.sheet.lam, route.journeys[profile].target)
    return float(solve(sheet, target - sheet.d, np.array(["right"])).required(sheet.lam)[0])


def worst(route: Route) -> float:
    """The lambda of the highest objective at c = 1 behind the first vertex between the ends."""
    first = next((lam for lam, _ in route.vertices if 0 < lam < 1), 0.0)
    behind = np.flatnonzero(route.sheet.lam > first)
    return float(route.sheet.lam[behind[route.empirical[behind].argmax()]])


def theorem_profile(route: Route) -> str | None:
    """The first profile of the theorem's: any but the valley."""
    return next((name for name in route.journeys if name != "valley"), None)


def is_line(route: Route) -> bool:
    """Whether the base path is the straight line between initial and final weights."""
    return route.name == "line"


def legs(route: Route, profile: str) -> tuple[Leg, ...]:
    """The phases of a constructed path, in order, as arrays.

    Raises:
        RecordError: see `table_of`.
    """
    journey, found = route.journeys[profile], list[Leg]()
    for phase in journey.phases:
        leg = _leg(route, journey, phase)
        if route.loss != "squared":
            start = float(found[-1].objective[-1] if found else route.empirical[0])
            leg = replace(leg, objective=_of_table(route, journey, leg, start))
        found.append(leg)
    return tuple(found)


def _leg(route: Route, journey: Journey, phase: Phase) -> Leg:
    grid = route.sheet.lam
    if phase.name == "travel":
        inside = (grid > phase.lam_start) & (grid < phase.lam_stop)
        lam = np.concatenate([[phase.lam_start], grid[inside], [phase.lam_stop]])
        scale = np.concatenate([[phase.scale_start], journey.scale[inside], [phase.scale_stop]])
    else:
        scale = np.linspace(phase.scale_start, phase.scale_stop, VERTICAL_POINTS)
        lam = np.full_like(scale, phase.lam_start)
    return Leg(phase, lam, scale, objective_at(route, lam, scale))


def _of_table(route: Route, journey: Journey, leg: Leg, start: float) -> Array:
    """Objectives of a leg on a tabulated sheet: the record's own where it has them.

    It has them at its own lambdas while lambda runs, and where the path ends. Elsewhere the table
    is read, and what its rounding makes higher than `start`, where the leg begins, or lower than
    its end, is not.
    """
    grid = route.sheet.lam
    own, scale = (np.interp(leg.lam, grid, one) for one in (journey.objective, journey.scale))
    kept = np.isin(leg.lam, grid) & np.isclose(scale, leg.scale)
    objective: Array = np.where(kept, own, leg.objective)
    objective[0] = start
    if leg.phase is journey.phases[-1]:
        objective[-1] = float(route.empirical[-1])
    return np.clip(objective, min(objective[-1], start), start)


def parabola(
    route: Route, lam: float, highest_scale: float, points: int = 101
) -> tuple[Array, Array]:
    """``c`` and ``g(lambda, c)`` for c from 0 to `highest_scale`, (points,) each."""
    c = np.linspace(0, highest_scale, points)
    return c, objective_at(route, np.full_like(c, lam), c)


def as_maths(value: float) -> str:
    """A number with three digits, in Typst's notation.

    >>> as_maths(21.357), as_maths(0.00544), as_maths(1.5e-9)
    ('21.4', '0.00544', '1.5 dot 10^(-9)')
    """
    text = f"{value:.3g}"
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa} dot 10^({int(exponent)})" if exponent else text


def objective_range(route: Route) -> tuple[float, float]:
    """Powers of ten below all objectives of a route, and a little above its highest.

    At most eight decades are shown; what lies lower is drawn at the lower end.
    """
    shown = [route.empirical]
    shown += [leg.objective for profile in route.journeys for leg in legs(route, profile)]
    values = np.concatenate(shown)
    low, high = float(values[values > 0].min()), float(values.max())
    return 10.0 ** float(np.floor(np.log10(max(low, 1e-8 * high)))), 1.9 * high
