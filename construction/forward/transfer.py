"""Data on its way to a GPU: from page-locked memory, while the network runs on what came before.

On a CPU nothing is moved, and nothing fetched before it is asked for.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from ..network.evaluation import mapped_tensors, tensors_of
from .batches import Pair


def arriving(
    pairs: Iterable[Pair], converted: Callable[[Pair], Pair], device: torch.device
) -> Iterator[Pair]:
    """The pairs converted, one of them fetched ahead on its way to a GPU.

    Args:
        pairs: of tensors anywhere.
        converted: brings them to the device, without waiting where that can be had.
        device: where they are wanted.
    """
    if device.type != "cuda":
        yield from map(converted, pairs)
        return
    stream, waiting = torch.cuda.Stream(device), None
    for pair in pairs:
        stream.wait_stream(torch.cuda.current_stream(device))  # which may still write it
        with torch.cuda.stream(stream):
            following = converted(_locked(pair)), stream.record_event()
        if waiting is not None:
            yield _arrived(*waiting, device)
        waiting = following
    if waiting is not None:
        yield _arrived(*waiting, device)


def _locked(pair: Pair) -> Pair:
    """In memory that a GPU can read by itself."""
    inputs, targets = (
        mapped_tensors(part, lambda x: x.pin_memory() if x.device.type == "cpu" else x)
        for part in pair
    )
    return inputs, targets


def _arrived(pair: Pair, event: Any, device: torch.device) -> Pair:
    """The pair, which what runs from here on waits for, and which stays until that is done."""
    now = torch.cuda.current_stream(device)
    now.wait_event(event)
    for part in pair:
        for tensor in tensors_of(part):
            tensor.record_stream(now)
    return pair
