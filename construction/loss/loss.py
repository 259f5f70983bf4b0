"""Losses convex in the prediction, as they look along a ray ``c -> l(c N, y)``.

Sums are over samples, in float64, so that tiles and machines add up; outputs of one sample are
summed, not averaged. The objective is that sum over the sum of the samples' weights (`Weighted`).
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import InputError
from .targets import real_targets, require_real


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
    #: Whether it may be below 0, by no more than its `offset` then.
    negative: bool = False

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

    def raw_size(self, outputs: Tensor) -> Tensor:
        """Sum of |outputs| where rays are differences of them, and may be far smaller; else 0."""
        return torch.zeros((), dtype=torch.float64, device=outputs.device)

    @abstractmethod
    def along(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """Value and derivatives at ``c`` (rays,) of rays (rays, width, samples)."""

    def heights(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """As `along`; derivatives may be NaN, where they cost much."""
        return self.along(rays, targets, c)

    def terms(self, rays: Tensor, targets: Tensor, c: Tensor) -> Tensor:
        """The slope in c, as in `along`, and the sum of the sizes of its terms, (2, rays)."""
        slope = self.along(rays, targets, c).slope
        return torch.stack([slope, slope.abs()])

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
        y = _values(targets)
        p = rays * c[:, None, None]
        first, second = self.derivatives(p, y, rays)
        parts = (self.phi(p, y), self.excess(p, y), first * rays, second * rays * rays)
        return Along(*(_summed(part, targets) for part in parts))

    def terms(self, rays: Tensor, targets: Tensor, c: Tensor) -> Tensor:
        first, _ = self.derivatives(rays * c[:, None, None], _values(targets), rays)
        return torch.stack([_summed(one, targets) for one in (first * rays, (first * rays).abs())])

    def growth(self, rays: Tensor, targets: Tensor) -> Tensor:
        return _summed(self.grows(rays, _values(targets)), targets)

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        return _summed(self.falls(rays), targets)

    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        y = _values(targets)
        return _summed(self.phi(torch.zeros_like(y), y)[None], targets)[0]

    def offset(self, targets: Tensor) -> Tensor:
        return _summed(self.lags(_values(targets))[None], targets)[0]


def _values(targets: Tensor) -> Tensor:
    """Of targets along rays, without their weights."""
    return targets[0] if targets.ndim == 3 else targets


def _summed(values: Tensor, targets: Tensor) -> Tensor:
    """Over samples and outputs, (rays, width, samples) -> (rays,), as the targets weigh."""
    if targets.ndim == 3:
        values = torch.where(targets[1] > 0, values * targets[1], 0.0)
    return values.flatten(1).sum(1)
