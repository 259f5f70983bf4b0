"""Where results go: files that lose nothing of the user's, and a standard output that may fail."""

import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from ..errors import CacheError, InputError, reading
from ..files.archive import KINDS, kind_of
from ..files.storage import ensure_folder, scratch
from ..files.user_code import as_input_errors

#: Fewest points of a check.
LEAST = 5
#: Options that name files which are read.
READ = ("initial", "final", "checkpoint", "bezier", "data", "test")


class Output(io.FileIO):
    """A stream that goes on when its reader has left or its disk is full, and knows why.

    Attributes:
        failure: the error of the first write that failed; nothing is written after it.
    """

    failure: OSError | None = None

    def write(self, content: Any) -> int:
        """Write what the stream takes; all of it counts as written."""
        if self.failure is None:
            try:
                return super().write(content)
            except OSError as error:
                self.failure = error
        return len(content)


def lasting(stream: Any) -> tuple[Any, Output | None]:
    """A stream to print on, with signs that its encoding lacks escaped, and the `Output` below.

    One that is closed, or somebody's own, is left as it is.
    """
    if not isinstance(stream, io.TextIOWrapper):
        return stream, None
    out = Output(stream.fileno(), "w", closefd=False)
    form = (stream.encoding, "backslashreplace", None, stream.line_buffering or out.isatty())
    return io.TextIOWrapper(io.BufferedWriter(out), *form), out


@contextmanager
def user_code_running(quiet: bool) -> Iterator[None]:
    """Turn errors of the user's code into input errors, and keep standard output for the result.

    What is printed meanwhile goes to standard error; when quiet nowhere, progress bars included.
    """
    aside, run = io.StringIO() if quiet else sys.stderr, "the model, the loss and the data to run"
    with redirect_stdout(aside), redirect_stderr(aside), as_input_errors(run):
        yield


def require_check(points: int, *, at_all: bool) -> None:
    """Refuse by an InputError a check of too few points; of 0 too where it has to be."""
    if points < LEAST and (points or at_all):
        wanted = f"--check of at least {LEAST} points{'' if at_all else ', or of 0'}"
        raise InputError(wanted, f"{points}", "101 is a good number.")


def files_read(options: Namespace) -> list[Path]:
    """The files of weights and data that the options name."""
    given = [vars(options).get(name) or [] for name in READ]
    return [Path(one) for some in given for one in ([some] if isinstance(some, Path) else some)]


def require_places(inputs: Sequence[Path], places: Mapping[str, tuple[Path | None, str]]) -> None:
    """Refuse, before anything is computed, results that cannot be saved or would destroy others.

    Args:
        inputs: files that are read.
        places: by the flag that names each, where it is to lie, and of which of `KINDS` it is, or
            else the endings that it may have, as ".svg .png".

    Raises:
        InputError: another ending, a folder, a file that is read or written beside, one that may
            not be replaced, or one of another kind.
        CacheError: the folder cannot be written.
    """
    earlier = [(f"{path}, which is read", path) for path in inputs]
    for flag, (place, kind) in places.items():
        if place is None:
            continue
        endings = [".npz"] if kind in KINDS else kind.split()
        if place.suffix.lower() not in endings:
            wanted = f"{flag} FILE{' or '.join(endings)}"
            raise InputError(wanted, f"{place}", "Choose such a name.")
        for what, other in earlier:
            both = os.path.exists(place) and os.path.exists(other)
            same = os.path.realpath(place) == os.path.realpath(other)
            if same or (both and place.samefile(other)):  # by links of any kind
                found = f"{place}, the same file as {what}"
                remedy = "It would be lost: name another file."
                raise InputError(f"{flag} with a name of its own", found, remedy)
        earlier.append((flag, place))
        if (os.path.lexists(place) and not os.path.isfile(place)) or os.path.isdir(place):
            raise InputError(f"{flag} to name a file", f"{place}, which is none", "Name a file.")
        if os.path.exists(place) and not os.access(place, os.R_OK | os.W_OK):
            raise InputError(f"{flag} that may be replaced", f"{place}, protected", "Name another.")
        with scratch(ensure_folder(place.parent)) as within:
            (within / place.name).touch()
        if kind not in KINDS or not place.exists() or not place.stat().st_size:
            continue
        with reading(f"{flag} where nothing of yours lies", InputError, "Name another file."):
            there = kind_of(place)
        if there != KINDS[kind]:
            raise InputError(
                f"{flag} to replace no more than {KINDS[kind].split(',')[0]}",
                f"{there} at {place}",
                "Name another file, or move that one away.",
            )


def saved(write: Callable[[], Any]) -> CacheError | None:
    """Write a result, on the first rank; the error, so that the answer is printed all the same."""
    from ..forward.ranks import of_first_rank  # imported late: it needs torch

    def failure() -> CacheError | None:
        try:
            write()
        except CacheError as error:
            return error
        return None

    return of_first_rank(failure)
