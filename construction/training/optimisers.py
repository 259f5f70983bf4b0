"""Optimisers and the courses of their learning rates, by the names in a recipe."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
)

from ..errors import InputError
from .recipe import Recipe

SCHEDULES = ("one-cycle", "constant", "cosine", "step")
#: Of the steps, after which the rate falls to a tenth: He et al. 2015 (arXiv 1512.03385, section
#: 4.2) do so at 32,000 and 48,000 of 64,000.
FALLS = (0.5, 0.75)


def optimiser_of(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Adam (Kingma and Ba 2015) with its usual constants, or stochastic gradient descent.

    `weight_decay` adds its multiple of the weights to the gradient, with both; `momentum` is SGD's,
    the heavy ball.

    Raises:
        InputError: another name, or a momentum for Adam.
    """
    if recipe.optimiser == "sgd":
        return SGD(
            parameters, recipe.rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
        )
    if recipe.optimiser != "adam" or recipe.momentum:
        raise InputError(
            "the optimiser 'adam', without a momentum, or 'sgd'",
            f"{recipe.optimiser!r} with momentum {recipe.momentum:g}",
            "Adam's own beta is 0.9.",
        )
    return Adam(parameters, recipe.rate, weight_decay=recipe.weight_decay)


def schedule_of(recipe: Recipe, optimiser: Optimizer, steps: int) -> LRScheduler:
    """The learning rate at every step.

    "one-cycle" (Smith and Topin 2019, arXiv 1708.07120) rises to `rate` and falls to nearly 0, and
    lets Adam's first beta do the opposite; SGD's momentum stays. "cosine" falls from `rate` to 0
    (Loshchilov and Hutter 2017, arXiv 1608.03983, without restarts), "step" to a tenth at each of
    `FALLS`.

    Raises:
        InputError: another name.
    """
    if recipe.schedule not in SCHEDULES:
        raise InputError(
            f"a schedule among {', '.join(map(repr, SCHEDULES))}",
            repr(recipe.schedule),
            "Use one of these.",
        )
    if recipe.schedule == "one-cycle":
        return OneCycleLR(
            optimiser, recipe.rate, total_steps=steps, cycle_momentum=recipe.optimiser == "adam"
        )
    if recipe.schedule == "cosine":
        return CosineAnnealingLR(optimiser, steps)
    if recipe.schedule == "step":
        return MultiStepLR(optimiser, [round(share * steps) for share in FALLS])
    return LambdaLR(optimiser, lambda step: 1.0)
