"""The folder where results are cached, files that are whole or absent, and short checksums.

A file is written beside its place under a temporary name and moved there when complete, so that
an interruption leaves the old file or none, never half of a new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pooch

from ..errors import CacheError


def cache_folder() -> Path:
    """``$CONSTRUCTION_CACHE``, or the operating system's folder for caches."""
    named = os.environ.get("CONSTRUCTION_CACHE")
    return Path(named) if named else Path(pooch.os_cache("construction"))


def ensure_folder(folder: Path) -> Path:
    """The folder itself, made if need be; files can be written there.

    Raises:
        CacheError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to, moved to `path` if the block ends without an error.

    Raises:
        CacheError: the folder cannot be written, or the disk is full.

    >>> folder = Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "note.txt") as temporary:
    ...     _ = temporary.write_text("all of it")
    >>> (folder / "note.txt").read_text()
    'all of it'
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise _unwritable(path.parent, error) from error
    finally:
        if path.parent.is_dir():
            temporary.unlink(missing_ok=True)


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
    return CacheError(
        f"to write in the folder {folder}",
        error.strerror or str(error),
        "Free it, or name another folder in the environment variable CONSTRUCTION_CACHE.",
    )
