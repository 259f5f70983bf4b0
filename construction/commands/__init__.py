"""The commands of ``python -m construction``, one a module, each with `execute(options)`.

    solve     the two questions and the path, for the user's own model, weights and data
    certify   a saved result, checked again from the weights
    plot      a figure of a saved result or of a named run
    list      the named runs
    run       one of them

`parser` says what each takes, `imported`, `weights`, `samples` and `problem` read what the user
hands in, `answers` tells the result in words and `report` as JSON.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the exit status of a command says."""

    DONE = 0
    INPUT = 1
    USAGE = 2
    NO_PATH = 3
    NOT_CONFIRMED = 4
    INTERRUPTED = 130
