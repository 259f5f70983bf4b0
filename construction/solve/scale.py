"""Solves ``g(lambda, c) = v(lambda)`` for the scale c, all lambda at once, a status each.

Whether there is a root is decided here, from the sheet's minimum and its branches; where it lies,
the sheet finds: in closed form (`construction.sheet.moments`), or by Newton's method
(`construction.sheet.roots`).
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import RootError
from ..profile import Stretch, Target
from ..sheet.sheet import Branches, Levels, Sheet

#: Relative rounding within which a target counts as the minimum itself.
ROUNDING = 16 * float(np.finfo(float).eps)


class Status(IntEnum):
    """Outcome at one lambda; `sentence` says cause and remedy."""

    sentence: str

    SOLVED = "The scale meets the target."
    BELOW_MINIMUM = "The target lies below what any rescaling reaches: use a higher profile."
    ABOVE_ZERO_PREDICTOR = (
        "The left branch ends at L(0), below the target: use the right branch or a lower profile."
    )
    OUTPUTS_VANISH = "The scale changes nothing, as when all outputs are zero: use another path."
    BELOW_ZERO_PREDICTOR = (
        "No output agrees with its target, so L(0) is the least any scale reaches, and the target "
        "lies below: use a higher profile."
    )
    NOT_FINITE = "The target is NaN or infinite: let the profile return finite objectives."
    NO_RIGHT_BRANCH = (
        "The objective falls forever in c, as where all samples are classified correctly: use "
        "profile='valley', which may take the left branch."
    )
    NEVER_REACHED = (
        "The target is the infimum, which no finite scale attains: use a higher profile."
    )
    OUT_OF_REACH = (
        "The scale would overflow, as where the outputs all but vanish: use another path."
    )

    def __new__(cls, sentence: str) -> "Status":
        number = len(cls.__members__)
        one = int.__new__(cls, number)
        one._value_, one.sentence = number, sentence
        return one


@dataclass(frozen=True)
class Roots:
    """Scales and what became of each lambda.

    Attributes:
        scale: (points,), NaN where there is none.
        status: `Status` values, (points,).
    """

    scale: Array
    status: NDArray[np.int_]

    def required(self, lam: Array) -> Array:
        """The scales, or a `RootError` that names the first lambda without one."""
        failed = np.flatnonzero(self.status != Status.SOLVED)
        if failed.size:
            first = failed[0]
            raise RootError(
                "a scale at every lambda",
                f"none at {failed.size} of {lam.size}, the first at lambda = {lam[first]:.6g}",
                list(Status)[self.status[first]].sentence,
                lam=float(lam[first]),
                count=int(failed.size),
            )
        return self.scale


def solve(sheet: Sheet, excess: Array, branches: Branches) -> Roots:
    """The root of ``g(lambda, c) = L(0) + excess`` at every lambda of the sheet.

    Args:
        sheet: over (points,) lambdas.
        excess: the target minus L(0), (points,).
        branches: "right" (c >= c*) or "left" (0 <= c <= c*) at each lambda, (points,).

    Returns:
        Scales with a status each; a lambda without a root spoils no other.

    >>> from construction.sheet.moments import SquaredSheet
    >>> sheet = SquaredSheet(np.zeros(3), np.ones(3), np.array([1.0, -1.0, 0.0]), d=1.0)
    >>> right = np.full(3, "right")
    >>> solve(sheet, np.array([3.0, 3.0, -1.0]), right).scale.tolist()
    [3.0, 1.0, nan]
    """
    e = np.broadcast_to(np.asarray(excess, float), sheet.lam.shape)
    lowest, right = sheet.minimum_excess, branches == "right"
    above = e - lowest
    slack = ROUNDING * (np.abs(e) - lowest)
    touches, below = np.abs(above) <= slack, above < -slack
    status = np.full(e.shape, Status.SOLVED, dtype=int)
    touches &= np.isfinite(sheet.best_scale)
    status[np.isinf(sheet.best_scale) & (above <= 0)] = Status.NEVER_REACHED
    status[right & ~sheet.rises] = Status.NO_RIGHT_BRANCH
    status[below] = Status.BELOW_MINIMUM
    status[below & (sheet.best_scale <= 0)] = Status.BELOW_ZERO_PREDICTOR
    status[~right & (e > ROUNDING * sheet.d)] = Status.ABOVE_ZERO_PREDICTOR
    status[sheet.constant] = Status.OUTPUTS_VANISH
    status[~np.isfinite(e)] = Status.NOT_FINITE
    scale = np.full(e.shape, np.nan)
    solvable = status == Status.SOLVED
    scale[solvable & touches] = sheet.best_scale[solvable & touches]  # where both roots meet
    inner = solvable & ~touches
    if inner.any():
        scale[inner] = sheet.pick(inner).root(e[inner], right[inner])
        status[inner & np.isnan(scale)] = Status.OUT_OF_REACH
    return Roots(scale, status)


class Scales:
    """c(lambda) on the branches of one target; exactly 1 where the path begins or ends there."""

    def __init__(self, sheet: Sheet, levels: Levels, target: Target) -> None:
        self._target = target
        self._ends = (
            (0.0, levels.initial_excess, sheet.branch_of(0)),
            (1.0, levels.final_excess, sheet.branch_of(-1)),
        )

    def on(self, sheet: Sheet) -> Array:
        """The scales at all lambdas of a sheet, (points,); errors as of `root`."""
        scale = self._target.held(sheet.lam)
        free = np.isnan(scale)
        if free.any():
            some = sheet.pick(free)
            excess, branches = self._target.excess(some), self._target.branches(some.lam)
            scale[free] = self.root(some, excess, branches)
        return scale

    def at_end(self, stretch: Stretch, sheet: Sheet) -> float:
        """The scale at an end of a stretch, on its own branch, from the sheet there; as `root`."""
        if stretch.held is not None:
            return stretch.held
        branch = np.array([stretch.branch])
        return float(self.root(sheet, stretch.excess(sheet), branch)[0])

    def root(self, sheet: Sheet, excess: Array, branches: Branches) -> Array:
        """The roots, (points,); 1 itself at an end where the target is the objective of c = 1.

        So it is next to it where rounding makes the end's objective, the target and g(lambda, 1)
        one number that no other finite scale need have, as that of a loss which is 0 but for
        underflow.

        Raises:
            RootError: the sheet does not reach the excess on that branch.
        """
        exact = np.zeros(sheet.lam.shape, dtype=bool)
        for end, level, branch in self._ends:
            there = (sheet.lam == end) | np.isinf(sheet.best_scale) & (sheet.excess(1.0) == level)
            exact |= there & (excess == level) & (branches == branch)
        scale = np.ones_like(sheet.lam)
        if not exact.all():
            some = sheet.pick(~exact)
            scale[~exact] = solve(some, excess[~exact], branches[~exact]).required(some.lam)
        return scale
