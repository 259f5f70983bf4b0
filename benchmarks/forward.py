"""Outputs and scales along a path, against what a user would do without this package.

    python -m benchmarks.forward [--device cpu] [--threads 1 2] [--repeat 5] [--only WORD]

    A  a forward pass at every evaluation of brentq
    B  one forward pass a lambda on all samples at once, brentq on the outputs that are kept

The methods of a row take turns: ours is all from the model to c at every lambda, A and B are timed
on a few. Squared loss on one-hot targets, float32 forward passes, sums in float64. Weights and data
lie on the device; threads are of no account on a GPU. Medians, and half the spread of the middle
half. The deviation is the largest of c from that of float64 forward passes, at a few lambdas; a
share is the rate of a plain forward pass a lambda, of the peak (`benchmarks.peak`).
"""

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy, one_hot

from construction import Line, mlp
from construction.arrays import Array
from construction.network.networks import lenet, lstm, resnet
from construction.network.states import State
from construction.theorem.construct import measure

from . import Data, data_of, head, in_turn, milliseconds, operations, parser, peak, root, row

#: Lambdas on which a rival that takes the same time at each is timed.
FEW = {"A": 2, "B": 6}


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        name, build: of the network, and what makes it from a seed.
        inputs: "digits" (5,000 of MNIST, 28 x 28), "images" (the same, 1 x 28 x 28) or "colour"
            (400 random images 3 x 32 x 32: for speed alone).
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


def cnn(seed: int) -> nn.Module:
    """Four 3 x 3 convolutions of 32, 32, 64 and 64 channels, two poolings, a linear head."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inside, outside, pool in ((3, 32, False), (32, 32, True), (32, 64, False), (64, 64, True)):
        layers += [nn.Conv2d(inside, outside, 3, padding=1), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if pool else []
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 8 * 8, 10))


def dense(*sizes: int, activation: Any = "relu") -> Callable[[int], nn.Module]:
    """A network of these widths, by seed."""
    return lambda seed: mlp(sizes, activation=activation, seed=seed)


ROWS = (
    Row("MLP 784-512-512-10", dense(784, 512, 512, 10), rivals="AB", trained=10),
    Row("MLP 784-512-512-10", dense(784, 512, 512, 10), points=101, trained=10),
    Row("MLP 784-1024-1024-10", dense(784, 1024, 1024, 10), trained=5),
    Row("MLP 784-512-512-512-512-10", dense(784, 512, 512, 512, 512, 10), trained=5),
    Row("tanh MLP 784-512-512-10", dense(784, 512, 512, 10, activation="tanh"), points=101),
    Row("LeNet, 28 x 28", lambda seed: lenet(seed=seed), "images", 51),
    Row("LSTM 28-64-10", lambda seed: lstm(28, 64, 10, seed=seed), points=51, trained=0),
    Row("CNN 32-32-64-64, 32 x 32 x 3", cnn, "colour", 101, trained=0),
    Row("ResNet-20, 32 x 32 x 3", lambda seed: resnet(20, seed=seed), "colour", 51, trained=0),
)


class Problem:
    """A network, two states and the data, as a user has them, on a device."""

    def __init__(
        self, model: nn.Module, ends: tuple[State, State], data: Data, device: torch.device
    ) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False).to(device)
        self.path = Line(*({name: x.to(device) for name, x in state.items()} for state in ends))
        self.inputs, self.labels = (x.to(device) for x in data)
        self.wanted = one_hot(self.labels, 10).to(self.inputs.dtype)

    def outputs(self, lam: float) -> Tensor:
        """By a plain forward pass on all samples."""
        with torch.no_grad():
            outputs: Tensor = functional_call(self.model, self.path(lam), (self.inputs,))
        return outputs

    def objective(self, outputs: Tensor, c: float) -> float:
        """Mean squared distance of c times the outputs."""
        return float((c * outputs - self.wanted).square().sum(dtype=torch.float64)) / len(outputs)

    def rival(self, name: str, lams: Array, targets: Array) -> list[float]:
        """What a user would do, by the letters above."""
        objectives: Iterable[Callable[[float], float]]
        if name == "A":
            passes = [partial(self.outputs, lam) for lam in lams.tolist()]
            objectives = [lambda c, one=one: self.objective(one(), c) for one in passes]
        else:
            objectives = (partial(self.objective, self.outputs(lam)) for lam in lams.tolist())
        return [root(one, v) for one, v in zip(objectives, targets.tolist(), strict=True)]


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


def ours(problem: Problem, lams: Array, targets: Array) -> tuple[Array, Any]:
    """All of this package's work: c at every lambda, and which method served."""
    data = problem.inputs, problem.labels
    forward, sheet = measure(
        problem.model, problem.path, data, points=lams, batch_norm="interpolate"
    )
    return sheet.root(targets - sheet.d, np.ones(len(lams), dtype=bool)), forward.served


