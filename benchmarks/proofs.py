"""What is proved of the default run's network, and in how long.

    python -m benchmarks.proofs [--threads 2]

The network 784-512-512-10 of the run mnist-mlp is trained, or taken from the cache. On the straight
line condition 1 is proved, and for the valley that the sheet's minimum stays below it, by all 5,000
samples. Printed: seconds, intervals, and the forward passes in float64 that would take as long, as
measured in the same run.
"""

from __future__ import annotations

import statistics
import time
from argparse import ArgumentParser

import numpy as np
import torch

from construction import Line, construct, with_profile
from construction.data import load, standardised
from construction.files.storage import cache_folder
from construction.proof.bounds import BoundedNetwork
from construction.proof.prover import prove
from construction.training.recipe import Recipe
from construction.training.training import train


def forward_pass(network: BoundedNetwork) -> float:
    """Median seconds of one forward pass of all samples in float64."""
    times = []
    for lam in (0.2, 0.4, 0.6, 0.8, 1.0):
        began = time.perf_counter()
        for tile in network.tiles:
            network.segment(lam, lam).activations(tile.inputs, lam)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    parser = ArgumentParser(description="Proofs on the default run.")
    parser.add_argument("--threads", type=int, default=2)
    torch.set_num_threads(parser.parse_args().threads)
    recipe = Recipe()
    run = train(recipe, cache_folder() / "training" / recipe.digest)
    digits = load(recipe.data)
    data = standardised(digits.train_images), digits.train_labels.astype(np.int64)
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
