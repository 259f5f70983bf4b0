"""Arrays of numbers in one ``.npz`` file, and such a file with a JSON manifest: a record.

There is no pickle in either. Every size is compared with the bytes that are there before memory is
taken for it. A record has a format number and a checksum over everything, and is read whole or
refused. Reading needs numpy alone.
"""

import hashlib
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, RecordError, reading
from .storage import ensure_folder, file_kind, require_file, written_whole

Arrays = Mapping[str, NDArray[Any]]

#: Raised whenever the content changes in a way that older code cannot read.
FORMAT = 3
MANIFEST = "manifest.json"
#: Arrays in which infinity has a meaning: c* where no scale attains the minimum, and a growth
#: faster than linear.
MAY_BE_INFINITE = ("best", "rise")
#: An archive may unpack to so many bytes, or to so many times its own size; a manifest to so many.
UNPACKED, TIMES, WORDS = 2**28, 100, 2**25
#: Entries of a manifest, and what the file is that has them.
KINDS = {
    "routes": "a record of constructed paths",
    "findings": "findings, what a named run has measured",
    "statements": "a proof, which `python -m construction.recheck` verifies",
}
AGAIN = "Restore a copy, or make it again: the numbers in it cannot be trusted."
#: How a header of numpy's is read, by the version of its format; others are of structured arrays.
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def write(path: Path, arrays: Arrays, manifest: Mapping[str, Any]) -> Path:
    """Write the file whole, in a new folder if need be, or leave the earlier one as it is.

    Numbers are finite, but for arrays named in `MAY_BE_INFINITE`; the manifest is of plain JSON
    values, of which `format`, `arrays` and `checksum` are set here.

    Raises:
        CacheError: the folder cannot be written.
        InputError: an array holds NaN or infinity, which `read` would refuse.
    """
    for name, array in arrays.items():
        if not _sound(name, array):
            raise InputError(
                "finite numbers in a record",
                f"NaN or infinite ones in {name}",
                "Construct the path again: a sound result has none.",
            )
    whole = {**manifest, "format": FORMAT, "arrays": list(arrays)}
    whole.pop("checksum", None)
    whole["checksum"] = _checksum(arrays, whole)
    ensure_folder(path.parent)
    with (
        written_whole(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr(MANIFEST, json.dumps(whole, indent=1, sort_keys=True))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
    return path


def read(path: Path, kind: str | None = None) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and the manifest that were written, of a kind of `KINDS`, or of any.

    Raises:
        RecordError: the file is missing, damaged, truncated, of another format, or no record.
    """
    expected = f"a record at {path}"
    make = "Make one with `python -m construction run`, or with result.record().save(path)."
    require_file(path, "a record", RecordError, make)
    with reading(f"a whole record at {path}", RecordError, AGAIN):
        if file_kind(path) not in ("a zip archive", "an empty file"):
            remedy = "Name a file that this package wrote; if this was one, make it again."
            raise RecordError(expected, file_kind(path), remedy)
        with _opened(path) as archive:
            if MANIFEST not in archive.namelist():
                raise RecordError(
                    expected,
                    "another kind of archive, without a manifest",
                    "Name a file that this package wrote.",
                )
            manifest = _manifest(archive)
            version = manifest["format"]
            if version != FORMAT:
                raise RecordError(
                    f"a record of format {FORMAT} at {path}",
                    f"format {version!s:.40}",
                    "It is of another version of this package: make it again.",
                )
            if kind is not None and kind not in manifest:
                wanted = KINDS[kind].split(",")[0]
                raise RecordError(f"{wanted} at {path}", _kind(manifest), "Name another file.")
            arrays = {name: _member(archive, f"{name}.npy") for name in manifest["arrays"]}
        unsound = [name for name, array in arrays.items() if not _sound(name, array)]
        if unsound:
            raise ValueError(f"{unsound[0]} holds NaN or infinite values")
        if manifest.pop("checksum") != _checksum(arrays, manifest):
            raise ValueError("the checksum does not fit the content")
    del manifest["arrays"]
    return arrays, manifest


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz`` file by name; of an ``.npy`` file the one, under the name "".

    Raises:
        Exception: of any type that the readers of zip archives and numpy's headers raise; see
            `construction.errors.reading`.
    """
    kind, wanted = file_kind(path), "a single array" if path.suffix == ".npy" else "a zip archive"
    if not kind.startswith(wanted):
        raise ValueError(f"{kind}, not {wanted}")
    if path.suffix == ".npy":
        with path.open("rb") as file:
            return {"": _array(file, path.stat().st_size)}
    with _opened(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        return {name.removesuffix(".npy"): _member(archive, name) for name in names}


def kind_of(path: Path) -> str:
    """What a file is: in words of `KINDS`, or by its first bytes; errors as of `read_arrays`."""
    kind = file_kind(path)
    if kind != "a zip archive":
        return kind
    with _opened(path) as archive:
        return _kind(_manifest(archive)) if MANIFEST in archive.namelist() else kind


def _manifest(archive: zipfile.ZipFile) -> Any:
    if archive.getinfo(MANIFEST).file_size > WORDS:
        raise ValueError(f"a manifest of more than {WORDS} bytes")
    return json.loads(archive.read(MANIFEST))


def _kind(manifest: Mapping[str, Any]) -> str:
    kinds = [name for entry, name in KINDS.items() if entry in manifest]
    return kinds[0] if kinds else "a file of another kind"


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, unless it would unpack to far more than it is."""
    with zipfile.ZipFile(path) as archive:
        unpacked, size = sum(one.file_size for one in archive.infolist()), path.stat().st_size
        if unpacked > max(UNPACKED, TIMES * size):
            raise ValueError(f"{size} bytes that unpack to {unpacked}; save it uncompressed")
        yield archive


def _member(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(name) as file:
        return _array(file, archive.getinfo(name).file_size)


def _array(file: IO[bytes], size: int) -> NDArray[Any]:
    """The array in a file of so many bytes, which its header has to fill."""
    shape, _, dtype = HEADERS[np.lib.format.read_magic(file)](file)
    wanted, there = math.prod(shape) * dtype.itemsize, size - file.tell()
    if wanted != there and not dtype.hasobject:
        raise ValueError(f"a header for {wanted} bytes of numbers, and {there} of them")
    file.seek(0)
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _sound(name: str, array: NDArray[Any]) -> bool:
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} holds no numbers but {array.dtype}")
    if name.rsplit("/", 1)[-1] in MAY_BE_INFINITE:
        return not np.isnan(array).any()
    return bool(np.isfinite(array).all())


def _checksum(arrays: Arrays, manifest: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
