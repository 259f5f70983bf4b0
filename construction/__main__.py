"""The command line: ``python -m construction COMMAND``; see `construction.commands`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from .commands import Exit
from .commands.output import printed
from .commands.parser import parser
from .commands.report import as_json
from .errors import ConditionError, ConstructionError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; see `construction.commands.Exit` for what is returned.

    Raises:
        SystemExit: the command line makes no sense, or asks for help.
    """
    options = parser().parse_args(arguments)
    command = import_module(f".commands.{options.command}", __package__)
    try:
        exit_code: Exit = command.execute(options)
    except ConstructionError as error:
        return _refused(options, error)
    except KeyboardInterrupt:
        print(f"construction: interrupted. {_kept(options.command)}", file=sys.stderr)
        return Exit.INTERRUPTED
    return exit_code


def _refused(options: Namespace, error: ConstructionError) -> Exit:
    """One line of reason, and for programs the same as JSON."""
    exit_code = Exit.NO_PATH if isinstance(error, ConditionError) else Exit.INPUT
    print(f"construction: {printed(error)}", file=sys.stderr)
    if getattr(options, "json", False):
        found = {"command": options.command, "exit_code": int(exit_code), "reason": printed(error)}
        print(as_json(found))
    return exit_code


def _kept(command: str) -> str:
    if command == "run":
        return "What was finished is kept; the same command, without --fresh, goes on."
    return "Nothing was written."


if __name__ == "__main__":
    sys.exit(main())
