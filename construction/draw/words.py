"""What a figure says in words: heading and footer, as pieces that a line is filled with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..record.record import Journey, Route
from .span import Span


def heading(route: Route) -> list[str]:
    """Both answers, and the barrier with its place."""
    found = route.conditions
    barrier = found.sheet_barrier
    return [
        f"The theorem {'applies' if found.theorem_applies else 'does not apply'}.",
        f"A decreasing path on this sheet: {'yes' if found.sheet_has_path else 'no'}.",
        rf"$\sup\,m - L(W(0))$ = {number(barrier.value)} at $\lambda$ = {barrier.where:.3g}.",
    ]


def footer(
    manifest: Mapping[str, Any], route: Route, profiles: Sequence[str], notes: Iterable[str]
) -> list[str]:
    """Origin, loss, number of points, what was checked, and what the axes leave out."""
    title = str(manifest.get("title", ""))
    seeds = manifest.get("seeds", [])[: max(1, len(route.vertices) - 1)]
    parts = [title.replace("$", r"\$")] if title else []
    if seeds:
        parts.append(f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}")
    parts += [f"{route.loss.replace('_', ' ')} loss", f"{len(route.sheet.lam)} points"]
    if profiles:
        parts.append(standing([route.journeys[name] for name in profiles]))
    return [*parts, *notes]


def notes(route: Route, objective: Span, scale: Span) -> Iterator[str]:
    """What the axes leave out, and what is grey."""
    for what, span in (("objectives", objective), ("scales", scale)):
        if span.cut:
            yield f"{what} below {span.low:.1e} are drawn at the lower end"
    if not np.isfinite(route.sheet.best_scale).all():
        yield "grey: no finite scale attains the least objective"


def standing(journeys: Sequence[Journey]) -> str:
    """Whether the drawn paths were checked, and at how many points."""
    checks = [journey.certificate for journey in journeys]
    made = [check for check in checks if check is not None]
    if len(made) < len(checks):
        return "not checked"
    if not all(check.holds for check in made):
        return "the check failed"
    points = f"checked at {min(check.points for check in made)} points"
    if all(check.proof is not None and check.proof.path_exists for check in made):
        return f"a decreasing path is proved to exist, these are {points}"
    return points


def number(value: float) -> str:
    """Three digits, with a sign that is no hyphen.

    >>> number(-0.20491)
    '−0.205'
    """
    return f"{value:+.3g}".replace("-", "\N{MINUS SIGN}")
