"""Outputs and scales along a path, against what a user would write; see `benchmarks.rivals`.

    python -m benchmarks.forward [--threads 1 2] [--repeat 5] [--only WORD] [--growth]

Every row is one run of all methods on the same network, data and machine, interleaved: `ours` is
the whole of it, from the model to c at every lambda (`measure` and the roots), its set-up and the
choice of the method included. B, C and D are timed on a few lambdas, as their time is proportional
to them, A on fewer. Ratios are of medians; the spread is half the middle half's.

The residual is the largest relative deviation of c from that of float64 forward passes, one a
lambda, at a few lambdas. The peak is the best rate of matrix products, or of 3 x 3 convolutions of
many channels, measured beside it; `share` is how much of it the row's rate is: operations of a
plain forward pass a lambda, but for those avoided.
"""

from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from construction import Line, mlp
from construction.network.networks import lenet
from construction.network.resnet import resnet
from construction.theorem.construct import measure

from . import data_of, ends_of, middle, parser, rivals, timed
from .rivals import Array, Problem

#: Lambdas on which a rival that takes the same time at each is timed.
FEW = {"A": 2, "B": 6, "C": 6, "D": 8}
RIVALS = {
    "A": rivals.inside_brentq,
    "B": rivals.kept_outputs,
    "C": rivals.loss_landscapes,
    "D": rivals.mapped,
}


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        name: of the network.
        build: makes it.
        inputs: "digits" (5,000 of MNIST, flattened), "images" (the same, 1 x 28 x 28), "rows"
            (28 steps of 28) or "colour" (400 random images 3 x 32 x 32: for speed alone).
        points: lambdas.
        rivals: which are run.
        trained: epochs between the two ends; 0: two random initialisations.
    """

    name: str
    build: Callable[[int], nn.Module]
    inputs: str = "digits"
    points: int = 401
    rivals: str = "B"
    trained: int = 2


class Sequence(nn.Module):
    """An LSTM over the rows of a digit, with a linear head."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.lstm, self.head = nn.LSTM(28, 64, batch_first=True), nn.Linear(64, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        """The head on the last step."""
        outputs: Tensor = self.head(self.lstm(inputs)[0][:, -1])
        return outputs


def cnn(seed: int) -> nn.Module:
    """Four 3 x 3 convolutions of 32, 32, 64 and 64 channels, two poolings, a linear head."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inside, outside, pool in ((3, 32, False), (32, 32, True), (32, 64, False), (64, 64, True)):
        layers += [nn.Conv2d(inside, outside, 3, padding=1), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if pool else []
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 8 * 8, 10))


def smooth(seed: int) -> nn.Module:
    """The default network with tanh."""
    torch.manual_seed(seed)
    layers = [nn.Linear(784, 512), nn.Tanh(), nn.Linear(512, 512), nn.Tanh(), nn.Linear(512, 10)]
    return nn.Sequential(*layers)


def widths(*sizes: int) -> Callable[[int], nn.Module]:
    """A ReLU network of these widths, by seed."""
    return lambda seed: mlp(sizes, seed=seed)


ROWS = (
    Row("MLP 784-512-512-10", widths(784, 512, 512, 10), rivals="ABCD", trained=10),
    Row("MLP 784-512-512-10", widths(784, 512, 512, 10), points=101, trained=10),
    Row("MLP 784-1024-1024-10", widths(784, 1024, 1024, 10), trained=5),
    Row("MLP 784-512-512-512-512-10", widths(784, 512, 512, 512, 512, 10), points=401, trained=5),
    Row("tanh MLP 784-512-512-10", smooth, points=101),
    Row("LeNet, 28 x 28", lambda seed: lenet(seed=seed), "images", 51),
    Row("LSTM 28-64-10", Sequence, "rows", 51, trained=0),
    Row("CNN 32-32-64-64, 32 x 32 x 3", cnn, "colour", 101, trained=0),
    Row("ResNet-20, 32 x 32 x 3", lambda seed: resnet(20, seed=seed), "colour", 51, trained=0),
)


def ours(problem: Problem, lams: Array, targets: Array, **options: Any) -> tuple[Array, Any]:
    """All of this package's work: c at every lambda, and which method served."""
    normalised = any(isinstance(one, nn.BatchNorm2d) for one in problem.model.modules())
    forward, sheet = measure(
        problem.model,
        Line(*problem.ends),
        (problem.inputs, problem.labels),
        points=lams,
        batch_norm="interpolate" if normalised else None,
        **options,
    )
    return sheet.root(targets - sheet.d, np.ones(len(lams), dtype=bool)), forward.served


