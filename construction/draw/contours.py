"""Levels of contours: round numbers, evenly spaced on a logarithmic scale."""

from __future__ import annotations

import numpy as np

from ..arrays import Array

#: What a decade is divided by, the finest division first.
STEPS = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 3.0, 5.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
#: Most lines on one map, and fewest before levels are evenly spaced; chosen here.
MOST, FEWEST = 7, 3


def levels(low: float, high: float, most: int = MOST) -> Array:
    """Round numbers strictly between two positive ones, as many as there is room for.

    Over less than a decade, where too few of those are round on a logarithmic scale, evenly spaced.

    >>> levels(0.3, 30.0).tolist(), levels(2.27, 2.55).tolist()
    ([0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0], [2.3, 2.35, 2.4, 2.45, 2.5])
    """
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for step in STEPS:
        found = _inside(np.outer(decades, step).ravel(), low, high)
        if FEWEST <= len(found) <= most:
            return found
        if len(found) < FEWEST:
            return _even(low, high, most)
    return found[:: -(-len(found) // most)]


def _even(low: float, high: float, most: int) -> Array:
    """Multiples of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** (np.floor(np.log10(high - low)) - 1)
    steps = (m * power for m in (1, 2, 5, 10, 20, 50))
    whole = (step * np.arange(np.floor(low / step), np.ceil(high / step) + 1) for step in steps)
    each = (_inside(multiples, low, high) for multiples in whole)
    return next(found for found in each if len(found) <= most)


def _inside(values: Array, low: float, high: float) -> Array:
    rounded = np.array([float(f"{value:.6g}") for value in values])
    return rounded[(rounded > low) & (rounded < high)]
