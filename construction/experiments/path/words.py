"""From a record of constructed paths to what its film shows and its figure says; no manim.

Between the lambdas of the grid the moments a and b are interpolated, and the scale is solved from
them, so that the root drawn is the root of the parabola drawn; at the lambdas of the grid all
numbers are the record's own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...answers.certificate import Statement
from ...answers.conditions import UNDECIDED
from ...arrays import Array
from ...draw.spans import DECADES
from ...errors import RecordError
from ...record.record import Record
from ...record.route import Journey, Route
from ...sheet.moments import SquaredSheet
from ...sheet.sheet import RecordedSheet
from ...sheet.table import Table
from ...solve.phases import Phase
from ...solve.scale import solve

#: Points of a stretch where lambda rests and c runs; the curve there is a parabola in c.
VERTICAL_POINTS = 121
#: What the routes of the package's own records are called.
ROUTES = {"line": "straight line", "detour": "detour"}
#: The standing of what is proved at every lambda.
PROVED = "proved on $[0, 1]$"
#: Whether the theorem applies, in words.
THEOREM = {
    "yes": "The theorem applies",
    "no": "The theorem does not apply",
    UNDECIDED: f"Whether the theorem applies is {UNDECIDED}",
}


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


def round_ticks(highest: float) -> list[tuple[float, str]]:
    """Two or three ticks of a linear axis, at 1, 2 or 5 times a power of ten.

    >>> [label for _, label in round_ticks(24)]
    ['10', '20']
    """
    power = 10.0 ** np.floor(np.log10(highest / 2))
    step = next(m * power for m in (5, 2, 1, 0.5) if highest / (m * power) >= 2)
    return [(k * step, f"{k * step:g}") for k in range(1, int(highest / step) + 1)]


def as_maths(value: float) -> str:
    """A number with three digits, in Typst's notation.

    >>> as_maths(21.357), as_maths(0.00544), as_maths(1.5e-9)
    ('21.4', '0.00544', '1.5 dot 10^(-9)')
    """
    text = f"{value:.3g}"
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa} dot 10^({int(exponent)})" if exponent else text


def scale_ticks(highest: float) -> list[float]:
    """Scales from 0 to the highest at which an axis has ticks.

    >>> scale_ticks(3.6), scale_ticks(10.7)
    ([0, 1, 3], [0, 1, 3, 10])
    """
    steps = [10.0**k * m for k in range(6) for m in (1, 3)]
    return [0, *[int(step) for step in steps if step <= highest]]


def objective_range(route: Route) -> tuple[float, float]:
    """Powers of ten below all objectives of a route, and a little above its highest.

    At most eight decades are shown; what lies lower is drawn at the lower end.
    """
    shown = [route.empirical]
    shown += [leg.objective for profile in route.journeys for leg in legs(route, profile)]
    values = np.concatenate(shown)
    low, high = float(values[values > 0].min()), float(values.max())
    return _decade_below(max(low, 1e-8 * high)), 1.9 * high


def scale_range(route: Route) -> tuple[float, float]:
    """Powers of ten around the scales of a route; a scale of 0 is drawn at the lower end."""
    values = np.concatenate(
        [leg.scale for profile in route.journeys for leg in legs(route, profile)]
    )
    return _decade_below(values[values > 0].min()), 1.9 * float(values.max())


def _decade_below(value: float) -> float:
    return float(10.0 ** np.floor(np.log10(value)))


def caption(
    record: Record, *, route: str | None = None, profiles: Sequence[str] | None = None
) -> str:
    """For the figure: what one sees, both answers, the barrier, and what was checked.

    Args:
        record, route, profiles: as of `construction.record.record.Record.plot`.

    Raises:
        RecordError, InputError: see `construction.record.record.Record.chosen`.
    """
    shown, names = record.chosen(route, profiles)
    conditions, barrier = shown.conditions, shown.conditions.sheet_barrier
    origin = [*_origin(record, shown), f"{shown.loss.replace('_', ' ')} loss"]
    sentences = [
        f"{', '.join(origin)}, {len(shown.sheet.lam)} points",
        THEOREM[conditions.theorem_answer],
        f"A decreasing path on this sheet: {conditions.path_answer}",
        f"sup m - L(W(0)) = {barrier.value:+.3g} at lambda = {barrier.where:.3g}",
    ]
    if names:
        paths = [shown.journeys[name] for name in names]
        proofs = [path.certificate.proof if path.certificate else None for path in paths]
        proved = all(proof is not None and proof.path_exists for proof in proofs)
        held = "checked at {} points" + "; a decreasing path is proved to exist" * proved
        sentences.append(f"Constructed paths: {_verdict(paths, 'the check failed', held)}")
    sentences.append(
        f"On a logarithmic axis 0, and what lies {DECADES} decades below the highest value or "
        "more, is drawn at the lower end"
    )
    return f"{'. '.join(sentences)}."


def finding(record: Record) -> str:
    """Both answers for each route, and whether the paths that were constructed decrease."""
    return " ".join(_answers(route) for route in record.routes)


def _answers(route: Route) -> str:
    conditions, barrier = route.conditions, route.conditions.sheet_barrier
    paths = _verdict(route.journeys.values(), "the check failed", "checked at {} points")
    return (
        f"On the {_name(route)} the theorem applies: {conditions.theorem_answer}; there is a "
        f"decreasing path on this sheet: {conditions.path_answer} (sup m - L(W(0)) = "
        f"{barrier.value:+.3g} at lambda = {barrier.where:.3g}); the constructed paths: {paths}."
    )


def _origin(record: Record, route: Route) -> list[str]:
    """Title of a record and seeds of the networks on a route, where it says them."""
    seeds = record.manifest.get("seeds", [])[: max(1, len(route.vertices) - 1)]
    numbers = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    return [str(record.manifest.get("title", "a record without title")), *[numbers][: len(seeds)]]


def _verdict(journeys: Iterable[Journey], failed: str, held: str) -> str:
    """How constructed paths were checked: `held` says it with the number of points for {}."""
    checks = [journey.certificate for journey in journeys]
    if any(check is None for check in checks):
        return "not checked"
    if not all(check.holds for check in checks if check):
        return failed
    return held.format(min(check.points for check in checks if check))


def footer(record: Record, route: Route) -> str:
    """What one sees: data, network, seeds, whether proved, and at how many points checked."""
    proved = _proved(route, "condition 1", "condition 2")
    held = "proved, {} checks" if proved else "checked at {} points"
    standing = _verdict(route.journeys.values(), "check failed", held)
    return " · ".join([*_origin(record, route), standing])


def findings(record: Record) -> list[tuple[str, str]]:
    """What was found, as pairs of statement and standing in Typst, for the last frame.

    What is said of several routes at once has the weakest standing among them.
    """
    routes = record.routes
    roads = "this road" if len(routes) == 1 else "both roads" if len(routes) == 2 else "all roads"
    conditions = [_condition_2(route) for route in routes] + [
        condition_1(route) for route in routes
    ]
    paths = [journey for route in routes for journey in route.journeys.values()]
    count = f"{len(paths)} constructed paths" if len(paths) > 1 else "The constructed path"
    held = "checked at {} points" + " each" * (len(paths) > 1)
    rounded = "The rounded weights between those points" if proves(record) else ""
    return [
        ("Theorem 1: where conditions 1 and 2 hold, a path exists", "proved on paper"),
        (f"Conditions 1 and 2, on {roads}", weakest(conditions)),
        (f"{count} strictly decreasing", _verdict(paths, "not satisfied", held)),
        (rounded or "Between those points", "not checked"),
    ]


def _condition_2(route: Route) -> str:
    verdict = route.conditions.condition_2.verdict
    proved = verdict.startswith("proved") or _proved(route, "condition 2")
    return PROVED if proved else verdict


def condition_1(route: Route) -> str:
    """The standing of condition 1 on a route."""
    proof, least = _statement(route, "condition 1"), route.conditions.condition_1
    return _standing(proof) if proof and least.holds else least.verdict


def weakest(standings: Sequence[str]) -> str:
    """The one that claims least: that nothing holds, at points, on part of a path, on all of it."""
    ranks = {"not satisfied": 0, PROVED: 4, "not": 1, "checked": 2, "proved": 3}

    def rank(standing: str) -> int:
        return next(rank for start, rank in ranks.items() if standing.startswith(start))

    return min(standings, key=rank)


def proves(record: Record) -> bool:
    """Whether the conditions of the theorem are proved on all of every route."""
    return all(_proved(route, "condition 1", "condition 2") for route in record.routes)


def _statement(route: Route, name: str) -> Statement | None:
    """A statement about the route from the first of its proofs that makes it."""
    checks = [journey.certificate for journey in route.journeys.values()]
    every = [check.proof.statement(name) for check in checks if check and check.proof]
    return next((statement for statement in every if statement), None)


def _proved(route: Route, *names: str) -> bool:
    statements = [_statement(route, name) for name in names]
    return all(statement is not None and statement.proved for statement in statements)


def _standing(statement: Statement) -> str:
    """Proved on all of [0, 1], or on how much of it, rounded down."""
    if statement.proved:
        return PROVED
    share = sum(one.stop - one.start for one in statement.intervals if one.proved)
    return f"proved on {int(1000 * share) / 10} % of $[0, 1]$"


def _name(route: Route) -> str:
    return ROUTES.get(route.name, route.name)
