"""What is known of an activation between two lambdas: its chord, and how far it may leave it.

Let h(t), t in [0, 1], be an activation of the network with weights ``(1 - t) W_left + t W_right``,
in exact arithmetic. A `Chord` holds its values at both ends, as computed in float64, and a bound of
what lies between. On a *free* interval

    |h(t) - ((1 - t) left + t right)| <= rest,

and on an *anchored* one, with h(0) itself in place of its computed value,

    |h(t) - ((1 - t) h(0) + t right)| <= t rest,   |h(0) - left| <= error,

a bound that vanishes at the left end, for statements that hold with equality there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


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


#: Unit roundoff of float64.
UNIT = 2.0**-53
#: What products of non-negative numbers may lose when they are summed, a share a term: twice the
#: unit roundoff of the type of `rest`, so that bounds computed from bounds stay bounds.
SHARE = {torch.float32: 2.0**-23, torch.float64: 2.0**-52}
#: Added to every bound: more than underflow of a product can hide, and no denormal even after some
#: layers, which would be slow.
TINY = 1e-18


@dataclass(frozen=True)
class Chord:
    """Ends and rest of an activation, (samples, ...) each; see the head of this file.

    Attributes:
        left, right: float64.
        rest: not negative; float32 where all products behind it are sums in plain order.
        error: of `left`, one number a sample, (samples,); None on a free interval.
    """

    left: Tensor
    right: Tensor
    rest: Tensor
    error: Tensor | None = None

    @property
    def anchored(self) -> bool:
        """Whether the bound vanishes at the left end."""
        return self.error is not None

    @property
    def size(self) -> Tensor:
        """The largest computed value of each sample at both ends, at least 1, (samples,)."""
        ends = [end.flatten(1) for end in (self.left, self.right)]
        sides = [side for end in ends for side in (end.amax(1), -end.amin(1))]
        return torch.stack(sides).amax(0).clamp_min(1.0)


def widened(rest: Tensor, terms: int) -> Tensor:
    """A bound that was computed as a sum of so many non-negative terms, rounding included.

    >>> float(widened(torch.ones(1, dtype=torch.float64), 8)) > 1
    True
    """
    return rest * (1 + (terms + 8) * SHARE[rest.dtype]) + TINY


def sided(per_sample: Tensor, like: Tensor) -> Tensor:
    """(samples,) brought to the rank and type of (samples, ...)."""
    return per_sample.to(like.dtype).reshape(-1, *(1,) * (like.ndim - 1))
