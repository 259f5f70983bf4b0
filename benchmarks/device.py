"""Sheets, roots and forward passes on a GPU, in one command of under four minutes.

    python -m benchmarks.device [--device cuda] [--samples 50000] [--lambdas 101] [--repeat 3]

Random data, so that nothing is downloaded; neither tqdm, pooch, manim nor flint is needed. First
the tests that take a device are run on it. The rows then printed are those of RESULTS.md:
everything from the model to the sheet over all lambdas (`measure`), beside a plain forward pass on
all samples, which stay on the device. The peak is the best rate of products, or of 3 x 3
convolutions, in the same precision (IEEE float32, no TF32), found here and now; the share of it is
that of a method that avoids no operation. Memory is the most above data and weights. Medians, and
half the spread of the middle half.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from construction import Line, Polyline, mlp
from construction.experiments.proposition.measure import draw, outputs_of
from construction.forward.precision import full_precision
from construction.forward.store import sheet_of
from construction.loss.catalogue import as_loss
from construction.network.networks import lenet
from construction.network.resnet import resnet
from construction.sheet.sheet import Sheet
from construction.theorem.construct import measure

from . import middle, parser, timed

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
    batch_norm: str | None = None


def wide(seed: int) -> nn.Module:
    """The default network."""
    return mlp((784, 512, 512, 10), seed=seed)


def small(seed: int) -> nn.Module:
    """LeNet-5 for digits."""
    return lenet(seed=seed)


def residual(seed: int) -> nn.Module:
    """ResNet-20 for small images."""
    return resnet(20, seed=seed)


ROWS = (
    Row("MLP 784-512-512-10, line", wide, (784,)),
    Row("MLP 784-512-512-10, polyline of 5", wide, (784,), vertices=5),
    Row("MLP 784-512-512-10, line, cross-entropy", wide, (784,), loss="cross_entropy"),
    Row("LeNet, 28 x 28", small, (1, 28, 28)),
    Row("ResNet-20, 32 x 32 x 3", residual, (3, 32, 32), batch_norm="interpolate"),
)

HEAD = (
    "| network | data on | samples | lambdas | ms a lambda | a forward pass, ms | ratio | "
    "share of peak | GB | method |\n|---|---|---|---|---|---|---|---|---|---|"
)


class Device:
    """Where it all runs, with a clock that waits for it."""

    def __init__(self, name: str) -> None:
        self.device = torch.device(name)
        self.gpu = self.device.type == "cuda"

    def __str__(self) -> str:
        kind = torch.cuda.get_device_name(self.device) if self.gpu else "CPU"
        python = ".".join(map(str, sys.version_info[:3]))
        return f"{kind}; PyTorch {torch.__version__}, Python {python}, numpy {np.__version__}"

    def seconds(self, work: Callable[[], Any], repeat: int) -> tuple[float, float, Any]:
        """Median and spread over some runs, after one that is not counted; and the last result."""

        def waited() -> Any:
            result = work()
            if self.gpu:
                torch.cuda.synchronize(self.device)
            return result

        waited()
        runs = [timed(waited) for _ in range(repeat)]
        return *middle([seconds for seconds, _ in runs]), runs[-1][1]

    def peak(self, convolves: bool) -> float:
        """The best rate of products, or of convolutions, in operations a second."""
        size = 8192 if self.gpu else 1024
        with full_precision(self.device), torch.no_grad():
            if convolves:
                layer = nn.Conv2d(64, 64, 3, padding=1, device=self.device)
                images = torch.randn(size // 16, 64, 32, 32, device=self.device)
                work, count = partial(layer, images), 2 * len(images) * 1024 * 9 * 64**2
            else:
                factor = torch.randn(size, size, device=self.device)
                work, count = partial(torch.mm, factor, factor), 2 * size**3
            return max(count / self.seconds(work, 1)[0] for _ in range(5))

    def memory(self, work: Callable[[], Any]) -> str:
        """Most bytes above those in use before, in GB; of a GPU alone."""
        if not self.gpu:
            return ""
        torch.cuda.reset_peak_memory_stats(self.device)
        before = torch.cuda.memory_allocated(self.device)
        work()
        return f"{(torch.cuda.max_memory_allocated(self.device) - before) / 1e9:.2f}"


def tests(device: Device) -> str:
    """What became of the tests that run on the device, in a word."""
    missing = [name for name in ("pytest", "hypothesis") if find_spec(name) is None]
    if missing or not device.gpu:
        return f"not run: {' and '.join(missing)} missing" if missing else "not run: no GPU"
    root = Path(__file__).parents[1]
    options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "-W", "ignore", "-k", "cuda"]
    command = [sys.executable, "-m", "pytest", *options, *(f"tests/{name}" for name in TESTS)]
    try:
        run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return f"not through after {LONGEST} s"
    lines = (run.stdout or run.stderr).strip().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return "\n  ".join([lines[-1], *failed])


def lines(row: Row, device: Device, peak: float, options: Any) -> Iterator[str]:
    """The row's part of the table: data on the host, and on the device."""
    own = torch.Generator().manual_seed(0)
    inputs, labels = torch.randn(options.samples, *row.shape, generator=own), None
    labels = torch.arange(options.samples) % 10
    states = [row.build(seed).state_dict() for seed in range(row.vertices)]
    path = Polyline(states) if row.vertices > 2 else Line(*states)
    model = row.build(0).to(device.device).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(inputs[:8].to(device.device))
    operations = counter.get_total_flops() / 8 * options.samples
    there = inputs.to(device.device)

    def plain() -> None:
        with torch.no_grad(), full_precision(device.device):
            for part in there.split(5000):
                model(part)

    one, _, _ = device.seconds(plain, options.repeat)
    for where in dict.fromkeys(("cpu", device.device.type)):
        data = inputs.to(where), labels.to(where)
        work = partial(
            measure,
            row.build(0),
            path,
            data,
            loss=row.loss,
            points=options.lambdas,
            device=device.device,
            batch_norm=row.batch_norm,
        )
        seconds, spread, (forward, _) = device.seconds(work, options.repeat)
        each = seconds / options.lambdas
        yield (
            f"| {row.name} | {where} | {options.samples:,} | {options.lambdas} | "
            f"{1e3 * each:.2f} ± {1e3 * spread / options.lambdas:.2f} | "
            f"{1e3 * one:.2f} | {each / one:.2f} | "
            f"{operations / each / peak:.2f} | {device.memory(work)} | {forward.served.method} |"
        )


