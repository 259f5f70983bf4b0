"""A network between two lambdas of its path in ball arithmetic, which carries its own rounding.

Activations are arrays of balls (python-flint's arb), each of which holds the exact number. The
rules are those of docs/proof.md without any allowance: with the exact values at both ends, h(t)
lies within r, or t r where anchored, of the straight line between them.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from .content import Array, File
from .layers import Step

#: An array of balls.
BallArray = NDArray[Any]
ZERO = arb(0)

ball_array: Callable[[Array], BallArray] = np.frompyfunc(arb, 1, 1)
higher: Callable[[Any, Any], BallArray] = np.frompyfunc(lambda a, b: a.max(b), 2, 1)
lower: Callable[[Any, Any], BallArray] = np.frompyfunc(lambda a, b: a.min(b), 2, 1)


class BallNetwork:
    """The steps of a proof, at a lambda and between two.

    Args:
        file: the proof.
    """

    def __init__(self, file: File) -> None:
        self.file = file
        self.entry = lru_cache(maxsize=8 * len(file.steps))(self._entry)
        self.matrix = lru_cache(maxsize=8 * len(file.steps))(self._matrix)

    def values(self, inputs: BallArray, segment: int, lam: float) -> list[BallArray]:
        """The results of all steps at a lambda of a segment."""
        results: list[BallArray] = []
        for step in self.file.steps:
            reads = [results[k] for k in step.reads]
            if step.kind == "input":
                results.append(inputs)
            elif step.weight:
                result = product(step, reads[0], self.matrix(step.weight, segment, lam))
                if step.bias:
                    bias = self.entry(step.bias, segment, lam)
                    result = result + bias.reshape(-1, *(1,) * (result.ndim - 2))
                results.append(result)
            else:
                results.append(VALUES[step.kind](step, *reads))
        return results

    def outputs(self, inputs: BallArray, lam: float) -> BallArray:
        """The outputs at a lambda."""
        return self.values(inputs, self.file.segment_of(lam, lam), lam)[-1]

    def between(
        self, inputs: BallArray, lams: tuple[float, float], *, anchored: bool = False
    ) -> tuple[BallArray, BallArray, BallArray]:
        """The outputs at both lambdas, and the radius r."""
        segment = self.file.segment_of(*lams)
        left, right = (self.values(inputs, segment, lam) for lam in lams)
        radii: list[BallArray] = []
        for k, step in enumerate(self.file.steps):
            ends = [(left[j], right[j]) for j in step.reads]
            before = [radii[j] for j in step.reads]
            if step.kind == "input":
                radii.append(np.full_like(left[k], ZERO))
            elif step.weight:
                radii.append(self._of_affine(step, ends[0], before[0], segment, lams, anchored))
            elif step.kind in ("relu", "leaky_relu"):
                radii.append(of_relu(step, ends[0], before[0], anchored))
            elif step.kind == "max_pool":
                radii.append(of_max_pool(step, ends[0], before[0], anchored))
            else:  # linear, with weights that are not negative
                radii.append(VALUES[step.kind](step, *before))
        return left[-1], right[-1], radii[-1]

    def _of_affine(
        self,
        step: Step,
        ends: tuple[BallArray, BallArray],
        radius: BallArray,
        segment: int,
        lams: tuple[float, float],
        anchored: bool,
    ) -> BallArray:
        """``|D (right - left)|`` times the largest t (1 - t), or t, and what W makes of r."""
        first, last = (self.entry(step.weight, segment, lam) for lam in lams)
        bend = np.abs(product(step, ends[1] - ends[0], transposed(last - first)))
        carried = product(step, radius, transposed(higher(np.abs(first), np.abs(last))))
        return carried + (bend if anchored else bend / 4)

    def _entry(self, name: str, segment: int, lam: float) -> BallArray:
        first, last = (ball_array(self.file.weights(name, k)) for k in (segment, segment + 1))
        start, stop = self.file.vertices[segment : segment + 2]
        if lam in (start, stop):
            return first if lam == start else last
        between: BallArray = first + (last - first) * ((arb(lam) - start) / (arb(stop) - start))
        return between

    def _matrix(self, name: str, segment: int, lam: float) -> arb_mat:
        return transposed(self.entry(name, segment, lam))


def transposed(weight: BallArray) -> arb_mat:
    """A weight (outputs, inputs, ...) as the matrix (inputs, outputs)."""
    return arb_mat(weight.reshape(len(weight), -1).T.tolist())


def product(step: Step, h: BallArray, weight: arb_mat) -> BallArray:
    """Activations times a weight (inputs, outputs); each group of channels times its own."""
    if step.window is None:
        return _multiplied(h, weight)
    cut = step.window.over(h, ZERO)
    samples, channels, down, across, pixels = cut.shape
    cut = cut.reshape(samples, step.groups, channels // step.groups, down, across, pixels)
    rows = cut.transpose(1, 0, 3, 4, 2, 5).reshape(step.groups, samples * down * across, -1)
    columns = np.array(weight.tolist(), dtype=object)
    columns = columns.reshape(len(columns), step.groups, -1).transpose(1, 0, 2)
    parts = [
        _multiplied(own, arb_mat(filters.tolist()))
        for own, filters in zip(rows, columns, strict=True)
    ]
    stacked: BallArray = np.stack(parts).reshape(step.groups, samples, down, across, -1)
    whole: BallArray = stacked.transpose(1, 0, 4, 2, 3).reshape(samples, -1, down, across)
    return whole


def _multiplied(rows: BallArray, matrix: arb_mat) -> BallArray:
    return np.array((arb_mat(rows.tolist()) * matrix).tolist(), dtype=object)


def value_of_relu(step: Step, z: BallArray) -> BallArray:
    """``max(z, 0)``, and the slope times what lies below zero."""
    above: BallArray = higher(z, ZERO)
    return above + lower(z, ZERO) * step.slope if step.slope else above


def value_of_shortcut(step: Step, h: BallArray) -> BallArray:
    """Every stride-th pixel, and channels of zeros behind."""
    sides = ((0, 0), (0, step.shape[0] - h.shape[1]), (0, 0), (0, 0))
    zero: Any = ZERO  # numpy pads arrays of objects, but its types do not know it
    padded: BallArray = np.pad(h[:, :, :: step.stride, :: step.stride], sides, constant_values=zero)
    return padded


def value_of_average(step: Step, h: BallArray) -> BallArray:
    """A mean over windows, or over everything where there are none."""
    cut = h.reshape(*h.shape[:2], 1, 1, -1) if step.window is None else step.window.over(h, ZERO)
    mean: BallArray = cut.sum(-1) / cut.shape[-1]
    return mean


def value_of_max_pool(step: Step, h: BallArray) -> BallArray:
    """The largest of each window."""
    assert step.window is not None
    cut = step.window.over(h, arb.neg_inf())
    return reduce(higher, (cut[..., k] for k in range(cut.shape[-1])))


VALUES: dict[str, Callable[..., BallArray]] = {
    "relu": value_of_relu,
    "leaky_relu": value_of_relu,
    "max_pool": value_of_max_pool,
    "average_pool": value_of_average,
    "average": value_of_average,
    "add": lambda _, a, b: a + b,
    "flatten": lambda _, h: h.reshape(len(h), -1),
    "padded_shortcut": value_of_shortcut,
}


def of_relu(
    step: Step, ends: tuple[BallArray, BallArray], radius: BallArray, anchored: bool
) -> BallArray:
    """What a kink adds to the radius, at most; the slope times the radius below zero."""
    slope = arb(step.slope)

    def one(left: arb, right: arb, r: arb) -> arb:
        if left + r <= 0 and right + r <= 0:
            return slope * r
        if (left > 0 and right > 0) or (left < 0 and right < 0):
            return r
        kink = abs(right) if anchored else half_harmonic(abs(left), abs(right))
        return r + (1 - slope) * kink

    every: Callable[..., BallArray] = np.frompyfunc(one, 3, 1)
    return every(*ends, radius)


def of_max_pool(
    step: Step, ends: tuple[BallArray, BallArray], radius: BallArray, anchored: bool
) -> BallArray:
    """What the winner of one end loses at the other, at most, and the largest radius."""
    assert step.window is not None
    left, right = (step.window.over(end, arb.neg_inf()) for end in ends)
    inside = step.window.over(radius, ZERO)
    result: BallArray = np.empty(left.shape[:-1], dtype=object)
    for place in np.ndindex(result.shape):
        falls = _lost(left[place], right[place])
        climbs = _lost(right[place], left[place])
        kink = falls if anchored else half_harmonic(falls, climbs)
        result[place] = reduce(arb.max, inside[place]) + kink
    return result


def _lost(own: Iterable[arb], other: Iterable[arb]) -> arb:
    """By how much the winner of one end is below the best of the other, at most."""
    best, best_other = reduce(arb.max, own), reduce(arb.max, other)
    winners = [b for a, b in zip(own, other, strict=True) if a >= best]
    if winners:
        return best_other - reduce(arb.max, winners)
    possible = [b for a, b in zip(own, other, strict=True) if not a < best]
    return best_other - reduce(arb.min, possible)


def half_harmonic(a: arb, b: arb) -> arb:
    """``a b / (a + b)`` of numbers that are not negative, at most."""
    return a * b / (a + b) if a + b > 0 else a.min(b)
