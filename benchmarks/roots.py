"""Roots of cross-entropy for all lambdas, against a loop of brentq over the same cached outputs.

    python -m benchmarks.roots [--points 101] [--repeat 5] [--threads 1]

A network 784-512-512-10 is trained on mnist-5k with cross-entropy; its head is scaled so that the
start lies above L(0); outputs at all lambdas are computed once and kept. Both sides then solve
g(lambda, c) = v(lambda) on the right branch wherever it exists. Printed: time a lambda, evaluations
a lambda, and the largest relative residual, by PyTorch's own cross-entropy in float64.
"""

from __future__ import annotations

import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor
from torch.nn.functional import cross_entropy

from construction import Line, mlp
from construction.arrays import Array
from construction.data import load, standardised
from construction.forward.forward import Forward
from construction.network.heads import State, scale_head
from construction.sheet.sheet import Sheet
from construction.theorem.construct import measure

Data = tuple[Tensor, Tensor]
Ends = tuple[State, State]

WIDTHS = (784, 512, 512, 10)
HEAD = "5"


def trained(inputs: Tensor, labels: Tensor, epochs: int = 8) -> tuple[State, State]:
    """Initial weights with a head four times as large, and weights after training."""
    model = mlp(WIDTHS, initialisation="default", seed=0)
    initial = {name: value.clone() for name, value in model.state_dict().items()}
    adam, order = torch.optim.Adam(model.parameters(), 1e-3), torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for chosen in torch.randperm(len(inputs), generator=order).split(100):
            adam.zero_grad()
            cross_entropy(model(inputs[chosen]), labels[chosen]).backward()
            adam.step()
    return scale_head(initial, HEAD, 4.0), model.state_dict()


class Loop:
    """What a user would write: brentq a lambda over outputs kept in float64."""

    def __init__(self, forward: Forward, sheet: Sheet, labels: Tensor, smoothing: float) -> None:
        self.sheet, self.labels, self.smoothing = sheet, labels, smoothing
        self.outputs = [
            torch.cat([predictions for predictions, _ in forward.outputs(float(lam))]).double()
            for lam in sheet.lam
        ]
        self.evaluations = 0

    def objective(self, k: int, c: float) -> float:
        """By PyTorch's own cross-entropy."""
        self.evaluations += 1
        return float(
            cross_entropy(c * self.outputs[k], self.labels, label_smoothing=self.smoothing)
        )

    def roots(self, target: Array) -> Array:
        """One lambda after the other."""
        return np.array([self._root(k, v) for k, v in enumerate(target)])

    def _root(self, k: int, v: float) -> float:
        low = float(self.sheet.best_scale[k])
        high = max(2 * low, 1.0)
        while self.objective(k, high) < v:
            low, high = high, 2 * high
        found: float = brentq(
            lambda c: self.objective(k, c) - v, low, high, xtol=1e-15, rtol=8.9e-16
        )
        return found


def timed(work: Callable[[], Array], repeat: int) -> tuple[Array, float, float]:
    """The result, the median time and half the spread of the middle half."""
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - began)
    quarters = statistics.quantiles(times, n=4) if repeat > 1 else [times[0]] * 3
    return found, statistics.median(times), (quarters[2] - quarters[0]) / 2


def compare(loss: str, smoothing: float, data: Data, ends: Ends, options: Namespace) -> None:
    """Print two rows of the table."""
    forward, whole = measure(mlp(WIDTHS), Line(*ends), data, loss=loss, points=options.points)
    sheet = whole.pick(whole.rises)
    excess = (1 - sheet.lam / 3) * float(whole.excess(1.0)[0])
    loop = Loop(forward, sheet, data[1], smoothing)
    target, count = sheet.d + excess, len(sheet.lam)
    forward.rays.evaluations = 0
    ours, fast, spread = timed(lambda: sheet.root(excess, sheet.rises), options.repeat)
    ours_evaluated = forward.rays.evaluations / options.repeat / count
    theirs, slow, _ = timed(lambda: loop.roots(target), 1)
    theirs_evaluated = loop.evaluations / count
    for name, seconds, off, evaluated, scales in (
        ("this package", fast, spread, ours_evaluated, ours),
        ("brentq", slow, 0.0, theirs_evaluated, theirs),
    ):
        pairs = enumerate(zip(scales, target, strict=True))
        residual = max(abs(loop.objective(k, c) / v - 1) for k, (c, v) in pairs)
        print(
            f"| {loss} | {count} of {options.points} | {name} | "
            f"{1e3 * seconds / count:.3f} ± {1e3 * off / count:.3f} | {evaluated:.1f} | "
            f"{residual:.1e} | {slow / seconds:.1f} |"
        )


def main() -> None:
    """Print the table."""
    parser = ArgumentParser(description="Roots of cross-entropy, against a loop of brentq.")
    parser.add_argument("--points", type=int, default=101)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    digits = load("mnist-5k")
    inputs = torch.from_numpy(standardised(digits.train_images))
    labels = torch.from_numpy(digits.train_labels.astype(np.int64))
    ends = trained(inputs, labels)
    print("| loss | lambdas | | ms a lambda | evaluations a lambda | residual | ratio |")
    print("|---|---|---|---|---|---|---|")
    for loss, smoothing in (("cross_entropy", 0.0), ("label_smoothing", 0.1)):
        compare(loss, smoothing, (inputs, labels), ends, options)


if __name__ == "__main__":
    main()
