"""Products in full float32 on a GPU, whatever the user's settings, which come back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def full_precision(device: torch.device, tf32: bool = False) -> Iterator[None]:
    """Switch TF32 off for matrix products and convolutions on a CUDA device, or on if asked.

    TF32 keeps 10 bits of each factor, an error of about 5e-4, where a root is wanted to 1e-6.

    >>> with full_precision(torch.device("cpu")):
    ...     pass
    """
    if device.type != "cuda":
        yield
        return
    products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    before = products.allow_tf32, convolutions.allow_tf32
    products.allow_tf32 = convolutions.allow_tf32 = tf32
    try:
        yield
    finally:
        products.allow_tf32, convolutions.allow_tf32 = before
