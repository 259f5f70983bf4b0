"""Losses for real targets: squared, absolute, Huber, pinball, Poisson.

Summed over the outputs of a sample. Each is a function phi of one prediction p and one target y.
"""

import torch
from torch import Tensor

from ..errors import InputError
from .loss import Elementwise


class Squared(Elementwise):
    """``(p - y)^2``, no factor 1/2; class indices become one-hot targets.

    Along a ray it is a parabola, which `construction.sheet.moments` solves in closed form.
    """

    name = "squared"

    def phi(self, p: Tensor, y: Tensor) -> Tensor:
        return (p - y).square()

    def derivatives(self, p: Tensor, y: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """``2 (p - y)`` and 2."""
        return 2 * (p - y), torch.full_like(p, 2.0)

    def grows(self, p: Tensor, y: Tensor) -> Tensor:
        """Faster than any line, where p is not 0."""
        return torch.where(p != 0, torch.inf, 0.0).double()

    def moments(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Sums over the samples of ``||N||^2``, ``<N, y>``, ``||y||^2``: float64, (lambdas, 3).

        Args:
            outputs: (lambdas, samples, ...).
            targets: as `targets` returns them; weights count in each of the sums.

        >>> Squared().moments(torch.tensor([[[2.0, 1.0]]]), torch.tensor([[1.0, 0.0]])).tolist()
        [[5.0, 2.0, 1.0]]
        """
        if targets.ndim == 3:
            root = targets[:, 1].sqrt()
            outputs = outputs.double().reshape(len(outputs), *root.shape) * root
            targets = targets[:, 0] * root
        n, y = outputs.double().reshape(len(outputs), -1), targets.double().reshape(-1)
        a, b = torch.linalg.vecdot(n, n), n @ y
        return torch.stack([a, b, (y @ y).expand_as(b)], dim=1)


class Absolute(Elementwise):
    """``|p - y|``."""

    name = "absolute"
    strict = False
    #: Slopes below and above the target.
    slopes = (-1.0, 1.0)

    def phi(self, p: Tensor, y: Tensor) -> Tensor:
        return (p - y).abs()

    def derivatives(self, p: Tensor, y: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """The slope on the side of y on which p lies, at y as the direction says, and 0."""
        side = (p - y).sign()
        side = torch.where(side == 0, direction.sign(), side)
        below, above = self.slopes
        return torch.where(side > 0, above * side, -below * side), torch.zeros_like(p)

    def grows(self, p: Tensor, y: Tensor) -> Tensor:
        """The loss of p with target 0."""
        return self.phi(p, torch.zeros_like(p))

    def lags(self, y: Tensor) -> Tensor:
        """``phi(c p, y) >= phi(c p, 0) - phi(y, 0)``, as the loss is subadditive."""
        return self.phi(y, torch.zeros_like(y))


class Huber(Elementwise):
    """``(p - y)^2 / 2`` within delta, ``delta (|p - y| - delta / 2)`` beyond (Huber 1964).

    Args:
        delta: where it turns linear; 1 as in `torch.nn.HuberLoss`.
    """

    name = "huber"
    strict = False

    def __init__(self, delta: float = 1.0) -> None:
        if not delta > 0:
            raise InputError("delta above 0", f"{delta}", "1.0 is the usual one.")
        self.delta = delta

    def phi(self, p: Tensor, y: Tensor) -> Tensor:
        size = (p - y).abs()
        near = size.clamp_max(self.delta)
        return near * (size - near / 2)

    def derivatives(self, p: Tensor, y: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """The difference, clamped to +-delta, and whether it is within."""
        difference = p - y
        inside = (difference.abs() < self.delta).to(p)
        return difference.clamp(-self.delta, self.delta), inside

    def grows(self, p: Tensor, y: Tensor) -> Tensor:
        """``delta |p|``."""
        return self.delta * p.abs()

    def lags(self, y: Tensor) -> Tensor:
        """``phi >= delta (|c p| - |y| - delta / 2)``."""
        return self.delta * (y.abs() + self.delta / 2)


class Pinball(Absolute):
    """``max(q (y - p), (q - 1) (y - p))``, whose minimiser is the q-quantile (Koenker 1978).

    Args:
        quantile: q in (0, 1); 0.5, half the absolute loss, as in scikit-learn.
    """

    name = "pinball"

    def __init__(self, quantile: float = 0.5) -> None:
        if not 0 < quantile < 1:
            raise InputError("a quantile in (0, 1)", f"{quantile}", "0.5 is the median.")
        self.quantile, self.slopes = quantile, (-quantile, 1 - quantile)

    def phi(self, p: Tensor, y: Tensor) -> Tensor:
        return torch.maximum(self.quantile * (y - p), (self.quantile - 1) * (y - p))


class Poisson(Elementwise):
    """``exp(p) - y p``: the log of the rate is predicted, y >= 0 counts.

    The negative log-likelihood without its constant, as `torch.nn.PoissonNLLLoss`.
    """

    name = "poisson"
    negative = True
    within = (0.0, torch.inf, "Give counts, none negative.")
    indexed = False

    def phi(self, p: Tensor, y: Tensor) -> Tensor:
        return p.exp() - y * p

    def excess(self, p: Tensor, y: Tensor) -> Tensor:
        """``exp(p) - 1 - y p``."""
        return p.expm1() - y * p

    def derivatives(self, p: Tensor, y: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """``exp(p) - y`` and ``exp(p)``."""
        rate = p.exp()
        return rate - y, rate

    def grows(self, p: Tensor, y: Tensor) -> Tensor:
        """Faster than any line where p > 0, else ``-y p``."""
        return torch.where(p > 0, torch.inf, -y * p)

    def falls(self, p: Tensor) -> Tensor:
        """Without growth no p is positive: ``exp`` falls from 1 to 0 wherever p < 0."""
        return -(p < 0).double()

    def lags(self, y: Tensor) -> Tensor:
        """Its least value is ``y - y log y``; where ``p <= 0`` it is ``c grows`` or more."""
        return (torch.xlogy(y, y) - y).clamp_min(0)
