"""How time and memory grow with the number of lambdas, of samples and with the width.

    python -m benchmarks.growth [--threads 1] [--repeat 3]

A ReLU network 784-width-width-10, float32, squared loss, between two random initialisations, on the
5,000 embedded digits, as often as they are asked for. Time is that of `measure`, from the model to
the sheet; memory is the most that a process of its own holds above what it holds once the data is
there and all code has run. The exponent is the slope of a straight line through the logarithms of
the last three sizes.
"""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from construction import Line, mlp
from construction.theorem.construct import measure

from . import Data, data_of, middle, parser, timed

SIZES = {
    "lambdas": (51, 101, 201, 401, 801, 1601),
    "samples": (1250, 2500, 5000, 10000, 20000),
    "width": (128, 256, 512, 1024),
}
USUAL = {"lambdas": 401, "samples": 5000, "width": 512}


def problem(samples: int, width: int) -> tuple[Any, ...]:
    """Model, path and data."""
    inputs, labels = data_of("digits")
    order = torch.arange(samples) % len(inputs)
    sizes = (784, width, width, 10)
    path = Line(mlp(sizes, seed=0).state_dict(), mlp(sizes, seed=1).state_dict())
    data: Data = (inputs[order].clone(), labels[order].clone())
    return mlp(sizes), path, data


def resident(which: str) -> int:
    """Bytes as Linux counts them: VmRSS now, VmHWM the most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(which))


def held(lambdas: int, samples: int, width: int) -> int:
    """Bytes above data and model, in this process."""
    model, path, data = problem(samples, width)
    some = tuple(part[:500] for part in data)
    measure(model, path, some, points=501)  # all code is loaded and compiled
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    measure(model, path, data, points=lambdas)
    return resident("VmHWM") - before


def megabytes(sizes: dict[str, int], threads: int) -> float:
    """As `held`, in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.growth", "--threads", str(threads), "--held"]
    words += [str(sizes[name]) for name in USUAL]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout) / 1e6


def table(grown: str, options: Namespace) -> None:
    """Print how time and memory grow with one size."""
    print(f"\n| {grown} | method | seconds | extra memory, MB |\n|---|---|---|---|")
    times = []
    for size in SIZES[grown]:
        sizes = {**USUAL, grown: size}
        model, path, data = problem(sizes["samples"], sizes["width"])

        def work() -> Any:
            return measure(model, path, data, points=sizes["lambdas"])[0].served  # noqa: B023

        served = work()
        seconds, spread = middle([timed(work)[0] for _ in range(options.repeat)])
        times.append(seconds)
        print(
            f"| {size} | {served.method} | {seconds:.2f} ± {spread:.2f} | "
            f"{megabytes(sizes, options.threads):.0f} |",
            flush=True,
        )
    slope = np.polyfit(np.log(SIZES[grown][-3:]), np.log(times[-3:]), 1)[0]
    print(f"\nTime grows as {grown} to the power {slope:.2f}.")


def main() -> None:
    """Print three tables."""
    words = parser(__doc__, threads=1, repeat=3)
    words.add_argument("--held", type=int, nargs=3, help="print the bytes held for these sizes")
    options = words.parse_args()
    torch.set_num_threads(options.threads)
    if options.held:
        print(held(*options.held))
        return
    for grown in SIZES:
        table(grown, options)


if __name__ == "__main__":
    main()
