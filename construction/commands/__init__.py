"""The commands of ``python -m construction``.

`options` has every option once, `parser` says which a command takes; `inputs` reads what the user
hands in, `outputs` looks after what is written; `solve`, `certify`, `measured`, `results` (plot,
explore, list and run), `render` and `lecture` do what is asked; `report` words it. The `execute` of
each raises a ConstructionError where something that was given cannot be used.
"""

from enum import IntEnum


class Exit(IntEnum):
    """What the exit status of a command says."""

    DONE = 0
    INPUT = 1
    USAGE = 2
    NO_PATH = 3
    NOT_CONFIRMED = 4
    INTERRUPTED = 130
