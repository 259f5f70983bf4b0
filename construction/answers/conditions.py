"""The conditions of the theorem and of the sheet: yes, no, or not decided at this precision."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from ..errors import ConditionError
from .proof import Proof

#: Whether something holds.
Answer = Literal["yes", "no", "not decided at this precision"]
UNDECIDED: Answer = "not decided at this precision"
#: What to do where rounding decides.
FINER = "Use dtype=torch.float64 if the outputs were computed in less, or take another base path."


@dataclass(frozen=True)
class Condition:
    """One condition: a value that has to lie strictly on one side of a bound.

    The answer is *yes* or *no* by a margin above what rounding of the outputs can make, and else
    *not decided at this precision*.

    Attributes:
        name: "condition 1", "condition 2", "final objective", "sheet barrier" or "crossing".
        value: the worst that was measured.
        bound: what it has to exceed (conditions 1, 2, crossing) or stay below (the other two).
        margin: distance of the value from the bound, positive where the condition holds.
        where: the lambda of the worst value.
        verdict: "checked at N points", "proved on [0, 1]", "not satisfied", "not decided ...".
        meaning: the inequality in words.
        rounding: margins up to this, on either side, may be rounding of the outputs. A margin that
            is exactly 0, as of ends that are equal, is a no; infinite where nothing is decided, as
            where no scale of a list passes a constant ray, or other weights tie.
    """

    name: str
    value: float
    bound: float
    margin: float
    where: float
    verdict: str
    meaning: str
    rounding: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the inequality held wherever it was checked, by more than rounding."""
        return self.margin > self.rounding

    @property
    def decided(self) -> bool:
        """Whether it is more than rounding that says whether the inequality holds."""
        return not in_rounding(self.margin, self.rounding)

    @property
    def answer(self) -> Answer:
        """The verdict in short.

        >>> Condition("condition 2", 1 + 1e-9, 1.0, 1e-9, 0.0, "", "", rounding=1e-7).answer
        'not decided at this precision'
        """
        return answer_of([self])

    def require(self, remedy: str) -> None:
        """Raise a `ConditionError` unless the condition holds."""
        if not self.holds:
            found = f"{self.value:.6g} against {self.bound:.6g} at lambda = {self.where:.6g}, "
            found += f"margin {self.margin:.6g}"
            if self.rounding == float("inf"):
                found += f": {UNDECIDED}"
            elif not self.decided:
                found += f", which rounding of up to {self.rounding:.2g} may have made: {UNDECIDED}"
            raise ConditionError(
                f"{self.name}: {self.meaning}",
                found,
                remedy if self.decided else FINER,
                condition=self.name,
                lam=self.where,
                margin=self.margin,
            )


def in_rounding(margin: float, rounding: float) -> bool:
    """Whether rounding may decide; a margin of exactly 0 is a tie, unless nothing is known."""
    return abs(margin) <= rounding and (margin != 0 or rounding == float("inf"))


def answer_of(conditions: Iterable[Condition | None]) -> Answer:
    """Whether all of them hold: no if one is known not to."""
    asked = [condition for condition in conditions if condition is not None]
    if all(condition.holds for condition in asked):
        return "yes"
    return "no" if any(one.decided and not one.holds for one in asked) else UNDECIDED


@dataclass(frozen=True)
class Conditions:
    """The conditions of one run.

    Attributes:
        condition_1: the growth of g in c, above 0 at every lambda: mean ||N||^2 for the squared
            loss, else the least lim g/c.
        condition_2: L(W(0)), above L(0): the zero predictor beats the initial point.
        final_objective: L(W(1)), below L(W(0)): the path has somewhere lower to go.
        sheet_barrier: sup m - L(W(0)) behind the start, below 0: no lambda forces the path above
            its start.
        crossing: asked only of a start on a right branch that ends somewhere: how far m before that
            end exceeds m from there on, and L(W(1)). See `construction.condition.branches`.
    """

    condition_1: Condition
    condition_2: Condition
    final_objective: Condition
    sheet_barrier: Condition
    crossing: Condition | None = None

    def proved(self, proof: Proof) -> "Conditions":
        """The same conditions, with the verdicts of a proof where it succeeded.

        >>> from construction.answers import Interval, Statement
        >>> held = Condition("condition 2", 3.0, 1.0, 2.0, 0.0, "checked at 1 point", "")
        >>> proof = Proof((Statement("condition 2", "", (Interval(0.0, 0.0, 1.9),)),))
        >>> Conditions(held, held, held, held).proved(proof).condition_2.verdict
        'proved at lambda = 0'
        """
        proved = {}
        for key, condition in vars(self).items():
            statement = condition and proof.statement(condition.name)
            if statement and statement.proved and condition.holds:
                proved[key] = replace(condition, verdict=statement.verdict)
        return replace(self, **proved)

    @property
    def theorem_answer(self) -> Answer:
        """Whether all that Theorem 1 asks for holds."""
        return answer_of([self.condition_1, self.condition_2, self.final_objective])

    @property
    def path_answer(self) -> Answer:
        """Whether this sheet holds a strictly decreasing path from c = 1 at lambda 0 to L(W(1))."""
        return answer_of([self.sheet_barrier, self.final_objective, self.crossing])

    @property
    def theorem_applies(self) -> bool:
        """Whether `theorem_answer` is yes: False as well where it is not decided."""
        return self.theorem_answer == "yes"

    @property
    def sheet_has_path(self) -> bool:
        """Whether `path_answer` is yes: False as well where it is not decided."""
        return self.path_answer == "yes"
