"""A small run, killed at random moments and inside writes, and taken up again each time.

    python -m tests.campaigns.kills [KILLS]     50 kills, and a table

Whenever it completes it has the numbers of a run that was never killed, and nothing is left over
beside its record and the weights of its network; then it begins anew.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from construction.experiments import run as experiments
from construction.experiments.kept import record_path
from construction.files import storage
from construction.progress import lock_alone
from construction.record.findings import differences

from ..runs import name_a_run

SMALL = {"points": 9, "checks": 9, "profiles": ("even", "valley")}
#: Files that are written in all: weights, states and descriptions of two networks, and records.
WRITES = 20


def computed(folder: Path, call: int = 0) -> Path:
    """Compute the run; the write of this number, negative for behind it, kills the process."""
    real, calls = os.replace, 0

    def replace(source: Any, target: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == abs(call):
            if call < 0:
                real(source, target)
            else:
                os.truncate(source, os.path.getsize(source) // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        real(source, target)

    with pytest.MonkeyPatch.context() as patch:
        name_a_run(patch, folder, **SMALL)
        patch.setattr(storage.os, "replace", replace)
        experiments.run("tiny", report=lambda line: None)
        return record_path("tiny")


def started(folder: Path, call: int = 0) -> int:
    """The number of a process that computes the run; it is a copy of this one."""
    number = os.fork()
    if number == 0:
        status = 1
        try:
            lock_alone()  # of a lock that all copies shared the killed one would keep hold
            computed(folder, call)
            status = 0
        finally:
            os._exit(status)
    return number


def status_of(number: int) -> int:
    """How a process ended: negative for the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def everything_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def campaign(kills: int, folder: Path, seed: int = 0) -> Counter[str]:
    """Kill so many processes; what is counted, faults among it."""
    rng, counts = random.Random(seed), Counter[str]()
    whole, killed = folder / "whole", folder / "killed"
    record = computed(folder / "first")  # what is compiled on first use is not timed
    began = time.perf_counter()
    record = computed(whole)
    seconds = time.perf_counter() - began
    while counts["killed inside a write"] + counts["killed at a random moment"] < kills:
        if rng.random() < 0.5:
            status = status_of(started(killed, rng.choice([1, -1]) * rng.randint(1, WRITES)))
            counts["killed inside a write"] += status == -signal.SIGKILL
        else:
            number = started(killed)
            time.sleep(rng.uniform(0, 1.2) * seconds)
            os.kill(number, signal.SIGKILL)
            status = status_of(number)
            counts["killed at a random moment"] += status == -signal.SIGKILL
        counts["fault: ended with an error"] += status not in (0, -signal.SIGKILL)
        for left in killed.rglob("*".join(storage.SCRATCH)):
            os.utime(left, (0, 0))  # as if a while had passed
        if status == 0:
            counts += outcome(killed, whole, record)
            shutil.rmtree(killed)
    status = status_of(started(killed))
    counts["fault: ended with an error"] += status != 0
    return counts + outcome(killed, whole, record)


def outcome(killed: Path, whole: Path, record: Path) -> Counter[str]:
    """What is found where a run has completed."""
    other = killed / record.relative_to(whole)
    over = everything_in(killed) ^ everything_in(whole)
    found = Counter({"completed": 1, "fault: left over or missing": len(over)})
    found["fault: other numbers"] = int(not other.exists() or bool(differences(other, record)))
    return found


def main(arguments: list[str]) -> int:
    """Print what became of the kills."""
    with tempfile.TemporaryDirectory() as folder:
        counts = campaign(int(arguments[0]) if arguments else 50, Path(folder))
    for what, count in sorted(counts.items()):
        print(f"{count:6}  {what}")
    faults = sum(count for what, count in counts.items() if what.startswith("fault"))
    print(f"{faults:6}  faults")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
