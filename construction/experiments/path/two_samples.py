"""Two samples and cross-entropy: the smallest sheet whose right branch runs off to infinity.

Two classes; the margins of the two samples, output of the true class less that of the other, are
``p = 1`` along the whole path and ``q = -6 + 9 lambda``: the network is always right on the first,
and on the second from lambda = 2/3 on. So

    g(lambda, c) = (softplus(-c p) + softplus(-c q)) / 2,    L(0) = ln 2.

While q < 0 the sheet grows in c like ``-q c / 2``; once q >= 0 nothing on the ray is higher than
L(0), and condition 1 fails.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...arrays import Array

#: The margin that stays, and the ends of the one that changes.
FIRST, START, STOP = 1.0, -6.0, 3.0
#: Where the second sample starts to be classified correctly.
RIGHT_FROM = START / (START - STOP)
#: Halvings of a bracket: as many as a float has digits, and a few.
HALVINGS = 80
#: No scale beyond this is looked for.
LARGEST = 1e6


def objective(lam: Array, scale: Array) -> Array:
    """``g(lambda, c)``."""
    second = START + (STOP - START) * np.asarray(lam, float)
    both = np.logaddexp(0, -scale * FIRST) + np.logaddexp(0, -scale * second)
    found: Array = both / 2
    return found


ZERO = float(np.log(2))
#: L(W(0)) and L(W(1)).
INITIAL, FINAL = (float(objective(np.array(lam), np.array(1.0))) for lam in (0, 1))


@dataclass(frozen=True)
class Branches:
    """The scales at which the sheet is on a level, lambda by lambda; NaN where there is none.

    Attributes:
        lam: (points,).
        right, left: above and below the best scale, (points,).
        best: ``c*``, infinite where g falls for ever, (points,).
        lowest: m, (points,).
    """

    lam: Array
    right: Array
    left: Array
    best: Array
    lowest: Array


def branches(lam: Array, level: Array) -> Branches:
    """Both roots of ``g = level``, by halving brackets.

    Args:
        lam, level: (points,).
    """
    lam, level = np.asarray(lam, float), np.asarray(level, float)
    second = START + (STOP - START) * lam

    def slope(scale: Array) -> Array:
        falling = [-one / (1 + np.exp(np.clip(scale * one, -700, 700))) for one in (FIRST, second)]
        return (falling[0] + falling[1]) / 2

    nothing, far = np.zeros_like(lam), np.full_like(lam, LARGEST)
    best = _where_it_turns(slope, nothing, far)
    best = np.where(second >= 0, np.inf, best)
    lowest = np.where(second >= 0, 0.0, objective(lam, np.minimum(best, LARGEST)))
    inner = np.minimum(best, LARGEST)
    right = _where_it_turns(lambda c: objective(lam, c) - level, inner, far)
    left = _where_it_turns(lambda c: level - objective(lam, c), nothing, inner)
    above = (second < 0) & (level >= lowest)
    below = (level <= ZERO) & (level >= lowest)
    return Branches(
        lam, np.where(above, right, np.nan), np.where(below, left, np.nan), best, lowest
    )


def _where_it_turns(rising: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where a function that rises over each bracket turns positive; an end, where it does not."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        positive = rising(middle) > 0
        low, high = np.where(positive, low, middle), np.where(positive, middle, high)
    found: Array = (low + high) / 2
    return found
