"""What films and figures say of a record of constructed paths: caption, footer, findings."""

from collections.abc import Iterable, Sequence

from ...draw.spans import DECADES
from ...record.record import Record, answers
from ...record.route import Journey, Route

#: What the routes of the package's own records are called.
ROUTES = {"line": "straight line", "detour": "detour"}


def caption(
    record: Record, *, route: str | None = None, profiles: Sequence[str] | None = None
) -> str:
    """For the figure: what one sees, both answers, the barrier, and what was checked.

    Arguments and errors are those of `construction.record.record.Record.plot`.
    """
    shown, names = record.chosen(route, profiles)
    paths = [shown.journeys[name] for name in names]
    proofs = [path.certificate.proof if path.certificate else None for path in paths]
    proved = bool(paths) and all(proof is not None and proof.path_exists for proof in proofs)
    return (
        f"{_origin(record, shown)}, {shown.loss.replace('_', ' ')} loss, {len(shown.sheet.lam)} "
        f"points: {_answers(shown, paths)}{'; a decreasing path is proved to exist' * proved}. On "
        f"a logarithmic axis 0, and what lies {DECADES} decades below the highest value or more, "
        "is drawn at the lower end."
    )


def finding(record: Record) -> str:
    """Both answers for each route, and whether the paths that were constructed decrease."""
    return " ".join(
        f"On the {ROUTES.get(route.name, route.name)} {_answers(route, route.journeys.values())}."
        for route in record.routes
    )


def _answers(route: Route, paths: Iterable[Journey]) -> str:
    barrier = route.conditions.sheet_barrier
    return (
        f"{answers(route.conditions)} (sup m - L(W(0)) = {barrier.value:+.3g} at lambda = "
        f"{barrier.where:.3g}); constructed paths: {_verdict(paths)}"
    )


def footer(record: Record, route: Route) -> str:
    """What one sees: data, network, seeds, whether the theorem's conditions are proved, checks."""
    checks = _verdict(route.journeys.values())
    if _proved(route) and checks.startswith("checked at "):
        checks = f"proved, {checks.removeprefix('checked at ').replace('points', 'checks')}"
    return f"{_origin(record, route)} · {checks}"


def findings(record: Record) -> list[tuple[str, str]]:
    """What was found, as pairs of statement and standing in Typst, for the last frame.

    What is said of several routes at once has the weakest standing among them.
    """
    paths = [journey for route in record.routes for journey in route.journeys.values()]
    standings = [
        condition.verdict
        for route in record.routes
        for condition in (route.conditions.condition_1, route.conditions.condition_2)
    ]
    return [
        ("Theorem 1: where conditions 1 and 2 hold, a path exists", "proved on paper"),
        ("Conditions 1 and 2", weakest(standings).replace("[0, 1]", "$[0, 1]$")),
        ("Constructed paths strictly decreasing", _verdict(paths)),
        ("The rounded weights between those points", "not checked"),
    ]


def weakest(standings: Sequence[str]) -> str:
    """The one that claims least: that nothing holds, or is not decided, at points, everywhere."""
    ranks = {"not satisfied": 0, "not": 1, "checked": 2, "proved": 3}

    def rank(standing: str) -> int:
        return next(rank for start, rank in ranks.items() if standing.startswith(start))

    return min(standings, key=rank)


def proves(record: Record) -> bool:
    """Whether the conditions of the theorem are proved on all of every route."""
    return all(map(_proved, record.routes))


def _proved(route: Route) -> bool:
    conditions = (route.conditions.condition_1, route.conditions.condition_2)
    return all(one.verdict.startswith("proved") for one in conditions)


def _origin(record: Record, route: Route) -> str:
    """Title of a record and seeds of the networks on a route, where it says them."""
    seeds = record.manifest.get("seeds", [])[: max(1, len(route.vertices) - 1)]
    numbers = f" · seed {', '.join(map(str, seeds))}" if seeds else ""
    return f"{record.manifest.get('title', 'a record without title')}{numbers}"


def _verdict(journeys: Iterable[Journey]) -> str:
    """How constructed paths were checked; "none" where there are none."""
    checks = [journey.certificate for journey in journeys]
    if any(check and not check.holds for check in checks):
        return "check failed"
    points = [check.points for check in checks if check]
    if not checks or len(points) < len(checks):
        return "not checked" if checks else "none"
    return f"checked at {min(points)} points"
