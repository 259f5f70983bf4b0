"""How time and memory grow with the number of lambdas, of samples, with the width, and the weights.

    python -m benchmarks.growth [--threads 1] [--repeat 3] [--weights]

A ReLU network 784-width-width-10, float32, squared loss, between two random initialisations, on the
5,000 embedded digits, repeated. Time is that of `measure`; memory is the most that a process of its
own holds above data and model once all code has run. The exponent is the slope through the
logarithms of the last three sizes. The last table is of memory where the weights are what is large.
"""

import gc
from argparse import Namespace
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from construction import Line, construct, mlp
from construction.check import certify
from construction.network.heads import scale_head
from construction.proof.prover import prove
from construction.theorem.construct import measure

from . import Result, data_of, head, middle, parser, row, timed

SIZES = {
    "lambdas": (51, 101, 201, 401, 801, 1601),
    "samples": (1250, 2500, 5000, 10000, 20000),
    "width": (128, 256, 512, 1024),
}
USUAL = {"lambdas": 401, "samples": 5000, "width": 512}
#: Weights in all, in millions, of which most are in one layer.
MILLIONS = (1, 10, 50, 100)


def problem(samples: int, width: int) -> tuple[Any, ...]:
    """Model, path and data."""
    inputs, labels = data_of("digits")
    order = torch.arange(samples) % len(inputs)
    sizes = (784, width, width, 10)
    path = Line(mlp(sizes, seed=0).state_dict(), mlp(sizes, seed=1).state_dict())
    return mlp(sizes), path, (inputs[order], labels[order])


def resident(which: str) -> int:
    """Bytes as Linux counts them: VmRSS now, VmHWM the most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(which))


def most(work: Callable[[], Any]) -> tuple[Any, int]:
    """What it returns, and the most bytes that are held while it works above those before."""
    gc.collect()
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    return work(), resident("VmHWM") - before


def held(lambdas: int, samples: int, width: int) -> int:
    """Bytes above data and model, in this process."""
    model, path, data = problem(samples, width)
    some = tuple(part[:500] for part in data)
    measure(model, path, some, points=501)  # all code is loaded and compiled
    return most(partial(measure, model, path, data, points=lambdas))[1]


def weighed(millions: int) -> list[int]:
    """Bytes of one set of weights, and the most above data and model in three stages."""
    figures: list[int] = []
    for width in (64, round((397**2 + 1e6 * millions) ** 0.5 - 397)):  # first all code is loaded
        model, _, data = problem(128, width)
        final = {name: value * 0.9 for name, value in model.state_dict().items()}
        path = Line(scale_head(final, "5", 4.0), scale_head(final, "5", 0.05))
        result, constructed = most(
            partial(construct, model, path, data, profile="valley", points=11)
        )
        _, checked = most(partial(certify, result, 5))
        _, proved = most(partial(prove, result))
        one = sum(value.nbytes for value in final.values())
        figures = [one, constructed, checked, proved]
    return figures


def apart(work: Callable[[], Result], threads: int) -> Result:
    """The result of work that a process of its own does."""
    spawn = get_context("spawn")
    with ProcessPoolExecutor(1, spawn, torch.set_num_threads, (threads,)) as process:
        return process.submit(work).result()


def table(grown: str, options: Namespace) -> None:
    """Print how time and memory grow with one size."""
    print()
    head(grown, "method", "seconds", "extra memory, MB")
    times = []
    for size in SIZES[grown]:
        sizes = {**USUAL, grown: size}
        model, path, data = problem(sizes["samples"], sizes["width"])
        work = partial(measure, model, path, data, points=sizes["lambdas"])
        served = work()[0].served
        seconds, spread = middle([timed(work)[0] for _ in range(options.repeat)])
        times.append(seconds)
        megabytes = apart(partial(held, **sizes), options.threads) / 1e6
        row(size, served.method, f"{seconds:.2f} ± {spread:.2f}", f"{megabytes:.0f}")
    slope = np.polyfit(np.log(SIZES[grown][-3:]), np.log(times[-3:]), 1)[0]
    print(f"\nTime grows as {grown} to the power {slope:.2f}.")


def table_of_weights(threads: int) -> None:
    """Print how memory grows with the weights."""
    print()
    head("weights, millions", "MB a set", "construct", "check", "proof")
    for millions in MILLIONS:
        one, *stages = apart(partial(weighed, millions), threads)
        cells = [f"{stage / 1e6:.0f} MB ({stage / one:.1f} sets)" for stage in stages]
        row(millions, f"{one / 1e6:.0f}", *cells)


def main() -> None:
    """Print four tables, or the last alone."""
    words = parser(__doc__, threads=1, repeat=3)
    words.add_argument("--weights", action="store_true", help="print the table of weights alone")
    options = words.parse_args()
    torch.set_num_threads(options.threads)
    for grown in () if options.weights else SIZES:
        table(grown, options)
    table_of_weights(options.threads)


if __name__ == "__main__":
    main()
