"""Losses: which targets they take, the largest over a box of outputs, and what makes them grow."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .content import File, RefusedError

if TYPE_CHECKING:
    from .network import Numbers

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


def phi(
    numbers: "Numbers", loss: str, options: Mapping[str, Any], p: NDArray[Any], y: NDArray[Any]
) -> NDArray[Any]:
    """Losses that are sums over the outputs, output by output."""
    zero: Any = numbers.number(0.0)
    result: NDArray[Any]
    if loss == "squared":
        result = (p - y) ** 2
    elif loss == "absolute":
        result = np.abs(p - y)
    elif loss == "huber":
        near = numbers.lower(np.abs(p - y), options["delta"])
        result = near * (np.abs(p - y) - near / 2)
    elif loss == "pinball":
        quantile = options["quantile"]
        result = numbers.higher(quantile * (y - p), (quantile - 1) * (y - p))
    elif loss == "binary_cross_entropy":
        result = numbers.higher(p, zero) + np.log1p(np.exp(-np.abs(p))) - y * p
    elif loss == "hinge":
        result = numbers.higher(1 - y * p, zero)
    else:
        assert loss == "poisson", loss
        result = np.exp(p) - y * p
    return result


def highest_loss(
    file: File, numbers: "Numbers", p: NDArray[Any], radius: NDArray[Any], y: NDArray[Any]
) -> NDArray[Any]:
    """The loss of each sample, at most, while each output is within `radius` of p.

    The losses are convex: the largest is at a corner, for a class where its output is lowest and
    all others are highest.
    """
    options = {key: numbers.number(value) for key, value in file.options.items()}
    low, high = p - radius, p + radius
    if file.loss not in CLASSES:
        y = numbers.array(y.reshape(p.shape))
        ends = (phi(numbers, file.loss, options, end, y) for end in (low, high))
        return np.asarray(numbers.higher(*ends).sum(1))
    label = np.arange(p.shape[1]) == y[:, None]
    own = low[label]
    if file.loss == "multiclass_hinge":
        return np.asarray(numbers.higher.reduce(np.where(label, low, 1 + high), axis=1) - own)
    smoothing = options.get("smoothing", 0.0) if file.loss == "label_smoothing" else 0.0
    # smoothed, the label itself may be high in the sum and low in the product
    tops = high if smoothing else np.where(label, low, high)
    top = numbers.higher.reduce(tops, axis=1)
    total = top + np.log(np.exp(tops - top[:, None]).sum(1))
    return np.asarray(total - (1 - smoothing) * own - smoothing * (low.sum(1) / low.shape[1]))


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
