"""Weights brought to where the forward pass runs, and seen to fit the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, backends, nn
from torch.nn.parameter import is_lazy

from ..errors import InputError, WeightsError
from ..network.heads import State
from ..path.paths import Curve, Path, convert

#: What wrappers put before the names of a model's entries.
PREFIXES = ("module.", "_orig_mod.")


def moved(path: Path, device: torch.device, dtype: torch.dtype) -> Path:
    """The path with weights on the device; a polyline interpolates in `dtype` itself."""
    if isinstance(path, Curve):
        return path.to(device, dtype)
    return lambda lam: convert(path(lam), device, dtype)


def place_of(
    state: State, device: torch.device | str | None, dtype: torch.dtype | None
) -> tuple[torch.device, torch.dtype]:
    """Device and type of the forward pass: as asked, else those of the weights.

    Raises:
        WeightsError: no weights of floating point.
        InputError: a type other than float32 and float64, or a device that is not there or has no
            float64.
    """
    floats = [value for value in state.values() if value.is_floating_point()]
    if not floats:
        raise WeightsError(
            "weights in the state dict", "none of floating point", "Pass model.state_dict()."
        )
    if dtype is None:  # half precision is too coarse for the roots: such weights run in float32
        dtype = torch.float64 if floats[0].dtype == torch.float64 else torch.float32
    if dtype not in (torch.float32, torch.float64):
        raise InputError("dtype torch.float32 or torch.float64", f"{dtype}", "Use one of the two.")
    place = floats[0].device if device is None else device
    try:
        return torch.empty(0, device=place, dtype=torch.float64).device, dtype
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        raise InputError(
            "a device that this PyTorch can use in float64",
            f"{place!s}: {str(error).splitlines()[0]}",
            "Use 'cpu', or leave the device out.",
        ) from error


def check_fits(model: nn.Module, state: State) -> None:
    """Refuse weights that are not the model's.

    Raises:
        InputError: the model has entries without a shape yet, or is wrapped for several GPUs.
        WeightsError: entries that are missing, unknown or of another shape.
    """
    if not isinstance(state, Mapping):
        raise WeightsError(
            "a path that returns state dicts", type(state).__name__, "Return name -> tensor."
        )
    if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        raise InputError(
            "the model itself",
            type(model).__name__,
            "Pass model.module, and weights without 'module.' in their names: several processes "
            "share the data out by themselves.",
        )
    own = model.state_dict()
    lazy = [name for name, value in own.items() if is_lazy(value)]
    if lazy:
        raise InputError(
            "a model whose weights have shapes",
            f"{len(lazy)} that wait for a first input, the first {lazy[0]!r}",
            "Run it once on some inputs.",
        )
    check_entries({name: value.shape for name, value in own.items()}, state)


def check_entries(shapes: Mapping[str, torch.Size], state: Mapping[str, Tensor]) -> None:
    """Refuse weights whose entries are not these.

    Raises:
        WeightsError: entries that are missing, unknown or of another shape.
    """
    odd = sorted(shapes.keys() ^ state.keys())
    odd += [name for name in shapes if name in state and shapes[name] != state[name].shape]
    if odd:
        raise WeightsError(
            "weights that fit the model",
            f"{len(odd)} entries that are missing, unknown or of another shape, "
            f"the first {odd[0]!r}",
            _remedy(shapes, state),
        )


def _remedy(shapes: Mapping[str, torch.Size], state: Mapping[str, Tensor]) -> str:
    for prefix in PREFIXES if shapes.keys() != state.keys() else ():
        if shapes.keys() == {name.removeprefix(prefix) for name in state}:
            return (
                f"They were taken from a wrapped model: pass that, or cut {prefix!r} from the "
                "names."
            )
    return "Pass the architecture that the state dicts were taken from."


@contextmanager
def full_precision(device: torch.device, tf32: bool = False) -> Iterator[None]:
    """Switch coarse products off, or TF32 on if asked, and automatic mixed precision off.

    TF32 keeps 10 bits of each factor, an error of about 5e-4, where a root is wanted to 1e-6. The
    settings are read and written an operation each, as `allow_tf32` cannot even be read where a
    user has set convolutions alone.

    >>> torch.set_float32_matmul_precision("medium")  # lets a CPU round factors to bfloat16
    >>> with full_precision(torch.device("cpu")):
    ...     torch.get_float32_matmul_precision(), backends.mkldnn.matmul.fp32_precision
    ('medium', 'ieee')
    >>> backends.mkldnn.matmul.fp32_precision
    'bf16'
    >>> torch.set_float32_matmul_precision("highest")
    """
    with ExitStack() as stack:
        kind = device.type
        if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
            stack.enter_context(torch.autocast(kind, enabled=False))
        for operation in _operations(kind):
            before = operation.fp32_precision
            wanted = "tf32" if tf32 and kind == "cuda" else "ieee"
            if before != wanted and (before, wanted) != ("none", "ieee"):
                stack.callback(setattr, operation, "fp32_precision", before)
                operation.fp32_precision = wanted
        yield


def _operations(kind: str) -> tuple[Any, ...]:
    """What has a setting of its own on a kind of device."""
    cuda, cudnn, cpu = map(_untyped, (backends.cuda, backends.cudnn, backends.mkldnn))
    if kind == "cuda":
        return cuda.matmul, cudnn.conv, cudnn.rnn
    return (cpu.matmul, cpu.conv, cpu.rnn) if kind == "cpu" else ()


def _untyped(module: Any) -> Any:
    """The stubs know none of these attributes."""
    return module
