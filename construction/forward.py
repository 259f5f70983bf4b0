"""Outputs along a path: one forward pass a lambda, tile by tile.

From there on no network is needed, as scaling the head by c scales the outputs by c. The squared
loss keeps three moments of them, every other loss the rays themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from .batch_norm import BatchNorm, recomputed, require_choice
from .errors import InputError, WeightsError
from .heads import State, evaluate, find_head, private_copy, verify_head
from .losses import Loss
from .moments import SquaredSheet
from .paths import Path, Polyline, check_finite, convert
from .precision import full_precision
from .ranks import quiet, summed_over_ranks
from .rays import RaySheet, Tile
from .regression import Squared
from .samples import Data, Samples
from .sheet import Sheet
from .tiles import fitting_tile

#: Bytes above data and model that are used, unless told otherwise.
MEMORY = 1_000_000_000
#: Entries of rays that are put together into one tile, on a CPU and elsewhere.
JOINED_ON_CPU, JOINED = 2**17, 2**26


class Forward:
    """A network that can be asked for its sheet at any lambda of a path.

    The user's model is copied, never run or changed.

    Args:
        model: any module with a linear last layer.
        path: weights at each lambda.
        data: inputs (samples, ...) and targets, or a DataLoader of such batches.
        loss: convex in the predictions.
        head: name of the last layer; found when None, verified always.
        device, dtype: of the forward pass, float32 or float64; those of W(0) when None. Sums are
            float64 always.
        batch_norm: what becomes of running statistics along the path, for a model that has them.
        memory: bytes above data and model that may be used: half for outputs that are kept, a
            quarter each for the activations of a tile and for data read from a loader.
        tf32: whether a GPU may round the factors of products to 10 bits.

    Attributes:
        samples: how many, on all ranks together.
        entries: of the rays of one lambda, on this rank.
        together: of how many lambdas the rays may be in memory at once, besides those kept.
        evaluations: of the rays of one lambda, in all roots so far.

    Raises:
        InputError: data that cannot be used, or no choice for batch norm.
        WeightsError: weights that do not fit the model, or are not finite.
        HeadError: see `construction.heads.verify_head`.
    """

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
        initial = path(0.0)
        check_fits(model, initial)
        require_choice(model, batch_norm)
        self.device, self.dtype = _place_of(initial, device, dtype)
        self.user_model, self.user_path, self.loss = model, path, loss or Squared()
        self.batch_norm, self.tf32 = batch_norm, tf32
        self.model = private_copy(model).to(self.device, self.dtype)
        self.data = Samples(data, self.device, self.dtype, memory // 4)
        self.samples, self.evaluations = self.data.count, 0
        probe = self.data.probe
        self.path = _moved(path, self.device, self.dtype)
        with full_precision(self.device, self.tf32):
            self.data.tile = fitting_tile(self.model, probe, memory // 4, self.data.tile)
            if batch_norm == "recompute":
                self.path = recomputed(self.path, self.model, self.data)
            self.head = find_head(self.model, probe) if head is None else head
            for lam in (0.0, 1.0):
                verify_head(self.model, self.path(lam), self.head, probe)
        self._kept: dict[float, list[Tile]] = {}
        self._room, self._working = memory // 2 - self.data.held, memory // 4
        self.entries, self._bytes = self._sizes()
        self.together = max(1, self._working // max(1, self._bytes))

    def state(self, lam: float) -> State:
        """The weights at lambda, on the device.

        Raises:
            WeightsError: those of a callable path do not fit or are not finite.
        """
        state = self.path(lam)
        if not isinstance(self.path, Polyline):
            check_fits(self.model, state)
            for name, value in state.items():
                check_finite(name, value, f"W({lam:.6g})")
        return state

    def outputs(self, lam: float) -> Iterator[tuple[Tensor, Tensor]]:
        """Predictions at lambda and targets, tile by tile.

        Raises:
            WeightsError: see `state`; or predictions that are not finite.
        """
        state = self.state(lam)
        for inputs, raw in self.data:
            predictions = self._predict(state, inputs)
            yield predictions, self.loss.targets(raw, predictions)

    def _predict(self, state: State, inputs: Tensor) -> Tensor:
        with torch.no_grad(), full_precision(self.device, self.tf32):
            predictions: Tensor = evaluate(self.model, state, inputs)
        return predictions

    def moments(self, lam: float) -> Tensor:
        """``(a, b, d)`` of the squared loss at one lambda, float64, on the device."""
        squared = Squared()
        total = torch.zeros(3, dtype=torch.float64, device=self.device)
        for predictions, targets in self.outputs(lam):
            total += squared.moments(predictions, targets)
        found = self.reduced(total) / self.samples
        if not torch.isfinite(found).all():
            raise _not_finite(lam)
        return found

    def tiles(self, lam: float) -> Callable[[], Iterable[Tile]]:
        """The rays at one lambda: kept, or in memory for a while, or run anew each time."""
        if lam in self._kept:
            kept = self._kept[lam]
            return lambda: kept
        if self._bytes > self._working:
            return lambda: self._run(lam)
        tiles = list(self._joined(lam))
        if self._bytes <= self._room:
            self._room -= self._bytes
            self._kept[lam] = tiles
        return lambda: tiles

    def reduced(self, sums: Tensor) -> Tensor:
        """See `construction.ranks.summed_over_ranks`."""
        return summed_over_ranks(sums)

    def along(self, lams: Iterable[float], label: str = "forward") -> Sheet:
        """The sheet over the given lambdas, with a progress bar in a terminal."""
        grid = np.fromiter(lams, float)
        shown = len(grid) > 1
        with tqdm(total=len(grid), desc=label, disable=quiet() if shown else True) as bar:
            if not isinstance(self.loss, Squared):
                return RaySheet.measure(self, grid, bar.update)
            if self.data.streams and self.batch_norm != "recompute":
                found = self._in_one_pass(grid.tolist(), bar)
            else:
                found = []
                for lam in grid.tolist():
                    found.append(self.moments(lam))
                    bar.update()
            a, b, d = torch.stack(found, dim=1).cpu().numpy()
        return SquaredSheet(grid, a, b, float(d[0]))

    def _in_one_pass(self, lams: list[float], bar: tqdm[Any]) -> list[Tensor]:
        """The moments at all lambdas while a loader is read once: batch by batch, then lambda."""
        squared = Squared()
        total = torch.zeros(len(lams), 3, dtype=torch.float64, device=self.device)
        done = 0
        for inputs, raw in self.data:
            for k, lam in enumerate(lams):
                predictions = self._predict(self.state(lam), inputs)
                total[k] += squared.moments(predictions, squared.targets(raw, predictions))
            done += len(inputs)
            bar.update(len(lams) * done // self.data.mine - bar.n)
        found = self.reduced(total) / self.samples
        for lam, moments in zip(lams, found, strict=True):
            if not torch.isfinite(moments).all():
                raise _not_finite(lam)
        return list(found)

    def _run(self, lam: float) -> Iterator[Tile]:
        for predictions, targets in self.outputs(lam):
            tile = self.loss.rays(predictions, targets)
            if not torch.isfinite(tile[0]).all():
                raise _not_finite(lam)
            yield tile

    def _joined(self, lam: float) -> Iterator[Tile]:
        """Tiles put together, so that few of them are evaluated."""
        most = JOINED_ON_CPU if self.device.type == "cpu" else JOINED
        waiting: list[Tile] = []
        for tile in self._run(lam):
            waiting.append(tile)
            if sum(rays.numel() for rays, _ in waiting) >= most:
                yield _put_together(waiting, self.loss.axis)
                waiting = []
        if waiting:
            yield _put_together(waiting, self.loss.axis)

    def _sizes(self) -> tuple[int, int]:
        """Entries and bytes of the rays of one lambda, from the probe and the samples' number."""
        if isinstance(self.loss, Squared):
            return 0, 0
        inputs, raw = next(iter(self.data))
        inputs, raw = inputs[: len(self.data.probe)], raw[: len(self.data.probe)]
        with torch.no_grad():
            predictions = evaluate(self.model, self.path(0.0), inputs)
        rays, targets = self.loss.rays(predictions, self.loss.targets(raw, predictions))
        a_sample = [part.numel() // len(inputs) for part in (rays, targets)]
        return a_sample[0] * self.data.mine, 8 * sum(a_sample) * self.data.mine


def _put_together(tiles: list[Tile], axis: int) -> Tile:
    rays, targets = (torch.cat(parts, axis) for parts in zip(*tiles, strict=True))
    return rays, targets


def _not_finite(lam: float) -> WeightsError:
    return WeightsError(
        "finite outputs along the path",
        f"NaN or infinite ones at lambda = {lam:.6g}",
        "The weights there overflow: try dtype=torch.float64 or another path.",
    )


def _moved(path: Path, device: torch.device, dtype: torch.dtype) -> Path:
    """The path with weights on the device; a polyline interpolates in `dtype` itself."""
    if isinstance(path, Polyline):
        return path.to(device, dtype)
    user: Callable[[float], State] = path
    return lambda lam: convert(user(lam), device, dtype)


def _place_of(
    state: State, device: torch.device | str | None, dtype: torch.dtype | None
) -> tuple[torch.device, torch.dtype]:
    """Device and type of the forward pass: as asked, else those of the weights."""
    floats = [value for value in state.values() if value.is_floating_point()]
    if not floats:
        raise WeightsError(
            "weights in the state dict", "none of floating point", "Pass model.state_dict()."
        )
    if dtype is None:  # half precision is too coarse for the roots: such weights run in float32
        dtype = torch.float64 if floats[0].dtype == torch.float64 else torch.float32
    if dtype not in (torch.float32, torch.float64):
        raise InputError("dtype torch.float32 or torch.float64", f"{dtype}", "Use one of the two.")
    place = floats[0].device if device is None else device
    try:
        return torch.empty(0, device=place).device, dtype
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(
            "a device that this PyTorch can use",
            f"{place!s}: {str(error).splitlines()[0]}",
            "Use 'cpu', or leave the device out.",
        ) from error


def check_fits(model: nn.Module, state: State) -> None:
    """Refuse weights that are not the model's.

    Raises:
        WeightsError: entries that are missing, unknown or of another shape.
    """
    if not isinstance(state, Mapping):
        raise WeightsError(
            "a path that returns state dicts", type(state).__name__, "Return name -> tensor."
        )
    own = model.state_dict()
    odd = sorted(own.keys() ^ state.keys())
    odd += [name for name in own.keys() & state.keys() if own[name].shape != state[name].shape]
    if odd:
        raise WeightsError(
            "weights that fit the model",
            f"{len(odd)} entries that are missing, unknown or of another shape, "
            f"the first {odd[0]!r}",
            "Pass the architecture that the state dicts were taken from.",
        )
