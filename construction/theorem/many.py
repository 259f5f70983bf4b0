"""The theorem's path for many networks of one architecture at once, on the device where they are.

At a lambda all networks run together, and their scales are one solve.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from ..errors import WeightsError, enough_memory
from ..forward.ranks import sharing_errors, summed_over_ranks
from ..forward.samples import PROBE
from ..forward.store import RaysInMemory
from ..loss.catalogue import LossLike, as_loss
from ..loss.loss import Loss, Raw
from ..loss.regression import Squared
from ..network.evaluation import private_copy
from ..network.heads import find_head
from ..path.paths import Line
from ..sheet.moments import right_root
from ..sheet.rays import Rays
from ..sheet.roots import find_root


class ManyPaths(NamedTuple):
    """The theorem's conditions and scales of many networks, on the device of their weights.

    Attributes:
        lam: the lambdas, (points,).
        head: name of the layer that is rescaled.
        zero: L(0), ().
        initial, final: L(W(0)) and L(W(1)), (networks,).
        applies: whether L(W(1)) < L(W(0)), condition 2 holds, and condition 1 at all these lambdas.
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


def construct_many(
    model: nn.Module,
    initial: Mapping[str, Tensor],
    final: Mapping[str, Tensor],
    data: tuple[Tensor, Raw],
    *,
    loss: LossLike = "squared",
    points: int = 51,
    together: int = 64,
) -> ManyPaths:
    """The scales of the theorem's path, with its own target, of many networks on their lines.

    They are what `construct` finds of each alone on a grid; between its lambdas nothing is looked
    at, and nothing is certified. Of the squared loss nothing is read back from a GPU meanwhile, but
    at the end whether the outputs were finite.

    Args:
        model: of one tensor, whose copy `torch.func.vmap` runs in evaluation mode.
        initial, final: weights of all networks, (networks, ...) each, as
            `torch.func.stack_module_state` gives them, on the device where all is computed.
        data: inputs (samples, ...) and targets there; of several processes, each one's share.
        loss: see `construct`; whether one of your own is convex is not looked at.
        points: how many lambdas, from 0 to 1.
        together: networks that run at once.

    Raises:
        InputError: fewer than 2 points, or targets that the loss cannot take.
        WeightsError: weights that differ or are not finite, or such outputs of a network.
        HeadError: no last layer whose rescaling rescales the outputs of the first network.

    >>> start = {"weight": torch.tensor([[[2.0]], [[3.0]]]), "bias": torch.zeros(2, 1)}
    >>> stop = {name: value / 4 for name, value in start.items()}
    >>> data = torch.ones(3, 1), torch.ones(3, 1) / 2
    >>> many = construct_many(nn.Linear(1, 1), start, stop, data, points=2)
    >>> many.applies.tolist(), many.scale.round(decimals=3).tolist()
    ([True, True], [[1.0, 1.0], [3.517, 3.415]])
    """
    one, (inputs, raw), line = as_loss(loss), data, Line(initial, final)
    runner = private_copy(model).to(inputs.device)
    lone = {name: value[0] for name, value in line(0.0).items()}
    head = find_head(runner, inputs[:PROBE], lone).name
    weight = float(summed_over_ranks(one.weigh(raw)[0]))
    lam = torch.from_numpy(line.grid(points))
    targets, scales, sound = list[Tensor](), list[Tensor](), list[Tensor]()
    run = vmap(lambda own: functional_call(runner, own, (inputs,)), chunk_size=together)

    def at(x: float) -> _AtLambda:
        outputs = run(line(x))
        sound.append(outputs.flatten(1).isfinite().all(1))
        if len(sound) == 1:
            one.require(raw, outputs[0])
        if not isinstance(one, Squared):
            return _rays(one, outputs, raw)
        sums = one.moments(outputs, one.convert(raw, outputs[0]))
        return _parabolas(summed_over_ranks(sums) / weight)

    with torch.no_grad(), enough_memory(), sharing_errors():
        begin, end = at(0.0), at(1.0)
        floor = end.excess.clip(min=0)
        applies = (begin.excess > 0) & (end.excess < begin.excess)
        for x in lam.tolist():
            here = {0.0: begin, 1.0: end}.get(x) or at(x)
            applies &= here.growth > 0
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
    return ManyPaths(lam, head, zero, *ends, applies, zero + target, scale)


class _AtLambda(NamedTuple):
    """L(0); g(1) - L(0) and growth, (networks,); and right roots of excesses where some apply."""

    zero: Tensor
    excess: Tensor
    growth: Tensor
    root: Callable[[Tensor, Tensor], Tensor]


def _parabolas(moments: Tensor) -> _AtLambda:
    a, b, d = moments.T
    return _AtLambda(d[0], a - 2 * b, a, lambda excess, _: right_root(a, b, excess, torch))


def _rays(loss: Loss, outputs: Tensor, raw: Raw) -> _AtLambda:
    rays = Rays(RaysInMemory(loss, dict(enumerate(outputs)), raw), np.arange(float(len(outputs))))
    one = rays.along(torch.ones_like(rays.every, dtype=torch.float64), rays.every)
    growth, (zero, offset) = rays.mean(loss.growth), rays.bounds()

    def root(excess: Tensor, applies: Tensor) -> Tensor:
        found = torch.full_like(excess, torch.nan)
        some = torch.nonzero(applies).flatten()
        start = (zero + excess + offset)[some] / growth[some]
        start = torch.where(start.isfinite() & (start > 0), start, 1.0)
        found[some], _ = find_root(
            lambda c, which: rays.along(c, some[which]), excess[some], zero, start, start > 0
        )
        return found

    return _AtLambda(one.excess.new_tensor(zero), one.excess, growth, root)
