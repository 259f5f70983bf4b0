"""Losses convex in the prediction, as they look along a ray ``c -> l(c N, y)``.

Along a ray every loss is a convex function of the one number c. What the construction asks of it:
value and slope at any c, the *growth* ``lim l(c N, y) / c`` that decides whether a right branch
exists, the *limit* where it does not grow, and L(0). Sums are over samples, in float64, so that
tiles and machines add up; outputs of one sample are summed, not averaged.

`construction.loss.regression` and `construction.loss.classification` hold the losses by name;
`Custom` takes any convex function of the user's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
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
        """Outputs (samples, ...) as rays (width, samples), float64, and what `along` needs beside.

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

    def offset(self, targets: Tensor) -> Tensor | None:
        """A sum K with ``l(c N, y) >= c growth - K``, for a bound of the right root, or None."""
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


class Custom(Loss):
    """The user's own loss: a function of (predictions, targets) to one value a sample.

    Convexity along the rays of the data is checked by `construction.sheet.convexity`; growth and
    limit are found by going to `FAR`, which is a check and no proof.

    Args:
        function: differentiable in the predictions, (samples, ...) float64 -> (samples,).
        name: shown in messages.

    >>> fourth = Custom(lambda p, y: ((p - y) ** 4).sum(1), "fourth power")
    >>> y = torch.ones(1, 1).double()
    >>> [float(part) for part in fourth.along(torch.ones(1, 1, 1).double(), y, torch.tensor([2.0]))]
    [1.0, 0.0, 4.0, 12.0]
    """

    #: Scale at which a loss that has not risen above L(0) is taken never to; chosen here.
    FAR = 2.0**40
    strict = False
    axis = 0

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor], name: str = "custom") -> None:
        self.function, self.name = function, name

    def targets(self, raw: Tensor, outputs: Tensor) -> Tensor:
        """As given; floating point in float64."""
        return raw.double() if raw.is_floating_point() else raw

    def rays(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs and targets in their own shapes."""
        return outputs.double(), targets

    def values(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """The function's values, (samples,).

        Raises:
            InputError: it fails, or does not return one value a sample.
        """
        try:
            values = self.function(predictions, targets)
        except Exception as error:  # whatever the user's function does
            raise InputError(
                f"a loss that runs on float64 predictions of shape {tuple(predictions.shape)} and "
                f"targets of shape {tuple(targets.shape)}",
                f"{type(error).__name__}: {error}",
                "Write it with torch functions of (predictions, targets).",
            ) from error
        if not isinstance(values, Tensor) or values.shape != predictions.shape[:1]:
            found = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
            raise InputError(
                f"a loss that returns one value a sample, ({len(predictions)},)",
                f"{found}",
                "Sum over the outputs of a sample, .sum(1), and do not average over the samples.",
            )
        return values

    def along(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """By automatic differentiation in c, ray by ray."""
        rows = []
        for ray, scale in zip(rays, c, strict=True):
            at = scale.double().clone().requires_grad_()
            with torch.enable_grad():
                total = self.values(at * ray, targets).double().sum()
                if not total.requires_grad:
                    raise InputError(
                        "a loss that is differentiable in the predictions",
                        "one that is cut off from them, as by detach() or numpy",
                        "Write it with torch functions of the predictions.",
                    )
                (slope,) = torch.autograd.grad(total, at, create_graph=True)
                bend = torch.zeros_like(at)
                if slope.requires_grad:
                    (bend,) = torch.autograd.grad(slope, at, allow_unused=True)
                    bend = torch.zeros_like(at) if bend is None else bend
            excess = total - self.zero(ray, targets)
            rows.append(torch.stack([total, excess, slope, bend]).detach())
        return Along(*torch.stack(rows, dim=1))

    def growth(self, rays: Tensor, targets: Tensor) -> Tensor:
        """The chord from 0 to `FAR`, a lower bound of the growth; 0 where it does not rise."""
        far = torch.full((len(rays),), self.FAR, dtype=torch.float64, device=rays.device)
        return (self.along(rays, targets, far).excess / self.FAR).clamp_min(0.0)

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """The excess at `FAR`."""
        far = torch.full((len(rays),), self.FAR, dtype=torch.float64, device=rays.device)
        return self.along(rays, targets, far).excess

    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        """See `Loss.zero`."""
        return self.values(torch.zeros_like(rays), targets).double().sum()

    def offset(self, targets: Tensor) -> Tensor | None:
        """Unknown."""
        return None


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
