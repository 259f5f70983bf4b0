"""The target v(lambda): what the objective is held to while lambda runs, stretch by stretch."""

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
        function: lambda (points,) -> v - L(0), (points,); unused where a scale is held.
        lifted: whether v is raised to the sheet's minimum where that is higher, between the ends.
        held: a scale that is kept instead, v being g itself, to pass a lambda at which g does not
            depend on c.
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

    Where two stretches meet, the later one counts.

    Attributes:
        name: "paper", "even", "valley" or "custom".
        stretches: one after the other, from lambda 0 to 1.
        crossing: the lambda at which c moves to c*, where both branches meet, and the second
            branch begins; None where the path does not cross.
        knots, minimum_excess: lambdas at which the sheet's minimum m is known, every peak of it
            that was found among them, and m - L(0) there; empty for targets that do not need it.
    """

    name: str
    stretches: tuple[Stretch, ...]
    crossing: float | None = None
    knots: Array = field(default_factory=lambda: np.zeros(0))
    minimum_excess: Array = field(default_factory=lambda: np.zeros(0))

    def excess(self, sheet: Sheet) -> Array:
        """``v(lambda) - L(0)`` at the lambdas of a sheet, (points,)."""
        v, numbers = np.empty_like(sheet.lam), self.stretch_of(sheet.lam)
        for k in np.unique(numbers):
            here = numbers == k
            v[here] = self.stretches[k].excess(sheet.pick(here))
        return v

    def branches(self, lam: Array) -> Branches:
        """The branch at each lambda."""
        return np.array([stretch.branch for stretch in self.stretches])[self.stretch_of(lam)]

    def held(self, lam: Array) -> Array:
        """The scale that is held at each lambda; NaN where it is solved for."""
        scales = [stretch.held for stretch in self.stretches]
        return np.array(scales, float)[self.stretch_of(lam)]

    def stretch_of(self, lam: Array) -> NDArray[np.intp]:
        """The number of the stretch at each lambda."""
        starts = [stretch.start for stretch in self.stretches]
        return np.searchsorted(starts, lam, side="right") - 1
