"""Bounds of a network between two lambdas of a segment of its path.

An activation h(t), 0 <= t <= 1, lies

    free        within  r    of the straight line from its left to its right value;
    anchored    within  t r  of it, where the left value is the exact one, itself known to +- e.

All is float64; products of n terms are off by at most ``n 2^-52`` times the sum of absolute values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .content import Array, File, RefusedError

#: Twice the unit roundoff of float64.
EPS = 2.0**-52


class Bounds(NamedTuple):
    """Values at both ends, radius r, error e of the left ones, (samples,), or None when free."""

    left: Array
    right: Array
    radius: Array
    error: Array | None


def output_bounds(file: File, inputs: Array, left: float, right: float, anchored: bool) -> Bounds:
    """The outputs of the steps between two lambdas."""
    segment = file.segment_of(left, right)
    none = np.zeros(len(inputs)) if anchored else None
    results: list[Bounds] = []
    for step in file.manifest["steps"]:
        reads = [results[k] for k in step["reads"]]
        if step["kind"] == "input":
            results.append(Bounds(inputs, inputs, np.zeros_like(inputs), none))
        elif step["kind"] in ("linear", "convolution"):
            results.append(affine(file, step, reads[0], segment, (left, right)))
        else:
            results.append(RULES[step["kind"]](step["options"], *reads))
    return results[-1]


def affine(file: File, step: Any, h: Bounds, segment: int, lams: tuple[float, float]) -> Bounds:
    """A weight and a bias that run along the segment."""
    times = product(step)
    name = step["name"] + "." if step["name"] else ""
    (first, sizes), (last, _) = (file.weights(name + "weight", segment, lam) for lam in lams)
    rows = sizes.reshape(len(sizes), -1).sum(1)
    left, right = times(h.left, first), times(h.right, last)
    column = (-1, *(1,) * (left.ndim - 2))
    if step["bias"]:
        (b_first, b_sizes), (b_last, _) = (file.weights(name + "bias", segment, x) for x in lams)
        left, right = left + b_first.reshape(column), right + b_last.reshape(column)
        rows = rows + b_sizes
    terms = first[0].size + 32
    size = np.maximum(largest(h.left), largest(h.right))
    size = np.maximum(size, 1.0)
    change = last - first
    curvature = np.abs(times(h.right - h.left, change))
    rounding = 4 * terms * EPS * outer(size, rows, left)
    steepest = np.maximum(np.abs(first), np.abs(last)) + 16 * EPS * sizes
    radius = times(h.radius, steepest)
    if h.error is None:
        return Bounds(left, right, rounded_up(radius + curvature / 4 + rounding, terms), None)
    change_by_row = np.abs(change).reshape(len(change), -1).sum(1)
    radius = radius + curvature + outer(h.error, change_by_row, left) + rounding
    error = rounded_up((h.error + 4 * terms * EPS * size) * rows.max(), terms)
    return Bounds(left, right, rounded_up(radius, terms), error)


def relu(_: Any, z: Bounds) -> Bounds:
    """Nothing is added where the sign is kept, else the depth of the kink."""
    doubt = 0.0 if z.error is None else column_of(z.error, z.left)
    kept = (np.minimum(z.left - doubt, z.right) > 0) | (np.maximum(z.left + doubt, z.right) < 0)
    both = np.abs(z.left) + np.abs(z.right) + 1e-300
    kink = np.abs(z.left) * np.abs(z.right) / both if z.error is None else np.abs(z.right)
    radius = np.where(kept, z.radius, rounded_up(z.radius + kink, 4))
    dead = rounded_up(np.maximum(z.left + doubt, z.right), 0) + rounded_up(z.radius, 4) <= 0
    ends = np.maximum(z.left, 0), np.maximum(z.right, 0)
    return Bounds(*ends, np.where(dead, 0.0, radius), z.error)


def max_pool(options: Any, h: Bounds) -> Bounds:
    """Off by as much as the winner of one end loses at the other."""
    left, right, radius = (
        windows(part, options, fill)
        for part, fill in zip(h[:3], (-np.inf, -np.inf, 0), strict=True)
    )
    best_left, best_right = left.max(-1), right.max(-1)
    doubt = 0.0 if h.error is None else 2.01 * column_of(h.error, best_left)
    near = left >= (best_left - doubt)[..., None]
    if h.error is None:
        falls = best_right - np.where(near, right, -np.inf).max(-1)
        wins = right == best_right[..., None]
        climbs = best_left - np.where(wins, left, -np.inf).max(-1)
        kink = falls * climbs / (falls + climbs + 1e-300)
    else:
        kink = best_right - np.where(near, right, np.inf).min(-1)
    return Bounds(best_left, best_right, rounded_up(radius.max(-1) + kink, 8), h.error)


def average(options: Any, h: Bounds) -> Bounds:
    """A mean over windows, or over everything where there are no options."""
    if options:
        left, right, radius = (windows(part, options, 0.0).mean(-1) for part in h[:3])
    else:
        left, right, radius = (part.mean((2, 3), keepdims=True) for part in h[:3])
    terms = h.left[0, 0].size + 16
    size = np.maximum(np.maximum(largest(h.left), largest(h.right)), 1.0) * 4 * terms * EPS
    error = None if h.error is None else rounded_up(h.error + size, terms)
    return Bounds(left, right, rounded_up(radius + column_of(size, radius), terms), error)


def add(_: Any, a: Bounds, b: Bounds) -> Bounds:
    """A sum."""
    left, right = a.left + b.left, a.right + b.right
    size = 4 * EPS * np.maximum(np.abs(left), np.abs(right))
    error = None
    if a.error is not None and b.error is not None:
        error = rounded_up(a.error + b.error + largest(size), 8)
    return Bounds(left, right, rounded_up(a.radius + b.radius + size, 4), error)


def rearranged(change: Callable[[Any, Array], Array]) -> Callable[[Any, Bounds], Bounds]:
    """Numbers that only change their places."""
    return lambda options, h: Bounds(
        change(options, h.left), change(options, h.right), change(options, h.radius), h.error
    )


def padded_shortcut(options: Any, h: Array) -> Array:
    """Every stride-th pixel, and channels of zeros behind."""
    kept = h[:, :, :: options["stride"], :: options["stride"]]
    return np.pad(kept, ((0, 0), (0, options["channels"] - h.shape[1]), (0, 0), (0, 0)))


RULES: dict[str, Callable[..., Bounds]] = {
    "relu": relu,
    "max_pool": max_pool,
    "average_pool": average,
    "average": average,
    "add": add,
    "flatten": rearranged(lambda _, h: h.reshape(len(h), -1)),
    "padded_shortcut": rearranged(padded_shortcut),
}


def product(step: Any) -> Callable[[Array, Array], Array]:
    """Activations times a weight (outputs, inputs, ...)."""
    if step["kind"] == "linear":
        return lambda h, weight: np.dot(h, weight.T)
    options = step["options"]
    (down, across), (top, side) = options["stride"], options["padding"]
    if options["dilation"] != [1, 1] or options["groups"] != 1:
        raise RefusedError(
            "a convolution with dilation or groups, which this program does not know"
        )

    def convolved(h: Array, weight: Array) -> Array:
        padded = np.pad(h, ((0, 0), (0, 0), (top, top), (side, side)))
        cut = sliding_window_view(padded, weight.shape[2:], (2, 3))[:, :, ::down, ::across]
        products: Array = np.einsum("ncijuv,ocuv->noij", cut, weight, optimize=True)
        return products

    return convolved


def windows(h: Array, options: Any, fill: float) -> Array:
    """The entries of each window, last."""
    kernel, stride, padding = (
        (size, size) if isinstance(size, int) else tuple(size)
        for size in (options["kernel_size"], options["stride"], options["padding"])
    )
    sides = ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2)
    padded = np.pad(h, sides, constant_values=fill)
    cut = sliding_window_view(padded, kernel, (2, 3))[:, :, :: stride[0], :: stride[1]]
    return cut.reshape(*cut.shape[:4], -1)


def rounded_up(bound: Array, terms: int) -> Array:
    """A bound computed as a sum of so many terms, rounded up."""
    return bound + np.abs(bound) * (terms + 8) * EPS + 1e-280


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
