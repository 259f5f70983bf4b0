"""The data, tile by tile: tensors in memory, or a `DataLoader` that need not fit there.

A loader is read pass after pass, and has to give the same samples in each.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Generator, Tensor
from torch.utils.data import DataLoader

from ..errors import InputError
from ..loss.loss import MISSING, Loss, Raw, Weighted
from ..loss.regression import Squared
from ..network.batch import Batch, Inputs, Predict, joined, mapped_tensors, tensors_of
from ..network.heads import OwnRandomness, random_state
from ..path.paths import unusual_kind
from .ranks import largest_over_ranks, own_share, rank_and_size, require_same, summed_over_ranks
from .tiles import channels_last

#: Most samples a tile; chosen here because the activations of common small networks then stay in
#: cache.
TILE = 1000
#: Samples on which the head is looked for and verified.
PROBE = 64

#: Inputs and targets as tensors or arrays, or what `Reading` takes apart; or a loader of such.
Data = tuple[Any, ArrayLike | Tensor] | Mapping[str, Any] | DataLoader[Any]
Pair = tuple[Inputs, Raw]
#: Where a batch that is a dictionary has its targets.
LABELS = ("labels", "label", "targets", "target")


@dataclass(frozen=True)
class Reading:
    """What of a batch the model is called with, and what are its targets.

    Attributes:
        predict: (model, batch) -> outputs; None for ``model(inputs)`` of a pair (inputs, targets),
            or ``model(**batch)`` of a dictionary without its labels.
        targets: batch -> targets; None for the second of a pair, or the labels of a dictionary.
        weights: batch -> weights of its samples; or those of all, where the data is no loader.
    """

    predict: Predict | None = None
    targets: Callable[[Any], Any] | None = None
    weights: Callable[[Any], Any] | ArrayLike | Tensor | None = None

    def pair(self, batch: Any) -> Pair:
        """Inputs and targets as tensors, where they are.

        Raises:
            InputError: see `Samples`.
        """
        labels = [name for name in LABELS if isinstance(batch, Mapping) and name in batch]
        try:
            if self.targets is not None:
                raw = self.targets(batch)
            elif labels:
                raw = batch[labels[0]]
            elif isinstance(batch, Tensor | Mapping):
                raise TypeError
            else:
                _, raw = batch
            inputs = _plain(self._inputs(batch, raw))
            alone = _tensor(raw)
            given = self.weights(batch) if callable(self.weights) else self.weights
            weights = None if given is None else _tensor(given)
        except (TypeError, ValueError, RuntimeError, KeyError, IndexError, AttributeError) as error:
            raise InputError(
                "data as a pair (inputs, targets) of tensors or arrays",
                _described(batch),
                "Pass all samples as two tensors, or a DataLoader of such pairs; or say how "
                "to call the model and where the targets are: predict=lambda model, batch: "
                "model(batch[0], batch[1]), targets=lambda batch: batch[2].",
            ) from error
        targets = alone if weights is None else _weighted(alone, weights)
        _require_samples(inputs, targets)
        return inputs, targets

    def _inputs(self, batch: Any, raw: Any) -> Any:
        """What the model is called with, without the targets unless `predict` takes all."""
        if self.predict is not None:
            return Batch(batch, self.predict)
        if isinstance(batch, Mapping):
            others = {name: value for name, value in batch.items() if value is not raw}
            return Batch(others) if len(others) > 1 else next(iter(others.values()))
        inputs = batch[0] if len(batch) == 2 else [part for part in batch if part is not raw]
        several = isinstance(inputs, Mapping) or (
            isinstance(inputs, tuple | list) and all(isinstance(x, Tensor) for x in inputs)
        )
        return Batch(inputs) if several else inputs


class Samples:
    """Inputs and targets on the device of the forward pass, in tiles of nearly equal size.

    Tiles are cut alike for any number of ranks that each hold whole ones, and alike for tensors and
    a loader of the same samples in the same order.

    Args:
        data: inputs (samples, ...) and targets (samples, ...), shared out among the ranks; or a
            DataLoader of such batches, this rank's own. What has to be converted or is given by a
            loader is kept where it fits into `budget`, else converted or read anew in each pass.
        device, dtype: of floating-point inputs.
        budget: bytes.
        reading: takes batches apart.
        loss: which says what samples weigh.

    Attributes:
        count, mine: samples of all ranks, and of this one.
        weight, heaviest: the sum of the samples' weights on all ranks, and the largest.
        probe, probe_targets: of a few samples, spread over all where they are tensors, else the
            first.
        held: bytes that are kept above the data, on the rank that keeps most.
        streams: whether each pass reads a loader anew, on any rank.
        channels_last: whether images are given with the channels of a pixel side by side.
        copied: whether each tile is a copy, for a network that writes into its inputs.

    Raises:
        InputError: not pairs of tensors or arrays, of unequal length, none, not finite, or tensors
            that differ between ranks; later a loader that does not give the same samples again.
    """

    def __init__(
        self,
        data: Data,
        device: torch.device,
        dtype: torch.dtype,
        budget: int,
        reading: Reading | None = None,
        loss: Loss | None = None,
    ) -> None:
        self.device, self.dtype = device, dtype
        self.reading, self.loss = reading or Reading(), loss or Squared()
        self.ignores = getattr(self.loss, "missing", "") == "ignore"
        self.weight = self.heaviest = 0.0
        self.channels_last = self.copied = self.streams = False
        self.mine = self.count = self.held = 0
        self._whole: Pair | None = None
        self._loader: Loader | None = None
        if isinstance(data, DataLoader):
            self._read(Loader(data), budget)
        else:
            self._take(self.reading.pair(data), budget)
        if not self.weight > 0:
            raise InputError(
                "targets that count", "none", "Not all may be ignored, missing or of weight 0."
            )
        self.divide(TILE)

    def divide(self, tile: int) -> None:
        """Cut tiles of at most so many samples."""
        self.tile = tile
        whole, ranks = (self.count, rank_and_size()[1]) if self._loader is None else (self.mine, 1)
        tiles = max(-(-whole // tile), ranks)
        own = own_share(tiles) if ranks > 1 else range(tiles)
        self._stops = [k * whole // tiles for k in (*own, own.stop)]
        self.mine = self._stops[-1] - self._stops[0]

    def __len__(self) -> int:
        """How many tiles."""
        return len(self._stops) - 1

    def __iter__(self) -> Iterator[Pair]:
        """Tiles of at most `tile` samples."""
        tiles = self._regrouped() if self._whole is None else self._cut(*self._whole)
        for inputs, targets in tiles:
            yield inputs.clone() if self.copied else inputs, targets

    def _cut(self, inputs: Inputs, targets: Raw) -> Iterator[Pair]:
        for start, stop in pairwise(self._stops):
            yield self._converted(inputs[start:stop], _rows(targets, slice(start, stop)))

    def _note(self, inputs: Inputs, targets: Raw) -> None:
        """Refuse what is not finite, and add what the samples weigh."""
        require_finite(inputs, targets, self.ignores)
        weight, heaviest = self.loss.weigh(targets).tolist()
        self.weight, self.heaviest = self.weight + weight, max(self.heaviest, heaviest)

    def _take(self, whole: Pair, budget: int) -> None:
        """Tensors: kept as they are, and converted at once where that fits."""
        inputs, targets = whole
        self.count, total = len(inputs), 0.0
        for start in range(0, self.count, TILE):
            some = slice(start, start + TILE)
            part = self._converted(inputs[some], _rows(targets, some))
            self._note(*part)
            total += sum(float(_sums(x).sum()) for x in part)
        every = -(-self.count // PROBE)  # spread, as labels are often sorted
        probe, self.probe_targets = self._converted(
            inputs[::every], _rows(targets, slice(None, None, every))
        )
        self.probe = probe.clone()
        ranks = rank_and_size()[1]
        require_same(
            "tensors",
            total + self.count,
            "Pass all samples on each rank, which takes its share of them; or a DataLoader of this "
            "rank's own samples.",
        )
        if self.count < ranks:
            raise InputError(
                f"at least one sample a rank, {ranks}", f"{self.count}", "Use fewer ranks."
            )
        parts = (*tensors_of(inputs), *tensors_of(targets))
        copies = sum(_bytes_as(part, self.device, self.dtype) for part in parts)
        fits = copies <= budget
        self.held, self._whole = (copies, self._converted(*whole)) if fits else (0, whole)

    def _read(self, loader: "Loader", budget: int) -> None:
        """The first pass over a loader, which counts, and keeps what fits on every rank."""
        self._loader, held = loader, 0
        kept: list[Pair] = []
        for inputs, targets in self._batches():
            if not self.mine:
                self.probe = inputs[:PROBE].clone()
                self.probe_targets = mapped_tensors(_rows(targets, slice(PROBE)), Tensor.clone)
            self._note(inputs, targets)
            self.mine += len(inputs)
            held += sum(part.nbytes for part in (*tensors_of(inputs), *tensors_of(targets)))
            kept = [*kept, (inputs, targets)] if held <= budget else []
        if not self.mine:
            raise InputError("at least one sample on every rank", "none", "Pass more samples.")
        self.held = int(largest_over_ranks(held))
        self.streams = self.held > budget
        if self.streams:
            self.held = 0
        else:
            self._whole = put_together(kept)
        own = torch.tensor([self.mine, self.weight], dtype=torch.float64, device=self.device)
        count, self.weight = summed_over_ranks(own).tolist()
        self.count, self.heaviest = int(count), largest_over_ranks(self.heaviest)

    def _batches(self) -> Iterator[Pair]:
        assert self._loader is not None, "tensors are kept"
        for batch in self._loader:
            inputs, targets = self._converted(*self.reading.pair(batch))
            self._loader.note(inputs, targets)
            yield inputs, targets

    def _regrouped(self) -> Iterator[Pair]:
        """The loader's batches as tiles."""
        waiting: list[Pair] = []
        sizes = (stop - start for start, stop in pairwise(self._stops))
        size, ready = next(sizes), 0
        for batch in self._batches():
            waiting.append(batch)
            ready += len(batch[0])
            while ready >= size > 0:
                inputs, targets = put_together(waiting)
                yield inputs[:size], _rows(targets, slice(size))
                waiting, ready = [(inputs[size:], _rows(targets, slice(size, None)))], ready - size
                size = next(sizes, 0)

    def _converted(self, inputs: Inputs, targets: Raw) -> Pair:
        inputs = mapped_tensors(
            inputs, lambda x: x.to(self.device, self.dtype if x.is_floating_point() else x.dtype)
        )
        if self.channels_last and isinstance(inputs, Tensor):
            inputs = channels_last(inputs)
        return inputs, mapped_tensors(targets, lambda x: x.to(self.device))


