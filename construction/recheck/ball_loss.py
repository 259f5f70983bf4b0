"""The largest loss of one sample over a box of outputs, in ball arithmetic."""

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np
from flint import arb

from .content import File
from .loss import CLASSES

Balls = Sequence[arb]


def highest_loss(file: File, sample: int, p: Balls, radius: Balls) -> arb:
    """While each output is within its radius of p; the losses are convex."""
    low = [a - r for a, r in zip(p, radius, strict=True)]
    high = [a + r for a, r in zip(p, radius, strict=True)]
    y = file.targets[sample]
    if file.loss in CLASSES:
        return _of_class(file.loss, file.options, low, high, int(y))
    total = arb(0)
    for a, b, target in zip(low, high, np.ravel(y), strict=True):
        ends = (phi(file.loss, file.options, one, arb(float(target))) for one in (a, b))
        total += next(ends).max(next(ends))
    return total


def _of_class(
    loss: str, options: Mapping[str, float], low: list[arb], high: list[arb], label: int
) -> arb:
    """The label lowest, all others highest."""
    others = [one for k, one in enumerate(high) if k != label]
    if loss == "multiclass_hinge":
        return reduce(arb.max, (1 + one - low[label] for one in others), arb(0))
    smoothing = arb(options["smoothing"]) if loss == "label_smoothing" else arb(0)
    # smoothed, the label itself may be high in the sum and low in the product
    tops = high if loss == "label_smoothing" else [*others, low[label]]
    total = arb(0)
    for one in tops:
        total += (one - low[label]).exp()
    mean = sum((one - low[label] for one in low), arb(0)) / len(low)
    return total.log() - smoothing * mean


def phi(loss: str, options: Mapping[str, float], p: arb, y: arb) -> arb:
    """Losses that are sums over the outputs."""
    if loss == "squared":
        return (p - y) ** 2
    if loss == "absolute":
        return abs(p - y)
    if loss == "huber":
        near = abs(p - y).min(arb(options["delta"]))
        return near * (abs(p - y) - near / 2)
    if loss == "pinball":
        quantile = arb(options["quantile"])
        return (quantile * (y - p)).max((quantile - 1) * (y - p))
    if loss == "binary_cross_entropy":
        return p.max(arb(0)) + (-abs(p)).exp().log1p() - y * p
    if loss == "hinge":
        return (1 - y * p).max(arb(0))
    assert loss == "poisson", loss
    return p.exp() - y * p
