"""Many random networks at once: their weights stacked, their outputs in a few products.

A loop over seeds spends its time on calls where networks are narrow. Here the first layers of all
networks, which see the same inputs, are one product, and later layers one batched product.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from ...errors import InputError, require_one_of


class Layer(NamedTuple):
    """One layer of many networks: weight (networks, outputs, inputs), bias (networks, outputs)."""

    weight: Tensor
    bias: Tensor


#: (networks, outputs, inputs) and a source of random numbers -> the layer.
Initialise = Callable[[tuple[int, int, int], Generator], Layer]


def he(shape: tuple[int, int, int], generator: Generator) -> Layer:
    """Normal with variance ``2 / inputs``, biases 0 (He et al. 2015, arXiv 1502.01852, 2.2)."""
    weight = torch.empty(shape).normal_(std=math.sqrt(2 / shape[2]), generator=generator)
    return Layer(weight, torch.zeros(shape[:2]))


def small(shape: tuple[int, int, int], generator: Generator) -> Layer:
    """Normal with standard deviation 0.01 (Krizhevsky et al. 2012, section 5), biases 0."""
    weight = torch.empty(shape).normal_(std=0.01, generator=generator)
    return Layer(weight, torch.zeros(shape[:2]))


def sphere(shape: tuple[int, int, int], generator: Generator) -> Layer:
    """Each neuron's weights uniform on the sphere of radius sqrt(2), He's mean square; biases 0."""
    weight = torch.empty(shape).normal_(generator=generator)
    weight /= weight.norm(dim=2, keepdim=True)  # +-1 to the bit for a single input
    return Layer(weight * math.sqrt(2), torch.zeros(shape[:2]))


def default(shape: tuple[int, int, int], generator: Generator) -> Layer:
    """PyTorch's own: weights and biases uniform in +- 1 / sqrt(inputs)."""
    bound = 1 / math.sqrt(shape[2])
    weight = torch.empty(shape).uniform_(-bound, bound, generator=generator)
    return Layer(weight, torch.empty(shape[:2]).uniform_(-bound, bound, generator=generator))


def xavier(shape: tuple[int, int, int], generator: Generator) -> Layer:
    """Uniform in +- sqrt(6 / (inputs + outputs)), biases 0 (Glorot and Bengio 2010, eq. 16)."""
    bound = math.sqrt(6 / (shape[1] + shape[2]))
    weight = torch.empty(shape).uniform_(-bound, bound, generator=generator)
    return Layer(weight, torch.zeros(shape[:2]))


INITIALISATIONS: dict[str, Initialise] = {
    "he": he,
    "small": small,
    "sphere": sphere,
    "default": default,
    "xavier": xavier,
}


def draw(
    widths: Sequence[int], initialisation: str, networks: int, generator: Generator
) -> list[Layer]:
    """The layers of independent random networks.

    Args:
        widths: (inputs, hidden, ..., outputs).
        initialisation: one of `INITIALISATIONS`.
        networks: how many.
        generator: where the random numbers come from.

    Raises:
        InputError: fewer than two widths, or an unknown initialisation.

    >>> layers = draw((784, 3, 10), "he", 5, Generator().manual_seed(0))
    >>> [tuple(layer.weight.shape) for layer in layers]
    [(5, 3, 784), (5, 10, 3)]
    """
    if len(widths) < 2 or min(widths) < 1:
        raise InputError("at least two widths, none 0", f"{tuple(widths)}", "Give every layer's.")
    require_one_of(INITIALISATIONS, initialisation, "an initialisation")
    drawn = INITIALISATIONS[initialisation]
    return [drawn((networks, k, inputs), generator) for inputs, k in pairwise(widths)]


def outputs_of(layers: Sequence[Layer], inputs: Tensor) -> Tensor:
    """Outputs of ReLU networks that see the same inputs.

    Args:
        layers: of all networks, as `draw` gives them.
        inputs: (samples, inputs).

    Returns:
        (networks, outputs, samples).
    """
    (weight, bias), *others = layers
    signal = torch.addmm(bias.flatten()[:, None], weight.flatten(0, 1), inputs.T)
    signal = signal.view(*bias.shape, len(inputs))
    for weight, bias in others:
        signal = torch.baddbmm(bias[:, :, None], weight, signal.relu_())
    return signal
