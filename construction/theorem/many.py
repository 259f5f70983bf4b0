"""The theorem's path for many networks of one architecture at once, on the device where they are.

At a lambda all networks run together, and their scales are one solve.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import vmap

from ..condition.minima import UNITS
from ..errors import InputError, WeightsError, door, require_points
from ..forward.batch_norm import BatchNorm, require_choice
from ..forward.batches import Reading, require_finite
from ..forward.ranks import require_same, sharing_errors, summed_over_ranks
from ..forward.samples import PROBE
from ..forward.store import RaysInMemory
from ..forward.user_model import fitted_path, require_no_mixed_buffers, require_one_answer
from ..loss.catalogue import LossLike, as_loss, require_apart, require_convex
from ..loss.custom import Custom
from ..loss.loss import Loss, Raw, Weighted
from ..loss.regression import Squared
from ..network.evaluation import private_copy, run
from ..network.heads import SCALES, Head, find_head, scale_head, verify_head
from ..network.states import State, fitted, require_ties
from ..path.paths import Line, Path, mapped
from ..sheet.moments import right_root
from ..sheet.ray_sheet import rounded
from ..sheet.rays import Rays
from ..sheet.roots import find_root


class ManyPaths(NamedTuple):
    """The theorem's conditions and scales of many networks, on the device of their weights.

    Attributes:
        lam: the lambdas, (points,).
        head: name of the layer that is rescaled.
        zero: L(0), ().
        initial, final: L(W(0)) and L(W(1)), (networks,).
        applies: whether L(W(1)) < L(W(0)), condition 2 holds, and condition 1 at all these lambdas,
            by more than rounding; where it is False, one may fail or not be decided.
        target, scale: v(lambda) and c(lambda), (points, networks); NaN where it does not apply.
    """

    lam: Tensor
    head: str
    zero: Tensor
    initial: Tensor
    final: Tensor
    applies: Tensor
    target: Tensor
    scale: Tensor


@sharing_errors()
@door()
def construct_many(
    model: nn.Module,
    initial: Mapping[str, Tensor],
    final: Mapping[str, Tensor],
    data: tuple[Tensor, Raw],
    *,
    loss: LossLike = "squared",
    points: int = 51,
    head: str | Sequence[str] | None = None,
    together: int = 64,
    batch_norm: BatchNorm | None = None,
) -> ManyPaths:
    """The scales of the theorem's path, with its own target, of many networks on their lines.

    They are what `construct` finds of each alone on a grid, where the conditions hold by more than
    rounding; between its lambdas nothing is looked at, and nothing is certified. Of the squared
    loss nothing is read back from a GPU meanwhile, but at the end whether outputs were finite.

    Args:
        model: of one tensor, whose copy `torch.func.vmap` runs in evaluation mode.
        initial, final: weights of all networks, (networks, ...) each, as
            `torch.func.stack_module_state` gives them, on the device where all is computed.
        data: inputs (samples, ...) and targets there; of several processes, each one's share.
        loss: see `construct`; whether one of your own is convex is looked at at both ends.
        points: how many lambdas, from 0 to 1.
        head: see `construct`; looked for in the first network, verified in all.
        together: networks that run at once.
        batch_norm: "interpolate", as for `construct`; required for a model that has running
            statistics. Layers without them normalise all samples as one batch.

    Raises:
        InputError: an argument that cannot be used, or a model that `vmap` cannot run.
        WeightsError: weights that differ, do not fit the model or are not finite, or such outputs.
        HeadError: no last layer whose rescaling rescales the outputs of all networks.
        RankError: another process met an error.

    >>> start = {"weight": torch.tensor([[[2.0]], [[3.0]]]), "bias": torch.zeros(2, 1)}
    >>> stop = {name: value / 4 for name, value in start.items()}
    >>> data = torch.ones(3, 1), torch.ones(3, 1) / 2
    >>> many = construct_many(nn.Linear(1, 1), start, stop, data, points=2)
    >>> many.applies.tolist(), many.scale.round(decimals=3).tolist()
    ([True, True], [[1.0, 1.0], [3.517, 3.415]])
    """
    require_points(points, 2, "51 are usual.")
    one, (inputs, raw), line = as_loss(loss), _pair(data), _networks(initial, final)
    require_points(together, 1, "64 is a good number.", "networks")
    require_choice(model, batch_norm)
    if batch_norm == "recompute":
        expected = "batch_norm='interpolate', as no statistics are measured here"
        raise InputError(expected, repr(batch_norm), "Use `construct` for each network.")
    require_finite(inputs, raw, getattr(one, "missing", "") == "ignore")
    lam, probe = torch.from_numpy(line.grid(points)), inputs[:PROBE].clone()
    runner = private_copy(model).to(inputs.device)
    lone = fitted_path(model, _member(line, 0))(0.0)
    named = mapped(line, vmap(lambda own: fitted(own, model)[0]))
    require_no_mixed_buffers(model, named)
    for x in (0.0, 1.0):
        require_ties(model, named(x))
    require_one_answer(runner, lone, probe)
    rescaled = find_head(runner, probe, lone, head)
    _verify_heads(runner, line, rescaled, probe, together)
    weight = float(summed_over_ranks(one.weigh(raw)[0]))
    targets, scales, sound = list[Tensor](), list[Tensor](), list[Tensor]()

    def at(x: float) -> _AtLambda:
        outputs = _outputs(runner, line(x), inputs, together, rescaled, 1.0)
        share = UNITS * torch.finfo(outputs.dtype).eps
        sound.append(outputs.flatten(1).isfinite().all(1))
        if len(sound) == 1:
            one.require(raw, outputs[0])
        if isinstance(one, Custom) and x in (0.0, 1.0):
            for own in outputs[sound[-1]]:
                _require_own(one, own, raw, x)
        if not isinstance(one, Squared):
            return _rays(one, outputs, raw, share)
        sums = one.moments(outputs, one.convert(raw, outputs[0]))
        a, b, d = (summed_over_ranks(sums) / weight).T
        limit, least = share * 2 * ((a - b).abs() + d), share * a.sqrt()
        return _AtLambda(
            *(d[0], a - 2 * b, limit, a, least, torch.square),
            lambda excess, _: right_root(a, b, excess, torch),
        )

    with torch.no_grad():
        begin, end = at(0.0), at(1.0)
        floor, least = end.excess.clip(min=0), torch.maximum(begin.least, end.least)
        applies = begin.excess > begin.limit
        applies &= begin.excess - end.excess > begin.limit + end.limit
        for x in lam.tolist():
            here = {0.0: begin, 1.0: end}.get(x) or at(x)
            applies &= here.growth > here.doubt(least)
            targets.append((1 - x / 3) * begin.excess + x / 3 * floor)
            scales.append(here.root(targets[-1], applies))
    fine = torch.stack(sound).all(0).tolist()
    if not all(fine):
        raise WeightsError(
            "finite outputs of every network",
            f"NaN or infinite ones of network {fine.index(False)}",
            "Leave it out.",
        )
    target, scale = (torch.stack(x).where(applies, torch.nan) for x in (targets, scales))
    zero, lam = begin.zero, lam.to(inputs.device)
    ends = zero + begin.excess, zero + end.excess
    return ManyPaths(lam, rescaled.name, zero, *ends, applies, zero + target, scale)


def _pair(data: tuple[Tensor, Raw]) -> tuple[Tensor, Raw]:
    """Inputs and targets of as many samples, at least one."""
    plain = Tensor, np.ndarray
    two = isinstance(data, tuple | list) and len(data) == 2
    if not (two and isinstance(data[0], plain) and isinstance(data[1], (*plain, Weighted))):
        remedy = "Put batches together with torch.cat, and let the model take one tensor."
        expected = "data as a pair (inputs, targets) of tensors"
        raise InputError(expected, type(data).__name__, remedy)
    inputs, raw = data
    targets, weights = raw if isinstance(raw, Weighted) else (raw, None)
    read, raw = Reading(weights=weights).pair((inputs, targets))
    assert isinstance(read, Tensor), "one tensor was given"
    return read, raw


def _networks(initial: Mapping[str, Tensor], final: Mapping[str, Tensor]) -> Line:
    """The lines of all, of which every entry has as many, and every rank the same."""
    line = Line(initial, final)
    shapes = {tuple(value.shape[:1]): name for name, value in line.states[0].items()}
    if len(shapes) != 1 or not min(shapes, default=()) > (0,):
        found = ", ".join(
            f"{shape[0] if shape else 'no axis'} of {name!r}" for shape, name in shapes.items()
        )
        raise WeightsError(
            "weights with a first axis of networks, as many in each entry and at least one",
            found,
            "Stack those of one network or more with torch.func.stack_module_state.",
        )
    every = [value.detach() for state in line.states for value in state.values()]
    total = sum(float(value.sum(dtype=torch.float64)) for value in every)
    require_same("the weights", total, "Give each process the same.")
    return line


def _member(line: Line, k: int) -> Path:
    """The line of one network."""
    return mapped(line, lambda state: {name: value[k] for name, value in state.items()})


def _outputs(
    runner: nn.Module, state: State, inputs: Tensor, together: int, head: Head, c: float
) -> Tensor:
    """Of all networks, (networks, samples, ...), the head multiplied by c."""

    def outputs(own: State) -> Tensor:
        scaled = scale_head(fitted(own, runner)[0], head, c)
        found: Tensor = run(runner, scaled, inputs.clone())  # which some models write into
        return found

    try:
        with torch.no_grad():
            found: Tensor = vmap(outputs, chunk_size=together)(state)
    except InputError as error:  # alone the first network ran
        raise InputError(
            "a model that torch.func.vmap runs",
            error.found.rstrip(" ."),
            "Use `construct` for each network, or let no number of a tensor decide what is run.",
        ) from error.__cause__
    return found


def _verify_heads(runner: nn.Module, line: Line, head: Head, probe: Tensor, together: int) -> None:
    """`verify_head` at both ends, of all networks at once; the first that fails says why."""
    for x in (0.0, 1.0):
        own = _outputs(runner, line(x), probe, together, head, 1.0).flatten(1)
        allowed = 1000 * torch.finfo(own.dtype).eps * own.abs().amax(1)
        wrong = torch.zeros_like(allowed, dtype=torch.bool)
        for c in SCALES:
            scaled = _outputs(runner, line(x), probe, together, head, c).flatten(1)
            wrong |= ~((scaled - c * own).abs().amax(1) <= allowed * max(c, 1.0))
        for k in torch.nonzero(wrong & own.isfinite().all(1)).flatten().tolist():
            verify_head(runner, fitted(_member(line, k)(x), runner)[0], head, probe)


def _require_own(loss: Custom, outputs: Tensor, raw: Raw, lam: float) -> None:
    """A loss of the user's is refused where `construct` refuses it, of one network."""
    tiles = [loss.rays(outputs, loss.convert(raw, outputs))]
    require_apart(loss, tiles, len(outputs))
    require_convex(loss, lambda _: lambda: iter(tiles), (lam,))


