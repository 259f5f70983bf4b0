"""The largest loss while each output stays within an interval around its value."""

from __future__ import annotations

from functools import singledispatch

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ..errors import ProofError
from ..loss.classification import CrossEntropy, MulticlassHinge
from ..loss.losses import Elementwise, Loss


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
