"""Reads archives of arrays and JSON: sizes first, before any memory is taken, then numbers.

Whatever the kind of an array, its numbers become float64 or int64, which hold them exactly.
"""

import json
import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: What the arrays of a file may take in memory: so many bytes, or so many times the file's size.
BYTES, TIMES = 2**29, 100
#: Largest manifest; the objects of one take some twenty times its text.
MANIFEST = 2**24
#: Largest whole number that float64 holds with all below it.
WHOLE = 2**53


class UnreadableError(Exception):
    """A file that does not hold what it should."""


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Tells whatever damage makes of the libraries that read: encryption, depth, endless digits."""
    try:
        yield
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError(f"{what} cannot be read: {error!r}") from error


class Archive(zipfile.ZipFile):
    """A file of arrays ``NAME.npy``, used as a context; an UnreadableError if it is none."""

    def __init__(self, path: str) -> None:
        with readable("an archive of arrays"):
            self.limit = max(BYTES, TIMES * os.path.getsize(path))
            super().__init__(path)

    def manifest(self) -> Any:
        """The JSON beside the arrays."""
        with readable("its manifest"):
            if self.getinfo("manifest.json").file_size > MANIFEST:
                raise UnreadableError(f"a manifest of more than {MANIFEST} bytes")
            with self.open("manifest.json") as file:
                return json.loads(file.read(MANIFEST))

    def arrays(self, names: list[str] | None = None) -> dict[str, NDArray[Any]]:
        """All arrays, or some by name; all sizes are seen before the first is read."""
        if names is None:
            names = [name[:-4] for name in self.namelist() if name.endswith(".npy")]
        sizes = {name: self._size(name) for name in names}
        total = 8 * sum(sizes.values())
        if total > self.limit:
            raise UnreadableError(f"{total / 1e9:.3g} GB of numbers in a file of its size")
        return {name: self._array(name) for name in sizes}

    def _size(self, name: str) -> int:
        """How many numbers the header of an array promises; Python's integers do not overflow."""
        with readable(f"the array {name!r}"), self.open(f"{name}.npy") as file:
            version = np.lib.format.read_magic(file)
            read = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }[version]
            shape, _, dtype = read(file)
        if min(shape, default=0) < 0 or dtype.kind not in "biuf" or dtype.itemsize > 8:
            raise UnreadableError(f"the array {name!r} of {dtype} {shape}, no numbers of 64 bits")
        return math.prod(shape)

    def _array(self, name: str) -> NDArray[Any]:
        with readable(f"the array {name!r}"), self.open(f"{name}.npy") as file:
            return exact(name, np.lib.format.read_array(file, allow_pickle=False))


def exact(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """As float64 or int64; an UnreadableError for NaN, infinity, and whole numbers beyond 2^53."""
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise UnreadableError(f"the array {name!r} has numbers that are not finite")
        return array.astype(np.float64, copy=False)
    if array.size and not -WHOLE <= int(array.min()) <= int(array.max()) <= WHOLE:
        raise UnreadableError(f"the array {name!r} has whole numbers beyond 2^53")
    return array.astype(np.int64, copy=False)


def taken(entry: Any, key: str, kind: type) -> Any:
    """The entry of a JSON mapping, of this kind, numbers finite; an UnreadableError if none is."""
    if not isinstance(entry, dict) or key not in entry:
        raise UnreadableError(f"no {key!r} where there should be one")
    value = entry[key]
    if kind in (float, int):
        return number(value) if kind is float else whole(value)
    if not isinstance(value, kind):
        raise UnreadableError(f"{value!r} for {key!r}, which is not of the kind {kind.__name__}")
    return value


def number(value: Any) -> float:
    """A finite number of JSON."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableError(f"{value!r} in place of a number")
    try:
        real = float(value)
    except OverflowError:
        real = math.inf
    if not math.isfinite(real):
        raise UnreadableError("a number that is not finite")
    return real


def whole(value: Any) -> int:
    """A whole number of JSON."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > WHOLE:
        raise UnreadableError("a whole number that is none, or too large")
    return value
