"""One job of several that share out a sweep; run by `tests.experiments.test_sweep`, not by pytest.

``python -m tests.part_watch K/N`` computes a part of a tiny sweep, in the cache that it is told.
"""

import sys

import pytest
import torch

from construction.commands.options import part_of
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.training import side_by_side

from .experiments.test_sweep import SWEEP
from .runs import train_on_few_digits

if __name__ == "__main__":
    torch.set_num_threads(1)
    side_by_side.PROCESSES = 1
    with pytest.MonkeyPatch.context() as patch:
        train_on_few_digits(patch)
        patch.setitem(EXPERIMENTS, "tiny-sweep", SWEEP)
        run("tiny-sweep", part=part_of(sys.argv[1]))
