"""The command line: ``python -m construction COMMAND``; see `construction.commands`.

Everything else is imported in functions, so that an interruption meanwhile is answered too.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import redirect_stdout
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

#: Exit status after an interruption, as of every command that ends by SIGINT.
INTERRUPTED = 130
#: Modules of `construction.commands` that have another name than their command.
MODULES = dict.fromkeys(("interpolate", "trajectory", "surface"), "measured")
MODULES |= dict.fromkeys(("list", "run", "plot", "explore"), "results")
#: What an interruption leaves of a command that writes before its end.
KEPT = {
    "run": "What was finished is kept; the same command, without --fresh, goes on.",
    **dict.fromkeys(("render", "lecture"), "What was drawn is kept; the same command goes on."),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; see `construction.commands.Exit` for what is returned.

    Raises:
        SystemExit: the command line makes no sense, or asks for help.
    """
    from .commands.parser import parser
    from .errors import ConditionError, ConstructionError, enough_memory

    options = parser().parse_args(arguments)
    try:
        with enough_memory():
            return _execute(options)
    except ConstructionError as error:
        from .commands import Exit
        from .commands.report import in_one_line, printed

        code = Exit.NO_PATH if isinstance(error, ConditionError) else Exit.INPUT
        return printed(options, code, {"reason": in_one_line(error)}, wrong=[error])
    except KeyboardInterrupt:
        kept = KEPT.get(options.command, "Nothing was written.")
        print(f"construction: interrupted. {kept}", file=sys.stderr)
        return INTERRUPTED


def process() -> int:
    """`main` as a process of its own, whose streams may fail and which may be interrupted early."""
    signal.signal(signal.SIGINT, _leave)
    from .commands import Exit
    from .commands.outputs import lasting

    sys.stderr, _ = lasting(sys.stderr)
    sys.stdout, out = lasting(sys.stdout)
    code = main()
    if out:
        sys.stdout.flush()
    failure = out and out.failure
    if failure and not isinstance(failure, BrokenPipeError):  # a reader that left has enough
        print(
            f"construction: standard output could not be written: {failure.strerror}. What was "
            "saved is saved.",
            file=sys.stderr,
        )
        return code or Exit.INPUT
    return code


def _execute(options: Namespace) -> int:
    """The command's own module, which may need torch or matplotlib, is imported only now."""
    own = MODULES.get(options.command, options.command)
    module = import_module(f"{__package__}.commands.{own}")
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "TORCHELASTIC_RUN_ID" not in os.environ or not hasattr(options, "device"):
        return int(module.execute(options))
    from .forward.ranks import joined_ranks, rank_and_size

    with joined_ranks(options.device):
        first = rank_and_size()[0] == 0
        with redirect_stdout(sys.stdout if first else io.StringIO()):
            return int(module.execute(options))


def _leave(number: int, frame: Any) -> None:
    """End at once: an interrupted import would be taken for one that failed."""
    os.write(2, b"construction: interrupted. Nothing was written.\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    sys.exit(process())
