"""Where a scene's record comes from: the cache, a file, or a run made now."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from construction.errors import RecordError
from construction.record import Record
from construction.settings import record_path

DEFAULT_RUN = "mnist-mlp"


def record() -> Record:
    """The record named by CONSTRUCTION_RUN, a run's name or a file; `DEFAULT_RUN` without it.

    A named run that has no sound record yet is computed first, in a process of its own, with
    progress.

    Raises:
        RecordError: the file is no whole record, or the run failed.
        InputError: neither a file nor the name of a run.
    """
    wanted = os.environ.get("CONSTRUCTION_RUN", DEFAULT_RUN)
    if wanted.endswith(".npz") or Path(wanted).is_file():
        return Record.load(wanted)
    place = record_path(wanted)
    try:
        return Record.load(place)
    except RecordError:
        command = [sys.executable, "-m", "construction", "run", wanted]
        if subprocess.run(command, check=False).returncode:
            raise RecordError(
                f"the run {wanted!r} to make a record",
                "that it failed, for the reason printed above",
                f"Try `python -m construction run {wanted}`.",
            ) from None
        return Record.load(place)
