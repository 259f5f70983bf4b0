"""The batches of a user's `DataLoader`, which has to give the same samples in every pass."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor
from torch.utils.data import DataLoader

from ..errors import InputError
from ..loss.loss import Raw
from ..network.batch import Inputs, tensors_of
from ..network.evaluation import OwnRandomness, random_state


def sums_of(part: Inputs | Raw) -> Tensor:
    """Of all that belongs to a sample, (samples,) float64; NaN counts as 0."""
    sums = [
        x.reshape(len(x), -1).nan_to_num().sum(1, dtype=torch.float64) for x in tensors_of(part)
    ]
    return torch.stack(sums).sum(0)


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
        one, other = sums_of(inputs), sums_of(targets)
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
