"""Ratios in one run, printed; never a test.

Here is what several of them share: options, tables, data, seconds, and what they compare with.
"""

import statistics
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import torch
from scipy.optimize import brentq
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from construction.data import load, standardised
from construction.forward.precision import full_precision

Result = TypeVar("Result")
Data = tuple[Tensor, Tensor]
CPU = torch.device("cpu")


def parser(docstring: str | None, **numbers: int) -> ArgumentParser:
    """Of a benchmark: the first line of its docstring, and options that are whole numbers."""
    options = ArgumentParser(description=str(docstring).splitlines()[0])
    for name, default in numbers.items():
        options.add_argument(f"--{name}", type=int, default=default)
    return options


def row(*cells: object) -> None:
    """Print a row of a table."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def head(*names: str) -> None:
    """Print the head of a table."""
    row(*names)
    print(f"|{'---|' * len(names)}")


def timed(work: Callable[[], Result], device: torch.device = CPU) -> tuple[float, Result]:
    """Seconds until the device has done the work, and what it returned."""
    began = time.perf_counter()
    result = work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began, result


def middle(times: list[float]) -> tuple[float, float]:
    """The median, and half the spread of the middle half.

    >>> middle([1.0, 2.0, 3.0])
    (2.0, 1.0)
    """
    if len(times) < 2:
        return times[0], 0.0
    quarters = statistics.quantiles(times, n=4)
    return statistics.median(times), (quarters[2] - quarters[0]) / 2


def in_turn(
    methods: dict[str, Callable[[], object]], repeat: int, device: torch.device = CPU
) -> dict[str, tuple[float, float]]:
    """Median seconds of each method, and their spread; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in methods}
    for name in [*methods] * repeat:
        times[name].append(timed(methods[name], device)[0])
    return {name: middle(some) for name, some in times.items()}


def milliseconds(seconds: float, spread: float, digits: int = 2) -> str:
    """With the spread beside them."""
    return f"{1e3 * seconds:.{digits}f} ± {1e3 * spread:.{digits}f}"


def plain(model: nn.Module, inputs: Tensor, size: int) -> None:
    """One forward pass, in parts of so many samples."""
    with torch.no_grad(), full_precision(inputs.device):
        for part in inputs.split(size):
            model(part)


def data_of(inputs: str) -> Data:
    """Inputs and class indices; the words are those of `benchmarks.forward.Row`."""
    if inputs == "colour":
        own = torch.Generator().manual_seed(0)
        return torch.randn(400, 3, 32, 32, generator=own), torch.arange(400) % 10
    digits = load("mnist-5k")
    images = torch.from_numpy(standardised(digits.train_images))
    labels = torch.from_numpy(digits.train_labels).long()
    return images[:, None] if inputs == "images" else images, labels


def root(objective: Callable[[float], float], v: float) -> float:
    """The scale at which an objective is v on its rising branch, as one would write it: brentq."""
    high = 1.0
    while objective(high) < v:
        high *= 2
    low = high
    while objective(low) > v:
        low /= 2
    return brentq(lambda c: objective(c) - v, low, high, xtol=1e-13, rtol=1e-13)


def peak(convolves: bool, device: torch.device = CPU) -> float:
    """The best rate of products, or of 3 x 3 convolutions, found here and now; operations a second.

    In IEEE float32, without TF32.
    """
    gpu, best = device.type == "cuda", 0.0
    images, layout = (512, torch.contiguous_format) if gpu else (32, torch.channels_last)
    products = (8192,) if gpu else (512, 1024, 2048)
    with full_precision(device), torch.no_grad():
        for size in (32, 64) if convolves else products:
            work, count = partial(torch.mm, *torch.randn(2, size, size).to(device)), 2 * size**3
            if convolves:
                layer = nn.Conv2d(size, size, 3, padding=1).to(device, memory_format=layout)
                batch = torch.randn(images, size, 32, 32).to(device, memory_format=layout)
                work, count = partial(layer, batch), 2 * images * 1024 * 9 * size**2
            timed(work, device)
            best = max(best, *(count / timed(work, device)[0] for _ in range(7)))
    return best


def operations(model: nn.Module, inputs: Tensor) -> float:
    """Of one plain forward pass on all inputs, 2 a product."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(inputs[:8])
    return counter.get_total_flops() / 8 * len(inputs)
