"""``run``: a named run, computed or from the cache."""

from __future__ import annotations

from argparse import Namespace

from ..experiments.run import run
from . import Exit


def execute(options: Namespace) -> Exit:
    """Compute the run with progress, or say where its record lies.

    Raises:
        ConstructionError: see `construction.experiments.run.run`.
    """
    run(options.name, fresh=options.fresh, device=options.device)
    return Exit.DONE
