"""What a sheet allows, with values: conditions 1 and 2, the sheet barrier, and which branches.

*Does the theorem apply?* Conditions 1 and 2. *Does this sheet hold a decreasing path?* The sheet
barrier, and the crossing. All are evaluated at the lambdas of the sheet and at peaks of m between
them, and say no more than that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..answers.conditions import Condition, Conditions
from ..sheet.sheet import Levels, Sheet
from .decision import BranchPlan, HeldScale, branch_plan, crossing_margin, scale_to_hold
from .minima import Minima, minima_of

#: The inequalities in words; that of condition 1 depends on the loss, see `Sheet.growth_meaning`.
MEANINGS = {
    "condition 2": "L(W(0)) > L(0), the zero predictor beats the initial weights",
    "final objective": "L(W(1)) < L(W(0)), the final weights beat the initial ones",
    "sheet barrier": "sup m - L(W(0)) < 0, some rescaling beats the initial weights at every "
    "lambda",
    "crossing": "before the right branch ends, the sheet's minimum is higher than from there on "
    "and than L(W(1)), so that the path can change to the left branch",
    "passing": "where g does not depend on c, the path passes at the level L(0), above all that "
    "follows",
}


@dataclass(frozen=True)
class Survey:
    """What a sheet allows.

    Attributes:
        levels: the objectives of its ends.
        minima: of the sheet, every peak that was found among them.
        conditions: of the theorem, and of the sheet.
        plan: the branches of a path, given that the sheet has no barrier; None where there is none.
        held: the scale that passes a ray on which g is constant in c, where the plan passes one.
    """

    levels: Levels
    minima: Minima
    conditions: Conditions
    plan: BranchPlan | None
    held: HeldScale | None


def survey(
    sheet: Sheet,
    along: Callable[[list[float]], Sheet] | None = None,
    *,
    peaks: bool = True,
    rounding: float = 0.0,
) -> Survey:
    """Decide what a sheet allows, and look more closely next to where m is highest or L(0).

    Args:
        sheet: on the grid, from lambda 0 to 1.
        along: the sheet at any lambdas; None: those of the grid are all that is looked at.
        peaks: whether m may peak between the grid's lambdas.
        rounding: of the outputs; see `construction.condition.minima.peaks_of`.
    """
    one = sheet.excess(1.0)
    levels = Levels(sheet.d, float(one[0]), float(one[-1]))
    minima = minima_of(levels, sheet)
    conditions = examine(sheet, levels, minima)
    if along is not None and peaks and conditions.sheet_barrier.holds:
        minima = minima_of(levels, sheet, lambda lam: along([lam]), rounding)
        conditions = examine(sheet, levels, minima)
    plan, held = branch_plan(minima, levels), None
    if along is not None and plan is not None and plan.passing is not None:
        held = scale_to_hold(levels, minima, plan.passing, along)
        if held is not None:
            conditions = replace(conditions, crossing=_passes(minima, levels, plan.passing))
    return Survey(levels, minima, conditions, plan, held)


def examine(sheet: Sheet, levels: Levels, minima: Minima | None = None) -> Conditions:
    """Evaluate the conditions on a sheet.

    Args:
        sheet: over the grid.
        levels: the ends' objectives.
        minima: at the grid's lambdas and the peaks of m between them; the grid alone when None.

    >>> import numpy as np
    >>> from construction.sheet.moments import SquaredSheet
    >>> sheet = SquaredSheet(np.array([0.0, 1.0]), np.array([4.0, 1.0]), np.array([1.0, 1.0]), 1.0)
    >>> conditions = examine(sheet, Levels(zero=1.0, initial_excess=2.0, final_excess=-1.0))
    >>> conditions.condition_2.value, conditions.condition_2.verdict
    (3.0, 'checked at 1 point')
    >>> conditions.sheet_barrier.value
    -3.0
    """
    minima = minima_of(levels, sheet) if minima is None else minima
    initial, points = levels.initial_excess, len(minima.lam)
    least = int(sheet.growth.argmin())
    growth = float(sheet.growth[least])
    top = 1 + int(minima.minimum_excess[1:].argmax())  # at the start m <= L(W(0)) by itself
    highest = float(minima.minimum_excess[top])
    crossing = None
    if minima.first == "right" and minima.end is not None:
        margin, where = crossing_margin(minima, levels)
        crossing = _condition("crossing", margin, 0.0, margin, where, points)
    return Conditions(
        Condition(
            "condition 1",
            growth,
            0.0,
            growth,
            float(sheet.lam[least]),
            _verdict(growth, len(sheet.lam)),
            sheet.growth_meaning,
        ),
        _condition("condition 2", levels.initial, levels.zero, initial, 0.0),
        _condition(
            "final objective", levels.final, levels.initial, initial - levels.final_excess, 1.0
        ),
        _condition(
            "sheet barrier", highest - initial, 0.0, initial - highest, minima.lam[top], points
        ),
        crossing,
    )


def _passes(minima: Minima, levels: Levels, index: int) -> Condition:
    """Whether the path can cross a constant ray at L(0); the margin is how far m stays below it."""
    beyond = float(minima.minimum_excess[index + 1 :].max(initial=levels.final_excess))
    margin, lam = -beyond or levels.initial_excess, minima.lam
    passing = _condition("passing", 0.0, beyond, margin, lam[index], len(lam))
    return replace(passing, name="crossing")


def _condition(
    name: str, value: float, bound: float, margin: float, where: float, points: int = 1
) -> Condition:
    verdict = _verdict(margin, points)
    return Condition(name, value, bound, margin, float(where), verdict, MEANINGS[name])


def _verdict(margin: float, points: int) -> str:
    checked = f"checked at {points} point{'s' if points > 1 else ''}"
    return checked if margin > 0 else "not satisfied"
