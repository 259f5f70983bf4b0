"""``certify``: a saved result, checked again from the weights with the user's own model.

Neither a sheet nor a root is computed for it: the weights at a lambda of the record are taken from
the base path, the head is multiplied by the recorded scale, and the model runs in float64. What
differs from the record is named, files by their checksums and objectives by how far they are off;
where the objectives agree, the certificate of what was measured is kept in the record.
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from ..answers.certificate import Certificate, Proof
from ..arrays import Array
from ..check.certify import SAME, TOLERANCE, reference_size
from ..check.judge import Judge
from ..errors import InputError, RecordError
from ..files.storage import ensure_folder
from ..files.user_code import as_input_errors, is_reference
from ..forward.forward import Forward
from ..forward.ranks import bar_disabled
from ..network.heads import scale_head
from ..path.paths import convert
from ..proof.prover import prove
from ..proof.saved import save_proof
from ..record.record import Journey, Record, Route
from ..theorem.construct import follow
from . import Exit
from .inputs import read_inputs, require_check, versions
from .report import as_json, certificate_json, check_text, in_one_line, user_output_aside

#: Entries of the manifest's `solve` that a check needs.
NEEDED = {"weights", "path", "data", "loss", "loss_options", "head", "batch_norm", "dtype", "tf32"}


class Agreement(NamedTuple):
    """Recorded objectives beside measured ones, on the constructed path and at c = 1 at both ends.

    Attributes:
        holds: whether every deviation is within the tolerance.
        points: how many there are.
        deviation: the largest ``|measured - recorded|``, to the size of `reference_size`.
        sentence: whether they agree; if not, where they differ most.
    """

    holds: bool
    points: int
    deviation: float
    sentence: str


@dataclass(frozen=True)
class Outcome:
    """What `certify` answers.

    Attributes:
        differing: files and settings that are not those of the record, in words.
        agreement: of recorded and measured objectives.
        certificate: of the recorded path; None where the objectives differ.
        place: where the record with that certificate is saved.
    """

    differing: list[str]
    agreement: Agreement
    certificate: Certificate | None
    place: Path

    @property
    def exit_code(self) -> Exit:
        """Done where objectives agree and the certificate holds."""
        confirmed = self.certificate is not None and self.certificate.holds
        return Exit.DONE if confirmed else Exit.NOT_CONFIRMED


def execute(options: Namespace) -> Exit:
    """Compare, check, save, and print the outcome.

    Raises:
        ConstructionError: the record, or something that was handed in, cannot be used.
    """
    require_check(options, none=False)
    record = _solved_record(options.result)
    ensure_folder((options.out or options.result).parent)
    with (
        user_output_aside(options.quiet),
        as_input_errors("the model, the loss and the data to run"),
    ):
        outcome = _certified(record, options)
    if options.json:
        print(as_json(_json(outcome)))
    elif not options.quiet:
        print("\n".join(_lines(outcome)))
    if options.quiet and outcome.exit_code != Exit.DONE:
        print(f"construction: {in_one_line('; '.join(_lines(outcome)))}", file=sys.stderr)
    return outcome.exit_code


def _solved_record(path: Path) -> Record:
    """The record in a file, of `solve` and with one constructed path.

    Raises:
        RecordError: no record, not one of `solve`, or one without a constructed path.
    """
    record = Record.load(path)
    origin = record.manifest.get("solve")
    if not isinstance(origin, Mapping) or not origin.keys() >= NEEDED:
        raise RecordError(
            f"a record made by `solve` at {path}",
            "one that does not say from which weights it was made",
            "A named run is checked when it is computed; other weights go through `solve`.",
        )
    if not record.routes[0].journeys:
        raise RecordError(
            f"a constructed path in {path}",
            "none, as a condition failed",
            "Solve again with another profile or base path.",
        )
    return record


def _certified(record: Record, options: Namespace) -> Outcome:
    """The comparison, and where the objectives agree the certificate, saved in the record."""
    began = time.perf_counter()
    (route,) = record.routes
    (journey,) = route.journeys.values()
    origin, place = record.manifest["solve"], options.out or options.result
    inputs = read_inputs(_completed(options, origin, journey.profile))
    forward = Forward(inputs.model, inputs.path, inputs.data, **inputs.options)
    differing = list(_differing(origin, inputs.origin))
    agreement, certificate = agreement_and_certificate(forward, route, journey, options.check)
    if not agreement.holds:
        return Outcome(differing, agreement, None, place)
    earlier = journey.certificate
    if options.prove or options.proof is not None:
        certificate = replace(certificate, proof=_proof(forward, route, journey, options.proof))
    elif earlier is not None and not differing:  # a proof of the same weights and data
        certificate = replace(certificate, proof=earlier.proof)
    journeys = {journey.profile: replace(journey, certificate=certificate)}
    made = {
        **inputs.origin,
        "device": str(forward.device),
        "versions": versions(),
        "seconds": round(time.perf_counter() - began, 1),
    }
    new = replace(record, routes=(replace(route, journeys=journeys),))
    new.described(certified=made).save(place)
    return Outcome(differing, agreement, certificate, place)


def _completed(options: Namespace, origin: Mapping[str, Any], profile: str) -> Namespace:
    """The options, with what was left out as it is recorded.

    Files are read again because the record names them, but no code is run for that reason.

    Raises:
        InputError: data or loss come from the user's own code, and have to be named again.
    """
    files = [Path(one["file"]) for one in origin["weights"]]
    whole = Namespace(**vars(options))
    whole.initial = options.initial or files[0]
    whole.final = options.final or files[-1]
    if not (options.checkpoint or options.bezier) and origin["path"] != "line":
        setattr(whole, "bezier" if origin["path"] == "bezier" else "checkpoint", files[1:-1])
    if options.data is None:
        whole.data = _no_code("data", origin["data"]["source"])
    if options.loss is None:
        (whole.loss,) = _no_code("loss", [origin["loss"]])
        whole.loss_option = [*origin["loss_options"].items(), *options.loss_option]
    whole.profile = profile
    for same in ("head", "batch_norm", "dtype", "tf32"):
        setattr(whole, same, origin[same])
    return whole


def _no_code(what: str, sources: list[str]) -> list[str]:
    references = [source for source in sources if is_reference(source)]
    if references:
        raise InputError(
            f"--{what} for {what} from your own code",
            f"only its name in the record, {references[0]}",
            f"Give it again, --{what} {references[0]}, if you trust that code.",
        )
    return sources


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Weights and data that are not, to the bit, those that the result was made from."""
    if len(old["weights"]) != len(new["weights"]):
        yield f"the base path has {len(new['weights'])} sets of weights, not {len(old['weights'])}"
    for before, now in zip(old["weights"], new["weights"], strict=False):
        if before["sha256"] != now["sha256"]:
            yield f"the weights in {now['file']} are not those recorded from {before['file']}"
    for what in ("loss", "loss_options"):
        if old[what] != new[what]:
            yield f"the {what.replace('_', ' ')} {new[what]}, not {old[what]}"
    if old["data"]["sha256"] != new["data"]["sha256"]:
        yield f"the data {' '.join(new['data']['source'])} are not those recorded"


