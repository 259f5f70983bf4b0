"""What a user may pass as a loss: the name of one, or a function.

What a function has to be is checked on the data, by `construction.loss.demands`.
"""

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import InputError, require_one_of
from .classification import BinaryCrossEntropy, CrossEntropy, Hinge, MulticlassHinge
from .loss import Along, Elementwise, Loss, Raw, Weighted
from .regression import Absolute, Huber, Pinball, Poisson, Squared


class Custom(Loss):
    """The user's own loss: a function of (predictions, targets) to one value a sample.

    `construction.loss.demands` checks it along the rays of the data. Its growth and limit are those
    seen at the scale `FAR`, which is a check and no proof.

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

    def targets(self, raw: Raw, outputs: Tensor) -> Tensor:
        """As given; floating point in float64."""
        if isinstance(raw, Weighted):
            raise InputError(
                "targets without weights for a function of your own",
                "weights",
                "Let the targets hold them, and multiply by them in the function.",
            )
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
                "Write it with torch functions of (predictions, targets), those of some samples.",
            ) from error
        if not isinstance(values, Tensor) or values.shape != predictions.shape[:1]:
            returned = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
            raise InputError(
                f"a loss that returns one value a sample, ({len(predictions)},)",
                f"{returned}",
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
        return (self.limit(rays, targets) / self.FAR).clamp_min(0.0)

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """The excess at `FAR`."""
        far = torch.full((len(rays),), self.FAR, dtype=torch.float64, device=rays.device)
        return self.along(rays, targets, far).excess

    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        """See `Loss.zero`."""
        return self.values(torch.zeros_like(rays), targets).double().sum()

    def offset(self, targets: Tensor) -> Tensor:
        """Unknown."""
        return super().offset(targets) + torch.inf


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


def as_loss(loss: LossLike, missing: str = "refuse") -> Loss:
    """The loss of that name, the loss itself, or the user's function as one.

    Args:
        loss: see `LossLike`.
        missing: what becomes of targets that are NaN: "refuse", or "ignore" where the loss is a sum
            over single outputs.

    Raises:
        InputError: an unknown name, or something else.

    >>> as_loss("label_smoothing").smoothing
    0.1
    """
    require_one_of(("refuse", "ignore"), missing, "missing=")
    if missing == "ignore":
        chosen = copy.copy(as_loss(loss))
        if not isinstance(chosen, Elementwise):
            raise InputError(
                "a loss that is a sum over single outputs, of which some may be missing",
                chosen.name,
                "Cross-entropy leaves out a label: CrossEntropy(ignore_index=...).",
            )
        chosen.missing = missing
        return chosen
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
