"""Proves condition 1 on whole segments: intervals with a witness each, bisected where too long."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..answers.certificate import Interval, Statement
from ..errors import ProofError
from ..loss.classification import BinaryCrossEntropy, CrossEntropy, Hinge, MulticlassHinge
from ..loss.loss import Loss
from ..loss.regression import Absolute, Huber, Pinball, Poisson, Squared
from .chord import Chord
from .subject import Subject


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


#: Samples among which a witness is looked for first, and how many of them are bounded; chosen here.
POOL, TRIED = 256, 8
#: Bisections of a segment before an interval is given up, and intervals that are tried in all;
#: chosen here.
DEEPEST, MOST = 12, 1000

CLAIM = "at every lambda the objective grows in the end as the head is scaled up"


class _Found(NamedTuple):
    """The best witness of an interval; the bound is not positive where there is none."""

    interval: Interval
    hopeless: bool


def prove_growth(subject: Subject) -> Statement:
    """Condition 1 on [0, 1], interval by interval.

    Raises:
        ProofError: a loss of the user's own.
    """
    every = range(0, subject.samples, max(1, subject.samples // POOL))
    pool = torch.tensor(list(every)[:POOL])
    intervals: list[Interval] = []
    tried = 0
    for segment in subject.segments:
        waiting = [(segment.start, segment.stop, 0)]
        while waiting:
            start, stop, depth = waiting.pop()
            if tried == MOST:
                intervals.append(Interval(start, stop, 0.0))
                continue
            tried += 1
            found = _best(subject, start, stop, pool)
            if found.interval.proved or depth == DEEPEST or found.hopeless:
                intervals.append(found.interval)
            else:
                middle = (start + stop) / 2
                waiting += [(middle, stop, depth + 1), (start, middle, depth + 1)]
    return Statement("condition 1", CLAIM, tuple(intervals))


def _best(subject: Subject, start: float, stop: float, pool: Tensor) -> _Found:
    """From the pool, or from all samples if no sample of the pool promises anything."""
    chosen, value = _promising(subject, start, stop, pool)
    if not float(value.max()) > 0 and len(pool) < subject.samples:
        chosen, value = _promising(subject, start, stop, torch.arange(subject.samples))
    best = float(value.max())
    if not best > 0:
        return _Found(Interval(start, stop, min(best, 0.0)), not _anywhere(subject, start, stop))
    inputs, targets = subject.samples_at(chosen.tolist())
    chord = subject.bounds(start, stop).outputs(inputs, start, stop)
    plus, minus = _directions(subject, chord, targets)
    bounds = lowest(chord, plus, minus)
    k = int(bounds.argmax())
    interval = Interval(start, stop, float(bounds[k]), int(chosen[k]), int(plus[k]), int(minus[k]))
    return _Found(interval, False)


def _promising(subject: Subject, start: float, stop: float, pool: Tensor) -> tuple[Tensor, Tensor]:
    """The samples of the pool whose difference is largest in the middle, where it is positive."""
    inputs, targets = subject.samples_at(pool.tolist())
    outputs = subject.glance(inputs, (start + stop) / 2, stop)
    value = witnesses(subject.loss, outputs, targets).value
    best = value.topk(min(TRIED, len(value)))
    return pool[best.indices], best.values


def _directions(subject: Subject, chord: Chord, targets: Tensor) -> tuple[Tensor, Tensor]:
    found = witnesses(subject.loss, (chord.left + chord.right) / 2, targets)
    return found.plus, found.minus


def _anywhere(subject: Subject, start: float, stop: float) -> bool:
    """Whether some sample shows growth at an end, so that bisecting may prove a part."""
    for lam in (start, stop):
        for inputs, targets in subject.tiles:
            outputs = subject.glance(inputs, lam, (start + stop) / 2)
            if bool((witnesses(subject.loss, outputs, targets).value > 0).any()):
                return True
    return False
