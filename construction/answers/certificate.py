"""The certificate of a path: checked at N points, and proved on all of [0, 1]; needs no torch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array


@dataclass(frozen=True)
class Interval:
    """A stretch of lambda, and what proves a statement on it.

    Attributes:
        start, stop: lambdas, start < stop.
        bound: how far the inequality holds on all of it; not positive where it was not proved.
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
        """Where numbers overflow nothing is proved: a bound that is not finite counts as 0."""
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
        for interval in self.intervals:
            if interval.proved:
                continue
            if joined and joined[-1][1] == interval.start:
                joined[-1] = (joined[-1][0], interval.stop)
            else:
                joined.append((interval.start, interval.stop))
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
        if self.proved:
            return f"proved {where}"
        if not any(interval.proved for interval in self.intervals):
            return f"not proved {where}"
        left_out = ", ".join(f"[{a:.6g}, {b:.6g}]" for a, b in self.open[:3])
        more = f" and {len(self.open) - 3} more" if len(self.open) > 3 else ""
        return f"proved {where} but for {left_out}{more}"


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
        statements = [self.statement(name) for name in names]
        return all(statement is not None and statement.proved for statement in statements)

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
        branch = self.holds(["left start"]) or self.holds(["condition 1"])
        sheet = self.holds(["sheet barrier", "final objective"]) and branch
        return self.theorem_applies or sheet or self.holds(["valley", *self.needs])

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
        points: how many points were checked.
        s, lam: where, (points,); from 0 to 1 in s, at least about half of the travel off the grid.
        objective: measured in float64 on the rescaled weights, (points,).
        off_grid: whether the lambda is not one of the solver's grid, (points,).
        largest_step: the largest change of the objective from one point to the next; negative
            when it strictly decreases.
        deviation: largest relative deviation from the target, ``|objective - target| / target``; a
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
        """What the check showed, in one sentence."""
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
        coarse = self.strictly_decreasing and self.tolerance > 1e-9
        remedy = ". The solve ran in float32: dtype=torch.float64 is finer" if coarse else ""
        return f"not satisfied at {self.points} points: {'; '.join(faults)}{remedy}"