def levels(problem: Problem, lams: Array) -> Array:
    """Targets above L(0), from twice of it to 1.5 times: a right root exists at every lambda."""
    zero = problem.wanted.square().sum().item() / len(problem.wanted)
    return (2 - lams / 2) * zero


def peak(convolves: bool) -> float:
    """The best rate of products, or of convolutions, found here and now, in operations a second."""
    best = 0.0
    with torch.no_grad():
        for size in (32, 64) if convolves else (512, 1024, 2048):
            if convolves:
                layer = nn.Conv2d(size, size, 3, padding=1)
                layer.weight.data = layer.weight.contiguous(memory_format=torch.channels_last)
                images = torch.randn(32, size, 32, 32).contiguous(memory_format=torch.channels_last)
                work, count = partial(layer, images), 2 * 32 * 1024 * 9 * size**2
            else:
                factor = torch.randn(size, size)
                work, count = partial(torch.mm, factor, factor), 2 * size**3
            work()
            best = max(best, *(count / timed(work)[0] for _ in range(7)))
    return best


def operations(problem: Problem) -> int:
    """Of one plain forward pass, 2 a product."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        problem.model(problem.inputs[:8])
    return counter.get_total_flops() // 8 * len(problem.inputs)


def lines(row: Row, options: Namespace) -> Iterator[str]:
    """The row's part of the table."""
    data = data_of(row.inputs)
    ends = ends_of(row.build, data, row.trained)
    for threads in options.threads:
        torch.set_num_threads(threads)
        problem = Problem(row.build(0), ends, data)
        lams = np.linspace(0, 1, row.points)
        targets = levels(problem, lams)
        ours(problem, lams[:: len(lams) // 20], targets[:: len(lams) // 20])
        times: dict[str, list[float]] = {name: [] for name in ("ours", *row.rivals)}
        for _ in range(options.repeat):
            seconds, (scales, served) = timed(partial(ours, problem, lams, targets))
            times["ours"].append(seconds / row.points)
            for name in row.rivals:
                some = np.linspace(0, row.points - 1, FEW[name]).astype(int)
                seconds, result = timed(partial(RIVALS[name], problem, lams[some], targets[some]))
                if result is not None:
                    times[name].append(seconds / len(some))
        some = np.linspace(0, row.points - 1, 7).astype(int)
        off = max(deviation(problem, lams[some], targets[some], scales[some]))
        mine, spread = middle(times["ours"])
        ratios = {name: f"{middle(own)[0] / mine:.1f}" for name, own in times.items() if own}
        plain = middle(times["B"])[0]
        best, count = peak(row.inputs == "colour"), operations(problem)
        shown = " | ".join(ratios.get(name, "") for name in "ABCD")
        yield (
            f"| {row.name} | {row.points} | {threads} | {1e3 * mine:.2f} ± {1e3 * spread:.2f} | "
            f"{1e3 * plain:.1f} | {shown} | {count / plain / best:.2f} | "
            f"{count / mine / best:.2f} | {off:.1e} | {served.method} |"
        )


def deviation(problem: Problem, lams: Array, targets: Array, scales: Array) -> Iterator[float]:
    """Of c from that of a float64 forward pass, relative."""
    exact = Problem(
        problem.model.double(),
        tuple({k: v.double() for k, v in state.items()} for state in problem.ends),
        (problem.inputs.double(), problem.labels),
    )
    problem.model.float()
    exact.wanted = exact.wanted.double()
    for lam, v, c in zip(lams.tolist(), targets.tolist(), scales.tolist(), strict=True):
        wanted = rivals.root(partial(exact.objective, exact.outputs(lam)), v)
        yield abs(c / wanted - 1)


HEAD = (
    "| network | lambdas | threads | ours, ms a lambda | B, ms | A / ours | B / ours | C / ours | "
    "D / ours | B's share of peak | ours, as if nothing were avoided | deviation of c | method |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Print the table."""
    words = parser(__doc__, repeat=5)
    words.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    words.add_argument("--only", default="", help="rows whose name holds this word")
    options = words.parse_args()
    torch.set_flush_denormal(True)
    print(HEAD)
    for row in ROWS:
        if options.only in row.name:
            for line in lines(row, options):
                print(line, flush=True)


if __name__ == "__main__":
    main()
