"""The commands of ``python -m construction``.

    solve     the two questions and the path, for the user's own model, weights and data
    certify   a saved result, checked again from the weights
    interpolate, trajectory, surface
              what is measured beside the theorem, of the user's own network
    plot      a figure of a saved result or of a named run
    explore   a page in which one moves lambda, c and the target
    list      the named runs
    run       one of them
    render    films of them
    lecture   deck, slides, handout and films of a class hour

`options` has every option once, `parser` says which a command takes; `inputs` reads what the user
hands in, `outputs` looks after what is written; `solve`, `certify`, `measured`, `results` (plot,
explore, list and run), `render` and `lecture` do what is asked; `report` words it.
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
