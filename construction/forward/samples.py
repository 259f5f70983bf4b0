"""The data, tile by tile: tensors in memory, or a `DataLoader` that need not fit there.

A loader is read pass after pass, and has to give the same samples in each.
"""

import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Generator, Tensor
from torch.utils.data import DataLoader

from ..errors import InputError
from ..network.heads import OwnRandomness, random_state
from ..path.paths import unusual_kind
from .ranks import largest_over_ranks, own_share, rank_and_size, require_same, summed_over_ranks
from .tiles import channels_last

#: Most samples a tile; chosen here because the activations of common small networks then stay in
#: cache.
TILE = 1000
#: Samples on which the head is looked for and verified.
PROBE = 64

#: Inputs and targets as tensors or arrays, or a loader of such pairs.
Data = tuple[ArrayLike | Tensor, ArrayLike | Tensor] | DataLoader[Any]
Pair = tuple[Tensor, Tensor]


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

    Attributes:
        count, mine: samples of all ranks, and of this one.
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

    def __init__(self, data: Data, device: torch.device, dtype: torch.dtype, budget: int) -> None:
        self.device, self.dtype = device, dtype
        self.channels_last = self.copied = self.streams = False
        self.mine = self.count = self.held = 0
        self._whole: Pair | None = None
        self._loader: Loader | None = None
        if isinstance(data, DataLoader):
            self._read(Loader(data), budget)
        else:
            self._take(as_pair(data), budget)
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

    def _cut(self, inputs: Tensor, targets: Tensor) -> Iterator[Pair]:
        for start, stop in pairwise(self._stops):
            yield self._converted(inputs[start:stop], targets[start:stop])

    def _take(self, whole: Pair, budget: int) -> None:
        """Tensors: kept as they are, and converted at once where that fits."""
        inputs, targets = whole
        self.count, total = len(inputs), 0.0
        for start in range(0, self.count, TILE):
            part = self._converted(inputs[start : start + TILE], targets[start : start + TILE])
            require_finite(*part)
            total += float(part[0].sum(dtype=torch.float64) + part[1].sum(dtype=torch.float64))
        every = -(-self.count // PROBE)  # spread, as labels are often sorted
        probe, self.probe_targets = self._converted(inputs[::every], targets[::every])
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
        copies = sum(_bytes_as(part, self.device, self.dtype) for part in whole)
        fits = copies <= budget
        self.held, self._whole = (copies, self._converted(*whole)) if fits else (0, whole)

    def _read(self, loader: "Loader", budget: int) -> None:
        """The first pass over a loader, which counts, and keeps what fits on every rank."""
        self._loader, held = loader, 0
        kept: list[Pair] = []
        for inputs, targets in self._batches():
            if not self.mine:
                self.probe, self.probe_targets = inputs[:PROBE].clone(), targets[:PROBE].clone()
            self.mine += len(inputs)
            held += inputs.nbytes + targets.nbytes
            kept = [*kept, (inputs, targets)] if held <= budget else []
        if not self.mine:
            raise InputError("at least one sample on every rank", "none", "Pass more samples.")
        self.held = int(largest_over_ranks(held))
        self.streams = self.held > budget
        if self.streams:
            self.held = 0
        else:
            self._whole = put_together(kept)
        own = torch.tensor(self.mine, dtype=torch.float64, device=self.device)
        self.count = int(summed_over_ranks(own))

    def _batches(self) -> Iterator[Pair]:
        assert self._loader is not None, "tensors are kept"
        for batch in self._loader:
            inputs, targets = self._converted(*as_pair(batch))
            require_finite(inputs, targets)
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
                yield inputs[:size], targets[:size]
                waiting, ready = [(inputs[size:], targets[size:])], ready - size
                size = next(sizes, 0)

    def _converted(self, inputs: Tensor, targets: Tensor) -> Pair:
        kind = self.dtype if inputs.is_floating_point() else inputs.dtype
        inputs = inputs.to(self.device, kind)
        if self.channels_last:
            inputs = channels_last(inputs)
        return inputs, targets.to(self.device)


def as_pair(data: Any) -> Pair:
    """Inputs and targets as tensors, where they are.

    Raises:
        InputError: see `Samples`.
    """
    try:
        if isinstance(data, Tensor | dict):
            raise TypeError
        inputs, targets = map(_tensor, data)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            "data as a pair (inputs, targets) of tensors or arrays",
            _described(data),
            "Pass all samples as two tensors, or a DataLoader of such pairs: give it a collate_fn "
            "that makes them, and wrap a model that takes several inputs in one that takes them "
            "as one tensor.",
        ) from error
    unusual = unusual_kind(inputs) or unusual_kind(targets)
    if unusual:
        raise InputError("inputs and targets as plain tensors", unusual, "Convert it first.")
    if not inputs.ndim or inputs.shape[:1] != targets.shape[:1] or inputs.numel() == 0:
        raise InputError(
            "as many targets as inputs, at least one",
            f"inputs of shape {tuple(inputs.shape)} and targets of shape {tuple(targets.shape)}",
            "Pass one target a sample.",
        )
    return inputs, targets


def _tensor(part: Any) -> Tensor:
    if isinstance(part, Tensor):
        return part.detach()
    array = np.asarray(part)
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


def require_finite(*pair: Tensor) -> None:
    """Refuse NaN and infinity.

    Raises:
        InputError: among inputs or among targets.
    """
    for what, part in zip(("inputs", "targets"), pair, strict=True):
        if not torch.isfinite(part).all():
            raise InputError(f"finite {what}", "NaN or infinite ones", "Remove those samples.")


def put_together(pairs: Sequence[Pair], axis: int = 0) -> Pair:
    """One pair of several, of tensors that are joined along an axis."""
    if len(pairs) == 1:
        return pairs[0]
    one, other = (torch.cat(parts, axis) for parts in zip(*pairs, strict=True))
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

    def note(self, inputs: Tensor, targets: Tensor) -> None:
        """Add a batch to the sums over this pass, in which each sample meets its target."""
        one, other = (
            part.reshape(len(part), -1).sum(1, dtype=torch.float64) for part in (inputs, targets)
        )
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
