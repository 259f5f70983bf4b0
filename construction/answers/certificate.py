"""What a check of a constructed path found: *checked at N points*, or which fault it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from .proof import Proof


@dataclass(frozen=True)
class Certificate:
    """What a check found.

    Attributes:
        points: how many points were checked.
        s, lam: where, (points,); from 0 to 1 in s, at least about half of the travel off the grid.
        objective: measured in float64 on the rescaled weights, (points,).
        off_grid: whether the lambda is not one of the solver's grid, (points,).
        largest_step: the largest change of the objective from one point to the next; negative
            when it strictly decreases.
        deviation: largest relative deviation from the target, |objective - target| / target; a
            target below 0.005 L(0), or below a quarter of the objective's condition in the
            predictions, counts as that, for rounding.
        initial_error: relative deviation of the objective at s = 0 from that of W(0).
        final_error: relative deviation of the objective at s = 1 from that of W(1).
        tolerance: what deviation and both errors are held against.
        proof: what is proved on all of [0, 1], by bounds and not by points; None where no proof was
            asked for.
    """

    s: Array
    lam: Array
    objective: Array
    off_grid: NDArray[np.bool_]
    largest_step: float
    deviation: float
    initial_error: float
    final_error: float
    tolerance: float
    proof: Proof | None = None

    @property
    def points(self) -> int:
        """How many points were checked."""
        return len(self.s)

    @property
    def strictly_decreasing(self) -> bool:
        """Whether the objective fell from every point to the next."""
        return self.largest_step < 0

    @property
    def holds(self) -> bool:
        """Whether everything that was checked held."""
        errors = (self.deviation, self.initial_error, self.final_error)
        return self.strictly_decreasing and all(error <= self.tolerance for error in errors)

    @property
    def verdict(self) -> str:
        """A sentence of what was found, and no more."""
        if self.holds:
            return f"checked at {self.points} points"
        faults = []
        if not self.strictly_decreasing:
            faults.append(f"the objective rises by {self.largest_step:.3g} between two points")
        for name, error in (
            ("the target is missed", self.deviation),
            ("the start is missed", self.initial_error),
            ("the end is missed", self.final_error),
        ):
            if not error <= self.tolerance:
                faults.append(f"{name} by a relative {error:.3g}, over {self.tolerance:g}")
        return f"not satisfied at {self.points} points: {'; '.join(faults)}{self._remedy}"

    @property
    def _remedy(self) -> str:
        coarse = self.strictly_decreasing and self.tolerance > 1e-9
        return ". The solve ran in float32: dtype=torch.float64 is finer" if coarse else ""