def _rows(targets: Raw, which: slice) -> Raw:
    """Those of some samples."""
    rows: Raw = mapped_tensors(targets, lambda x: x[which])
    return rows


def _sums(part: Inputs | Raw) -> Tensor:
    """Of all that belongs to a sample, (samples,) float64; NaN counts as 0."""
    sums = [
        x.reshape(len(x), -1).nan_to_num().sum(1, dtype=torch.float64) for x in tensors_of(part)
    ]
    return torch.stack(sums).sum(0)


def _require_samples(inputs: Inputs, targets: Raw) -> None:
    """Refuse inputs and targets that are not of the same samples, one after the other.

    Raises:
        InputError: see `Samples`.
    """
    parts = [*tensors_of(inputs), *tensors_of(targets)]
    unusual = next(filter(None, map(unusual_kind, parts)), None)
    if unusual:
        raise InputError("inputs and targets as plain tensors", unusual, "Convert it first.")
    shapes = [tuple(part.shape) for part in parts]
    count = shapes[0][:1]
    if not count or any(shape[:1] != count for shape in shapes) or parts[0].numel() == 0:
        found = " and ".join(map(str, shapes[:-1]))
        raise InputError(
            "as many targets as inputs, at least one",
            f"inputs of shape {found} and targets of shape {shapes[-1]}",
            "Pass one target a sample; the first axis of every tensor is that of the samples, as "
            "x[None] makes it for a single graph.",
        )


