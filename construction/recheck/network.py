"""Bounds of a network between two lambdas of a segment of its path, in float64.

An activation h(t), 0 <= t <= 1, lies

    free        within  r    of the straight line from its left to its right value;
    anchored    within  t r  of it, where the left value is the exact one, itself known to +- e.

Products of n terms are off by at most ``n 2^-52`` times the sum of absolute values, and by what
underflows: less than `TINY`, which is added to sums, and to factors whose other factor may be huge.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .content import Array, File
from .layers import Step

#: Twice the unit roundoff of float64; more than a number, or a sum of products, loses by underflow.
EPS, TINY = 2.0**-52, 1e-280


class Bounds(NamedTuple):
    """Values at both ends, radius r, error e of the left ones, (samples,), or None when free."""

    left: Array
    right: Array
    radius: Array
    error: Array | None


def output_bounds(
    file: File, inputs: Array, lams: tuple[float, float], *, anchored: bool = False
) -> Bounds:
    """The outputs of the steps between two lambdas."""
    segment = file.segment_of(*lams)
    none = np.zeros(len(inputs)) if anchored else None
    results: list[Bounds] = []
    for step in file.steps:
        reads = [results[k] for k in step.reads]
        if step.kind == "input":
            results.append(Bounds(inputs, inputs, np.zeros_like(inputs), none))
        elif step.weight:
            results.append(affine(file, step, reads[0], segment, lams))
        else:
            results.append(RULES[step.kind](step, *reads))
    return results[-1]


def weights(file: File, name: str, segment: int, lam: float) -> tuple[Array, Array]:
    """An entry at a lambda of a segment, and what its rounding is relative to."""
    first, last = (file.weights(name, vertex) for vertex in (segment, segment + 1))
    start, stop = file.vertices[segment : segment + 2]
    share = (lam - start) / (stop - start)
    return first + share * (last - first), np.abs(first) + np.abs(last)


def affine(file: File, step: Step, h: Bounds, segment: int, lams: tuple[float, float]) -> Bounds:
    """A weight and a bias that run along the segment."""
    (first, sizes), (last, _) = (weights(file, step.weight, segment, lam) for lam in lams)
    rows = sizes.reshape(len(sizes), -1).sum(1)
    left, right = product(step, h.left, first), product(step, h.right, last)
    column = (-1, *(1,) * (left.ndim - 2))
    if step.bias:
        (b_first, b_sizes), (b_last, _) = (weights(file, step.bias, segment, x) for x in lams)
        left, right = left + b_first.reshape(column), right + b_last.reshape(column)
        rows = rows + b_sizes
    rows = rows + TINY
    terms = first[0].size + 32
    size = np.maximum(np.maximum(largest(h.left), largest(h.right)), 1.0)
    change = last - first
    curvature = np.abs(product(step, h.right - h.left, change))
    rounding = 4 * terms * EPS * outer(size, rows, left)
    steepest = np.maximum(np.abs(first), np.abs(last)) + 16 * EPS * sizes + TINY
    radius = product(step, h.radius, steepest)
    if h.error is None:
        return Bounds(left, right, rounded_up(radius + curvature / 4 + rounding, terms), None)
    change_by_row = np.abs(change).reshape(len(change), -1).sum(1) + TINY
    radius = radius + curvature + outer(h.error, change_by_row, left) + rounding
    error = rounded_up((h.error + 4 * terms * EPS * size) * rows.max(), terms)
    return Bounds(left, right, rounded_up(radius, terms), error)


def product(step: Step, h: Array, weight: Array) -> Array:
    """Activations times a weight (outputs, inputs, ...)."""
    if step.window is None:
        linear: Array = np.dot(h, weight.T)
        return linear
    cut = step.window.over(h, 0.0)
    samples, _, down, across, pixels = cut.shape
    cut = cut.reshape(samples, step.groups, -1, down, across, pixels)
    filters = weight.reshape(step.groups, -1, weight.shape[1], pixels)
    products: Array = np.einsum("ngcijp,gocp->ngoij", cut, filters, optimize=True)
    return products.reshape(samples, -1, down, across)


def relu(step: Step, z: Bounds) -> Bounds:
    """Nothing is added where the sign is kept, else the depth of the kink; `slope` below zero."""
    doubt = 0.0 if z.error is None else column_of(z.error, z.left)
    above = np.minimum(z.left - doubt, z.right) > 0
    below = np.maximum(z.left + doubt, z.right) < 0
    sizes = np.abs(z.left), np.abs(z.right)
    kink = half_harmonic(*sizes) if z.error is None else sizes[1]
    rounding = 4 * EPS * np.maximum(*sizes) * step.slope
    kept = rounded_up(z.radius + rounding, 8)
    radius = np.where(above | below, kept, rounded_up(kept + (1 - step.slope) * kink, 8))
    dead = rounded_up(np.maximum(z.left + doubt, z.right), 0) + rounded_up(z.radius, 4) <= 0
    flat = rounded_up(step.slope * z.radius + rounding, 8) if step.slope else 0.0
    radius = np.where(dead, flat, radius)
    left, right = (np.where(end < 0, step.slope * end, end) for end in z[:2])
    error = z.error
    if error is not None and step.slope:
        error = rounded_up(error + largest(rounding), 8)
    return Bounds(left, right, radius, error)


def max_pool(step: Step, h: Bounds) -> Bounds:
    """Off by as much as the winner of one end loses at the other."""
    assert step.window is not None
    left, right, radius = (
        step.window.over(part, fill)
        for part, fill in zip(h[:3], (-np.inf, -np.inf, 0.0), strict=True)
    )
    best_left, best_right = left.max(-1), right.max(-1)
    doubt = 0.0 if h.error is None else 2.01 * column_of(h.error, best_left)
    near = left >= (best_left - doubt)[..., None]
    if h.error is None:
        falls = best_right - np.where(near, right, -np.inf).max(-1)
        wins = right == best_right[..., None]
        climbs = best_left - np.where(wins, left, -np.inf).max(-1)
        kink = half_harmonic(falls, climbs)
    else:
        kink = best_right - np.where(near, right, np.inf).min(-1)
    return Bounds(best_left, best_right, rounded_up(radius.max(-1) + kink, 8), h.error)


def average(step: Step, h: Bounds) -> Bounds:
    """A mean over windows, or over everything where there are none."""
    if step.window is not None:
        left, right, radius = (step.window.over(part, 0.0).mean(-1) for part in h[:3])
    else:
        left, right, radius = (part.mean((2, 3), keepdims=True) for part in h[:3])
    terms = h.left[0, 0].size + 16
    size = np.maximum(np.maximum(largest(h.left), largest(h.right)), 1.0) * 4 * terms * EPS
    error = None if h.error is None else rounded_up(h.error + size, terms)
    return Bounds(left, right, rounded_up(radius + column_of(size, radius), terms), error)


def add(_: Step, a: Bounds, b: Bounds) -> Bounds:
    """A sum."""
    left, right = a.left + b.left, a.right + b.right
    size = 4 * EPS * np.maximum(np.abs(left), np.abs(right))
    error = None
    if a.error is not None and b.error is not None:
        error = rounded_up(a.error + b.error + largest(size), 8)
    return Bounds(left, right, rounded_up(a.radius + b.radius + size, 4), error)


def flatten(_: Step, h: Bounds) -> Bounds:
    """Rows of numbers."""
    left, right, radius = (part.reshape(len(part), -1) for part in h[:3])
    return Bounds(left, right, radius, h.error)


def padded_shortcut(step: Step, h: Bounds) -> Bounds:
    """Every stride-th pixel, and channels of zeros behind."""
    sides = ((0, 0), (0, step.shape[0] - h.left.shape[1]), (0, 0), (0, 0))
    left, right, radius = (
        np.pad(part[:, :, :: step.stride, :: step.stride], sides) for part in h[:3]
    )
    return Bounds(left, right, radius, h.error)


RULES: dict[str, Callable[..., Bounds]] = {
    "relu": relu,
    "leaky_relu": relu,
    "max_pool": max_pool,
    "average_pool": average,
    "average": average,
    "add": add,
    "flatten": flatten,
    "padded_shortcut": padded_shortcut,
}


def half_harmonic(a: Array, b: Array) -> Array:
    """``a b / (a + b)`` of numbers that are not negative; no product in it can underflow."""
    smaller, larger = np.minimum(a, b), np.maximum(a, b)
    depth: Array = smaller / (1 + smaller / np.maximum(larger, TINY))
    return depth


def rounded_up(bound: Array, terms: int) -> Array:
    """A bound computed as a sum of so many terms, rounded up."""
    return bound + np.abs(bound) * (terms + 8) * EPS + TINY


def largest(h: Array) -> Array:
    """Of each sample, in absolute value."""
    top: Array = np.abs(h).reshape(len(h), -1).max(1)
    return top


def outer(per_sample: Array, per_row: Array, like: Array) -> Array:
    """(samples,) times (outputs,), of the rank of `like`."""
    return np.outer(per_sample, per_row).reshape(*like.shape[:2], *(1,) * (like.ndim - 2))


def column_of(per_sample: Array, like: Array) -> Array:
    """(samples,) of the rank of `like`."""
    return per_sample.reshape(-1, *(1,) * (like.ndim - 1))
