"""Convolutions in the layout that a CPU likes: channels last, and few samples at a time.

With the channels of a pixel side by side, and tiles whose activations stay in cache, the same
convolutions run about twice as fast (`benchmarks.forward`). Products are added in another order;
nothing else changes.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..network.heads import State, evaluate
from ..path.paths import Curve, Path

#: Samples a tile: activations of common networks on small images then stay in cache; measured.
TILE = 64
#: Deviation that is still rounding, in units of the largest output's.
ROUNDINGS = 1000


def suits(model: nn.Module, state: State, inputs: Tensor) -> bool:
    """Whether the network is one of 2-D convolutions that runs with channels last, to rounding.

    Args:
        model: a private copy, in evaluation mode.
        state: weights.
        inputs: a few.

    >>> network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 1))
    >>> suits(network, network.state_dict(), torch.randn(2, 3, 3, 3))
    True
    """
    convolves = any(type(module) is nn.Conv2d for module in model.modules())
    mine = inputs.device.type == "cpu" and torch.backends.mkldnn.is_available()
    if not (convolves and mine and inputs.ndim == 4 and inputs.dtype == torch.float32):
        return False
    with torch.no_grad():
        wanted = evaluate(model, state, inputs)
        try:
            found = evaluate(model, arranged(state), last(inputs))
        except InputError:  # as where a view needs the usual layout
            return False
    if not isinstance(wanted, Tensor) or not isinstance(found, Tensor):
        return False
    allowed = ROUNDINGS * torch.finfo(wanted.dtype).eps * float(wanted.abs().max())
    return found.shape == wanted.shape and float((found - wanted).abs().max()) <= allowed


def last(images: Tensor) -> Tensor:
    """Images (samples, channels, rows, columns) with the channels of a pixel side by side."""
    return images.contiguous(memory_format=torch.channels_last)


def arranged(state: State) -> State:
    """The weights, those of 2-D convolutions with channels last."""
    return {name: last(value) if value.ndim == 4 else value for name, value in state.items()}


def along(path: Path) -> Path:
    """The path with weights so arranged."""
    if not isinstance(path, Curve):
        return lambda lam: arranged(path(lam))
    moved = copy.copy(path)
    moved.states = [arranged(state) for state in path.states]
    return moved
