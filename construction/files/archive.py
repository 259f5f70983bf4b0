"""Arrays and a JSON manifest in one ``.npz`` file, which is read whole or refused.

There is no pickle in it, but a format number and a checksum over everything. Reading needs numpy
alone.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, RecordError
from .storage import ensure_folder, written_whole

Arrays = Mapping[str, NDArray[Any]]

#: Raised whenever the content changes in a way that older code cannot read.
FORMAT = 3
MANIFEST = "manifest.json"
#: Arrays in which infinity has a meaning: c* where no scale attains the minimum, and a growth
#: faster than linear.
MAY_BE_INFINITE = ("best", "rise")
#: What reading a damaged archive can raise; RuntimeError: damage that looks like encryption.
DAMAGE = (
    OSError,
    KeyError,
    TypeError,
    ValueError,
    EOFError,
    RuntimeError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
)
AGAIN = "Delete it and make it again: the numbers in it cannot be trusted."


def write(path: Path, arrays: Arrays, manifest: Mapping[str, Any]) -> None:
    """Write the file whole, or leave the earlier one as it is.

    Args:
        path: of the file; its folder is made if need be.
        arrays: of finite numbers, by name; those named in `MAY_BE_INFINITE` may hold infinity.
        manifest: plain JSON values; `format`, `arrays` and `checksum` are set here.

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


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and the manifest that were written.

    Raises:
        RecordError: the file is missing, damaged, truncated, of another format, or no record.
    """
    if not path.is_file():
        raise RecordError(
            f"a record at {path}",
            "no such file",
            "Make one with `python -m construction run`, or with result.record().save(path).",
        )
    try:
        with zipfile.ZipFile(path) as archive:
            if MANIFEST not in archive.namelist():
                raise RecordError(
                    f"a record at {path}",
                    "another kind of archive, without a manifest",
                    "Name a file that this package wrote.",
                )
            manifest = json.loads(archive.read(MANIFEST))
            version = manifest["format"]
            if version != FORMAT:
                raise RecordError(
                    f"a record of format {FORMAT} at {path}",
                    f"format {version}",
                    "It is of another version of this package: make it again.",
                )
            arrays = {name: _array(archive, name) for name in manifest["arrays"]}
        checksum = manifest.pop("checksum")
        if checksum != _checksum(arrays, manifest):
            raise ValueError("the checksum does not fit the content")
    except DAMAGE as error:
        raise damaged(path, error) from error
    del manifest["arrays"]
    return arrays, manifest


def damaged(path: Path, error: Exception) -> RecordError:
    """The error to raise for a file whose content makes no sense."""
    return RecordError(f"a whole record at {path}", f"{type(error).__name__}: {error}", AGAIN)


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    if not _sound(name, array):
        raise ValueError(f"{name} holds NaN or infinite values")
    return array


def _sound(name: str, array: NDArray[Any]) -> bool:
    if name.rsplit("/", 1)[-1] in MAY_BE_INFINITE:
        return not np.isnan(array).any()
    return bool(np.isfinite(array).all())


def _checksum(arrays: Arrays, manifest: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
