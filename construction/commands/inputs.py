"""What the user hands in: model, weights, data and loss, from the places the command line names."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import DataLoader

from ..data import SOURCES, load, standardised
from ..errors import DataError, InputError, reading
from ..files.archive import read_arrays
from ..files.storage import require_file
from ..files.user_code import call_user_code, import_callable, is_reference
from ..files.weights import checksum, load_weights
from ..forward.batches import Data
from ..forward.ranks import sharing_errors
from ..loss.catalogue import as_loss
from ..loss.classification import CrossEntropy
from ..loss.custom import Custom
from ..loss.loss import Loss
from ..network.states import unusual_kind
from ..path.paths import Bezier, Line, Polyline
from ..path.paths import Path as BasePath

KINDS = (
    "Give FILE.npz or FILE.safetensors with arrays `inputs` and `targets`, two files .npy, "
    f"{', '.join(SOURCES)}, or WHERE:NAME of a function."
)


class Inputs(NamedTuple):
    """What `construction.construct` takes: model, path and data; options; and where all is from."""

    problem: tuple[nn.Module, BasePath, Data]
    options: dict[str, Any]
    origin: dict[str, Any]


@sharing_errors()
def read_inputs(options: Namespace) -> Inputs:
    """Read model, weights, data and loss; an error of the package says what cannot be read."""
    model = read_model(options)
    files = [options.initial, *(options.checkpoint or options.bezier or []), options.final]
    states = [load_weights(file, model) for file in files]
    curve: type[Bezier | Polyline] = Bezier if options.bezier else Polyline
    path = curve(states) if len(states) > 2 else Line(*states)
    data = read_data(options.data)
    same = {name: getattr(options, name) for name in ("head", "batch_norm", "tf32")}
    asked = ("model", "model_args", "loss", "profile", "dtype")
    origin = same | {name: getattr(options, name) for name in asked}
    origin |= {
        "path": type(path).__name__.lower(),
        "weights": [
            {"file": str(file), "sha256": checksum(state), "reading": state.reading}
            for file, state in zip(files, states, strict=True)
        ],
        "data": {"source": list(options.data), **_identity(data)},
        "loss_options": dict(options.loss_option),
        **({"missing": options.missing} if options.missing else {}),
    }
    same |= {"loss": read_loss(options), "device": options.device, "memory": options.memory}
    dtype = options.dtype and getattr(torch, options.dtype)
    return Inputs((model, path, data), {"dtype": dtype, **same}, origin)


def read_model(options: Namespace) -> nn.Module:
    """What the user's function returns; an InputError if it fails, or that is no module."""
    model = call_user_code(options.model, options.model_args, "a model")
    if not isinstance(model, nn.Module):
        raise InputError(
            f"{options.model} to return an nn.Module",
            type(model).__name__,
            "Return the network itself, with any weights.",
        )
    return model


def read_loss(options: Namespace) -> Loss:
    """The loss that is named, with its options."""
    named = loss_named(options.loss, dict(options.loss_option))
    return as_loss(named, options.missing or "refuse")


def loss_named(name: str, options: Mapping[str, Any]) -> Loss:
    """The loss of that name, or a function of the user's, with the options that are given.

    Raises:
        InputError: an unknown loss, or an option that it does not have or take.

    >>> loss_named("huber", {"delta": 2.0}).delta
    2.0
    """
    referred = is_reference(name)
    loss = Custom(import_callable(name, "a loss"), name) if referred else as_loss(name)
    own = [] if referred else list(signature(type(loss)).parameters)
    for key, value in options.items():
        if key not in own:
            having = f"of the loss {name} {' or '.join(own) or 'no option'}"
            raise InputError(having, repr(key), "`solve --help` says which loss has which.")
        if isinstance(value, list) != (key == "weight"):
            raise InputError("one number, for weight a list", f"{key}={value!s:.80}", "Give one.")
    if isinstance(loss, CrossEntropy):
        options = {"smoothing": loss.smoothing, **options}
    return type(loss)(**options) if options else loss


