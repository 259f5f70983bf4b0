"""``certify``: a saved result, checked again from the weights with the user's own model.

Nothing is solved again: the weights at a lambda of the record are taken from the base path, the
head is multiplied by the recorded scale, and the model runs in float64. Files that differ from the
record's are named by their checksums; a certificate that holds is kept in the record.
"""

import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from ..answers import Certificate
from ..arrays import Array
from ..check import SAME, Judge, certified
from ..errors import InputError, RecordError, reading, require_points
from ..files.archive import AGAIN
from ..files.storage import versions
from ..files.user_code import is_reference
from ..forward.forward import Forward
from ..forward.ranks import sharing_errors
from ..network.heads import scale_head
from ..network.states import State
from ..path.paths import convert
from ..record.findings import restored
from ..record.record import Record
from ..record.route import Journey, Route
from . import Exit
from .inputs import read_inputs
from .outputs import LEAST, files_read, require_check, require_places, saved, user_code_running
from .report import certificate_json, check_text, in_one_line, printed

#: What a check needs of the manifest's entry `solve`, and what each is; of its data the two below.
RECORDED: dict[str, Any] = {
    "weights": tuple[dict[str, str], ...],
    "path": Literal["line", "polyline", "bezier"],
    "loss": str,
    "loss_options": dict,
    "missing": Literal["refuse", "ignore"] | None,
    "head": str,
    "batch_norm": Literal["interpolate", "recompute"] | None,
    "dtype": Literal["float32", "float64"] | None,
    "tf32": bool,
}
OF_DATA: dict[str, Any] = {"source": tuple[str, ...], "sha256": str | None}
Origin = Mapping[str, Any]
#: What to do where a certificate does not hold.
REMEDY = (
    "Give the model, weights, data and loss that it was made from; if these were given, the record "
    "was changed, or rounding is the cause."
)


def execute(options: Namespace) -> Exit:
    """Check, save what holds, and print the outcome: done where it does."""
    require_check(options.check, at_all=True)
    place, began = options.out or options.result, time.perf_counter()
    record, origin = _solved_record(options.result)
    (route,) = record.routes
    (journey,) = route.journeys.values()
    options = _completed(options, origin, journey.profile)
    require_places(files_read(options), {"--out": (place, "routes")})
    recorded, itself = journey.certificate, place.resolve() == options.result.resolve()
    with user_code_running(options.quiet):
        inputs = read_inputs(options)
        differing = list(_differing(origin, inputs.origin))
        if itself and differing and recorded and recorded.proof and recorded.proof.statements:
            wanted = f"what {options.result} was made from, as its proof is of that alone"
            raise InputError(wanted, "; ".join(differing), "Name another file by --out.")
        forward = Forward(*inputs.problem, **inputs.options)
        certificate, worst = _certificate_of(forward, route, journey, options.check)
    if recorded and not differing:  # a proof of the same weights and data
        certificate = replace(certificate, proof=recorded.proof)
    finer, unsaved = itself and recorded and recorded.points > certificate.points, None
    if certificate.holds and not finer:
        journeys = {journey.profile: replace(journey, certificate=certificate)}
        made = inputs.origin | {"device": str(forward.device), "versions": versions()}
        made["seconds"] = round(time.perf_counter() - began, 1)
        new = replace(record, routes=(replace(route, journeys=journeys),))
        unsaved = saved(lambda: new.described(certified=made).save(place))
    kept = certificate.holds and not finer and not unsaved
    code = Exit.INPUT if unsaved else Exit.DONE if certificate.holds else Exit.NOT_CONFIRMED
    answer = {
        "differing": differing,
        "certificate": certificate_json(certificate),
        "worst_lambda": worst,
        "record": str(place) if kept else None,
    }
    lines = [*(f"Note: {in_one_line(one)}" for one in differing), check_text(certificate)]
    lines += ["The proof is the record's, and not made again"] if certificate.proof else []
    lines.append(f"Points: at most {options.check}, while lambda runs of the record's grid alone")
    if not certificate.holds:
        lines.append(f"The largest deviation is at lambda = {worst:.4g}. {REMEDY}")
    why = ", as the record's own certificate has more points" if certificate.holds and finer else ""
    lines.append(f"Saved: {place}" if kept else f"Nothing was saved{why}")
    wrong = [unsaved] if unsaved else ["; ".join(lines)] if options.quiet and code else []
    return printed(options, code, answer, lines, wrong)


