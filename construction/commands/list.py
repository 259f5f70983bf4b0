"""``list``: the named runs, how long each takes, and which are computed. Needs no torch."""

from __future__ import annotations

from argparse import Namespace

from ..settings import EXPERIMENTS, record_path
from . import Exit


def execute(options: Namespace) -> Exit:
    """Print a line a run."""
    width = max(map(len, EXPERIMENTS))
    for name, experiment in EXPERIMENTS.items():
        place = record_path(name)
        there = f", computed: {place}" if place.exists() else ""
        print(f"{name:{width}}  {experiment.title}  (takes {experiment.takes}{there})")
    return Exit.DONE
