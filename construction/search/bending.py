"""A Bezier curve trained to lower the barrier of the sheet, the highest m on the way.

Garipov et al. 2018 (arXiv 1802.10026, section 3) train the inner control points of a curve between
two networks on the mean loss along it. What stands in a path's way here is not the loss but
``m(lambda) = min over c >= 0 of L(c N(W(lambda)))``, and of it the highest value.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..check import total_of
from ..errors import InputError, WeightsError, door, require_points, require_seed
from ..forward.batches import Data, Pair, put_together
from ..forward.forward import Forward
from ..forward.precision import full_precision
from ..forward.ranks import (
    bar_disabled,
    distributed,
    rank_and_size,
    sharing_errors,
    summed_over_ranks,
)
from ..forward.samples import Samples
from ..forward.store import sheet_of
from ..loss.catalogue import LossLike
from ..loss.loss import Raw
from ..network.evaluation import Inputs, evaluate, mapped_tensors
from ..network.states import State
from ..path.paths import Bezier, Line
from ..progress import tqdm
from ..sheet.sheet import Sheet
from ..theorem.construct import network_along

#: Width of the soft maximum, as a share of the spread of m over the lambdas of a step. Chosen here.
SOFT = 0.1
#: Lambdas whose share of the soft maximum is below this are not differentiated.
COUNTS = 0.02
#: Bounds of the scale at which the gradient is taken, in units of 1 / rms of the outputs: at c* = 0
#: it would vanish, and where all is classified correctly c* is infinite. Chosen here.
LEAST, MOST = 1e-2, 1e3


@sharing_errors()
@door(network_along, Forward.__init__)
def bend(
    model: nn.Module,
    initial: Mapping[str, Tensor],
    final: Mapping[str, Tensor],
    data: Data,
    *,
    loss: LossLike = "squared",
    control_points: int = 1,
    steps: int = 500,
    batch_size: int = 500,
    lambdas: int = 8,
    rate: float = 1e-2,
    seed: int = 0,
    **options: Any,
) -> Bezier:
    """A Bezier curve between two weights, trained so that the highest m on it is lower.

    By the envelope theorem the gradient of ``m = min over c of g`` is that of g at ``c = c*``, held
    fixed. Each step takes a batch, finds m and c* at one random lambda in each of `lambdas` equal
    parts of [0, 1], and follows the gradient of a soft maximum of m over them, by Adam with a rate
    that falls to 0. The curve starts as the straight line; its ends stay, and so does m there.

    That it gets better is not guaranteed: compare `sup m` of the result with that of the line on a
    fine grid, as `construct` and `assess` report it.

    Args:
        model: any module with a linear last layer; never modified.
        initial, final: the ends, kept bit for bit.
        data, loss: see `construction.theorem.construct.construct`.
        control_points: how many are trained; 1 as in the paper.
        steps, batch_size, rate: of Adam; several processes share batches out as they do samples.
            A DataLoader that is not kept in memory brings its own batches.
        lambdas: at which the network runs in a step; at the highest ones it runs twice.
        seed: of batches and lambdas. The same bits on the same CPU and number of threads.
        options: head, device, dtype, batch_norm, memory and tf32 of `construct`. Running statistics
            are not trained: with batch_norm="interpolate" they stay those of the line, with
            "recompute" each batch is normalised by its own.

    Raises:
        InputError: a count that is no whole number from 1 on, a rate that is not positive, or what
            `construct` refuses.
        WeightsError: weights that do not fit, or a training that diverges.

    >>> from construction import mlp
    >>> a, b = (mlp((2, 16, 1), seed=seed).state_dict() for seed in (0, 1))
    >>> x = torch.linspace(-1, 1, 40).reshape(20, 2)
    >>> curve = bend(mlp((2, 16, 1)), a, b, (x, x[:, :1].abs()), steps=3)
    >>> len(curve.states), torch.equal(curve(1)["1.weight"], b["1.weight"])
    (3, True)
    """
    require_seed(seed)
    counts = {"control points": control_points, "steps": steps, "lambdas": lambdas}
    for what, count in {**counts, "batch_size samples": batch_size}.items():
        require_points(count, 1, "Give a whole number.", what)
    if not rate > 0:
        raise InputError("a rate above 0", f"{rate}", "0.01 is a good one to begin with.")
    options = {"loss": loss, "missing": "refuse", **options}
    forward = network_along(model, Line(initial, final), data, **options)
    bending = Bending(forward, control_points)
    adam = torch.optim.Adam(bending.trained, lr=rate)
    falling = torch.optim.lr_scheduler.LinearLR(adam, 1.0, 0.0, total_iters=steps)
    random = torch.Generator().manual_seed(seed)
    batches = _batches(forward.data, batch_size, random)
    for _ in (bar := tqdm(range(steps), "bending", unit="step", disable=bar_disabled())):
        parts = torch.arange(lambdas) + torch.rand(lambdas, generator=random)
        adam.zero_grad()
        with full_precision(forward.device, forward.tf32):
            sheet = bending.differentiate(*next(batches), (parts / lambdas).tolist())
        if not np.isfinite(sheet.minimum).all():
            expected = "finite outputs while the curve is trained"
            remedy = f"Lower the rate, now {rate:g}."
            raise WeightsError(expected, "NaN or infinite ones", remedy)
        adam.step()
        falling.step()
        bar.set_postfix(highest=f"{sheet.minimum.max():.4g}")
    # the user's own ends, on their device and in their types
    ends = [forward.user_path(lam) for lam in (0.0, 1.0)]
    inner = [
        {name: value.detach().to(ends[0][name]).clone() for name, value in state.items()}
        for state in bending.curve.states[1:-1]
    ]
    return Bezier([ends[0], *inner, ends[1]])


class Bending:
    """A curve in training, whose control points start on the line of the network.

    Attributes:
        curve: on the device; its inner control points change with `trained`.
        trained: the parameters of the inner control points.
    """

    def __init__(self, forward: Forward, control_points: int) -> None:
        self.forward = forward
        self.network = forward.model
        if forward.batch_norm == "recompute":
            for module in self.network.modules():
                module.train(isinstance(module, _BatchNorm))
        states = [forward.state(lam) for lam in np.linspace(0, 1, control_points + 2).tolist()]
        self.trained = [weight for state in states[1:-1] for weight in self._leaves(state)]
        self.curve = Bezier(states)

    def _leaves(self, state: State) -> list[Tensor]:
        """Replace the parameters in the state dict by leaves, one for all that are tied."""
        leaves: dict[int, Tensor] = {}
        for name, parameter in self.forward.user_model.named_parameters(remove_duplicate=False):
            leaf = leaves.setdefault(id(parameter), state[name].clone().requires_grad_())
            state[name] = leaf
        return list(leaves.values())

    def differentiate(self, inputs: Inputs, raw: Raw, lams: list[float]) -> Sheet:
        """Set the gradient of the soft maximum of m over the lambdas, and return their sheet."""
        with torch.no_grad():
            outputs = {lam: self._outputs(lam, inputs) for lam in lams}
        sheet = sheet_of(self.forward.loss, outputs, raw)
        weight = float(summed_over_ranks(self.forward.loss.weigh(raw)[0]))
        squares = [[x.double().square().sum(), x.numel()] for x in outputs.values()]
        square, count = summed_over_ranks(torch.tensor(squares, dtype=torch.float64)).T
        sizes = (square / count).sqrt().tolist()
        height = sheet.minimum_excess
        shares = np.exp((height - height.max()) / (SOFT * np.ptp(height) + 1e-300))
        shares /= shares.sum()
        for k, lam in enumerate(outputs):
            if shares[k] >= COUNTS:
                size = sizes[k] or 1.0
                c = float(np.clip(sheet.best_scale[k], LEAST / size, MOST / size))
                scaled = c * self._outputs(lam, inputs).double()
                total = total_of(self.forward.loss, scaled, raw)
                (float(shares[k]) * total / weight).backward()
        gradients = [weight.grad for weight in self.trained if weight.grad is not None]
        if distributed() and gradients:
            every = summed_over_ranks(torch.cat([x.flatten() for x in gradients]))
            for own, x in zip(gradients, every.split([x.numel() for x in gradients]), strict=True):
                own.copy_(x.view_as(own))
        return sheet

    def _outputs(self, lam: float, inputs: Inputs) -> Tensor:
        outputs: Tensor = evaluate(self.network, self.curve(lam), inputs)
        return outputs


def _batches(data: Samples, size: int, random: torch.Generator) -> Iterator[Pair]:
    """Batches without end: shuffled anew in each pass, or as the loader gives them."""
    while data.streams:
        yield from data
    # all ranks draw the same order of all samples, and each takes its own of it
    inputs, targets = put_together(list(data))
    rank, ranks = rank_and_size()
    shares = torch.zeros(ranks, dtype=torch.int64)
    shares[rank] = len(inputs)
    shares = summed_over_ranks(shares)
    first, count = int(shares[:rank].sum()), int(shares.sum())
    parts = min(-(-count // size), int(shares.min()))
    while True:
        order = torch.randperm(count, generator=random) - first
        order = order[(order >= 0) & (order < len(inputs))]
        for chosen in order.tensor_split(parts):  # no small batch at the end
            where = chosen.to(data.device)
            some = partial(torch.index_select, dim=0, index=where)
            yield inputs[where], mapped_tensors(targets, some)
