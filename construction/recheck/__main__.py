"""``python -m construction.recheck PROOF.npz ...``."""

from __future__ import annotations

import sys
import zipfile

from .claims import verify
from .content import File, RefusedError


def main(paths: list[str]) -> int:
    """Print what is verified; 0 if all that the files claim is, 1 if not, 2 if unreadable."""
    if not paths:
        print("usage: python -m construction.recheck PROOF.npz ...", file=sys.stderr)
        return 2
    for path in paths:
        try:
            file = File(path)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            print(f"{path}: no proof that can be read: {error}", file=sys.stderr)
            return 2
        try:
            for line in verify(file):
                print(f"{path}: {line}", flush=True)
        except RefusedError as error:
            print(f"{path}: REFUSED: {error}", file=sys.stderr)
            return 1
        except (KeyError, IndexError, TypeError, ValueError, StopIteration) as error:
            print(f"{path}: no proof that makes sense: {error!r}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
