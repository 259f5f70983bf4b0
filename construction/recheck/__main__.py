"""``python -m construction.recheck PROOF.npz ...``."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

import numpy as np

from .archive import UnreadableError
from .binding import compared
from .bounds import Bounds
from .claims import NOTHING, verify
from .content import File, RefusedError
from .floats import Floats
from .network import Numbers

VERIFIED, REFUSED, UNREADABLE, NOT_TOLD, INTERRUPTED = 0, 1, 2, 3, 130

EXIT = """exit codes: 0 from each file something follows, and nothing in it is refuted; 1 a claim or
a number is refuted, or nothing follows; 2 a file cannot be read as what it should be; 3 the lines
cannot be written"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is verified, and what follows; see `EXIT` for the result."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # a name may hold letters that a terminal lacks
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return max(_verified(path, options) for path in options.proof)
    except KeyboardInterrupt:
        print("recheck: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:  # of the output: those of the files are unreadable
        # what is still in the buffer must not fail once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"recheck: the output cannot be written: {error}", file=sys.stderr)
        return NOT_TOLD


def _verified(path: str, options: argparse.Namespace) -> int:
    line = NOTHING  # printed without what could pass for lines of its own, as names in a file may
    try:
        for line in _lines(path, options):
            print(f"{path}: {''.join(filter(str.isprintable, line))}", flush=True)
    except RefusedError as error:
        print(f"{path}: REFUSED: {error}", file=sys.stderr)
        return REFUSED
    except UnreadableError as error:
        print(f"{path}: no proof, such as save_proof writes: {error}", file=sys.stderr)
        return UNREADABLE
    except MemoryError:
        print(f"{path}: more memory is needed than there is", file=sys.stderr)
        return UNREADABLE
    return REFUSED if line.endswith(NOTHING) else VERIFIED


def _lines(path: str, options: argparse.Namespace) -> Iterator[str]:
    numbers: Numbers = Floats()
    if options.exact:
        try:
            from .balls import Balls
        except ModuleNotFoundError as error:
            needs = "--exact needs python-flint: pip install 'construction[exact]'"
            raise UnreadableError(needs) from error
        numbers = Balls()
    with np.errstate(all="ignore"):  # bounds beyond float64 are refused where they are compared
        file = File(path)
        yield from compared(file, options.initial, options.final, options.data)
        yield f"about: {file.summary}"
        yield "compared: that each inequality holds, not by how much the file says that it does"
        yield from verify(file, Bounds(file, numbers))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m construction.recheck",
        description="Verifies proofs that `construction.save_proof` wrote: that each inequality "
        "holds. What a file says of by how much, its bounds, is not compared.",
        epilog=EXIT,
    )
    parser.add_argument("proof", nargs="+", metavar="PROOF.npz")
    parser.add_argument(
        "--exact", action="store_true", help="in ball arithmetic, which needs python-flint; slower"
    )
    own = parser.add_argument_group("your own files, whose numbers the proof has to be about")
    kinds = ".safetensors or .npz"
    own.add_argument("--initial", metavar="FILE", help=f"weights W(0), {kinds}")
    own.add_argument("--final", metavar="FILE", help=f"weights W(1), {kinds}")
    own.add_argument("--data", metavar="FILE", help=f"arrays inputs and targets, {kinds}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
