"""Bounds of what a proof is about: the objective, its loss L(0), and witnesses."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .content import Claim, File, RefusedError
from .network import Array, Enclosure, Network, Numbers

#: Losses whose targets are class indices.
CLASSES = ("cross_entropy", "label_smoothing")
#: Losses with one minimum along every ray that is not constant: branches meet there.
STRICT = ("squared", "cross_entropy", "label_smoothing", "binary_cross_entropy", "poisson")
#: The options that losses have, and what those lie below; above 0.
OPTIONS = {
    "huber": ("delta", np.inf), "pinball": ("quantile", 1.0), "label_smoothing": ("smoothing", 1.0),
}  # fmt: skip
#: Losses that are sums over the outputs, output by output: of the arithmetic, the option, p and y.
SUMS: dict[str, Callable[[Any, Any, Array, Array], Array]] = {
    "squared": lambda _, __, p, y: (p - y) ** 2,
    "absolute": lambda _, __, p, y: np.abs(p - y),
    "huber": lambda n, delta, p, y: (
        (near := n.lower(np.abs(p - y), delta)) * (np.abs(p - y) - near / 2)
    ),
    "pinball": lambda n, share, p, y: n.higher(share * (y - p), (share - 1) * (y - p)),
    "binary_cross_entropy": lambda n, _, p, y: (
        n.higher(p, n.number(0.0)) + np.log1p(np.exp(-np.abs(p))) - y * p
    ),
    "hinge": lambda n, _, p, y: n.higher(1 - y * p, n.number(0.0)),
    "poisson": lambda _, __, p, y: np.exp(p) - y * p,
}


def require_fit(file: File) -> None:
    """Refuse by a RefusedError a loss not known as convex, or options or targets out of range."""
    y = file.targets
    if file.loss not in (*SUMS, *CLASSES):
        raise RefusedError(f"the loss {file.loss!r}, which this program does not know")
    option, most = OPTIONS.get(file.loss, ("", 0.0))
    if file.loss in CLASSES:
        fits = bool(y.ndim == 1 and y.dtype.kind == "i" and y.min() >= 0 and y.max() < file.outputs)
    else:
        fits = y.reshape(len(y), -1).shape[1] == file.outputs
    if file.loss == "binary_cross_entropy":
        fits = fits and 0 <= y.min() <= y.max() <= 1
    elif file.loss == "hinge":
        fits = fits and bool((np.abs(y) == 1).all())
    elif file.loss == "poisson":
        fits = fits and bool(y.min() >= 0)
    given = {key for key, value in file.options.items() if value}
    in_range = not option or 0 < file.options.get(option, 0.0) < most
    if not fits or not in_range or not given <= {option} - {""}:
        raise RefusedError(f"targets or options that the loss {file.loss!r} does not take")


def highest_loss(file: File, numbers: Numbers, p: Array, radius: Array, y: Array) -> Array:
    """The loss of each sample, at most, while each output is within `radius` of p.

    The losses are convex: the largest is at a corner, for a class where its output is lowest and
    all others are highest.
    """
    low, high = p - radius, p + radius
    option, _ = OPTIONS.get(file.loss, ("", 0.0))
    value = numbers.number(file.options.get(option, 0.0))
    if file.loss not in CLASSES:
        y = numbers.array(y.reshape(p.shape))
        ends = (SUMS[file.loss](numbers, value, end, y) for end in (low, high))
        return np.asarray(numbers.higher(*ends).sum(1))
    label = np.arange(p.shape[1]) == y[:, None]
    own = low[label]
    # smoothed, the label itself may be high in the sum and low in the product
    tops = high if option else np.where(label, low, high)
    top = numbers.higher.reduce(tops, axis=1)
    total = top + np.log(np.exp(tops - top[:, None]).sum(1))
    return np.asarray(total - (1 - value) * own - value * (low.sum(1) / low.shape[1]))


def grows(file: File, sample: int, plus: int, minus: int) -> bool:
    """Whether a positive difference of these outputs makes the loss of the sample grow in c."""
    y = np.ravel(file.targets[sample])
    if file.loss == "cross_entropy":
        return minus == y[0] and plus not in (-1, minus)
    if file.loss == "label_smoothing":
        return plus != minus and -1 not in (plus, minus)
    if (plus == -1) == (minus == -1):
        return False
    target = y[max(plus, minus)]
    if file.loss in ("binary_cross_entropy", "hinge"):
        return bool(target < (1 if file.loss[0] == "b" else 0) if minus == -1 else target > 0)
    if file.loss == "poisson":
        return bool(minus == -1 or target > 0)
    return True


class Bounds:
    """All floats, in the safe direction, by an arithmetic: `Floats` or `Balls`."""

    def __init__(self, file: File, numbers: Numbers) -> None:
        self.file, self._numbers, self._network = file, numbers, Network(file, numbers)
        self._tile = max(1, file.tile // numbers.share)
        self._largest_target = 1 + float(np.abs(file.targets).max())
        # the outputs at the ends of an interval are asked for at several scales
        self._tiles = lru_cache(maxsize=4)(self._outputs_between)

    def zero(self) -> float:
        """At least L(0)."""
        none = self._numbers.array(np.zeros((len(self.file.targets), self.file.outputs)))
        worst, lost = self._losses(none, none, self.file.targets)
        return self._at_most(worst.sum() + lost)

    def objective(self, lam: float, c: float) -> tuple[float, float]:
        """Two numbers between which g(lam, c) lies."""
        least = most = self._numbers.number(0.0)
        for outputs, y in self._tiles((lam, lam), False):
            centre, radius = c * outputs.left, c * outputs.radius
            worst, lost = self._losses(centre, radius, y)
            plain = self._losses(centre, 0 * radius, y)[0] if not (radius == 0).all() else worst
            most += worst.sum() + lost
            least += (2 * plain - worst).sum() - 3 * lost  # by convexity
        least = self._numbers.at_least(least / len(self.file.targets))
        return _finite(least), self._at_most(most)

    def line_above(
        self, left: float, right: float, c: float, *, anchored: bool = False
    ) -> tuple[float, float]:
        """The ends of a straight line above g(., c); anchored, the left one is g(left, c) itself.

        The left end is not to be used where it is anchored.
        """
        ends = [self._numbers.number(0.0)] * 2
        for outputs, y in self._tiles((left, right), anchored):
            for k, end in enumerate((outputs.left, outputs.right)):
                worst, lost = self._losses(c * end, c * outputs.radius, y)
                ends[k] += worst.sum() + lost
        return self._at_most(ends[0]), self._at_most(ends[1])

    def least_difference(self, claim: Claim, left: float, right: float) -> float:
        """At most what output plus less output minus of the witness is between two lambdas."""
        numbers, inputs = self._numbers, self.file.inputs[claim.sample : claim.sample + 1]
        none, pair = numbers.number(0.0), (claim.plus, claim.minus)
        first, last, radius = (
            np.array([part[0, k] if k >= 0 else none for k in pair])
            for part in self._network.between(inputs, (left, right))[:3]
        )
        least = numbers.lower(first[0] - first[1], last[0] - last[1])
        size = numbers.higher.reduce(np.abs(np.concatenate([first, last, radius])))
        lost = numbers.lost(2, size, size)
        return numbers.at_least(least - numbers.rounded_up(radius.sum(), 8) - lost)

    def _losses(self, p: Array, radius: Array, y: Array) -> tuple[Array, Any]:
        """The largest loss of each sample, and what their sum may have lost."""
        worst = highest_loss(self.file, self._numbers, p, radius, y)
        return worst, self._numbers.lost_in_losses(p, radius, worst, self._largest_target)

    def _at_most(self, total: Any) -> float:
        """The mean over all samples."""
        return _finite(self._numbers.at_most(total / len(self.file.targets)))

    def _outputs_between(
        self, lams: tuple[float, float], anchored: bool
    ) -> list[tuple[Enclosure, Array]]:
        """The outputs of each tile of samples, and its targets."""
        inputs, targets, between = self.file.inputs, self.file.targets, self._network.between
        starts = range(0, len(inputs), self._tile)
        tiles = [slice(start, start + self._tile) for start in starts]
        return [(between(inputs[one], lams, anchored=anchored), targets[one]) for one in tiles]


def _finite(bound: float) -> float:
    if not np.isfinite(bound):
        raise RefusedError("numbers beyond the range of float64")
    return bound
