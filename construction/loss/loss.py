"""Losses convex in the prediction, as they look along a ray ``c -> l(c N, y)``.

Along a ray every loss is a convex function of the one number c. What the construction has to know
of it: value and slope at any c, the *growth* ``lim l(c N, y) / c`` that decides whether a right
branch exists, the *limit* where it does not grow, and L(0). Sums are over samples, in float64, so
that tiles and machines add up; outputs of one sample are summed, not averaged. The objective is
that sum over the sum of the samples' weights, which are 1 unless said otherwise (`Weighted`).

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
        curvature: of its second derivative in c, 0 where the loss is piecewise linear; NaN of a
            user's own, where secants of the slope do.
    """

    value: Tensor
    excess: Tensor
    slope: Tensor
    curvature: Tensor


#: What to do about targets that are not finite.
MISSING = "Remove those samples, or leave out entries that are NaN: missing='ignore'."


class Weighted(NamedTuple):
    """Targets of which some count more than others: the objective is the weighted mean.

    Attributes:
        targets: as they would be given alone, (samples, ...).
        weights: at least 0, (samples,).
    """

    targets: Tensor
    weights: Tensor


#: Targets as the user gives them.
Raw = Tensor | Weighted


def _weights_of(raw: Raw) -> Tensor:
    """Of each sample, float64."""
    if isinstance(raw, Weighted):
        return raw.weights.double()
    return torch.ones(len(raw), dtype=torch.float64, device=raw.device)


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

    def weigh(self, raw: Raw) -> Tensor:
        """Sum and largest of the weights of some samples, (2,) float64: see the module."""
        weights = _weights_of(raw)
        return torch.stack([weights.sum(), weights.amax()]).cpu()

    def targets(self, raw: Raw, outputs: Tensor) -> Tensor:
        """The user's targets, (samples, ...), as this loss wants them for outputs of that shape.

        Raises:
            InputError: targets that this loss cannot take, and why.
        """
        self.require(raw, outputs)
        return self.convert(raw, outputs)

    @abstractmethod
    def require(self, raw: Raw, outputs: Tensor) -> None:
        """Refuse values that this loss cannot take, as `targets` does; a GPU waits for them."""

    @abstractmethod
    def convert(self, raw: Raw, outputs: Tensor) -> Tensor:
        """As `targets`, of values that were looked at: shapes and types alone are refused."""

    @abstractmethod
    def rays(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs (samples, ...) as rays (width, samples), float64, and the targets along them."""

    @abstractmethod
    def along(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """Value and derivatives at ``c`` (rays,) of rays (rays, width, samples)."""

    def heights(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """As `along`; derivatives may be NaN, where they cost much."""
        return self.along(rays, targets, c)

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
    """A loss that is a sum over the outputs of ``phi(p, y)``, p and y real numbers.

    Where entries have weights, the targets hold them beside the values: (samples, 2, width), and
    (2, width, samples) along rays.

    Attributes:
        missing: "refuse" or "ignore" targets that are NaN. Ignored entries add nothing; samples
            without any other do not count in the mean.
    """

    missing: str = "refuse"
    #: Least and largest target and what to do about others.
    within: tuple[float, float, str] | None = None
    #: Whether integers, one for each row of outputs, are indices of classes, one-hot then.
    indexed: bool = True

    def weigh(self, raw: Raw) -> Tensor:
        """See `Loss.weigh`; samples without a target have none."""
        if self.missing == "ignore":
            values = raw.targets if isinstance(raw, Weighted) else raw
            there = ~values.isnan().reshape(len(values), -1).all(1)
            raw = Weighted(values, _weights_of(raw) * there)
        return super().weigh(raw)

    def require(self, raw: Raw, outputs: Tensor) -> None:
        """See `Loss.require`; values that are ignored may be anything."""
        values = raw.targets if isinstance(raw, Weighted) else raw
        if self.missing == "ignore" and values.is_floating_point():
            values = values.masked_fill(values.isnan(), 1)  # a target that every loss takes
        require_real(values if self.indexed else values.double(), outputs)
        self.admit(real_targets(values if self.indexed else values.double(), outputs))

    def admit(self, real: Tensor) -> None:
        """Refuse values, (samples, width), that the loss is not made for."""
        if self.within is None:
            return
        low, high, remedy = self.within
        if bool(((real < low) | (real > high)).any()):
            found = f"values from {float(real.min()):g} to {float(real.max()):g}"
            raise InputError(f"targets in [{low:g}, {high:g}] for {self.name}", found, remedy)

    def convert(self, raw: Raw, outputs: Tensor) -> Tensor:
        """Real values of the outputs' shape, as (samples, width), float64; or see the class."""
        values, counts = raw if isinstance(raw, Weighted) else (raw, None)
        if self.missing == "ignore" and values.is_floating_point():
            gone = values.isnan()
            real = self.real(values.masked_fill(gone, 1), outputs)
            weights = 1.0 - gone.reshape(real.shape).double()
        else:
            real = self.real(values, outputs)
            weights = torch.ones_like(real)
        if counts is not None:
            weights *= counts.double()[:, None]
        elif self.missing != "ignore":
            return real
        return torch.stack([real, weights], dim=1)

    def real(self, raw: Tensor, outputs: Tensor) -> Tensor:
        """Values that this loss can take, (samples, width)."""
        return real_targets(raw if self.indexed else raw.double(), outputs)

    def rays(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs and targets, (width, samples) each; outputs that do not count are 0."""
        flat = outputs.double().reshape(len(outputs), -1)
        if targets.ndim == 3:
            return (flat * (targets[:, 1] > 0)).T.contiguous(), targets.movedim(0, 2).contiguous()
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

    def falls(self, p: Tensor) -> Tensor:
        """Lim phi(c p, y) - phi(0, y) where nothing grows; without growth the outputs vanish."""
        return torch.zeros_like(p)

    def lags(self, y: Tensor) -> Tensor:
        """A K with ``phi(c p, y) >= c grows - K``."""
        return torch.zeros_like(y)

    def along(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """See `Loss.along`."""
        y, weights = _apart(targets)
        p = rays * c[:, None, None]
        first, second = self.derivatives(p, y, rays)
        parts = (self.phi(p, y), self.excess(p, y), first * rays, second * rays * rays)
        return Along(*(summed(part, weights) for part in parts))

    def growth(self, rays: Tensor, targets: Tensor) -> Tensor:
        """See `Loss.growth`."""
        y, weights = _apart(targets)
        return summed(self.grows(rays, y), weights)

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """See `Loss.limit`."""
        return summed(self.falls(rays), _apart(targets)[1])

    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        """See `Loss.zero`."""
        y, weights = _apart(targets)
        return summed(self.phi(torch.zeros_like(y), y)[None], weights)[0]

    def offset(self, targets: Tensor) -> Tensor:
        """See `Loss.offset`."""
        y, weights = _apart(targets)
        return summed(self.lags(y)[None], weights)[0]


def _apart(targets: Tensor) -> tuple[Tensor, Tensor | None]:
    """Values along rays, and their weights where they have any."""
    return (targets[0], targets[1]) if targets.ndim == 3 else (targets, None)


def real_targets(raw: Tensor, outputs: Tensor) -> Tensor:
    """Real targets of the outputs' shape as (samples, width), float64; classes become one-hot.

    Args:
        raw: integer class indices, one less axis than the outputs (see `class_axis`), or real
            values of their shape, but for axes of length 1.
        outputs: the network's predictions, (samples, ...), for shape and type alone.

    Raises:
        InputError: shapes that do not fit.

    >>> real_targets(torch.tensor([1, 0]), torch.zeros(2, 3)).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    axis = _axis_of_indices(raw, outputs)
    if axis is None:
        return raw.double().reshape(len(raw), -1)
    hot = one_hot(raw.long(), outputs.shape[axis]).double()
    return hot.movedim(-1, axis).reshape(len(raw), -1)


def _axis_of_indices(raw: Tensor, outputs: Tensor) -> int | None:
    """The classes' axis of the outputs where targets are indices of them; None if real values."""
    if raw.ndim == outputs.ndim - 1 and not raw.is_floating_point():
        axis = class_axis(raw, outputs)
        if outputs.shape[axis] == 1:
            raise InputError(
                "real targets of the outputs' shape for a single output",
                f"{raw.dtype} of shape {tuple(raw.shape)}, which would count as classes",
                f"Pass targets.float().unsqueeze({axis}).",
            )
        return axis
    wide, narrow = ([n for n in shape[1:] if n != 1] for shape in (outputs.shape, raw.shape))
    if len(raw) != len(outputs) or wide != narrow or (raw.ndim > outputs.ndim):
        raise InputError(
            f"integer classes, or real targets of the outputs' shape {tuple(outputs.shape)}",
            f"{tuple(raw.shape)} of {raw.dtype}",
            "Bring the targets into the shape of the predictions.",
        )
    return None


def require_real(raw: Tensor, outputs: Tensor) -> None:
    """Refuse values that `real_targets` cannot take.

    Raises:
        InputError: shapes that do not fit, an index outside the outputs, or NaN.
    """
    if _axis_of_indices(raw, outputs) is not None:
        require_classes(raw, outputs)
    elif not torch.isfinite(raw).all():
        raise InputError("finite targets", "NaN or infinite ones", MISSING)


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """Where each class is that of a label, (..., classes); unlike PyTorch's it looks at no value.

    >>> one_hot(torch.tensor([1, 0]), 2).tolist()
    [[False, True], [True, False]]
    """
    return labels.unsqueeze(-1) == torch.arange(classes, device=labels.device)


def class_axis(labels: Tensor, outputs: Tensor, axis: int | None = None) -> int:
    """The axis of the outputs that runs over the classes: the second, as in PyTorch, or the last.

    Decided by the shape of the labels, which lack it; where both would fit by `axis`, 1 or -1.

    Raises:
        InputError: neither fits, or both do, or the outputs have no such axis of classes.

    >>> class_axis(torch.zeros(8, 5), torch.zeros(8, 5, 100)), class_axis(torch.zeros(8, 5),
    ...     torch.zeros(8, 100, 5))
    (2, 1)
    """
    shape = tuple(outputs.shape)
    fitting = [
        one
        for one in dict.fromkeys((1, outputs.ndim - 1))
        if outputs.ndim > 1 and shape[:one] + shape[one + 1 :] == tuple(labels.shape)
    ]
    if axis is not None:
        if fitting and not (axis and -outputs.ndim < axis < outputs.ndim):
            raise InputError(
                "axis=1 or axis=-1, second or last, for the classes",
                f"axis={axis} for outputs of shape {shape}",
                "Say axis=1, as PyTorch has them, or axis=-1, as language models.",
            )
        fitting = [one for one in fitting if one == axis % outputs.ndim]
    if len(fitting) > 1:
        raise InputError(
            "to be told which axis of the outputs runs over the classes",
            f"outputs of shape {shape}, of which both the second and the last may",
            "Say loss=CrossEntropy(axis=1), as PyTorch has them, or axis=-1, as language models.",
        )
    if not fitting:
        raise unfit(labels, outputs)
    return fitting[0]


def unfit(labels: Tensor, outputs: Tensor) -> InputError:
    """What is said of labels whose shape or type is not that of the outputs' rows."""
    return InputError(
        "integer class indices (samples,) and outputs (samples, classes); or with more axes, the "
        "classes second or last",
        f"targets of shape {tuple(labels.shape)} of {labels.dtype} and outputs of shape "
        f"{tuple(outputs.shape)}",
        "Pass labels as integers, and let the network return one row of outputs a label.",
    )


def class_indices(raw: Tensor, outputs: Tensor, axis: int | None = None) -> Tensor:
    """Class indices, int64, one for each row of outputs; see `class_axis`.

    Raises:
        InputError: other shapes or types.
    """
    if raw.is_floating_point():
        raise unfit(raw, outputs)
    class_axis(raw, outputs, axis)
    return raw.long()


def require_classes(
    raw: Tensor, outputs: Tensor, axis: int | None = None, ignored: int | None = None
) -> None:
    """Refuse what are no class indices of these outputs.

    Raises:
        InputError: other shapes or types, or an index outside the outputs.
    """
    labels = class_indices(raw, outputs, axis)
    classes = outputs.shape[class_axis(raw, outputs, axis)]
    inside = labels if ignored is None else labels[labels != ignored]
    lowest, highest = (int(inside.min()), int(inside.max())) if inside.numel() else (0, 0)
    if lowest < 0 or highest >= classes or classes < 2:
        raise InputError(
            f"class indices from 0 to {classes - 1}, one an output",
            f"indices from {lowest} to {highest}",
            "Give the network one output a class, or name one index that is to be left out: "
            "CrossEntropy(ignore_index=...).",
        )


def summed(values: Tensor, weights: Tensor | None = None) -> Tensor:
    """Over samples and outputs, (rays, width, samples) -> (rays,); weights are (width, samples)."""
    if weights is not None:
        values = torch.where(weights > 0, values * weights, 0.0)
    return values.flatten(1).sum(1)
