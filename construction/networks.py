"""Networks by name: fully connected ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import nn

from .errors import InputError

Initialisation = Literal["he", "default"]


def mlp(
    widths: Sequence[int], *, initialisation: Initialisation = "he", seed: int = 0
) -> nn.Module:
    """A fully connected ReLU network on flattened inputs.

    Args:
        widths: (inputs, hidden, ..., outputs), at least the first and the last.
        initialisation: "he": every weight normal with variance 2 / inputs of its layer, the last
            layer too, and biases 0 (He et al. 2015, arXiv 1502.01852, section 2.2); for inputs of
            mean square 1 then L(W(0)) is near 2 k + L(0), so condition 2 holds. "default":
            PyTorch's own, uniform in +- 1 / sqrt(inputs of the layer).
        seed: seeds this network alone; the global random state is left as it was.

    Raises:
        InputError: fewer than two widths, or an unknown initialisation.

    >>> network = mlp((784, 64, 10), seed=3)
    >>> network(torch.zeros(5, 28, 28)).shape
    torch.Size([5, 10])
    """
    if len(widths) < 2:
        raise InputError("at least two widths", f"{tuple(widths)}", "Give inputs and outputs.")
    if initialisation not in ("he", "default"):
        raise InputError(
            "the initialisation 'he' or 'default'", repr(initialisation), "Use one of the two."
        )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # not the generators of other devices
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(widths):
            layer = nn.Linear(inputs, outputs)
            if initialisation == "he":
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
            layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])
