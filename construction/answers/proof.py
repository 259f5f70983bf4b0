"""The proof of inequalities on whole intervals of lambda."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


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
