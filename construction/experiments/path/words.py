"""From a record of constructed paths to what its film shows and its figure says; no manim.

Between the lambdas of the grid the moments a and b are interpolated, and the scale is solved from
them, so that the root drawn is the root of the parabola drawn; at the lambdas of the grid all
numbers are the record's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...answers.certificate import Certificate, Statement
from ...arrays import Array
from ...draw.spans import Span, spanned
from ...errors import InputError
from ...record.record import Journey, Record, Route
from ...sheet.moments import SquaredSheet
from ...solve.phases import Phase
from ...solve.scale import solve

#: Points of a stretch where lambda rests and c runs; the curve there is a parabola in c.
VERTICAL_POINTS = 121
#: Scales further apart than this factor have a logarithmic axis.
WIDE = 30.0
#: What the film's last frame calls the routes of the package's own records.
ROUTES = {"line": "straight line", "detour": "detour"}


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
    assert isinstance(sheet, SquaredSheet), "scenes.source refuses other losses"
    at = np.atleast_1d(np.asarray(lam, float))
    a, b = (np.interp(at, sheet.lam, moment) for moment in (sheet.a, sheet.b))
    return SquaredSheet(at, a, b, sheet.d)


def target_at(route: Route, profile: str, lam: float) -> float:
    """``v(lambda)``."""
    return float(np.interp(lam, route.sheet.lam, route.journeys[profile].target))


def root_at(route: Route, profile: str, lam: float) -> float:
    """``c(lambda)`` of a profile on the right branch, a root of the sheet at that lambda."""
    excess = np.array([target_at(route, profile, lam) - route.sheet.d])
    sheet = sheet_at(route, lam)
    return float(solve(sheet, excess, np.array(["right"])).required(sheet.lam)[0])


def theorem_profile(route: Route) -> str | None:
    """The first profile of the theorem's: any but the valley."""
    return next((name for name in route.journeys if name != "valley"), None)


def is_line(route: Route) -> bool:
    """Whether the base path is the straight line between initial and final weights."""
    return route.name == "line"


def legs(route: Route, profile: str) -> tuple[Leg, ...]:
    """The phases of a constructed path, in order, as arrays."""
    return tuple(_leg(route, profile, phase) for phase in route.journeys[profile].phases)


def _leg(route: Route, profile: str, phase: Phase) -> Leg:
    grid, scales = route.sheet.lam, route.journeys[profile].scale
    if phase.name == "travel":
        inside = (grid > phase.lam_start) & (grid < phase.lam_stop)
        lam = np.concatenate([[phase.lam_start], grid[inside], [phase.lam_stop]])
        scale = np.concatenate([[phase.scale_start], scales[inside], [phase.scale_stop]])
    else:
        scale = np.linspace(phase.scale_start, phase.scale_stop, VERTICAL_POINTS)
        lam = np.full_like(scale, phase.lam_start)
    return Leg(phase, lam, scale, sheet_at(route, lam).value(scale))


def parabola(
    route: Route, lam: float, highest_scale: float, points: int = 101
) -> tuple[Array, Array]:
    """``c`` and ``g(lambda, c)`` for c from 0 to `highest_scale`, (points,) each."""
    c = np.linspace(0, highest_scale, points)
    return c, sheet_at(route, np.full_like(c, lam)).value(c)


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


def chosen(
    record: Record, route: str | None = None, profiles: Sequence[str] | None = None
) -> tuple[Route, list[str]]:
    """What a figure shows: a route, the first when None, and profiles, all of it when None.

    Raises:
        RecordError: a route that the record does not have.
        InputError: a profile that the route does not have.
    """
    shown = record.routes[0] if route is None else record.route(route)
    names = list(shown.journeys) if profiles is None else list(dict.fromkeys(profiles))
    unknown = [name for name in names if name not in shown.journeys]
    if unknown:
        raise InputError(
            f"a constructed path among {', '.join(shown.journeys) or 'none'}",
            repr(unknown[0]),
            "Name those of the record.",
        )
    return shown, names


def objective_span(route: Route, profiles: Sequence[str], *, linear: bool = False) -> Span:
    """The axis of a figure's objectives."""
    values = [route.journeys[name].objective for name in profiles]
    values += [route.sheet.minimum, route.empirical, np.array([route.sheet.d])]
    return spanned(values, log=not linear)


def scale_span(route: Route, profiles: Sequence[str]) -> Span:
    """The axis of a figure's scales, logarithmic where they differ by more than `WIDE`."""
    journeys = [route.journeys[name] for name in profiles]
    ends = [(p.scale_start, p.scale_stop) for journey in journeys for p in journey.phases]
    values = [route.sheet.best_scale, np.array([1.0]), *(one.scale for one in journeys)]
    known = np.concatenate([*values, np.ravel(ends)])
    known = known[np.isfinite(known)]
    return spanned([known], log=bool(known.max() > WIDE * known[known > 0].min()))


