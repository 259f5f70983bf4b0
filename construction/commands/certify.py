"""``certify``: a saved result, checked again from the weights with the user's own model.

Neither a sheet nor a root is computed for it: the weights at a lambda of the record are taken from
the base path, the head is multiplied by the recorded scale, and the model runs in float64. What
differs from the record is named, files by their checksums and objectives by how far they are off;
where the objectives agree, the certificate of what was measured is kept in the record.
"""

import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

import numpy as np
import torch

from ..answers import Certificate
from ..arrays import Array
from ..check import SAME, TOLERANCE, Judge, reference_size
from ..errors import CacheError, InputError, RecordError
from ..files.archive import AGAIN
from ..files.reading import reading
from ..files.user_code import as_input_errors, is_reference
from ..forward.forward import Forward
from ..forward.ranks import bar_disabled
from ..network.heads import scale_head
from ..path.paths import convert
from ..progress import tqdm
from ..proof.prover import prove, save_proof
from ..record.findings import restored
from ..record.record import Record
from ..record.route import Journey, Route
from ..theorem.construct import follow
from . import Exit
from .inputs import read_inputs, versions
from .outputs import require_check, require_results, saved, user_output_aside
from .report import certificate_json, check_text, in_one_line, show


class Weights(TypedDict):
    """A file of weights in a record of `solve`."""

    file: str
    sha256: str


class Source(TypedDict):
    """Its data."""

    source: tuple[str, ...]
    sha256: str | None


class Origin(TypedDict):
    """What a check needs of the manifest's entry `solve`."""

    weights: tuple[Weights, ...]
    path: Literal["line", "polyline", "bezier"]
    data: Source
    loss: str
    loss_options: dict[str, float]
    head: str
    batch_norm: Literal["interpolate", "recompute"] | None
    dtype: Literal["float32", "float64"] | None
    tf32: bool


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


def execute(options: Namespace) -> Exit:
    """Compare, check, save, and print the outcome: done where objectives agree and the check holds.

    Raises:
        ConstructionError: the record, or something that was handed in, cannot be used.
    """
    require_check(options, none=False)
    place = options.out or options.result
    record, origin, profile = _solved_record(options.result)
    options = _completed(options, origin, profile)
    require_results(options, place)
    with (
        user_output_aside(options.quiet),
        as_input_errors("the model, the loss and the data to run"),
    ):
        differing, agreement, certificate, unsaved = _checked(record, origin, options, place)
    confirmed = certificate is not None and certificate.holds
    exit_code = Exit.INPUT if unsaved else Exit.DONE if confirmed else Exit.NOT_CONFIRMED
    lines = [*(f"Note: {one}" for one in differing), f"Record: {agreement.sentence}"]
    if certificate is None:
        lines.append("Nothing was saved: give the weights, data and loss of the record")
    else:
        lines += [check_text(certificate), *([] if unsaved else [f"Saved: {place}"])]
    answer = {
        "command": "certify",
        "exit_code": int(exit_code),
        "differing": differing,
        "agreement": agreement._asdict(),
        "certificate": certificate and certificate_json(certificate),
        "record": str(place) if certificate else None,
    }
    show(options, answer, "\n".join(lines))
    if options.quiet and exit_code == Exit.NOT_CONFIRMED:
        print(f"construction: {in_one_line('; '.join(lines))}", file=sys.stderr)
    for error in unsaved:
        print(f"construction: {in_one_line(error)}", file=sys.stderr)
    return exit_code


def _solved_record(path: Path) -> tuple[Record, Origin, str]:
    """The record in a file, what it was made from, and the profile of its one path.

    Raises:
        RecordError: no record, not one of `solve`, or one without a constructed path.
    """
    record = Record.load(path)
    origin = record.manifest.get("solve")
    if origin is None:
        raise RecordError(
            f"a record made by `solve` at {path}",
            "one that does not say from which weights it was made",
            "A named run is checked when it is computed; other weights go through `solve`.",
        )
    profiles = [profile for route in record.routes for profile in route.journeys]
    if not profiles:
        raise RecordError(
            f"a constructed path in {path}",
            "none, as a condition failed",
            "Solve again with another profile or base path.",
        )
    with reading(f"a whole record of `solve` at {path}", RecordError, AGAIN):
        whole: Origin = restored(Origin, origin)
        if len(record.routes) != 1 or len(profiles) != 1 or len(whole["weights"]) < 2:
            raise ValueError("more than one path, or fewer than two sets of weights")
    return record, whole, profiles[0]


def _checked(
    record: Record, origin: Origin, options: Namespace, place: Path
) -> tuple[list[str], Agreement, Certificate | None, list[CacheError]]:
    """What is not the record's, how objectives agree, the certificate if so, and what is unsaved.

    The certificate is saved in the record, and a proof in a file of its own.
    """
    began = time.perf_counter()
    (route,) = record.routes
    (journey,) = route.journeys.values()
    inputs = read_inputs(options)
    forward = Forward(inputs.model, inputs.path, inputs.data, **inputs.options)
    differing = list(_differing(origin, inputs.origin))
    agreement, certificate = agreement_and_certificate(forward, route, journey, options.check)
    if not agreement.holds:
        return differing, agreement, None, []
    unsaved = []
    if options.prove or options.proof is not None:
        sheet = forward.along(route.sheet.lam, "objectives along the path")
        path = follow(forward, sheet, journey.profile)
        proof = prove(path)
        certificate = replace(certificate, proof=proof)
        if options.proof is not None and not proof.reason:
            unsaved.append(saved(lambda: save_proof(path, options.proof, proof)))
    elif journey.certificate is not None and not differing:  # a proof of the same weights and data
        certificate = replace(certificate, proof=journey.certificate.proof)
    journeys = {journey.profile: replace(journey, certificate=certificate)}
    made = {
        **inputs.origin,
        "device": str(forward.device),
        "versions": versions(),
        "seconds": round(time.perf_counter() - began, 1),
    }
    new = replace(record, routes=(replace(route, journeys=journeys),)).described(certified=made)
    unsaved.append(saved(lambda: new.save(place)))
    return differing, agreement, certificate, [error for error in unsaved if error]


def _completed(options: Namespace, origin: Origin, profile: str) -> Namespace:
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
    whole.head, whole.batch_norm = origin["head"], origin["batch_norm"]
    whole.dtype, whole.tf32 = origin["dtype"], origin["tf32"]
    return whole


def _no_code(what: str, sources: Sequence[str]) -> Sequence[str]:
    references = [source for source in sources if is_reference(source)]
    if references:
        raise InputError(
            f"--{what} for {what} from your own code",
            f"only its name in the record, {references[0]}",
            f"Give it again, --{what} {references[0]}, if you trust that code.",
        )
    return sources


def _differing(old: Origin, new: Mapping[str, Any]) -> Iterator[str]:
    """Weights and data that are not, to the bit, those that the result was made from."""
    if len(old["weights"]) != len(new["weights"]):
        yield f"the base path has {len(new['weights'])} sets of weights, not {len(old['weights'])}"
    for then, now in zip(old["weights"], new["weights"], strict=False):
        if then["sha256"] != now["sha256"]:
            yield f"the weights in {now['file']} are not those recorded from {then['file']}"
    for what, before in (("loss", old["loss"]), ("loss_options", old["loss_options"])):
        if before != new[what]:
            yield f"the {what.replace('_', ' ')} {new[what]}, not {before}"
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
        values.append(judge.measure(scale_head(state, forward.rescaled, float(c))))
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
