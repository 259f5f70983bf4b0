"""The target v(lambda): what the objective is held to while lambda runs, stretch by stretch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..sheet.sheet import Branch, Branches, Sheet


@dataclass(frozen=True)
class Stretch:
    """A travel from one lambda to another, on one branch, with the objective on a decreasing v.

    Attributes:
        start, stop: the lambdas.
        branch: on which the scale is the root of g = v.
        function: lambda (points,) -> v - L(0), (points,).
        lifted: whether v is raised to the sheet's minimum where that is higher, between the ends.
        held: a scale that is kept instead, v being g itself; for passing a lambda at which g does
            not depend on c.
    """

    start: float
    stop: float
    branch: Branch
    function: Callable[[Array], Array]
    lifted: bool = False
    held: float | None = None

    def excess(self, sheet: Sheet) -> Array:
        """``v(lambda) - L(0)`` at the lambdas of a sheet."""
        if self.held is not None:
            return sheet.excess(self.held)
        v = self.function(sheet.lam)
        if not self.lifted:
            return v
        between = (sheet.lam > self.start) & (sheet.lam < self.stop)
        return np.where(between, np.maximum(v, sheet.minimum_excess), v)


@dataclass(frozen=True)
class Target:
    """A strictly decreasing target over [0, 1].

    Attributes:
        name: as given to `construct`.
        stretches: one after the other, from lambda 0 to 1.
        crossing: the lambda at which c moves to c*, where both branches meet, and the second
            branch begins; None where the path does not cross.
        knots, minimum: lambdas at which the sheet's minimum m is known, every peak of it that was
            found among them, and m - L(0) there; empty for targets that do not need it.
    """

    name: str
    stretches: tuple[Stretch, ...]
    crossing: float | None = None
    knots: Array = field(default_factory=lambda: np.zeros(0))
    minimum: Array = field(default_factory=lambda: np.zeros(0))

    def excess(self, sheet: Sheet) -> Array:
        """``v(lambda) - L(0)`` at the lambdas of a sheet; where two stretches meet, the later's."""
        v = np.empty_like(sheet.lam)
        for k, stretch in enumerate(self.stretches):
            here = self.stretch_of(sheet.lam) == k
            if here.any():
                v[here] = stretch.excess(sheet.pick(here))
        return v

    def branches(self, lam: Array) -> Branches:
        """The branch at each lambda, as above."""
        branches: Branches = np.array([stretch.branch for stretch in self.stretches])
        return branches[self.stretch_of(lam)]

    def held(self, lam: Array) -> Array:
        """The scale that is kept at each lambda; NaN where it is solved for."""
        kept = [np.nan if s.held is None else s.held for s in self.stretches]
        scales: Array = np.array(kept)
        return scales[self.stretch_of(lam)]

    def stretch_of(self, lam: Array) -> NDArray[np.intp]:
        """The number of the stretch at each lambda, as above."""
        starts = np.array([stretch.start for stretch in self.stretches])
        return np.searchsorted(starts, lam, side="right") - 1


def piecewise_linear(knots: Array, heights: Array) -> Callable[[Array], Array]:
    """The function through the given points."""
    return lambda lam: np.interp(lam, knots, heights)
