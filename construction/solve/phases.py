"""The phases of a constructed path and their places in s, the parameter that runs along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..sheet.sheet import Branch

#: Length in s of a phase at one lambda, where a travel over [0, 1] has length 1; chosen here.
VERTICAL = 0.5


@dataclass(frozen=True)
class Phase:
    """A stretch of the constructed path, s from `start` to `stop`.

    Attributes:
        name: "travel" (lambda runs), "shrink" (c moves to c* at one lambda) or "descend" (c falls
            at lambda = 1).
        branch: on which c lies, or moves.
        lam_start, lam_stop: equal for "shrink" and "descend".
        scale_start, scale_stop: c at both ends.
        start, stop: in s, of [0, 1].
    """

    name: str
    branch: Branch
    lam_start: float
    lam_stop: float
    scale_start: float
    scale_stop: float
    start: float = 0.0
    stop: float = 1.0

    def lam_at(self, share: float) -> float:
        """Lambda after a share of the phase, exact at both ends."""
        return _between(self.lam_start, self.lam_stop, share)

    def s_at(self, lam: float) -> float:
        """The s of a lambda in a travel, exact at both ends."""
        share = (lam - self.lam_start) / (self.lam_stop - self.lam_start)
        return _between(self.start, self.stop, share)

    def scale_at(self, share: float) -> float:
        """The scale of a phase at one lambda, after a share of it, exact at both ends."""
        return _between(self.scale_start, self.scale_stop, share)


def in_s(stretches: Sequence[Phase]) -> tuple[Phase, ...]:
    """The phases with their places in s: as long as lambda's way, or `VERTICAL`.

    >>> down = Phase("descend", "right", 1.0, 1.0, 3.0, 1.0)
    >>> [round(phase.stop, 3) for phase in in_s([Phase("travel", "right", 0, 1, 1, 3), down])]
    [0.667, 1.0]
    """
    lengths = [phase.lam_stop - phase.lam_start or VERTICAL for phase in stretches]
    stops = np.cumsum(lengths) / np.sum(lengths)
    stops[-1] = 1.0
    starts = [0.0, *stops[:-1]]
    return tuple(
        replace(phase, start=float(start), stop=float(stop))
        for phase, start, stop in zip(stretches, starts, stops, strict=True)
    )


def _between(start: float, stop: float, share: float) -> float:
    if share in (0.0, 1.0) or start == stop:
        return stop if share else start
    return start + share * (stop - start)