def read_data(sources: Sequence[str]) -> Data:
    """Inputs (samples, ...) and targets (samples, ...) as tensors, or a DataLoader of both.

    Args:
        sources: one word, as `KINDS` has it, or two files .npy.

    Raises:
        InputError: another kind of data, or a function that fails or returns something else.
        DataError: a file that is missing, damaged, or without the two arrays.
    """
    if len(sources) == 2 and all(name.endswith(".npy") for name in sources):
        return _pair([_content(Path(name)) for name in sources])
    if len(sources) != 1:
        raise InputError("one source of data", f"{len(sources)}: {', '.join(sources)}", KINDS)
    (name,) = sources
    if name in SOURCES:
        dataset = load(name)
        images = standardised(dataset.train_images, dataset.mean, dataset.std)
        return _pair([images, dataset.train_labels])
    if is_reference(name):
        value = call_user_code(name, (), "data")
        if isinstance(value, DataLoader):
            return value
        if isinstance(value, tuple | list) and len(value) == 2:
            return _pair(value)
        raise InputError(
            f"{name} to return (inputs, targets) or a DataLoader",
            type(value).__name__,
            "Return two tensors or arrays, or a DataLoader of such batches.",
        )
    path = Path(name)
    if path.suffix not in (".npz", ".safetensors"):
        raise InputError("a source of data", repr(name), KINDS)
    arrays = _content(path)
    if not arrays.keys() >= {"inputs", "targets"}:
        raise DataError(
            f"arrays `inputs` and `targets` in {path}",
            f"{', '.join(sorted(arrays)) or 'nothing'}",
            "Name them so, as in numpy.savez(file, inputs=x, targets=y).",
        )
    return _pair([arrays["inputs"], arrays["targets"]])


def _identity(data: Data) -> dict[str, Any]:
    """The checksum of tensors; what a loader gives is not read for one."""
    if isinstance(data, DataLoader):
        return {"samples": None, "sha256": None}
    inputs, targets = (torch.as_tensor(part) for part in data)
    return {"samples": len(inputs), "sha256": checksum({"inputs": inputs, "targets": targets})}


def _content(path: Path) -> Any:
    """The array in a file .npy, the arrays by name in any other."""
    require_file(path, "data", DataError)
    with reading(f"arrays of numbers in {path}", DataError, "Save plain arrays, by numpy.savez."):
        if path.suffix == ".safetensors":
            return load_file(path)
        arrays = read_arrays(path)
        return arrays[""] if path.suffix == ".npy" else arrays


def _pair(parts: Sequence[Any]) -> tuple[Tensor, Tensor]:
    """Both as tensors; integer targets as int64, which every loss can index with."""
    inputs, targets = (_tensor(part) for part in parts)
    if not inputs.ndim or not targets.ndim:
        raise DataError("inputs and targets a sample", "a single number", "Pass arrays of them.")
    return inputs, targets if targets.is_floating_point() else targets.long()


def _tensor(part: Any) -> Tensor:
    if isinstance(part, Tensor):
        if kind := unusual_kind(part) or (part.is_complex() and "complex numbers"):
            raise DataError("plain tensors of real numbers", kind, "Convert it first.")
        return part
    with reading("arrays of numbers", DataError, "Make all rows of one length."):
        array = np.asarray(part)
    if array.dtype.kind not in "biuf":
        found = f"one of {array.dtype}"
        raise DataError("arrays of numbers", found, "Encode text as class indices.")
    if array.dtype.kind == "u" and array.size and array.max() > np.iinfo(np.int64).max:
        raise DataError("numbers below 2^63", f"{array.max()}", "Save them as floats.")
    # torch takes neither other byte orders, nor every unsigned type, nor more than double precision
    unsigned = array.dtype.kind == "u" and array.itemsize > 1
    native = np.dtype(np.int64 if unsigned else np.float64 if array.itemsize > 8 else array.dtype)
    return torch.from_numpy(np.ascontiguousarray(array, native.newbyteorder("=")))
