"""The folder where results are cached, files that are whole or absent, and short checksums.

A file is written in a scratch folder beside its place and moved there when complete, so that an
interruption leaves the old file or none, never half of a new one. What a killed process left in its
scratch folder is swept when something is written beside it again.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import CacheError

if sys.platform != "win32":
    import fcntl

#: How the names of scratch folders begin and end.
SCRATCH = (".construction-", ".part")
#: Seconds that a process has to lock a new one before it is taken for a dead one's; chosen here.
YOUNG = 1.0


def cache_folder() -> Path:
    """``$CONSTRUCTION_CACHE``, or the operating system's folder for caches."""
    named = os.environ.get("CONSTRUCTION_CACHE")
    if not named:
        import pooch  # imported late: who constructs a path needs no cache

        named = pooch.os_cache("construction")
    return Path(named)


def ensure_folder(folder: Path) -> Path:
    """The folder itself, made if need be and swept; files can be written there.

    Raises:
        CacheError: it cannot be made or written.
    """
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

    Where `path` is a link, the file that it leads to is replaced.

    Raises:
        CacheError: the folder cannot be written, or the disk is full.

    >>> folder = Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "note.txt") as temporary:
    ...     _ = temporary.write_text("all of it")
    >>> (folder / "note.txt").read_text()
    'all of it'
    """
    place = Path(os.path.realpath(path))
    try:
        with scratch(place.parent) as folder:
            yield folder / place.name
            os.replace(folder / place.name, place)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """An empty folder in this one, removed in the end, or by a sweep after this process died."""
    with tempfile.TemporaryDirectory(prefix=SCRATCH[0], suffix=SCRATCH[1], dir=folder) as name:
        handle = _locked(Path(name))
        try:
            yield Path(name)
        finally:
            if handle is not None:
                os.close(handle)


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


def sealed(content: bytes) -> bytes:
    """The content behind its own SHA-256, so that `unsealed` notices any damage.

    >>> unsealed(sealed(b"weights"))
    b'weights'
    """
    return hashlib.sha256(content).digest() + content


def unsealed(content: bytes) -> bytes:
    """The content that was sealed.

    Raises:
        ValueError: a byte is missing or changed.
    """
    digest, original = content[:32], content[32:]
    if hashlib.sha256(original).digest() != digest:
        raise ValueError("the content does not fit its SHA-256")
    return original


def digest_of(settings: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits that name these settings, whatever the order of their entries.

    >>> digest_of({"seed": 0, "epochs": 30}) == digest_of({"epochs": 30, "seed": 0})
    True
    """
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _unwritable(folder: Path, error: OSError) -> CacheError:
    cached = folder.absolute().is_relative_to(cache_folder().absolute())
    other = " folder in the environment variable CONSTRUCTION_CACHE" if cached else " place"
    return CacheError(
        f"to write in the folder {folder}",
        error.strerror or str(error),
        f"Free it, or name another{other}.",
    )
