"""From a record of constructed paths to what its film shows: curves, sheet, sample; no manim.

Between the lambdas of the grid the moments a and b are interpolated, and the scale is solved from
them, so that the root drawn is the root of the parabola drawn; at the lambdas of the grid all
numbers are the record's own.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...arrays import Array
from ...draw.spans import DECADES
from ...errors import RecordError
from ...record.joints import joints
from ...record.route import Journey, Route
from ...record.sample import Sample
from ...sheet.moments import SquaredSheet
from ...sheet.sheet import RecordedSheet
from ...sheet.table import Table, even_scales
from ...solve.phases import Phase
from ...solve.scale import solve

#: Points of a stretch where lambda rests and c runs; the curve there is a parabola in c.
VERTICAL_POINTS = 121
#: Scales of a grid; they are even in `construction.sheet.table.bent`, as the surface is drawn.
SCALES = 161
#: How far beyond the largest scale of the paths the sheet is drawn.
BEYOND = 1.15
#: Most inputs that are shown at once.
INPUTS = 8


@dataclass(frozen=True)
class Leg:
    """One phase, and lambda, scale and objective along it, (points,) each."""

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
    """``g(lambda, c)`` at points of the sheet, (points,); errors as of `table_of`."""
    if isinstance(route.sheet, SquaredSheet):
        return sheet_at(route, lam).value(scale)
    return table_of(route).value(lam, scale)


def table_of(route: Route) -> Table:
    """The table of a sheet that is no parabola in c; a RecordError if the route has none."""
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
    if not isinstance(route.sheet, SquaredSheet):
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


def legs(route: Route, profile: str) -> tuple[Leg, ...]:
    """The phases of a constructed path, in order, as arrays; errors as of `table_of`.

    Its objective is the record's at the lambdas of the grid, and that of `joints` at both ends.
    """
    journey, found = route.journeys[profile], list[Leg]()
    for phase, ends in zip(journey.phases, pairwise(joints(route, journey)), strict=True):
        lam, scale, objective = _run(route, journey, phase, ends)
        found.append(Leg(phase, lam, scale, objective))
    return tuple(found)


def _run(
    route: Route, journey: Journey, phase: Phase, ends: tuple[float, float]
) -> tuple[Array, Array, Array]:
    """Lambda, scale and objective along a phase."""
    grid = route.sheet.lam
    if phase.name == "travel":
        inside = (grid > phase.lam_start) & (grid < phase.lam_stop)
        lam = np.concatenate([[phase.lam_start], grid[inside], [phase.lam_stop]])
        scale = np.concatenate([[phase.scale_start], journey.scale[inside], [phase.scale_stop]])
        return lam, scale, np.concatenate([ends[:1], journey.objective[inside], ends[1:]])
    scale = np.linspace(phase.scale_start, phase.scale_stop, VERTICAL_POINTS)
    lam = np.full_like(scale, phase.lam_start)
    return lam, scale, _fitted(objective_at(route, lam, scale), *ends)


def _fitted(objective: Array, first: float, last: float) -> Array:
    """A ray as it is drawn, between the path's own objectives at both ends; it never turns."""
    drop = objective[0] - objective[-1]
    if not drop > 0:
        return np.linspace(first, last, len(objective))
    share = np.minimum.accumulate(np.clip((objective - objective[-1]) / drop, 0, 1))
    fitted: Array = share * first + (1 - share) * last
    return fitted


def as_maths(value: float) -> str:
    """A number with three digits, in Typst's notation.

    >>> as_maths(21.357), as_maths(0.00544), as_maths(1.5e-9)
    ('21.4', '0.00544', '1.5 dot 10^(-9)')
    """
    text = f"{value:.3g}"
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa} dot 10^({int(exponent)})" if exponent else text


def objectives(route: Route) -> Array:
    """All objectives at c = 1 and on the paths, (points,)."""
    paths = [leg.objective for profile in route.journeys for leg in legs(route, profile)]
    return np.concatenate([route.empirical, *paths])


def least(values: Array) -> float:
    """The least value above 0, at most `DECADES` decades below the highest."""
    return max(float(values[values > 0].min()), 10.0**-DECADES * float(values.max()))


