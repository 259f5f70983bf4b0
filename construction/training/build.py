"""What a recipe makes: network, data, optimiser and learning rate, augmented images.

A word of it that is not known is refused by an InputError.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import NamedTuple, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn.functional import pad
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
)

from ..data import Dataset, balanced_subset, load, standardised
from ..errors import InputError, require_one_of
from ..network.architectures import LSTM, MLP, Architecture
from ..network.networks import lenet, lstm, mlp, resnet
from .recipe import Recipe, Schedule

#: What makes an architecture, by its name, of its settings.
NETWORKS: dict[str, Callable[..., nn.Module]] = {
    network.__name__: network for network in (mlp, lenet, lstm, resnet)
}
#: Pixels by which an image is shifted at most.
SHIFT = 4
#: Shares of the steps after which "step" lowers the rate to a tenth: He et al. 2015
#: (arXiv 1512.03385, section 4.2) do so at 32,000 and 48,000 of 64,000.
FALLS = (0.5, 0.75)


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

    >>> build(Recipe(architecture=LSTM(hidden=4))).state_dict()["1.weight"].shape
    torch.Size([10, 4])
    """
    options = asdict(recipe.architecture)
    make = NETWORKS[options.pop("name")]
    return make(**options, initialisation=recipe.initialisation, seed=recipe.seed)


def inputs_of(recipe: Recipe) -> Tensors:
    """Training and test data of a recipe, standardised, shaped for its network; errors of `load`.

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

    train, test = (
        torch.from_numpy(x.astype(np.int64)) for x in (dataset.train_labels, dataset.test_labels)
    )
    return Tensors(shaped(dataset.train_images), train, shaped(dataset.test_images), test)


def optimiser_of(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Adam (Kingma and Ba 2015) with its usual constants, or stochastic gradient descent.

    `weight_decay` adds its multiple of the weights to the gradient, with both; `momentum` is SGD's,
    the heavy ball, and refused for Adam.
    """
    decay = recipe.weight_decay
    if recipe.optimiser == "sgd":
        return SGD(parameters, recipe.rate, momentum=recipe.momentum, weight_decay=decay)
    if recipe.optimiser != "adam" or recipe.momentum:
        raise InputError(
            "the optimiser 'adam', without a momentum, or 'sgd'",
            f"{recipe.optimiser!r} with momentum {recipe.momentum:g}",
            "Adam's own beta is 0.9.",
        )
    return Adam(parameters, recipe.rate, weight_decay=decay)


def schedule_of(recipe: Recipe, optimiser: Optimizer, steps: int) -> LRScheduler:
    """The course of the learning rate over so many steps, by the name in the recipe.

    "one-cycle" (Smith and Topin 2019, arXiv 1708.07120) rises to `rate` and falls to nearly 0, and
    lets Adam's first beta do the opposite; SGD's momentum stays. "cosine" falls from `rate` to 0
    (Loshchilov and Hutter 2017, arXiv 1608.03983, without restarts), "step" to a tenth at each of
    `FALLS`.
    """
    require_one_of(get_args(Schedule), recipe.schedule, "a schedule")
    if recipe.schedule == "one-cycle":
        both = recipe.optimiser == "adam"
        return OneCycleLR(optimiser, recipe.rate, total_steps=steps, cycle_momentum=both)
    if recipe.schedule == "cosine":
        return CosineAnnealingLR(optimiser, steps)
    if recipe.schedule == "step":
        return MultiStepLR(optimiser, [round(share * steps) for share in FALLS])
    return LambdaLR(optimiser, lambda step: 1.0)


def augmented(images: Tensor, generator: Generator) -> Tensor:
    """Each image shifted at random by up to `SHIFT` pixels, zeros moving in, and mirrored or not.

    As in He et al. 2015 (arXiv 1512.03385, section 4.2). Images are (samples, channels, rows,
    columns), standardised, so that zeros are the mean; the generator is one of the CPU.

    >>> augmented(torch.ones(3, 1, 8, 8), torch.Generator().manual_seed(0)).shape
    torch.Size([3, 1, 8, 8])
    """
    count, _, rows, columns = images.shape
    down, right = torch.randint(2 * SHIFT + 1, (2, count, 1), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    across = torch.arange(columns).expand(count, -1)
    across = right + torch.where(mirrored, across.flip(1), across)
    along = down + torch.arange(rows)
    bordered = pad(images, (SHIFT, SHIFT, SHIFT, SHIFT))
    place = torch.arange(count)[:, None, None], along[:, :, None], across[:, None, :]
    sample, row, column = (index.to(images.device) for index in place)
    return bordered[sample, :, row, column].movedim(3, 1)
