"""``solve``: the two questions and the path, for the user's own model, weights and data."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from typing import Any

from ..check.certify import TOLERANCE
from ..errors import ConditionError, ConstructionError, InputError, RootError
from ..files.storage import ensure_folder
from ..files.user_code import as_input_errors
from ..forward.forward import Forward
from ..proof.saved import save_proof
from ..record.record import Record, Route
from ..theorem.construct import conditions_of, follow, measure
from ..theorem.monotone import MonotonePath, record_of_sheet
from . import Exit
from .inputs import Inputs, read_inputs, require_check, versions
from .report import (
    as_json,
    check_text,
    conditions_json,
    conditions_text,
    in_one_line,
    path_json,
    path_text,
    user_output_aside,
)


def execute(options: Namespace) -> Exit:
    """Answer both questions, construct, check, save, and print the result.

    Raises:
        ConstructionError: something that was handed in cannot be used.
    """
    _require_output(options)
    with (
        user_output_aside(options.quiet),
        as_input_errors("the model, the loss and the data to run"),
    ):
        record, reason = _solved(options)
    (route,) = record.routes
    exit_code = _exit_code(route, reason)
    if options.json:
        print(as_json(_json(record, route, reason, options, exit_code)))
    elif not options.quiet:
        print(_summary(record, route, options))
    if reason is not None:
        print(f"construction: {in_one_line(reason)}", file=sys.stderr)
    return exit_code


def _solved(options: Namespace) -> tuple[Record, ConstructionError | None]:
    """The saved record, and the reason where it holds no path."""
    began = time.perf_counter()
    inputs = read_inputs(options)
    forward, sheet = measure(
        inputs.model, inputs.path, inputs.data, points=options.points, **inputs.options
    )
    reason: ConstructionError | None = None
    try:
        path = follow(forward, sheet, options.profile)
    except (ConditionError, RootError) as error:
        reason = error
        record = record_of_sheet(forward, sheet, conditions_of(forward, sheet))
    else:
        if options.check:
            _check(path, options)
        record = path.record()
    record = _described(record, inputs, forward, options)
    record = record.described(seconds=round(time.perf_counter() - began, 1))
    record.save(options.out)
    return record, reason


def _check(path: MonotonePath, options: Namespace) -> None:
    """Check the path at N points; prove what can be proved, and save that, where asked for."""
    certificate = path.certify(options.check, prove=options.prove or options.proof is not None)
    if options.proof is not None and certificate.proof and not certificate.proof.reason:
        save_proof(path, options.proof, certificate.proof)


def _described(record: Record, inputs: Inputs, forward: Forward, options: Namespace) -> Record:
    """The record with all that made it."""
    data = " ".join(inputs.origin["data"]["source"])
    return record.described(
        title=f"{options.model} · {data}",
        solve={**inputs.origin, "head": forward.head, "points": options.points},
        samples=forward.samples,
        device=str(forward.device),
        dtype=str(forward.dtype).removeprefix("torch."),
        tolerance=TOLERANCE[forward.dtype],
        versions=versions(),
    )


def _exit_code(route: Route, reason: ConstructionError | None) -> Exit:
    if reason is not None:
        return Exit.NO_PATH
    (journey,) = route.journeys.values()
    refuted = journey.certificate is not None and not journey.certificate.holds
    return Exit.NOT_CONFIRMED if refuted else Exit.DONE


def _summary(record: Record, route: Route, options: Namespace) -> str:
    manifest = record.manifest
    lines = [
        f"{manifest['title']} · {manifest['samples']} samples · {route.loss} · "
        f"{len(route.sheet.lam)} points · {manifest['seconds']:g} s",
        f"L(0) = {route.sheet.d:.6g}, L(W(0)) = {route.empirical[0]:.6g}, "
        f"L(W(1)) = {route.empirical[-1]:.6g}",
        f"outputs along the path by {route.served}",
        conditions_text(route.conditions),
    ]
    for journey in route.journeys.values():
        lines += [path_text(journey), check_text(journey.certificate)]
    if not route.journeys:
        lines.append(f"No path was constructed (profile {options.profile})")
    lines.append(f"Record: {options.out}; `python -m construction plot {options.out}` draws it")
    return "\n".join(lines)


def _json(
    record: Record,
    route: Route,
    reason: ConstructionError | None,
    options: Namespace,
    exit_code: Exit,
) -> dict[str, Any]:
    journeys = [path_json(journey) for journey in route.journeys.values()]
    return {
        "command": "solve",
        "exit_code": int(exit_code),
        "zero_objective": route.sheet.d,
        "initial_objective": float(route.empirical[0]),
        "final_objective": float(route.empirical[-1]),
        **conditions_json(route.conditions),
        "path": journeys[0] if journeys else None,
        "reason": reason and in_one_line(reason),
        "outputs_by": route.served,
        "record": str(options.out),
        "manifest": record.manifest,
    }


def _require_output(options: Namespace) -> None:
    """Refuse, before anything is computed, what cannot be checked or written."""
    require_check(options, none=True)
    if options.out.suffix != ".npz":
        raise InputError("--out FILE.npz", f"{options.out}", "The record is an .npz file.")
    ensure_folder(options.out.parent)
