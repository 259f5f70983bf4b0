"""How long the first film takes, stage by stage, from an empty cache.

    python -m benchmarks.first_film [--run digits-mlp] [--quality m]

What ``make path`` does, for any named run: its record is computed into an empty cache, then the
film is rendered from it into an empty folder. The functions of the package that do the work are
timed where it calls them. Set-up (a virtual environment, packages) is left
out. "rest" is what no other row names: writing records, joining routes.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from construction.experiments import run as experiments
from construction.experiments import stages
from construction.experiments.kept import record_path
from construction.experiments.path import measure as routes
from construction.theorem import construct as theorem
from construction.theorem import monotone

from . import parser
from .rendering import render


class Clock:
    """Seconds by stage; of stages inside each other, each second counts for the innermost."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inside = 0.0

    def timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time noted."""
        self.seconds.setdefault(stage, 0.0)

        def measured(*args: Any, **options: Any) -> Any:
            outside, self._inside = self._inside, 0.0
            began = time.perf_counter()
            try:
                return work(*args, **options)
            finally:
                took = time.perf_counter() - began
                self.seconds[stage] += took - self._inside
                self._inside = outside + took

        return measured


#: What each stage calls, where it is looked up.
STAGES: tuple[tuple[str, Any, str], ...] = (
    ("training", stages.Stages, "outcomes"),
    ("forward passes", theorem, "measure"),
    ("conditions, profiles, roots, valley", routes, "construct"),
    ("conditions, profiles, roots, valley", routes, "with_profile"),
    ("proofs", monotone, "prove_path"),
    ("certificates", monotone.MonotonePath, "certify"),
)


def compute(name: str, clock: Clock) -> Path:
    """Compute the record of a run; where it lies."""
    for stage, owner, function in STAGES:
        patch.object(owner, function, clock.timed(stage, getattr(owner, function))).start()
    try:
        report = partial(print, file=sys.stderr)
        clock.timed("rest", experiments.run)(name, fresh=True, report=report)
    finally:
        patch.stopall()
    return record_path(name)


def main() -> None:
    """Print the table."""
    words = parser(__doc__)
    words.add_argument("--run", default="digits-mlp")
    words.add_argument("--quality", choices=("l", "m", "h"), default="m")
    options = words.parse_args()
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        with patch.dict(os.environ, {"CONSTRUCTION_CACHE": folder}):
            record = compute(options.run, clock)
        clock.timed("rendering", render)("path", options.quality, folder, str(record))
    whole = sum(clock.seconds.values())
    print("| stage | seconds | share |")
    print("|---|---|---|")
    for stage, seconds in (*clock.seconds.items(), ("all", whole)):
        print(f"| {stage} | {seconds:.1f} | {seconds / whole:.0%} |")


if __name__ == "__main__":
    main()