def _weighted(targets: Tensor, weights: Tensor) -> Weighted:
    """Targets with the weights of their samples."""
    if weights.ndim > max(1, targets.ndim) or weights.shape != targets.shape[: weights.ndim]:
        raise InputError(
            f"weights of the samples, ({len(targets)},)",
            f"{tuple(weights.shape)}",
            "Give one number a sample, or for cross-entropy one a label.",
        )
    if not bool((weights.isfinite() & (weights >= 0)).all()):
        raise InputError("weights of at least 0", f"{float(weights.min()):g}", "Leave it out.")
    return Weighted(targets, weights)


def _plain(part: Any) -> Any:
    """Arrays as tensors, other mappings as dictionaries."""
    if isinstance(part, Batch):
        return Batch(_plain(part.content), part.predict)
    if isinstance(part, Mapping):
        return {name: _plain(value) for name, value in part.items()}
    if isinstance(part, tuple | list) and any(isinstance(x, Tensor | np.ndarray) for x in part):
        return [_plain(value) for value in part]
    return _tensor(part) if not isinstance(part, str | None) else part


def _tensor(part: Any) -> Tensor:
    if isinstance(part, Tensor):
        return part.detach()
    array = np.asarray(part)
    if array.dtype.kind == "u" and array.itemsize > 1:  # torch can do little with these
        array = array.astype(np.int64)
    with warnings.catch_warnings():  # torch warns of arrays it must not write to; nothing does here
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)


