"""Reading the user's files: whatever one holds, it is read or refused with one message."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ConstructionError

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
#: Most characters that are quoted of another library's message.
QUOTED = 200


def require_file(
    path: Path,
    expected: str,
    kind: type[ConstructionError],
    remedy: str = "See where it lies.",
) -> None:
    """Refuse a name under which no file lies that may be read.

    Raises:
        ConstructionError: of that kind.
    """
    if not os.path.isfile(path):  # of a name too long for the system, Path.is_file raises
        found = "a folder" if os.path.isdir(path) else "no such file"
        raise kind(f"{expected} in {_short(path)}", found, remedy)
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


@contextmanager
def reading(expected: str, kind: type[ConstructionError], remedy: str) -> Iterator[None]:
    """Turn all that readers of damaged files raise, of whatever type, into one error.

    The package's own errors pass.

    Raises:
        ConstructionError: of that kind, with the message of the first error.

    >>> with reading("a whole number", ConstructionError, "Write one."):
    ...     int("one")
    Traceback (most recent call last):
    construction.errors.ConstructionError: Expected a whole number; found invalid \
literal for int() with base 10: 'one'. Write one.
    """
    try:
        yield
    except ConstructionError:
        raise
    except Exception as error:  # zip, deflate, headers and JSON each have types of their own
        text, name = _short(error), type(error).__name__
        sentence = text and isinstance(
            error, ValueError | OSError
        )  # others say little without their name
        raise kind(
            expected, text if sentence else f"{name}: {text}".rstrip(": "), remedy
        ) from error


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= QUOTED else f"{text[:QUOTED]} ..."
