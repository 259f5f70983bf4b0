"""``list`` and ``run``: the named runs, what exists of them, and one computed."""

from argparse import Namespace

from ..data import source_of
from ..experiments.kept import record_path, result_path
from ..experiments.settings import Settings
from ..experiments.table import EXPERIMENTS
from . import Exit


def execute(options: Namespace) -> Exit:
    """Compute a run with progress; or list them all, how long they take, and what exists of them.

    Raises:
        ConstructionError: see `construction.experiments.run.run`.
    """
    if options.command == "run":
        from ..experiments.run import run  # needs torch

        run(options.name, fresh=options.fresh, device=options.device)
        return Exit.DONE
    width = max(map(len, EXPERIMENTS))
    for name, settings in EXPERIMENTS.items():
        notes = "; ".join([f"takes {settings.takes}", *_data(settings), _standing(name)])
        print(f"{name:{width}}  {settings.title}  ({notes})")
    return Exit.DONE


def _data(settings: Settings) -> list[str]:
    """The data sets, and what has to be downloaded of them."""
    return [
        f"on {name}"
        if source_of(name).is_here()
        else f"on {name}, a download of {source_of(name).megabytes} MB"
        for name in settings.data_sets
    ]


def _standing(name: str) -> str:
    place = result_path(name)
    if place is None:
        return "not computed"
    return f"computed: {place}" if place == record_path(name) else f"shipped: {place}"
