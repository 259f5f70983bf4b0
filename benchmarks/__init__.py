"""Ratios in one run, printed; never a test.

Here is what several of them share: options, data, networks and seconds.
"""

import statistics
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from construction.data import load, standardised
from construction.files.storage import cache_folder
from construction.network.states import State
from construction.training.recipe import Recipe
from construction.training.training import Run, train

Result = TypeVar("Result")
Data = tuple[Tensor, Tensor]


def parser(docstring: str | None, **numbers: int) -> ArgumentParser:
    """Of a benchmark: the first line of its docstring, and options that are whole numbers."""
    options = ArgumentParser(description=str(docstring).splitlines()[0])
    for name, default in numbers.items():
        options.add_argument(f"--{name}", type=int, default=default)
    return options


def timed(
    work: Callable[[], Result], clock: Callable[[], float] = time.perf_counter
) -> tuple[float, Result]:
    """Seconds, and what the work returned."""
    began = clock()
    result = work()
    return clock() - began, result


def middle(times: list[float]) -> tuple[float, float]:
    """The median, and half the spread of the middle half.

    >>> middle([1.0, 2.0, 3.0])
    (2.0, 1.0)
    """
    if len(times) < 2:
        return times[0], 0.0
    quarters = statistics.quantiles(times, n=4)
    return statistics.median(times), (quarters[2] - quarters[0]) / 2


def default_run() -> tuple[Run, tuple[NDArray[Any], NDArray[Any]]]:
    """The network of the run mnist-mlp, trained or from the cache, and its data."""
    recipe = Recipe()
    run = train(recipe, cache_folder() / "training" / recipe.digest)
    digits = load(recipe.data)
    return run, (standardised(digits.train_images), digits.train_labels.astype(np.int64))


def data_of(inputs: str) -> Data:
    """Inputs and class indices; the words are those of `benchmarks.forward.Row`."""
    if inputs == "colour":
        own = torch.Generator().manual_seed(0)
        return torch.randn(400, 3, 32, 32, generator=own), torch.arange(400) % 10
    digits = load("mnist-5k")
    images = torch.from_numpy(standardised(digits.train_images))
    shaped = {"digits": images.flatten(1), "images": images[:, None], "rows": images}[inputs]
    return shaped, torch.from_numpy(digits.train_labels.astype(np.int64))


def ends_of(build: Callable[[int], nn.Module], data: Data, epochs: int) -> tuple[State, State]:
    """Initial weights, and weights trained on the data or, after no epoch, of another seed."""
    model = build(0)
    initial = {name: value.clone() for name, value in model.state_dict().items()}
    if not epochs:
        return initial, build(1).state_dict()
    adam, order = torch.optim.Adam(model.parameters(), 1e-3), torch.Generator().manual_seed(0)
    inputs, labels = data
    for _ in range(epochs):
        for chosen in torch.randperm(len(inputs), generator=order).split(100):
            adam.zero_grad()
            cross_entropy(model(inputs[chosen]), labels[chosen]).backward()
            adam.step()
    return initial, {name: value.detach() for name, value in model.state_dict().items()}
