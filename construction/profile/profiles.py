"""Decreasing targets v(lambda) of the theorem: above L(0) and L(W(1)), on the right branch.

`paper` is the proof's own, `even` makes most of the drop while travelling, and any function of the
user's that strictly decreases will do, as `custom`. The valley profile, which needs the sheet, is
`construction.profile.valley`. All give the *excess* over L(0).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import Array
from ..errors import InputError
from ..sheet.sheet import Levels
from .target import Stretch, Target

#: Share by which ``even`` stops short of its floor, and the valley profile leans towards its
#: concave majorant; chosen here: visible on a plot, and small beside the drop.
THETA = 0.05


def paper(levels: Levels) -> Target:
    """The proof's own target, ``(1 - lambda/3) L(W(0)) + (lambda/3) max{L(0), L(W(1))}``.

    Source: Safran and Shamir 2016 (arXiv 1511.04210), proof of Theorem 1, on [0, 1].

    >>> profile = paper(Levels(zero=1.0, initial_excess=3.0, final_excess=-0.5))
    >>> profile.stretches[0].function(np.array([0.0, 1.0])).tolist()
    [3.0, 2.0]
    """
    return _linear("paper", levels, 1 / 3)


def even(levels: Levels) -> Target:
    """Evenly down to just above max{L(0), L(W(1))}, keeping `THETA` of the way for the descent."""
    return _linear("even", levels, 1 - THETA)


def _linear(name: str, levels: Levels, share: float) -> Target:
    start, floor = levels.initial_excess, max(0.0, levels.final_excess)
    return _on_the_right(name, lambda lam: (1 - share * lam) * start + share * lam * floor)


def _on_the_right(name: str, function: Callable[[Array], Array]) -> Target:
    """The theorem's travel: the right branch from lambda 0 to 1."""
    return Target(name, (Stretch(0.0, 1.0, "right", function),))


def custom(function: Callable[[float], float], levels: Levels) -> Target:
    """A target of the user's, as an objective at each lambda, checked on 1,001 points.

    Raises:
        InputError: it does not start at L(W(0)), does not strictly decrease, or does not stay
            above L(0) and L(W(1)); the message says which, where and by how much.
    """
    lam = np.linspace(0, 1, 1001)
    try:
        values = np.array([float(function(float(x))) for x in lam])
    except (TypeError, ValueError) as error:
        raise InputError(
            "a profile that returns one number for each lambda", str(error), "Return a float."
        ) from error
    floor = max(levels.zero, levels.final)
    if not abs(values[0] - levels.initial) <= 1e-12 * levels.initial:
        raise InputError(
            f"a profile with v(0) = L(W(0)) = {levels.initial:.17g}",
            f"v(0) = {values[0]:.17g}",
            "Scale the profile so that it starts there.",
        )
    rises = np.flatnonzero(~(np.diff(values) < 0))
    if rises.size:
        raise InputError(
            "a strictly decreasing profile",
            f"that it does not fall from lambda = {lam[rises[0]]:g} to {lam[rises[0] + 1]:g}",
            "Let it fall everywhere.",
        )
    if not values[-1] > floor:
        raise InputError(
            f"a profile above L(0) and L(W(1)), that is above {floor:.6g}",
            f"v(1) = {values[-1]:.6g}",
            "Let it stay above both.",
        )

    def excess(at: Array) -> Array:
        return np.array([float(function(float(x))) for x in at]) - levels.zero

    return _on_the_right("custom", excess)
