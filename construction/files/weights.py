"""State dicts from files that cannot run code, and a checksum of them."""

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import torch
from safetensors.torch import load_file
from torch import Tensor

from ..errors import WeightsError
from ..network.heads import State
from ..path.paths import unusual_kind
from .reading import file_kind, reading, require_file

#: The remedy of every error here.
SAVE_ALONE = (
    "Save the weights alone: safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')"
)


def read_weights(path: Path) -> State:
    """The state dict in a .safetensors file, or in a .pt or .pth file that holds tensors alone.

    A pickle of anything else could run code when it is read, so it is refused.

    Raises:
        WeightsError: no such file, another kind of file, damage, or no state dict.
    """
    require_file(path, "weights", WeightsError)
    if path.suffix not in (".safetensors", ".pt", ".pth"):
        raise WeightsError(
            f"weights as .safetensors, .pt or .pth, not {path}",
            f"a file that ends in {path.suffix or 'nothing'}",
            f"{SAVE_ALONE}.",
        )
    content = _safe(path) if path.suffix == ".safetensors" else _unpickled(path)
    if not isinstance(content, Mapping) or not all(
        isinstance(value, Tensor) for value in content.values()
    ):
        inside = (
            f"the entries {', '.join(map(repr, list(content)[:6]))}"
            if isinstance(content, Mapping)
            else type(content).__name__
        )
        raise WeightsError(f"a state dict in {path}, names with tensors", inside, f"{SAVE_ALONE}.")
    for name, value in content.items():
        unusual = unusual_kind(value)
        if unusual is None and value.numel() * value.itemsize > path.stat().st_size:
            unusual = (
                f"a tensor of {value.numel()} entries in a file of {path.stat().st_size} bytes"
            )
        if unusual:
            raise WeightsError(
                f"plain tensors in {path}",
                f"{unusual}, {name!r}",
                "Convert it, by to_dense(), dequantize() or contiguous(), and save it again.",
            )
    return {str(name): value for name, value in content.items()}


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


def _safe(path: Path) -> object:
    expected = f"a safetensors file {path}"
    with reading(expected, WeightsError, f"It is damaged. {SAVE_ALONE} again."):
        if path.stat().st_size < 8 or file_kind(path) != "a safetensors file":
            raise WeightsError(expected, file_kind(path), f"{SAVE_ALONE}.")
        return load_file(path)


def _unpickled(path: Path) -> object:
    with reading(f"a whole file of weights {path}", WeightsError, f"{SAVE_ALONE} again."):
        if is_zipfile(path):  # torch packs nothing: what is packed could unpack to anything
            with ZipFile(path) as archive:
                packed = any(one.file_size > one.compress_size for one in archive.infolist())
            if packed:
                raise ValueError("a compressed archive, as torch.save never writes")
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise WeightsError(
                f"a file {path} that holds tensors alone",
                "a pickle of more than that, or damage, which is not read as it could run code",
                f"{SAVE_ALONE}, where you trust the file.",
            ) from error
