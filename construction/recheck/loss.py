"""Losses: which targets they take, the largest over a box of outputs, and what makes them grow."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .content import Array, File, RefusedError

#: Losses whose targets are class indices.
CLASSES = ("cross_entropy", "label_smoothing", "multiclass_hinge")
#: Losses with one minimum along every ray that is not constant: branches meet there.
STRICT = ("squared", "cross_entropy", "label_smoothing", "binary_cross_entropy", "poisson")
#: All losses, each with the one option that it has.
LOSSES = {
    "squared": None, "absolute": None, "huber": "delta", "pinball": "quantile",
    "binary_cross_entropy": None, "hinge": None, "poisson": None, "cross_entropy": None,
    "label_smoothing": "smoothing", "multiclass_hinge": None,
}  # fmt: skip


def require_fit(file: File) -> None:
    """That the loss is convex and its targets are what it takes.

    Raises:
        RefusedError: another loss, or an option or a target outside of its range.
    """
    y = file.targets
    if file.loss not in LOSSES:
        raise RefusedError(f"the loss {file.loss!r}, which this program does not know")
    option = LOSSES[file.loss]
    value = file.options.get(option, 0.0) if option else 0.5
    if file.loss in CLASSES:
        fits = bool(y.ndim == 1 and y.dtype.kind == "i" and y.min() >= 0 and y.max() < file.outputs)
    else:
        fits = y.reshape(len(y), -1).shape[1] == file.outputs
    if file.loss == "binary_cross_entropy":
        fits = fits and 0 <= y.min() <= y.max() <= 1
    elif file.loss == "hinge":
        fits = fits and bool((np.abs(y) == 1).all())
    elif file.loss == "poisson":
        fits = fits and bool(y.min() >= 0)
    others = any(other for key, other in file.options.items() if key != option)
    if not fits or others or not 0 < value < (np.inf if option == "delta" else 1):
        raise RefusedError(f"targets or options that the loss {file.loss!r} does not take")


def phi(loss: str, options: Mapping[str, float], p: Array, y: NDArray[Any]) -> Any:
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
    assert loss == "poisson", loss
    return np.exp(p) - y * p


def highest_loss(file: File, p: Array, radius: Array, y: NDArray[Any]) -> Array:
    """The loss of each sample, at most, while each output is within `radius` of p."""
    if file.loss in CLASSES:
        label = np.arange(p.shape[1]) == y[:, None]
        smoothing = file.options.get("smoothing", 0.0) if file.loss == "label_smoothing" else 0.0
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


def grows(file: File, sample: int, plus: int, minus: int) -> bool:
    """Whether a positive difference of these outputs makes the loss of the sample grow in c."""
    y = np.ravel(file.targets[sample])
    if file.loss in ("cross_entropy", "multiclass_hinge"):
        return minus == y[0] and plus not in (-1, minus)
    if file.loss == "label_smoothing":
        return plus != minus and -1 not in (plus, minus)
    if (plus == -1) == (minus == -1):
        return False
    target = y[max(plus, minus)]
    if file.loss in ("binary_cross_entropy", "hinge"):
        return bool(target < (1 if file.loss[0] == "b" else 0) if minus == -1 else target > 0)
    if file.loss == "poisson":
        return bool(minus == -1 or target > 0)
    return True
