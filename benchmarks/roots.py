"""Roots of cross-entropy for all lambdas, against a loop of brentq over the same cached outputs.

    python -m benchmarks.roots [--points 101] [--repeat 5] [--threads 1]

A network 784-512-512-10 is trained on mnist-5k with cross-entropy; its head is scaled so that the
start lies above L(0); outputs at all lambdas are computed once and kept. Both sides then solve
g(lambda, c) = v(lambda) on the right branch wherever it exists. Printed: time a lambda, evaluations
a lambda, and the largest relative residual, by PyTorch's own cross-entropy in float64.
"""

from argparse import Namespace

import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor
from torch.nn.functional import cross_entropy

from construction import Line, mlp
from construction.arrays import Array
from construction.forward.forward import Forward
from construction.network.heads import scale_head
from construction.sheet.sheet import Sheet
from construction.theorem.construct import measure

from . import Data, data_of, ends_of, middle, parser, timed

WIDTHS = (784, 512, 512, 10)
HEAD = "5"


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
        root: float = brentq(
            lambda c: self.objective(k, c) - v, low, high, xtol=1e-15, rtol=8.9e-16
        )
        return root


def compare(loss: str, smoothing: float, data: Data, path: Line, options: Namespace) -> None:
    """Print two rows of the table."""
    forward, whole = measure(mlp(WIDTHS), path, data, loss=loss, points=options.points)
    sheet = whole.pick(whole.rises)
    excess = (1 - sheet.lam / 3) * float(whole.excess(1.0)[0])
    loop = Loop(forward, sheet, data[1], smoothing)
    target, count = sheet.d + excess, len(sheet.lam)
    forward.rays.evaluations = 0
    solved = [timed(lambda: sheet.root(excess, sheet.rises)) for _ in range(options.repeat)]
    ours, (fast, spread) = solved[0][1], middle([seconds for seconds, _ in solved])
    ours_evaluated = forward.rays.evaluations / options.repeat / count
    slow, theirs = timed(lambda: loop.roots(target))
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
    options = parser(__doc__, points=101, repeat=5, threads=1).parse_args()
    torch.set_num_threads(options.threads)
    data = data_of("digits")
    initial, final = ends_of(lambda seed: mlp(WIDTHS, initialisation="default", seed=seed), data, 8)
    path = Line(scale_head(initial, HEAD, 4.0), final)
    print("| loss | lambdas | | ms a lambda | evaluations a lambda | residual | ratio |")
    print("|---|---|---|---|---|---|---|")
    for loss, smoothing in (("cross_entropy", 0.0), ("label_smoothing", 0.1)):
        compare(loss, smoothing, data, path, options)


if __name__ == "__main__":
    main()
