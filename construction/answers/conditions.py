"""The conditions of the theorem and the sheet barrier, with values and verdicts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import ConditionError
from .certificate import Proof


@dataclass(frozen=True)
class Condition:
    """One condition: a value that has to lie strictly on one side of a bound.

    Attributes:
        name: "condition 1", "condition 2", "final objective", "sheet barrier" or "crossing".
        value: the worst that was measured.
        bound: what it has to exceed (conditions 1, 2, crossing) or stay below (the other two).
        margin: distance of the value from the bound, positive where the condition holds.
        where: the lambda of the worst value.
        verdict: "checked at N points", "proved on [0, 1]" or "not satisfied".
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
    """The conditions of one run.

    Attributes:
        condition_1: the growth of g in c, above 0 at every lambda: mean ||N||^2 for the squared
            loss, else the least lim g/c.
        condition_2: L(W(0)), above L(0): the zero predictor beats the initial point.
        final_objective: L(W(1)), below L(W(0)): the path has somewhere lower to go.
        sheet_barrier: sup m - L(W(0)) behind the start, below 0: no lambda forces the path above
            its start.
        crossing: asked only of a start on a right branch that ends somewhere: how far m before that
            end exceeds m from there on, and L(W(1)). See `construction.condition.decision`.
    """

    condition_1: Condition
    condition_2: Condition
    final_objective: Condition
    sheet_barrier: Condition
    crossing: Condition | None = None

    def proved(self, proof: Proof) -> Conditions:
        """The same conditions, with the verdicts of a proof where it succeeded.

        >>> from construction.answers.certificate import Interval, Statement
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
    def theorem_applies(self) -> bool:
        """Whether all that Theorem 1 asks for holds."""
        return self.condition_1.holds and self.condition_2.holds and self.final_objective.holds

    @property
    def sheet_has_path(self) -> bool:
        """Whether this sheet holds a strictly decreasing path from c = 1 at lambda 0 to L(W(1))."""
        may_cross = self.crossing is None or self.crossing.holds
        return self.sheet_barrier.holds and self.final_objective.holds and may_cross
