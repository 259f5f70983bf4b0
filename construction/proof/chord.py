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

from dataclasses import dataclass

import torch
from torch import Tensor

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
