"""The command line: ``python -m construction COMMAND``; see `construction.commands`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from .commands import Exit
from .commands.parser import parser
from .commands.report import as_json, in_one_line
from .errors import ConditionError, ConstructionError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; see `construction.commands.Exit` for what is returned.

    Raises:
        SystemExit: the command line makes no sense, or asks for help.
    """
    options = parser().parse_args(arguments)
    try:
        return _execute(options)
    except ConstructionError as error:
        return _refuse(options, error)
    except KeyboardInterrupt:
        print(f"construction: interrupted. {_kept(options.command)}", file=sys.stderr)
        return Exit.INTERRUPTED


def _execute(options: Namespace) -> Exit:
    """The command's own module, which may need torch or matplotlib, is imported only now."""
    match options.command:
        case "solve":
            from .commands.solve import execute
        case "certify":
            from .commands.certify import execute
        case "plot":
            from .commands.plot import execute
        case "list":
            from .commands.runs import list_runs as execute
        case _:
            from .commands.runs import run_named as execute
    return execute(options)


def _refuse(options: Namespace, error: ConstructionError) -> Exit:
    """One line of reason, and for programs the same as JSON."""
    exit_code = Exit.NO_PATH if isinstance(error, ConditionError) else Exit.INPUT
    reason = in_one_line(error)
    print(f"construction: {reason}", file=sys.stderr)
    if getattr(options, "json", False):
        print(as_json({"command": options.command, "exit_code": int(exit_code), "reason": reason}))
    return exit_code


def _kept(command: str) -> str:
    if command == "run":
        return "What was finished is kept; the same command, without --fresh, goes on."
    return "Nothing was written."


if __name__ == "__main__":
    sys.exit(main())
