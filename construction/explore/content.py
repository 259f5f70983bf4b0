"""What the explorer knows of a record: entries as plain JSON values, and packed numbers.

A parabola is two numbers a lambda, from which the page computes everything in float64. Of any other
loss it has the curves and the table of the record, and scales that were solved for.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..answers import Conditions
from ..condition.examine import survey
from ..errors import ConditionError, RootError
from ..profile import THETA, valley
from ..record.joints import joints
from ..record.record import Record
from ..record.route import Journey, Route
from ..record.sample import Sample
from ..sheet.moments import SquaredSheet
from ..solve.phases import phases_of
from ..solve.scale import Scales, Status

#: Most lambdas of a route, and of the outputs of its sample; chosen here, for a page below 100 kB.
ROWS, OUTPUT_ROWS = 201, 26
#: Steps of outputs on either side of zero, the largest at a lambda having all: less than a pixel.
STEPS = 32767
#: A table is kept as steps of log g, which are those of its float32, and these as differences of
#: that order along c: a smooth function leaves little more than its rounding. To g is added that
#: share of L(0), below which it is nothing. Chosen here.
FINE, ORDER, NOTHING = 2**23, 4, 1e-9

NO_VALLEY = (
    "This record holds no valley. Add one: with_profile(result, 'valley').record(), put together "
    "with this one by construction.record.record.joined, or `solve --profile valley`."
)
NO_TABLE = (
    "This record holds curves of its sheet alone, from which no surface and no ray can be drawn. "
    "Of losses that are not squared, g at other scales is kept in a table, which records before "
    "0.4 lack, and those whose outputs did not fit into memory: construct it again, with a larger "
    "memory=... if need be, and save its record."
)


def content_of(record: Record) -> tuple[str, str]:
    """The entries of a record and its numbers, each as text: see `deflated`.

    The entries are JSON, in which {start, shape, type} stands for some of the numbers.
    """
    packed = Packed()
    entries = {
        "title": str(record.manifest.get("title", "")),
        "theta": THETA,
        "sentences": {status.name: status.sentence for status in Status},
        "routes": [_route(route, packed) for route in record.routes],
    }
    return deflated(json.dumps(entries, allow_nan=False).encode()), deflated(packed.content)


def _route(route: Route, packed: "Packed") -> dict[str, Any]:
    kind, rows, curves = _sheet(route, packed)
    refused = _refusals(route.conditions)
    kept = _kept(route, refused["valley"])
    journeys = {
        name: {
            "scale": packed.add(one.scale[rows].astype(np.float32)),
            "objective": packed.add(one.objective[rows]),
            "phases": [asdict(phase) for phase in one.phases],
            "joints": joints(route, one).tolist(),
            "recorded": name in route.journeys,
        }
        for name, one in kept.items()
    }
    return {
        "name": route.name,
        "loss": route.loss,
        "kind": kind,
        "zero": route.sheet.d,
        "vertices": route.vertices,
        "lam": packed.add(route.sheet.lam[rows]),
        "curves": curves,
        "journeys": journeys,
        "conditions": _conditions(route.conditions),
        "refused": {**refused, "valley": refused["valley"] or NO_VALLEY},
        "missing": NO_TABLE if kind == "curves" else None,
        "sample": _sample(route.sample, packed) if route.sample else None,
    }


def _sheet(route: Route, packed: "Packed") -> tuple[str, NDArray[np.intp], dict[str, Any]]:
    """What kind of sheet the page has, at which of its lambdas, and the numbers of it."""
    sheet, count = route.sheet, len(route.sheet.lam)
    rows = np.unique(np.linspace(0, count - 1, min(count, ROWS)).round().astype(int))
    if isinstance(sheet, SquaredSheet):
        return "squared", rows, {"a": packed.add(sheet.a[rows]), "b": packed.add(sheet.b[rows])}
    if sheet.table:
        rows = np.searchsorted(sheet.lam, sheet.table.lam)
    names = ("best", "rise", "fall")
    curves = {key: packed.add(getattr(sheet, key)[rows].astype(np.float32)) for key in names}
    for key in ("least", "empirical"):  # L(0) may cancel nearly all of them
        curves[key] = packed.add(getattr(sheet, key)[rows])
    if not sheet.table:
        return "curves", rows, curves
    curves["scale"] = packed.add(sheet.table.scale)
    curves["objective"] = packed.add_table(sheet.table.objective, sheet.d)
    return "table", rows, curves


def _kept(route: Route, refused: str | None) -> Mapping[str, Journey]:
    """The paths that the page cannot solve for itself, by profile."""
    sheet = route.sheet
    if not isinstance(sheet, SquaredSheet):
        return route.journeys
    # the valley of a parabola is solved here where a record has none, over its lambdas
    kept = {name: one for name, one in route.journeys.items() if name not in ("paper", "even")}
    found = None if refused or "valley" in kept else survey(sheet)
    if found is None or found.plan is None or found.plan.passing is not None:
        return kept
    levels, target = found.levels, valley(found.levels, found.minima, found.plan)
    scales = Scales(sheet, levels, target)
    try:
        scale = scales.on(sheet)
        phases = phases_of(target, scales, levels, sheet, lambda x: sheet.pick(sheet.lam == x))
    except RootError:
        return kept
    v = sheet.d + target.excess(sheet)
    return {**kept, "valley": Journey("valley", scale, v, sheet.value(scale), phases, None)}


def _conditions(conditions: Conditions) -> dict[str, Any]:
    """All that was found of them, and the answers; of infinite numbers JavaScript's own words."""
    entries: dict[str, Any] = {
        key: {**asdict(one), "answer": one.answer} for key, one in vars(conditions).items() if one
    }
    entries |= {"theorem": conditions.theorem_answer, "path": conditions.path_answer}
    return dict(json.loads(json.dumps(entries), parse_constant=str))


