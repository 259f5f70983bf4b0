"""Decreasing targets v(lambda) of the theorem: above L(0) and L(W(1)), on the right branch.

``paper`` is the proof's own, ``even`` makes most of the drop while travelling, and any function
of the user's that strictly decreases will do. The valley profile, which needs the sheet, is in
`construction.valley`. All give the *excess* over L(0).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .errors import InputError
from .sheet import Array, Branches

#: Share by which ``even`` stops short of its floor, and the valley profile leans towards its
#: concave majorant; chosen here: visible on a plot, and small beside the drop.
THETA = 0.05


@dataclass(frozen=True)
class Levels:
    """The objectives that a profile starts from and ends above: L(0), L(W(0)) and L(W(1))."""

    zero: float
    initial: float
    final: float


@dataclass(frozen=True)
class RightBranch:
    """A target that is followed on the right branch from lambda 0 to 1: the theorem's travel.

    Attributes:
        name: as given to `construct`.
        function: lambda (points,) -> target excess (points,).
    """

    name: str
    function: Callable[[Array], Array]

    crossing: ClassVar[None] = None
    approach: ClassVar[float] = float("nan")  # it crosses nowhere

    def excess(self, lam: Array, minimum_excess: Array) -> Array:
        """``v(lambda) - L(0)``; needs no minimum."""
        return self.function(lam)

    def branches(self, lam: Array) -> Branches:
        """The right one throughout."""
        return np.full(lam.shape, "right")


def paper(levels: Levels) -> RightBranch:
    """The proof's own target, ``(1 - lambda/3) L(W(0)) + (lambda/3) max{L(0), L(W(1))}``.

    Source: Safran and Shamir 2016 (arXiv 1511.04210), proof of Theorem 1, on [0, 1].

    >>> profile = paper(Levels(zero=1.0, initial=4.0, final=0.5))
    >>> profile.excess(np.array([0.0, 1.0]), np.zeros(2)).tolist()
    [3.0, 2.0]
    """
    return _linear("paper", levels, 1 / 3)


def even(levels: Levels) -> RightBranch:
    """Evenly down to just above max{L(0), L(W(1))}, keeping `THETA` of the way for the descent."""
    return _linear("even", levels, 1 - THETA)


def _linear(name: str, levels: Levels, share: float) -> RightBranch:
    start = levels.initial - levels.zero
    floor = max(0.0, levels.final - levels.zero)
    return RightBranch(name, lambda lam: (1 - share * lam) * start + share * lam * floor)


def custom(function: Callable[[float], float], levels: Levels) -> RightBranch:
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

    return RightBranch("custom", excess)
