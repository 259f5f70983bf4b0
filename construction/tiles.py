"""How many samples a tile may have, so that the activations stay within a bound."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .heads import evaluate

#: Activations that are alive together, as a multiple of the largest layer's input and output;
#: chosen here: a residual block holds its input, two intermediate results and a workspace.
ALIVE = 3


def fitting_tile(model: nn.Module, probe: Tensor, room: int, most: int) -> int:
    """The largest number of samples, up to `most`, whose activations are estimated to fit.

    Args:
        model: a private copy, in evaluation mode.
        probe: a few inputs.
        room: bytes.
        most: samples.

    >>> wide = nn.Sequential(nn.Linear(10, 1000), nn.ReLU(), nn.Linear(1000, 1))
    >>> fitting_tile(wide, torch.zeros(2, 10), 2_400_000, 1000)
    100
    """
    largest = 0

    def note(_: nn.Module, inputs: Any, outputs: Any) -> None:
        nonlocal largest
        largest = max(largest, _bytes(inputs) + _bytes(outputs))

    hooks = [module.register_forward_hook(note) for module in model.modules()]
    try:
        few = probe[:2]
        with torch.no_grad():
            evaluate(model, model.state_dict(), few)
    finally:
        for hook in hooks:
            hook.remove()
    a_sample = max(1, ALIVE * largest // len(few))
    return int(min(most, max(1, room // a_sample)))


def _bytes(values: Any) -> int:
    if isinstance(values, Tensor):
        return values.numel() * values.element_size()
    if isinstance(values, tuple | list):
        return sum(map(_bytes, values))
    return 0
