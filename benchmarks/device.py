"""Sheets, roots and forward passes on a GPU, in one command of under four minutes.

    python -m benchmarks.device [--device cuda] [--samples 50000] [--lambdas 101] [--repeat 3]

Random data; neither tqdm, pooch, manim nor flint is needed. First the tests that take a device run
on it. The rows are those of RESULTS.md: all from the model to the sheet (`measure`), beside a plain
forward pass on samples on the device. The share of the peak (`benchmarks.peak`) is that of a method
that avoids no operation. Memory is the most above data and weights. Medians, and half the spread of
the middle half. Roots: see `benchmarks.roots`.
"""

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from construction import Line, Polyline
from construction.network.networks import lenet, resnet
from construction.theorem.construct import measure

from . import head, milliseconds, operations, parser, peak, plain, row
from .roots import NETWORK, all_roots, repeated

#: Tests with the fixture `device`, which need no data.
TESTS = ["check", "forward", "loss", "network", "path", "search", "solve", "theorem"]
#: Seconds that they may take.
LONGEST = 100


@dataclass(frozen=True)
class Row:
    """A network on a path; the shape is that of a sample."""

    name: str
    build: Callable[[int], nn.Module]
    shape: tuple[int, ...]
    vertices: int = 2
    loss: str = "squared"


ROWS = (
    Row("MLP 784-512-512-10, line", NETWORK, (784,)),
    Row("MLP 784-512-512-10, polyline of 5", NETWORK, (784,), vertices=5),
    Row("MLP 784-512-512-10, line, cross-entropy", NETWORK, (784,), loss="cross_entropy"),
    Row("LeNet, 28 x 28", lambda seed: lenet(seed=seed), (1, 28, 28)),
    Row("ResNet-20, 32 x 32 x 3", lambda seed: resnet(20, seed=seed), (3, 32, 32)),
)


def memory(work: Callable[[], Any], device: torch.device) -> str:
    """Most bytes above those in use before, in GB; of a GPU alone."""
    if device.type != "cuda":
        return ""
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    work()
    return f"{(torch.cuda.max_memory_allocated(device) - before) / 1e9:.2f}"


def tests(device: torch.device) -> str:
    """What became of the tests that run on the device, in a word."""
    missing = [name for name in ("pytest", "hypothesis") if find_spec(name) is None]
    if missing or device.type != "cuda":
        return f"not run: {' and '.join(missing)} missing" if missing else "not run: no GPU"
    root_folder = Path(__file__).parents[1]
    options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "-W", "ignore", "-k", "cuda"]
    command = [sys.executable, "-m", "pytest", *options, *(f"tests/{name}" for name in TESTS)]
    try:
        run = subprocess.run(
            command, cwd=root_folder, capture_output=True, text=True, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        return f"not through after {LONGEST} s"
    lines = (run.stdout or run.stderr).strip().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return "\n  ".join([lines[-1], *failed])


def sheets(line: Row, fastest: float, options: Namespace) -> None:
    """Print the rows of one network: data on the host, and on the device."""
    own, device = torch.Generator().manual_seed(0), options.device
    inputs = torch.randn(options.samples, *line.shape, generator=own)
    labels = torch.arange(options.samples) % 10
    states = [line.build(seed).state_dict() for seed in range(line.vertices)]
    path = Polyline(states) if line.vertices > 2 else Line(*states)
    model = line.build(0).to(device).eval()
    there = inputs.to(device)

    one, _, _ = repeated(partial(plain, model, there, 5000), options)
    for where in dict.fromkeys(("cpu", device.type)):
        work = partial(
            measure,
            line.build(0),
            path,
            (inputs.to(where), labels.to(where)),
            loss=line.loss,
            points=options.lambdas,
            device=device,
            batch_norm="interpolate",
        )
        seconds, spread, (forward, _) = repeated(work, options)
        each = seconds / options.lambdas
        row(
            *(line.name, where, f"{options.samples:,}", options.lambdas),
            *(milliseconds(each, spread / options.lambdas), f"{1e3 * one:.2f}"),
            *(f"{each / one:.2f}", f"{operations(model, there) / each / fastest:.2f}"),
            *(memory(work, device), forward.served.method),
        )


def main() -> None:
    """Print the tables."""
    words = parser(__doc__, samples=50_000, lambdas=101, repeat=3)
    words.add_argument("--device", default="cuda", type=torch.device)
    options = words.parse_args()
    os.environ.setdefault("TQDM_DISABLE", "1")
    gpu = options.device.type == "cuda"
    kind = torch.cuda.get_device_name(options.device) if gpu else "CPU"
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"{kind}; PyTorch {torch.__version__}, Python {python}, numpy {np.__version__}\n")
    print(f"tests on the device: {tests(options.device)}", flush=True)
    peaks = [peak(convolves, options.device) for convolves in (False, True)]
    products, convolutions = (f"{one / 1e12:.2f}" for one in peaks)
    print(f"peak, float32: products {products}, convolutions {convolutions} TFLOP/s\n")
    head(
        *("network", "data on", "samples", "lambdas", "ms a lambda", "a forward pass, ms"),
        *("ratio", "share of peak", "GB", "method"),
    )
    for line in ROWS:
        sheets(line, peaks[len(line.shape) > 1], options)
    print()
    all_roots(options)


if __name__ == "__main__":
    main()
