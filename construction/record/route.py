"""A route of a record: a base path with its sheet, and the journeys on it; and both on disk."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, get_type_hints

import numpy as np

from ..answers import Certificate, Conditions
from ..arrays import Array
from ..sheet.moments import SquaredSheet
from ..sheet.sheet import RecordedSheet
from ..sheet.table import Table
from ..solve.phases import Phase
from .findings import restored
from .sample import Sample, arrays_of, entry_of, restored_sample

#: The arrays of a journey, and of its certificate; on disk the rest of both is in the manifest.
FOLLOWED = ("scale", "target", "objective")
CHECKED = ("s", "lam", "objective", "off_grid")
#: What of a route is the same in its entry of the manifest.
PLAIN = ("name", "vertices", "loss", "batch_norm", "served", "parameters")
#: Where a route's sample lies, among its arrays and in its entry.
SAMPLE = "sample"
#: Where the table of its sheet lies, and its arrays.
TABLE, TABLED = "table", ("lam", "scale", "objective")


@dataclass(frozen=True)
class Journey:
    """One constructed path on a sheet.

    Attributes:
        profile: "paper", "even", "valley" or "custom".
        scale, target, objective: c(lambda), v(lambda) and g(lambda, c(lambda)) while travelling,
            (points,).
        phases: in order of s.
        certificate: what the check found, or None where none was made.
    """

    profile: str
    scale: Array
    target: Array
    objective: Array
    phases: tuple[Phase, ...]
    certificate: Certificate | None

    @property
    def scale_range(self) -> tuple[float, float]:
        """The least and the largest c on the path, its phases at one lambda included."""
        ends = [(phase.scale_start, phase.scale_stop) for phase in self.phases]
        values = np.concatenate([self.scale, np.ravel(ends)])
        return float(values.min()), float(values.max())


@dataclass(frozen=True)
class Route:
    """A base path, its sheet, and the paths constructed on it.

    Attributes:
        name: "line" or "detour" in the package's own records.
        vertices: lambda and label of the weights that the base path runs through.
        sheet: over lambda; whole for the squared loss, else a `RecordedSheet`.
        conditions: of the theorem, on this sheet.
        journeys: by profile; none where no path was constructed.
        loss: its name.
        batch_norm: what became of running statistics along the path; None where there are none.
        served: which method gave the outputs along the path, and why; see `construction.forward`.
        parameters: how many numbers the network's weights are; None in records before 0.4.
        sample: a few inputs, and what the network makes of them; None where none was recorded.
    """

    name: str
    vertices: tuple[tuple[float, str], ...]
    sheet: SquaredSheet | RecordedSheet
    conditions: Conditions
    journeys: Mapping[str, Journey]
    loss: str = "squared"
    batch_norm: str | None = None
    served: str = ""
    parameters: int | None = None
    sample: Sample | None = None

    @property
    def empirical(self) -> Array:
        """g(lambda, 1), the objective on the base path itself, (points,)."""
        return self.sheet.d + self.sheet.excess(1.0)


def sheet_arrays(kind: type[SquaredSheet | RecordedSheet]) -> list[str]:
    """Names of the arrays of a sheet over lambda: all that it holds but L(0) and a table."""
    return [key.name for key in fields(kind) if key.name not in ("d", TABLE)]


def route_arrays(route: Route) -> dict[str, Array]:
    """The arrays of a route and its journeys, by the names that they have on disk."""
    sheet = route.sheet
    arrays = {f"{route.name}/{key}": getattr(sheet, key) for key in sheet_arrays(type(sheet))}
    if table := getattr(sheet, TABLE, None):
        arrays |= {f"{route.name}/{TABLE}/{key}": getattr(table, key) for key in TABLED}
    for journey in route.journeys.values():
        prefix, check = f"{route.name}/{journey.profile}", journey.certificate
        arrays |= {f"{prefix}/{key}": getattr(journey, key) for key in FOLLOWED}
        for key in CHECKED if check else ():
            arrays[f"{prefix}/checked/{key}"] = np.asarray(getattr(check, key))
    if route.sample:
        kept = arrays_of(route.sample).items()
        arrays |= {f"{route.name}/{SAMPLE}/{key}": array for key, array in kept}
    return arrays


def route_entry(route: Route) -> dict[str, Any]:
    """All of a route but its arrays, for the manifest."""
    journeys = []
    for journey in route.journeys.values():
        check = journey.certificate and asdict(journey.certificate)
        if check:
            check = {key: value for key, value in check.items() if key not in CHECKED}
        phases = [asdict(phase) for phase in journey.phases]
        journeys.append({"profile": journey.profile, "phases": phases, "certificate": check})
    return {
        **{name: getattr(route, name) for name in PLAIN},
        "zero_objective": route.sheet.d,
        SAMPLE: entry_of(route.sample) if route.sample else None,
        "conditions": asdict(route.conditions),
        "journeys": journeys,
    }


def restored_route(entry: Mapping[str, Any], arrays: Mapping[str, Any]) -> Route:
    """The route of which `route_entry` and `route_arrays` gave the parts."""
    entry = {"served": "", "parameters": None, SAMPLE: None, **entry}  # as records of 0.3
    types = get_type_hints(Route)
    plain = {key: restored(types[key], entry[key]) for key in PLAIN}
    name = plain["name"]
    moments = plain["loss"] == "squared" and f"{name}/a" in arrays  # a user's may be called so
    kind = SquaredSheet if moments else RecordedSheet
    sheet: dict[str, Any] = {key: arrays[f"{name}/{key}"] for key in sheet_arrays(kind)}
    _of_one_shape(sheet)
    if len(sheet["lam"]) < 2 or not (np.diff(sheet["lam"]) > 0).all():
        raise ValueError("lambdas that do not increase")
    if f"{name}/{TABLE}/lam" in arrays and kind is RecordedSheet:
        sheet[TABLE] = Table(*(arrays[f"{name}/{TABLE}/{key}"] for key in TABLED))
    start, sample = f"{name}/{SAMPLE}/", entry[SAMPLE]
    own = {key[len(start) :]: array for key, array in arrays.items() if key.startswith(start)}
    journeys = [_restored_journey(one, name, sheet["lam"], arrays) for one in entry["journeys"]]
    return Route(
        sheet=kind(d=restored(float, entry["zero_objective"]), **sheet),
        conditions=restored(Conditions, entry["conditions"]),
        journeys={journey.profile: journey for journey in journeys},
        sample=None if sample is None else restored_sample(sample, own),
        **plain,
    )


def _restored_journey(
    entry: Mapping[str, Any], route: str, lam: Array, arrays: Mapping[str, Any]
) -> Journey:
    prefix, check = f"{route}/{entry['profile']}", entry["certificate"]
    if check:
        checked = _of_one_shape({key: arrays[f"{prefix}/checked/{key}"] for key in CHECKED})
        check = restored(Certificate, check, **checked)
    followed = _of_one_shape({"lam": lam, **{key: arrays[f"{prefix}/{key}"] for key in FOLLOWED}})
    return Journey(
        profile=restored(str, entry["profile"]),
        phases=restored(tuple[Phase, ...], entry["phases"]),
        certificate=check,
        **{key: followed[key] for key in FOLLOWED},
    )


def _of_one_shape(arrays: dict[str, Array]) -> dict[str, Array]:
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) > 1 or len(shapes.pop()) != 1:
        raise ValueError(f"arrays of different shapes: {', '.join(arrays)}")
    return arrays