def agreement_and_certificate(
    forward: Forward, route: Route, journey: Journey, points: int
) -> tuple[Agreement, Certificate]:
    """Run the user's model with rescaled weights at the recorded points of a constructed path.

    Args:
        forward: model, base path and data.
        route, journey: of the record.
        points: about as many, shared out over the phases by their length in s; of a travel at most
            the lambdas of the record.
    """
    judge = Judge(forward)
    s, *path = recorded_points(route, journey, points)
    ends = [[0.0, 1.0], [1.0, 1.0], route.empirical[[0, -1]], [np.nan, np.nan]]
    lam, scale, recorded, target = np.concatenate([path, ends], axis=1)
    values = []
    for where, c in tqdm(
        np.transpose([lam, scale]), "certificate", disable=bar_disabled(), leave=False
    ):
        state = convert(forward.state(float(where)), forward.device, torch.float64)
        values.append(judge.measure(scale_head(state, forward.head, float(c))))
    objective, condition = np.transpose(values)

    def deviations(wanted: Array, at: Any) -> Array:
        size = reference_size(wanted, condition[at], route.sheet.d)
        relative: Array = np.abs(objective[at] - wanted) / size
        return relative

    known, aimed, last = np.isfinite(recorded), np.isfinite(target), len(s) - 1
    off, tolerance = deviations(recorded[known], known), TOLERANCE[forward.dtype]
    initial_error, final_error = deviations(objective[-2:], [0, last])
    certificate = Certificate(
        s=s,
        lam=lam[:-2],
        objective=objective[:-2],
        off_grid=np.zeros(len(s), bool),
        largest_step=float(np.diff(objective[:-2]).max()),
        deviation=float(deviations(target[aimed], aimed).max()),
        initial_error=float(initial_error),
        final_error=float(final_error),
        tolerance=tolerance,
    )
    k = int(np.argmax(off))  # the first NaN, if there is one
    worst, holds = float(off[k]), bool(off[k] <= tolerance)
    sentence = f"recorded and measured objectives at {len(off)} points " + (
        f"agree, to a relative {worst:.1e}"
        if holds
        else f"differ by a relative {worst:.3g}, over {tolerance:g}: at lambda "
        f"{lam[known][k]:.6g} and c = {scale[known][k]:.6g} {recorded[known][k]:.6g} is recorded "
        f"and {objective[known][k]:.6g} measured"
    )
    return Agreement(holds, len(off), worst, sentence), certificate


