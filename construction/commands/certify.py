"""``certify``: a saved result, checked again from the weights.

What differs from the record is named before anything is constructed: the files by their checksums,
the objectives by the user's own model. Only then is the path constructed anew and checked, and the
certificate kept in the record.
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..answers.certificate import Certificate
from ..files.storage import ensure_folder
from ..files.user_code import as_input_errors
from ..forward.forward import MEMORY, Forward
from ..record.record import Record
from ..theorem.construct import follow
from . import Exit
from .agreement import Agreement, compared
from .answers import checked
from .check import check, require_sensible
from .output import printed, user_output_aside
from .problem import Problem, read, versions
from .recorded import Recorded, recorded
from .report import as_json, certificate_of


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes:
        differing: files that are not those of the record, in words.
        agreement: of recorded and measured objectives.
        scale_deviation: largest relative deviation of the scales constructed anew; None where the
            objectives differ, as then nothing was constructed.
        record: with the new certificate, or as it was.
    """

    differing: list[str]
    agreement: Agreement
    scale_deviation: float | None
    record: Record


def execute(options: Namespace) -> Exit:
    """Compare, construct anew, check, save, and print what was found.

    Raises:
        ConstructionError: the record, or something that was given, cannot be used.
    """
    require_sensible(options, none=False)
    result = recorded(options.result)
    place = options.out or options.result
    ensure_folder(place.parent)
    with (
        user_output_aside(options.quiet),
        as_input_errors("the model, the loss and the data to run"),
    ):
        findings = _examined(result, options)
        if findings.agreement.holds:
            findings.record.save(place)
    exit_code = _exit_code(findings)
    if options.json:
        print(as_json(_found(findings, place, exit_code)))
    elif not options.quiet:
        print("\n".join(_lines(findings, place)))
    if options.quiet and exit_code != Exit.DONE:
        print(f"construction: {printed('; '.join(_lines(findings, place)))}", file=sys.stderr)
    return exit_code


def _examined(result: Recorded, options: Namespace) -> Findings:
    """Both comparisons, and where they agree the path anew with its certificate."""
    began = time.perf_counter()
    problem = read(result.completed(options))
    forward = Forward(
        problem.model,
        problem.path,
        problem.data,
        device=options.device,
        memory=options.memory or MEMORY,
        **problem.options,
    )
    differing = list(_differing(result.origin, problem))
    agreement = compared(forward, forward.head, result.route, result.journey, options.check)
    if not agreement.holds:
        return Findings(differing, agreement, None, result.record)
    sheet = forward.along(result.route.sheet.lam, "objectives along the path")
    path = follow(forward, sheet, result.journey.profile)
    certificate, earlier = check(path, options), result.journey.certificate
    if certificate.proof is None and earlier is not None and not differing:
        certificate = replace(certificate, proof=earlier.proof)  # of the same weights and data
    journey = replace(result.journey, certificate=certificate)
    record = replace(
        result.record,
        routes=(replace(result.route, journeys={journey.profile: journey}),),
    ).described(
        certified={
            **problem.origin,
            "device": str(forward.device),
            "versions": versions(),
            "seconds": round(time.perf_counter() - began, 1),
        }
    )
    off = np.abs(path.scale - journey.scale) / np.maximum(journey.scale, 1e-300)
    return Findings(differing, agreement, float(off.max()), record)


def _differing(origin: Mapping[str, Any], problem: Problem) -> Iterator[str]:
    """Weights and data that are not, to the bit, what the result was made from."""
    earlier, given = origin["weights"], problem.origin["weights"]
    if len(earlier) != len(given):
        yield f"the base path has {len(given)} sets of weights, not {len(earlier)}"
    for old, new in zip(earlier, given, strict=False):
        if old["sha256"] != new["sha256"]:
            yield f"the weights in {new['file']} are not those recorded from {old['file']}"
    for what in ("loss", "loss_options"):
        if origin[what] != problem.origin[what]:
            yield f"the {what.replace('_', ' ')} {problem.origin[what]}, not {origin[what]}"
    old, new = origin["data"], problem.origin["data"]
    if old["sha256"] != new["sha256"]:
        yield f"the data {' '.join(new['source'])} are not those recorded"


def _exit_code(findings: Findings) -> Exit:
    certificate = _certificate(findings)
    confirmed = findings.agreement.holds and certificate is not None and certificate.holds
    return Exit.DONE if confirmed else Exit.NOT_CONFIRMED


def _certificate(findings: Findings) -> Certificate | None:
    """The new one."""
    if not findings.agreement.holds:
        return None
    (journey,) = findings.record.routes[0].journeys.values()
    return journey.certificate


def _lines(findings: Findings, place: Path) -> Iterator[str]:
    yield from (f"Note: {one}" for one in findings.differing)
    yield f"Record: {findings.agreement.sentence}"
    if not findings.agreement.holds:
        yield "Nothing was constructed or saved: give the weights, data and loss of the record"
        return
    yield f"Path constructed anew: its scales differ by a relative {findings.scale_deviation:.1e}"
    yield checked(_certificate(findings))
    yield f"Saved: {place}"


def _found(findings: Findings, place: Path, exit_code: Exit) -> dict[str, Any]:
    certificate, agreement = _certificate(findings), findings.agreement
    return {
        "command": "certify",
        "exit_code": int(exit_code),
        "differing": findings.differing,
        "agreement": {
            "holds": agreement.holds,
            "points": len(agreement.lam),
            "deviation": agreement.deviation,
            "sentence": agreement.sentence,
        },
        "scale_deviation": findings.scale_deviation,
        "certificate": certificate and certificate_of(certificate),
        "record": str(place) if agreement.holds else None,
    }
