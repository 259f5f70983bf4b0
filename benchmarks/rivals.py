"""What a user would do without this package: the rivals of `benchmarks.forward`.

    A  a forward pass at every evaluation of brentq
    B  one forward pass a lambda on all samples at once, brentq on the outputs that are kept
    C  the objective along the line by the package loss-landscapes (pip install loss-landscapes)
    D  torch.func.vmap over lambdas, brentq on the outputs that are kept

Squared loss on one-hot targets, float32 forward passes, sums in float64.
"""

import copy
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import one_hot

Array = NDArray[np.float64]
State = dict[str, Tensor]


class Problem:
    """A network, two states and the data."""

    def __init__(self, model: nn.Module, ends: tuple[State, State], data: tuple[Tensor, Tensor]):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.ends, (self.inputs, self.labels) = ends, data
        classes = len(list(ends[0].values())[-1])
        self.wanted = one_hot(self.labels, classes).float()

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

    def objective(self, outputs: Tensor, c: float) -> float:
        """Mean squared distance of c times the outputs."""
        return float((c * outputs - self.wanted).square().sum(dtype=torch.float64)) / len(outputs)


def root(objective: Callable[[float], float], v: float) -> float:
    """The scale at which the objective is v on its rising branch, by brentq."""
    high = 1.0
    while objective(high) < v:
        high *= 2
    low = high
    while objective(low) > v:
        low /= 2
    scale: float = brentq(lambda c: objective(c) - v, low, high, xtol=1e-13, rtol=1e-13)
    return scale


def inside_brentq(problem: Problem, lams: Array, targets: Array) -> Array:
    """A."""

    def one(lam: float, v: float) -> float:
        return root(lambda c: problem.objective(problem.outputs(lam), c), v)

    return np.array([one(lam, v) for lam, v in zip(lams.tolist(), targets.tolist(), strict=True)])


def kept_outputs(problem: Problem, lams: Array, targets: Array) -> Array:
    """B."""
    pairs = zip(map(problem.outputs, lams.tolist()), targets.tolist(), strict=True)
    return np.array([root(partial(problem.objective, outputs), v) for outputs, v in pairs])


def mapped(problem: Problem, lams: Array, targets: Array, chunk: int = 4) -> Array:
    """D."""

    def outputs(state: State) -> Any:
        return functional_call(problem.model, state, (problem.inputs,))

    scales = []
    for place in range(0, len(lams), chunk):
        some = [problem.weights(lam) for lam in lams[place : place + chunk].tolist()]
        stacked = {name: torch.stack([state[name] for state in some]) for name in some[0]}
        with torch.no_grad():
            mapped_outputs = vmap(outputs)(stacked)
        for one, v in zip(mapped_outputs, targets[place : place + chunk].tolist(), strict=True):
            scales.append(root(partial(problem.objective, one), v))
    return np.array(scales)


def loss_landscapes(problem: Problem, lams: Array, _: Array) -> Array | None:
    """C: objectives only; None where the package is not installed."""
    if find_spec("loss_landscapes") is None:
        return None
    from loss_landscapes import linear_interpolation

    first, last = (copy.deepcopy(problem.model) for _ in range(2))
    first.load_state_dict(problem.ends[0])
    last.load_state_dict(problem.ends[1])

    def metric(wrapped: Any) -> float:
        with torch.no_grad():
            return problem.objective(wrapped.forward(problem.inputs), 1.0)

    objectives: Array = linear_interpolation(first, last, metric, steps=len(lams))
    return objectives
