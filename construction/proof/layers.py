"""What a layer makes of an enclosure: a rule each, which docs/theory/proof.md proves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from .enclosure import FEW, ROUNDING, TINY, UNIT, Bends, Enclosure, WeightSpan, rounded_up
from .program import ProgramStep, product_of, unweighted

#: Entries of a radius that are smaller than the largest of all samples by this factor are not
#: followed one by one, where at most one in so many is larger; chosen here.
NEGLIGIBLE, FEWER = 2.0**-20, 64


def after(
    step: ProgramStep,
    reads: Sequence[Enclosure],
    ends: tuple[Tensor, Tensor],
    spans: Mapping[str, WeightSpan],
) -> Enclosure:
    """The enclosure of a step's result.

    Args:
        step: not the input.
        reads: enclosures of what it takes.
        ends: its values at the left and the right end, float64.
        spans: weights and biases between the ends, by name.
    """
    bends = None
    if step.kind in ("linear", "convolution"):
        radius, error, bends = _affine(step, reads[0], ends, spans)
    elif step.kind == "relu":
        radius, error, bends = _relu(reads[0])
    else:
        radius, error = _unbent(
            step, [replace(one, radius=one.whole, bends=None) for one in reads], ends
        )
    return Enclosure(*ends, radius, error, bends)


def _unbent(
    step: ProgramStep, reads: Sequence[Enclosure], ends: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor | None]:
    """Radius and error behind a step that follows no bends."""
    if step.kind == "leaky_relu":
        return _relu(reads[0], step.options["negative_slope"])[:2]
    if step.kind == "max_pool":
        return _max_pool(reads[0], step.options)
    if step.kind in ("average_pool", "average"):
        return _average(step, reads[0])
    if step.kind == "add":
        return _add(reads[0], reads[1], ends)
    assert step.kind in ("flatten", "padded_shortcut"), step.kind
    return unweighted(step)(reads[0].radius), reads[0].error


def _affine(
    step: ProgramStep, h: Enclosure, ends: tuple[Tensor, Tensor], spans: Mapping[str, WeightSpan]
) -> tuple[Tensor, Tensor | None, Bends | None]:
    """A layer ``W(t) h + b(t)``, exactly linear in t where h does not depend on it."""
    weight, product, kind = spans[step.entry("weight")], product_of(step), h.radius.dtype
    terms = weight.left[0].numel() + 1
    rows = weight.sizes_by_row
    if step.bias:
        rows = rows + spans[step.entry("bias")].sizes
    rounding, error = h.size * (terms + FEW) * ROUNDING, None
    if h.error is not None:
        error = (h.error + rounding) * rows.max() * (1 + terms * 4 * UNIT) + TINY
    if h.at_rest:
        radius = torch.zeros_like(ends[0], dtype=kind)
        _add_outer(radius, rounding, rows)
        radius += _column(_underflow(torch.float64, terms, h, rows), radius)
        return rounded_up(radius, terms), error, None
    difference = h.right - h.left
    curvature = product(difference.to(kind), weight.change).abs_()
    coarse = difference.flatten(1).abs_().amax(1) * (terms + FEW) * (4 * torch.finfo(kind).eps)
    _add_outer(curvature, coarse, weight.change_by_row)
    if h.error is None:
        curvature /= 4  # the largest t (1 - t)
    else:
        _add_outer(curvature, h.error, weight.change_by_row)
    bound, bends = _carried(step, h, weight)
    if h.error is not None and bends is not None:
        bound += bends.total
        bends = None
    bound += curvature
    _add_outer(bound, rounding, rows)
    bound += _column(_underflow(kind, terms, h, rows), bound)
    summed = terms + (0 if bends is None else len(bends.rows))
    return rounded_up(bound, summed), error, bends


def _carried(step: ProgramStep, h: Enclosure, weight: WeightSpan) -> tuple[Tensor, Bends | None]:
    """What a layer's weights make of a radius, and of bends."""
    if step.kind != "linear":
        return product_of(step)(h.whole, weight.largest), None
    middle, spread = weight.columns
    bound, found = None, list[Bends]()
    # between near lambdas few units bend, so that few entries of a radius count: each becomes a
    # bend, and all others are taken to be as large as the largest of them may be
    if len(weight.left) > FEWER:
        most = h.whole.amax(1)
        small = torch.maximum(most, most.nan_to_num(0, 0).amax()) * NEGLIGIBLE
        rows, columns = places = (h.radius > small[:, None]).nonzero(as_tuple=True)
        if len(rows) * FEWER < h.radius.numel():
            each, steep = h.radius[places], middle.abs()
            followed = torch.sparse_coo_tensor(
                torch.stack(places), each, h.radius.shape, check_invariants=False
            )
            bound = torch.outer(small, (steep + spread).sum(0)) + followed @ spread
            vectors = middle.index_select(0, columns).mul_(each[:, None])
            found.append(Bends(rows, vectors, followed @ steep))
    if bound is None:
        bound = h.radius @ weight.largest.T
    if h.bends is not None:
        rows, vectors = h.bends.rows, h.bends.vectors @ middle
        bound += h.bends.total @ spread
        total = torch.zeros_like(bound).index_add_(0, rows, vectors.abs())
        found.append(Bends(rows, vectors, total))
    if len(found) < 2:
        return bound, found[0] if found else None
    rows, vectors = (torch.cat(parts) for parts in zip(*(one[:2] for one in found), strict=True))
    return bound, Bends(rows, vectors, found[0].total + found[1].total)


