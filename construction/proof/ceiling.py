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
from functools import singledispatch

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ..errors import ProofError
from ..loss.classification import CrossEntropy, MulticlassHinge
from ..loss.loss import Elementwise, Loss
from .chord import Chord
from .subject import Subject


@singledispatch
def highest(loss: Loss, outputs: Tensor, rest: Tensor, targets: Tensor) -> Tensor:
    """A bound of the loss of each sample over ``|p - outputs| <= rest``.

    Args:
        loss: of this package.
        outputs, rest: (samples, outputs), float64.
        targets: as the loss holds them.

    Returns:
        (samples,), but for rounding of a few units in the last place.

    Raises:
        ProofError: a loss of the user's own, of which only values are known.

    >>> from construction.loss.regression import Squared
    >>> zero, one = torch.zeros(1, 1), torch.ones(1, 1)
    >>> highest(Squared(), zero, one, one).tolist()
    [4.0]
    """
    raise ProofError(
        "a loss of this package",
        f"{loss.name!r}, of which only values are known",
        "Nothing is proved of a loss of your own.",
    )


@highest.register
def _(loss: Elementwise, outputs: Tensor, rest: Tensor, targets: Tensor) -> Tensor:
    """Convex in each output, so largest at an end of its interval."""
    real = targets.reshape(outputs.shape)
    ends = loss.phi(outputs - rest, real), loss.phi(outputs + rest, real)
    return torch.maximum(*ends).flatten(1).sum(1)


@highest.register
def _(loss: CrossEntropy, outputs: Tensor, rest: Tensor, targets: Tensor) -> Tensor:
    """Largest where the label is lowest and all others are highest; smoothing loosens it."""
    classes = outputs.shape[1]
    own = one_hot(targets, classes).bool()
    up, down = outputs + rest, outputs - rest
    if not loss.smoothing:
        return torch.where(own, down, up).logsumexp(1) - _at(down, targets)
    share = loss.smoothing / classes
    label = (1 - loss.smoothing) * _at(down, targets) + share * down.sum(1)
    return up.logsumexp(1) - label


@highest.register
def _(loss: MulticlassHinge, outputs: Tensor, rest: Tensor, targets: Tensor) -> Tensor:
    """As cross-entropy."""
    own = one_hot(targets, outputs.shape[1]).bool()
    up, down = outputs + rest, outputs - rest
    return torch.where(own, down, 1 + up).amax(1) - _at(down, targets)


def _at(outputs: Tensor, labels: Tensor) -> Tensor:
    return outputs.gather(1, labels[:, None])[:, 0]


#: Rounding allowed to a mean of losses: a share of the mean of their absolute values, for sums of
#: up to 10^7 samples in any order, and one of the outputs' and targets' size, for what a loss
#: subtracts from each other. The functions themselves are off by a few 1e-16. Chosen here.
OF_VALUES, OF_OUTPUTS = 2e-9, 1e-13


@dataclass(frozen=True)
class Line:
    """Above m between two lambdas: the straight line through these heights.

    Attributes:
        left, right: G at the ends.
        loose: by how much, in the mean of both ends, it lies above g there.
        rounding: that was allowed for at each end.
    """

    left: float
    right: float
    loose: float
    rounding: float


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
        ends = self.chord.left, self.chord.right
        high = [self._values(end, c, 1.0) for end in ends]
        plain = [self._values(end, c, 0.0) for end in ends]
        rounding = max(self._rounding(end, c, one) for end, one in zip(ends, high, strict=True))
        left, right = (float(one.mean()) + rounding for one in high)
        loose = sum(float((a - b).mean()) for a, b in zip(high, plain, strict=True)) / 2
        if self.chord.error is not None:
            left = float(plain[0].mean()) + rounding
        return Line(left, right, loose, rounding)

    def _values(self, outputs: Tensor, c: float, share: float) -> Tensor:
        rest = c * share * self.chord.rest
        return highest(self.subject.loss, c * outputs, rest, self.subject.targets)

    def _rounding(self, outputs: Tensor, c: float, values: Tensor) -> float:
        size = 1 + c * (outputs.abs() + self.chord.rest).sum(1)
        largest = 1 + float(self.subject.targets.abs().max())
        return OF_VALUES * float(values.abs().mean()) + OF_OUTPUTS * largest * float(size.mean())


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
        return line.left - 2 * line.loose - 4 * line.rounding
