"""The squared loss and its three moments.

``l(p, y) = ||p - y||^2``, summed over the outputs, averaged over the samples, no factor 1/2. In c
it needs three numbers, ``g(c) = a c^2 - 2 b c + d`` with ``a = mean ||N||^2``, ``b = mean <N, y>``
and ``d = mean ||y||^2 = L(0)``: see `construction.symbolic` for the derivation.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from .errors import InputError

LOSSES = ("squared",)


def check_loss(name: str) -> None:
    """Refuse a loss that is not here.

    Raises:
        InputError: with the names there are.
    """
    if name not in LOSSES:
        raise InputError(
            f"a loss among {', '.join(map(repr, LOSSES))}", repr(name), "Use one of these names."
        )


def real_targets(targets: Tensor, outputs: Tensor) -> Tensor:
    """Targets as real values of the outputs' shape; class indices become one-hot rows.

    Args:
        targets: integer class indices (samples,), or real values of the shape of `outputs`.
        outputs: the network's predictions, (samples, outputs), for shape and type alone.

    Raises:
        InputError: shapes that do not fit, an index outside the outputs, or NaN.

    >>> real_targets(torch.tensor([1, 0]), torch.zeros(2, 3)).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    if targets.ndim == 1 and outputs.ndim == 2 and not targets.is_floating_point():
        classes = outputs.shape[1]
        if classes == 1:
            raise InputError(
                "real targets of shape (samples, 1) for a single output",
                f"{targets.dtype} of shape (samples,), which would count as classes",
                "Pass targets.float().unsqueeze(1).",
            )
        lowest, highest = int(targets.min()), int(targets.max())
        if lowest < 0 or highest >= classes:
            raise InputError(
                f"class indices from 0 to {classes - 1}, one an output",
                f"indices from {lowest} to {highest}",
                "Give the network one output a class.",
            )
        return one_hot(targets.long(), classes).to(outputs)
    if targets.shape[1:] != outputs.shape[1:]:
        raise InputError(
            f"targets of shape (samples,) with integer classes, or (samples, "
            f"{', '.join(map(str, outputs.shape[1:]))})",
            f"{tuple(targets.shape)} of {targets.dtype}",
            "Bring the targets into the shape of the predictions.",
        )
    if not torch.isfinite(targets).all():
        raise InputError("finite targets", "NaN or infinite ones", "Remove those samples.")
    return targets.to(outputs)


def squared_moments(outputs: Tensor, targets: Tensor) -> Tensor:
    """Sums over the samples of ``||N||^2``, ``<N, y>``, ``||y||^2``: float64, (3,).

    Divided by the number of samples they are a, b and d. Sums, so that tiles add up.

    >>> squared_moments(torch.tensor([[2.0, 1.0]]), torch.tensor([[1.0, 0.0]])).tolist()
    [5.0, 2.0, 1.0]
    """
    predicted, wanted = outputs.double(), targets.double()
    return torch.stack(
        [predicted.square().sum(), (predicted * wanted).sum(), wanted.square().sum()]
    )