@dataclass(frozen=True)
class Heights:
    """A sheet over lam (points,) and scale (scales,), from 0 on.

    Attributes:
        objective: g(lambda, c), (points, scales).
        lowest: the objective at which a logarithmic axis is to be cut, the lowest of any path.
        zero: L(0).
    """

    lam: Array
    scale: Array
    objective: Array
    lowest: float
    zero: float

    def level_of_zero(self) -> tuple[Array, Array]:
        """Lambdas at which g is L(0) at a scale of the grid beyond 0, and that scale.

        It is one scale a lambda, as g is convex in c; between the grid's scales g is taken as
        linear, as it is drawn.
        """
        below = self.objective[:, 1:] < self.zero
        crossed = below[:, :-1] & ~below[:, 1:]
        rows = np.flatnonzero(crossed.any(axis=1))
        first = crossed[rows].argmax(axis=1) + 1
        low, high = self.objective[rows, first], self.objective[rows, first + 1]
        share = (self.zero - low) / (high - low)
        start, stop = self.scale[first], self.scale[first + 1]
        return self.lam[rows], start + share * (stop - start)


def highest_scale(route: Route, profiles: list[str] | None = None) -> float:
    """A little more than 1 and than all scales of the paths of these profiles, or of all."""
    names = list(route.journeys) if profiles is None else profiles
    scales = [leg.scale.max() for name in names for leg in legs(route, name)]
    return BEYOND * float(max([1.0, *scales]))


def heights(route: Route, highest: float) -> Heights:
    """The sheet of a route for scales from 0 to the highest; and a shrink between its lambdas."""
    every = [leg for profile in route.journeys for leg in legs(route, profile)]
    known = route.sheet.lam if isinstance(route.sheet, SquaredSheet) else table_of(route).lam
    shrinks = [x for x in every if x.phase.name == "shrink" and x.phase.lam_start not in known]
    lam = np.union1d(known, [leg.phase.lam_start for leg in shrinks])
    scale = even_scales(highest, SCALES)
    points = np.meshgrid(lam, scale, indexing="ij")
    objective = objective_at(route, *(axis.ravel() for axis in points)).reshape(len(lam), -1)
    for leg in shrinks:
        order, more = np.argsort(leg.scale), leg.objective - objective_at(route, leg.lam, leg.scale)
        moved = np.interp(scale, [0, *leg.scale[order]], [0, *more[order]])
        objective[lam == leg.phase.lam_start] += moved
    return Heights(lam, scale, objective, least(objectives(route)), route.sheet.d)


def count(sample: Sample) -> int:
    """How many inputs the film shows."""
    return min(INPUTS, len(sample.targets))


def chosen(sample: Sample) -> int:
    """The input that is told of: the first that is wrong at W(0) and right at W(1), else the first.

    Without classes it is the first.
    """
    labels = sample.labels
    if labels is None:
        return 0
    first, last = (sample.outputs[k].argmax(axis=1) == labels for k in (0, -1))
    shown = (last & ~first)[:INPUTS]
    return int(shown.argmax())


def right(sample: Sample, lam: float) -> int | None:
    """How many of the inputs shown have their largest output at their class; None without classes.

    No scale c > 0 changes it.
    """
    labels = sample.labels
    if labels is None:
        return None
    return int((sample.outputs_at(lam).argmax(axis=1) == labels)[: count(sample)].sum())


def scaled_range(route: Route, which: int, profiles: list[str]) -> tuple[float, float]:
    """Of outputs along constructed paths, which are multiplied by c: see `around`."""
    sample = route.sample
    assert sample is not None, "asked of a route with a sample"
    values = [
        scale * sample.outputs_at(float(lam))[which]
        for profile in profiles
        for leg in legs(route, profile)
        for lam, scale in zip(leg.lam, leg.scale, strict=True)
    ]
    return around(np.array([sample.outputs[0, which], *values]))


def around(outputs: Array) -> tuple[float, float]:
    """Lowest and highest of outputs, 0 and 1, and a little beyond."""
    return 1.05 * min(-0.2, float(outputs.min())), 1.05 * max(1.15, float(outputs.max()))
