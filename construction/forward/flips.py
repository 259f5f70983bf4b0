"""Flips: between two flips of the first layer's units nothing is multiplied.

On a segment with weights ``W + tau D`` a unit of the first layer has pre-activation ``A + tau B``,
and changes sign at most once. Between, its ReLU is ``V + tau C`` with ``V = M A``, ``C = M B``, M
the mask of active units, so the second pre-activation is exactly

    Z = P + tau Q + tau^2 R,   P = V W2 + b2,   Q = V D2 + C W2 + d2,   R = C D2.

Three products give them at the start of the segment (``Q = (V + C)(W2 + D2) + b2 + d2 - P - R``).
A unit j that flips changes V and C by v and c, and adds ``v W2_j``, ``v D2_j + c W2_j`` and
``c D2_j``: one row each. However many lambdas there are, first and second layer are multiplied once
a segment; what comes behind runs at each lambda.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import pad

from ..arrays import Array
from ..errors import InputError
from ..network.states import State
from ..path.paths import Polyline
from .first_layers import AfterLayer, BeforeLayer, FirstLayers, LinearLayer
from .kernel import compiled, in_order
from .method import Method, Progress, Receiver, Tiles

#: Bytes of second-layer activations that are made before what is behind them runs: they stay in
#: cache. And samples a tile, where the head alone is behind, and where more is. Measured best here.
BLOCK, FEW, MANY = 2**22, 256, 1000
#: Most bytes of all threads together, and fewest samples a tile that are worth it; chosen here.
BUDGET, FEWEST = 2**26, 16
#: Outputs of the head are filled up to whole registers of this many bytes, which is faster.
REGISTER = 64


class Flips(Method):
    """Follows the flips of the first layer's units, on a CPU.

    Args:
        model, path, layers, head: see `construction.forward.choice.Choice`.
        memory: bytes above the weights' own copies, for all threads.

    Raises:
        InputError: not enough memory for a tile.
    """

    name = "flips"

    def __init__(
        self, model: nn.Module, path: Polyline, layers: FirstLayers, head: str, memory: int
    ) -> None:
        assert layers.second is not None, "flips need a second layer"
        self.path = path
        first, second = layers.first.name, layers.second.name
        self.names = first, second
        self.before = BeforeLayer(model, first, path.states[0])
        self.head = head if layers.head_next else None
        self.after = AfterLayer(model, second, first)
        self.path_after = self.after.path(path)
        self.threads = torch.get_num_threads() if self.head else 1
        share = min(memory, BUDGET) // self.threads
        self.block = min(BLOCK, share // 2)
        size = next(iter(path.states[0].values())).element_size()
        most = FEW if self.head else MANY
        self.tile = min(most, share // 2 // _bytes(layers.first, layers.second, size))
        if self.tile < FEWEST:
            raise InputError(
                f"memory for {FEWEST} samples at once", f"{memory} bytes", "Raise the memory."
            )

    def run(self, lams: Array, tiles: Tiles, receive: Receiver, progress: Progress) -> None:
        """See `Method.run`; tiles are shared out among threads where the head alone is behind."""
        at = [self.path.position(lam) for lam in lams.tolist()]
        by_segment = groupby(at, lambda place: place[0])
        groups = [(k, np.array([tau for _, tau in places])) for k, places in by_segment]
        first = 0
        for step, (k, taus) in enumerate(groups):
            stop = first + len(taus)
            segment = _Segment(self.path, k, self.names, self.head, taus, lams[first:stop])
            entered = (
                (number, inputs, self.before(inputs), raw)
                for number, (inputs, raw) in enumerate(tiles)
            )
            work = partial(self._run_tile, segment, first, receive)
            for ready, _ in enumerate(in_order(work, entered, self.threads), 1):
                progress((step + ready / len(tiles)) / len(groups))
            first = stop

    def _run_tile(
        self,
        segment: _Segment,
        first: int,
        receive: Receiver,
        tile: tuple[int, Tensor, Tensor, Tensor],
    ) -> None:
        """Of a tile: its number, inputs, what enters the first layer, and targets."""
        number, inputs, entering, raw = tile
        for place, activations in self._blocks(segment, entering):
            if self.head:
                receive(number, raw, first + place, segment.outputs(place, activations))
                continue
            for index, hidden in enumerate(activations, place):
                state = self.path_after(float(segment.lams[index]))
                receive(number, raw, first + index, self.after(state, inputs, hidden)[None])

    def _blocks(self, segment: _Segment, entering: Tensor) -> Iterator[tuple[int, Tensor]]:
        """Activations of the second layer at a few lambdas after the other, and the first index.

        (lambdas, samples, units) each.
        """
        _, advance = compiled()
        taus = segment.taus
        p, q, r, (first, *flips) = segment.entered(entering)
        cursor = first[:-1].copy()
        count = max(1, self.block // p.nbytes)
        block = np.empty((min(count, len(taus)), *p.shape), taus.dtype)
        rows = segment.second.numpy(), segment.second_slope.numpy()
        leak = taus.dtype.type(0 if self.head else 1)
        for place in range(0, len(taus), count):
            some = taus[place : place + count]
            out = block[: len(some)]
            advance(p, q, r, *rows, *flips, cursor, first[1:], some, place, leak, out)
            yield place, torch.from_numpy(out)


class _Segment:
    """First and second layer on the straight segment k of a path, ``W + tau D``.

    Attributes:
        lams, taus: the lambdas on it, and tau there in the type of the weights, (lambdas,).
        first, first_slope: (units, inputs); with biases (units,).
        second, second_slope, second_end: W2, D2 and their sum, (units before, units).
        head: at both ends, filled up; empty where more layers are behind the second.
        count: outputs of the head.
    """

    def __init__(
        self,
        path: Polyline,
        k: int,
        names: tuple[str, str],
        head: str | None,
        taus: Array,
        lams: Array,
    ) -> None:
        start, stop = path.states[k : k + 2]
        (w, b), (second, self.bias) = (_entries(start, name) for name in names)
        (end, end_bias), (second_end, self.bias_end) = (_entries(stop, name) for name in names)
        self.first, self.first_slope = (w, b), (end - w, end_bias - b)
        self.second, self.second_end = second.T.contiguous(), second_end.T.contiguous()
        self.second_slope = (second_end - second).T.contiguous()
        heads = [_entries(state, head) for state in (start, stop)] if head else []
        self.count = len(heads[0][1]) if heads else 0
        more = -self.count % (REGISTER // self.bias.element_size())
        self.head = [(pad(w, (0, 0, 0, more)), pad(b, (0, more))) for w, b in heads]
        self.lams = lams
        self.taus = taus.astype(str(self.bias.dtype).removeprefix("torch."))

    def entered(
        self, entering: Tensor
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], tuple[NDArray[Any], ...]]:
        """P, Q and R at the first tau, and the flips up to the last; see `kernel.begin`."""
        begin, _ = compiled()
        (w, b), (d, e) = self.first, self.first_slope
        at_zero, slope = torch.addmm(b, entering, w.T), torch.addmm(e, entering, d.T)
        v, c = torch.empty_like(at_zero), torch.empty_like(slope)
        flips = begin(*(x.numpy() for x in (at_zero, slope)), self.taus, v.numpy(), c.numpy())
        p = torch.addmm(self.bias, v, self.second)
        r = c @ self.second_slope
        q = torch.addmm(self.bias_end, v.add_(c), self.second_end).sub_(p).sub_(r)
        return p.numpy(), q.numpy(), r.numpy(), flips

    def outputs(self, place: int, activations: Tensor) -> Tensor:
        """Of the head, at as many lambdas from `place` on as there are activations."""
        (weight, bias), (end, end_bias) = self.head
        tau = torch.from_numpy(self.taus[place : place + len(activations)])[:, None]
        biases = torch.lerp(bias, end_bias, tau)[:, None]
        weights = torch.lerp(weight, end, tau[..., None])
        return torch.baddbmm(biases, activations, weights.transpose(1, 2))[..., : self.count]


def _entries(state: State, layer: str) -> tuple[Tensor, Tensor]:
    """Weight and bias, zeros where there is none."""
    weight = state[f"{layer}.weight"]
    bias = state.get(f"{layer}.bias")
    return weight, torch.zeros(len(weight), dtype=weight.dtype) if bias is None else bias


def _bytes(first: LinearLayer, second: LinearLayer, size: int) -> int:
    """Of a sample: both pre-activations and what they are made of, and its flips."""
    return size * (5 * first.units + 3 * second.units) + (2 * size + 8) * first.units
