"""What a layer makes of an enclosure: a rule each, which docs/theory/proof.md proves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from .enclosure import FEW, ROUNDING, TINY, UNIT, Bends, Enclosure, WeightSpan, norms, rounded_up
from .program import ProgramStep, product_of, unweighted

#: Entries of a radius that are smaller than the largest of all samples by this factor are not
#: followed one by one, where at most one in so many is larger; chosen here.
NEGLIGIBLE, FEWER = 2.0**-20, 16
#: Radius, error, centre and bends of an enclosure.
Between: TypeAlias = tuple[Tensor, Tensor | None, Tensor | None, Bends | None]


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
    if step.kind in ("linear", "convolution"):
        radius, error, centre, bends = _affine(step, reads[0], ends, spans)
    elif step.kind == "relu":
        radius, error, centre, bends = _relu(reads[0])
    else:
        reads = [replace(one, radius=one.whole, bends=None) for one in reads]
        radius, error, centre, bends = _unbent(step, reads, ends)
    return Enclosure(*ends, radius, error, centre, bends)


def _unbent(step: ProgramStep, reads: Sequence[Enclosure], ends: tuple[Tensor, Tensor]) -> Between:
    """Behind a step that follows no bends."""
    if step.kind == "leaky_relu":
        return _relu(reads[0], step.options["negative_slope"])
    if step.kind == "max_pool":
        return _max_pool(reads[0], step.options)
    if step.kind in ("average_pool", "average"):
        return _average(step, reads[0])
    if step.kind == "add":
        return _add(reads[0], reads[1], ends)
    assert step.kind in ("flatten", "padded_shortcut"), step.kind
    moved, centre = unweighted(step), reads[0].centre
    return moved(reads[0].radius), reads[0].error, None if centre is None else moved(centre), None


def _affine(
    step: ProgramStep, h: Enclosure, ends: tuple[Tensor, Tensor], spans: Mapping[str, WeightSpan]
) -> Between:
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
        return rounded_up(radius, terms), error, None, None
    difference = h.right - h.left
    curvature = product(difference.to(kind), weight.change)
    coarse = difference.flatten(1).abs_().amax(1) * (terms + FEW) * (4 * torch.finfo(kind).eps)
    bound, centre, bends = _carried(step, h, weight)
    if h.error is None:
        centre = curvature if centre is None else curvature.add_(centre)
        _add_outer(bound, coarse / 4, weight.change_by_row)  # 1/4 is the largest t (1 - t)
    else:
        bound += curvature.abs_() if bends is None else curvature.abs_() + bends.total
        _add_outer(bound, coarse + h.error, weight.change_by_row)
        bends = None
    _add_outer(bound, rounding, rows)
    bound += _column(_underflow(kind, terms, h, rows), bound)
    summed = terms + (0 if bends is None else len(bends.rows))
    return rounded_up(bound, summed), error, centre, bends


def _carried(
    step: ProgramStep, h: Enclosure, weight: WeightSpan
) -> tuple[Tensor, Tensor | None, Bends | None]:
    """What a layer's weights make of a radius, a centre and bends."""
    if step.kind != "linear":
        product = product_of(step)
        carried = product(h.whole, weight.largest)
        if h.centre is None:
            return carried, None, None
        carried += product(h.centre.abs(), weight.twist.to(carried.dtype))
        return carried, product(h.centre, weight.mean), None
    middle, spread = weight.columns
    bound: Tensor | None = None
    found, centre, seldom = list[Bends](), h.centre, False
    # between near lambdas few units bend, so that few entries of a radius count: each becomes a
    # bend, and all others are taken to be as large as the largest of them may be
    if len(weight.left) > FEWER:
        most = h.whole.amax(1)
        small = torch.maximum(most, most.nan_to_num(0, 0).amax()) * NEGLIGIBLE
        chosen = h.radius > small[:, None]
        if centre is not None:
            either = chosen | (centre != 0)
            seldom = int(either.sum()) * FEWER < chosen.numel()
            chosen = either if seldom else chosen
        rows, columns = places = chosen.nonzero(as_tuple=True)
        if len(rows) * FEWER < h.radius.numel():
            starts = torch.searchsorted(rows, torch.arange(len(chosen)))

            def summed(values: Tensor, table: Tensor) -> Tensor:
                """A sample's values at these places times rows of a table; a sparse product."""
                return functional.embedding_bag(
                    columns, table, starts, mode="sum", per_sample_weights=values[places]
                )

            bound = summed(h.radius, spread)
            _add_outer(bound, small, weight.sizes_by_row)
            vectors = middle.index_select(0, columns).mul_(h.radius[places][:, None])
            found.append(Bends(rows, vectors, summed(h.radius, middle.abs())))
            if centre is not None and seldom:
                centre = summed(centre, middle)
    if bound is None:
        bound = functional.linear(h.radius, weight.largest)
    if h.centre is not None:
        _add_outer(bound, norms(h.centre), weight.twist_by_row)
        centre = centre if seldom else functional.linear(h.centre, weight.mean)
    if h.bends is not None:
        rows, vectors = h.bends.rows, functional.linear(h.bends.vectors, weight.mean)
        bound += h.bends.total @ spread
        total = torch.zeros_like(bound).index_add_(0, rows, vectors.abs())
        found.append(Bends(rows, vectors, total))
    if len(found) < 2:
        return bound, centre, found[0] if found else None
    rows, vectors = (torch.cat(parts) for parts in zip(*(one[:2] for one in found), strict=True))
    return bound, centre, Bends(rows, vectors, found[0].total + found[1].total)


