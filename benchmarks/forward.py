"""Outputs and scales along a path, against what a user would do without this package.

    python -m benchmarks.forward [--device cpu] [--threads 1 2] [--repeat 5] [--only WORD]

    A  a forward pass at every evaluation of brentq
    B  one forward pass a lambda on all samples at once, brentq on the outputs that are kept
    C  the objective along the line by the package loss-landscapes, where it is installed
    D  torch.func.vmap over lambdas, brentq on the outputs that are kept

Every row is one run of all methods on the same network, data and machine, interleaved: `ours` is
the whole of it, from the model to c at every lambda (`measure` and the roots), its set-up and the
choice of the method included. B, C and D are timed on a few lambdas, as their time is proportional
to them, A on fewer. Squared loss on one-hot targets, float32 forward passes, sums in float64.
Ratios are of medians; the spread is half the middle half's. Weights and data lie on the device,
which each time is over only when it has done its work; threads are of no account on a GPU.

The residual is the largest relative deviation of c from that of float64 forward passes, one a
lambda, at a few lambdas. The peak is the best rate of matrix products, or of 3 x 3 convolutions of
many channels, measured beside it; `share` is how much of it the row's rate is: operations of a
plain forward pass a lambda, but for those avoided.
"""

import copy
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import cross_entropy, one_hot

from construction import Line, mlp
from construction.arrays import Array
from construction.network.networks import lenet, lstm, resnet
from construction.network.states import State
from construction.theorem.construct import measure

from . import Data, data_of, head, middle, milliseconds, operations, parser, peak, root, row, timed

#: Lambdas on which a rival that takes the same time at each is timed.
FEW = {"A": 2, "B": 6, "C": 6, "D": 8}
#: How many vmap takes at once.
MAPPED = 4


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        name: of the network.
        build: makes it, from a seed.
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
    Row("MLP 784-512-512-10", dense(784, 512, 512, 10), rivals="ABCD", trained=10),
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
        start, stop = ({name: x.to(device) for name, x in state.items()} for state in ends)
        self.ends, (self.inputs, self.labels) = (start, stop), (x.to(device) for x in data)
        self.wanted = one_hot(self.labels, 10).to(self.inputs.dtype)

    def weights(self, lam: float) -> State:
        """On the line."""
        start, stop = self.ends
        return {
            name: torch.lerp(value, stop[name], lam) if value.is_floating_point() else value
            for name, value in start.items()
        }

    def outputs(self, lam: float) -> Tensor:
        """By a plain forward pass on all samples."""
        with torch.no_grad():
            outputs: Tensor = functional_call(self.model, self.weights(lam), (self.inputs,))
        return outputs

    def mapped(self, lams: Array) -> Iterator[Tensor]:
        """The outputs at each lambda, some at once."""

        def outputs(state: State) -> Any:
            return functional_call(self.model, state, (self.inputs,))

        for some in np.split(lams, range(MAPPED, len(lams), MAPPED)):
            states = [self.weights(lam) for lam in some.tolist()]
            stacked = {name: torch.stack([one[name] for one in states]) for name in states[0]}
            with torch.no_grad():
                yield from vmap(outputs)(stacked)

    def objective(self, outputs: Tensor, c: float) -> float:
        """Mean squared distance of c times the outputs."""
        return float((c * outputs - self.wanted).square().sum(dtype=torch.float64)) / len(outputs)

    def rival(self, name: str, lams: Array, targets: Array) -> object:
        """What a user would do, by the letters above; None where that is not installed."""
        if name == "C":
            return loss_landscapes(self, len(lams)) if find_spec("loss_landscapes") else None
        objectives: Iterable[Callable[[float], float]]
        if name == "A":
            passes = [partial(self.outputs, lam) for lam in lams.tolist()]
            objectives = [lambda c, one=one: self.objective(one(), c) for one in passes]
        else:
            outputs = self.mapped(lams) if name == "D" else map(self.outputs, lams.tolist())
            objectives = (partial(self.objective, one) for one in outputs)
        return [root(one, v) for one, v in zip(objectives, targets.tolist(), strict=True)]


