"""A recipe's network, and its data in the shape that the network takes."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data import Dataset, balanced_subset, load, standardised
from ..network.architectures import LSTM, MLP, Architecture, LeNet, ResNet
from ..network.networks import lenet, lstm, mlp
from ..network.resnet import resnet
from .recipe import Recipe


class Tensors(NamedTuple):
    """A data set as a network takes it: inputs float32, targets int64 class indices (samples,).

    Inputs are (samples, rows, columns) of grey images for an MLP, (samples, channels, rows,
    columns) for LeNet, a ResNet, and coloured images, (samples, rows, columns times channels) for
    an LSTM.
    """

    train_inputs: Tensor
    train_targets: Tensor
    test_inputs: Tensor
    test_targets: Tensor


def build(recipe: Recipe) -> nn.Module:
    """The network of a recipe with its initial weights, in training mode.

    Raises:
        InputError: see `mlp`, `lenet`, `lstm`, and `resnet`.

    >>> build(Recipe(architecture=LSTM(hidden=4))).state_dict()["1.weight"].shape
    torch.Size([10, 4])
    """
    make: Callable[..., nn.Module]
    match recipe.architecture:
        case MLP(widths, activation, batch_norm):
            make = partial(mlp, widths, activation=activation, batch_norm=batch_norm)
        case LeNet(channels, size, outputs, widths):
            make = partial(lenet, channels, size, outputs, widths=widths)
        case LSTM(inputs, hidden, outputs):
            make = partial(lstm, inputs, hidden, outputs)
        case ResNet(depth, width, shortcuts, batch_norm, channels, outputs):
            make = partial(resnet, depth, channels=channels, classes=outputs, width=width)
            make = partial(make, shortcuts=shortcuts, batch_norm=batch_norm)
    return make(initialisation=recipe.initialisation, seed=recipe.seed)


def inputs_of(recipe: Recipe) -> Tensors:
    """Training and test data of a recipe, standardised and in the shape that its network takes.

    Raises:
        DataError: see `construction.data.load`.

    >>> [len(part) for part in inputs_of(Recipe(samples=20))]
    [200, 200, 1000, 1000]
    """
    whole = load(recipe.data)
    return tensors(
        whole if recipe.samples is None else balanced_subset(whole, recipe.samples, None),
        recipe.architecture,
    )


def tensors(dataset: Dataset, architecture: Architecture) -> Tensors:
    """A data set in the shape that an architecture takes."""

    def shaped(images: NDArray[np.uint8]) -> Tensor:
        inputs = torch.from_numpy(standardised(images, dataset.mean, dataset.std))
        if isinstance(architecture, MLP):
            return inputs
        if isinstance(architecture, LSTM):
            return inputs if inputs.ndim == 3 else inputs.movedim(1, 3).flatten(2)
        return inputs[:, None] if inputs.ndim == 3 else inputs

    def indices(labels: NDArray[np.uint8]) -> Tensor:
        return torch.from_numpy(labels.astype(np.int64))

    return Tensors(
        shaped(dataset.train_images),
        indices(dataset.train_labels),
        shaped(dataset.test_images),
        indices(dataset.test_labels),
    )