def _underflow(kind: torch.dtype, terms: int, h: Enclosure, rows: Tensor) -> Tensor:
    """What sums of products in a type lose to its smallest numbers: see docs/theory/proof.md."""
    largest = h.size + h.whole.flatten(1).amax(1)
    if h.centre is not None:
        largest = largest + h.centre.flatten(1).abs().amax(1)
    sums = 4 + (0 if h.bends is None else len(h.bends.rows))
    return 8 * torch.finfo(kind).tiny * sums * (terms * largest + rows.max())


def _relu(z: Enclosure, slope: float = 0.0) -> Between:
    """``max(z, slope z)``: linear where z keeps its sign, elsewhere as `_kink` says."""
    if z.error is not None:
        return _anchored_relu(z, slope)
    left, right = z.left.to(z.radius.dtype), z.right.to(z.radius.dtype)
    reach = z.whole if z.centre is None else z.whole + z.centre.abs() / 4
    reach = reach * (1 + 1e-5)  # far more than rounding
    on, dead = torch.minimum(left, right) > reach, _below(left, right, -reach)
    places = (on | dead).logical_not_().nonzero(as_tuple=True)
    steep = on.to(left.dtype)
    if slope:
        steep.add_(dead, alpha=slope)
    held = left.new_zeros(len(places[0])) if z.centre is None else z.centre[places]
    bent, off = _kink(z.left[places], z.right[places], held.double())
    bent, off = slope * held + (1 - slope) * bent, (1 - slope) * off + 2.0**-22 * bent.abs()
    centre = torch.zeros_like(left) if z.centre is None else steep * z.centre
    centre[places] = bent.to(left.dtype)
    radius = steep * z.radius
    radius[places] = z.whole[places] + off.to(left.dtype)
    if slope:
        radius += torch.maximum(z.left.abs(), z.right.abs()).mul_(ROUNDING).to(left.dtype)
        radius += (2.0**-22) * centre.abs()
    if z.bends is None:
        return rounded_up(radius, 4), None, centre, None
    rows, vectors, total = z.bends
    bends = Bends(rows, steep.index_select(0, rows).mul_(vectors), steep * total)
    return rounded_up(radius, 4), None, centre, bends


def _below(left: Tensor, right: Tensor, limit: Tensor) -> Tensor:
    """Whether both ends are; of one that overflowed on its way nothing is known."""
    return (torch.maximum(left, right) < limit) & (left + right).isfinite()


