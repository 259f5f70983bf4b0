"""The certificate of a check at N points."""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Mask
from .proof import Proof


@dataclass(frozen=True)
class Certificate:
    """What the check of a constructed path measured: *checked at N points*, or which fault it has.

    Attributes:
        s, lam: where, (points,); from 0 to 1 in s, about half of the travel off the grid.
        objective: measured in float64 on the rescaled weights, (points,).
        off_grid: whether the lambda is not one of the solver's grid, (points,).
        largest_step: the largest change of the objective from one point to the next; negative
            when it strictly decreases.
        deviation: largest relative deviation from the target, ``|objective - target| / target``; a
            target below 0.005 L(0), or below a quarter of the objective's condition in the
            predictions, counts as that, for rounding.
        initial_error, final_error: relative deviations of the objective at s = 0 and 1 from those
            of W(0) and W(1).
        tolerance: what deviation and both errors are held against.
        proof: what is proved on all of [0, 1], by bounds; None where no proof was asked for.
    """

    s: Array
    lam: Array
    objective: Array
    off_grid: Mask
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
        """What the check showed, in one sentence."""
        if self.holds:
            return f"checked at {self.points} points"
        faults = []
        if not self.strictly_decreasing:
            k = int(np.diff(self.objective).argmax())
            ends = f"lambda = {self.lam[k]:.4g} and {self.lam[k + 1]:.4g}"
            rises = f"rises by {self.largest_step:.3g}" if self.largest_step else "rests"
            faults.append(f"the objective {rises} between {ends}")
        errors = {"target": self.deviation, "start": self.initial_error, "end": self.final_error}
        for name, error in errors.items():
            if not error <= self.tolerance:
                missed = f"the {name} is missed by a relative {error:.3g}"
                faults.append(f"{missed}, over {self.tolerance:g}")
        coarse = self.strictly_decreasing and self.tolerance > 1e-9 and max(errors.values()) < 1e-3
        remedy = ". The solve ran in float32: dtype=torch.float64 is finer" if coarse else ""
        return f"not satisfied at {self.points} points: {'; '.join(faults)}{remedy}"
