"""Conditions 1 and 2 of the theorem and the sheet barrier, with values, on one run.

*Does the theorem apply?* Conditions 1 and 2. *Does this sheet hold a decreasing path?* The sheet
barrier. They are evaluated at the lambdas of the sheet, and say no more than that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import ConditionError
from .profiles import Levels
from .sheet import Array, Sheet


@dataclass(frozen=True)
class Condition:
    """One condition: a value that has to lie strictly on one side of a bound.

    Attributes:
        name: "condition 1", "condition 2", "final objective" or "sheet barrier".
        value: what was found, at its worst.
        bound: what it has to exceed (conditions 1, 2) or stay below (the other two).
        margin: distance of the value from the bound, positive where the condition holds.
        where: the lambda of the worst value.
        verdict: "checked at N points" or "not satisfied".
        meaning: the inequality in words.
    """

    name: str
    value: float
    bound: float
    margin: float
    where: float
    verdict: str
    meaning: str

    @property
    def holds(self) -> bool:
        """Whether the inequality held wherever it was checked."""
        return self.margin > 0

    def require(self, remedy: str) -> None:
        """Raise a `ConditionError` unless the condition holds."""
        if not self.holds:
            raise ConditionError(
                f"{self.name}: {self.meaning}",
                f"{self.value:.6g} against {self.bound:.6g} at lambda = {self.where:.6g}, "
                f"margin {self.margin:.6g}",
                remedy,
                condition=self.name,
                lam=self.where,
                margin=self.margin,
            )


@dataclass(frozen=True)
class Conditions:
    """What was found on this run.

    Attributes:
        condition_1: min over lambda of a = mean ||N||^2, above 0: the outputs never all vanish.
        condition_2: L(W(0)), above L(0): the zero predictor beats the initial point.
        final_objective: L(W(1)), below L(W(0)): the path has somewhere lower to go.
        sheet_barrier: sup m - L(W(0)), below 0: no lambda forces the path above its start.
    """

    condition_1: Condition
    condition_2: Condition
    final_objective: Condition
    sheet_barrier: Condition

    @property
    def theorem_applies(self) -> bool:
        """Whether all that Theorem 1 asks for holds."""
        return self.condition_1.holds and self.condition_2.holds and self.final_objective.holds

    @property
    def sheet_has_path(self) -> bool:
        """Whether this sheet holds a strictly decreasing path from c = 1 at lambda 0 to L(W(1))."""
        return self.condition_1.holds and self.sheet_barrier.holds and self.final_objective.holds


def examine(sheet: Sheet, levels: Levels) -> Conditions:
    """Evaluate the conditions on a sheet of the squared loss.

    >>> sheet = Sheet(np.array([0.0, 1.0]), np.array([4.0, 1.0]), np.array([1.0, 1.0]), 1.0)
    >>> found = examine(sheet, Levels(zero=1.0, initial=3.0, final=0.0))
    >>> found.condition_2.value, found.condition_2.verdict, found.sheet_barrier.value
    (3.0, 'checked at 1 point', -2.25)
    """
    points = len(sheet.lam)
    smallest = int(np.argmin(sheet.a))
    return Conditions(
        _above(
            "condition 1",
            float(sheet.a[smallest]),
            0.0,
            float(sheet.lam[smallest]),
            points,
            "the outputs are not all zero at any lambda (mean ||N||^2 > 0)",
        ),
        _above(
            "condition 2",
            levels.initial,
            levels.zero,
            0.0,
            1,
            "L(W(0)) > L(0), the zero predictor beats the initial weights",
        ),
        _below(
            "final objective",
            levels.final,
            levels.initial,
            1.0,
            1,
            "L(W(1)) < L(W(0)), the final weights beat the initial ones",
        ),
        sheet_barrier(sheet.lam, sheet.minimum_excess, levels),
    )


def sheet_barrier(lam: Array, minimum_excess: Array, levels: Levels) -> Condition:
    """``sup m - L(W(0)) < 0`` over the given lambdas, from m - L(0) at each."""
    highest = int(np.argmax(minimum_excess))
    return _below(
        "sheet barrier",
        float(minimum_excess[highest]) - (levels.initial - levels.zero),
        0.0,
        float(lam[highest]),
        len(lam),
        "sup m - L(W(0)) < 0, some rescaling beats the initial weights at every lambda",
    )


def _above(
    name: str, value: float, bound: float, where: float, points: int, meaning: str
) -> Condition:
    return _condition(name, value, bound, value - bound, where, points, meaning)


def _below(
    name: str, value: float, bound: float, where: float, points: int, meaning: str
) -> Condition:
    return _condition(name, value, bound, bound - value, where, points, meaning)


def _condition(
    name: str, value: float, bound: float, margin: float, where: float, points: int, meaning: str
) -> Condition:
    checked = f"checked at {points} point{'s' if points > 1 else ''}"
    verdict = checked if margin > 0 else "not satisfied"
    return Condition(name, value, bound, margin, where, verdict, meaning)
