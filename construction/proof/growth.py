"""Condition 1 on whole segments: one witness sample an interval, bisected where it is too long.

That the objective grows without bound as the head is scaled up is seen from one sample: from a
difference of two of its outputs, or one output, that makes its loss grow while it stays positive.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from ..answers import Interval, Statement
from ..loss.classification import BinaryCrossEntropy, CrossEntropy, Hinge
from ..loss.loss import Loss
from ..loss.regression import Absolute, Huber, Pinball, Poisson, Squared
from .bounds import BoundedNetwork, Segment, no_loss_of_ours
from .enclosure import Enclosure

#: Samples among which a witness is looked for first, and how many of them are bounded; chosen here.
POOL, TRIED = 256, 8
#: Bisections of a segment before an interval is given up, and intervals that are tried in all;
#: chosen here.
DEEPEST, MOST = 12, 1000

#: Shares of the radius and of the outputs' size that a difference has to exceed besides; a thousand
#: times what its own subtractions lose, chosen here so that another's rounding is within.
OF_RADIUS, OF_SIZE = 1e-6, 2e-12

CLAIM = "at every lambda the objective grows in the end as the head is scaled up"


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
        loss: of this package; a ProofError where its growth is not written here, as of one's own.
        outputs: (samples, outputs).
        targets: as the loss holds them.

    >>> best = witnesses(CrossEntropy(), torch.tensor([[1.0, 3.0, 2.0]]), torch.tensor([2]))
    >>> int(best.plus), int(best.minus), float(best.value)
    (1, 2, 1.0)
    """
    # up and down: outputs that make the loss grow where they are positive, and negative
    if isinstance(loss, CrossEntropy) and loss.smoothing:
        (high, plus), (low, minus) = outputs.max(1), outputs.min(1)
        return Witnesses(plus, minus, high - low)
    if isinstance(loss, CrossEntropy):
        own = targets[:, None]
        value, plus = outputs.scatter(1, own, -torch.inf).max(1)
        return Witnesses(plus, targets, value - outputs.gather(1, own)[:, 0])
    real, every = targets.reshape(len(outputs), -1), torch.ones_like(outputs, dtype=torch.bool)
    if isinstance(loss, Squared | Absolute | Huber | Pinball):
        up, down = every, every
    elif isinstance(loss, BinaryCrossEntropy | Hinge):
        up, down = real < (0 if isinstance(loss, Hinge) else 1), real > 0
    elif isinstance(loss, Poisson):
        up, down = every, real > 0
    else:
        raise no_loss_of_ours(loss)
    above, plus = torch.where(up, outputs, -torch.inf).max(1)
    below, minus = torch.where(down, -outputs, -torch.inf).max(1)
    rises = above >= below
    return Witnesses(plus.where(rises, -1), minus.where(~rises, -1), torch.maximum(above, below))


def prove_growth(network: BoundedNetwork) -> Statement:
    """Condition 1 on [0, 1], interval by interval; a ProofError for a loss of the user's own."""
    pool = torch.arange(0, network.samples, max(1, network.samples // POOL))[:POOL]
    intervals: list[Interval] = []
    tried = 0
    for segment in network.segments:
        waiting = [(segment.start, segment.stop, 0)]
        while waiting:
            start, stop, depth = waiting.pop()
            if tried == MOST:
                intervals.append(Interval(start, stop, 0.0))
                continue
            tried += 1
            best, middle = _best_witness(network, segment, (start, stop), pool), (start + stop) / 2
            last = depth == DEEPEST or not start < middle < stop  # no float64 in between
            if best.proved or last or not _promises_more(network, segment, best):
                intervals.append(best)
            else:
                waiting += [(middle, stop, depth + 1), (start, middle, depth + 1)]
    return Statement("condition 1", CLAIM, tuple(intervals))


def _best_witness(
    network: BoundedNetwork, segment: Segment, lams: tuple[float, float], pool: Tensor
) -> Interval:
    """From the pool, or from all samples if no sample of the pool promises anything."""
    for candidates in (pool, torch.arange(network.samples)):
        inputs, targets = network.samples_at(candidates.tolist())
        outputs = network.rough_outputs(segment, inputs, sum(lams) / 2)
        value, order = witnesses(network.loss, outputs, targets).value.topk(min(TRIED, len(inputs)))
        if float(value.max()) > 0:
            break
    else:
        return Interval(*lams, min(float(value.max()), 0.0))
    enclosure = segment.outputs(inputs[order], *lams)
    middle = (enclosure.left + enclosure.right) / 2
    plus, minus, _ = witnesses(network.loss, middle, targets[order])
    bounds = least_difference(enclosure, plus, minus)
    k = int(bounds.argmax())
    sample = int(candidates[order[k]])
    return Interval(*lams, float(bounds[k]), sample, int(plus[k]), int(minus[k]))


def _promises_more(network: BoundedNetwork, segment: Segment, unproved: Interval) -> bool:
    """Whether there is a witness, or some sample grows at an end, so that a part may be proved."""
    if unproved.sample >= 0:
        return True
    for lam in (unproved.start, unproved.stop):
        for tile in network.tiles:
            outputs = network.rough_outputs(segment, tile.inputs, lam)
            if bool((witnesses(network.loss, outputs, tile.targets).value > 0).any()):
                return True
    return False


def least_difference(outputs: Enclosure, plus: Tensor, minus: Tensor) -> Tensor:
    """Lower bounds over t of output plus less output minus, (samples,)."""
    ends = torch.minimum(
        _picked(outputs.left, plus) - _picked(outputs.left, minus),
        _picked(outputs.right, plus) - _picked(outputs.right, minus),
    )
    radius = _picked(outputs.radius, plus) + _picked(outputs.radius, minus)
    assert outputs.centre is not None, "as outputs have it"
    sags = _picked(outputs.centre, plus) - _picked(outputs.centre, minus)
    radius += sags.clamp_min(0.0) / 4
    return ends - (1 + OF_RADIUS) * radius - OF_SIZE * outputs.size


def _picked(outputs: Tensor, index: Tensor) -> Tensor:
    """(samples, outputs) at one index each; 0 where it is -1."""
    picked = outputs.gather(1, index.clamp_min(0)[:, None])[:, 0]
    return torch.where(index >= 0, picked, 0.0)
