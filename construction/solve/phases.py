"""The phases of a constructed path and their places in s, the parameter that runs along it.

In a *travel* lambda runs and the scale solves ``g(lambda, c) = v(lambda)``; in a *shrink* or
*descend* lambda rests and c runs.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ..profile import Target
from ..sheet.sheet import Branch, Levels, Sheet
from .scale import Scales

#: Length in s of a phase at one lambda, where a travel over [0, 1] has length 1, and the share of
#: the whole drop from which on it is as long; of one with less, so that the objective does not
#: rest. Chosen here.
VERTICAL, VISIBLE = 0.5, 1e-6
#: The least share of that length, in which an s still lies.
LEAST = 1e-12


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


def phases_of(
    target: Target, scales: Scales, levels: Levels, sheet: Sheet, measure: Callable[[float], Sheet]
) -> tuple[Phase, ...]:
    """The travels along a target, with what happens at one lambda before, between and after them.

    The sheet is that of the grid, from lambda 0 to 1; `measure` gives it at any one lambda.

    Raises:
        RootError: the sheet does not reach the target at an end of a stretch.
    """
    phases: list[Phase] = []
    lengths: list[float] = []
    c, branch = 1.0, sheet.branch_of(0)
    for stretch in target.stretches:
        here, there = measure(stretch.start), measure(stretch.stop)
        begin, end = scales.at_end(stretch, here), scales.at_end(stretch, there)
        if not math.isclose(c, begin, rel_tol=1e-9):  # a root of the held scale's own value
            phases.append(Phase("shrink", branch, stretch.start, stretch.start, c, begin))
            lengths.append(_vertical(here, c, begin, levels))
        phases.append(Phase("travel", stretch.branch, stretch.start, stretch.stop, begin, end))
        lengths.append(stretch.stop - stretch.start)
        c, branch = end, stretch.branch
    last = sheet.at(-1)
    if target.stretches[-1].excess(last)[0] > levels.final_excess:
        # down to c = 1, or, where that lies on the left branch, to the ray's other such point
        stop = 1.0 if last.branch_of(0) == "right" else float(last.opposite(1.0)[0])
        phases.append(Phase("descend", "right", 1.0, 1.0, c, stop))
        lengths.append(_vertical(last, c, stop, levels))
    stops = np.cumsum(lengths) / np.sum(lengths)
    stops[-1] = 1.0
    return tuple(
        replace(phase, start=start, stop=stop)
        for phase, (start, stop) in zip(phases, pairwise([0.0, *stops.tolist()]), strict=True)
    )


def _vertical(sheet: Sheet, start: float, stop: float, levels: Levels) -> float:
    """The length of a phase from one scale to another at one lambda."""
    drop = float((sheet.excess(start) - sheet.excess(stop))[0])
    share = drop / (VISIBLE * (levels.initial_excess - levels.final_excess))
    return VERTICAL * min(1.0, max(share, LEAST))


def s_of(phases: Sequence[Phase], lam: float) -> float:
    """The s at which the path travels through lambda; the later one at a shrink."""
    travels = [phase for phase in phases if phase.name == "travel" and phase.lam_start <= lam]
    return travels[-1].s_at(lam)


def _between(start: float, stop: float, share: float) -> float:
    if share in (0.0, 1.0) or start == stop:
        return stop if share else start
    return start + share * (stop - start)
