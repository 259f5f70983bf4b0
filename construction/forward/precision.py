"""Products in full float32, whatever the user's settings, which come back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import backends


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
