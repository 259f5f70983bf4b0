"""Weights from files as tools write them, none of which can run code, and a checksum of them."""

import argparse
import datetime
import hashlib
import json
import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from zipfile import ZipFile, is_zipfile

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import WeightsError, door, reading
from ..network.states import State, check_plain, fitted, state_of, unusual_kind
from .storage import file_kind, require_file

#: The remedy of every error here.
SAVE_ALONE = "Save the weights alone: safetensors.torch.save_model(model, 'weights.safetensors')"
PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".tar", ".th", ".t7")
ENDINGS = (".safetensors", ".json", *PICKLES)
#: How numpy pickles an array and a number, under its present name and those of other versions.
_NUMPY: list[Any] = [np.zeros(1).__reduce__()[0], np.float64(0).__reduce__()[0]]
#: Beside tensors, what a checkpoint may hold: values that do nothing when they are read. Paths
#: become pure ones, as those of Windows cannot be made elsewhere; a defaultdict loses its factory.
HARMLESS: list[Any] = [
    *(argparse.Namespace, np.ndarray, np.dtype, *_NUMPY),
    *(
        (one, f"numpy.{core}.multiarray.{one.__name__}")
        for core in ("core", "_core")
        for one in _NUMPY
    ),
    *(
        (one, f"{module}.{name}")
        for one in (PurePosixPath, PureWindowsPath)
        for module in ("pathlib", "pathlib._local")
        for name in (one.__name__, one.__name__.removeprefix("Pure"))
    ),
    *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
    *((lambda *_: {}, "collections.defaultdict"), dict, list, int, float),
    *(type(np.dtype(kind)) for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "?")),
]


class Weights(dict[str, Tensor]):
    """A state dict that says where it was read from and what was done to it.

    Attributes:
        reading: in a line.
    """

    def __init__(self, state: Mapping[str, Tensor], reading: str) -> None:
        super().__init__(state)
        self.reading = reading

    def __repr__(self) -> str:
        return f"<{self.reading}>"


@door()
def load_weights(
    path: str | Path,
    model: nn.Module | None = None,
    *,
    key: str | None = None,
    base: Mapping[str, Tensor] | None = None,
) -> Weights:
    """The state dict in a file, under the names of a model's entries where one is given.

    A .safetensors file, also as `save_model` writes tied layers; the index (.index.json) of one in
    parts; or .pt, .pth, .bin, .ckpt, .pth.tar, .th, .t7 by `torch.save`, where a state dict may be
    nested under one of the usual keys. A pickle of anything but plain values could run code when
    it is read, so it is refused.

    Args:
        path: of the file.
        model: whose names the entries get, and whose shapes they must have; prefixes as of
            `torch.compile`, `nn.DataParallel` or Lightning are cut or put before.
        key: under which the state dict is nested; the usual ones are tried when None.
        base: weights of which the file has only a part, as adapters are; needs the model.

    Raises:
        WeightsError: no such file, another kind of file, damage, no state dict, or one that does
            not fit the model: the first entries of each kind.
    """
    path = Path(path)
    state, notes = state_of(_content(path), key)
    check_plain(state, str(path))
    if model is not None:
        state, fitting = fitted(state, model, base)
        notes += fitting
    kinds = sorted({str(x.dtype).removeprefix("torch.") for x in state.values()})
    what = f"{path.name}: {len(state)} tensors of {' and '.join(kinds)}"
    return Weights(state, ", ".join([what, *notes]))


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes, whatever the order or kind of file.

    >>> one = {"a": torch.ones(2), "b": torch.tensor(3)}
    >>> checksum(one) == checksum(dict(reversed(one.items()))), checksum(one) == checksum({})
    (True, False)
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        content = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        digest.update(content.numpy().tobytes())
    return digest.hexdigest()


def _content(path: Path) -> object:
    """What a file holds, or the files that an index names together."""
    require_file(path, "weights", WeightsError)
    if path.suffix not in ENDINGS:
        raise WeightsError(
            f"weights as {', '.join(ENDINGS)}, not {path}",
            f"a file that ends in {path.suffix or 'nothing'}",
            f"{SAVE_ALONE}.",
        )
    if path.suffix == ".json":
        with reading(f"an index of weights {path}", WeightsError, "Name model.index.json."):
            files = set(json.loads(path.read_text())["weight_map"].values())
            parts = [_content(path.with_name(Path(file).name)) for file in sorted(files)]
            return {name: value for part in parts for name, value in state_of(part)[0].items()}
    content = _safe(path) if path.suffix == ".safetensors" else _unpickled(path)
    size = path.stat().st_size
    for name, value in content.items() if isinstance(content, Mapping) else ():
        if not isinstance(value, Tensor) or unusual_kind(value):
            continue  # refused, where it is a weight
        if value.numel() * value.itemsize > size:
            raise WeightsError(
                f"plain tensors in {path}",
                f"a tensor of {value.numel()} entries in a file of {size} bytes, {name!r}",
                "Convert it, by contiguous(), and save it again.",
            )
    return content


def _safe(path: Path) -> State:
    expected = f"a safetensors file {path}"
    with reading(expected, WeightsError, f"It is damaged. {SAVE_ALONE} again."):
        if path.stat().st_size < 8 or file_kind(path) != "a safetensors file":
            raise WeightsError(expected, file_kind(path), f"{SAVE_ALONE}.")
        state: State = load_file(path)
        with safe_open(path, "pt") as file:  # `save_model` names there what it left out as tied
            tied = file.metadata() or {}
        return state | {name: state[kept] for name, kept in tied.items() if kept in state}


def _unpickled(path: Path) -> object:
    with reading(f"a whole file of weights {path}", WeightsError, f"{SAVE_ALONE} again."):
        if is_zipfile(path):  # torch packs nothing: what is packed could unpack to anything
            with ZipFile(path) as archive:
                packed = any(one.file_size > one.compress_size for one in archive.infolist())
            if packed:
                raise ValueError("a compressed archive, as torch.save never writes")
        try:
            with torch.serialization.safe_globals(HARMLESS), warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Validating sparse")  # PyTorch's, from 2.15 on
                return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            named = re.search(r"(?:GLOBAL|class) ([\w.]+)", str(error))
            what = f"a pickle of {named[1]}" if named else "a pickle of more than that, or damage"
            raise WeightsError(
                f"a file {path} that holds tensors and plain values alone",
                f"{what}, which is not read as it could run code",
                f"{SAVE_ALONE}, where you trust the file.",
            ) from error
