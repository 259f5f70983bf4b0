"""Proves that the sheet's minimum stays below a piecewise linear level, ``m < v``, on all of it.

As many pieces of v at a time as the bound of `construction.proof.ceiling` allows. Where v begins at
m itself, as behind a crossing of branches, or ends at g itself, both sides meet; there the bound is
anchored, and a comparison at the piece's other end proves the inequality in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..answers.certificate import Interval
from ..arrays import Array
from .ceiling import Ceiling, Line
from .subject import Subject

#: Scales at which g is tried as a bound of m, best first.
Scales = Callable[[float], Sequence[float]]
#: Bisections of one piece before it is given up, towards an end that is touched, and pieces given
#: up before the rest is; chosen here.
DEEPEST, TOWARDS, GIVEN_UP = 4, 10, 6
#: Share of the room above a bound that the next one may use, as it grows with the square of its
#: length; chosen here.
CARE = 0.8


@dataclass(frozen=True)
class Touching:
    """Both sides meet at one end of the level.

    Attributes:
        scales: the c at which g is the level there lies between the least and the largest of these;
            none where nothing is known of it.
    """

    scales: tuple[float, ...]


class Below:
    """One level over the knots of its corners.

    Args:
        subject: of the proof.
        knots: lambdas, increasing, the vertices of the path among them, (knots,).
        heights: of the level, not above it, (knots,).
        scales: to be tried at a lambda.
        start, stop: how the level is touched at its first and last knot.
        bar: shows how far the proof has come; its total is 1.
    """

    def __init__(
        self,
        subject: Subject,
        knots: Array,
        heights: Array,
        scales: Scales,
        bar: Any,
        *,
        start: Touching | None = None,
        stop: Touching | None = None,
    ) -> None:
        self.subject, self.knots, self.heights, self.scales = subject, knots, heights, scales
        self.start, self.stop, self._bar, self._lost = start, stop, bar, 0

    def prove(self) -> list[Interval]:
        """Intervals from the first knot to the last."""
        found: list[Interval] = []
        place, step, last = 0, 1, len(self.knots) - 1
        if self.start:
            found += self._anchored(0, 1, self.start, "start")
            place = 1
        while place < last:
            begin, end = float(self.knots[place]), min(place + step, last)
            end = self._on_one_segment(place, end)
            if self._lost >= GIVEN_UP:
                found.append(Interval(begin, float(self.knots[-1]), 0.0))
                break
            interval, line = self._free(place, end)
            taken, room = end - place, self._room(interval, line)
            if interval.proved:
                found.append(interval)
                place, step = end, int(np.clip(taken * room, 1, 2 * taken + 1))
            elif taken > 1:
                step = int(np.clip(taken * room, 1, taken - 1))
            else:
                found += self._one_piece(place)
                place = end
            self._bar.n = begin
            self._bar.refresh()
        return found

    def _on_one_segment(self, place: int, end: int) -> int:
        """The end, no further than the next vertex of the path."""
        for segment in self.subject.segments:
            if segment.start <= self.knots[place] < segment.stop:
                return min(end, int(np.searchsorted(self.knots, segment.stop)))
        return end

    def _free(self, first: int, last: int) -> tuple[Interval, Line]:
        """One bound over the pieces between two knots."""
        left, right = float(self.knots[first]), float(self.knots[last])
        inner = slice(first, last + 1)
        return self._compared(
            left, right, (self.knots[inner] - left) / (right - left), self.heights[inner]
        )

    def _compared(
        self, left: float, right: float, shares: Array, heights: Array
    ) -> tuple[Interval, Line]:
        ceiling, best = Ceiling(self.subject, left, right), None
        for c in self.scales((left + right) / 2):
            line = ceiling.line(c)
            slack = float((heights - (1 - shares) * line.left - shares * line.right).min())
            slack -= 4e-16 * float(np.abs(heights).max())
            if best is None or slack > best[0].bound:
                best = Interval(left, right, slack, scale=c), line
        assert best is not None, "there is a scale to be tried"
        return best

    def _room(self, interval: Interval, line: Line) -> float:
        """By what factor a bound may be longer: what is loose in it grows with the square."""
        if interval.bound + line.loose <= 0:
            return 0.0
        return float(np.sqrt(CARE * (interval.bound + line.loose) / max(line.loose, 1e-300)))

    def _one_piece(self, place: int) -> list[Interval]:
        """A piece of v that was not proved whole: anchored if v touches, else bisected."""
        if self.stop and place == len(self.knots) - 2:
            return self._anchored(place + 1, place, self.stop, "stop")
        left, right = self.knots[place : place + 2].tolist()
        first, last = self.heights[place : place + 2].tolist()
        found = self._halves(left, right, first, last, 0)
        self._lost += not all(interval.proved for interval in found)
        return found

    def _halves(
        self, left: float, right: float, first: float, last: float, depth: int
    ) -> list[Interval]:
        middle, height = (left + right) / 2, (first + last) / 2
        found: list[Interval] = []
        for ends in ((left, middle, first, height), (middle, right, height, last)):
            interval, _ = self._compared(*ends[:2], np.array([0.0, 1.0]), np.array(ends[2:]))
            deeper = not interval.proved and depth < DEEPEST
            found += self._halves(*ends, depth + 1) if deeper else [interval]
        return found

    def _anchored(self, anchor: int, other: int, touch: Touching, side: str) -> list[Interval]:
        """The piece at which v is touched; halved towards the anchor, the rest free."""
        near, far = float(self.knots[anchor]), float(self.knots[other])
        if not touch.scales:
            self._lost += 1
            return [Interval(min(near, far), max(near, far), 0.0)]
        level, height = float(self.heights[anchor]), float(self.heights[other])
        rest: list[Interval] = []
        for depth in range(TOWARDS + 1):
            ceiling = Ceiling(self.subject, near, far, anchored=True)
            bound = height - max(ceiling.line(c).right for c in touch.scales)
            start, stop = sorted((near, far))
            low, high = min(touch.scales), max(touch.scales)
            here = Interval(start, stop, bound, scale=high, low=low, touches=side)
            if here.proved or depth == TOWARDS:
                break
            middle, half = (near + far) / 2, (level + height) / 2
            begin, end = sorted((middle, far))
            ends = (half, height) if middle < far else (height, half)
            rest.append(self._compared(begin, end, np.array([0.0, 1.0]), np.array(ends))[0])
            far, height = middle, half
        self._lost += not here.proved
        return sorted([here, *rest], key=lambda interval: interval.start)