def caption(
    record: Record,
    *,
    route: str | None = None,
    profiles: Sequence[str] | None = None,
    linear: bool = False,
) -> str:
    """For the figure: what one sees, both answers, the barrier, and what was checked.

    Args:
        record, route, profiles, linear: as of `construction.experiments.path.figure.draw`.

    Raises:
        RecordError, InputError: see `chosen`.
    """
    shown, names = chosen(record, route, profiles)
    conditions, barrier = shown.conditions, shown.conditions.sheet_barrier
    origin = [*_origin(record, shown), f"{shown.loss.replace('_', ' ')} loss"]
    said = [
        f"{', '.join(origin)}, {len(shown.sheet.lam)} points",
        f"The theorem {'applies' if conditions.theorem_applies else 'does not apply'}",
        f"A decreasing path on this sheet: {'yes' if conditions.sheet_has_path else 'no'}",
        f"sup m - L(W(0)) = {barrier.value:+.3g} at lambda = {barrier.where:.3g}",
    ]
    if names:
        said.append(f"Constructed paths: {_checked([shown.journeys[name] for name in names])}")
    spans = objective_span(shown, names, linear=linear), scale_span(shown, names)
    for what, span in zip(("Objectives", "Scales"), spans, strict=True):
        if span.cut:
            said.append(f"{what} below {span.low:.1e} are drawn at the lower end of the axis")
    if not np.isfinite(shown.sheet.best_scale).all():
        said.append("Shaded below: no finite scale attains the least objective")
    return f"{'. '.join(said)}."


def _checked(journeys: Sequence[Journey]) -> str:
    """Whether paths were checked, at how many points, and whether one is proved to exist."""
    checks = _certificates(journeys)
    if len(checks) < len(journeys):
        return "not checked"
    if not all(check.holds for check in checks):
        return "the check failed"
    points = f"checked at {min(check.points for check in checks)} points"
    if all(check.proof is not None and check.proof.path_exists for check in checks):
        return f"{points}; a decreasing path is proved to exist"
    return points


def _origin(record: Record, route: Route) -> list[str]:
    """Title of a record and seeds of the networks on a route, where it says them."""
    seeds = record.manifest.get("seeds", [])[: max(1, len(route.vertices) - 1)]
    numbers = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    return [str(record.manifest.get("title", "a record without title")), *[numbers][: len(seeds)]]


def _certificates(journeys: Iterable[Journey]) -> list[Certificate]:
    """Of those that were checked."""
    return [journey.certificate for journey in journeys if journey.certificate is not None]


def footer(record: Record, route: Route) -> str:
    """What one sees: data, network, seeds, whether proved, and at how many points checked."""
    checks = _certificates(route.journeys.values())
    if len(checks) < len(route.journeys):
        standing = "not checked"
    elif not all(check.holds for check in checks):
        standing = "check failed"
    else:
        points = min(check.points for check in checks)
        proved = _proved(route, "condition 1", "condition 2")
        standing = f"proved, {points} checks" if proved else f"checked at {points} points"
    return " · ".join([*_origin(record, route), standing])


def findings(record: Record) -> list[tuple[str, str]]:
    """What was found, as pairs of statement and standing in Typst, for the last frame."""
    told, first = record.routes[0].conditions.condition_2, record.routes[0]
    sign = ">" if told.holds else "<="
    rows = [
        ("Theorem 1: such a path exists where conditions 1 and 2 hold", "proved on paper"),
        (
            f"Condition 2: $L(W(0)) = {told.value:.3g} {sign} L(0) = {told.bound:.3g}$",
            "proved" if _proved(first, "condition 2") else told.verdict,
        ),
    ]
    for route in record.routes:
        least, proof = route.conditions.condition_1, _statement(route, "condition 1")
        growth = "mean $norm(N)^2" if route.loss == "squared" else "$lim g\\/c"
        standing = _standing(proof) if proof and least.holds else least.verdict
        bound = "> 0$" if proof and proof.proved else f">= {least.value:.3g}$"
        rows.append((f"Condition 1, {_name(route)}: {growth} {bound}", standing))
    for route in record.routes:
        if valley := _statement(route, "valley"):
            statement = f"Valley, {_name(route)}: $m < v$ at every $lambda$"
            rows.append((statement, _standing(valley)))
    rows += [_journeys(route) for route in record.routes]
    rounded = "The rounded weights between those points" if proves(record) else ""
    return [*rows, (rounded or "Between those points", "not checked")]


def proves(record: Record) -> bool:
    """Whether the conditions of the theorem are proved on all of every route."""
    return all(_proved(route, "condition 1", "condition 2") for route in record.routes)


def _statement(route: Route, name: str) -> Statement | None:
    """A statement about the route from the first of its proofs that makes it."""
    proofs = [check.proof for check in _certificates(route.journeys.values()) if check.proof]
    return next((found for proof in proofs if (found := proof.statement(name))), None)


def _proved(route: Route, *names: str) -> bool:
    found = [_statement(route, name) for name in names]
    return all(one is not None and one.proved for one in found)


def _standing(statement: Statement) -> str:
    """Proved on all of [0, 1], or on how much of it, rounded down."""
    if statement.proved:
        return "proved on $[0, 1]$"
    share = sum(one.stop - one.start for one in statement.intervals if one.proved)
    return f"proved on {int(1000 * share) / 10} % of $[0, 1]$"


def _name(route: Route) -> str:
    return ROUTES.get(route.name, route.name)


def _journeys(route: Route) -> tuple[str, str]:
    """Which constructed paths of a route strictly decrease, and how that was checked."""
    name = _name(route).capitalize()
    journeys, checks = route.journeys, _certificates(route.journeys.values())
    paths = f"{len(journeys)} constructed paths" if len(journeys) > 1 else "the constructed path"
    statement = f"{name}: {paths} strictly decreasing"
    if len(checks) < len(journeys):
        return statement, "not checked"
    if not all(check.holds for check in checks):
        return statement, "not satisfied"
    each = " each" if len(checks) > 1 else ""
    return statement, f"checked at {min(check.points for check in checks)} points{each}"
