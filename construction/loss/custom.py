"""The user's own function as a loss, by automatic differentiation."""

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from ..errors import InputError, reading
from .loss import Along, Loss, Raw, Weighted


@dataclass(eq=False)
class _AtZero:
    """A user's loss at the zero predictor: the sum over some samples and its gradient."""

    total: Tensor
    gradient: Tensor


class Custom(Loss):
    """The user's own loss: a function of (predictions, targets) to one value a sample.

    `catalogue.require_convex` and `require_apart` check it along the rays of the data. Its growth
    and limit are those seen at the scale `FAR`, which is a check and no proof.

    Args:
        function: differentiable in the predictions, (samples, ...) float64 -> (samples,).
        name: shown in messages.

    >>> fourth = Custom(lambda p, y: ((p - y) ** 4).sum(1), "fourth power")
    >>> y = torch.ones(1, 1).double()
    >>> [float(part) for part in fourth.along(torch.ones(1, 1, 1).double(), y, torch.tensor([2.0]))]
    [1.0, 0.0, 4.0, nan]
    """

    #: Largest output, in units, at which a loss not above L(0) is taken never to be; chosen here.
    FAR = 2.0**40
    #: Values up to it are no exponential's that overflows; chosen here.
    HUGE = 1e100
    strict = False
    axis = 0

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor], name: str = "custom") -> None:
        self.function, self.name = function, name
        self._zeros: Any = WeakTensorKeyDictionary()
        self._known: WeakValueDictionary[Hashable, _AtZero] = WeakValueDictionary()
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
        """The gradient's axes in memory, if taken too: moving classes would copy at each scale."""
        with suppress(InputError):  # said of all samples
            order = order_of(self._at_zero(rays, targets).gradient)
            if order_of(self._at_zero(laid_out(rays, order), targets.clone()).gradient) == order:
                return order
        return list(range(rays.ndim))

    def values(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """The function's values, (samples,): see `one_a_sample`."""
        return one_a_sample(self.function, "loss", predictions, targets)

    def along(self, rays: Tensor, targets: Tensor, c: Tensor) -> Along:
        """By automatic differentiation in the predictions; without the curvature."""
        return self.heights(rays, targets, c, slopes=True)

    def heights(self, rays: Tensor, targets: Tensor, c: Tensor, *, slopes: bool = False) -> Along:
        """All rays in one call of the function, and with `slopes` their derivatives."""
        unknown = torch.full((len(rays),), torch.nan, dtype=torch.float64, device=rays.device)
        value, gradient = self._at(rays, targets, c, slopes)
        slope = (gradient * rays).sum(tuple(range(1, rays.ndim))) if slopes else unknown
        return Along(value, value - self.zero(rays, targets), slope, unknown)

    def terms(self, rays: Tensor, targets: Tensor, c: Tensor) -> Tensor:
        """See `Loss.terms`: over samples and outputs."""
        each = self._at(rays, targets, c, True)[1] * rays
        return torch.stack([each, each.abs()]).flatten(2).sum(2)

    def _at(self, rays: Tensor, targets: Tensor, c: Tensor, slopes: bool) -> tuple[Tensor, Tensor]:
        """Values at scales c, (rays,), and with `slopes` gradients in the predictions."""
        count, samples = rays.shape[:2]
        zero = self._at_zero(rays[0], targets)
        if not c.any():  # the same for all rays
            return zero.total.repeat(count), zero.gradient
        scales = c.double().reshape(-1, *[1] * (rays.ndim - 1))
        p = (scales * rays).flatten(0, 1).requires_grad_(slopes)
        repeated = targets if count == 1 else targets.repeat(count, *[1] * (targets.ndim - 1))
        with torch.enable_grad():
            values = self.values(p, repeated).double()
            gradient = _gradient(values.sum(), p).reshape(rays.shape) if slopes else zero.gradient
        return values.detach().reshape(count, samples).sum(1), gradient

    def growth(self, rays: Tensor, targets: Tensor) -> Tensor:
        """The chord from 0 to there, a lower bound of the growth; 0 where it does not rise."""
        return (self.limit(rays, targets) / self._units(rays, targets) / self.FAR).clamp_min(0.0)

    def limit(self, rays: Tensor, targets: Tensor) -> Tensor:
        """The excess where the largest output is `FAR` times 1, a target or what it was."""
        each = list(zip(rays, self._units(rays, targets), strict=True))
        far = self._far(
            lambda c: torch.stack([self.values(c * u * ray, targets) for ray, u in each]).double()
        )
        return far.sum(1) - self.zero(rays[0], targets)

    def _units(self, rays: Tensor, targets: Tensor) -> Tensor:
        """Scales at which the largest output is the largest of 1, targets and itself, (rays,)."""
        size = rays.flatten(1).abs().amax(1).clamp_min(self.HUGE**-1.5)
        known = torch.cat([targets.double().flatten(), size.new_ones(1)]).abs()
        return torch.maximum(size, known.nan_to_num(0.0, 0.0).amax()).clamp_max(self.HUGE) / size

    def _far(self, at: Callable[[float], Tensor]) -> Tensor:
        """Values at `FAR`, from those at any scale; of what overflows before, where it leads to.

        As a softmax written out does. That is on a line, or level, from the last two scales at
        which it is finite, if not to `HUGE` values, as of exponentials, which count as infinite.
        """
        c, far = self.FAR, at(self.FAR)
        left, here = ~far.isfinite(), far
        while left.any() and c * self.FAR > 1:
            c, after, here = c / 2, here, at(c / 2)
            rise = (after - here).where(after - here > 1e-12 * after.abs(), 0.0)
            led = after + (self.FAR / c - 2) * rise
            seen = left & after.isfinite() & here.isfinite()
            far, left = torch.where(seen, led.where(led < self.HUGE, torch.inf), far), left & ~seen
        return far

    def zero(self, rays: Tensor, targets: Tensor) -> Tensor:
        return self._at_zero(rays, targets).total

    def _at_zero(self, rays: Tensor, targets: Tensor) -> _AtZero:
        """At the zero predictor; kept, as all rays start there, while their targets are."""
        if targets not in self._zeros:
            # those of another lambda are the same numbers; a GPU, waited for to see them, the same
            # memory, which is theirs as long as anything is known of them
            y = targets.detach()
            content = _bytes_of(y) if y.is_cpu else y.data_ptr()
            key = content, y.dtype, y.device, y.shape, y.stride(), rays.shape, rays.stride()
            known = self._known.get(key)
            if known is None:
                p = torch.zeros_like(rays, requires_grad=True)
                with torch.enable_grad():
                    # what writes is refused, so that a copy is needed this first time alone
                    copy = y.clone()
                    total = self.values(p, copy).double().sum()
                    if copy.is_cpu and _bytes_of(copy) != content:  # PyTorch counts no numpy's
                        raise _writing("loss", ["targets"])
                    known = self._known[key] = _AtZero(total.detach(), _gradient(total, p))
            self._zeros[targets] = known
        zero: _AtZero = self._zeros[targets]
        return zero

    def offset(self, targets: Tensor) -> Tensor:
        """Unknown."""
        return super().offset(targets) + torch.inf


def _bytes_of(tensor: Tensor) -> bytes:
    return sha256(tensor.numpy().tobytes()).digest()


def one_a_sample(
    function: Callable[[Tensor, Tensor], Any], what: str, predictions: Tensor, targets: Tensor
) -> Tensor:
    """What a user's function of predictions and targets returns, (samples,).

    Raises:
        InputError: it fails, writes into what it is given, or does not return one value a sample.
    """
    kind, given = str(predictions.dtype).removeprefix("torch."), tuple(predictions.shape)
    expected = f"{kind} predictions of shape {given} and targets of shape {tuple(targets.shape)}"
    remedy = "Write it with torch functions of (predictions, targets), those of some samples."
    with reading(f"a {what} that runs on {expected}", InputError, remedy):
        values = untouching(function, what, predictions, targets)
    if not isinstance(values, Tensor) or values.shape != predictions.shape[:1]:
        returned = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise InputError(
            f"a {what} that returns one value a sample, ({len(predictions)},)",
            f"{returned}",
            "Sum over the outputs of a sample, .sum(1), and do not average over the samples.",
        )
    return values


def untouching(
    function: Callable[[Tensor, Tensor], Any], what: str, predictions: Tensor, targets: Tensor
) -> Any:
    """What a function of predictions and targets returns, if it leaves both as they are.

    Raises:
        InputError: it wrote into one of them, as the count of writes that PyTorch keeps says.

    >>> untouching(lambda p, y: p.mul_(y), "metric", torch.ones(2), torch.ones(2))
    Traceback (most recent call last):
    construction.errors.InputError: Expected a metric that leaves its predictions and targets as ...
    """
    given = {"predictions": predictions, "targets": targets}
    # PyTorch itself refuses to write into tensors of its inference mode
    watched = {name: one for name, one in given.items() if not one.is_inference()}
    before = {name: one._version for name, one in watched.items()}
    values = function(predictions, targets)
    written = [name for name, one in watched.items() if one._version != before[name]]
    if written:
        raise _writing(what, written)
    return values


def _writing(what: str, written: Sequence[str]) -> InputError:
    return InputError(
        f"a {what} that leaves its predictions and targets as they are",
        f"one that writes into its {' and '.join(written)}",
        "Use no methods whose names end in an underscore: masked_fill(...) for "
        "masked_fill_(...); or let it work on a clone().",
    )


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
    return torch.autograd.grad(total, p)[0]
