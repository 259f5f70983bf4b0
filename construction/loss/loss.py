"""Losses convex in the prediction, as they look along a ray ``c -> l(c N, y)``.

Along a ray every loss is a convex function of the one number c. What the construction has to know
of it: value and slope at any c, the *growth* ``lim l(c N, y) / c`` that decides whether a right
branch exists, the *limit* where it does not grow, and L(0). Sums are over samples, in float64, so
that tiles and machines add up; outputs of one sample are summed, not averaged.

`Elementwise` is the base of the losses that are a sum over single outputs.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import InputError


class Along(NamedTuple):
    """Sums over the samples at one c a ray, float64, (rays,) each.

    Value and excess are the same number but for rounding: each keeps the digits that the other
    loses, the one near 0 and the other near L(0).

    Attributes:
        value: of ``l(c N, y)``.
        excess: of ``l(c N, y) - l(0, y)``.
        slope: of its right derivative in c.
        curvature: of its second derivative in c, 0 where the loss is piecewise linear.
    """

    value: Tensor
    excess: Tensor
    slope: Tensor
    curvature: Tensor


class Loss(ABC):
    """A loss that is convex in the prediction.

    A *ray* is what the loss needs of the outputs at one lambda, (width, samples), float64: samples
    last, as sums over a few outputs are then sums of long rows.
    """

    #: The axis of rays, and of targets along them, that runs over the samples.
    axis: int = -1

    name: str
    #: Whether a minimum along a ray is always a single point, unless the ray is constant.
    strict: bool = True

    @abstractmethod
    def targets(self, raw: Tensor, outputs: Tensor) -> Tensor:
        """Targets as this loss wants them.

        Args:
            raw: the user's, (samples, ...).
            outputs: predictions for some samples, for their shape and type.

        Raises:
            InputError: targets that this loss cannot take, and why.
        """

    @abstractmethod
    def rays(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs (samples, ...) as rays (width, samples), float64, and the targets along them.

        Args:
            outputs: predictions.
            targets: as `targets` returns them.
        """

    @abstractmethod
    def along(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """Value, slope and curvature at ``c`` (rays,) of rays (rays, width, samples)."""

    @abstractmethod
    def growth(self, rays: Tensor, targets: Tensor) -> Tensor:
        """Sum of ``lim l(c N, y) / c`` for c to infinity, (rays,); 0 means no right branch."""

    @abstractmethod
    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """Sum of ``lim l(c N, y) - l(0, y)`` for c to infinity, where the growth is 0, (rays,)."""

    @abstractmethod
    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        """Sum of ``l(0, y)``, the all-zero predictor's, (); of one ray only its shape counts."""

    def offset(self, targets: Tensor) -> Tensor:
        """A sum K with ``l(c N, y) >= c growth - K``, to bound right roots; infinite if unknown."""
        return torch.zeros((), dtype=torch.float64, device=targets.device)


class Elementwise(Loss):
    """A loss that is a sum over the outputs of ``phi(p, y)``, p and y real numbers."""

    def targets(self, raw: Tensor, outputs: Tensor) -> Tensor:
        """Real values of the outputs' shape, as (samples, width), float64."""
        return real_targets(raw, outputs)

    def rays(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs and targets, (width, samples) each."""
        flat = outputs.double().reshape(len(outputs), -1)
        return flat.T.contiguous(), targets.T.contiguous()

    @abstractmethod
    def phi(self, p: Tensor, y: Tensor) -> Tensor:
        """The loss of one output."""

    def excess(self, p: Tensor, y: Tensor) -> Tensor:
        """``phi(p, y) - phi(0, y)``; by another formula where that keeps digits for small p."""
        return self.phi(p, y) - self.phi(torch.zeros_like(y), y)

    @abstractmethod
    def derivatives(self, p: Tensor, y: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """First derivative of `phi` in p, taken towards `direction` at a kink, and the second."""

    @abstractmethod
    def grows(self, p: Tensor, y: Tensor) -> Tensor:
        """Lim phi(c p, y) / c."""

    def along(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """See `Loss.along`."""
        p = rays * c[:, None, None]
        first, second = self.derivatives(p, targets, rays)
        value, excess = self.phi(p, targets), self.excess(p, targets)
        return Along(*map(summed, (value, excess, first * rays, second * rays * rays)))

    def growth(self, rays: Tensor, targets: Tensor) -> Tensor:
        """See `Loss.growth`."""
        return summed(self.grows(rays, targets))

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """0: without growth the outputs vanish, unless the loss says otherwise."""
        return torch.zeros(len(rays), dtype=torch.float64, device=rays.device)

    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        """See `Loss.zero`."""
        return self.phi(torch.zeros_like(targets), targets).sum()


def real_targets(raw: Tensor, outputs: Tensor) -> Tensor:
    """Real targets of the outputs' shape as (samples, width), float64; classes become one-hot.

    Args:
        raw: integer class indices (samples,), or real values of the shape of `outputs`; (samples,)
            is taken for (samples, 1).
        outputs: the network's predictions, (samples, outputs), for shape and type alone.

    Raises:
        InputError: shapes that do not fit, an index outside the outputs, or NaN.

    >>> real_targets(torch.tensor([1, 0]), torch.zeros(2, 3)).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    if raw.ndim == 1 and outputs.ndim == 2 and not raw.is_floating_point():
        if outputs.shape[1] == 1:
            raise InputError(
                "real targets of shape (samples, 1) for a single output",
                f"{raw.dtype} of shape (samples,), which would count as classes",
                "Pass targets.float().unsqueeze(1).",
            )
        labels = class_indices(raw, outputs)
        return torch.nn.functional.one_hot(labels, outputs.shape[1]).double()
    if raw.ndim == 1 and outputs.ndim == 2 and outputs.shape[1] == 1:
        raw = raw[:, None]
    if raw.shape[1:] != outputs.shape[1:]:
        raise InputError(
            f"targets of shape (samples,) with integer classes, or (samples, "
            f"{', '.join(map(str, outputs.shape[1:]))})",
            f"{tuple(raw.shape)} of {raw.dtype}",
            "Bring the targets into the shape of the predictions.",
        )
    if not torch.isfinite(raw).all():
        raise InputError("finite targets", "NaN or infinite ones", "Remove those samples.")
    return raw.double().reshape(len(raw), -1)


def class_indices(raw: Tensor, outputs: Tensor) -> Tensor:
    """Class indices (samples,) for outputs (samples, classes).

    Raises:
        InputError: other shapes or types, or an index outside the outputs.
    """
    if raw.ndim != 1 or raw.is_floating_point() or outputs.ndim != 2:
        raise InputError(
            "integer class indices (samples,) and outputs (samples, classes)",
            f"targets of shape {tuple(raw.shape)} of {raw.dtype} and outputs of shape "
            f"{tuple(outputs.shape)}",
            "Pass labels as integers, and let the network return one row of outputs a sample.",
        )
    classes = outputs.shape[1]
    lowest, highest = int(raw.min()), int(raw.max())
    if lowest < 0 or highest >= classes or classes < 2:
        raise InputError(
            f"class indices from 0 to {classes - 1}, one an output",
            f"indices from {lowest} to {highest}",
            "Give the network one output a class.",
        )
    return raw.long()


def summed(values: Tensor) -> Tensor:
    """Over samples and outputs, (rays, width, samples) -> (rays,)."""
    return values.flatten(1).sum(1)
