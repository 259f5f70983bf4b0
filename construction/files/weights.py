"""State dicts from files that cannot run code, and a checksum of them."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..errors import WeightsError
from ..network.heads import State

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
    if not path.is_file():
        raise WeightsError(f"weights in {path}", "no such file", "See where they were saved.")
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except (SafetensorError, OSError) as error:
            raise WeightsError(
                f"a safetensors file {path}", str(error), "It is damaged: save it again."
            ) from error
    if path.suffix not in (".pt", ".pth"):
        raise WeightsError(
            f"weights as .safetensors, .pt or .pth, not {path}",
            f"a file that ends in {path.suffix or 'nothing'}",
            f"{SAVE_ALONE}.",
        )
    return _state_in(path, _unpickled(path))


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


def _unpickled(path: Path) -> object:
    try:
        content: object = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"a file {path} that holds tensors alone",
            "a pickle of more than that, or damage, which is not read as it could run code",
            f"{SAVE_ALONE}, where you trust the file.",
        ) from error
    except (RuntimeError, OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise WeightsError(
            f"a whole file of weights {path}", f"{type(error).__name__}", f"{SAVE_ALONE} again."
        ) from error
    return content


def _state_in(path: Path, content: object) -> State:
    if not isinstance(content, Mapping) or not all(
        isinstance(value, Tensor) for value in content.values()
    ):
        inside = (
            f"the entries {', '.join(map(repr, list(content)[:6]))}"
            if isinstance(content, Mapping)
            else type(content).__name__
        )
        raise WeightsError(f"a state dict in {path}, names with tensors", inside, f"{SAVE_ALONE}.")
    return {str(name): value for name, value in content.items()}
