"""The folder where results are cached, files that are whole or absent, read or refused.

A file is written in a scratch folder beside its place and moved there when complete, so that an
interruption leaves the old file or none, never half of a new one. What a killed process left in its
scratch folder is swept when something is written beside it again.
"""

import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import CacheError, ConstructionError, short

if sys.platform != "win32":
    import fcntl

#: How the names of scratch folders begin and end.
SCRATCH = (".construction-", ".part")
#: Seconds that a process has to lock a new one before it is taken for a dead one's; chosen here.
YOUNG = 1.0
#: How files begin, and what such files are.
BEGINNINGS = {
    b"PK": "a zip archive",
    b"\x93NUMPY": "a single array of numpy's",
    b"\x80": "a pickle",
    b"\x89HDF": "an HDF5 file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzipped file",
}


def cache_folder() -> Path:
    """``$CONSTRUCTION_CACHE``, or the operating system's folder for caches."""
    named = os.environ.get("CONSTRUCTION_CACHE")
    if not named:
        import pooch  # imported late: who constructs a path needs no cache

        named = pooch.os_cache("construction")
    return Path(named)


def ensure_folder(folder: Path) -> Path:
    """The folder itself, made if need be, swept, and writable; a CacheError if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise _unwritable(folder, error) from error
    _sweep(folder)
    return folder


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to, moved to `path` if the block ends without an error.

    Where `path` is a link, the file that it leads to is replaced. A folder that cannot be written,
    or a full disk, is a CacheError.

    >>> folder = Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "note.txt") as temporary:
    ...     _ = temporary.write_text("all of it")
    >>> (folder / "note.txt").read_text()
    'all of it'
    """
    place = Path(os.path.realpath(path))
    with scratch(place.parent) as folder:
        yield folder / place.name
        os.replace(folder / place.name, place)


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a text, in UTF-8, or bytes, to the path that is returned: see `written_whole`."""
    with written_whole(path) as temporary:
        temporary.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """An empty folder in this one, removed in the end or swept later; a full disk: a CacheError."""
    try:
        with tempfile.TemporaryDirectory(SCRATCH[1], SCRATCH[0], folder) as name:
            handle = _locked(Path(name))
            try:
                yield Path(name)
            finally:
                if handle is not None:
                    os.close(handle)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _sweep(folder: Path) -> None:
    """Remove the scratch folders of processes that were killed: no one holds a lock on them."""
    for left in folder.glob("*".join(SCRATCH)):
        young = time.time() - left.stat().st_mtime < YOUNG
        handle = None if young else _locked(left)
        if handle is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(handle)


def _locked(folder: Path) -> int | None:
    """A lock on a folder, which ends with the process; None where another holds it, or none can."""
    if sys.platform == "win32":
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def digest_of(settings: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits that name these settings, whatever the order of their entries.

    >>> digest_of({"seed": 0, "epochs": 30}) == digest_of({"epochs": 30, "seed": 0})
    True
    """
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def versions() -> dict[str, str]:
    """Of all that numbers depend on."""
    packages = {package: version(package) for package in ("construction", "torch", "numpy")}
    return {"python": platform.python_version(), **packages}


def _unwritable(folder: Path, error: OSError) -> CacheError:
    cached = folder.absolute().is_relative_to(cache_folder().absolute())
    other = " folder in the environment variable CONSTRUCTION_CACHE" if cached else " place"
    return CacheError(
        f"to write in the folder {folder}",
        error.strerror or str(error),
        f"Free it, or name another{other}.",
    )


def require_file(
    path: Path, expected: str, kind: type[ConstructionError], remedy: str = "See where it lies."
) -> None:
    """Refuse by an error of that kind a name under which no file lies that may be read."""
    if not os.path.isfile(path):  # of a name too long for the system, Path.is_file raises
        found = "a folder" if os.path.isdir(path) else "no such file"
        raise kind(f"{expected} in {short(path)}", found, remedy)
    if not os.access(path, os.R_OK):
        raise kind(f"{expected} in {path}", "a file that may not be read", "Allow it: chmod u+r.")


def file_kind(path: Path) -> str:
    """What a file is by its first bytes, in words.

    >>> file_kind(Path(__file__))
    'a file of another kind'
    """
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        return "an empty file"
    if start[8:9] == b"{" and not any(start[5:8]):
        return "a safetensors file"
    kinds = (kind for beginning, kind in BEGINNINGS.items() if start.startswith(beginning))
    return next(kinds, "a file of another kind")
