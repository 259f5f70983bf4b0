"""Where and how precisely a network runs: device, type, threads, full precision, rounding."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, backends

from ..errors import InputError, WeightsError, reading
from ..network.states import State, check_alike
from ..path.paths import Curve, Path, convert, mapped

#: Roundings of the largest output by which the same outputs may differ when products are added in
#: another order; chosen here, as such differences are of tens.
ROUNDINGS = 1000
#: Of which the stubs of PyTorch do not know all settings.
SETTINGS: Any = backends


def device_and_dtype(
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
    return usable_device(floats[0].device if device is None else device), dtype


def usable_device(device: torch.device | str) -> torch.device:
    """The device; an InputError if it is not there, has no float64, or keeps no numbers."""
    expected = f"a device that this PyTorch can use in float64, as {device!s:.40} is not"
    with reading(expected, InputError, "Use 'cpu', or leave the device out."):
        one = torch.ones(1, device=device, dtype=torch.float64)
        one.item()
    return one.device


def converted_path(path: Path, device: torch.device, dtype: torch.dtype) -> Path:
    """The path with weights on the device; a polyline interpolates in `dtype` itself.

    Those of a callable are copied, as it may write the next ones into the same tensors.
    """
    copied = not isinstance(path, Curve)
    moved = mapped(path, lambda state: convert(state, device, dtype, copied=copied))
    if isinstance(moved, Curve):
        check_alike(moved.states)  # numbers may be too large for the type
    return moved


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let PyTorch compute with so many threads, on which the rounding of sums depends."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def full_precision(device: torch.device, tf32: bool = False) -> Iterator[None]:
    """Switch coarse products off, or TF32 on if asked, and automatic mixed precision off.

    TF32 keeps 10 bits of each factor, an error of about 5e-4, where a root is wanted to 1e-6. The
    settings are read and written an operation each, as `allow_tf32` cannot even be read where a
    user has set convolutions alone.
    """
    kind = device.type
    cuda, cudnn, cpu = SETTINGS.cuda, SETTINGS.cudnn, SETTINGS.mkldnn
    wanted = "tf32" if tf32 and kind == "cuda" else "ieee"
    operations: tuple[Any, ...] = ()
    with ExitStack() as stack:
        if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
            stack.enter_context(torch.autocast(kind, enabled=False))
        if not hasattr(cudnn, "conv"):
            _set_before_2_9(stack, wanted == "tf32")
        elif kind == "cuda":
            operations = cuda.matmul, cudnn.conv, cudnn.rnn
        else:
            operations = (cpu.matmul, cpu.conv, cpu.rnn) if kind == "cpu" else ()
        for operation in operations:
            before = operation.fp32_precision
            if before != wanted and (before, wanted) != ("none", "ieee"):
                stack.callback(setattr, operation, "fp32_precision", before)
                operation.fp32_precision = wanted
        yield


def _set_before_2_9(stack: ExitStack, coarse: bool) -> None:
    """The same by the two settings that PyTorch had before 2.9, one for all products."""
    cudnn = SETTINGS.cudnn
    stack.callback(torch.set_float32_matmul_precision, torch.get_float32_matmul_precision())
    stack.callback(setattr, cudnn, "allow_tf32", cudnn.allow_tf32)
    torch.set_float32_matmul_precision("high" if coarse else "highest")
    cudnn.allow_tf32 = coarse


def equal_to_rounding(one: object, other: object) -> bool:
    """Whether two outputs differ by at most `ROUNDINGS` of the largest; NaN equals NaN.

    Outputs that are no tensors, which are refused later, need only be of one type.

    >>> one = torch.tensor([1.0, 1e-9])
    >>> equal_to_rounding(one, one + 1e-6), equal_to_rounding(one, one + 1e-3)
    (True, False)
    """
    if not isinstance(one, Tensor) or not isinstance(other, Tensor):
        return type(one) is type(other)
    if one.shape != other.shape:
        return False
    if not one.is_floating_point():
        return torch.equal(one, other)
    finite = one.nan_to_num(posinf=0.0, neginf=0.0)
    allowed = ROUNDINGS * torch.finfo(one.dtype).eps * float(finite.abs().max())
    return torch.allclose(one, other, rtol=0, atol=allowed, equal_nan=True)
