"""Roots for all lambdas of a network, and for many networks at once, beside brentq.

    python -m benchmarks.roots [--device cpu] [--samples 5000] [--repeat 5]

Both solve g(lambda, c) = 1.5 L(0) on the right branch, over the same outputs of random data: this
package all at once; brentq one after the other, by PyTorch's own losses in float64 on the host.
"""

from argparse import Namespace
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from construction import Line
from construction.experiments.proposition.measure import draw, outputs_of
from construction.forward.store import sheet_of
from construction.loss.catalogue import as_loss
from construction.sheet.sheet import Sheet
from construction.theorem.construct import measure

from . import head, middle, milliseconds, parser, root, row, timed
from .forward import dense

NETWORK = dense(784, 512, 512, 10)
#: How many roots brentq finds: as many as show its time.
FEW = 25


def repeated(work: Callable[[], Any], options: Namespace) -> tuple[float, float, Any]:
    """Median seconds and spread, after a run that is not counted; and what the last returned."""
    runs = [timed(work, options.device) for _ in range(1 + options.repeat)]
    return *middle([seconds for seconds, _ in runs[1:]]), runs[-1][1]


def roots(
    name: str, sheet: Sheet, outputs: Callable[[int], Tensor], labels: Tensor, options: Namespace
) -> None:
    """Print the time of all roots at 1.5 L(0) on the right branch, and what is left of g - v there.

    Args:
        name: the loss, and of what.
        sheet: over all lambdas or networks.
        outputs: of each of them, by its place.
    """
    excess = np.full(len(sheet.lam), 0.5 * sheet.d)
    seconds, spread, c = repeated(lambda: sheet.root(excess, sheet.rises), options)
    found = np.isfinite(c)
    left = np.abs(sheet.pick(found).excess(c[found]) - excess[found]).max() / sheet.d
    wanted = one_hot(labels, 10)

    def objective(one: Tensor, c: float) -> float:
        if name.startswith("cross_entropy"):
            return float(cross_entropy(c * one, labels))
        return float((c * one - wanted).square().sum(1).mean())

    some = [outputs(k).double().cpu() for k in np.flatnonzero(found)[:FEW].tolist()]
    slow, _ = timed(lambda: [root(partial(objective, one), 1.5 * sheet.d) for one in some])
    own, each = milliseconds(seconds / found.sum(), spread / found.sum(), 4), slow / len(some)
    ratio = each * found.sum() / seconds
    row(name, found.sum(), own, f"{1e3 * each:.2f}", f"{ratio:.0f}", f"{left:.1e}")


def all_roots(options: Namespace) -> None:
    """Print roots of 401 lambdas of one network, and of 2,000 random networks at once."""
    head("roots", "found", "ms each", "brentq, ms each", "ratio", "residual / L(0)")
    own = torch.Generator().manual_seed(0)
    inputs = torch.randn(min(options.samples, 5000), 784, generator=own)
    labels = torch.arange(len(inputs)) % 10
    path = Line(NETWORK(0).state_dict(), NETWORK(1).state_dict())
    layers = [
        type(layer)(*(part.to(options.device) for part in layer))
        for layer in draw((20, 16, 16, 10), "he", 2000, own)
    ]
    few, beside = inputs[:200, :20].to(options.device), labels[:200]
    stacked = outputs_of(layers, few).transpose(1, 2)
    outputs: dict[float, Tensor] = dict(enumerate(stacked))
    for loss in ("squared", "cross_entropy"):
        forward, sheet = measure(
            NETWORK(0), path, (inputs, labels), loss=loss, points=401, device=options.device
        )

        def along(k: int, forward: Any = forward, lam: Any = sheet.lam) -> Tensor:
            return torch.cat([one for one, _ in forward.outputs(float(lam[k]))])

        name = f"{loss}, one network, 401 lambdas, {len(inputs):,} samples"
        roots(name, sheet, along, labels, options)
        sheet = sheet_of(as_loss(loss), outputs, beside.to(options.device))
        roots(f"{loss}, 2,000 networks, 200 samples", sheet, stacked.__getitem__, beside, options)


def main() -> None:
    """Print the table."""
    words = parser(__doc__, samples=5000, repeat=5)
    words.add_argument("--device", default="cpu", type=torch.device)
    all_roots(words.parse_args())


if __name__ == "__main__":
    main()
