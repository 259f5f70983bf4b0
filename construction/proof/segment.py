"""Weights on a stretch of one straight segment of the base path, in float64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from .chord import UNIT


@dataclass(frozen=True)
class Span:
    """One entry of the weights between two points of a segment.

    Attributes:
        left, right: at both, rounded to float64: off by at most ``8 UNIT sizes``.
        sizes: sum of the absolute values at the ends of the whole segment.
    """

    left: Tensor
    right: Tensor
    sizes: Tensor

    @cached_property
    def largest(self) -> Tensor:
        """A bound of the absolute value in between."""
        return torch.maximum(self.left.abs(), self.right.abs()) + 16 * UNIT * self.sizes

    @cached_property
    def turn(self) -> Tensor:
        """By how much it changes from left to right."""
        return self.right - self.left

    @cached_property
    def turned(self) -> Tensor:
        """The sum of these changes' absolute values, a row, (outputs,)."""
        return self.turn.abs().flatten(1).sum(1)

    @cached_property
    def rows(self) -> Tensor:
        """The sum of `sizes` a row, (outputs,)."""
        return self.sizes.flatten(1).sum(1)


class Segment:
    """The straight line between two neighbouring vertices.

    Args:
        start, stop: their lambdas.
        initial, final: their weights, whose floating-point entries count as the exact numbers that
            they are.
    """

    def __init__(
        self, start: float, stop: float, initial: Mapping[str, Tensor], final: Mapping[str, Tensor]
    ) -> None:
        self.start, self.stop = start, stop
        self._initial = {name: value.detach().cpu().double() for name, value in initial.items()}
        self._final = {name: value.detach().cpu().double() for name, value in final.items()}
        self._sizes = {
            name: value.abs() + self._final[name].abs() for name, value in self._initial.items()
        }
        self._cached: dict[float, dict[str, Tensor]] = {}
        self._spans: dict[tuple[str, float, float], Span] = {}

    def weight(self, name: str, lam: float) -> Tensor:
        """The entry at a lambda, ``(1 - tau) initial + tau final``; kept for the last two."""
        if lam not in self._cached:
            while len(self._cached) > 1:
                del self._cached[next(iter(self._cached))]
            self._cached[lam] = {}
        kept = self._cached[lam]
        if name not in kept:
            tau = (lam - self.start) / (self.stop - self.start)
            initial, final = self._initial[name], self._final[name]
            kept[name] = initial + tau * (final - initial) if tau < 1 else final
        return kept[name]

    def span(self, name: str, left: float, right: float) -> Span:
        """The entry between two lambdas of the segment, in either order; kept for the last two."""
        key = name, left, right
        if key not in self._spans:
            for old in [old for old in self._spans if old[1:] != key[1:]]:
                del self._spans[old]
            self._spans[key] = Span(
                self.weight(name, left), self.weight(name, right), self._sizes[name]
            )
        return self._spans[key]
