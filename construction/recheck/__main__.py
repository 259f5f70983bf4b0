"""``python -m construction.recheck PROOF.npz ...``."""

from __future__ import annotations

import sys
import zipfile

from .claims import NOTHING, verify
from .content import File, RefusedError

USAGE = "usage: python -m construction.recheck PROOF.npz ..."


def main(paths: list[str]) -> int:
    """Print what is verified, and what follows.

    Returns:
        0 if something follows from each file, 1 if nothing does or a claim is refused, 2 for a file
        that is no proof.
    """
    if not paths or paths[0].startswith("-"):
        print(USAGE, file=sys.stdout if paths else sys.stderr)
        return 0 if paths and paths[0] in ("-h", "--help") else 2
    return max(_verified(path) for path in paths)


def _verified(path: str) -> int:
    line = NOTHING
    try:
        for line in verify(File(path)):
            print(f"{path}: {line}", flush=True)
    except RefusedError as error:
        print(f"{path}: REFUSED: {error}", file=sys.stderr)
        return 1
    except (OSError, KeyError, IndexError, TypeError, ValueError, zipfile.BadZipFile) as error:
        print(f"{path}: no proof, such as save_proof writes: {error!r}", file=sys.stderr)
        return 2
    return int(line.endswith(NOTHING))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
