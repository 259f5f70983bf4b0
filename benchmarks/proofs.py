"""What is proved of the default run's network, and in how long.

    python -m benchmarks.proofs [--threads 2]

The network 784-512-512-10 of the run mnist-mlp is trained, or taken from the cache. On the straight
line condition 1 is proved, and for the valley that the sheet's minimum stays below it, by all 5,000
samples. Printed: seconds, intervals, and the forward passes in float64 that would take as long, as
measured in the same run.
"""

from functools import partial

import torch

from construction import Line, construct, with_profile
from construction.proof.bounds import BoundedNetwork
from construction.proof.prover import prove

from . import default_run, middle, parser, timed


def forward_pass(network: BoundedNetwork) -> float:
    """Median seconds of one forward pass of all samples in float64."""

    def passed(lam: float) -> None:
        for tile in network.tiles:
            network.segment(lam, lam).activations(tile.inputs, lam)

    return middle([timed(partial(passed, lam))[0] for lam in (0.2, 0.4, 0.6, 0.8, 1.0)])[0]


def main() -> None:
    """Print the table."""
    torch.set_num_threads(parser(__doc__, threads=2).parse_args().threads)
    run, data = default_run()
    paper = construct(run.model(), Line(run.initial, run.final), data, profile="paper")
    each = forward_pass(BoundedNetwork(paper.forward))
    print(f"one forward pass of {paper.forward.samples} samples in float64: {each:.3f} s\n")
    print("| target | seconds | forward passes | condition 1 | valley | verdict |")
    print("|---|---|---|---|---|---|")
    for path in (paper, with_profile(paper, "valley")):
        proof = prove(path)
        valley = proof.statement("valley")
        growth = proof.statement("condition 1")
        count = len(valley.intervals) if valley else 0
        print(
            f"| {path.profile.name} | {proof.seconds:.1f} | {proof.seconds / each:.0f} | "
            f"{len(growth.intervals) if growth else 0} intervals | {count or '-'} | "
            f"{proof.verdict} |"
        )


if __name__ == "__main__":
    main()
