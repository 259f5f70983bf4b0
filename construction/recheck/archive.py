"""Reads archives of arrays: sizes first, before any memory is taken, then numbers.

Whatever the kind of an array, its numbers become float64 or int64, which hold them exactly.
"""

from __future__ import annotations

import json
import math
import os
import zipfile
from typing import Any, NamedTuple

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


class Header(NamedTuple):
    """What a member of an archive says of its array, and how many bytes that is."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def numbers(self) -> int:
        """How many; Python's integers do not overflow."""
        return math.prod(self.shape)


class Archive:
    """A file of arrays ``NAME.npy``; use it as a context.

    Raises:
        UnreadableError: not such a file.
    """

    def __init__(self, path: str) -> None:
        try:
            self.limit = max(BYTES, TIMES * os.path.getsize(path))
            self._file = zipfile.ZipFile(path)
        except OSError as error:
            raise UnreadableError(f"it cannot be read: {error}") from error
        except Exception as error:  # whatever a damaged archive makes of the standard library
            raise UnreadableError(f"no archive of arrays: {error!r}") from error

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def names(self) -> list[str]:
        """Of the arrays in it."""
        return [name[:-4] for name in self._file.namelist() if name.endswith(".npy")]

    def manifest(self) -> Any:
        """The JSON beside the arrays."""
        try:
            if self._file.getinfo("manifest.json").file_size > MANIFEST:
                raise UnreadableError(f"a manifest of more than {MANIFEST} bytes")
            with self._file.open("manifest.json") as file:
                return json.loads(file.read(MANIFEST))
        except UnreadableError:
            raise
        except Exception as error:  # damage, encryption, depth, numbers of thousands of digits
            raise UnreadableError(f"its manifest cannot be read: {error!r}") from error

    def arrays(self, names: list[str]) -> dict[str, NDArray[Any]]:
        """Some arrays, all sizes seen before the first is read."""
        headers = {name: self._header(name) for name in names}
        total = 8 * sum(header.numbers for header in headers.values())
        if total > self.limit:
            raise UnreadableError(f"{total / 1e9:.3g} GB of numbers in a file of its size")
        return {name: self._array(name) for name in headers}

    def _header(self, name: str) -> Header:
        try:
            with self._file.open(f"{name}.npy") as file:
                version = np.lib.format.read_magic(file)
                read = {
                    (1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0,
                }[version]
                shape, _, dtype = read(file)
        except Exception as error:  # damage, encryption, and what a header can say
            raise UnreadableError(f"the array {name!r} cannot be read: {error!r}") from error
        if min(shape, default=0) < 0 or dtype.kind not in "biuf" or dtype.itemsize > 8:
            raise UnreadableError(f"the array {name!r} of {dtype} {shape}, no numbers of 64 bits")
        return Header(shape, dtype)

    def _array(self, name: str) -> NDArray[Any]:
        try:
            with self._file.open(f"{name}.npy") as file:
                array = np.lib.format.read_array(file, allow_pickle=False)
        except Exception as error:  # damage behind the header
            raise UnreadableError(f"the array {name!r} cannot be read: {error!r}") from error
        return exact(name, array)


def exact(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """The same numbers as float64 or int64.

    Raises:
        UnreadableError: infinity, NaN, or whole numbers beyond 2^53.
    """
    if array.dtype.kind == "f":
        numbers: NDArray[Any] = array.astype(np.float64, copy=False)
        if not np.isfinite(numbers).all():
            raise UnreadableError(f"the array {name!r} has numbers that are not finite")
        return numbers
    if array.size and not -WHOLE <= int(array.min()) <= int(array.max()) <= WHOLE:
        raise UnreadableError(f"the array {name!r} has whole numbers beyond 2^53")
    whole: NDArray[Any] = array.astype(np.int64, copy=False)
    return whole
