"""The data, tile by tile: tensors in memory, or a `DataLoader` that need not fit there."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Generator, Tensor
from torch.utils.data import DataLoader, SequentialSampler

from ..errors import InputError
from ..files.weights import checksum
from ..loss.loss import Loss, Raw
from ..loss.regression import Squared
from ..network.evaluation import Inputs, mapped_tensors, random_state, randomness_kept, tensors_of
from .batches import Data, Pair, Reading, arriving, put_together, require_finite, rows_of
from .ranks import largest_over_ranks, rank_and_size, require_same, summed_over_ranks
from .tiles import channels_last

#: Most samples a tile on a CPU; chosen here because the activations of common small networks then
#: stay in cache. A GPU takes as many as its memory allows.
TILE = 1000
#: Samples on which the head is looked for and verified.
PROBE = 64
#: Change of the sums over the data, relative to those of absolute values, that is still rounding.
SAME = 1e-9


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
        reading, loss: take batches apart, and say what samples weigh.

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
        self._loader: _Loader | None = None
        self._stays = True
        self._output: Tensor | None = None
        if isinstance(data, DataLoader):
            _require_in_order(data, self.reading.weights)
            self._read(_Loader(data, self), budget)
        else:
            self._take(self.reading.pair(data), budget)
        if not self.weight > 0:
            raise InputError(
                "targets that count", "none", "Not all may be ignored, missing or of weight 0."
            )
        self.divide(TILE if device.type == "cpu" else self.count)

    def expect(self, outputs: Tensor) -> None:
        """Look at all targets once, or in each pass if read anew, as `Loss.require` does."""
        self._output = outputs[:1]
        if not self.streams:
            for _, raw in self:
                self._require(raw)

    def _require(self, raw: Raw) -> None:
        if self._output is not None:
            number = len(tensors_of(raw)[0])
            self.loss.require(raw, self._output.expand(number, *self._output.shape[1:]))

    def divide(self, tile: int) -> None:
        """Cut tiles of at most so many samples."""
        self.tile = tile
        if self._loader is None:
            whole, (rank, ranks) = self.count, rank_and_size()
        else:  # it gives this rank's own samples
            whole, rank, ranks = self.mine, 0, 1
        tiles = max(-(-whole // tile), ranks)
        own = range(rank * tiles // ranks, (rank + 1) * tiles // ranks + 1)
        self._stops = [k * whole // tiles for k in own]
        self.mine = self._stops[-1] - self._stops[0]

    def __len__(self) -> int:
        """How many tiles."""
        return len(self._stops) - 1

    def __iter__(self) -> Iterator[Pair]:
        """Tiles of at most `tile` samples."""
        if self._whole is None:
            tiles = self._regrouped()
        elif self._stays:
            tiles = map(self._converted, self._cut(*self._whole))
        else:
            tiles = self.arriving(self._cut(*self._whole))
        for inputs, targets in tiles:
            if self.streams:
                self._require(targets)
            yield inputs.clone() if self.copied else inputs, targets

    @property
    def checksum(self) -> int:
        """Of every sample's inputs and targets, of all ranks, whatever the tiles and order."""
        own = 0
        for pair in self:
            tensors = [x.cpu() for part in pair for x in tensors_of(part)]
            for k in range(len(tensors[0])):
                rows = {str(number): x[k] for number, x in enumerate(tensors)}
                own += int(checksum(rows)[:8], 16)
        return int(summed_over_ranks(torch.tensor([own], device=self.device)))

    def arriving(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """The pairs, converted and on the device."""
        return arriving(pairs, self._converted, self.device)

    def _cut(self, inputs: Inputs, targets: Raw) -> Iterator[Pair]:
        for start, stop in pairwise(self._stops):
            yield inputs[start:stop], rows_of(targets, slice(start, stop))

    def _note(self, inputs: Inputs, targets: Raw) -> None:
        """Refuse what is not finite, and add what the samples weigh."""
        require_finite(inputs, targets, self.ignores)
        weight, heaviest = self.loss.weigh(targets).tolist()
        self.weight, self.heaviest = self.weight + weight, max(self.heaviest, heaviest)

    def _take(self, whole: Pair, budget: int) -> None:
        """Tensors: kept as they are, and converted at once where that fits."""
        inputs, targets = whole
        self.count, total, copies = len(inputs), 0.0, 0
        for start in range(0, self.count, TILE):
            some = slice(start, start + TILE)
            given = inputs[some], rows_of(targets, some)
            part = self._converted(given)
            self._note(*part)
            total += sum(float(_sums_of(x).sum()) for x in part)
            for one, other in zip(given, part, strict=True):  # what is converted is a copy
                same = {*map(id, tensors_of(one))}
                copies += sum(x.nbytes for x in tensors_of(other) if id(x) not in same)
        every = -(-self.count // PROBE)  # spread, as labels are often sorted
        some = slice(None, None, every)
        probe, self.probe_targets = self._converted((inputs[some], rows_of(targets, some)))
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
        self._stays = copies <= budget
        self.held, self._whole = (copies, self._converted(whole)) if self._stays else (0, whole)

    def _read(self, loader: "_Loader", budget: int) -> None:
        """The first pass over a loader, which counts, and keeps what fits on every rank."""
        self._loader, held = loader, 0
        kept: list[Pair] = []
        for inputs, targets in loader:
            if not self.mine:
                self.probe = inputs[:PROBE].clone()
                self.probe_targets = mapped_tensors(rows_of(targets, slice(PROBE)), Tensor.clone)
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

    def _regrouped(self) -> Iterator[Pair]:
        """The loader's batches as tiles."""
        waiting: list[Pair] = []
        sizes = (stop - start for start, stop in pairwise(self._stops))
        size, ready = next(sizes), 0
        assert self._loader is not None, "tensors are kept"
        for batch in self._loader:
            waiting.append(batch)
            ready += len(batch[0])
            while ready >= size > 0:
                inputs, targets = put_together(waiting)
                yield inputs[:size], rows_of(targets, slice(size))
                waiting = [(inputs[size:], rows_of(targets, slice(size, None)))]
                ready, size = ready - size, next(sizes, 0)

    def _converted(self, pair: Pair) -> Pair:
        def there(x: Tensor, kind: torch.dtype | None = None) -> Tensor:
            # page-locked memory is not waited for
            return x.to(self.device, kind or x.dtype, non_blocking=self.device.type == "cuda")

        inputs = mapped_tensors(
            pair[0], lambda x: there(x, self.dtype if x.is_floating_point() else None)
        )
        if self.channels_last and isinstance(inputs, Tensor):
            inputs = channels_last(inputs)
        return inputs, mapped_tensors(pair[1], there)


class _Loader:
    """The batches of a user's `DataLoader`, drawn in each pass from the same random state."""

    def __init__(self, loader: DataLoader[Any], samples: Samples) -> None:
        self.loader, self.samples = loader, samples
        self.generators = _generators_of(loader)
        self.start = random_state(self.generators)
        self.first: Tensor | None = None

    def __iter__(self) -> Iterator[Pair]:
        sums = torch.zeros(2, dtype=torch.float64, device=self.samples.device)
        for inputs, targets in self.samples.arriving(self._drawn()):
            one, other = _sums_of(inputs), _sums_of(targets)
            weighted = one + other + one * other  # each sample meets its target
            sums += torch.stack([weighted.sum() + len(inputs), weighted.abs().sum()])
            yield inputs, targets
        self._compare(sums.cpu())

    def _drawn(self) -> Iterator[Pair]:
        own = list(self.start)
        with randomness_kept(self.generators, own):
            batches = iter(self.loader)
        while True:
            with randomness_kept(self.generators, own):
                try:
                    batch = next(batches)
                except StopIteration:
                    break
            yield self.samples.reading.pair(batch)

    def _compare(self, sums: Tensor) -> None:
        if self.first is None:
            self.first = sums
            return
        before, now = float(self.first[0]), float(sums[0])
        if not abs(now - before) <= SAME * float(self.first[1]) + SAME:
            raise InputError(
                "a DataLoader that gives the same samples in every pass",
                f"sums over the data that changed from {before:.12g} to {now:.12g}",
                "Let the data set draw its random numbers from torch, numpy or random, which start "
                "alike in every pass, or from none; and let it be read more than once. Or raise "
                "memory=... so that the data is kept.",
            )


def _require_in_order(loader: DataLoader[Any], weights: object) -> None:
    """Refuse a tensor of weights beside a loader, unless it gives all samples at once, in order."""
    sampler = getattr(loader.batch_sampler, "sampler", None)
    at_once = isinstance(sampler, SequentialSampler) and len(loader) == 1
    if not (weights is None or callable(weights) or at_once):
        raise InputError(
            "weights as a function of a batch, as a DataLoader gives samples in its own order",
            "a tensor of all",
            "Put them into the data set: weights=lambda batch: batch[2], and targets= and "
            "predict= as well.",
        )


def _generators_of(loader: DataLoader[Any]) -> list[Generator]:
    """Those the user gave the loader and its samplers."""
    sampler = getattr(loader, "sampler", None)
    inner = getattr(getattr(loader, "batch_sampler", None), "sampler", None)
    owners = [getattr(owner, "generator", None) for owner in (loader, sampler, inner)]
    different = {id(one): one for one in owners if isinstance(one, Generator)}
    return list(different.values())


def _sums_of(part: Inputs | Raw) -> Tensor:
    """Of all that belongs to a sample, (samples,) float64; NaN counts as 0."""
    real = [torch.view_as_real(x.resolve_conj()) if x.is_complex() else x for x in tensors_of(part)]
    sums = [x.reshape(len(x), -1).nan_to_num().sum(1, dtype=torch.float64) for x in real]
    return torch.stack(sums).sum(0)
