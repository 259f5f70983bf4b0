"""The record: all that was measured, solved and checked, in one file, without the network.

Scenes read nothing else; `construction.files.archive` says how it lies on disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..answers.certificate import Certificate, Proof
from ..answers.conditions import Condition, Conditions
from ..arrays import Array
from ..errors import InputError, RecordError
from ..files import archive
from ..sheet.moments import SquaredSheet
from ..sheet.recorded import ToldSheet
from ..sheet.sheet import Sheet
from ..solve.phases import Phase

if TYPE_CHECKING:
    from ..forward.forward import Forward
    from ..solve.scaled_path import ScaledPath


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


@dataclass(frozen=True)
class Route:
    """A base path, its sheet, and the paths constructed on it.

    Attributes:
        name: "line" or "detour" in the package's own records.
        vertices: lambda and label of the weights that the base path runs through.
        sheet: over lambda; whole for the squared loss, else what
            `construction.sheet.recorded` keeps of
        it.
        conditions: of the theorem, on this sheet.
        journeys: by profile; none where no path was constructed.
        loss: its name.
        batch_norm: what became of running statistics along the path; None where there are none.
        served: which method gave the outputs along the path, and why; see `construction.forward`.
    """

    name: str
    vertices: tuple[tuple[float, str], ...]
    sheet: Sheet
    conditions: Conditions
    journeys: Mapping[str, Journey]
    loss: str = "squared"
    batch_norm: str | None = None
    served: str = ""

    @property
    def empirical(self) -> Array:
        """g(lambda, 1), the objective on the base path itself, (points,)."""
        return self.sheet.d + self.sheet.excess(1.0)

    def objective(self, profile: str) -> Array:
        """g(lambda, c(lambda)) while travelling, (points,)."""
        return self.journeys[profile].objective


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
        archive.write(path, arrays, {**self.manifest, "routes": described})
        return path

    @classmethod
    def load(cls, path: str | Path) -> Record:
        """Read a record and check it.

        Raises:
            RecordError: it is missing, damaged, truncated, of another format, or no record.
        """
        path = Path(path)
        arrays, manifest = archive.read(path)
        try:
            return cls(_restore(arrays, manifest.pop("routes")), manifest)
        except archive.DAMAGE as error:
            raise archive.damaged(path, error) from error

    def described(self, **entries: Any) -> Record:
        """The same record with more entries in its manifest."""
        return replace(self, manifest={**self.manifest, **entries})


def record_of(
    path: ScaledPath,
    conditions: Conditions,
    certificate: Certificate | None = None,
    *,
    name: str = "",
    labels: Sequence[str] = (),
) -> Record:
    """The record of one constructed path.

    Args:
        path: its arrays and phases.
        conditions: of the theorem, on its sheet.
        certificate: of its check, where one was made.
        name: of the route; when empty "line" for a `Line`, "polyline" or "path" for others.
        labels: one for each vertex of the base path; its ends are labelled when none are given.
    """
    route = _route_of(path.forward, path.sheet, conditions, name, labels)
    journey = Journey(
        path.profile.name,
        path.scale,
        path.target,
        path.objective,
        path.phases,
        certificate,
    )
    return Record((replace(route, journeys={journey.profile: journey}),))


def record_of_sheet(forward: Forward, sheet: Sheet, conditions: Conditions) -> Record:
    """The record of a sheet on which no path is constructed, as where a condition fails.

    Args:
        forward, sheet: as `construction.theorem.construct.measure` returns them.
        conditions: as `construction.theorem.construct.answers` does.
    """
    return Record((_route_of(forward, sheet, conditions),))


def _route_of(
    forward: Forward,
    sheet: Sheet,
    conditions: Conditions,
    name: str = "",
    labels: Sequence[str] = (),
) -> Route:
    """The base path and its sheet, without journeys."""
    base = forward.user_path
    name = name or {"Line": "line", "Polyline": "polyline"}.get(type(base).__name__, "path")
    places = [float(lam) for lam in getattr(base, "vertices", (0.0, 1.0))]
    if not labels:
        labels = ["initial", *[f"vertex {k}" for k in range(1, len(places) - 1)], "final"]
    if len(labels) != len(places):
        raise InputError(f"{len(places)} labels", f"{len(labels)}", "Give one a vertex.")
    return Route(
        name,
        tuple(zip(places, labels, strict=True)),
        sheet if isinstance(sheet, SquaredSheet) else ToldSheet.of(sheet),
        conditions,
        {},
        forward.loss.name,
        forward.batch_norm,
        str(forward.served),
    )


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
                    "Name one of them otherwise: result.record(name=...).",
                )
            routes[route.name] = replace(earlier, journeys={**earlier.journeys, **route.journeys})
    return Record(tuple(routes.values()))


def _same_sheet(one: Sheet, other: Sheet) -> bool:
    keys = _told_by(one)
    return (
        one.d == other.d
        and keys == _told_by(other)
        and all(np.array_equal(getattr(one, key), getattr(other, key)) for key in keys)
    )


def _told_by(sheet: Sheet) -> tuple[str, ...]:
    """The arrays of a sheet."""
    whole = isinstance(sheet, SquaredSheet)
    return ("lam", "a", "b") if whole else ("lam", "empirical", "least", "best", "rise", "fall")


#: The arrays of a journey, and of a certificate.
FOLLOWED = ("scale", "target", "objective")
CHECKED = ("s", "lam", "objective", "off_grid")


def _flatten(routes: Sequence[Route]) -> tuple[dict[str, Array], list[dict[str, Any]]]:
    arrays: dict[str, Array] = {}
    described = []
    for route in routes:
        for key in _told_by(route.sheet):
            arrays[f"{route.name}/{key}"] = getattr(route.sheet, key)
        journeys = []
        for journey in route.journeys.values():
            prefix = f"{route.name}/{journey.profile}"
            for key in FOLLOWED:
                arrays[f"{prefix}/{key}"] = getattr(journey, key)
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
                "loss": route.loss,
                "batch_norm": route.batch_norm,
                "served": route.served,
                "conditions": asdict(route.conditions),
                "journeys": journeys,
            }
        )
    return arrays, described


def _restore(arrays: Mapping[str, Array], described: Sequence[Any]) -> tuple[Route, ...]:
    routes = []
    for entry in described:
        name = entry["name"]
        journeys = {}
        for told in entry["journeys"]:
            prefix = f"{name}/{told['profile']}"
            check = told["certificate"]
            if check:
                measured: dict[str, Any] = {
                    key: arrays[f"{prefix}/checked/{key}"] for key in CHECKED
                }
                proof = check.pop("proof")
                check = Certificate(**measured, **check, proof=proof and Proof.from_dict(proof))
            journeys[told["profile"]] = Journey(
                told["profile"],
                arrays[f"{prefix}/scale"],
                arrays[f"{prefix}/target"],
                arrays[f"{prefix}/objective"],
                tuple(Phase(**phase) for phase in told["phases"]),
                check,
            )
        routes.append(
            Route(
                name,
                tuple((float(lam), str(label)) for lam, label in entry["vertices"]),
                _sheet(arrays, name, float(entry["zero_objective"]), entry["loss"]),
                Conditions(
                    **{key: one and Condition(**one) for key, one in entry["conditions"].items()}
                ),
                journeys,
                entry["loss"],
                entry["batch_norm"],
                entry.get("served", ""),
            )
        )
    return tuple(routes)


def _sheet(arrays: Mapping[str, Array], name: str, d: float, loss: str) -> Sheet:
    def told(key: str) -> Array:
        return arrays[f"{name}/{key}"]

    if loss == "squared":
        return SquaredSheet(told("lam"), told("a"), told("b"), d)
    rest = ("empirical", "least", "best", "rise", "fall")
    return ToldSheet(told("lam"), d, *map(told, rest))
