"""``list``: the named runs, how long each takes, and which are computed. Needs no torch."""

from __future__ import annotations

from argparse import Namespace

from ..kept import kept
from ..settings import EXPERIMENTS, record_path
from . import Exit


def execute(options: Namespace) -> Exit:
    """Print a line a run."""
    width = max(map(len, EXPERIMENTS))
    for name, experiment in EXPERIMENTS.items():
        place = kept(name)
        how = "computed" if place == record_path(name) else "shipped"
        there = f", {how}: {place}" if place else ""
        print(f"{name:{width}}  {experiment.title}  (takes {experiment.takes}{there})")
    return Exit.DONE
