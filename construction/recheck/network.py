"""A network between two lambdas of a segment of its path, in either arithmetic.

The rules are those of docs/theory/proof.md: an activation h(t), 0 <= t <= 1, lies

    free        within  r    of the straight line from its left to its right value;
    anchored    within  t r  of it, where the left value is the exact one, itself known to +- e.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .content import File
from .floats import Floats
from .layers import Step

if TYPE_CHECKING:
    from .balls import Balls

Numbers: TypeAlias = "Floats | Balls"
#: Of floats or of balls.
Array = NDArray[Any]


class Enclosure(NamedTuple):
    """Values at both ends, and the radius r.

    Attributes:
        error: of the left values, (samples,), where it is anchored; None where it is free.
    """

    left: Array
    right: Array
    radius: Array
    error: Array | None

    def ends(self, change: Callable[[Array], Array]) -> tuple[Array, Array]:
        """What becomes of both values; one result where they are one."""
        left = change(self.left)
        return left, left if self.right is self.left else change(self.right)

    def moved(self, change: Callable[[Array], Array]) -> "Enclosure":
        """The same numbers in other places."""
        return Enclosure(*self.ends(change), change(self.radius), self.error)


class Network:
    """The steps of a proof, in an arithmetic."""

    def __init__(self, file: File, numbers: Numbers) -> None:
        self.file, self.numbers, self._zero = file, numbers, numbers.number(0.0)
        self._entry = lru_cache(maxsize=numbers.kept * len(file.steps))(self._entry_at)
        self._rules: dict[str, Callable[..., Enclosure]] = {
            "relu": self._relu,
            "leaky_relu": self._relu,
            "max_pool": self._max_pool,
            "average_pool": self._average,
            "average": self._average,
            "add": self._add,
            "flatten": lambda _, h: h.moved(lambda part: part.reshape(len(part), -1)),
            "padded_shortcut": self._padded_shortcut,
        }

    def between(
        self, inputs: Array, lams: tuple[float, float], *, anchored: bool = False
    ) -> Enclosure:
        """The outputs between two lambdas."""
        segment, h = self.file.segment_of(*lams), self.numbers.array(inputs)
        error = self.numbers.array(np.zeros(len(h))) if anchored else None
        results: list[Enclosure] = []
        for step in self.file.steps:
            reads = [results[k] for k in step.reads]
            if step.kind == "input":
                results.append(Enclosure(h, h, np.full_like(h, self._zero), error))
            elif step.weight:
                results.append(self._affine(step, reads[0], segment, lams))
            else:
                results.append(self._rules[step.kind](step, *reads))
        return results[-1]

    def _corners(self, name: str, segment: int) -> list[Array]:
        return [self.file.weights(name, vertex) for vertex in (segment, segment + 1)]

    def _entry_at(self, name: str, segment: int, lam: float) -> Array:
        """A weight at a lambda of a segment."""
        first, last = map(self.numbers.array, self._corners(name, segment))
        start, stop = self.file.vertices[segment : segment + 2]
        if lam in (start, stop):
            return first if lam == start else last
        at, left, right = map(self.numbers.number, (lam, start, stop))
        return np.asarray(first + (last - first) * ((at - left) / (right - left)))

    def _affine(
        self, step: Step, h: Enclosure, segment: int, lams: tuple[float, float]
    ) -> Enclosure:
        """A weight and a bias that run along the segment."""
        # |D (right - left)| times the largest t (1 - t), or t, and what W makes of r
        ends = [self._entry(step.weight, segment, lam) for lam in lams]

        def at(value: Array, weight: Array, lam: float) -> Array:
            result = self._product(step, value, weight)
            if step.bias:
                bias = self._entry(step.bias, segment, lam)
                result = result + bias.reshape(-1, *(1,) * (result.ndim - 2))
            return result

        left = at(h.left, ends[0], lams[0])
        right = left if lams[0] == lams[1] else at(h.right, ends[1], lams[1])
        corners = self._corners(step.weight, segment)
        radius = np.full_like(left, self._zero)
        if not (h.radius == self._zero).all():
            radius = self._product(step, h.radius, self.numbers.steepest(ends, corners))
        if h.left is not h.right:
            bend = np.abs(self._product(step, h.right - h.left, ends[1] - ends[0]))
            radius = radius + (bend / 4 if h.error is None else bend)
        biases = self._corners(step.bias, segment) if step.bias else []
        lost, error = self.numbers.lost_in_product(h, ends, corners, biases)
        lost = np.reshape(lost, (*np.shape(lost), *(1,) * (left.ndim - 2)))
        radius = self.numbers.rounded_up(radius + lost, ends[0][0].size + 32)
        return Enclosure(left, right, radius, error)

    def _product(self, step: Step, h: Array, weight: Array) -> Array:
        """Activations times a weight (outputs, inputs, ...); each group of channels its own."""
        if step.window is None:
            return self.numbers.dot(h, weight.T)
        cut = step.window.over(h, self._zero)
        samples, channels, down, across, pixels = cut.shape
        cut = cut.reshape(samples, step.groups, channels // step.groups, down, across, pixels)
        rows = cut.transpose(1, 0, 3, 4, 2, 5).reshape(step.groups, samples * down * across, -1)
        columns = weight.reshape(step.groups, len(weight) // step.groups, -1).transpose(0, 2, 1)
        products = np.stack([self.numbers.dot(*one) for one in zip(rows, columns, strict=True)])
        products = products.reshape(step.groups, samples, down, across, -1)
        return products.transpose(1, 0, 4, 2, 3).reshape(samples, -1, down, across)

    def _relu(self, step: Step, z: Enclosure) -> Enclosure:
        """Nothing is added where the sign is kept, else the depth of the kink; `slope` below 0."""
        numbers, zero, anchored = self.numbers, self._zero, z.error is not None
        doubt = column_of(z.error, z.left) if anchored else zero
        slope = numbers.number(step.slope)
        rounding = slope * numbers.lost(1, z.left, z.right)
        radius = numbers.rounded_up(z.radius + rounding, 8)
        low = ~((z.left > doubt) & (z.right > zero))
        bent = low & ~((z.left < -doubt) & (z.right < zero))
        depths = [np.abs(end[bent]) for end in (z.left, z.right)]
        kink = depths[1] if anchored else numbers.half_harmonic(*depths)
        radius[bent] = numbers.rounded_up(radius[bent] + (1 - slope) * kink, 8)
        reach = numbers.rounded_up(z.radius, 4)
        dead = low & (numbers.rounded_up(z.left + doubt, 0) + reach <= zero)
        dead &= numbers.rounded_up(z.right, 0) + reach <= zero
        flat = numbers.rounded_up(slope * z.radius + rounding, 8) if step.slope else zero
        radius = np.where(dead, flat, radius)

        def bent_at_zero(end: Array) -> Array:
            above: Array = numbers.higher(end, zero)
            return above + slope * numbers.lower(end, zero) if step.slope else above

        left, right = z.ends(bent_at_zero)
        error = z.error
        if error is not None and step.slope:
            error = numbers.rounded_up(error + numbers.lost_by_sample(1, z.left, z.right), 8)
        return Enclosure(left, right, radius, error)

    def _max_pool(self, step: Step, h: Enclosure) -> Enclosure:
        """Off by as much as the winner of one end loses at the other."""
        assert step.window is not None
        over, below = step.window.over, self.numbers.number(-np.inf)
        left, right = h.ends(lambda end: over(end, below))
        best_left, best_right = self._highest(left), self._highest(right)
        widest = self._highest(over(h.radius, self._zero))
        kink = best_right - self._kept_by(left, right, h)
        if h.error is None:
            kink = self.numbers.half_harmonic(kink, best_left - self._kept_by(right, left, h))
        return h._replace(
            left=best_left, right=best_right, radius=self.numbers.rounded_up(widest + kink, 8)
        )

    def _highest(self, cut: Array) -> Array:
        return np.asarray(self.numbers.higher.reduce(cut, axis=-1))

    def _kept_by(self, own: Array, other: Array, h: Enclosure) -> Array:
        """What the winner of each window has at the other end: the least of all that may be it."""
        best, infinity = self._highest(own)[..., None], self.numbers.number(np.inf)
        doubt = self._zero if h.error is None else column_of(h.error, best)
        possible = ~(own < best - 2.01 * doubt)
        kept: Array = self.numbers.lower.reduce(np.where(possible, other, infinity), axis=-1)
        if h.error is not None:
            return kept
        wins = own >= best  # any of several winners may be the one
        most = self._highest(np.where(wins, other, -infinity))
        return np.where(wins.any(-1), most, kept)

    def _average(self, step: Step, h: Enclosure) -> Enclosure:
        """A mean over windows."""
        assert step.window is not None
        over = step.window.over

        def mean(part: Array) -> Array:
            cut = over(part, self._zero)
            return np.asarray(cut.sum(-1) / cut.shape[-1])

        left, right = h.ends(mean)
        terms = h.left[0, 0].size + 16
        lost = self.numbers.lost_by_sample(terms, h.left, h.right)
        error = None if h.error is None else self.numbers.rounded_up(h.error + lost, terms)
        radius = self.numbers.rounded_up(mean(h.radius) + column_of(lost, left), terms)
        return Enclosure(left, right, radius, error)

    def _add(self, _: Step, a: Enclosure, b: Enclosure) -> Enclosure:
        """A sum."""
        left, right = a.left + b.left, a.right + b.right
        error = None
        if a.error is not None and b.error is not None:
            lost = self.numbers.lost_by_sample(1, left, right)
            error = self.numbers.rounded_up(a.error + b.error + lost, 8)
        radius = a.radius + b.radius + self.numbers.lost(1, left, right)
        return Enclosure(left, right, self.numbers.rounded_up(radius, 4), error)

    def _padded_shortcut(self, step: Step, h: Enclosure) -> Enclosure:
        """Every stride-th pixel, and channels of zeros behind."""
        assert step.window is not None
        over, more = step.window.over, step.shape[0] - h.left.shape[1]

        def padded(part: Array) -> Array:
            kept, sides = over(part, self._zero)[..., 0], ((0, 0), (0, more), (0, 0), (0, 0))
            return np.pad(kept, sides, constant_values=self._zero)

        return h.moved(padded)


def column_of(per_sample: Any, like: Array) -> Array:
    """(samples,), or one number, of the rank of `like`."""
    return np.reshape(per_sample, (-1, *(1,) * (like.ndim - 1)))