def recorded_points(route: Route, journey: Journey, points: int) -> Array:
    """s, lambda, scale, objective and target at points of a recorded path, (5, points), by s.

    Where lambda runs they are the record's own; where c runs, and at the ends of a phase that is
    not at a lambda of the record, objective and target are NaN.
    """
    grid, rows = route.sheet.lam, []
    for phase in journey.phases:
        count = max(2, round(points * (phase.stop - phase.start)))
        if phase.name == "travel":  # where two meet, the record has the values of the later one
            before = grid <= 1.0 if phase.lam_stop == 1.0 else grid < phase.lam_stop
            here = np.flatnonzero((grid >= phase.lam_start) & before)
            for k in here[np.linspace(0, len(here) - 1, min(count, len(here))).round().astype(int)]:
                values = (grid[k], journey.scale[k], journey.objective[k], journey.target[k])
                rows.append((phase.s_at(float(grid[k])), *values))
            count = 2
        for share in np.linspace(0, 1, count):
            s = phase.start + share * (phase.stop - phase.start)
            rows.append((s, phase.lam_at(share), phase.scale_at(share), np.nan, np.nan))
    table = np.array(rows, float)
    table = table[np.lexsort((np.isnan(table[:, 3]), table[:, 0]))]
    distinct: Array = table[np.diff(table[:, 0], prepend=-1.0) > SAME].T
    return distinct


def _proof(forward: Forward, route: Route, journey: Journey, file: Path | None) -> Proof:
    """What can be proved, for which the path is constructed from the weights; saved if wanted."""
    sheet = forward.along(route.sheet.lam, "objectives along the path")
    path = follow(forward, sheet, journey.profile)
    proof = prove(path)
    if file is not None and not proof.reason:
        save_proof(path, file, proof)
    return proof


def _lines(outcome: Outcome) -> Iterator[str]:
    yield from (f"Note: {one}" for one in outcome.differing)
    yield f"Record: {outcome.agreement.sentence}"
    if outcome.certificate is None:
        yield "Nothing was saved: give the weights, data and loss of the record"
        return
    yield check_text(outcome.certificate)
    yield f"Saved: {outcome.place}"


def _json(outcome: Outcome) -> dict[str, Any]:
    certificate = outcome.certificate
    return {
        "command": "certify",
        "exit_code": int(outcome.exit_code),
        "differing": outcome.differing,
        "agreement": outcome.agreement._asdict(),
        "certificate": certificate and certificate_json(certificate),
        "record": str(outcome.place) if certificate else None,
    }
