"""The result that a scene shows: from the cache, from a file, or of a run made now."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from construction.errors import InputError, RecordError
from construction.experiments import kept
from construction.experiments.path.curves import table_of
from construction.experiments.table import EXPERIMENTS
from construction.record.findings import Findings
from construction.record.record import Record

DEFAULT_RUN = "mnist-mlp"
#: Files of the results that were read so far.
read: list[Path] = []
#: Processes that computed a result, the last one perhaps still.
computing: list[subprocess.Popen[str]] = []
#: Receives how many steps of a run are done, and of how many; without it a run shows its own bar.
advance: Callable[[int, int], object] | None = None


def record() -> Record:
    """The record of constructed paths, by default of the run `DEFAULT_RUN`.

    Raises:
        RecordError: see `result`; or the sheet of another loss than the squared one without its
            table, as before 0.4.
        InputError: see `result`; or no path was constructed.
    """
    shown = result(DEFAULT_RUN)
    assert isinstance(shown, Record), "the result of a run along a path"
    for route in shown.routes:
        if not route.journeys:
            raise InputError(
                "a record with a constructed path",
                f"none on the route {route.name!r}",
                "`python -m construction plot` draws the sheet without a path.",
            )
        if route.loss != "squared":
            table_of(route)
    return shown


def findings(default: str) -> Findings:
    """The findings of a run that constructs no path; arguments and errors are those of `result`."""
    shown = result(default)
    assert isinstance(shown, Findings), "the result of a run of this kind"
    return shown


def result(default: str) -> kept.Result:
    """The result of the run or file named by CONSTRUCTION_RUN; of the run `default` without it.

    A named run that has no sound result yet is computed first, in a process of its own, with
    progress (`advance`). It has to be of the kind of `default`.

    Raises:
        RecordError: the file is damaged, or the run failed.
        InputError: neither a file nor the name of a run, or of one of another kind.
    """
    wanted = os.environ.get("CONSTRUCTION_RUN", default)
    shown = kept.from_file(Path(wanted)) if kept.is_file(wanted) else None
    if kept.folder_of(shown or wanted) != kept.folder_of(default):
        raise InputError(
            f"a result like that of {default!r}",
            f"{wanted!r}, which is of another kind",
            "Name another one.",
        )
    if shown:
        read.append(Path(wanted))
    return shown or of_run(wanted)


def of_run(name: str) -> kept.Result:
    """The result of a named run, whatever CONSTRUCTION_RUN names; computed where there is none."""
    try:
        shown = kept.result_of(name)
    except RecordError:
        if _computed(name):
            raise RecordError(
                f"the run {name!r} to make a record",
                "that it failed, for the reason printed above",
                f"Try `python -m construction run {name}`.",
            ) from None
        shown = kept.result_of(name)
    read.extend(filter(None, [kept.result_path(name)]))
    return shown


def _computed(name: str) -> int:
    """Compute a named run in a process of its own: its exit code, 0 where it succeeds."""
    command, lines = [sys.executable, "-m", "construction", "run", name], EXPERIMENTS[name].lines
    shown, streams = advance if lines else None, dict[str, Any]()
    with TemporaryFile("w+") as said:
        if shown:
            command.insert(1, "-u")  # each line at once
            streams = {"stdout": subprocess.PIPE, "stderr": said}
        with subprocess.Popen(command, text=True, **streams) as process:
            computing.append(process)
            try:
                for done, _ in enumerate(process.stdout or ()):  # the first says what is to come
                    assert shown is not None, "it has no stdout else"
                    assert lines is not None, "nor is it shown"
                    shown(min(done, lines), lines)
                process.wait()
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            said.seek(0)
            sys.stderr.write(said.read())
    return process.returncode