def _solved_record(path: Path) -> tuple[Record, Origin]:
    """The record of one path in a file, and what it was made from."""
    record = Record.load(path)
    origin = record.manifest.get("solve")
    if origin is None:
        raise RecordError(
            f"a record made by `solve` at {path}",
            "one that does not say from which weights it was made",
            "A named run is checked when it is computed; other weights go through `solve`.",
        )
    paths = sum(len(route.journeys) for route in record.routes)
    if not paths:
        raise RecordError(
            f"a constructed path in {path}",
            "none, as a condition failed",
            "Solve again with another profile or base path.",
        )
    with reading(f"a whole record of `solve` at {path}", RecordError, AGAIN):
        said = {"missing": None, **origin}
        whole = {name: restored(kind, said[name]) for name, kind in RECORDED.items()}
        data = {name: restored(kind, origin["data"][name]) for name, kind in OF_DATA.items()}
        if len(record.routes) != 1 or paths != 1 or len(whole["weights"]) < 2:
            raise ValueError("more than one path, or fewer than two sets of weights")
        if not all(one.keys() >= {"file", "sha256"} for one in whole["weights"]):
            raise ValueError("weights without a file or its checksum")
        for value in whole["loss_options"].values():
            restored(tuple[float, ...], value if isinstance(value, list) else [value])
    return record, {**whole, "data": data}


def _completed(options: Namespace, origin: Origin, profile: str) -> Namespace:
    """The options, with what was left out as recorded; files are read again, but no code is run."""
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
    whole.missing = options.missing or origin["missing"]
    whole.profile = profile
    whole.head, whole.batch_norm = origin["head"], origin["batch_norm"]
    whole.dtype, whole.tf32 = origin["dtype"], origin["tf32"]
    return whole


def _no_code(what: str, sources: Sequence[str]) -> Sequence[str]:
    for source in filter(is_reference, sources):
        raise InputError(
            f"--{what} for {what} from your own code",
            f"only its name in the record, {source}",
            f"Give it again, --{what} {source}, if you trust that code.",
        )
    return sources


def _differing(old: Origin, new: Origin) -> Iterator[str]:
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


@sharing_errors()
def _certificate_of(
    forward: Forward, route: Route, journey: Journey, points: int
) -> tuple[Certificate, float]:
    """Of the user's model with rescaled weights; beside it the lambda farthest from the record."""
    s, *table = _recorded_points(route, journey, points)

    def weights(lam: float, c: float) -> State:
        state = convert(forward.state(lam), forward.device, torch.float64)
        return scale_head(state, forward.rescaled, c)

    rows = np.transpose(table).tolist()
    steps = [((lam, *recorded), partial(weights, lam, c)) for lam, c, *recorded in rows]
    initial, *_, final = route.empirical.tolist()
    on_grid = np.zeros(len(s), bool)
    return certified(Judge(forward), s, on_grid, steps, (initial, final), route.sheet.d)


def _recorded_points(route: Route, journey: Journey, points: int) -> Array:
    """s, lambda, scale, objective and target by s, (5, points); the last two NaN off the grid.

    At most so many, but `LEAST`, and all ends of phases; inside travels of the grid alone.
    """
    lam, rows, inside = route.sheet.lam, [], []
    known = np.array([lam, journey.scale, journey.objective, journey.target]).T
    for phase in journey.phases:
        own = np.full((points + 2, 5), np.nan)
        own[:, 0] = np.linspace(phase.start, phase.stop, points + 2)
        own[:, 1:3] = [(phase.lam_at(x), phase.scale_at(x)) for x in np.linspace(0, 1, len(own))]
        rows.append(own[[0, -1]])
        if phase.name == "travel":  # where two meet, the record has the values of the later one
            before = lam <= 1.0 if phase.lam_stop == 1.0 else lam < phase.lam_stop
            here = known[(lam >= phase.lam_start) & before]
            own = np.column_stack([[phase.s_at(x) for x in here[:, 0].tolist()], here])
        ends = np.minimum(own[:, 0] - phase.start, phase.stop - own[:, 0]) <= SAME
        rows.append(own[ends])
        inside.append(own[~ends])
    corners, room = [0.0, *(phase.stop for phase in journey.phases)], [len(own) for own in inside]
    shared = np.round(max(0, points - len(corners)) * np.array(corners))
    counts = np.diff(shared).astype(int).clip(max=room)  # if too few, the roomiest phase has more
    counts[np.argmax(room - counts)] += max(0, LEAST - len(corners) - counts.sum())
    for own, n in zip(inside, counts.clip(max=room), strict=True):
        rows.append(own[(2 * np.arange(n) + 1) * len(own) // (2 * n)])
    table = np.concatenate(rows)
    table = table[np.lexsort((np.isnan(table[:, 3]), table[:, 0]))]
    distinct: Array = table[np.diff(table[:, 0], prepend=-1.0) > SAME].T
    require_points(distinct.shape[1], LEAST, "The record has no more: solve again with --points.")
    return distinct
