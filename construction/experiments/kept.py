"""Where results of named runs lie, in the cache or shipped with the package, and reading them.

Needs no torch.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import RecordError
from ..files import archive
from ..files.storage import cache_folder
from ..record.findings import Findings
from ..record.record import Record
from .table import EXPERIMENTS, FOLDERS, kind_of, kind_of_findings, named


def record_path(name: str) -> Path:
    """Where the result of a named run is cached; an InputError if no run has that name."""
    return cache_folder() / "records" / f"{name}-{named(name).digest}.npz"


def part_path(place: Path, stage: str) -> Path:
    """Where a finished stage of a run is kept until the result at `place` is written."""
    return place.with_name(f"{place.stem}-{stage}.part.npz")


def parts(place: Path) -> list[Path]:
    """Stages of an interrupted run."""
    return list(place.parent.glob(f"{place.stem}-*.part.npz"))


Result = Record | Findings

#: The results shipped with the package, NAME.npz each.
SHIPPED = Path(__file__).parent.parent / "embedded" / "records"


def shipped_path(name: str) -> Path | None:
    """The shipped result of a named run; None if missing, damaged, or made with other settings."""
    place = SHIPPED / f"{name}.npz"
    try:
        _, manifest = archive.read(place)
    except RecordError:
        return None
    return place if manifest.get("digest") == named(name).digest else None


def result_path(name: str) -> Path | None:
    """Where the result of a named run lies: in the cache, else as shipped; None if nowhere."""
    place = record_path(name)
    return place if place.exists() else shipped_path(name)


def load_result(name: str, place: Path) -> Result:
    """A named run's result; a RecordError if damaged, of another kind, or of another version."""
    kind, manifest = kind_of(named(name)), archive.read(place)[1]
    try:
        if archive.KINDS.keys().isdisjoint(manifest):
            raise KeyError("findings")
        result = kind.result.load(place)
        kind.words.finding(result)
    except KeyError as error:
        raise RecordError(
            f"a record of the run {name!r} as this version makes it, {place}",
            f"one without {error}, made by version {_version(manifest)}",
            f"Run it again: `python -m construction run {name}`.",
        ) from error
    return result


def result_of(name: str) -> Result:
    """The result of a named run, from the cache or as shipped; nothing is computed.

    Raises:
        InputError: no run of that name.
        RecordError: it has not been computed, or is damaged.
    """
    place = result_path(name)
    if place is None:
        raise RecordError(
            f"a record of the run {name!r}",
            "that it has not been computed",
            f"`python -m construction run {name}` makes it.",
        )
    return load_result(name, place)


def from_file(place: Path) -> Result:
    """The result in a file: of the named run that its manifest names, else findings or a `Record`.

    Raises:
        RecordError: it is missing, damaged, truncated, of another format, neither, or of a run that
            this version does not have.
    """
    manifest = archive.read(place)[1]
    name = manifest.get("name")
    if isinstance(name, str) and name in EXPERIMENTS:
        return load_result(name, place)
    if manifest.get("kind") in FOLDERS:
        return Findings.load(place)
    if name and "findings" in manifest:
        raise RecordError(
            f"a record of a run that this version has, {place}",
            f"one of {name!r:.60}, made by version {_version(manifest)}",
            "`python -m construction list` shows those it has; a version that has it can show it.",
        )
    return Record.load(place)


def _version(manifest: Mapping[str, Any]) -> str:
    """Of this package, that made a result."""
    return str(manifest.get("versions", {}).get("construction", "unknown"))


def folder_of(run: str | Result) -> str:
    """The folder of the kind of a named run, or of a result, which may be in a file.

    Raises `InputError` where it is neither, and as `from_file` does.

    >>> folder_of("goodfellow-mnist")
    'interpolation'
    """
    if isinstance(run, str) and not is_file(run):
        return kind_of(named(run)).folder
    found = from_file(Path(run)) if isinstance(run, str) else run
    return kind_of_findings(found).folder if isinstance(found, Findings) else "path"


def is_file(run: str) -> bool:
    """Whether it is meant as a file, not as the name of a run."""
    return run.endswith(".npz") or Path(run).is_file()