def _refusals(conditions: Conditions) -> dict[str, str | None]:
    """Why the theorem's profiles and the valley are refused, as `Condition.require` says it."""
    asked = {
        "theorem": (conditions.final_objective, conditions.condition_2, conditions.condition_1),
        "valley": (conditions.final_objective, conditions.sheet_barrier, conditions.crossing),
    }
    refused: dict[str, str | None] = {"theorem": None, "valley": None}
    for name, wanted in asked.items():
        try:
            for condition in filter(None, wanted):
                condition.require("Take another base path, or other weights to start from.")
        except ConditionError as error:
            refused[name] = str(error)
    return refused


def _sample(sample: Sample, packed: "Packed") -> dict[str, Any]:
    count = len(sample.lam)
    rows = np.linspace(0, count - 1, min(count, OUTPUT_ROWS)).round().astype(int)
    outputs = sample.outputs[rows]
    peak = np.abs(outputs).max(axis=(1, 2), keepdims=True).astype(float)
    steps = np.round(outputs / np.where(peak > 0, peak, 1) * STEPS).astype(np.int16)
    return {
        "held_out": sample.held_out,
        "labelled": sample.labels is not None,
        "whole": 1 < len(sample.classes) == sample.output_count,
        "images": None if sample.images is None else packed.add(sample.images),
        "targets": packed.add(sample.targets.astype(np.float32)),
        "lam": packed.add(sample.lam[rows]),
        "outputs": packed.add(steps),
        "peak": packed.add(peak.ravel()),
    }


class Packed:
    """Numbers one after the other, equal ones once.

    Attributes:
        content: their bytes; each array begins at a multiple of eight.
    """

    def __init__(self) -> None:
        self.content = b""
        self._places: dict[bytes, int] = {}

    def add(self, numbers: NDArray[Any]) -> dict[str, Any]:
        """Keep numbers, little-endian; what the page needs in order to find them.

        >>> Packed().add(np.array([1.0, 2.0]))
        {'start': 0, 'shape': [2], 'type': 'f8'}
        """
        plain = np.ascontiguousarray(numbers, numbers.dtype.newbyteorder("<"))
        content = plain.tobytes()
        if content not in self._places:
            self._places[content] = len(self.content)
            self.content += content.ljust(-(-len(content) // 8) * 8, b"\0")
        start = self._places[content]
        return {"start": start, "shape": list(plain.shape), "type": plain.dtype.str[1:]}

    def add_table(self, table: NDArray[Any], zero: float) -> dict[str, Any]:
        """Keep g, (rows, columns), smooth along rows; as it is where negative. `zero` is L(0)."""
        least = NOTHING * zero
        if not ((table >= 0).all() and zero > 0):
            return self.add(table)
        steps = np.round(np.log(table.astype(float) + least) * FINE).astype(np.int32)
        left = np.diff(steps, n=ORDER, axis=1, prepend=np.zeros((len(steps), ORDER), np.int32)).T
        unsigned = np.ascontiguousarray((left << 1) ^ (left >> 31), "<i4")  # small ones stay small
        planes = unsigned.reshape(-1, 1).view(np.uint8).T  # alike bytes side by side
        return {
            **self.add(planes),
            "rows": len(steps),
            "order": ORDER,
            "fine": FINE,
            "least": least,
        }


def deflated(content: bytes) -> str:
    """As a text of half the size or so: RFC 1950, in base64."""
    return base64.b64encode(zlib.compress(content, 9)).decode("ascii")
