"""What a sheet allows, with values: conditions 1 and 2, the sheet barrier, and which branches.

*Does the theorem apply?* Conditions 1 and 2. *Does this sheet hold a decreasing path?* The sheet
barrier, and the crossing. All are evaluated at the lambdas of the sheet, and at peaks of m and low
points of the growth between them, and say no more than that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..answers import UNDECIDED, Condition, Conditions, in_rounding
from ..sheet.sheet import Levels, Sheet
from .branches import BranchPlan, HeldScale, branch_plan, crossing_margin, scale_to_hold
from .minima import WIDTH, Minima, Rounding, leaps, lows_of, minima_of, peaks_of, plateau_end

#: The inequalities in words; that of condition 1 depends on the loss, see `Sheet.growth_meaning`.
MEANINGS = {
    "condition 2": "L(W(0)) > L(0), the zero predictor beats the initial weights",
    "final objective": "L(W(1)) < L(W(0)), the final weights beat the initial ones",
    "sheet barrier": "sup m - L(W(0)) < 0, some rescaling beats the initial weights at every "
    "lambda",
    "crossing": "before the right branch ends, the sheet's minimum is higher than from there on "
    "and than L(W(1)), so that the path can change to the left branch",
    "meeting": "a minimum over c at a single scale where the path crosses, so that the branches "
    "meet, as more points or a strictly convex loss may have it",
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
        rounding: eps of the type in which the outputs were computed.
    """
    one = sheet.excess(1.0)
    levels = Levels(sheet.d, float(one[0]), float(one[-1]))
    limits = Rounding.of(sheet, rounding)
    lows = lows_of(sheet, along, limits.size) if along is not None else []
    minima = minima_of(sheet, lows, limits)
    if along is not None and minima.minimum_excess[1:].max() < levels.initial_excess:
        found = peaks_of(minima, along, rounding, sheet.d) if peaks else []
        rays = minima.lam[minima.constant]
        # a plateau of m that ends where outputs vanish does so at that ray, not beside it
        others = [*lows, *(one for one in found if (abs(one.lam - rays) > WIDTH).all())]
        minima = minima_of(sheet, others, limits)
        minima = minima_of(sheet, [*others, *plateau_end(minima, along)], limits)
        minima = minima if sheet.strict else replace(minima, flat=leaps(minima, along, rounding))
    conditions = examine(sheet, levels, minima, lows, limits)
    plan, held = branch_plan(minima, levels), None
    if plan is not None and plan.passing is not None:
        held = scale_to_hold(levels, minima, plan.passing, along) if along is not None else None
        crossing = conditions.crossing
        if held is not None:
            passing = _passes(minima, levels, plan.passing, limits)
            conditions = replace(conditions, crossing=passing)
        elif crossing is not None and crossing.decided:  # of all scales a list was tried, or none
            crossing = replace(crossing, verdict=UNDECIDED, rounding=np.inf)
            conditions = replace(conditions, crossing=crossing)
    if plan is None and conditions.path_answer == "yes":
        top = minima.lam[minima.highest if minima.flat[minima.highest] else 0]
        meeting = _condition("meeting", 0.0, 0.0, 0.0, top, np.inf)
        conditions = replace(conditions, crossing=replace(meeting, name="crossing"))
    return Survey(levels, minima, conditions, plan, held)


