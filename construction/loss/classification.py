"""Losses for classes: cross-entropy, with label smoothing, binary; hinge, binary and multiclass.

All take *logits*. Cross-entropy reaches its infimum at no finite c where every sample is classified
correctly: no right branch exists there, and `growth` is exactly 0.
"""

import torch
from torch import Tensor

from ..errors import InputError
from .loss import Along, Elementwise, Loss, class_indices, real_targets

#: Largest |c ray| for which ``log mean exp`` is taken from `expm1`, so that an objective close to
#: L(0) keeps the digits of its excess.
SMALL = 0.5
#: Largest c ray whose exponential is summed as it is.
LARGE = 500.0
#: Smaller exponents count as this one: what they would add is nothing, and denormals are slow.
LEAST = -700.0


class Multiclass(Loss):
    """A loss of class indices and one logit a class that grows along its largest ray entry."""

    def targets(self, raw: Tensor, outputs: Tensor) -> Tensor:
        """Class indices, (samples,)."""
        return class_indices(raw, outputs)

    def growth(self, rays: Tensor, targets: Tensor) -> Tensor:
        """Sum of the largest entry of each ray."""
        return rays.amax(1).sum(1)


class CrossEntropy(Multiclass):
    """``log sum_j exp(z_j) - <q, z>`` with target probabilities q; in the logits z.

    ``q`` is one on the label, or with smoothing eps ``(1 - eps)`` there and ``eps / classes``
    everywhere (Szegedy et al. 2016, arXiv 1512.00567, section 7; as
    `torch.nn.CrossEntropyLoss(label_smoothing=eps)`).

    A ray holds ``z_j - <q, z>``, so that the loss is ``log sum_j exp(c ray_j)``, and its growth
    ``max_j ray_j``: 0 exactly where the label is among the largest logits, with smoothing where
    all logits are equal.

    Args:
        smoothing: eps in [0, 1).
    """

    def __init__(self, smoothing: float = 0.0) -> None:
        if not 0 <= smoothing < 1:
            raise InputError("smoothing in [0, 1)", f"{smoothing}", "0.1 is the usual one.")
        self.smoothing = smoothing
        self.name = "label_smoothing" if smoothing else "cross_entropy"

    def rays(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """``z_j - <q, z>``, (classes, samples)."""
        z = outputs.double().T.contiguous()
        label = z.gather(0, targets[None])
        if not self.smoothing:
            return z - label, targets
        top = z.amax(0)  # so that equal logits give exact zeros
        z, label = z - top, label - top
        return z - ((1 - self.smoothing) * label + self.smoothing * z.mean(0)), targets

    def along(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """See `Loss.along`."""
        u = rays * c[:, None, None]
        classes = rays.shape[1]
        low, high = (float(end) for end in torch.aminmax(u))
        if max(high, -low) < SMALL:
            raised = u.expm1_()
            mean = raised.mean(1)
            excess = mean.log1p()
            value = excess + _log(classes)
            weights = raised.add_(1.0)
            total = (1 + mean) * classes
        else:
            top = u.amax(1, keepdim=True) if high > LARGE else None
            shifted = u if top is None else u.sub_(top)
            weights = shifted.clamp_(min=LEAST).exp_()
            total = weights.sum(1)
            value = total.log() if top is None else total.log() + top.squeeze(1)
            excess = value - _log(classes)
        weighted = weights.mul_(rays)
        first = weighted.sum(1) / total
        second = weighted.mul_(rays).sum(1) / total - first.square()
        return Along(value.sum(1), excess.sum(1), first.sum(1), second.sum(1))

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """Logarithm of how many logits share the largest value, less that of the classes."""
        ties = (rays == rays.amax(1, keepdim=True)).sum(1).double()
        return (ties.log() - _log(rays.shape[1])).sum(1)

    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        """The logarithm of the number of classes a sample."""
        return torch.tensor(
            rays.shape[1] * _log(len(rays)), dtype=torch.float64, device=rays.device
        )


class BinaryCrossEntropy(Elementwise):
    """``log(1 + exp(z)) - y z`` for targets y in [0, 1] and a logit z a target."""

    name = "binary_cross_entropy"

    def targets(self, raw: Tensor, outputs: Tensor) -> Tensor:
        """Probabilities of the outputs' shape; (samples,) for one output a sample."""
        return _in_range(raw, outputs, self.name)

    def phi(self, p: Tensor, y: Tensor) -> Tensor:
        """See the class."""
        return torch.logaddexp(p, torch.zeros_like(p)) - y * p

    def excess(self, p: Tensor, y: Tensor) -> Tensor:
        """``log(1 + (exp(z) - 1) / 2) - y z`` for small z."""
        small = (p.clamp(-SMALL, SMALL).expm1() / 2).log1p() - y * p
        return torch.where(p.abs() < SMALL, small, super().excess(p, y))

    def derivatives(self, p: Tensor, y: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """``sigma - y`` and ``sigma (1 - sigma)``."""
        sigma = p.sigmoid()
        return sigma - y, sigma * (1 - sigma)

    def grows(self, p: Tensor, y: Tensor) -> Tensor:
        """``max(p, 0) - y p``."""
        return p.clamp_min(0) - y * p

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """``-log 2`` for every logit of the right sign, nothing for a logit of 0."""
        return -_log(2) * (rays != 0).double().flatten(1).sum(1)


class Hinge(Elementwise):
    """``max(0, 1 - s z)`` with signs s of the targets, of one output a sample (Cortes 1995)."""

    name = "hinge"
    strict = False

    def targets(self, raw: Tensor, outputs: Tensor) -> Tensor:
        """Signs -1 and 1, also given as classes 0 and 1."""
        if set(raw.unique().tolist()) <= {-1, 1}:
            return real_targets(raw.double(), outputs)
        signs = 2 * _in_range(raw, outputs, self.name) - 1
        if not bool((signs.abs() == 1).all()):
            raise InputError("targets 0 and 1, or -1 and 1", "others", "The hinge has two classes.")
        return signs

    def phi(self, p: Tensor, y: Tensor) -> Tensor:
        """See the class."""
        return (1 - y * p).clamp_min(0)

    def derivatives(self, p: Tensor, y: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """``-s`` inside the margin, 0 outside, at it as the direction says, and 0."""
        value = 1 - y * p
        inside = (value > 0) | ((value == 0) & (y * direction < 0))
        return torch.where(inside, -y, torch.zeros_like(p)), torch.zeros_like(p)

    def grows(self, p: Tensor, y: Tensor) -> Tensor:
        """``max(0, -s z)``."""
        return (-y * p).clamp_min(0)

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """-1 for every output of the right sign: its loss falls from 1 to 0."""
        return -(rays != 0).double().flatten(1).sum(1)


class MulticlassHinge(Multiclass):
    """``max_j (1[j is not the label] + z_j) - z_label`` (Crammer and Singer 2001).

    A ray holds ``z_j - z_label``.
    """

    name = "multiclass_hinge"
    strict = False

    def rays(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """``z_j - z_label``, (classes, samples)."""
        z = outputs.double().T.contiguous()
        return z - z.gather(0, targets[None]), targets

    def along(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """See `Loss.along`."""
        margins = torch.ones(rays.shape[1:], dtype=torch.float64, device=rays.device)
        margins.scatter_(0, targets[None], 0.0)
        u = rays * c[:, None, None] + margins
        value = u.amax(1)
        steepest = torch.where(u == value[:, None], rays, -torch.inf).amax(1)
        flat = torch.zeros(len(rays), dtype=torch.float64, device=rays.device)
        return Along(value.sum(1), (value - 1).sum(1), steepest.sum(1), flat)

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """-1 for every sample whose label alone has the largest logit."""
        alone = (rays == rays.amax(1, keepdim=True)).sum(1) == 1
        return -alone.double().sum(1)

    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        """1 a sample."""
        return torch.tensor(float(rays.shape[1]), dtype=torch.float64, device=rays.device)


def _in_range(raw: Tensor, outputs: Tensor, name: str) -> Tensor:
    """Real targets in [0, 1], also given as integers."""
    real = real_targets(raw.double(), outputs)
    if bool((real < 0).any()) or bool((real > 1).any()):
        raise InputError(
            f"targets in [0, 1] for {name}",
            f"values from {float(real.min()):g} to {float(real.max()):g}",
            "Give one probability, or one class 0 or 1, an output.",
        )
    return real


def _log(number: int) -> float:
    return float(torch.tensor(float(number), dtype=torch.float64, device="cpu").log())
