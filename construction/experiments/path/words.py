"""What films and figures say of a record of constructed paths: caption, footer, findings."""

from collections.abc import Iterable, Sequence

from ...answers import UNDECIDED, Statement
from ...draw.spans import DECADES
from ...record.record import Record
from ...record.route import Journey, Route

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
