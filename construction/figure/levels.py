"""Levels of contours: round numbers, evenly spaced on a logarithmic scale."""

from __future__ import annotations

import numpy as np

from ..sheet import Array

#: What a decade is divided by, the finest division first.
STEPS = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 3.0, 5.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
#: Most lines on one map; chosen here.
MOST = 9


def levels(low: float, high: float, most: int = MOST) -> Array:
    """Round numbers strictly between two positive ones, as many as there is room for.

    >>> levels(0.3, 30.0).tolist()
    [0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0]
    """
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    found = np.zeros(0)
    for step in STEPS:
        found = np.round(np.outer(decades, step).ravel(), 12)
        found = found[(found > low) & (found < high)]
        if len(found) <= most:
            return found
    return found[:: -(-len(found) // most)]