def _kink(left: Tensor, right: Tensor, centre: Tensor) -> tuple[Tensor, Tensor]:
    """For parabolas between two numbers the centre of their positive part, and how far it is off.

    docs/theory/proof.md derives it; in shares of the difference of both numbers, float64.
    """
    below, above = torch.minimum(left, right).clamp_max(0.0).abs(), left.maximum(right).clamp_min(0)
    size = below + above
    low, sag = below / size.clamp_min(TINY * TINY), centre / size.clamp_min(TINY * TINY)
    high, less = 1 - low, low.minimum(1 - low)
    both = less + 2 * less * (1 - less)
    share = 1 + 4 * less * (1 - less)
    best = (both + (both.square() - share * less.square()).clamp_min(0).sqrt()) / share
    best = (best + sag * high).maximum(sag.clamp_min(0.0))  # so that both pieces are concave
    at = 2 * low / (1 - sag + ((1 - sag).square() + 4 * low * sag).clamp_min(0).sqrt())
    rises = [
        (x - y).clamp_min(0.0).square() / (4 * x).clamp_min(TINY)
        for x, y in ((best, high), (best - sag, low))
    ]
    off = torch.stack([at * (high - best * (1 - at)), *rises]).amax(0)
    once = (below > 0) & (above > 0) & (sag.abs() <= 0.5)
    off = torch.where(once, size * (off + 1e-12), centre.abs() / 8 + low * above)
    return torch.where(once, size * best, centre / 2), off


def _anchored_relu(z: Enclosure, slope: float) -> Between:
    """The kink's depth is at most ``t |right|``, where z does not keep its sign."""
    assert z.error is not None
    left, right = z.left.to(z.radius.dtype), z.right.to(z.radius.dtype)
    margin = (left.abs() + right.abs() + z.whole).mul_(1e-6) + _column(z.error, left)
    keeps = ((left > margin) & (right > 0)) | ((left < -margin) & (right < 0))
    kink = torch.where(keeps, 0.0, right.abs())
    dead = _below(left, right, -(margin + z.whole))
    bent = torch.where(dead, slope * z.radius, z.radius + (1 - slope) * kink)
    if not slope:
        return rounded_up(bent, 4) * ~dead, z.error, None, None
    rounding = torch.maximum(z.left.abs(), z.right.abs()) * ROUNDING
    error = z.error + rounding.flatten(1).amax(1) + TINY
    return rounded_up(bent + rounding.to(bent.dtype), 4), error, None, None


def _max_pool(h: Enclosure, options: Mapping[str, Any]) -> Between:
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
    carried, centre = functional.max_pool2d(h.radius, **options), h.centre
    if centre is not None:  # that between the window's extremes, as if all had it
        most, least = (functional.max_pool2d(sign * centre, **options) for sign in (1, -1))
        centre = (most - least) / 2
        carried = carried + (most + least) / 8 + centre.abs() * (4 * torch.finfo(centre.dtype).eps)
    return rounded_up(carried + kink.to(carried.dtype), 8), h.error, centre, None


def _average(step: ProgramStep, h: Enclosure) -> Between:
    """A mean over a window, or over all places: linear, with the rounding of its sum."""
    carried, centre = unweighted(step)(h.radius), h.centre
    terms = h.radius[0, 0].numel()
    rounding = h.size * (terms + FEW) * ROUNDING
    error = None if h.error is None else (h.error + rounding) * (1 + 4 * terms * UNIT)
    if centre is not None:
        lost = (terms + FEW) * torch.finfo(centre.dtype).eps
        carried = carried + lost * unweighted(step)(centre.abs())
        centre = unweighted(step)(centre)
    return rounded_up(carried + _column(rounding, carried), terms), error, centre, None


def _add(a: Enclosure, b: Enclosure, ends: tuple[Tensor, Tensor]) -> Between:
    """A sum of two activations."""
    rounding = torch.maximum(*(end.abs() for end in ends)) * ROUNDING
    centres = [one.centre for one in (a, b) if one.centre is not None]
    centre = sum(centres[1:], centres[0]) if centres else None
    radius = a.radius + b.radius + rounding.to(a.radius.dtype)
    if centre is not None:
        radius += centre.abs() * torch.finfo(centre.dtype).eps
    radius = rounded_up(radius, 4)
    if a.error is None or b.error is None:
        return radius, None, centre, None
    error = (a.error + b.error) * (1 + 8 * UNIT) + rounding.flatten(1).amax(1) + TINY
    return radius, error, None, None


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
