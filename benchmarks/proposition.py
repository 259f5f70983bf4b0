"""Random networks by the stack, against a loop over seeds.

    python -m benchmarks.proposition [--networks 200] [--repeat 3] [--threads 1]

Both sides draw networks 784-n-10 with He initialisation, run them on 200 digits, and count those
above the zero predictor under the squared loss and cross-entropy. The loop is what one would
write: a seed, `mlp`, a forward pass, PyTorch's own losses. Printed: processor time a network.
"""

import time
from argparse import Namespace
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss, one_hot

from construction import mlp
from construction.experiments.proposition.measure import count_above, digits
from construction.experiments.proposition.settings import Proposition

from . import Data, parser, timed


def loop(width: int, data: Data, networks: int) -> list[int]:
    """How many networks lie above, squared loss and cross-entropy."""
    inputs, labels = data
    wanted = one_hot(labels).float()

    def objectives(outputs: Tensor) -> Tensor:
        squared = mse_loss(outputs, wanted, reduction="none").sum(1).mean()
        return torch.stack([squared, cross_entropy(outputs, labels)])

    zero, above = objectives(torch.zeros_like(wanted)), torch.zeros(2, dtype=torch.int64)
    with torch.no_grad():
        for seed in range(networks):
            above += objectives(mlp((784, width, 10), seed=seed)(inputs)) > zero
    return above.tolist()


def stacked(width: int, data: Data, networks: int) -> list[int]:
    """The same, of other networks with the same law."""
    counts = count_above((784, width, 10), data, networks=networks)["above"]
    return [int(count) for count in counts.ravel()]


def fastest(
    side: Callable[[int, Data, int], list[int]], width: int, data: Data, options: Namespace
) -> float:
    """Processor time of the fastest of several runs, in microseconds a network."""
    work = partial(side, width, data, options.networks)
    least: float = min(timed(work, time.process_time)[0] for _ in range(options.repeat))
    return 1e6 * least / options.networks


def main() -> None:
    """Print a line a width."""
    options = parser(__doc__, networks=200, repeat=3, threads=1).parse_args()
    torch.set_num_threads(options.threads)
    settings = Proposition("")
    data = digits(settings.data, settings.per_digit)
    for width in settings.widths:
        alone, together = (fastest(side, width, data, options) for side in (loop, stacked))
        print(
            f"n = {width:3}: loop {alone:6.0f} us a network, stacked {together:6.0f} us, "
            f"ratio {alone / together:.1f}"
        )


if __name__ == "__main__":
    main()
