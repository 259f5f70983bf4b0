"""What is known of an activation h(t), 0 <= t <= 1, between two lambdas, layer by layer.

It leaves the parabola ``(1 - t) left + t right - t (1 - t) centre`` by shares of its *bends* and at
most ``radius`` besides; *anchored*, the straight line through h(0) itself by at most ``t radius``,
where ``|h(0) - left| <= error``: a bound for what holds with equality there. docs/theory/proof.md
proves the rule of each layer.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

#: Unit roundoff of float64.
UNIT = 2.0**-53
#: What products of non-negative numbers may lose when they are summed, a share a term: twice the
#: unit roundoff of the radius' type, so that bounds computed from bounds stay bounds.
SHARE = {torch.float32: 2.0**-23, torch.float64: 2.0**-52}
#: Added to every bound: more than underflow hides where nothing is multiplied by a weight, and no
#: denormal even after some layers, which would be slow.
TINY = 1e-18
#: A sum of n products may be off by (n + FEW) ROUNDING of the sum of absolute values: some four
#: times what weights, bias, products and ends lose, so that another's bound is within, in whatever
#: order it sums.
FEW, ROUNDING = 32, 24 * UNIT
#: More than the largest ``t (1 - t) |t - 1/2|``, which is the square root of 3 by 36.
TWIST = 0.0482
#: Longest sum of products that is taken in float32, where the share of 2^20 terms is an eighth.
LONGEST = 2**20


class Bends(NamedTuple):
    """What is added to activations, each vector with an unknown share in [-1, 1].

    Attributes:
        rows: the sample of each, (bends,).
        vectors: (bends, units).
        total: sums of their absolute values, (samples, units).
    """

    rows: Tensor
    vectors: Tensor
    total: Tensor


@dataclass(frozen=True)
class Enclosure:
    """Values of an activation at both ends, and a bound of what lies between, (samples, ...) each.

    Attributes:
        left, right: float64.
        radius: not negative; float32 where all products behind it are sums in plain order.
        error: of `left`, one number a sample, (samples,); None on a free interval.
        centre: of the type of the radius; None, as where it is anchored, for zeros.
        bends: what lies between besides; None, as where it is anchored, for none.
    """

    left: Tensor
    right: Tensor
    radius: Tensor
    error: Tensor | None = None
    centre: Tensor | None = None
    bends: Bends | None = None

    @cached_property
    def whole(self) -> Tensor:
        """The radius that includes the bends."""
        if self.bends is None:
            return self.radius
        return rounded_up(self.radius + self.bends.total, len(self.bends.rows))

    @cached_property
    def size(self) -> Tensor:
        """The largest computed value of each sample at both ends, at least 1, (samples,)."""
        ends = (self.left,) if self.at_rest else (self.left, self.right)
        sides = [side for end in ends for side in (end.flatten(1).amax(1), -end.flatten(1).amin(1))]
        return torch.stack(sides).amax(0).clamp_min(1.0)

    @cached_property
    def at_rest(self) -> bool:
        """Whether it does not depend on lambda, as the inputs do not."""
        one = self.left.data_ptr() == self.right.data_ptr()
        return (one or torch.equal(self.left, self.right)) and bool(self.whole.max() == 0)


@dataclass(frozen=True)
class WeightSpan:
    """One entry of the weights between two points of a segment; made once for all samples.

    Attributes:
        left, right: at both, rounded to float64: off by at most ``8 UNIT sizes``.
        corners: at the ends of the whole segment, in their own type.
        kind: type of the radii, and of what multiplies them.
    """

    left: Tensor
    right: Tensor
    corners: tuple[Tensor, Tensor]
    kind: torch.dtype

    @property
    def sizes(self) -> Tensor:
        """Sum of the absolute values at the corners; as large as the weights, so it is not kept."""
        first, last = (corner.double().abs() for corner in self.corners)
        return first.add_(last)

    @property
    def change(self) -> Tensor:
        """From left to right."""
        return (self.right - self.left).to(self.kind)

    @cached_property
    def largest(self) -> Tensor:
        """A bound of the absolute value in between."""
        return self._largest.to(self.kind)

    @cached_property
    def columns(self) -> tuple[Tensor, Tensor]:
        """Of a linear layer the mean of both ends, and how far from it the weight may be.

        The rounding of products with the mean counts as far; (inputs, outputs) each.
        """
        share = (self.left.shape[1] + FEW) * torch.finfo(self.kind).eps
        far = (self.right - self.left).abs_().div_(2).add_(self._largest, alpha=share)
        far.add_(self.sizes, alpha=16 * UNIT)
        return self.mean.T.contiguous(), far.T.to(self.kind).contiguous()

    @cached_property
    def mean(self) -> Tensor:
        """Of both ends."""
        return torch.add(self.left, self.right).div_(2).to(self.kind)

    @property
    def twist(self) -> Tensor:
        """What an activation's centre adds to a radius, in float64: ``t (1 - t) (t - 1/2)`` D.

        With the rounding of its product with the mean.
        """
        share = (self.left[0].numel() + FEW) * torch.finfo(self.kind).eps / 2
        return (self.right - self.left).abs_().mul_(TWIST).add_(self.sizes, alpha=share)

    @cached_property
    def twist_by_row(self) -> Tensor:
        """Its Euclidean norms, (outputs,)."""
        return norms(self.twist)

    @cached_property
    def change_by_row(self) -> Tensor:
        """Sums of absolute values, (outputs,)."""
        return (self.right - self.left).abs_().flatten(1).sum(1)

    @cached_property
    def sizes_by_row(self) -> Tensor:
        """Of both corners together, (outputs,)."""
        return self.sizes.flatten(1).sum(1)

    @property
    def _largest(self) -> Tensor:
        largest = self.left.abs()
        torch.maximum(largest, self.right.abs(), out=largest)
        return largest.add_(self.sizes, alpha=16 * UNIT)


def where_finite(known: Enclosure) -> Enclosure:
    """The same where all is finite; of what is not, as overflow leaves it, nothing is known."""
    centre = torch.zeros_like(known.whole) if known.centre is None else known.centre
    parts = known.left, known.right, known.whole.double(), centre.double()
    finite = torch.stack(parts).isfinite().all(0)
    left, right, _, centre = (part.where(finite, 0.0) for part in parts)
    return Enclosure(left, right, parts[2].where(finite, torch.inf), known.error, centre)


def norms(rows: Tensor) -> Tensor:
    """At least the Euclidean norm of each row, float64; what underflows in squares is added."""
    lengths: Tensor = torch.linalg.vector_norm(rows, dim=1, dtype=torch.float64)
    return lengths * (1 + 1e-9) + 1e-150


def rounded_up(bound: Tensor, terms: int) -> Tensor:
    """A bound that was computed as a sum of so many non-negative terms, rounding included.

    >>> float(rounded_up(torch.ones(1, dtype=torch.float64), 8)) > 1
    True
    """
    return (bound * (1 + (terms + 8) * SHARE[bound.dtype])).add_(TINY)