def examine(
    sheet: Sheet,
    levels: Levels,
    minima: Minima | None = None,
    lows: Sequence[Sheet] = (),
    rounding: Rounding | None = None,
) -> Conditions:
    """Evaluate the conditions on a sheet.

    Args:
        sheet, levels: over the grid, and the ends' objectives.
        minima: at the grid's lambdas and others between them; the grid alone when None.
        lows: the sheet at low points of the growth between them.
        rounding: of the outputs; none when None.

    >>> import numpy as np
    >>> from construction.sheet.moments import SquaredSheet
    >>> sheet = SquaredSheet(np.array([0.0, 1.0]), np.array([4.0, 1.0]), np.array([1.0, 1.0]), 1.0)
    >>> conditions = examine(sheet, Levels(zero=1.0, initial_excess=2.0, final_excess=-1.0))
    >>> conditions.condition_2.value, conditions.condition_2.verdict
    (3.0, 'checked at 1 point')
    >>> conditions.sheet_barrier.value
    -3.0
    """
    rounding = rounding or Rounding()
    minima = minima_of(sheet, lows, rounding) if minima is None else minima
    initial, final, points = levels.initial_excess, levels.final_excess, len(minima.lam)
    top = 1 + int(minima.minimum_excess[1:].argmax())  # at the start m <= L(W(0)) by itself
    highest = float(minima.minimum_excess[top])
    margin = initial - highest
    in_doubt = bool(minima.doubtful[top] and minima.constant[top])
    limit = _at_least(rounding.initial + rounding.minimum, margin, in_doubt)
    start, end, both = levels.initial, levels.final, rounding.initial + rounding.final
    tie = rounding.initial and not initial and sheet.output_size[0]  # exact only for outputs of 0
    first = np.inf if tie else rounding.initial
    return Conditions(
        _growth(sheet, lows, rounding),
        _condition("condition 2", start, levels.zero, initial, 0.0, first),
        _condition("final objective", end, start, initial - final, 1.0, both),
        _condition("sheet barrier", -margin, 0.0, margin, minima.lam[top], limit, points),
        _crosses(minima, levels, rounding),
    )


def _growth(sheet: Sheet, lows: Sequence[Sheet], rounding: Rounding) -> Condition:
    """Condition 1: the least growth, or the one that is most in doubt."""
    known = [
        (one.lam, one.growth, one.doubt(rounding.size), one.output_size) for one in (sheet, *lows)
    ]
    lam, growth, doubt, size = np.concatenate(known, axis=1)
    endless = np.isinf(doubt)  # the outputs' size counts for an infinite growth
    growth, doubt = np.where(endless, size, growth), np.where(endless, rounding.size, doubt)
    worst = int(growth.argmin())
    in_doubt = growth <= doubt
    if growth[worst] > 0 and in_doubt.any():
        worst = int(np.where(in_doubt, growth, np.inf).argmin())
    least, where, limit = (float(one[worst]) for one in (growth, lam, doubt))
    verdict, meaning = _verdict(least, limit, len(growth)), sheet.growth_meaning
    return Condition("condition 1", least, 0.0, least, where, verdict, meaning, limit)


def _crosses(minima: Minima, levels: Levels, rounding: Rounding) -> Condition | None:
    """Whether a right start can leave a right branch that ends, if it does."""
    if minima.first == "left" or minima.end is None:
        return None
    margin, where = crossing_margin(minima, levels)
    limit = rounding.minimum + max(rounding.minimum, rounding.final)
    after, doubtful = minima.minimum_excess[minima.end :], minima.doubtful[minima.end :]
    in_doubt = doubtful[0] or (doubtful & (after == after.max())).any()
    limit = _at_least(limit, margin, bool(in_doubt))
    return _condition("crossing", margin, 0.0, margin, where, limit, len(minima.lam))


def _at_least(limit: float, margin: float, in_doubt: bool) -> float:
    """The limit of a margin that outputs in doubt may only have made too small."""
    if not in_doubt or margin > limit:
        return limit
    return max(limit, -margin) if margin else np.inf  # that of a tie is no tie


def _passes(minima: Minima, levels: Levels, index: int, rounding: Rounding) -> Condition:
    """Whether the path can cross a constant ray at L(0); the margin is how far m stays below it."""
    beyond = float(minima.minimum_excess[index + 1 :].max(initial=levels.final_excess))
    margin, lam = -beyond or levels.initial_excess, minima.lam
    limit = max(rounding.minimum, rounding.final) if beyond else rounding.initial
    passing = _condition("passing", 0.0, beyond, margin, lam[index], limit, len(lam))
    return replace(passing, name="crossing")


def _condition(
    name: str, value: float, bound: float, margin: float, where: float, rounding: float,
    points: int = 1,
) -> Condition:  # fmt: skip
    verdict = _verdict(margin, rounding, points)
    return Condition(name, value, bound, margin, float(where), verdict, MEANINGS[name], rounding)


def _verdict(margin: float, rounding: float, points: int) -> str:
    if margin > rounding:
        return f"checked at {points} point{'s' if points > 1 else ''}"
    return UNDECIDED if in_rounding(margin, rounding) else "not satisfied"
