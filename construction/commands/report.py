"""What a command says, in words and as JSON."""

import json
import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..answers import FINER, UNDECIDED, Answer, Certificate, Condition, Conditions
from ..record.route import Journey
from . import Exit

#: How Python's arguments are called on the command line.
FLAGS = {
    r"profile='(\w+)'": r"--profile \1",
    r"dtype=torch\.(\w+)": r"--dtype \1",
    r"batch_norm[= ]'(\w+)'": r"--batch-norm \1",
    r"(head|memory)=\.+": r"--\1",
}


def printed(
    options: Namespace,
    code: Exit,
    values: Mapping[str, Any],
    lines: Sequence[str] = (),
    wrong: Sequence[object] = (),
) -> Exit:
    """The exit status, after the answer: as its values in JSON, as its lines, or not at all.

    What is wrong goes to standard error in any case, a line each.
    """
    for one in wrong:
        print(f"construction: {in_one_line(one)}", file=sys.stderr)
    if getattr(options, "json", False):
        print(as_json({"command": options.command, "exit_code": int(code), **values}))
    elif lines and not options.quiet:
        print("\n".join(lines))
    return code


def where(place: Path | None) -> str:
    """Where the record lies, and how it is drawn."""
    draws = f"{place}; `python -m construction plot {place}` draws it"
    return f"Record: {draws if place else 'not saved'}"


def in_one_line(text: object) -> str:
    r"""A message or verdict in one line, though it may quote others of several, with flags named.

    >>> in_one_line("one\n\ttwo: use dtype=torch.float64 or profile='valley'.")
    'one two: use --dtype float64 or --profile valley.'
    """
    line = "".join(filter(str.isprintable, " ".join(str(text).split())))
    for argument, flag in FLAGS.items():
        line = re.sub(argument, flag, line)
    return line


def conditions_text(conditions: Conditions) -> str:
    """Both questions with their answers, and a line a condition.

    >>> holds = Condition("condition 2", 9.25, 1.0, 8.25, 0.0, "checked at 1 point", "above L(0)")
    >>> print(_answered("Does it?", "yes", [holds]))
    Does it? Yes.
      condition 2      holds  9.25 against 1, margin 8.25, at lambda 0; checked at 1 point
    """
    one = conditions
    theorem = (one.condition_1, one.condition_2, one.final_objective)
    sheet = (one.sheet_barrier, one.crossing, one.final_objective)
    return (
        _answered("Does the theorem apply?", one.theorem_answer, theorem)
        + "\n"
        + _answered("Does this sheet hold a strictly decreasing path?", one.path_answer, sheet)
    )


def _answered(question: str, answer: Answer, asked: Iterable[Condition | None]) -> str:
    remedy = f": {in_one_line(FINER)}" if answer == UNDECIDED else "."
    lines = [f"{question} {answer.capitalize()}{remedy}"]
    for one in filter(None, asked):
        standing = "holds" if one.holds else "FAILS" if one.decided else "open "
        lines.append(
            f"  {one.name:16} {standing}  {one.value:.6g} against {one.bound:.6g}, "
            f"margin {one.margin:.6g}, at lambda {one.where:.6g}; {one.verdict}"
        )
        lines += [] if one.holds else [f"      wanted: {one.meaning}"]
    return "\n".join(lines)


def path_text(journey: Journey) -> str:
    """The constructed path, phase by phase, with the range of its scale."""
    low, high = journey.scale_range
    lines = (
        f"  {one.name:8} lambda {one.lam_start:g} to {one.lam_stop:g}, c {one.scale_start:.4g} "
        f"to {one.scale_stop:.4g}, on the {one.branch} branch"
        for one in journey.phases
    )
    whole = f"The path (profile {journey.profile}): c from {low:.4g} to {high:.4g}"
    return "\n".join([whole, *lines])


def check_text(certificate: Certificate | None) -> str:
    """The certificate's verdict with its largest deviation, and what was proved, or why nothing."""
    if certificate is None:
        return "Check: none was made"
    proof = certificate.proof
    lines = [f"Check: {in_one_line(certificate.verdict)}"]
    if certificate.holds:
        lines[0] += f", largest relative deviation from the target {certificate.deviation:.1e}"
    if proof and proof.reason:
        lines.append(f"Proof: none. {in_one_line(proof.reason)}")
    elif proof:
        lines.append(f"Proof ({proof.seconds:.1f} s):")
        lines += [f"  {one.name:16} {one.verdict}: {one.claim}" for one in proof.statements]
    return "\n".join(lines)


def conditions_json(conditions: Conditions) -> dict[str, Any]:
    """Both answers, with every condition by name."""
    answers = ("theorem_applies", "sheet_has_path", "theorem_answer", "path_answer")
    printed = {
        name: one and {**asdict(one), "holds": one.holds, "answer": one.answer}
        for name, one in vars(conditions).items()
    }
    return {**_picked(conditions, *answers), "conditions": printed}


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
    printed = {**_picked(certificate, "holds", "verdict", "points", *sizes), "proof": None}
    if proof := certificate.proof:
        each = [_picked(one, "name", "claim", "proved", "open") for one in proof.statements]
        said = _picked(proof, "reason", "seconds", "theorem_applies", "path_exists")
        printed["proof"] = {**said, "statements": each}
    return printed


def as_json(values: Mapping[str, Any]) -> str:
    """One valid JSON object; numbers that JSON has no word for become strings.

    >>> as_json({"scale": [1.0, float("inf"), -float("inf"), float("nan")]})
    '{"scale": [1.0, "Infinity", "-Infinity", "NaN"]}'
    """
    return json.dumps(json.loads(json.dumps(values), parse_constant=str))


def _picked(value: object, *names: str) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}
