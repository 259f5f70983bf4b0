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

from functools import partial
from itertools import groupby

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ..arrays import Array
from ..errors import InputError
from ..network.states import State
from ..path.paths import Polyline
from . import flip_loops, flip_rows
from .first_layers import AfterLayer, BeforeLayer, FirstLayers, LinearLayer
from .flip_loops import Walk
from .method import Method, Progress, Receiver, Tiles

#: Bytes of second-layer activations that are made before what is behind them runs: they stay in
#: cache. And samples a tile, where the head alone is behind, and where more is. Measured best here.
BLOCK, FEW, MANY = 2**22, 256, 1000
#: Most bytes of all threads together, and fewest samples a tile that are worth it; chosen here.
BUDGET, FEWEST = 2**26, 16
#: Outputs of the head are filled up to whole registers of this many bytes, which is faster.
REGISTER = 64


class Flips(Method):
    """Follows the flips of the first layer's units: in loops on a CPU, by sorting them elsewhere.

    Args:
        model, path, layers, head: see `construction.forward.choice.Choice`.
        memory: bytes above the weights' own copies, for all threads; an InputError if too few.
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
        self.weights = self.after.path(path)
        weight = path.states[0][f"{first}.weight"]
        self.loops = loops(weight.device)
        self.threads = torch.get_num_threads() if self.head and self.loops else 1
        share, most, self.block = memory, memory, memory // 2
        if self.loops:
            share, most = min(memory, BUDGET) // self.threads, FEW if self.head else MANY
            self.block = min(BLOCK, share // 2)
        each = _bytes(layers.first, layers.second, weight.element_size(), self.loops)
        self.tile = min(most, share // 2 // each)
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
            for ready, _ in enumerate(flip_loops.in_order(work, entered, self.threads), 1):
                progress((step + ready / len(tiles)) / len(groups))
            first = stop

    def _run_tile(
        self,
        segment: "_Segment",
        first: int,
        receive: Receiver,
        tile: tuple[int, Tensor, Tensor, Tensor],
    ) -> None:
        """Of a tile: its number, inputs, what enters the first layer, and targets."""
        number, inputs, entering, raw = tile
        pre, both = segment.entered(entering), (segment.second, segment.second_slope)
        walk = Walk(*pre, segment.taus, segment.seconds, both, bool(self.head), self.block)
        blocks = flip_loops.walked(walk) if self.loops else flip_rows.walked(walk)
        for place, activations in blocks:
            if self.head:
                receive(number, raw, first + place, segment.outputs(place, activations))
                continue
            for index, hidden in enumerate(activations, place):
                state = self.weights(float(segment.lams[index]))
                receive(number, raw, first + index, self.after(state, inputs, hidden)[None])


class _Segment:
    """First and second layer on the straight segment k of a path, ``W + tau D``.

    `second`, `second_slope` and `second_end` are W2, D2 and their sum, (units before, units).
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
        # filled up; none where more layers are behind the second
        heads = [_entries(state, head) for state in (start, stop)] if head else []
        self.count = len(heads[0][1]) if heads else 0
        more = -self.count % (REGISTER // self.bias.element_size())
        self.head = [(pad(w, (0, 0, 0, more)), pad(b, (0, more))) for w, b in heads]
        self.lams = lams
        self.taus = taus.astype(str(self.bias.dtype).removeprefix("torch."))

    def entered(self, entering: Tensor) -> tuple[Tensor, Tensor]:
        """The first pre-activation at tau = 0, and its slope, (samples, units) each."""
        (w, b), (d, e) = self.first, self.first_slope
        return torch.addmm(b, entering, w.T), torch.addmm(e, entering, d.T)

    def seconds(self, v: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """P, Q and R, where the first activation is ``V + tau C``; C is written over V."""
        p = torch.addmm(self.bias, v, self.second)
        r = c @ self.second_slope
        q = torch.addmm(self.bias_end, v.add_(c), self.second_end).sub_(p).sub_(r)
        return p, q, r

    def outputs(self, place: int, activations: Tensor) -> Tensor:
        """Of the head, at as many lambdas from `place` on as there are activations."""
        (weight, bias), (end, end_bias) = self.head
        tau = torch.from_numpy(self.taus[place : place + len(activations)]).to(bias)[:, None]
        biases = torch.lerp(bias, end_bias, tau)[:, None]
        weights = torch.lerp(weight, end, tau[..., None])
        return torch.baddbmm(biases, activations, weights.transpose(1, 2))[..., : self.count]


def _entries(state: State, layer: str) -> tuple[Tensor, Tensor]:
    """Weight and bias, zeros where there is none."""
    weight = state[f"{layer}.weight"]
    bias = state.get(f"{layer}.bias")
    return weight, weight.new_zeros(len(weight)) if bias is None else bias


def loops(device: torch.device) -> bool:
    """Whether flips are followed in loops over them, which are compiled for a CPU."""
    return device.type == "cpu"


def _bytes(first: LinearLayer, second: LinearLayer, size: int, looped: bool) -> int:
    """Of a sample: both pre-activations and what they are made of, and its flips."""
    if looped:
        return size * (5 * first.units + 3 * second.units) + (2 * size + 8) * first.units
    sorted_flips = (4 * size + 7 * 8) * first.units
    return size * (7 * first.units + (3 + flip_rows.HELD) * second.units) + sorted_flips
