"""The record: all that was measured, solved and checked, in one file, without the network.

Scenes read nothing else. A record is an ``.npz`` archive of plain arrays with one JSON manifest,
no pickle, guarded by a format number and a checksum. Loading it needs numpy alone.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .certificate import Certificate
from .conditions import Condition, Conditions
from .errors import InputError, RecordError
from .phases import Phase
from .sheet import Array, Sheet
from .storage import ensure_folder, written_whole

if TYPE_CHECKING:
    from .monotone import MonotonePath

#: Raised whenever a record's content changes in a way that older code cannot read.
FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Journey:
    """One constructed path on a sheet.

    Attributes:
        profile: "paper", "even", "valley" or "custom".
        scale, target: c(lambda) and v(lambda) while travelling, (points,).
        phases: in order of s.
        certificate: what the check found, or None where none was made.
    """

    profile: str
    scale: Array
    target: Array
    phases: tuple[Phase, ...]
    certificate: Certificate | None


@dataclass(frozen=True)
class Route:
    """A base path, its sheet, and the paths constructed on it.

    Attributes:
        name: "line" or "detour" in the package's own records.
        vertices: lambda and label of the weights that the base path runs through.
        sheet: moments over lambda.
        conditions: of the theorem, on this sheet.
        journeys: by profile.
    """

    name: str
    vertices: tuple[tuple[float, str], ...]
    sheet: Sheet
    conditions: Conditions
    journeys: Mapping[str, Journey]

    @property
    def empirical(self) -> Array:
        """g(lambda, 1), the objective on the base path itself, (points,)."""
        return self.sheet.value(1.0)

    def objective(self, profile: str) -> Array:
        """g(lambda, c(lambda)) while travelling, (points,)."""
        return self.sheet.value(self.journeys[profile].scale)


@dataclass(frozen=True)
class Record:
    """Routes, and a manifest that says how they came about.

    Attributes:
        routes: in the order in which they are told.
        manifest: what made them, as plain JSON values: title, settings, versions, checksums.
    """

    routes: tuple[Route, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    def route(self, name: str) -> Route:
        """The route of that name.

        Raises:
            RecordError: there is none.
        """
        for route in self.routes:
            if route.name == name:
                return route
        names = ", ".join(repr(route.name) for route in self.routes)
        raise RecordError(f"a route {name!r} in the record", f"only {names}", "Use one of these.")

    def save(self, path: str | Path) -> Path:
        """Write the record whole, or nothing.

        Raises:
            CacheError: the folder cannot be written.
            InputError: an array holds NaN or infinity, which `load` would refuse.
        """
        path = Path(path)
        arrays, described = _flatten(self.routes)
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise InputError(
                    "finite numbers in a record",
                    f"NaN or infinite ones in {name}",
                    "Construct the path again: a sound result has none.",
                )
        manifest = {**self.manifest, "format": FORMAT, "routes": described}
        manifest["checksum"] = _checksum(arrays, manifest)
        ensure_folder(path.parent)
        with written_whole(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w") as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)
        return path

    @classmethod
    def load(cls, path: str | Path) -> Record:
        """Read a record and check it.

        Raises:
            RecordError: it is missing, damaged, truncated, of another format, or no record.
        """
        path = Path(path)
        if not path.is_file():
            raise RecordError(
                f"a record at {path}",
                "no such file",
                "Make one with `python -m construction run`, or with result.record().save(path).",
            )
        try:
            with zipfile.ZipFile(path) as archive:
                manifest = json.loads(archive.read(MANIFEST))
                version = manifest["format"]
                if version != FORMAT:
                    raise RecordError(
                        f"a record of format {FORMAT} at {path}", f"format {version}", _AGAIN
                    )
                arrays = {name: _array(archive, name) for name in _array_names(manifest)}
            if manifest.pop("checksum") != _checksum(arrays, manifest):
                raise ValueError("the checksum does not fit the content")
            return cls(_restore(arrays, manifest.pop("routes")), manifest)
        except _DAMAGE as error:
            raise RecordError(f"a whole record at {path}", _reason(error), _AGAIN) from error

    def described(self, **entries: Any) -> Record:
        """The same record with more entries in its manifest."""
        return replace(self, manifest={**self.manifest, **entries})


#: What reading a damaged archive can raise; RuntimeError: damage that looks like encryption.
_DAMAGE = (
    OSError,
    KeyError,
    TypeError,
    ValueError,
    EOFError,
    RuntimeError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
)
_AGAIN = "Delete it and make it again: the numbers in it cannot be trusted."


def record_of(path: MonotonePath, name: str = "line", labels: Sequence[str] = ()) -> Record:
    """The record of one constructed path.

    Args:
        path: as `construction.construct` returns it.
        name: of the route.
        labels: one for each vertex of the base path; its ends are labelled when none are given.
    """
    base = path.forward.user_path
    places = [float(lam) for lam in getattr(base, "vertices", (0.0, 1.0))]
    if not labels:
        labels = ["initial", *[f"vertex {k}" for k in range(1, len(places) - 1)], "final"]
    if len(labels) != len(places):
        raise InputError(f"{len(places)} labels", f"{len(labels)}", "Give one a vertex.")
    journey = Journey(path.profile.name, path.scale, path.target, path.phases, path.certificate)
    route = Route(
        name,
        tuple(zip(places, labels, strict=True)),
        path.sheet,
        path.conditions,
        {journey.profile: journey},
    )
    return Record((route,))


def joined(records: Sequence[Record]) -> Record:
    """One record of several; journeys on routes of the same name come together.

    Raises:
        InputError: routes of the same name with different sheets.
    """
    routes: dict[str, Route] = {}
    for record in records:
        for route in record.routes:
            earlier = routes.get(route.name, route)
            if not _same_sheet(earlier.sheet, route.sheet):
                raise InputError(
                    f"one sheet for the route {route.name!r}",
                    "two that differ",
                    "Give the second route another name.",
                )
            routes[route.name] = replace(earlier, journeys={**earlier.journeys, **route.journeys})
    return Record(tuple(routes.values()))


def _same_sheet(one: Sheet, other: Sheet) -> bool:
    return one.d == other.d and all(
        np.array_equal(getattr(one, key), getattr(other, key)) for key in ("lam", "a", "b")
    )


def _flatten(routes: Sequence[Route]) -> tuple[dict[str, Array], list[dict[str, Any]]]:
    arrays: dict[str, Array] = {}
    described = []
    for route in routes:
        for key in ("lam", "a", "b"):
            arrays[f"{route.name}/{key}"] = getattr(route.sheet, key)
        journeys = []
        for journey in route.journeys.values():
            prefix = f"{route.name}/{journey.profile}"
            arrays[f"{prefix}/scale"], arrays[f"{prefix}/target"] = journey.scale, journey.target
            check = None
            if journey.certificate:
                check = asdict(journey.certificate)
                for key in CHECKED:
                    arrays[f"{prefix}/checked/{key}"] = np.asarray(check.pop(key))
            phases = [asdict(phase) for phase in journey.phases]
            journeys.append({"profile": journey.profile, "phases": phases, "certificate": check})
        described.append(
            {
                "name": route.name,
                "vertices": route.vertices,
                "zero_objective": route.sheet.d,
                "conditions": asdict(route.conditions),
                "journeys": journeys,
            }
        )
    return arrays, described


#: The arrays of a certificate.
CHECKED = ("s", "lam", "objective", "off_grid")


def _array_names(manifest: Mapping[str, Any]) -> list[str]:
    names = []
    for route in manifest["routes"]:
        names += [f"{route['name']}/{key}" for key in ("lam", "a", "b")]
        for journey in route["journeys"]:
            prefix = f"{route['name']}/{journey['profile']}"
            names += [f"{prefix}/scale", f"{prefix}/target"]
            if journey["certificate"]:
                names += [f"{prefix}/checked/{key}" for key in CHECKED]
    return names


def _restore(arrays: Mapping[str, Array], described: Sequence[Any]) -> tuple[Route, ...]:
    routes = []
    for entry in described:
        name = entry["name"]
        lam, a, b = (arrays[f"{name}/{key}"] for key in ("lam", "a", "b"))
        journeys = {}
        for told in entry["journeys"]:
            prefix = f"{name}/{told['profile']}"
            check = told["certificate"]
            if check:
                measured: dict[str, Any] = {
                    key: arrays[f"{prefix}/checked/{key}"] for key in CHECKED
                }
                check = Certificate(**measured, **check)
            journeys[told["profile"]] = Journey(
                told["profile"],
                arrays[f"{prefix}/scale"],
                arrays[f"{prefix}/target"],
                tuple(Phase(**phase) for phase in told["phases"]),
                check,
            )
        routes.append(
            Route(
                name,
                tuple((float(lam), str(label)) for lam, label in entry["vertices"]),
                Sheet(lam, a, b, float(entry["zero_objective"])),
                Conditions(**{key: Condition(**one) for key, one in entry["conditions"].items()}),
                journeys,
            )
        )
    return tuple(routes)


def _array(archive: zipfile.ZipFile, name: str) -> Array:
    with archive.open(f"{name}.npy") as file:
        array: Array = np.lib.format.read_array(file, allow_pickle=False)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite values")
    return array


def _checksum(arrays: Mapping[str, Array], manifest: Mapping[str, Any]) -> str:
    told = {key: value for key, value in manifest.items() if key != "checksum"}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
