"""What goes to standard output, and what to standard error."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout


@contextmanager
def user_output_aside(quiet: bool) -> Iterator[None]:
    """Keep standard output for the result: all that is printed meanwhile goes to standard error.

    Args:
        quiet: whether nothing is shown at all, progress bars included.
    """
    if not quiet:
        with redirect_stdout(sys.stderr):
            yield
        return
    nowhere = io.StringIO()
    with redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


#: How Python's arguments are called on the command line.
FLAGS = {
    r"profile='(\w+)'": r"--profile \1",
    r"dtype=torch\.(\w+)": r"--dtype \1",
    r"batch_norm[= ]'(\w+)'": r"--batch-norm \1",
    r"(head|memory)=\.+": r"--\1",
}


def printed(text: object) -> str:
    r"""A message or verdict in one line, though it may quote others of several, with flags named.

    >>> printed("one\n\ttwo: use dtype=torch.float64 or profile='valley'.")
    'one two: use --dtype float64 or --profile valley.'
    """
    line = " ".join(str(text).split())
    for argument, flag in FLAGS.items():
        line = re.sub(argument, flag, line)
    return line
