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
from ..forward.forward import MEMORY, Forward
from ..record.record import Record, Route
from ..theorem.construct import conditions_of, follow, measure
from ..theorem.monotone import record_of_sheet
from . import Exit
from .answers import checked, followed, told
from .check import check, require_sensible
from .output import printed, user_output_aside
from .problem import Problem, read, versions
from .report import answers_of, as_json, path_of


def execute(options: Namespace) -> Exit:
    """Answer, construct, check, save, and print what was found.

    Raises:
        ConstructionError: something that was given cannot be used.
    """
    _require_sensible(options)
    with (
        user_output_aside(options.quiet),
        as_input_errors("the model, the loss and the data to run"),
    ):
        record, reason = _solved(options)
    (route,) = record.routes
    exit_code = _exit_code(route, reason)
    if options.json:
        print(as_json(_found(record, route, reason, options, exit_code)))
    elif not options.quiet:
        print(_summary(record, route, options))
    if reason is not None:
        print(f"construction: {printed(reason)}", file=sys.stderr)
    return exit_code


def _solved(options: Namespace) -> tuple[Record, ConstructionError | None]:
    """The record that is kept, and why it holds no path where it holds none."""
    began = time.perf_counter()
    problem = read(options)
    forward, sheet = measure(
        problem.model,
        problem.path,
        problem.data,
        points=options.points,
        device=options.device,
        memory=options.memory or MEMORY,
        **problem.options,
    )
    reason: ConstructionError | None = None
    try:
        path = follow(forward, sheet, options.profile)
    except (ConditionError, RootError) as error:
        reason = error
        record = record_of_sheet(forward, sheet, conditions_of(forward, sheet))
    else:
        if options.check:
            check(path, options)
        record = path.record()
    record = _described(record, problem, forward, options)
    record = record.described(seconds=round(time.perf_counter() - began, 1))
    record.save(options.out)
    return record, reason


def _described(record: Record, problem: Problem, forward: Forward, options: Namespace) -> Record:
    """The record with all that made it."""
    data = " ".join(problem.origin["data"]["source"])
    return record.described(
        title=f"{options.model} · {data}",
        solve={**problem.origin, "head": forward.head, "points": options.points},
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
    told_of = record.manifest
    lines = [
        f"{told_of['title']} · {told_of['samples']} samples · {route.loss} · "
        f"{len(route.sheet.lam)} points · {told_of['seconds']:g} s",
        f"L(0) = {route.sheet.d:.6g}, L(W(0)) = {route.empirical[0]:.6g}, "
        f"L(W(1)) = {route.empirical[-1]:.6g}",
        f"outputs along the path by {route.served}",
        told(route.conditions),
    ]
    for journey in route.journeys.values():
        lines += [followed(journey), checked(journey.certificate)]
    if not route.journeys:
        lines.append(f"No path was constructed (profile {options.profile})")
    lines.append(f"Record: {options.out}; `python -m construction plot {options.out}` draws it")
    return "\n".join(lines)


def _found(
    record: Record,
    route: Route,
    reason: ConstructionError | None,
    options: Namespace,
    exit_code: Exit,
) -> dict[str, Any]:
    journeys = [path_of(journey) for journey in route.journeys.values()]
    return {
        "command": "solve",
        "exit_code": int(exit_code),
        "zero_objective": route.sheet.d,
        "initial_objective": float(route.empirical[0]),
        "final_objective": float(route.empirical[-1]),
        **answers_of(route.conditions),
        "path": journeys[0] if journeys else None,
        "reason": reason and printed(reason),
        "outputs_by": route.served,
        "record": str(options.out),
        "manifest": record.manifest,
    }


def _require_sensible(options: Namespace) -> None:
    require_sensible(options, none=True)
    if options.out.suffix != ".npz":
        raise InputError("--out FILE.npz", f"{options.out}", "The record is an .npz file.")
    ensure_folder(options.out.parent)
