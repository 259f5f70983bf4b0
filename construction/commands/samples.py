"""Inputs and targets from files, by name, or from a function of the user's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.utils.data import DataLoader

from ..data import SOURCES, load, standardised
from ..errors import DataError, InputError
from ..files.user_code import call_user_code, is_reference
from ..forward.samples import Data

KINDS = (
    "Give FILE.npz or FILE.safetensors with arrays `inputs` and `targets`, two files .npy, "
    f"{', '.join(SOURCES)}, or WHERE:NAME of a function."
)


def read_data(given: Sequence[str], arguments: Mapping[str, Any] | Sequence[Any] = ()) -> Data:
    """Inputs (samples, ...) and targets (samples, ...) as tensors, or a DataLoader of both.

    Args:
        given: one word, or two files .npy.
        arguments: of the function, where one is named.

    Raises:
        InputError: another kind of data, or a function that fails or returns something else.
        DataError: a file that is missing, damaged, or without the two arrays.
    """
    if len(given) == 2 and all(name.endswith(".npy") for name in given):
        return _pair([_array(Path(name)) for name in given])
    if len(given) != 1:
        raise InputError("one source of data", f"{len(given)}: {', '.join(given)}", KINDS)
    (name,) = given
    if name in SOURCES:
        found = load(name)
        inputs = standardised(found.train_images, found.mean, found.std)
        return _pair([inputs, found.train_labels])
    if is_reference(name):
        return _returned(name, call_user_code(name, arguments, "data"))
    path = Path(name)
    if path.suffix not in (".npz", ".safetensors"):
        raise InputError("a source of data", repr(name), KINDS)
    arrays = _arrays(path)
    missing = [key for key in ("inputs", "targets") if key not in arrays]
    if missing:
        raise DataError(
            f"arrays `inputs` and `targets` in {path}",
            f"{', '.join(sorted(arrays)) or 'nothing'}",
            "Name them so, as in numpy.savez(file, inputs=x, targets=y).",
        )
    return _pair([arrays["inputs"], arrays["targets"]])


def _array(path: Path) -> NDArray[Any]:
    with _whole(path):
        found = np.load(path, allow_pickle=False)
    array: NDArray[Any] = found
    return array


def _arrays(path: Path) -> Mapping[str, Any]:
    with _whole(path):
        if path.suffix == ".safetensors":
            return load_file(path)
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Name the file that cannot be read."""
    if not path.is_file():
        raise DataError(f"data in {path}", "no such file", "See where they were saved.")
    try:
        yield
    except (OSError, ValueError, EOFError, BadZipFile, SafetensorError) as error:
        raise DataError(
            f"arrays of numbers in {path}",
            " ".join(str(error).split()),
            "It is damaged, or holds Python objects: save plain arrays.",
        ) from error


def _pair(parts: Sequence[Any]) -> tuple[Tensor, Tensor]:
    """Both as tensors; integer targets as int64, which every loss can index with."""
    inputs, targets = (_tensor(part) for part in parts)
    whole = not (targets.is_floating_point() or targets.is_complex())
    return inputs, targets.long() if whole else targets


def _tensor(part: Any) -> Tensor:
    if isinstance(part, Tensor):
        return part
    array = np.asarray(part)
    if array.dtype.kind not in "biuf":
        raise DataError(
            "arrays of numbers", f"one of {array.dtype}", "Encode text as class indices."
        )
    # torch takes neither other byte orders nor every unsigned type
    native = array.astype(np.int64) if array.dtype.kind == "u" and array.itemsize > 1 else array
    return torch.from_numpy(np.ascontiguousarray(native, native.dtype.newbyteorder("=")))


def _returned(name: str, found: Any) -> Data:
    if isinstance(found, DataLoader):
        return found
    if isinstance(found, tuple | list) and len(found) == 2:
        return _pair(found)
    raise InputError(
        f"{name} to return (inputs, targets) or a DataLoader",
        type(found).__name__,
        "Return two tensors or arrays, or a DataLoader of such batches.",
    )