def _described(data: Any) -> str:
    if isinstance(data, dict):
        return f"a dict with the entries {', '.join(map(repr, data))}"
    if isinstance(data, tuple | list):
        kinds = ", ".join(type(part).__name__ for part in data[:4])
        return f"a {type(data).__name__} of {len(data)}: {kinds}"
    return type(data).__name__


def require_finite(inputs: Inputs, targets: Raw, ignores: bool = False) -> None:
    """Refuse NaN and infinity.

    Args:
        inputs, targets: of some samples.
        ignores: whether targets may be NaN.

    Raises:
        InputError: among inputs or among targets.
    """
    for what, part in (("inputs", inputs), ("targets", targets)):
        for one in tensors_of(part):
            if what == "targets" and ignores:
                one = one.nan_to_num(nan=0.0, posinf=torch.inf, neginf=-torch.inf)
            if not torch.isfinite(one).all():
                remedy = MISSING if what == "targets" else "Remove those samples."
                raise InputError(f"finite {what}", "NaN or infinite ones", remedy)


def put_together(pairs: Sequence[Any], axis: int = 0) -> Any:
    """One pair of several, of tensors that are joined along an axis."""
    if len(pairs) == 1:
        return pairs[0]
    one, other = (joined(parts, axis) for parts in zip(*pairs, strict=True))
    return one, other


def _bytes_as(tensor: Tensor, device: torch.device, dtype: torch.dtype) -> int:
    """What a copy for the forward pass takes; nothing where none is needed."""
    kind = dtype if tensor.is_floating_point() else tensor.dtype
    if tensor.device == device and kind == tensor.dtype:
        return 0
    return tensor.numel() * kind.itemsize


#: Change of the sums over the data, relative to those of absolute values, that is still rounding.
SAME = 1e-9


class Loader:
    """The batches of a loader, as it gives them.

    Every pass starts from the same random state, which is not the user's: a loader that shuffles
    or augments does both alike in each pass, and the user's random numbers stay as they were.

    Args:
        loader: the user's.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        self.loader = loader
        self.generators = _generators_of(loader)
        self.start = random_state(self.generators)
        self.first: Tensor | None = None
        self.sums = torch.zeros(2, dtype=torch.float64, device="cpu")

    def __iter__(self) -> Iterator[Any]:
        """One pass.

        Raises:
            InputError: at its end, where sums over the data are not those of the first pass.
        """
        own = OwnRandomness(self.generators, self.start)
        self.sums = torch.zeros_like(self.sums)
        with own.drawn():
            batches = iter(self.loader)
        while True:
            with own.drawn():
                try:
                    batch = next(batches)
                except StopIteration:
                    break
            yield batch
        self._compare()

    def note(self, inputs: Inputs, targets: Raw) -> None:
        """Add a batch to the sums over this pass, in which each sample meets its target."""
        one, other = _sums(inputs), _sums(targets)
        weighted = one + other + one * other
        self.sums += torch.stack([weighted.sum() + len(inputs), weighted.abs().sum()]).cpu()

    def _compare(self) -> None:
        if self.first is None:
            self.first = self.sums
            return
        before, now = float(self.first[0]), float(self.sums[0])
        if not abs(now - before) <= SAME * float(self.first[1]) + SAME:
            raise InputError(
                "a DataLoader that gives the same samples in every pass",
                f"sums over the data that changed from {before:.12g} to {now:.12g}",
                "Let the data set draw its random numbers from torch, numpy or random, which start "
                "alike in every pass, or from none; and let it be read more than once. Or raise "
                "memory=... so that the data is kept.",
            )


def _generators_of(loader: DataLoader[Any]) -> list[Generator]:
    """Those the user gave the loader and its samplers."""
    sampler = getattr(loader, "sampler", None)
    inner = getattr(getattr(loader, "batch_sampler", None), "sampler", None)
    owners = [getattr(owner, "generator", None) for owner in (loader, sampler, inner)]
    different = {id(one): one for one in owners if isinstance(one, Generator)}
    return list(different.values())
