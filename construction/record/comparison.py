"""Whether two results on disk hold the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import RecordError
from ..files import archive

#: How many arrays are named that differ most.
NAMED = 4


def differences(one: Path, other: Path) -> dict[str, float]:
    """Arrays that are not the same to the bit, and by how much, the most different first.

    How much is the largest distance of two entries over the largest absolute entry of the other;
    infinite where one of the arrays is missing, or of another shape or type.

    Raises:
        RecordError: see `construction.files.archive.read`.
    """
    mine, others = archive.read(one)[0], archive.read(other)[0]
    found = {
        name: _distance(mine.get(name), others.get(name))
        for name in dict.fromkeys([*mine, *others])
    }
    differing = [(name, by) for name, by in found.items() if by is not None]
    return dict(sorted(differing, key=lambda pair: -pair[1]))


def told_beside(place: Path, other: Path, which: str) -> str:
    """One line about a new result beside another one.

    Args:
        place: of the new one.
        other: of the other one.
        which: what the other one is, "earlier" or "shipped".
    """
    try:
        found = differences(place, other)
    except RecordError as error:
        return f"not compared with the {which} record, which is unusable. {error}"
    if not found:
        return f"the same numbers as in the {which} record"
    named = [
        f"{name} by {by:.1e}" if np.isfinite(by) else f"{name} altogether"
        for name, by in list(found.items())[:NAMED]
    ]
    rest = f", and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"other numbers than in the {which} record: {', '.join(named)}{rest}"


def _distance(mine: NDArray[np.generic] | None, other: NDArray[np.generic] | None) -> float | None:
    """None where they are the same."""
    if mine is None or other is None or (mine.shape, mine.dtype) != (other.shape, other.dtype):
        return np.inf
    if mine.tobytes() == other.tobytes():
        return None
    one, two = mine.astype(float), other.astype(float)
    apart = one != two
    if not apart.any():
        return 0.0
    largest = np.abs(np.where(np.isfinite(two), two, 0)).max()
    with np.errstate(divide="ignore"):
        return float(np.abs(one - two)[apart].max() / largest)
