"""Activations that are linear between kinks, as numbers.

On the piece between two neighbouring kinks ``phi(x) = slope x + offset``. Along a line of weights
the first pre-activation of a unit is ``A + tau B``, so it passes each kink at most once, at
``tau = (kink - A) / B``, and is linear in tau between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


@dataclass(frozen=True)
class Kinks:
    """A continuous activation, linear between kinks.

    Attributes:
        at: where it bends, increasing, (kinks,).
        slopes, offsets: of the pieces from left to right, (kinks + 1,).

    >>> relu = kinks_of(nn.ReLU())
    >>> relu.at, relu.slopes, relu.offsets
    ((0.0,), (0.0, 1.0), (0.0, 0.0))
    """

    at: tuple[float, ...]
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]

    def __call__(self, x: Tensor) -> Tensor:
        """``phi(x)``, entry by entry."""
        edges = torch.tensor(self.at, dtype=x.dtype, device=x.device)
        piece = torch.bucketize(x, edges)
        slopes, offsets = (
            torch.tensor(part, dtype=x.dtype, device=x.device)
            for part in (self.slopes, self.offsets)
        )
        return slopes[piece] * x + offsets[piece]

    @property
    def leak(self) -> float | None:
        """The slope below 0 of what is ``max(x, leak x)``, 0 for ReLU, 1 for the identity."""
        if self == IDENTITY:
            return 1.0
        bent = self.at == (0.0,) and self.slopes[1] == 1 and 0 <= self.slopes[0] <= 1
        return self.slopes[0] if bent else None

    def arrays(self, dtype: np.dtype[np.floating]) -> tuple[NDArray[np.floating], ...]:
        """Kinks, slopes and offsets as arrays."""
        return tuple(np.array(part, dtype) for part in (self.at, self.slopes, self.offsets))


IDENTITY = Kinks((), (1.0,), (0.0,))
RELU = Kinks((0.0,), (0.0, 1.0), (0.0, 0.0))


def kinks_of(module: nn.Module) -> Kinks | None:
    """The activation of a layer of PyTorch's own; None where it is not linear between kinks.

    >>> kinks_of(nn.Hardtanh(-1, 2))
    Kinks(at=(-1.0, 2.0), slopes=(0.0, 1.0, 0.0), offsets=(-1.0, 0.0, 2.0))
    >>> kinks_of(nn.Tanh()) is None
    True
    """
    kind = type(module)
    if isinstance(module, nn.Identity | nn.Dropout):  # nothing is dropped in evaluation mode
        return IDENTITY
    if kind is nn.ReLU:
        return RELU
    if isinstance(module, nn.LeakyReLU):
        return Kinks((0.0,), (float(module.negative_slope), 1.0), (0.0, 0.0))
    if isinstance(module, nn.Hardtanh):  # ReLU6 is one
        low, high = float(module.min_val), float(module.max_val)
        return Kinks((low, high), (0.0, 1.0, 0.0), (low, 0.0, high))
    return None
