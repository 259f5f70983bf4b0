"""Texts that keep clear of each other and of the curves.

Curves are named in the right margin, at the heights where they end, moved apart; words inside a
panel take the first of several places that is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, in points."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Whether the two have a point in common.

        >>> Box(0, 0, 2, 2).meets(Box(1, 1, 3, 3)), Box(0, 0, 1, 1).meets(Box(2, 0, 3, 1))
        (True, False)
        """
        apart = self.right < other.left or other.right < self.left
        return not (apart or self.top < other.bottom or other.top < self.bottom)

    def within(self, other: Box) -> bool:
        """Whether this one lies in the other."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )

    def crossed_by(self, corners: Points) -> bool:
        """Whether a polyline, (corners, 2), passes through.

        >>> Box(0, 0, 1, 1).crossed_by(np.array([[-1.0, 0.5], [2.0, 0.6]]))
        True
        """
        start, stop = corners[:-1], corners[1:]
        low = np.array([self.left, self.bottom])
        high = np.array([self.right, self.top])
        step = stop - start
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            one, two = (low - start) / step, (high - start) / step
        still = step == 0
        inside = (start >= low) & (start <= high)
        enter = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(one, two))
        leave = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(one, two))
        first = np.maximum(enter.max(axis=1), 0.0)
        last = np.minimum(leave.min(axis=1), 1.0)
        return bool((first <= last).any())


def free(
    places: Iterable[Box], page: Box, taken: Sequence[Box], curves: Sequence[Points]
) -> Box | None:
    """The first place on the page that no other text takes and no curve passes, or None."""
    for box in places:
        if not box.within(page) or any(box.meets(other) for other in taken):
            continue
        if not any(box.crossed_by(corners) for corners in curves):
            return box
    return None


def spread(heights: Sequence[float], room: float, low: float, high: float) -> list[float]:
    """Heights in the same order, at least `room` apart, moved as little as may be.

    Groups that are too close are put around the mean of where they should be, and joined with
    their neighbours while they touch; all stay between `low` and `high` where there is room.

    >>> spread([0.0, 10.0, 10.5], 2.0, -5.0, 20.0)
    [0.0, 9.25, 11.25]
    """
    order = np.argsort(heights, kind="stable")
    groups: list[list[float]] = []
    for k in order:
        groups.append([float(heights[k])])
        while len(groups) > 1 and _start(groups[-1], room) - _stop(groups[-2], room) < room:
            last = groups.pop()
            groups[-1] += last
    placed = np.concatenate(
        [_start(group, room) + room * np.arange(len(group)) for group in groups]
    )
    steps = room * np.arange(len(placed))
    placed = np.minimum(np.maximum(placed, low + steps), high - steps[::-1])
    found = np.empty(len(placed))
    found[order] = placed
    return [float(height) for height in found]


def _start(group: list[float], room: float) -> float:
    return float(np.mean(group)) - room * (len(group) - 1) / 2


def _stop(group: list[float], room: float) -> float:
    return _start(group, room) + room * (len(group) - 1)
