"""``solve``: the two questions and the path, for the user's own model, weights and data.

Its options are in `options`, and which of them it takes in `parser`.
"""

import time
from argparse import Namespace
from functools import partial
from pathlib import Path

from ..check import TOLERANCE
from ..errors import CacheError, ConditionError, ConstructionError, RootError
from ..files.storage import versions
from ..proof.prover import save_proof
from ..record.record import Record
from ..record.route import Route
from ..theorem.construct import conditions_of, follow, measure
from ..theorem.monotone import record_of_sheet
from . import Exit, report
from .inputs import read_inputs
from .outputs import files_read, require_check, require_places, saved, user_code_running


def execute(options: Namespace) -> Exit:
    """Answer both questions, construct, check, save, and print the result."""
    options.prove = options.prove or options.proof is not None
    require_check(options.check, at_all=options.prove)
    places = {"--out": (options.out, "routes"), "--proof": (options.proof, "statements")}
    require_places(files_read(options), places)
    with user_code_running(options.quiet):
        record, reason, unsaved, place = _solved(options)
    (route,) = record.routes
    code = Exit.INPUT if unsaved else Exit.NO_PATH if reason else Exit.DONE
    checks = [one.certificate for one in route.journeys.values() if one.certificate]
    if code == Exit.DONE and not all(check.holds for check in checks):
        code = Exit.NOT_CONFIRMED
    wrong = [one for one in (reason, *unsaved) if one is not None]
    answer = {
        "zero_objective": route.sheet.d,
        "initial_objective": float(route.empirical[0]),
        "final_objective": float(route.empirical[-1]),
        **report.conditions_json(route.conditions),
        "path": next(map(report.path_json, route.journeys.values()), None),
        "reason": " ".join(map(report.in_one_line, wrong)) or None,
        "outputs_by": route.served,
        "record": place and str(place),
        "manifest": record.manifest,
    }
    return report.printed(options, code, answer, _summary(record, route, options, place), wrong)


def _solved(
    options: Namespace,
) -> tuple[Record, ConstructionError | None, list[CacheError], Path | None]:
    """The record, why it holds no path, why anything was not saved, and where the record is."""
    began = time.perf_counter()
    inputs = read_inputs(options)
    forward, sheet = measure(*inputs.problem, points=options.points, **inputs.options)
    reason: ConstructionError | None = None
    unsaved = []
    try:
        path = follow(forward, sheet, options.profile)
    except (ConditionError, RootError) as error:
        reason = error
        record = record_of_sheet(forward, sheet, conditions_of(forward, sheet))
    else:
        check = path.certify(options.check, prove=options.prove) if options.check else None
        proof = check and check.proof
        if options.proof is not None and proof and not proof.reason:
            unsaved.append(saved(partial(save_proof, path, options.proof, proof)))
        record = path.record()
    record = record.described(
        title=f"{options.model} · {' '.join(options.data)}",
        solve={**inputs.origin, "head": forward.head, "points": options.points},
        samples=forward.samples,
        device=str(forward.device),
        dtype=str(forward.dtype).removeprefix("torch."),
        tolerance=TOLERANCE[forward.dtype],
        versions=versions(),
        seconds=round(time.perf_counter() - began, 1),
    )
    unsaved.append(saved(lambda: record.save(options.out)))
    place = None if unsaved[-1] else options.out
    return record, reason, [error for error in unsaved if error], place


def _summary(record: Record, route: Route, options: Namespace, place: Path | None) -> list[str]:
    manifest = record.manifest
    lines = [
        f"{manifest['title']} · {manifest['samples']} samples · {route.loss} · "
        f"{len(route.sheet.lam)} points · {manifest['seconds']:g} s",
        *(f"Read {one['reading']}" for one in manifest["solve"]["weights"]),
        f"L(0) = {route.sheet.d:.6g}, L(W(0)) = {route.empirical[0]:.6g}, "
        f"L(W(1)) = {route.empirical[-1]:.6g}",
        f"outputs along the path by {route.served}",
        report.conditions_text(route.conditions),
    ]
    for journey in route.journeys.values():
        lines += [report.path_text(journey), report.check_text(journey.certificate)]
    if not route.journeys:
        unproved = f"; {options.proof} is not written" if options.proof else ""
        lines.append(f"No path was constructed (profile {options.profile}){unproved}")
    return [*lines, report.where(place)]