def roots_row(name: str, sheet: Sheet, device: Device, repeat: int) -> str:
    """Time of all roots at 1.5 L(0) on the right branch, and what g - v is left there."""
    excess = np.full(len(sheet.lam), 0.5 * sheet.d)
    seconds, spread, c = device.seconds(lambda: sheet.root(excess, sheet.rises), repeat)
    found = np.isfinite(c)
    left = np.abs(sheet.pick(found).excess(c[found]) - excess[found]).max() / sheet.d
    return f"| {name} | {found.sum()} | {1e3 * seconds:.1f} ± {1e3 * spread:.1f} | {left:.1e} |"


def roots(device: Device, options: Any) -> Iterator[str]:
    """Roots of 401 lambdas of one network, and of 2,000 random networks at once."""
    own = torch.Generator().manual_seed(0)
    inputs = torch.randn(min(options.samples, 5000), 784, generator=own)
    labels = torch.arange(len(inputs)) % 10
    path = Line(wide(0).state_dict(), wide(1).state_dict())
    layers = [
        type(layer)(*(part.to(device.device) for part in layer))
        for layer in draw((20, 16, 16, 10), "he", 2000, own)
    ]
    few = inputs[:200].to(device.device)
    stacked = outputs_of(layers, few[:, :20]).transpose(1, 2)
    outputs: dict[float, Tensor] = dict(enumerate(stacked))
    for loss in ("squared", "cross_entropy"):
        _, sheet = measure(
            wide(0), path, (inputs, labels), loss=loss, points=401, device=device.device
        )
        name = f"{loss}, one network, 401 lambdas, {len(inputs):,} samples"
        yield roots_row(name, sheet, device, options.repeat)
        sheet = sheet_of(as_loss(loss), outputs, labels[:200].to(device.device))
        yield roots_row(f"{loss}, 2,000 networks, 200 samples", sheet, device, options.repeat)


def main() -> None:
    """Print the tables."""
    words = parser(__doc__, samples=50_000, lambdas=101, repeat=3)
    words.add_argument("--device", default="cuda")
    options = words.parse_args()
    os.environ.setdefault("TQDM_DISABLE", "1")
    device = Device(options.device)
    print(f"{device}\n\ntests on the device: {tests(device)}", flush=True)
    peaks = [device.peak(convolves) for convolves in (False, True)]
    products, convolutions = (f"{peak / 1e12:.2f}" for peak in peaks)
    print(f"peak, float32: products {products}, convolutions {convolutions} TFLOP/s\n\n{HEAD}")
    for row in ROWS:
        for line in lines(row, device, peaks[len(row.shape) > 1], options):
            print(line, flush=True)
    print("\n| roots | found | ms | residual / L(0) |\n|---|---|---|---|")
    for line in roots(device, options):
        print(line, flush=True)


if __name__ == "__main__":
    main()
