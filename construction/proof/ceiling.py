"""A bound of the sheet's minimum on an interval of lambda, by all samples at one scale.

At any c, ``m(lambda) <= g(lambda, c)``. Between two lambdas of a segment the outputs are those of a
chord but for a rest, and the loss is convex: so g at c lies below the straight line through

    G_left  = mean over samples of the largest loss over |p - c left|  <= c rest,
    G_right = the same at the right end,

and where the bound is anchored, with g(left, c) itself in place of G_left. Two straight lines are
compared at their ends, so one comparison at each knot of a piecewise linear v proves m < v.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .boxes import highest
from .chord import Chord
from .subject import Subject

#: Relative rounding allowed to a mean of losses: of 10^7 samples in any order 1e-9 at worst, of the
#: functions themselves a few 1e-16; chosen here.
ROUNDING = 2e-9


@dataclass(frozen=True)
class Line:
    """Above m between two lambdas: the straight line through these heights.

    Attributes:
        left, right: G at the ends.
        loose: by how much, in the mean of both ends, it lies above g there.
    """

    left: float
    right: float
    loose: float


class Ceiling:
    """Bounds of g at any scale on one interval, from the outputs' chord.

    Args:
        subject: of the proof.
        left, right: lambdas of one segment, in either order.
        anchored: whether the bound shall be g itself at the left end.
    """

    def __init__(
        self, subject: Subject, left: float, right: float, *, anchored: bool = False
    ) -> None:
        self.subject = subject
        self.chord: Chord = subject.outputs(left, right, anchored=anchored)

    def line(self, c: float) -> Line:
        """The line above ``g(., c)``."""
        left, right = (self._mean(end, c, 1.0) for end in (self.chord.left, self.chord.right))
        plain = [self._mean(end, c, 0.0) for end in (self.chord.left, self.chord.right)]
        loose = (left + right - sum(plain)) / 2
        if self.chord.error is not None:
            left = plain[0]
        return Line(left, right, loose)

    def _mean(self, outputs: torch.Tensor, c: float, share: float) -> float:
        rest = c * share * self.chord.rest
        values = highest(self.subject.loss, c * outputs, rest, self.subject.targets)
        return float(values.sum()) / self.subject.samples * (1 + ROUNDING)


class Value:
    """The objective at one lambda and any scale, between two bounds.

    Args:
        subject: of the proof.
        lam: where.
    """

    def __init__(self, subject: Subject, lam: float) -> None:
        self._ceiling = Ceiling(subject, lam, lam)

    def highest(self, c: float) -> float:
        """At least ``g(lam, c)``."""
        return self._ceiling.line(c).left

    def lowest(self, c: float) -> float:
        """At most ``g(lam, c)``: of a convex function, twice the middle less the highest end."""
        line = self._ceiling.line(c)
        plain = line.left - line.loose
        return plain - line.loose - 3 * ROUNDING * abs(line.left)
