"""The two questions and the path, told in a few lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ..answers.certificate import Certificate
from ..answers.conditions import Condition, Conditions
from ..record.record import Journey
from ..solve.phases import Phase
from .output import printed

#: Conditions whose value has to exceed the bound; the others' has to stay below.
ABOVE = ("condition 1", "condition 2", "crossing")


def told(conditions: Conditions) -> str:
    """Both answers, with a line a condition.

    >>> holds = Condition("condition 2", 9.25, 1.0, 8.25, 0.0, "checked at 1 point", "above L(0)")
    >>> print(_row(holds))
      condition 2      holds  9.25 > 1, margin 8.25, at lambda 0; checked at 1 point
    """
    theorem = (conditions.condition_1, conditions.condition_2, conditions.final_objective)
    end = None if conditions.final_objective.holds else conditions.final_objective
    sheet = (conditions.sheet_barrier, conditions.crossing, end)
    return "\n".join(
        [
            _question("Does the theorem apply?", conditions.theorem_applies),
            *_rows(theorem),
            _question(
                "Does this sheet hold a strictly decreasing path?", conditions.sheet_has_path
            ),
            *_rows(one for one in sheet if one is not None),
        ]
    )


def followed(journey: Journey) -> str:
    """The constructed path, phase by phase, with the range of its scale."""
    low, high = scale_range(journey)
    lines = [f"The path (profile {journey.profile}): c from {low:.4g} to {high:.4g}"]
    lines += [_phase(phase) for phase in journey.phases]
    return "\n".join(lines)


def checked(certificate: Certificate | None) -> str:
    """The certificate's verdict, with its largest deviation, and what was proved."""
    if certificate is None:
        return "Check: none was made"
    line = f"Check: {printed(certificate.verdict)}"
    if certificate.holds:
        line += f", largest relative deviation from the target {certificate.deviation:.1e}"
    return "\n".join([line, *proved(certificate)])


def proved(certificate: Certificate) -> Iterator[str]:
    """What was proved on whole intervals, or why nothing was; nothing where none was asked for."""
    proof = certificate.proof
    if proof is None:
        return
    if proof.reason:
        yield f"Proof: none. {printed(proof.reason)}"
        return
    yield f"Proof ({proof.seconds:.1f} s):"
    for one in proof.statements:
        yield f"  {one.name:16} {one.verdict}: {one.claim}"


def scale_range(journey: Journey) -> tuple[float, float]:
    """The least and the largest c on the path, its phases at one lambda included."""
    ends = [(phase.scale_start, phase.scale_stop) for phase in journey.phases]
    values = np.concatenate([journey.scale, np.ravel(ends)])
    return float(values.min()), float(values.max())


def sign(condition: Condition) -> str:
    """On which side of its bound a condition wants its value."""
    return ">" if condition.name in ABOVE else "<"


def _question(question: str, answer: bool) -> str:
    return f"{question} {'Yes' if answer else 'No'}."


def _rows(conditions: Iterable[Condition]) -> Iterator[str]:
    for condition in conditions:
        yield _row(condition)
        if not condition.holds:
            yield f"      wanted: {condition.meaning}"


def _row(condition: Condition) -> str:
    holds = condition.holds
    return (
        f"  {condition.name:16} {'holds' if holds else 'FAILS'}  {condition.value:.6g} "
        f"{sign(condition) if holds else 'against'} {condition.bound:.6g}, margin "
        f"{condition.margin:.6g}, at lambda {condition.where:.6g}"
        + (f"; {condition.verdict}" if holds else "")
    )


def _phase(phase: Phase) -> str:
    where = f"at lambda {phase.lam_start:g}"
    if phase.name == "travel":
        where = f"lambda {phase.lam_start:g} to {phase.lam_stop:g}"
    return (
        f"  {phase.name:8} {where}, c {phase.scale_start:.4g} to {phase.scale_stop:.4g}, on the "
        f"{phase.branch} branch"
    )
