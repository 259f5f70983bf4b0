"""How the rest of a chord passes through one layer; each rule is proved in docs/proof.md.

The ends of every chord are the network's own values there (`program.trail`). A rule takes the
chords that a step reads and the step's values at both ends, and returns the rest in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from .chord import TINY, UNIT, Chord, Span, sided, widened
from .program import Step, plain, product_of

#: Units in the last place by which a sum may be off beside one a term: weights, bias, ends.
FEW = 16


def through(
    step: Step, reads: Sequence[Chord], ends: tuple[Tensor, Tensor], spans: Callable[[str], Span]
) -> Chord:
    """The chord after one step.

    Args:
        step: not the input.
        reads: chords of what it takes.
        ends: its values at the left and the right end, float64.
        spans: its weight or bias between the ends, by name.
    """
    if step.kind in ("linear", "convolution"):
        rest, error = _affine(step, reads[0], ends, spans)
    elif step.kind == "relu":
        rest, error = _relu(reads[0])
    elif step.kind == "max_pool":
        rest, error = _max_pool(reads[0], step.options)
    elif step.kind in ("average_pool", "average"):
        rest, error = _average(step, reads[0])
    elif step.kind == "add":
        rest, error = _add(reads[0], reads[1], ends)
    else:
        assert step.kind in ("flatten", "padded_shortcut"), step.kind
        rest, error = plain(step)(reads[0].rest), reads[0].error
    return Chord(*ends, rest, error)


def _affine(
    step: Step, chord: Chord, ends: tuple[Tensor, Tensor], spans: Callable[[str], Span]
) -> tuple[Tensor, Tensor | None]:
    """A layer ``W(t) h + b(t)``, exactly linear in t where h does not depend on it.

    With D = W_right - W_left it leaves its chord by ``-t (1 - t) D (right - left)``, and by what
    W(t) makes of the rest.
    """
    weight, product, kind = spans(step.entry("weight")), product_of(step), chord.rest.dtype
    terms = weight.left[0].numel() + 1
    rows = weight.rows
    if step.bias:
        rows = rows + spans(step.entry("bias")).sizes
    rounding = chord.size * (terms + FEW) * (4 * UNIT)
    if torch.equal(chord.left, chord.right) and not bool(chord.rest.any()):  # the inputs
        rest = _outer(rounding, rows, ends[0]).to(kind).expand(ends[0].shape)
        error = None if chord.error is None else chord.error + rounding * rows.max()
        return widened(rest, terms), error
    stride = chord.right - chord.left
    bend = product(stride.to(kind), weight.turn.to(kind)).abs()
    coarse = stride.flatten(1).abs().amax(1) * (terms + FEW) * (4 * torch.finfo(kind).eps)
    bend = bend + _outer(coarse, weight.turned, bend)
    error = None
    if chord.error is None:
        bend = bend / 4  # the largest t (1 - t)
    else:
        bend = bend + _outer(chord.error, weight.turned, bend)
        error = (chord.error * rows.max() + rounding * rows.max()) * (1 + terms * 4 * UNIT)
    carried = product(chord.rest, weight.largest.to(kind))
    return widened(carried + bend + _outer(rounding, rows, bend), terms), error


def _relu(chord: Chord) -> tuple[Tensor, Tensor | None]:
    """``max(z, 0)``: nothing is added where z keeps its sign, else the kink's depth at most."""
    left, right = chord.left.to(chord.rest.dtype), chord.right.to(chord.rest.dtype)
    size = left.abs() + right.abs()
    margin = 1e-6 * (size + chord.rest)
    if chord.error is None:
        kink = (-left * right).clamp_min(0) / (size + TINY)  # 0 where the signs agree
    else:
        margin = margin + sided(chord.error, left)
        keeps = ((left > margin) & (right > 0)) | ((left < -margin) & (right < 0))
        kink = torch.where(keeps, 0.0, right.abs())
    dead = torch.maximum(left, right) + chord.rest + margin <= 0
    return widened(chord.rest + kink, 4).masked_fill(dead, 0.0), chord.error


def _max_pool(chord: Chord, options: Mapping[str, Any]) -> tuple[Tensor, Tensor | None]:
    """The maximum over a window: below its chord by where the winner changes."""
    kernel, stride, padding = (_pair(options[key]) for key in ("kernel_size", "stride", "padding"))
    left, right = (_windows(end, kernel, stride, padding) for end in (chord.left, chord.right))
    best_left, best_right = left.amax(-1), right.amax(-1)
    if chord.error is None:
        # the winner of each end is a lower bound; the two lines meet this far below the chord
        wins_left, wins_right = left == best_left[..., None], right == best_right[..., None]
        falls = best_right - torch.where(wins_left, right, -torch.inf).amax(-1)
        climbs = best_left - torch.where(wins_right, left, -torch.inf).amax(-1)
        kink = falls * climbs / (falls + climbs).clamp_min(TINY)
    else:
        near = left >= best_left[..., None] - 2.01 * sided(chord.error, left)
        kink = best_right - torch.where(near, right, torch.inf).amin(-1)
    carried = functional.max_pool2d(chord.rest, kernel, stride, padding)
    return widened(carried + kink.to(carried.dtype), 8), chord.error


def _average(step: Step, chord: Chord) -> tuple[Tensor, Tensor | None]:
    """A mean over a window, or over all places: linear, with the rounding of its sum."""
    carried = plain(step)(chord.rest)
    terms = 4 * chord.rest[0, 0].numel()
    rounding = chord.size * (terms + FEW) * (4 * UNIT)
    error = None if chord.error is None else (chord.error + rounding) * (1 + 4 * terms * UNIT)
    return widened(carried + sided(rounding, carried), terms), error


def _add(first: Chord, second: Chord, ends: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor | None]:
    """A sum of two activations."""
    rounding = torch.maximum(*(end.abs() for end in ends)) * (4 * UNIT)
    rest = widened(first.rest + second.rest + rounding.to(first.rest.dtype), 2)
    if first.error is None or second.error is None:
        return rest, None
    return rest, (first.error + second.error) * (1 + 8 * UNIT) + rounding.flatten(1).amax(1)


def _outer(per_sample: Tensor, per_row: Tensor, like: Tensor) -> Tensor:
    """(samples,) times (outputs,), of the rank and type of (samples, outputs, ...)."""
    shape = (len(per_sample), len(per_row), *(1,) * (like.ndim - 2))
    return torch.outer(per_sample, per_row).reshape(shape).to(like.dtype)


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size


def _windows(
    h: Tensor, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]
) -> Tensor:
    """(samples, channels, rows, columns) -> the same of the windows, their entries last."""
    (high, wide), (top, side) = kernel, padding
    padded = functional.pad(h, (side, side, top, top), value=-torch.inf)
    cut = padded.unfold(2, high, stride[0]).unfold(3, wide, stride[1])
    return cut.flatten(-2)