def compare(line: Row, problem: Problem, threads: int, repeat: int) -> None:
    """Print a row of the table."""
    device = problem.inputs.device
    lams = np.linspace(0, 1, line.points)
    targets = 2 - lams / 2  # above L(0) = 1: a right root exists at every lambda
    whole = partial(ours, problem, lams, targets)
    scales, served = whole()
    methods: dict[str, Callable[[], object]] = {"ours": whole}
    for name in line.rivals:
        some = np.linspace(0, line.points - 1, FEW[name]).astype(int)
        methods[name] = partial(problem.rival, name, lams[some], targets[some])
    times = in_turn(methods, repeat, device)
    mine, spread = (seconds / line.points for seconds in times["ours"])
    each = {name: times[name][0] / FEW[name] for name in line.rivals}
    plain, some = each["B"], np.linspace(0, line.points - 1, 7).astype(int)
    rate = operations(problem.model, problem.inputs) / peak(line.inputs == "colour", device)
    row(
        *(line.name, line.points, threads, milliseconds(mine, spread), f"{1e3 * plain:.1f}"),
        *(f"{each[name] / mine:.1f}" if name in each else "" for name in FEW),
        *(f"{rate / plain:.2f}", f"{rate / mine:.2f}"),
        *(f"{deviation(problem, lams[some], targets[some], scales[some]):.1e}", served.method),
    )


def deviation(problem: Problem, lams: Array, targets: Array, scales: Array) -> float:
    """The largest of c from that of a float64 forward pass, relative."""
    doubled = [{k: v.double() for k, v in state.items()} for state in problem.path.states]
    data = problem.inputs.double(), problem.labels
    model, device = copy.deepcopy(problem.model).double(), problem.inputs.device
    exact = Problem(model, (doubled[0], doubled[1]), data, device)
    wanted = [
        root(partial(exact.objective, exact.outputs(lam)), v)
        for lam, v in zip(lams.tolist(), targets.tolist(), strict=True)
    ]
    return float(np.abs(scales / wanted - 1).max())


def main() -> None:
    """Print the table."""
    words = parser(__doc__, repeat=5)
    words.add_argument("--device", default="cpu", type=torch.device)
    words.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    words.add_argument("--only", default="", help="rows whose name holds this word")
    options = words.parse_args()
    torch.set_flush_denormal(True)
    head(
        *("network", "lambdas", "threads", "ours, ms a lambda", "B, ms"),
        *("A / ours", "B / ours", "B's share of peak"),
        *("ours, as if nothing were avoided", "deviation of c", "method"),
    )
    for line in ROWS:
        if options.only in line.name:
            data = data_of(line.inputs)
            ends = ends_of(line.build, data, line.trained)
            for threads in options.threads if options.device.type == "cpu" else [1]:
                torch.set_num_threads(threads)
                problem = Problem(line.build(0), ends, data, options.device)
                compare(line, problem, threads, options.repeat)


if __name__ == "__main__":
    main()
