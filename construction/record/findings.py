"""Findings: what a run that constructs no path has measured, as named arrays and a manifest.

They lie on disk as `construction.files.archive` says, like records, and are read without torch.
Whether two results on disk, of either kind, hold the same numbers is asked here too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from ..errors import RecordError, door, require_one_of
from ..files import archive

#: Up to this distance, see `differences`, numbers count as the same: single precision, some
#: operations on. Chosen here.
TOLERANCE = 1e-5
#: How many arrays are named that differ most; chosen here.
NAMED = 4


@dataclass(frozen=True)
class Findings:
    """Arrays by name, and a manifest that says how they came about.

    Attributes:
        arrays: of finite numbers, integer or floating, of any shape. A name has parts between
            slashes, the first of which may be that of a stage: "adam/train_objective".
        manifest: plain JSON values: title, settings, versions, checksums, and what a kind adds.

    >>> line = Findings({"objective": np.array([2.0, 0.5])}, {"seed": 3})
    >>> both = joined({"adam": line, "sgd": line})
    >>> both["sgd/objective"].tolist(), both.part("sgd").manifest
    ([2.0, 0.5], {'seed': 3})
    """

    arrays: Mapping[str, NDArray[Any]]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The array of that name; an InputError if there is none."""
        require_one_of(self.arrays, name, "an array")
        return self.arrays[name]

    @property
    def parts(self) -> tuple[str, ...]:
        """Names under which `joined` put several findings together; none otherwise."""
        return tuple(self.manifest.get("parts", ()))

    def part(self, name: str) -> "Findings":
        """The findings that were joined under that name; an InputError if none were."""
        require_one_of(self.parts, name, "a part")
        start = f"{name}/"
        arrays = {
            key.removeprefix(start): array
            for key, array in self.arrays.items()
            if key.startswith(start)
        }
        return Findings(arrays, self.manifest["parts"][name])

    @door()
    def save(self, path: str | Path) -> Path:
        """Write them whole, or nothing.

        Raises:
            CacheError: the folder cannot be written.
            InputError: an array holds NaN or infinity.
        """
        return archive.write(Path(path), self.arrays, {**self.manifest, "findings": True})

    @classmethod
    @door()
    def load(cls, path: str | Path) -> "Findings":
        """Read findings and check them.

        Raises:
            RecordError: they are missing, damaged, truncated, of another format, or no findings.
        """
        arrays, manifest = archive.read(Path(path), "findings")
        del manifest["findings"]
        return cls(arrays, manifest)

    def described(self, **entries: Any) -> "Findings":
        """The same findings with more entries in the manifest."""
        return replace(self, manifest={**self.manifest, **entries})


def joined(
    parts: Mapping[str, Findings], own: Mapping[str, NDArray[Any]] | None = None
) -> Findings:
    """Several findings as one, with arrays of the whole beside them.

    Before the names of a part's arrays come its own name, without a slash, and a slash; the
    manifests come together under "parts".
    """
    arrays = {f"{name}/{key}": x for name, one in parts.items() for key, x in one.arrays.items()}
    return Findings(
        {**(own or {}), **arrays}, {"parts": {name: dict(x.manifest) for name, x in parts.items()}}
    )


def differences(one: Path, other: Path) -> dict[str, float]:
    """Arrays of two results that are not the same to the bit, and by how much, largest first.

    How much is the largest distance of two entries over the largest absolute entry of the other;
    infinite where one of the arrays is missing, or of another shape or type. Errors are those of
    `construction.files.archive.read`.
    """
    first, second = archive.read(one)[0], archive.read(other)[0]
    distances = {name: _distance(first.get(name), second.get(name)) for name in {**first, **second}}
    differing = {name: by for name, by in distances.items() if by is not None}
    return dict(sorted(differing.items(), key=lambda pair: -pair[1]))


def comparison_line(place: Path, other: Path, which: str) -> str:
    """One line: whether a new result has the numbers of an "earlier" or "shipped" one."""
    try:
        differing = differences(place, other)
    except RecordError as error:
        return f"not compared with the {which} record, which is unusable. {error}"
    if not differing:
        return f"the same numbers as in the {which} record"
    largest = max(differing.values())
    if largest <= TOLERANCE:
        return f"the same numbers as in the {which} record, to {largest:.1e}"
    named = ", ".join(f"{name} by {by:.1e}" for name, by in list(differing.items())[:NAMED])
    return f"other numbers than in the {which} record, {len(differing)} arrays: {named}"


def _distance(one: NDArray[Any] | None, other: NDArray[Any] | None) -> float | None:
    """See `differences`; None where they are the same."""
    if one is None or other is None or (one.shape, one.dtype) != (other.shape, other.dtype):
        return np.inf
    if one.tobytes() == other.tobytes():
        return None
    first, second = one.astype(float), other.astype(float)
    largest = np.abs(second[np.isfinite(second)]).max(initial=0.0)
    with np.errstate(all="ignore"):  # infinite entries, where nothing else may be
        away = np.abs(np.where(first == second, 0.0, first - second)).max()
        return float(away / largest) if away else 0.0


def restored(kind: Any, value: Any, **others: Any) -> Any:
    """The value of which `dataclasses.asdict` and JSON made this plain one.

    Args:
        kind: a dataclass, tuple, dict or Literal, one of these or None; float, int, str or bool.
        value: as `json.loads` gives it.
        others: fields of the dataclass that are no JSON, not compared.

    Raises:
        TypeError, KeyError, ValueError, OverflowError: an entry is missing, unknown, or of another
            type.

    >>> from construction.answers import Interval
    >>> restored(tuple[Interval, ...], [{"start": 0, "stop": 0.5, "bound": 2.0}])[0].stop
    0.5
    >>> restored(float | None, "0.5")
    Traceback (most recent call last):
    TypeError: '0.5' where a float belongs
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (one,) = (argument for argument in arguments if argument is not NoneType)
        return None if value is None else restored(one, value)
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, Mapping):
        types = get_type_hints(kind)
        fields = {name: restored(types.get(name, NoneType), x) for name, x in value.items()}
        return kind(**fields, **others)
    if origin is dict and isinstance(value, Mapping):
        return {str(name): restored(arguments[1], one) for name, one in value.items()}
    if origin is tuple and isinstance(value, list):
        kinds = [arguments[0]] * len(value) if arguments[-1] is ... else arguments
        return tuple(restored(one, x) for one, x in zip(kinds, value, strict=True))
    if origin is Literal and isinstance(value, str) and value in arguments:
        return value
    if kind is float and type(value) is int:
        return float(value)
    if isinstance(kind, type) and origin is None and type(value) is kind:
        return value
    name = getattr(kind, "__name__", kind)
    raise TypeError(f"{value!r:.40} where a {name} belongs")
