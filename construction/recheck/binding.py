"""Compares the numbers of a proof with those in the reader's own files.

Weights and data are read anew, from .safetensors or .npz; equal means equal number by number.
"""

import json
import math
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .archive import Archive, UnreadableError, exact, readable
from .content import File, RefusedError

#: Types of .safetensors in which numbers are read; bfloat16 is the upper half of a float32.
TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "<i1", "U8": "<u1", "U16": "<u2", "U32": "<u4", "BOOL": "?",
}  # fmt: skip
#: Largest header of a .safetensors file, by its own definition.
HEADER = 100_000_000


def compared(file: File, initial: str | None, final: str | None, data: str | None) -> Iterator[str]:
    """A line a file of the proof's numbers; a RefusedError if one differs; or as `arrays_in`."""
    names = sorted({name for step in file.steps for name in (step.weight, step.bias)} - {""})
    for path, vertex in ((initial, 0), (final, len(file.vertices) - 1)):
        if path is not None:
            own = arrays_in(path, *names)
            for name in names:
                require_equal(path, name, own[name], file.weights(name, vertex))
            count = f"the {len(names)}" if len(own) == len(names) else f"{len(names)} of {len(own)}"
            yield f"W({min(vertex, 1)}): {count} entries of {path}"
    if data is not None:
        own = arrays_in(data, "inputs", "targets")
        inputs, how = own["inputs"], ""
        if inputs.shape == file.inputs.shape and not np.array_equal(inputs, file.inputs):
            # as a solver in float32 holds them
            inputs = inputs.astype(np.float32).astype(np.float64)
            how = " (inputs rounded to float32)"
        require_equal(data, "inputs", inputs, file.inputs)
        require_equal(data, "targets", as_held(file, own["targets"]), file.targets)
        yield f"data: the {len(inputs)} samples of {data}{how}"


def require_equal(path: str, name: str, own: NDArray[Any], held: NDArray[Any]) -> None:
    """That two arrays hold the same numbers in the same shape."""
    if own.shape != held.shape:
        raise RefusedError(f"{name!r} of {path} is of the shape {own.shape}, not {held.shape}")
    differs = own != held
    if differs.any():
        place = tuple(int(k) for k in np.argwhere(differs)[0])
        raise RefusedError(
            f"{name!r} of {path} differs in {int(differs.sum())} of {own.size} numbers, first at "
            f"{place}: {own[place]} there, {held[place]} in the proof"
        )


def as_held(file: File, targets: NDArray[Any]) -> NDArray[Any]:
    """Targets as losses take them: classes one-hot, rows of numbers, signs of classes 0 and 1."""
    held = file.targets
    whole = targets.ndim == 1 and targets.dtype.kind == "i" and held.shape[:1] == targets.shape
    if whole and held.ndim == 2 and 0 <= targets.min() <= targets.max() < held.shape[1] > 1:
        targets = np.eye(held.shape[1])[targets]
    if targets.shape[:1] == held.shape[:1] and targets.size == held.size:
        targets = targets.reshape(held.shape)
    if file.loss == "hinge" and ((targets == 0) | (targets == 1)).all() and (targets == 0).any():
        targets = 2 * targets - 1
    return targets


def arrays_in(path: str, *needed: str) -> dict[str, NDArray[Any]]:
    """All arrays, float64 or int64, else an UnreadableError; without one needed a RefusedError."""
    suffix = os.path.splitext(path)[1]
    if suffix not in (".npz", ".safetensors"):
        raise UnreadableError(
            f"{path} is neither .safetensors nor .npz; a .pt file takes torch to read: save its "
            "tensors with safetensors.torch.save_file"
        )
    if suffix == ".npz":
        with Archive(path) as archive:
            arrays = archive.arrays()
    else:
        with readable(f"{path} as a whole .safetensors file"):
            arrays = _safetensors(path)
    for name in needed:
        if name not in arrays:
            there = ", ".join(sorted(arrays)[:6])
            raise RefusedError(f"{path} has no entry {name!r}, but {there}")
    return arrays


def _safetensors(path: str) -> dict[str, NDArray[Any]]:
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(HEADER, size - 8):
            raise UnreadableError(f"{path} has a header of {length} bytes")
        header = json.loads(file.read(length))
        content = memoryview(file.read())
    header.pop("__metadata__", None)
    arrays: dict[str, NDArray[Any]] = {}
    for name, entry in header.items():
        kind, shape, (start, stop) = entry["dtype"], entry["shape"], entry["data_offsets"]
        dtype = np.dtype(TYPES[kind])
        if math.prod(shape) * dtype.itemsize != stop - start or not 0 <= start <= stop:
            raise UnreadableError(f"{path} says of {name!r} what does not fit")
        array = np.frombuffer(content[start:stop], dtype).reshape(shape)
        if kind == "BF16":
            array = (array.astype(np.uint32) << 16).view(np.float32)
        arrays[name] = exact(name, array)
    return arrays