class _AtLambda(NamedTuple):
    """L(0), and of each network, (networks,), where some apply.

    Attributes:
        excess, limit: g(1) - L(0), and what rounding may make of it.
        growth, least, doubt: size of outputs that are rounding, and growth up to which there may be
            none if outputs err by such a size.
        root: the right roots of excesses.
    """

    zero: Tensor
    excess: Tensor
    limit: Tensor
    growth: Tensor
    least: Tensor
    doubt: Callable[[Tensor], Tensor]
    root: Callable[[Tensor, Tensor], Tensor]


def _rays(loss: Loss, outputs: Tensor, raw: Raw, share: float) -> _AtLambda:
    rays = Rays(RaysInMemory(loss, dict(enumerate(outputs)), raw), np.arange(float(len(outputs))))
    one = rays.along(torch.ones_like(rays.every, dtype=torch.float64), rays.every)
    growth, (zero, offset) = rays.mean(loss.growth), rays.bounds()
    size, whole, moves, _ = rounded(rays, one.slope, torch.ones_like(growth), (zero, offset))
    lone = rays.source.heaviest / rays.source.weight

    def root(excess: Tensor, applies: Tensor) -> Tensor:
        found = torch.full_like(excess, torch.nan)
        some = torch.nonzero(applies).flatten()
        if not len(some):
            return found
        start = (zero + excess + offset)[some] / growth[some]
        start = torch.where(start.isfinite() & (start > 0), start, 1.0)
        found[some], _ = find_root(
            lambda c, which: rays.along(c, some[which]), excess[some], zero, start, start > 0
        )
        return found

    def doubt(least: Tensor) -> Tensor:
        return torch.where(size <= least, torch.maximum(growth, least), least * lone)

    zeros = one.excess.new_tensor(zero)
    return _AtLambda(zeros, one.excess, share * moves, growth, share * whole, doubt, root)
