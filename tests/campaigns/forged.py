"""Forged proofs, none confirmed that is false: ``python -m tests.campaigns.forged --count 3000``.

True proofs are altered in one to three fields, sealed again as `save_proof` seals, and given to the
verifying program; whatever it confirms is judged by `forged_judge`, which looks at many points of
the sheet in 80-bit floats. Ends with 1 if anything false was confirmed; the file is kept.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from construction.errors import ConstructionError
from construction.files import archive
from construction.recheck.archive import UnreadableError
from construction.recheck.bounds import Bounds
from construction.recheck.claims import verify
from construction.recheck.content import File, RefusedError
from construction.recheck.floats import Floats

from .forged_judge import Judge
from .forger import Arrays, Manifest, forged
from .true_proofs import true_proofs


def opened(file: Path) -> tuple[Manifest, Arrays]:
    """The manifest and the arrays of a file."""
    with zipfile.ZipFile(file) as content:
        manifest = json.loads(content.read("manifest.json"))
        arrays = {
            name: np.load(BytesIO(content.read(f"{name}.npy"))) for name in manifest["arrays"]
        }
    return manifest, arrays


class Counted(Bounds):
    """Says whether it was asked at all."""

    asked = False

    def _outputs_between(self, lams: Any, anchored: bool) -> Any:
        self.asked = True
        return super()._outputs_between(lams, anchored)

    def least_difference(self, *arguments: Any) -> float:
        self.asked = True
        return super().least_difference(*arguments)


def verdict(file: Path, exact: bool = False) -> tuple[str, list[str], bool]:
    """What the program makes of a file, its lines, and whether it came to compute anything."""
    lines: list[str] = []
    reached = False
    with np.errstate(all="ignore"):
        try:
            proof = File(str(file))
            if exact:
                from construction.recheck.balls import Balls

                lines += verify(proof, Bounds(proof, Balls()))
                reached = True
            else:
                bounds = Counted(proof, Floats())
                try:
                    for line in verify(proof, bounds):
                        lines.append(line)
                finally:
                    reached = bounds.asked
        except UnreadableError:
            return "unreadable", lines, reached
        except RefusedError:
            return "refuted", lines, reached
    follows = not lines[-1].endswith("nothing follows")
    return "confirmed" if follows else "nothing follows", lines, reached


def campaign(
    count: int, seed: int, folder: Path, balls_every: int = 0
) -> tuple[Counter[str], list[str]]:
    """Forge so many, and count what becomes of them; the second list is of what is false."""
    random = np.random.default_rng(seed)
    proofs = [opened(file) for file in true_proofs(folder)]
    counts, found = Counter[str](), list[str]()
    for k in range(count):
        manifest, arrays = forged(random, *proofs[random.integers(len(proofs))])
        file = folder / "forged.npz"
        try:
            archive.write(file, arrays, manifest)
        except ConstructionError:  # NaN: not even sealed
            counts["not sealed"] += 1
            continue
        for exact in (False, True) if balls_every and k % balls_every == 0 else (False,):
            outcome, lines, reached = verdict(file, exact)
            way = "balls: " if exact else ""
            counts[way + outcome] += 1
            counts[way + "reached the arithmetic"] += reached
            wrong = list(Judge(manifest, arrays).false(lines)) if lines else []
            counts[way + "lines judged"] += len(lines)
            if wrong:
                counts[way + "FALSE"] += 1
                found.append(f"{way}forgery {k}: {'; '.join(wrong)}")
                shutil.copy(file, folder / f"false-{k}.npz")
    return counts, found


def main() -> int:
    """Run, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--balls-every", type=int, default=0, metavar="N", help="each N-th also exactly"
    )
    parser.add_argument(
        "--folder", type=Path, help="where files are written; what is false is kept"
    )
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    counts, found = campaign(options.count, options.seed, folder, options.balls_every)
    for name, number in sorted(counts.items()):
        print(f"{number:7d}  {name}")
    for line in found:
        print(f"FALSE, kept in {folder}: {line}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
