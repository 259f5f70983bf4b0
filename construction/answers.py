"""What is said of a path, as plain values that need no torch.

The proof of inequalities on whole intervals of lambda, the certificate of a check at N points, and
the conditions of the theorem and of the sheet, with values and verdicts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .arrays import Array
from .errors import ConditionError


@dataclass(frozen=True)
class Interval:
    """A stretch of lambda, and what proves a statement on it.

    Attributes:
        start, stop: lambdas, start < stop.
        bound: how far the inequality holds on all of it; not positive where it was not proved. Not
            finite, as where numbers overflow, it counts as 0.
        sample: the witness, by its place in the data; -1 where all samples count.
        plus, minus: outputs of the witness of which the difference stays above 0; -1 stands for
            the number 0.
        scale: the c at which g bounds the sheet's minimum from above.
        low: where both sides touch at a minimum over c, that minimum lies between this and `scale`.
        touches: "start" or "stop" where both sides of the inequality meet there, else "".
    """

    start: float
    stop: float
    bound: float
    sample: int = -1
    plus: int = -1
    minus: int = -1
    scale: float = 0.0
    low: float = 0.0
    touches: str = ""

    def __post_init__(self) -> None:
        if not np.isfinite(self.bound):
            object.__setattr__(self, "bound", 0.0)

    @property
    def proved(self) -> bool:
        """Whether the statement is proved on this interval."""
        return self.bound > 0


@dataclass(frozen=True)
class Statement:
    """A statement about every lambda of [start, stop], or about one point where both are equal.

    Attributes:
        name: "condition 1", "condition 2", "final objective", "left start",
            "sheet barrier", "valley" or "right branch".
        claim: the inequality in words.
        intervals: in order, without gaps.
    """

    name: str
    claim: str
    intervals: tuple[Interval, ...]

    @property
    def proved(self) -> bool:
        """Whether it is proved everywhere."""
        return bool(self.intervals) and all(interval.proved for interval in self.intervals)

    @property
    def open(self) -> tuple[tuple[float, float], ...]:
        """The stretches on which it is not proved, neighbours joined."""
        joined: list[tuple[float, float]] = []
        for one in self.intervals:
            if not one.proved:
                follows = joined and joined[-1][1] == one.start
                start = joined.pop()[0] if follows else one.start
                joined.append((start, one.stop))
        return tuple(joined)

    @property
    def verdict(self) -> str:
        """Where it is proved, in one phrase.

        >>> Statement("condition 1", "", (Interval(0, 0.5, 1.0), Interval(0.5, 1, -1.0))).verdict
        'proved on [0, 1] but for [0.5, 1]'
        """
        if not self.intervals:
            return "not proved"
        start, stop = self.intervals[0].start, self.intervals[-1].stop
        where = f"on [{start:.6g}, {stop:.6g}]" if stop > start else f"at lambda = {start:g}"
        if not any(interval.proved for interval in self.intervals):
            return f"not proved {where}"
        left_out = [f"[{a:.6g}, {b:.6g}]" for a, b in self.open]
        if left_out[3:]:
            left_out[3:] = [f"and {len(left_out) - 3} more"]
        return f"proved {where}" + (f" but for {', '.join(left_out)}" if left_out else "")


@dataclass(frozen=True)
class Proof:
    """Statements about a path, or the reason why nothing can be proved of it.

    Attributes:
        statements: what was attempted.
        needs: what a valley rests on beside itself, by name.
        reason: why nothing was, else empty.
        seconds: how long it took.
    """

    statements: tuple[Statement, ...]
    needs: tuple[str, ...] = ("final objective",)
    reason: str = ""
    seconds: float = 0.0

    def statement(self, name: str) -> Statement | None:
        """The statement of that name, if it was attempted."""
        return next((statement for statement in self.statements if statement.name == name), None)

    def holds(self, names: Sequence[str]) -> bool:
        """Whether these statements are all proved everywhere."""
        return set(names) <= {one.name for one in self.statements if one.proved}

    @property
    def theorem_applies(self) -> bool:
        """Whether all that Theorem 1 asks for is proved."""
        return self.holds(["condition 1", "condition 2", "final objective"])

    @property
    def path_exists(self) -> bool:
        """Whether it is proved that this sheet holds a strictly decreasing path.

        By Theorem 1; or by conditions on the sheet alone (docs/theory/when-a-path-exists.md, cases
        1 and 2); or as the target of a valley was proved to be followed.
        """
        sheet = ["sheet barrier", "final objective"]
        enough = ([*sheet, "left start"], [*sheet, "condition 1"], ["valley", *self.needs])
        return self.theorem_applies or any(map(self.holds, enough))

    @property
    def verdict(self) -> str:
        """What is proved, and what is not, in one sentence."""
        if self.reason:
            return f"not proved: {self.reason}"
        return "; ".join(f"{each.name} {each.verdict}" for each in self.statements)


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
        """What the check showed, in one sentence."""
        if self.holds:
            return f"checked at {self.points} points"
        faults = []
        if not self.strictly_decreasing:
            k = int(np.diff(self.objective).argmax())
            ends = f"lambda = {self.lam[k]:.4g} and {self.lam[k + 1]:.4g}"
            faults.append(f"the objective rises by {self.largest_step:.3g} between {ends}")
        errors = {"target": self.deviation, "start": self.initial_error, "end": self.final_error}
        for name, error in errors.items():
            if not error <= self.tolerance:
                missed = f"the {name} is missed by a relative {error:.3g}"
                faults.append(f"{missed}, over {self.tolerance:g}")
        coarse = self.strictly_decreasing and self.tolerance > 1e-9 and max(errors.values()) < 1e-3
        remedy = ". The solve ran in float32: dtype=torch.float64 is finer" if coarse else ""
        return f"not satisfied at {self.points} points: {'; '.join(faults)}{remedy}"


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
            where no scale of a list passes a constant ray.
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
