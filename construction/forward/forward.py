"""Outputs along a path, once a lambda, tile by tile.

From there on no network is needed, as scaling the head by c scales the outputs by c. The squared
loss keeps three moments of them, every other loss the rays themselves.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from ..arrays import Array
from ..errors import InputError
from ..loss.loss import Loss
from ..loss.regression import Squared
from ..network.evaluation import (
    Inputs,
    Predict,
    evaluate,
    private_copy,
    randomness_kept,
    tensors_of,
)
from ..network.heads import find_head, verify_apart, verify_head
from ..network.states import State, check_finite, fitted, require_ties
from ..path.paths import Curve, Path, mapped
from ..progress import tqdm
from ..sheet.moments import SquaredSheet
from ..sheet.ray_sheet import RaySheet
from ..sheet.sheet import Sheet
from .batch_norm import (
    BATCH,
    BatchNorm,
    normalises_tiles,
    normalising_layers,
    recomputed,
    require_choice,
)
from .batches import Data, Reading
from .choice import Choice, only_plain
from .method import Plain, Progress, Receiver, Served
from .precision import converted_path, device_and_dtype, full_precision
from .ranks import bar_disabled, largest_over_ranks, require_same, sharing_errors, summed_over_ranks
from .samples import Samples
from .store import MomentSums, RayStore, require_finite
from .tiles import IMAGES, arranged, fitting_tile, suits_channels_last
from .user_model import fitted_path, require_no_mixed_buffers, require_one_answer

#: Default memory budget on a CPU, beyond data and model, and the share of what is free on a GPU.
MEMORY, SHARE = 1_000_000_000, 0.5
#: Most bytes of a tile: a GPU is long busy with as many, and kernels count in 32 bits.
LARGEST = 2**32
#: Where the head is looked for, at weights none of which should be 0, as at W(0) some of LoRA are.
BETWEEN = 0.38
#: A share of the work rather than a count: methods go through lambdas and samples in any order.
BAR = "{desc}: {percentage:3.0f}%|{bar}| [{elapsed}<{remaining}]"


class Forward:
    """A network that can be asked for its sheet at any lambda of a path.

    The user's model is copied, never run or changed; hooks on it are part of it.

    Args:
        model: any module with a linear last layer.
        path: weights at each lambda.
        data: inputs (samples, ...) and targets, or a DataLoader of such batches.
        loss: convex in the predictions.
        head, device, dtype, batch_norm, tf32, predict, targets, weights: as for `construct`.
        memory: bytes above data and model that may be used: half for rays, and for data that is
            read from a loader or converted; a quarter for a tile on its way through the network;
            a quarter for the evaluation of a loss, and before it for weights on the way that serve
            all tiles. When None 1 GB, on a GPU half of what is free. What the weights take comes
            above it: for n weights in float32 about 20 n bytes, twice that in float64, here and in
            the check of `certify`, and 64 n bytes in a proof (`benchmarks.growth`); and the path's
            state dicts where they have to be converted.

    Attributes:
        samples, weight: how many, on all ranks together, and the sum of their weights.
        head, rescaled: what multiplies the outputs: in words, and its entries.
        served: which method gave the outputs at most lambdas, and why.

    Raises:
        InputError: data or a model that cannot be used, no choice for batch norm, or other buffers
            that the path would mix.
        WeightsError: weights that do not fit the model, or are not finite.
        HeadError: see `construction.network.heads.verify_head`.
        RankError: another process met an error.
    """

    @sharing_errors()
    def __init__(
        self,
        model: nn.Module,
        path: Path,
        data: Data,
        *,
        loss: Loss | None = None,
        head: str | Sequence[str] | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        batch_norm: BatchNorm | None = None,
        memory: int | None = None,
        tf32: bool = False,
        predict: Predict | None = None,
        targets: Callable[[Any], Any] | None = None,
        weights: Callable[[Any], Any] | ArrayLike | Tensor | None = None,
    ) -> None:
        if not callable(path):
            expected = "a path: Line, Polyline, Bezier, or a callable from lambda to a state dict"
            remedy = "Two state dicts make Line(initial, final)."
            raise InputError(expected, type(path).__name__, remedy)
        path = fitted_path(model, path)
        initial = path(0.0)
        require_choice(model, batch_norm)
        self.device, self.dtype = device_and_dtype(initial, device, dtype)
        self.user_model, self.user_path, self.loss = model, path, loss or Squared()
        memory = memory_of(memory, self.device)
        self.batch_norm, self.tf32, self.memory = batch_norm, tf32, memory
        self.path = converted_path(path, self.device, self.dtype)
        require_no_mixed_buffers(model, self.path)
        self.model = private_copy(model).to(self.device, self.dtype)
        reading = Reading(predict, targets, weights)
        self.data = Samples(data, self.device, self.dtype, memory // 4, reading, self.loss)
        self.samples, self.weight = self.data.count, self.data.weight
        self._recomputes = batch_norm == "recompute" and bool(normalising_layers(model))
        with full_precision(self.device, tf32):
            self._prepare(head)
        plain, refused = Plain(self.state, self.model), only_plain(self.model)
        if self._recomputes:
            refused = "statistics are measured anew at each lambda"
        known = self.model, self.path, self.head, self.data.probe
        self.choice = Choice(*known, plain, min(memory // 4, LARGEST), refused)
        self.served, self._served_at = Served("plain", "asked at one lambda at a time"), 0

    def _prepare(self, head: str | Sequence[str] | None) -> None:
        """Tiles, batch norm and head, in this order."""
        probe, start = self.data.probe, self.state(0.0)
        before = probe.clone()
        require_one_answer(self.model, start, probe)
        self.data.copied = not all(map(torch.equal, tensors_of(before), tensors_of(probe)))
        most, by_batch = self.data.tile, normalises_tiles(self.model)
        room = min(self.memory // 4, LARGEST)
        if suits_channels_last(self.model, start, probe):
            self.path, self.data.channels_last = mapped(self.path, arranged), True
            most = IMAGES
        if by_batch or self.batch_norm == "recompute":
            # statistics of batches depend on their size: that is no matter of speed
            most = min(self.data.tile, BATCH)
        self.data.divide(fitting_tile(self.model, probe, room, most))
        if not by_batch:
            verify_apart(self.model, start, probe)
        self.rescaled = find_head(self.model, probe, self.state(BETWEEN), head)
        self.head = self.rescaled.name
        if self._recomputes:
            exactly = full_precision(self.device, self.tf32)
            self.path = exactly(recomputed(self.path, self.model, self.data))
        for lam, name in ((0.0, "W(0)"), (1.0, "W(1)")):
            state = self.state(lam)
            total = sum(float(x.sum(dtype=torch.float64)) for x in state.values())
            require_same(f"the weights {name}", total, "Give each process the same path.")
            verify_head(self.model, state, self.rescaled, probe)
        self.data.expect(self.predict(start, probe))

    def state(self, lam: float) -> State:
        """A copy of W(lambda) on the device; a WeightsError if it does not fit or is not finite."""
        state = self.path(lam)
        if not isinstance(self.path, Curve):
            state, _ = fitted(state, self.user_model)
            check_finite(state, f"W({lam:.6g})")
            require_ties(self.user_model, state)
        return {name: value.clone() for name, value in state.items()}

    @property
    def returns(self) -> bool:
        """Whether W(0) and W(1) are the same numbers."""
        first, last = self.path(0.0), self.path(1.0)
        return all(torch.equal(value, last[name]) for name, value in first.items())

    def outputs(self, lam: float) -> Iterator[tuple[Tensor, Tensor]]:
        """Predictions at lambda and targets, tile by tile; errors as of `state`."""
        state = self.state(lam)
        for inputs, raw in self.data:
            predictions = self.predict(state, inputs)
            yield predictions, self.loss.convert(raw, predictions)

    def predict(self, state: State, inputs: Inputs) -> Tensor:
        """What the network returns with these weights, in full precision."""
        with torch.no_grad(), full_precision(self.device, self.tf32):
            predictions: Tensor = evaluate(self.model, state, inputs)
        return predictions

    @cached_property
    def rays(self) -> RayStore:
        """The rays along the path, of which the sheet is made for every loss but the squared."""
        predictions = self.predict(self.state(0.0), self.data.probe)
        return RayStore(
            self.loss, self.data, predictions, self.memory, outputs=self.outputs, follow=self.follow
        )

    @sharing_errors()
    def along(self, lams: Iterable[float], label: str = "forward") -> Sheet:
        """The sheet over the given lambdas, with a progress bar in a terminal."""
        grid = np.fromiter(lams, float)
        hidden = bar_disabled() if len(grid) > 1 else True
        with tqdm(total=1.0, desc=label, disable=hidden, bar_format=BAR) as bar:

            def progress(share: float) -> None:
                bar.update(share - bar.n)

            if isinstance(self.loss, Squared):
                sums = MomentSums(len(grid), self.loss)
                self.follow(grid, sums, progress)
                moments = summed_over_ranks(sums.total) / self.weight
                require_finite(grid.tolist(), moments.isfinite().all(1))
                a, b, d = moments.T.cpu().numpy()
                return SquaredSheet(grid, a, b, float(d[0]))
            with self.rays.expecting(grid, progress):
                return RaySheet.measure(self.rays, grid)

    def follow(self, lams: Array, receive: Receiver, progress: Progress) -> None:
        """Give the outputs at increasing lambdas to `receive`, by the method that suits.

        A loader that is not kept is read once, where the weights do not depend on the data.
        """
        usual = self.data.tile
        # random states are kept once, as that takes longer than a small network
        with torch.no_grad(), full_precision(self.device, self.tf32), randomness_kept():
            method, served = self.choice.method(lams, self.data.mine)
            if len(lams) > self._served_at:
                self.served, self._served_at = served, len(lams)
            if method.tile is not None:
                self.data.divide(min(usual, method.tile))
            streams = self.data.streams and not self._recomputes
            by_tile = streams or method is not self.choice.plain
            try:
                with method.keeping(self.memory // 4 if by_tile else 0):
                    if not streams:
                        method.run(lams, self.data, receive, progress)
                        return
                    for number, pair in enumerate(self.data):
                        method.run(lams, [pair], _numbered(receive, number), lambda _: None)
                        progress((number + 1) / len(self.data))
            finally:
                self.data.divide(usual)


def memory_of(given: int | None, device: torch.device) -> int:
    """Bytes that are used, the same on all ranks where nothing is said; an InputError for none."""
    if given is not None and not given > 0:
        raise InputError("memory above 0, in bytes", f"{given}", "10**9 is much.")
    if given is not None:
        return given
    if device.type != "cuda":
        return MEMORY
    free, _ = torch.cuda.mem_get_info(device)
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(-largest_over_ranks(-SHARE * (free + kept)))


def _numbered(receive: Receiver, number: int) -> Receiver:
    """As the tile of this number."""
    return lambda _, raw, first, predictions: receive(number, raw, first, predictions)
