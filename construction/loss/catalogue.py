"""What a user may pass as a loss: the name of one, or a function.

What is asked of a function, that it is convex and of each sample by itself, is checked on the data:
a midpoint above its chord refutes the one, a value that changes with the samples beside it the
other. That none was seen proves nothing beyond.
"""

import copy
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import pairwise

import torch
from torch import Tensor

from ..errors import InputError, require_one_of
from .classification import BinaryCrossEntropy, CrossEntropy, Hinge
from .custom import Custom
from .loss import Elementwise, Loss
from .regression import Absolute, Huber, Pinball, Poisson, Squared

#: At a lambda, a function that gives tiles of rays and targets each time it is called.
RaysAt = Callable[[float], Callable[[], Iterable[tuple[Tensor, Tensor]]]]
#: Scales between which midpoints are compared with chords; chosen here.
SCALES = (0.0, *(2.0**k for k in range(-6, 7)))
#: Rounding allowed to a value, relative to those around it.
ROUNDING = 1e-9
#: Samples whose values are compared in different company.
COMPARED = 64


def require_apart(loss: Custom, tiles: Iterable[tuple[Tensor, Tensor]], samples: int) -> None:
    """Refuse by an InputError a loss whose value for one sample depends on the others beside it.

    About `COMPARED` samples, spread over all, are evaluated in their tiles, together, and in halves
    of these: a mean over the batch, or over the weights of its classes, differs between them.
    """
    every = max(1, samples // COMPARED)
    picked: list[tuple[Tensor, ...]] = []
    first = 0
    for rays, targets in tiles:
        some = torch.arange(len(rays), device=rays.device)[-first % every :: every]
        company = torch.full_like(some, len(rays))
        loss.zero(rays, targets)  # refuses what writes into the targets, before it does into these
        values = loss.values(rays, targets)[some]
        picked.append((some + first, company, rays[some], targets[some], values))
        first += len(rays)
    number, company, rays, targets, values = map(torch.cat, zip(*picked, strict=True))
    size = values.abs().max() + loss.values(0 * rays, targets).abs().max()
    allowed = size * max(ROUNDING, 100 * torch.finfo(values.dtype).eps)
    order, half = torch.arange(len(rays), device=rays.device), len(rays) // 2
    for part in (order, order[:half], order[half:], order[::2], order[1::2]):
        if not len(part):
            continue
        again = loss.values(rays[part], targets[part])
        off = (again - values[part]).abs()
        if off.max() > allowed:
            k = int(off.argmax())
            sample, shapes = part[k], f"{tuple(targets.shape)}"
            with suppress(RuntimeError):  # class indices do not broadcast
                both = tuple(torch.broadcast_shapes(rays.shape, targets.shape))
                shapes += f", which broadcast to {both}" if both != rays.shape else ""
            raise InputError(
                "a loss of one value a sample, whatever samples are beside it",
                f"{float(values[sample]):.6g} for sample {int(number[sample])} among "
                f"{int(company[sample])} samples and {float(again[k]):.6g} for the same among "
                f"{len(part)}, with predictions {tuple(rays.shape)} and targets "
                f"{shapes}",
                "Divide by no sum over the samples, as a mean weighted by classes does, and let no "
                "shapes broadcast, as targets.unsqueeze(1) prevents: each value may depend on its "
                "own prediction and target alone.",
            )


def require_convex(loss: Custom, rays_at: RaysAt, lams: Sequence[float]) -> None:
    """Refuse a loss that is above a chord of some sample's ray in the middle of two `SCALES`.

    Raises:
        InputError: a midpoint above its chord, with sample, lambda, scales and values; or values
            that are not finite.
    """
    for lam in lams:
        first = 0
        for rays, targets in rays_at(lam)():
            left = loss.values(SCALES[0] * rays, targets).double()
            for low, high in pairwise(SCALES):
                scales = (low, (low + high) / 2, high)
                middle, right = (loss.values(c * rays, targets).double() for c in scales[1:])
                _compare((left, middle, right), scales, lam, first)
                left = right
            first += len(rays)


def _compare(
    values: tuple[Tensor, Tensor, Tensor], c: tuple[float, float, float], lam: float, first: int
) -> None:
    """Refuse values of samples from the `first` on, at three scales, that lie above a chord."""
    left, middle, right = values
    finite = torch.isfinite(left) & torch.isfinite(middle) & torch.isfinite(right)
    if not finite.all():
        raise InputError(
            "a loss that is finite on the rays of the data",
            f"NaN or infinite values for sample {first + int((~finite).nonzero()[0])} at lambda = "
            f"{lam:g} and scales around {c[1]:g}",
            "Write it so that large predictions do not overflow, as with logsumexp.",
        )
    size = left.abs() + right.abs() + middle.abs()
    over = middle - (left + right) / 2 - ROUNDING * size
    worst = int(over.argmax())
    if over[worst] > 0:
        raise InputError(
            "a loss that is convex in the prediction",
            f"one that is not: for sample {first + worst} at lambda = {lam:g} it is "
            f"{float(left[worst]):.6g}, {float(middle[worst]):.6g}, {float(right[worst]):.6g} at "
            f"the scales {c[0]:g}, {c[1]:g}, {c[2]:g}, above its chord in the middle",
            "The theorem asks for convexity. Use one of the package's losses, or a convex one.",
        )


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
    "poisson": Poisson,
}

#: A name, a loss of this package, or a function (predictions, targets) -> (samples,).
LossLike = str | Loss | Callable[[Tensor, Tensor], Tensor]


def as_loss(loss: LossLike, missing: str = "refuse") -> Loss:
    """The loss of that name, the loss itself, or the user's function as one; else an InputError.

    Args:
        missing: what becomes of targets that are NaN: "refuse", or "ignore" where the loss is a sum
            over single outputs.

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
    if callable(loss):
        return Custom(loss, getattr(loss, "__name__", "custom"))
    require_one_of(LOSSES, loss, "a Loss, a function of (predictions, targets), or a loss")
    return LOSSES[loss]()
