"""The objectives L(0), L(W(0)) and L(W(1)) that every path on a sheet starts from and ends at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Levels:
    """The objectives that a profile starts from and ends above, as excess over L(0).

    Attributes:
        zero: L(0).
        initial_excess, final_excess: L(W(0)) - L(0) and L(W(1)) - L(0).
    """

    zero: float
    initial_excess: float
    final_excess: float

    @property
    def initial(self) -> float:
        """L(W(0))."""
        return self.zero + self.initial_excess

    @property
    def final(self) -> float:
        """L(W(1))."""
        return self.zero + self.final_excess
