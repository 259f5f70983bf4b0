"""The losses by name, and the user's own."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ..errors import InputError
from .classification import BinaryCrossEntropy, CrossEntropy, Hinge, MulticlassHinge
from .loss import Custom, Loss
from .regression import Absolute, Huber, Pinball, Poisson, Squared

#: Share of a smoothed label that goes to all classes alike; as in Szegedy et al. 2016.
SMOOTHING = 0.1

LOSSES: dict[str, Callable[[], Loss]] = {
    "squared": Squared,
    "cross_entropy": CrossEntropy,
    "label_smoothing": lambda: CrossEntropy(SMOOTHING),
    "binary_cross_entropy": BinaryCrossEntropy,
    "absolute": Absolute,
    "huber": Huber,
    "pinball": Pinball,
    "hinge": Hinge,
    "multiclass_hinge": MulticlassHinge,
    "poisson": Poisson,
}

#: A name, a loss of this package, or a function (predictions, targets) -> (samples,).
LossLike = str | Loss | Callable[[Tensor, Tensor], Tensor]


def as_loss(loss: LossLike) -> Loss:
    """The loss of that name, the loss itself, or the user's function as one.

    Raises:
        InputError: an unknown name, or something else.

    >>> as_loss("label_smoothing").smoothing
    0.1
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, str) and loss in LOSSES:
        return LOSSES[loss]()
    if callable(loss):
        return Custom(loss, getattr(loss, "__name__", "custom"))
    raise InputError(
        f"a loss among {', '.join(map(repr, LOSSES))}, a Loss, or a function of (predictions, "
        "targets)",
        repr(loss),
        "Use one of these.",
    )
