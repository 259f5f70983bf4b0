"""Losses for classes: cross-entropy, with label smoothing, binary; and the hinge.

All take *logits*. Cross-entropy reaches its infimum at no finite c where every sample is classified
correctly: no right branch exists there, and `growth` is exactly 0.
"""

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from ..errors import InputError, door, reading
from .loss import Along, Elementwise, Loss, Raw, Weighted
from .targets import class_axis, class_indices, one_hot, require_classes, unfit

#: Largest |c ray| for which ``log mean exp`` is taken from `expm1`, so that an objective close to
#: L(0) keeps the digits of its excess.
SMALL = 0.5
#: Largest c ray whose exponential is summed as it is.
LARGE = 500.0
#: By how much target probabilities may miss the sum 1, as in half precision.
SUM = 1e-2
#: Smaller exponents count as this one: what they would add is nothing, and denormals are slow.
LEAST = -700.0
#: Whether weights of rows are all 1, so that a GPU is asked once.
_EVEN: Any = WeakTensorKeyDictionary()


class CrossEntropy(Loss):
    """``log sum_j exp(z_j) - <q, z>`` with target probabilities q; in the logits z.

    ``q`` is one on the label, or with smoothing eps ``(1 - eps)`` there and ``eps / classes``
    everywhere (Szegedy et al. 2016, arXiv 1512.00567, section 7); or the user's own, as of mixup
    or distillation. With more than one row of logits a sample, as a class a token or a pixel, the
    objective is the mean over all rows. All is as `torch.nn.CrossEntropyLoss` has it: with class
    weights the mean over labels is weighted, that over probabilities is not.

    A ray holds ``z_j - <q, z>``, so that the loss is ``log sum_j exp(c ray_j)``, and its growth
    ``max_j ray_j``: 0 exactly where the label is among the largest logits, with smoothing where
    all logits are equal. Along a ray the targets are the weights of its rows.

    Args:
        smoothing: eps in [0, 1).
        weight: of each class, (classes,); 1 when None.
        ignore_index: a label whose rows are left out.
        axis: 1 or -1, the classes' axis of the outputs, where the shape of labels fits both; of
            probabilities, which have the outputs' shape, always.
    """

    @door()
    def __init__(
        self,
        smoothing: float = 0.0,
        *,
        weight: ArrayLike | Tensor | None = None,
        ignore_index: int = -100,
        axis: int | None = None,
    ) -> None:
        if not 0 <= smoothing < 1:
            raise InputError("smoothing in [0, 1)", f"{smoothing}", "0.1 is the usual one.")
        for name, value in (("ignore_index", ignore_index), ("axis", 0 if axis is None else axis)):
            if not (isinstance(value, int | np.integer) and abs(int(value)) < 2**63):
                raise InputError(f"{name} as an int64", f"{value!r:.80}", "Give a whole number.")
        self.smoothing, self.ignore_index, self.classes = smoothing, int(ignore_index), axis
        self.name = "label_smoothing" if smoothing else "cross_entropy"
        remedy = "Give each class one; `ignore_index` leaves a class out."
        with reading("class weights above 0, (classes,)", InputError, remedy):
            w = None if weight is None else torch.as_tensor(weight, dtype=torch.float64)
            if w is not None and not (w.ndim == 1 <= len(w) and 0 < w.min() <= w.max() < torch.inf):
                raise ValueError(f"{w.tolist()!s:.80}")
        self.weight = w

    def weigh(self, raw: Raw) -> Tensor:
        """See `Loss.weigh`: a row's is that of its label, or of its sample, or both."""
        values, weights = raw if isinstance(raw, Weighted) else (raw, None)
        if values.is_floating_point():
            axis = self.classes or -1
            rows = values.select(axis % values.ndim, 0) if values.ndim > 1 else values
            each = torch.ones_like(rows, dtype=torch.float64)
        else:
            labels = values.long()
            each = self._of_class(labels) * (labels != self.ignore_index)
        most = each.new_tensor(1.0 if self.weight is None else float(self.weight.max()))
        if weights is not None:
            each, most = each * _spread(weights, each), most * weights.amax()
        return torch.stack([each.sum(), most]).cpu()

    def require(self, raw: Raw, outputs: Tensor) -> None:
        """See `Loss.require`: indices of these classes, or probabilities."""
        values = raw.targets if isinstance(raw, Weighted) else raw
        if not values.is_floating_point():
            require_classes(values, outputs, self.classes, self.ignore_index)
            self._require_weights(outputs.shape[class_axis(values, outputs, self.classes)])
            return
        mass = self._probabilities(values, outputs)
        self._require_weights(mass.shape[-1])
        off = float((mass.sum(-1) - 1).abs().max())
        if bool((mass < 0).any()) or not off <= SUM:
            raise InputError(
                "target probabilities, none negative, that sum to 1",
                f"a least one of {float(mass.min()):g} and sums off by {off:.2g}",
                "Divide them by their sums; or pass labels as integers.",
            )

    def _require_weights(self, classes: int) -> None:
        if self.weight is not None and self.weight.shape != (classes,):
            found = f"weights of shape {tuple(self.weight.shape)}"
            raise InputError(f"one weight a class, ({classes},)", found, "Give as many.")

    def convert(self, raw: Raw, outputs: Tensor) -> Tensor:
        """Class indices; or, where they do not say all, what each class of a row weighs.

        Those are float64, (samples, ..., classes): the row's weight times its probabilities.
        """
        values, weights = raw if isinstance(raw, Weighted) else (raw, None)
        if not values.is_floating_point():
            labels = class_indices(values, outputs, self.classes)
            if weights is None and (self.weight is None or not self.smoothing):
                return labels
            classes = outputs.shape[class_axis(labels, outputs, self.classes)]
            counts = labels != self.ignore_index
            mass = one_hot(labels * counts, classes) * counts.unsqueeze(-1).double()
        else:
            mass = self._probabilities(values, outputs)
        if self.smoothing:
            mass = (1 - self.smoothing) * mass
            counts = (mass.sum(-1, keepdim=True) > 0).double()
            mass = mass + self.smoothing / mass.shape[-1] * counts
        if self.weight is not None:
            mass = mass * self.weight.to(mass.device)
        if weights is not None:
            mass = mass * _spread(weights, mass)
        return mass

    def _probabilities(self, values: Tensor, outputs: Tensor) -> Tensor:
        """The user's, classes last."""
        if values.shape != outputs.shape:
            raise unfit(values, outputs)
        if values.ndim > 2 and self.classes is None:
            raise InputError(
                "to be told which axis of target probabilities runs over the classes",
                f"those of shape {tuple(values.shape)}",
                "Say loss=CrossEntropy(axis=1), as PyTorch has them, or axis=-1.",
            )
        mass = values.double().movedim((self.classes or -1) % values.ndim or -1, -1)
        class_axis(mass[..., 0], outputs, self.classes)  # which refuses one that is none
        return mass

    def rays(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """``z_j - <q, z>``, (classes, rows), and the weights of the rows."""
        if targets.is_floating_point():
            z, mass = _rows(outputs, targets[..., 0], self.classes), targets.flatten(0, -2).T
            weights = mass.sum(0)
            z = z - z.amax(0)  # so that equal logits give exact zeros
            rays = z - (mass * z).sum(0) / torch.where(weights > 0, weights, 1.0)
        else:
            z, labels = _rows(outputs, targets, self.classes), targets.flatten()
            counts = labels != self.ignore_index
            labels = labels * counts
            weights = self._of_class(labels) * counts
            label = z.gather(0, labels[None])
            if not self.smoothing:
                rays = z - label
            else:
                top = z.amax(0)
                z, label = z - top, label - top
                rays = z - ((1 - self.smoothing) * label + self.smoothing * z.mean(0))
        return rays.mul_(weights > 0), weights

    def raw_size(self, outputs: Tensor) -> Tensor:
        size: Tensor = torch.linalg.vector_norm(outputs, 1, dtype=torch.float64)
        return size

    def _of_class(self, labels: Tensor) -> Tensor:
        """The class weight of each label, float64."""
        if self.weight is None:
            return torch.ones_like(labels, dtype=torch.float64)
        return self.weight.to(labels.device)[labels.clamp(0, len(self.weight) - 1)]

    def along(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        u = rays * c[:, None, None]
        classes = rays.shape[1]
        low, high = torch.stack(u.aminmax()).tolist()
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
        return Along(*(_total(part, targets) for part in (value, excess, first, second)))

    def growth(self, rays: Tensor, targets: Tensor) -> Tensor:
        """Sum of the largest entry of each ray."""
        return _total(rays.amax(1), targets)

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """Logarithm of how many logits share the largest value, less that of the classes."""
        ties = (rays == rays.amax(1, keepdim=True)).sum(1).double()
        return _total(ties.log() - _log(rays.shape[1]), targets)

    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        """The logarithm of the number of classes a row."""
        return targets.sum() * _log(len(rays))


def _rows(outputs: Tensor, labels: Tensor, axis: int | None = None) -> Tensor:
    """The outputs, (classes, rows), float64: a row a label, in their order."""
    axis = class_axis(labels, outputs, axis)
    return outputs.double().movedim(axis, 0).flatten(1).contiguous()


def _total(values: Tensor, weights: Tensor) -> Tensor:
    """Over the rows, (rays, rows) -> (rays,); pairwise where all weigh 1, as nearly always."""
    if weights not in _EVEN:
        _EVEN[weights] = bool((weights == 1).all())
    return values.sum(1) if _EVEN[weights] else values @ weights


def _spread(weights: Tensor, like: Tensor) -> Tensor:
    """Weights of samples, or of rows, as those of all entries."""
    return (
        weights.double().reshape(*weights.shape, *[1] * (like.ndim - weights.ndim)).expand_as(like)
    )


class BinaryCrossEntropy(Elementwise):
    """``log(1 + exp(z)) - y z`` for targets y in [0, 1] and a logit z a target."""

    name = "binary_cross_entropy"
    within = (0.0, 1.0, "Give one probability, or one class 0 or 1, an output.")
    indexed = False

    def phi(self, p: Tensor, y: Tensor) -> Tensor:
        return self.grows(p, y) + (-p.abs()).exp().log1p()  # 0 and not p - p for sure logits

    def excess(self, p: Tensor, y: Tensor) -> Tensor:
        """``log(1 + (exp(z) - 1) / 2) - y z`` for small z."""
        small = (p.clamp(-SMALL, SMALL).expm1() / 2).log1p() - y * p
        return torch.where(p.abs() < SMALL, small, super().excess(p, y))

    def derivatives(self, p: Tensor, y: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """``sigma - y`` and ``sigma (1 - sigma)``."""
        sure = (-p.abs()).sigmoid()  # of the less likely class: nothing is lost beside 1
        return torch.where(p > 0, (1 - y) - sure, sure - y), sure * (1 - sure)

    def grows(self, p: Tensor, y: Tensor) -> Tensor:
        """``max(p, 0) - y p``."""
        return p * torch.where(p > 0, 1 - y, -y)  # p - y p would lose what is small beside p

    def falls(self, p: Tensor) -> Tensor:
        """``-log 2`` for every logit of the right sign, nothing for a logit of 0."""
        return -_log(2) * (p != 0).double()


class Hinge(Elementwise):
    """``max(0, 1 - s z)`` with signs s of the targets, of one output a sample (Cortes 1995)."""

    name = "hinge"
    strict = False
    indexed = False

    def admit(self, real: Tensor) -> None:
        """Signs -1 and 1, or classes 0 and 1."""
        if not any(bool(((real == 1) | (real == other)).all()) for other in (-1, 0)):
            found = f"values from {float(real.min()):g} to {float(real.max()):g}"
            raise InputError("targets 0 and 1, or -1 and 1", found, "The hinge has two classes.")

    def real(self, raw: Tensor, outputs: Tensor) -> Tensor:
        """Signs -1 and 1."""
        real = super().real(raw, outputs)
        return torch.where(real == 0, -1.0, real)

    def phi(self, p: Tensor, y: Tensor) -> Tensor:
        return (1 - y * p).clamp_min(0)

    def derivatives(self, p: Tensor, y: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """``-s`` inside the margin, 0 outside, at it as the direction says, and 0."""
        value = 1 - y * p
        inside = (value > 0) | ((value == 0) & (y * direction < 0))
        return torch.where(inside, -y, torch.zeros_like(p)), torch.zeros_like(p)

    def grows(self, p: Tensor, y: Tensor) -> Tensor:
        """``max(0, -s z)``."""
        return (-y * p).clamp_min(0)

    def falls(self, p: Tensor) -> Tensor:
        """-1 for every output of the right sign: its loss falls from 1 to 0."""
        return -(p != 0).double()


@cache
def _log(number: int) -> float:
    return float(torch.tensor(float(number), dtype=torch.float64, device="cpu").log())
