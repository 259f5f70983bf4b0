"""Condition 1 on an interval of lambda, by one sample.

Condition 1 asks at each lambda for a scale that lifts the objective above any level: that g grows
in c in the end, ``lim g / c > 0``. The growth is a sum over samples of terms that are not negative,
so one sample whose term stays positive on an interval proves it there. For every loss here the
term of a sample is positive where some difference of two outputs, or one output itself, is:

    squared, absolute, Huber, pinball   an output is not 0
    cross-entropy, multiclass hinge     an output exceeds that of the label
    label smoothing                     two outputs differ
    binary cross-entropy, hinge         an output has the wrong sign
    Poisson                             an output is positive, or negative with a positive count
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import ProofError
from ..loss.classification import BinaryCrossEntropy, CrossEntropy, Hinge, MulticlassHinge
from ..loss.losses import Loss
from ..loss.regression import Absolute, Huber, Pinball, Poisson, Squared
from .chord import Chord


class Witnesses(NamedTuple):
    """For each sample the difference of outputs that proves growth, if positive; (samples,) each.

    Attributes:
        plus, minus: indices of outputs; -1 stands for the number 0.
        value: output plus less output minus.
    """

    plus: Tensor
    minus: Tensor
    value: Tensor


def witnesses(loss: Loss, outputs: Tensor, targets: Tensor) -> Witnesses:
    """The most promising difference of each sample.

    Args:
        loss: of this package.
        outputs: (samples, outputs).
        targets: as the loss holds them.

    Raises:
        ProofError: a loss of the user's own, whose growth is only looked at.

    >>> found = witnesses(CrossEntropy(), torch.tensor([[1.0, 3.0, 2.0]]), torch.tensor([2]))
    >>> int(found.plus), int(found.minus), float(found.value)
    (1, 2, 1.0)
    """
    if isinstance(loss, CrossEntropy) and loss.smoothing:
        (high, plus), (low, minus) = outputs.max(1), outputs.min(1)
        return Witnesses(plus, minus, high - low)
    if isinstance(loss, CrossEntropy | MulticlassHinge):
        own = targets[:, None]
        value, plus = outputs.scatter(1, own, -torch.inf).max(1)
        return Witnesses(plus, targets, value - outputs.gather(1, own)[:, 0])
    up, down = _signs(loss, outputs, targets)
    above, plus = torch.where(up, outputs, -torch.inf).max(1)
    below, minus = torch.where(down, -outputs, -torch.inf).max(1)
    rises = above >= below
    none = torch.full_like(plus, -1)
    return Witnesses(
        torch.where(rises, plus, none), torch.where(rises, none, minus), torch.maximum(above, below)
    )


def _signs(loss: Loss, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs that make the loss grow where positive, and where negative."""
    every = torch.ones_like(outputs, dtype=torch.bool)
    if isinstance(loss, Squared | Absolute | Huber | Pinball):
        return every, every
    real = targets.reshape(outputs.shape)
    if isinstance(loss, BinaryCrossEntropy):
        return real < 1, real > 0
    if isinstance(loss, Hinge):
        return real < 0, real > 0
    if isinstance(loss, Poisson):
        return every, real > 0
    raise ProofError(
        "a loss of this package",
        f"{loss.name!r}, whose growth is only looked at",
        "Nothing is proved of a loss of your own.",
    )


def lowest(chord: Chord, plus: Tensor, minus: Tensor) -> Tensor:
    """Lower bounds over t of output plus less output minus, (samples,)."""
    ends = torch.minimum(
        _picked(chord.left, plus) - _picked(chord.left, minus),
        _picked(chord.right, plus) - _picked(chord.right, minus),
    )
    rest = _picked(chord.rest, plus).double() + _picked(chord.rest, minus).double()
    return ends - (1 + 1e-6) * rest - 1e-12 * chord.size


def _picked(outputs: Tensor, index: Tensor) -> Tensor:
    """(samples, outputs) at one index each; 0 where it is -1."""
    found = outputs.gather(1, index.clamp_min(0)[:, None])[:, 0]
    return torch.where(index >= 0, found, 0.0)
