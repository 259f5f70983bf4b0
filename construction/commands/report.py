"""What a command says, in words and as JSON."""

import json
import math
import re
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from ..answers import FINER, UNDECIDED, Answer, Certificate, Condition, Conditions, Proof
from ..record.route import Journey
from ..solve.phases import Phase

#: Conditions whose value has to exceed the bound; the others' has to stay below.
ABOVE = ("condition 1", "condition 2", "crossing")
#: How Python's arguments are called on the command line.
FLAGS = {
    r"profile='(\w+)'": r"--profile \1",
    r"dtype=torch\.(\w+)": r"--dtype \1",
    r"batch_norm[= ]'(\w+)'": r"--batch-norm \1",
    r"(head|memory)=\.+": r"--\1",
}


def show(options: Namespace, values: Mapping[str, Any], text: str) -> None:
    """Print an answer as the options ask for it: as JSON, in words, or not at all."""
    if options.json:
        print(as_json(values))
    elif not options.quiet:
        print(text)


def in_one_line(text: object) -> str:
    r"""A message or verdict in one line, though it may quote others of several, with flags named.

    >>> in_one_line("one\n\ttwo: use dtype=torch.float64 or profile='valley'.")
    'one two: use --dtype float64 or --profile valley.'
    """
    line = " ".join(str(text).split())
    for argument, flag in FLAGS.items():
        line = re.sub(argument, flag, line)
    return line


# --- in words ------------------------------------------------------------------------------------


def conditions_text(conditions: Conditions) -> str:
    """Both questions with their answers, and a line a condition.

    >>> holds = Condition("condition 2", 9.25, 1.0, 8.25, 0.0, "checked at 1 point", "above L(0)")
    >>> print(_row(holds))
      condition 2      holds  9.25 > 1, margin 8.25, at lambda 0; checked at 1 point
    """
    theorem = (conditions.condition_1, conditions.condition_2, conditions.final_objective)
    end = None if conditions.final_objective.holds else conditions.final_objective
    sheet = (conditions.sheet_barrier, conditions.crossing, end)
    return "\n".join(
        [
            f"Does the theorem apply? {_sentence(conditions.theorem_answer)}",
            *_rows(theorem),
            f"Does this sheet hold a strictly decreasing path? {_sentence(conditions.path_answer)}",
            *_rows(one for one in sheet if one is not None),
        ]
    )


def path_text(journey: Journey) -> str:
    """The constructed path, phase by phase, with the range of its scale."""
    low, high = journey.scale_range
    lines = [f"The path (profile {journey.profile}): c from {low:.4g} to {high:.4g}"]
    lines += [_phase(phase) for phase in journey.phases]
    return "\n".join(lines)


def check_text(certificate: Certificate | None) -> str:
    """The certificate's verdict with its largest deviation, and what was proved."""
    if certificate is None:
        return "Check: none was made"
    line = f"Check: {in_one_line(certificate.verdict)}"
    if certificate.holds:
        line += f", largest relative deviation from the target {certificate.deviation:.1e}"
    return "\n".join([line, *_proof_lines(certificate.proof)])


def _proof_lines(proof: Proof | None) -> Iterator[str]:
    """What was proved on whole intervals, or why nothing was; no line where there is no proof."""
    if proof is None:
        return
    if proof.reason:
        yield f"Proof: none. {in_one_line(proof.reason)}"
        return
    yield f"Proof ({proof.seconds:.1f} s):"
    for one in proof.statements:
        yield f"  {one.name:16} {one.verdict}: {one.claim}"


def _sentence(answer: Answer) -> str:
    remedy = f": {in_one_line(FINER)}" if answer == UNDECIDED else "."
    return f"{answer.capitalize()}{remedy}"


def _rows(conditions: Iterable[Condition]) -> Iterator[str]:
    for condition in conditions:
        yield _row(condition)
        if not condition.holds:
            yield f"      wanted: {condition.meaning}"


def _row(condition: Condition) -> str:
    holds = condition.holds
    sign = ">" if condition.name in ABOVE else "<"
    standing = "holds" if holds else "FAILS" if condition.decided else "open "
    return (
        f"  {condition.name:16} {standing}  {condition.value:.6g} "
        f"{sign if holds else 'against'} {condition.bound:.6g}, margin "
        f"{condition.margin:.6g}, at lambda {condition.where:.6g}"
        + (f"; {condition.verdict}" if holds or not condition.decided else "")
    )


def _phase(phase: Phase) -> str:
    where = f"at lambda {phase.lam_start:g}"
    if phase.name == "travel":
        where = f"lambda {phase.lam_start:g} to {phase.lam_stop:g}"
    return (
        f"  {phase.name:8} {where}, c {phase.scale_start:.4g} to {phase.scale_stop:.4g}, on the "
        f"{phase.branch} branch"
    )


# --- as JSON -------------------------------------------------------------------------------------


def conditions_json(conditions: Conditions) -> dict[str, Any]:
    """Both answers, with every condition by name."""
    by_name = {key.name: getattr(conditions, key.name) for key in fields(conditions)}
    return {
        **_picked(conditions, "theorem_applies", "sheet_has_path"),
        **_picked(conditions, "theorem_answer", "path_answer"),
        "conditions": {
            name: one and {**asdict(one), "holds": one.holds, "answer": one.answer}
            for name, one in by_name.items()
        },
    }


def path_json(journey: Journey) -> dict[str, Any]:
    """The path, without its arrays, which the record holds."""
    low, high = journey.scale_range
    return {
        "profile": journey.profile,
        "scale": {"least": low, "largest": high, "last": journey.phases[-1].scale_stop},
        "phases": [asdict(phase) for phase in journey.phases],
        "certificate": journey.certificate and certificate_json(journey.certificate),
    }


def certificate_json(certificate: Certificate) -> dict[str, Any]:
    """The certificate, without its arrays and the intervals of its proof."""
    sizes = ("largest_step", "deviation", "initial_error", "final_error", "tolerance")
    proof = certificate.proof
    return {
        **_picked(certificate, "holds", "verdict", "points", *sizes),
        "proof": proof
        and {
            **_picked(proof, "reason", "seconds", "theorem_applies", "path_exists"),
            "statements": [
                _picked(one, "name", "claim", "proved", "open") for one in proof.statements
            ],
        },
    }


def as_json(values: Mapping[str, Any]) -> str:
    """One valid JSON object; numbers that JSON has no word for become strings.

    >>> as_json({"scale": [1.0, math.inf, -math.inf, math.nan]})
    '{"scale": [1.0, "Infinity", "-Infinity", "NaN"]}'
    """
    return json.dumps(_valid(values), allow_nan=False)


def _picked(value: object, *names: str) -> dict[str, Any]:
    """Some attributes by name."""
    return {name: getattr(value, name) for name in names}


def _valid(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _valid(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_valid(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
