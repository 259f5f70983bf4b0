"""Conditions 1 and 2 of the theorem and the sheet barrier, with values, on one run.

*Does the theorem apply?* Conditions 1 and 2. *Does this sheet hold a decreasing path?* The sheet
barrier. They are evaluated at the lambdas of the sheet, and say no more than that.
"""

from __future__ import annotations

import numpy as np

from ..answers.conditions import Condition, Conditions
from ..arrays import Array
from ..sheet.levels import Levels
from ..sheet.sheet import Sheet
from .decision import Knots, crossing_margin
from .peaks import knots_of


def examine(sheet: Sheet, levels: Levels, knots: Knots | None = None) -> Conditions:
    """Evaluate the conditions on a sheet.

    Args:
        sheet: over the grid.
        levels: the ends' objectives.
        knots: the grid and the peaks of m between its lambdas; the grid alone when None.

    >>> from construction.sheet.moments import SquaredSheet
    >>> sheet = SquaredSheet(np.array([0.0, 1.0]), np.array([4.0, 1.0]), np.array([1.0, 1.0]), 1.0)
    >>> found = examine(sheet, Levels(zero=1.0, initial_excess=2.0, final_excess=-1.0))
    >>> found.condition_2.value, found.condition_2.verdict, found.sheet_barrier.value
    (3.0, 'checked at 1 point', -3.0)
    """
    points = len(sheet.lam)
    knots = knots_of(levels, sheet) if knots is None else knots
    least = int(np.argmin(sheet.growth))
    return Conditions(
        _above(
            "condition 1",
            float(sheet.growth[least]),
            0.0,
            float(sheet.lam[least]),
            points,
            sheet.growth_meaning,
        ),
        _condition(
            "condition 2",
            levels.initial,
            levels.zero,
            levels.initial_excess,
            0.0,
            1,
            "L(W(0)) > L(0), the zero predictor beats the initial weights",
        ),
        _condition(
            "final objective",
            levels.final,
            levels.initial,
            levels.initial_excess - levels.final_excess,
            1.0,
            1,
            "L(W(1)) < L(W(0)), the final weights beat the initial ones",
        ),
        _barrier(knots.lam, knots.minimum, levels),
        _crossing(knots, levels),
    )


def _barrier(lam: Array, minimum: Array, levels: Levels) -> Condition:
    """``sup m - L(W(0)) < 0`` behind the start, where m is at most L(W(0)) by itself."""
    highest = 1 + int(np.argmax(minimum[1:]))
    return _below(
        "sheet barrier",
        float(minimum[highest]) - levels.initial_excess,
        0.0,
        float(lam[highest]),
        len(lam),
        "sup m - L(W(0)) < 0, some rescaling beats the initial weights at every lambda",
    )


def _crossing(knots: Knots, levels: Levels) -> Condition | None:
    """Whether a right branch that ends can be left; see `construction.condition.decision`."""
    if knots.first == "left" or knots.end is None:
        return None
    margin, where = crossing_margin(knots, levels)
    return _condition(
        "crossing",
        margin,
        0.0,
        margin,
        where,
        len(knots.lam),
        "before the right branch ends, the sheet's minimum is higher than from there on and than "
        "L(W(1)), so that the path can change to the left branch",
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
