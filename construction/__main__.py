"""The command line: ``python -m construction run NAME`` and ``python -m construction list``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .errors import ConstructionError
from .experiments import run
from .settings import EXPERIMENTS, record_path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it did what was asked, 1 with one line of reason when not."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "run":
            run(options.name, fresh=options.fresh)
        else:
            _list()
    except ConstructionError as error:
        print(f"construction: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "construction: interrupted. What was finished is kept; the same command, without "
            "--fresh, goes on.",
            file=sys.stderr,
        )
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m construction",
        description="Compute a path of weights along which the loss only goes down.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run", help="compute a named run and cache its record")
    runner.add_argument("name", help="of the run; `list` shows them")
    runner.add_argument("--fresh", action="store_true", help="compute again, training included")
    commands.add_parser("list", help="show the named runs, how long each takes, and what exists")
    return parser


def _list() -> None:
    width = max(map(len, EXPERIMENTS))
    for name, experiment in EXPERIMENTS.items():
        there = "computed" if record_path(name).exists() else f"takes {experiment.takes}"
        print(f"{name:{width}}  {experiment.title}  ({there})")


if __name__ == "__main__":
    sys.exit(main())