def loss_landscapes(problem: Problem, points: int) -> object:
    """The objectives alone."""
    from loss_landscapes import linear_interpolation

    first, last = (copy.deepcopy(problem.model) for _ in range(2))
    first.load_state_dict(problem.ends[0])
    last.load_state_dict(problem.ends[1])

    def metric(wrapped: Any) -> float:
        with torch.no_grad():
            return problem.objective(wrapped.forward(problem.inputs), 1.0)

    return linear_interpolation(first, last, metric, steps=points)


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
    normalised = any(isinstance(one, nn.BatchNorm2d) for one in problem.model.modules())
    forward, sheet = measure(
        problem.model,
        Line(*problem.ends),
        (problem.inputs, problem.labels),
        points=lams,
        batch_norm="interpolate" if normalised else None,
    )
    return sheet.root(targets - sheet.d, np.ones(len(lams), dtype=bool)), forward.served


def compare(line: Row, problem: Problem, threads: int, repeat: int) -> None:
    """Print a row of the table."""
    device = problem.inputs.device
    lams = np.linspace(0, 1, line.points)
    targets = 2 - lams / 2  # above L(0) = 1: a right root exists at every lambda
    ours(problem, lams[:: len(lams) // 20], targets[:: len(lams) // 20])
    times: dict[str, list[float]] = {name: [] for name in ("ours", *line.rivals)}
    for _ in range(repeat):
        seconds, (scales, served) = timed(partial(ours, problem, lams, targets), device)
        times["ours"].append(seconds / line.points)
        for name in line.rivals:
            some = np.linspace(0, line.points - 1, FEW[name]).astype(int)
            rival = partial(problem.rival, name, lams[some], targets[some])
            seconds, found = timed(rival, device)
            if found is not None:
                times[name].append(seconds / len(some))
    some = np.linspace(0, line.points - 1, 7).astype(int)
    mine, spread = middle(times["ours"])
    plain = middle(times["B"])[0]
    rate = operations(problem.model, problem.inputs) / peak(line.inputs == "colour", device)
    row(
        *(line.name, line.points, threads, milliseconds(mine, spread), f"{1e3 * plain:.1f}"),
        *(f"{middle(times[name])[0] / mine:.1f}" if times.get(name) else "" for name in "ABCD"),
        *(f"{rate / plain:.2f}", f"{rate / mine:.2f}"),
        *(f"{deviation(problem, lams[some], targets[some], scales[some]):.1e}", served.method),
    )


def deviation(problem: Problem, lams: Array, targets: Array, scales: Array) -> float:
    """The largest of c from that of a float64 forward pass, relative."""
    doubled = [{k: v.double() for k, v in state.items()} for state in problem.ends]
    data = problem.inputs.double(), problem.labels
    model, device = copy.deepcopy(problem.model).double(), problem.inputs.device
    exact = Problem(model, (doubled[0], doubled[1]), data, device)
    wanted = [
        root(partial(exact.objective, exact.outputs(lam)), v)
        for lam, v in zip(lams.tolist(), targets.tolist(), strict=True)
    ]
    return float(np.abs(scales / wanted - 1).max())


def compare_all(options: Namespace) -> None:
    """Print the rows that are asked for."""
    for line in ROWS:
        if options.only in line.name:
            data = data_of(line.inputs)
            ends = ends_of(line.build, data, line.trained)
            for threads in options.threads if options.device.type == "cpu" else [1]:
                torch.set_num_threads(threads)
                problem = Problem(line.build(0), ends, data, options.device)
                compare(line, problem, threads, options.repeat)


def main() -> None:
    """Print the table."""
    words = parser(__doc__, repeat=5)
    words.add_argument("--device", default="cpu", type=torch.device)
    words.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    words.add_argument("--only", default="", help="rows whose name holds this word")
    torch.set_flush_denormal(True)
    head(
        *("network", "lambdas", "threads", "ours, ms a lambda", "B, ms"),
        *("A / ours", "B / ours", "C / ours", "D / ours", "B's share of peak"),
        *("ours, as if nothing were avoided", "deviation of c", "method"),
    )
    compare_all(words.parse_args())


if __name__ == "__main__":
    main()
