"""Losses: the largest over a box of outputs, and what makes them grow."""

from __future__ import annotations

from typing import Any

import numpy as np

from .content import Array, File, RefusedError

#: Losses whose targets are class indices.
CLASSES = ("cross_entropy", "label_smoothing", "multiclass_hinge")
#: Losses with one minimum along every ray that is not constant: branches meet there.
STRICT = ("squared", "cross_entropy", "label_smoothing", "binary_cross_entropy", "poisson")


def require_fit(file: File, outputs: int) -> None:
    """That the loss is convex and its targets are what it takes.

    Raises:
        RefusedError: an option or a target outside of its range.
    """
    y, options = file.targets, file.options
    smoothing = options.get("smoothing", 0.0)
    fits = {
        "label_smoothing": 0 < smoothing < 1,
        "cross_entropy": smoothing == 0,
        "pinball": 0 < options.get("quantile", 0) < 1,
        "huber": options.get("delta", 0) > 0,
        "binary_cross_entropy": (y >= 0).all() and (y <= 1).all(),
        "hinge": (np.abs(y) == 1).all(),
        "poisson": (y >= 0).all(),
    }.get(file.loss, True)
    if file.loss in CLASSES:
        whole = y.ndim == 1 and np.issubdtype(y.dtype, np.integer)
        fits = fits and whole and (y >= 0).all() and (y < outputs).all()
    elif y.reshape(len(y), -1).shape[1] != outputs:
        fits = False
    if not fits:
        raise RefusedError(f"targets or options that the loss {file.loss!r} does not take")


def phi(loss: str, options: Any, p: Array, y: Array) -> Any:
    """Losses that are sums over the outputs."""
    if loss == "squared":
        return (p - y) ** 2
    if loss == "absolute":
        return np.abs(p - y)
    if loss == "huber":
        near = np.minimum(np.abs(p - y), options["delta"])
        return near * (np.abs(p - y) - near / 2)
    if loss == "pinball":
        return np.maximum(options["quantile"] * (y - p), (options["quantile"] - 1) * (y - p))
    if loss == "binary_cross_entropy":
        return np.logaddexp(p, 0) - y * p
    if loss == "hinge":
        return np.maximum(1 - y * p, 0)
    if loss == "poisson":
        return np.exp(p) - y * p
    raise RefusedError(f"the loss {loss!r}, which this program does not know")


def highest_loss(file: File, p: Array, radius: Array, y: Array) -> Array:
    """The loss of each sample, at most, while each output is within `radius` of p."""
    if file.loss in CLASSES:
        label = np.arange(p.shape[1]) == y[:, None]
        smoothing = file.options.get("smoothing", 0.0)
        high, low = p + radius, p - radius
        own = low[label]
        if file.loss == "multiclass_hinge":
            worst: Array = np.where(label, low, 1 + high).max(1) - own
            return worst
        tops = np.where(label, low, high) if not smoothing else high
        top = tops.max(1)
        total = top + np.log(np.exp(tops - top[:, None]).sum(1))
        bound: Array = total - (1 - smoothing) * own - smoothing * low.mean(1)
        return bound
    y = y.reshape(p.shape)
    ends = (phi(file.loss, file.options, q, y) for q in (p - radius, p + radius))
    larger: Array = np.maximum(*ends).sum(1)
    return larger


def grows(file: File, plus: int, minus: int, y: Any) -> bool:
    """Whether a positive difference of these outputs makes the loss of the sample grow in c."""
    if file.loss in ("cross_entropy", "multiclass_hinge"):
        return minus == int(y) and plus not in (-1, minus)
    if file.loss == "label_smoothing":
        return plus != minus and -1 not in (plus, minus)
    if (plus == -1) == (minus == -1):
        return False
    target = np.ravel(y)[max(plus, minus)]
    if file.loss in ("binary_cross_entropy", "hinge"):
        return bool(target < (1 if file.loss[0] == "b" else 0) if minus == -1 else target > 0)
    if file.loss == "poisson":
        return bool(minus == -1 or target > 0)
    return True
