"""The shipped records computed again, with other threads and other instruction sets.

    python -m tests.campaigns.same_numbers KEPT [RUN ...]     a table: a row a run

Each run is computed for each of `VARIANTS` by a process of its own, trainings included, into a
cache below the folder KEPT; what lies there is taken up, so that the campaign can be interrupted. A
cell says how far the numbers are from the shipped ones, and how many sentences of the shipped
findings hold. Data that are not embedded are found as always, see `construction.data.load`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from construction.experiments import kept
from construction.experiments.claims import claims
from construction.experiments.kept import SHIPPED, load_result, record_path
from construction.experiments.run import run
from construction.experiments.table import kind_of, named
from construction.record.findings import TOLERANCE, differences

#: What each variant says in the environment. The last has ATen compute without vectors, oneDNN with
#: AVX2 at most, and MKL, which multiplies matrices, leave out what only some processors have.
VARIANTS = {
    "1 thread": {"OMP_NUM_THREADS": "1"},
    "2 threads": {"OMP_NUM_THREADS": "2"},
    "other instructions": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_CBWR": "COMPATIBLE",
    },
}


def compute(name: str) -> Path:
    """Compute a run, or take it from the cache, as if nothing were shipped."""
    kept.SHIPPED = Path(os.devnull)
    run(name)
    return record_path(name)


def computed(name: str, variant: str, folder: Path) -> Path:
    """Where the result of a run lies that a process of its own has computed."""
    cache = folder / variant.replace(" ", "-").replace(",", "")
    command = [sys.executable, "-m", __spec__.name, "--compute", name]
    environment = {**os.environ, **VARIANTS[variant], "CONSTRUCTION_CACHE": str(cache)}
    subprocess.run(command, env=environment, stdout=sys.stderr, check=True)
    return cache / "records" / record_path(name).name


def compared(name: str, place: Path) -> tuple[str, bool]:
    """A result beside the shipped one, in words; and whether every sentence holds."""
    shipped = SHIPPED / f"{name}.npz"
    by = differences(place, shipped)
    largest = max(by.values(), default=0.0)
    numbers = f"to {largest:.0e}" if largest <= TOLERANCE else "others"
    finding = kind_of(named(name)).words.finding
    mine, wanted = (claims(finding(load_result(name, one))) for one in (place, shipped))
    held = sum(sentence in mine for sentence in wanted)
    return f"{numbers if by else 'same bits'}; {held} of {len(wanted)} hold", held == len(wanted)


def main(arguments: list[str]) -> int:
    """Print a row a run as soon as it is computed; 1 if a sentence of any does not hold."""
    if arguments[0] == "--compute":
        compute(arguments[1])
        return 0
    names = arguments[1:] or sorted(place.stem for place in SHIPPED.glob("*.npz"))
    print(f"| | {' | '.join(VARIANTS)} |\n|---|{'---|' * len(VARIANTS)}")
    every = True
    for name in names:
        cells = [compared(name, computed(name, one, Path(arguments[0]))) for one in VARIANTS]
        every &= all(holds for _, holds in cells)
        print(f"| {name} | {' | '.join(words for words, _ in cells)} |", flush=True)
    return int(not every)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
