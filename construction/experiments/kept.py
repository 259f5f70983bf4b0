"""Results of named runs on disk: in the cache, or shipped with the package. Needs no torch."""

from __future__ import annotations

from pathlib import Path

from ..errors import RecordError
from ..files import archive
from ..files.storage import cache_folder
from ..record.findings import Findings
from ..record.record import Record
from .proposition.study import Study
from .table import EXPERIMENTS, kind_of, named


def record_path(name: str) -> Path:
    """Where the result of a named run is cached.

    Raises:
        InputError: no run of that name.
    """
    return cache_folder() / "records" / f"{name}-{named(name).digest}.npz"


def part_path(place: Path, stage: str) -> Path:
    """Where a finished stage of a run is kept until the result at `place` is written.

    >>> part_path(Path("tiny-0123.npz"), "line").name
    'tiny-0123-line.part.npz'
    """
    return place.with_name(f"{place.stem}-{stage}.part.npz")


def parts(place: Path) -> list[Path]:
    """Stages of an interrupted run."""
    return list(place.parent.glob(f"{place.stem}-*.part.npz"))


Result = Record | Study | Findings

#: The shipped ones, NAME.npz each.
SHIPPED = Path(__file__).parent.parent / "embedded" / "records"


def shipped(name: str) -> Path | None:
    """The shipped result of a named run.

    None where there is none, or only one of other settings, or a damaged one.
    """
    place = SHIPPED / f"{name}.npz"
    try:
        _, manifest = archive.read(place)
    except RecordError:
        return None
    return place if manifest.get("digest") == named(name).digest else None


def kept(name: str) -> Path | None:
    """The result of a named run: the cached one, else the shipped one, else None.

    Raises:
        InputError: no run of that name.
    """
    place = record_path(name)
    return place if place.exists() else shipped(name)


def load_result(name: str, place: Path) -> Result:
    """Read a result of a named run as what it is.

    Raises:
        RecordError: it is missing, damaged, truncated, of another format, or of another kind.
    """
    return kind_of(named(name)).result.load(place)


def result_of(name: str) -> Result:
    """The result of a named run that has been computed or is shipped.

    Raises:
        InputError: no run of that name.
        RecordError: neither, or a damaged one.
    """
    place = kept(name)
    if place is None:
        raise RecordError(
            f"a record of the run {name!r}",
            "that it has not been computed",
            f"`python -m construction run {name}` makes it.",
        )
    return load_result(name, place)


def from_file(place: Path) -> Result:
    """A result in a file: what the run it names has found, else a record of constructed paths.

    Raises:
        RecordError: it is missing, damaged, truncated, of another format, or neither.
    """
    name = archive.read(place)[1].get("name")
    return load_result(name, place) if name in EXPERIMENTS else Record.load(place)
