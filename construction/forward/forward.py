"""Outputs along a path, once a lambda, tile by tile.

From there on no network is needed, as scaling the head by c scales the outputs by c. The squared
loss keeps three moments of them, every other loss the rays themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ..arrays import Array
from ..errors import InputError, WeightsError
from ..loss.loss import Loss
from ..loss.regression import Squared
from ..network.heads import State, evaluate, find_head, private_copy, verify_apart, verify_head
from ..path.paths import Curve, Path, check_finite
from ..sheet.moments import SquaredSheet
from ..sheet.rays import RaySheet, Tile
from ..sheet.sheet import Sheet
from . import layout
from .batch_norm import (
    BATCH,
    BatchNorm,
    normalises_tiles,
    normalising_layers,
    recomputed,
    require_choice,
)
from .choice import Choice
from .collect import Moments
from .hooks import settle
from .method import Plain, Progress, Served, Take
from .placing import check_entries, check_fits, full_precision, moved, place_of
from .ranks import quiet, require_same, summed_over_ranks, telling_the_others
from .samples import Data, Samples
from .store import RayStore
from .tiles import fitting_tile

#: Bytes above data and model that are used, unless told otherwise.
MEMORY = 1_000_000_000
#: A share of the work rather than a count: methods go through lambdas and samples in any order.
BAR = "{desc}: {percentage:3.0f}%|{bar}| [{elapsed}<{remaining}]"


class Forward:
    """A network that can be asked for its sheet at any lambda of a path.

    The user's model is copied, never run or changed. Hooks on it that only watch fire once, on a
    few samples: see `construction.forward.hooks`.

    Args:
        model: any module with a linear last layer.
        path: weights at each lambda.
        data: inputs (samples, ...) and targets, or a DataLoader of such batches.
        loss: convex in the predictions.
        head: name of the last layer; found when None, verified always.
        device, dtype: of the forward pass, float32 or float64; those of W(0) when None. Sums are
            float64 always.
        batch_norm: what becomes of running statistics along the path, for a model that has them.
        memory: bytes above data and model that may be used: half for rays, and for data that is
            read from a loader or converted; a quarter for a tile on its way through the network;
            a quarter for the evaluation of a loss. To the model count the weights of the path in
            `dtype`, and three more copies of them.
        tf32: whether a GPU may round the factors of products to 10 bits.

    Attributes:
        samples: how many, on all ranks together.
        served: which method gave the outputs at most lambdas, and why.
        evaluations: of the rays of one lambda, in all roots so far.
        hooks_taken: whether hooks were taken off the copy, as they change no output.

    Raises:
        InputError: data or a model that cannot be used, or no choice for batch norm.
        WeightsError: weights that do not fit the model, or are not finite.
        HeadError: see `construction.network.heads.verify_head`.
        RankError: another process met an error.
    """

    @telling_the_others()
    def __init__(
        self,
        model: nn.Module,
        path: Path,
        data: Data,
        *,
        loss: Loss | None = None,
        head: str | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        batch_norm: BatchNorm | None = None,
        memory: int = MEMORY,
        tf32: bool = False,
    ) -> None:
        if not callable(path):
            raise InputError(
                "a path: Line, Polyline, Bezier, or a callable from lambda to a state dict",
                type(path).__name__,
                "Two state dicts make Line(initial, final).",
            )
        if not memory > 0:
            raise InputError("memory above 0, in bytes", f"{memory}", "10**9 is the default.")
        initial = path(0.0)
        check_fits(model, initial)
        require_choice(model, batch_norm)
        self.device, self.dtype = place_of(initial, device, dtype)
        self.user_model, self.user_path, self.loss = model, path, loss or Squared()
        self.batch_norm, self.tf32, self.evaluations = batch_norm, tf32, 0
        self.path = moved(path, self.device, self.dtype)
        self._shapes = {name: value.shape for name, value in model.state_dict().items()}
        self.model = private_copy(model).to(self.device, self.dtype)
        self.memory = memory
        self.data = Samples(data, self.device, self.dtype, memory // 4)
        self.samples = self.data.count
        with full_precision(self.device, self.tf32):
            self._prepare(head, memory // 4)
        self.store = RayStore(self, memory)
        self.choice = Choice(
            self.model,
            self.path,
            self.head,
            self.data.probe,
            Plain(self.state, self.predict),
            memory // 4,
            self._refused(),
        )
        self.served, self._served_at = Served("plain", "nothing has been asked yet"), 0

    def _prepare(self, head: str | None, room: int) -> None:
        """Hooks, tiles, batch norm and head, in this order."""
        probe, start = self.data.probe, self.state(0.0)
        before = probe.clone()
        self.hooks_taken = settle(self.model, start, probe)
        self.data.copied = not torch.equal(before, probe)
        most = self.data.tile
        if layout.suits(self.model, start, probe):
            self.path, self.data.channels_last = layout.along(self.path), True
            # statistics of batches depend on their size: that is no matter of speed
            if not normalises_tiles(self.model) and self.batch_norm != "recompute":
                most = layout.TILE
        tile = fitting_tile(self.model, probe, room, most)
        if normalises_tiles(self.model):
            tile = min(tile, BATCH)
        else:
            verify_apart(self.model, start, probe)
        if self.batch_norm == "recompute":
            tile = min(tile, BATCH)
        self._recomputes = self.batch_norm == "recompute" and bool(normalising_layers(self.model))
        if self._recomputes:
            measured = recomputed(self.path, self.model, self.data)
            self.path = lambda lam: self._exactly(measured, lam)
        self.data.divide(tile)
        for lam, name in ((0.0, "W(0)"), (1.0, "W(1)")):
            state = self.state(lam)
            total = sum(float(x.sum(dtype=torch.float64)) for x in state.values())
            require_same(f"the weights {name}", total, "Give each process the same path.")
            if not lam:
                self.head = find_head(self.model, probe) if head is None else head
            verify_head(self.model, state, self.head, probe)

    def _exactly(self, measured: Path, lam: float) -> State:
        with full_precision(self.device, self.tf32):
            return measured(lam)

    def state(self, lam: float) -> State:
        """The weights at lambda, on the device, which no one else holds.

        Raises:
            WeightsError: those of a callable path do not fit or are not finite.
        """
        state = self.path(lam)
        if not isinstance(self.path, Curve):
            _check_returned(self._shapes, state, lam)
        return {name: value.clone() for name, value in state.items()}

    def outputs(self, lam: float) -> Iterator[tuple[Tensor, Tensor]]:
        """Predictions at lambda and targets, tile by tile.

        Raises:
            WeightsError: see `state`; or predictions that are not finite.
        """
        state = self.state(lam)
        for inputs, raw in self.data:
            predictions = self.predict(state, inputs)
            yield predictions, self.loss.targets(raw, predictions)

    def predict(self, state: State, inputs: Tensor) -> Tensor:
        """What the network returns with these weights, in full precision."""
        with torch.no_grad(), full_precision(self.device, self.tf32):
            predictions: Tensor = evaluate(self.model, state, inputs)
        return predictions

    @telling_the_others()
    def moments(self, lam: float) -> Tensor:
        """``(a, b, d)`` of the squared loss at one lambda, float64, on the device."""
        squared = Squared()
        total = torch.zeros(3, dtype=torch.float64, device=self.device)
        for predictions, targets in self.outputs(lam):
            total += squared.moments(predictions, targets)
        return self.require_finite(self.reduced(total) / self.samples, lam)

    @property
    def entries(self) -> int:
        """Of the rays of one lambda, on the rank that has most."""
        return self.store.entries

    @property
    def together(self) -> int:
        """Of how many lambdas the rays are in memory at once, besides those kept."""
        return self.store.together

    def tiles(self, lam: float) -> Callable[[], Iterable[Tile]]:
        """The rays at one lambda: kept, or in memory for a while, or run anew each time."""
        return self.store.tiles(lam)

    def reduced(self, sums: Tensor) -> Tensor:
        """See `construction.forward.ranks.summed_over_ranks`."""
        return summed_over_ranks(sums)

    @telling_the_others()
    def along(self, lams: Iterable[float], label: str = "forward") -> Sheet:
        """The sheet over the given lambdas, with a progress bar in a terminal."""
        grid = np.fromiter(lams, float)
        shown = len(grid) > 1
        with tqdm(total=1.0, desc=label, disable=quiet() if shown else True, bar_format=BAR) as bar:
            if isinstance(self.loss, Squared):
                return self._squared(grid, lambda share: bar.update(share - bar.n))
            self.store.expect(grid, lambda share: bar.update(share - bar.n))
            sheet = RaySheet.measure(self, grid, lambda _: None)
            self.store.expect(grid[:0], lambda _: None)
            return sheet

    def follow(self, lams: Array, take: Take, done: Progress) -> None:
        """Give the outputs at increasing lambdas to `take`, by the method that suits; see `Room`.

        A loader that is not kept is read once, where the weights do not depend on the data.
        """
        room, served = self.choice.room(lams, self.data.mine)
        if len(lams) > self._served_at:
            self.served, self._served_at = served, len(lams)
        usual = self.data.tile
        if room.tile is not None:
            self.data.divide(min(usual, room.tile))
        try:
            with full_precision(self.device, self.tf32):
                if not self.data.streams or self._recomputes:
                    room.run(lams, self.data, take, done)
                    return
                for number, pair in enumerate(self.data):
                    tile = _numbered(take, number)
                    room.run(lams, [pair], tile, lambda _: None)
                    done((number + 1) / len(self.data))
        finally:
            self.data.divide(usual)

    def _squared(self, grid: Array, done: Progress) -> SquaredSheet:
        taken = Moments(len(grid))
        self.follow(grid, taken, done)
        found = self.reduced(taken.total) / self.samples
        for lam, moments in zip(grid.tolist(), found, strict=True):
            self.require_finite(moments, lam)
        a, b, d = found.T.cpu().numpy()
        return SquaredSheet(grid, a, b, float(d[0]))

    def require_finite(self, values: Tensor, lam: float) -> Tensor:
        """The values, or an error where they are not finite.

        Raises:
            WeightsError: with the lambda.
        """
        if not torch.isfinite(values).all():
            raise WeightsError(
                "finite outputs along the path",
                f"NaN or infinite ones at lambda = {lam:.6g}",
                "The weights there overflow: try dtype=torch.float64 or another path.",
            )
        return values

    def _refused(self) -> str | None:
        """Why only the plain method may serve, if so."""
        if self._recomputes:
            return "statistics are measured anew at each lambda"
        if normalises_tiles(self.model):
            return "batches are normalised by their own statistics"
        if any(one._forward_hooks or one._forward_pre_hooks for one in self.model.modules()):
            return "hooks take part in what the model computes"
        return None


def _numbered(take: Take, number: int) -> Take:
    """As the tile of this number."""
    return lambda _, raw, first, predictions: take(number, raw, first, predictions)


def _check_returned(shapes: dict[str, torch.Size], state: State, lam: float) -> None:
    """Refuse what a callable returns on the way: other entries than the model's, or not finite."""
    check_entries(shapes, state)
    for name, value in state.items():
        check_finite(name, value, f"W({lam:.6g})")
