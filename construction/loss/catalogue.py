"""What a user may pass as a loss: the name of one, or a function.

What is asked of a function, that it is convex and of each sample by itself, is checked on the data:
a midpoint above its chord refutes the one, a value that changes with the samples beside it the
other. That none was seen proves nothing beyond.
"""

import copy
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from ..errors import InputError, require_one_of
from .classification import BinaryCrossEntropy, CrossEntropy, Hinge, MulticlassHinge
from .loss import Along, Elementwise, Loss, Raw, Weighted
from .regression import Absolute, Huber, Pinball, Poisson, Squared

#: At a lambda, a function that gives tiles of rays and targets each time it is called.
RaysAt = Callable[[float], Callable[[], Iterable[tuple[Tensor, Tensor]]]]
#: Scales between which midpoints are compared with chords; chosen here.
SCALES = (0.0, *(2.0**k for k in range(-6, 7)))
#: Rounding allowed to a value, relative to those around it.
ROUNDING = 1e-9
#: Samples whose values are compared in different company.
COMPARED = 64


class Custom(Loss):
    """The user's own loss: a function of (predictions, targets) to one value a sample.

    `require_convex` and `require_apart` check it along the rays of the data. Its growth and limit
    are those seen at the scale `FAR`, which is a check and no proof.

    Args:
        function: differentiable in the predictions, (samples, ...) float64 -> (samples,).
        name: shown in messages.

    >>> fourth = Custom(lambda p, y: ((p - y) ** 4).sum(1), "fourth power")
    >>> y = torch.ones(1, 1).double()
    >>> [float(part) for part in fourth.along(torch.ones(1, 1, 1).double(), y, torch.tensor([2.0]))]
    [1.0, 0.0, 4.0, nan]
    """

    #: Scale at which a loss that has not risen above L(0) is taken never to; chosen here.
    FAR = 2.0**40
    strict = False
    axis = 0

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor], name: str = "custom") -> None:
        self.function, self.name = function, name
        self._zeros: Any = WeakTensorKeyDictionary()
        self._orders: dict[tuple[int, ...], list[int]] = {}

    def require(self, raw: Raw, outputs: Tensor) -> None:
        """Nothing is known of them: the function says what it takes."""

    def convert(self, raw: Raw, outputs: Tensor) -> Tensor:
        """As given; floating point in float64."""
        if isinstance(raw, Weighted):
            raise InputError(
                "targets without weights for a function of your own",
                "weights",
                "Let the targets hold them, and multiply by them in the function.",
            )
        return raw.double() if raw.is_floating_point() else raw

    def rays(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs and targets in their own shapes, the outputs as the function likes them."""
        rays, shape = outputs.double(), tuple(outputs.shape[1:])
        if shape not in self._orders:
            self._orders[shape] = self._order(rays[:2], targets[:2])
        return laid_out(rays, self._orders[shape]), targets

    def _order(self, rays: Tensor, targets: Tensor) -> list[int]:
        """The order in memory of the axes that the function's gradient has, if it takes that too.

        A loss that moves the classes, as language models' do, else copies at every scale.
        """
        with suppress(InputError):  # said of all samples
            order = order_of(self._at_zero(rays, targets)[1])
            if order_of(self._at_zero(laid_out(rays, order), targets.clone())[1]) == order:
                return order
        return list(range(rays.ndim))

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
        """By automatic differentiation in the predictions; without the curvature."""
        return self.heights(rays, targets, c, slopes=True)

    def heights(self, rays: Tensor, targets: Tensor, c: Tensor, *, slopes: bool = False) -> Along:
        """All rays in one call of the function, and with `slopes` their derivatives."""
        count, samples = rays.shape[:2]
        scales = c.double().reshape(-1, *[1] * (rays.ndim - 1))
        p = (scales * rays).flatten(0, 1).requires_grad_(slopes)
        repeated = targets if count == 1 else targets.repeat(count, *[1] * (targets.ndim - 1))
        unknown = torch.full((count,), torch.nan, dtype=torch.float64, device=rays.device)
        slope, (zero, gradient) = unknown, self._at_zero(rays[0], targets)
        value = zero.repeat(count)
        if c.any():  # else it is the same for all rays
            with torch.enable_grad():
                values = self.values(p, repeated).double()
                gradient = _gradient(values.sum(), p).reshape(rays.shape) if slopes else gradient
            value = values.detach().reshape(count, samples).sum(1)
        if slopes:
            slope = gradient.mul(rays).sum(tuple(range(1, rays.ndim)))
        return Along(value, value - zero, slope, unknown)

    def growth(self, rays: Tensor, targets: Tensor) -> Tensor:
        """The chord from 0 to `FAR`, a lower bound of the growth; 0 where it does not rise."""
        return (self.limit(rays, targets) / self.FAR).clamp_min(0.0)

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """The excess at `FAR`."""
        far = torch.stack([self.values(self.FAR * ray, targets).double().sum() for ray in rays])
        return far - self.zero(rays[0], targets)

    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        """See `Loss.zero`."""
        return self._at_zero(rays, targets)[0]

    def _at_zero(self, rays: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The sum at the zero predictor and its gradient; kept, as all rays start there."""
        if targets not in self._zeros:
            p = torch.zeros_like(rays, requires_grad=True)
            with torch.enable_grad():
                total = self.values(p, targets).double().sum()
                gradient = _gradient(total, p)
            self._zeros[targets] = (total.detach(), gradient)
        zero: tuple[Tensor, Tensor] = self._zeros[targets]
        return zero

    def offset(self, targets: Tensor) -> Tensor:
        """Unknown."""
        return super().offset(targets) + torch.inf


def order_of(tensor: Tensor) -> list[int]:
    """Its axes by their steps in memory, the longest first; the first axis stays there.

    >>> order_of(torch.zeros(5, 3, 2).transpose(1, 2))
    [0, 2, 1]
    """
    steps = tensor.stride()
    return [0, *sorted(range(1, tensor.ndim), key=lambda axis: -steps[axis])]


def laid_out(tensor: Tensor, order: list[int]) -> Tensor:
    """The same numbers, with the axes in this order in memory."""
    places = [order.index(axis) for axis in range(tensor.ndim)]
    return tensor.permute(order).contiguous().permute(places)


def _gradient(total: Tensor, p: Tensor) -> Tensor:
    """In the predictions."""
    if not total.requires_grad:
        raise InputError(
            "a loss that is differentiable in the predictions",
            "one that is cut off from them, as by detach() or numpy",
            "Write it with torch functions of the predictions.",
        )
    (gradient,) = torch.autograd.grad(total, p)
    return gradient


def require_apart(loss: Custom, tiles: Iterable[tuple[Tensor, Tensor]], samples: int) -> None:
    """Refuse a loss whose value for one sample depends on the others that it is given.

    About `COMPARED` samples, spread over all, are evaluated in their tiles, together, and in halves
    of these: a mean over the batch, or over the weights of its classes, differs between them.

    Raises:
        InputError: a sample with two values.
    """
    every = max(1, samples // COMPARED)
    picked: list[tuple[Tensor, ...]] = []
    first = 0
    for rays, targets in tiles:
        some = torch.arange(len(rays), device=rays.device)[-first % every :: every]
        company = torch.full_like(some, len(rays))
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
            sample = part[k]
            raise InputError(
                "a loss of one value a sample, whatever samples are beside it",
                f"{float(values[sample]):.6g} for sample {int(number[sample])} among "
                f"{int(company[sample])} samples and {float(again[k]):.6g} for the same among "
                f"{len(part)}, {_shapes(rays, targets)}",
                "Divide by no sum over the samples, as a mean weighted by classes does, and let no "
                "shapes broadcast, as targets.unsqueeze(1) prevents: each value may depend on its "
                "own prediction and target alone.",
            )


def _shapes(rays: Tensor, targets: Tensor) -> str:
    """Those of predictions and targets, and what they broadcast to."""
    shapes = f"with predictions {tuple(rays.shape)} and targets {tuple(targets.shape)}"
    with suppress(RuntimeError):  # class indices do not broadcast
        both = torch.broadcast_shapes(rays.shape, targets.shape)
        shapes += f", which broadcast to {tuple(both)}" if both != rays.shape else ""
    return shapes


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