def _underflow(kind: torch.dtype, terms: int, h: Enclosure, rows: Tensor) -> Tensor:
    """What sums of products in a type lose to its smallest numbers: see docs/theory/proof.md."""
    largest = h.size + h.whole.flatten(1).amax(1)
    sums = 2 + (0 if h.bends is None else len(h.bends.rows))
    return 8 * torch.finfo(kind).tiny * sums * (terms * largest + rows.max())


def _relu(z: Enclosure, slope: float = 0.0) -> tuple[Tensor, Tensor | None, Bends | None]:
    """``max(z, slope z)``: the kink's depth is added at most, where z does not keep its sign."""
    left, right = z.left.to(z.radius.dtype), z.right.to(z.radius.dtype)
    top = torch.maximum(left, right)
    above, below = top.clamp_min(0.0), torch.minimum(left, right).neg_().clamp_min_(0.0)
    size = above + below
    margin = (size + z.whole).mul_(1e-6)
    if z.error is None:
        lesser = torch.minimum(above, below)  # 0 where the signs agree
        kink = lesser - lesser * (lesser / size.add_(TINY))  # no product that could overflow
    else:
        margin += _column(z.error, left)
        keeps = ((left > margin) & (right > 0)) | ((left < -margin) & (right < 0))
        kink = torch.where(keeps, 0.0, right.abs())
    reach = margin.add_(z.whole)
    dead = top <= -reach
    if not slope:
        bound = rounded_up(kink.add_(z.whole), 4)  # products: a tenth of `where`
        if z.bends is None:
            return bound.mul_(~dead), z.error, None
        rows, vectors, total = z.bends
        on = torch.minimum(left, right) > reach  # there the layer changes nothing
        alive = on.to(total.dtype)
        bends = Bends(rows, alive.index_select(0, rows).mul_(vectors), alive * total)
        return bound.mul_(~(dead | on)).addcmul_(alive, z.radius), z.error, bends
    rounding = torch.maximum(z.left.abs(), z.right.abs()) * ROUNDING
    bent = torch.where(dead, slope * z.radius, z.radius + (1 - slope) * kink)
    error = None if z.error is None else z.error + rounding.flatten(1).amax(1) + TINY
    return rounded_up(bent + rounding.to(bent.dtype), 4), error, None


def _max_pool(h: Enclosure, options: Mapping[str, Any]) -> tuple[Tensor, Tensor | None]:
    """The maximum over a window: below its straight line by where the winner changes."""
    sizes = (options[key] for key in ("kernel_size", "stride", "padding"))
    (high, wide), (down, across), (top, side) = (
        (size, size) if isinstance(size, int) else size for size in sizes
    )
    left, right = (
        functional.pad(end, (side, side, top, top), value=-torch.inf)
        .unfold(2, high, down)
        .unfold(3, wide, across)
        .flatten(-2)
        for end in (h.left, h.right)
    )
    best_left, best_right = left.amax(-1), right.amax(-1)
    if h.error is None:
        # the winner of each end is a lower bound; these two lines meet that far below
        wins_left, wins_right = left == best_left[..., None], right == best_right[..., None]
        falls = best_right - torch.where(wins_left, right, -torch.inf).amax(-1)
        climbs = best_left - torch.where(wins_right, left, -torch.inf).amax(-1)
        kink = falls * climbs / (falls + climbs).clamp_min(TINY)
    else:
        near = left >= best_left[..., None] - 2.01 * _column(h.error, left)
        kink = best_right - torch.where(near, right, torch.inf).amin(-1)
    carried = functional.max_pool2d(h.radius, **options)
    return rounded_up(carried + kink.to(carried.dtype), 8), h.error


def _average(step: ProgramStep, h: Enclosure) -> tuple[Tensor, Tensor | None]:
    """A mean over a window, or over all places: linear, with the rounding of its sum."""
    carried = unweighted(step)(h.radius)
    terms = h.radius[0, 0].numel()
    rounding = h.size * (terms + FEW) * ROUNDING
    error = None if h.error is None else (h.error + rounding) * (1 + 4 * terms * UNIT)
    return rounded_up(carried + _column(rounding, carried), terms), error


def _add(a: Enclosure, b: Enclosure, ends: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor | None]:
    """A sum of two activations."""
    rounding = torch.maximum(*(end.abs() for end in ends)) * ROUNDING
    radius = rounded_up(a.radius + b.radius + rounding.to(a.radius.dtype), 2)
    if a.error is None or b.error is None:
        return radius, None
    return radius, (a.error + b.error) * (1 + 8 * UNIT) + rounding.flatten(1).amax(1) + TINY


def _column(per_sample: Tensor, like: Tensor) -> Tensor:
    """(samples,) brought to the rank and type of (samples, ...)."""
    return per_sample.to(like.dtype).reshape(-1, *(1,) * (like.ndim - 1))


def _add_outer(total: Tensor, per_sample: Tensor, per_row: Tensor) -> None:
    """Add (samples,) times (outputs,) to (samples, outputs, ...), in its type.

    Where that rounds down or underflows, `rounded_up` and `_underflow` allow for two products more.
    """
    if total.ndim == 2:
        total.addr_(per_sample.to(total.dtype), per_row.to(total.dtype))
    else:
        outer = torch.outer(per_sample, per_row).to(total.dtype)
        total += outer.reshape(*outer.shape, *(1,) * (total.ndim - 2))
