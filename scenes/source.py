"""Where a scene's record comes from: the cache, a file, or a run made now."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from construction.errors import InputError, RecordError
from construction.record import Record
from construction.settings import EXPERIMENTS, Proposition, record_path

DEFAULT_RUN = "mnist-mlp"


def record() -> Record:
    """The record named by CONSTRUCTION_RUN, a run's name or a file; `DEFAULT_RUN` without it.

    A named run that has no sound record yet is computed first, in a process of its own, with
    progress.

    Raises:
        RecordError: the file is no whole record, or the run failed.
        InputError: neither a file nor the name of a run, or one that the film cannot tell.
    """
    wanted = os.environ.get("CONSTRUCTION_RUN", DEFAULT_RUN)
    if isinstance(EXPERIMENTS.get(wanted), Proposition):
        raise InputError(
            "a run along a path", f"{wanted!r}, which has none", "Name another run or a record."
        )
    if wanted.endswith(".npz") or Path(wanted).is_file():
        return _shown(Record.load(wanted))
    place = record_path(wanted)
    try:
        return _shown(Record.load(place))
    except RecordError:
        command = [sys.executable, "-m", "construction", "run", wanted]
        if subprocess.run(command, check=False).returncode:
            raise RecordError(
                f"the run {wanted!r} to make a record",
                "that it failed, for the reason printed above",
                f"Try `python -m construction run {wanted}`.",
            ) from None
        return _shown(Record.load(place))


def _shown(record: Record) -> Record:
    """The record, if the film can tell it.

    Raises:
        InputError: no path was constructed, or the sheet is not the squared loss's, whose parabolas
            the film draws.
    """
    for route in record.routes:
        if not route.journeys:
            raise InputError(
                "a record with a constructed path",
                f"none on the route {route.name!r}",
                "`python -m construction plot` draws the sheet without a path.",
            )
        if route.loss != "squared":
            raise InputError(
                "a record of the squared loss, whose rays are parabolas",
                f"one of the loss {route.loss!r}",
                "`python -m construction plot` draws every loss.",
            )
    return record
