"""The data, tile by tile: tensors in memory, or a `DataLoader` that need not fit there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.utils.data import DataLoader

from .errors import InputError
from .ranks import share, summed_over_ranks

#: Most samples a tile; chosen here because the activations of common small networks then stay in
#: cache.
TILE = 1000
#: Samples on which the head is looked for and verified.
PROBE = 64
#: Relative change of the inputs' sum from one pass of a loader to the next that is still the same
#: data in another order.
SAME = 1e-9

#: Inputs and targets as tensors or arrays, or a loader of such pairs.
Data = tuple[ArrayLike | Tensor, ArrayLike | Tensor] | DataLoader[Any]


class Samples:
    """Inputs and targets on the device of the forward pass, in tiles.

    Args:
        data: inputs (samples, ...) and targets (samples, ...), shared out among the ranks; or a
            DataLoader of such batches, this rank's own. What a loader gives is kept where it fits
            into `room`, else it is read anew in each pass, and has to give the same samples.
        device, dtype: of floating-point inputs.
        room: bytes.

    Attributes:
        count, mine: samples of all ranks, and of this one.
        probe: inputs of the first few samples.
        held: bytes of a loader that are kept.

    Raises:
        InputError: not pairs of tensors or arrays, of unequal length, none, or not finite.
    """

    def __init__(self, data: Data, device: torch.device, dtype: torch.dtype, room: int) -> None:
        self.device, self.dtype, self.tile, self.held = device, dtype, TILE, 0
        self._loader: DataLoader[Any] | None = None
        self._kept: list[tuple[Tensor, Tensor]] = []
        self._sum: float | None = None
        if isinstance(data, DataLoader):
            self._loader = data
            count = self._first_pass(data, room)
        else:
            inputs, targets = self._checked(data)
            mine = share(len(inputs))
            self._kept = [(inputs[mine], targets[mine])]
            count = len(inputs[mine])
        self.mine = count
        total = summed_over_ranks(torch.tensor(float(count), dtype=torch.float64, device=device))
        self.count = int(total)
        if not count:
            raise InputError("at least one sample on every rank", "none", "Pass more samples.")

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Tiles of at most `tile` samples."""
        for inputs, targets in self._kept or self._streamed():
            for start in range(0, len(inputs), self.tile):
                part = slice(start, start + self.tile)
                yield inputs[part], targets[part]

    @property
    def streams(self) -> bool:
        """Whether each pass reads the loader anew."""
        return not self._kept

    def _first_pass(self, loader: DataLoader[Any], room: int) -> int:
        count = 0
        for inputs, targets in self._streamed():
            count += len(inputs)
            self.held += _bytes(inputs) + _bytes(targets)
            if self.held <= room:
                self._kept.append((inputs, targets))
            else:
                self._kept = []
        if self.held > room:
            self._kept, self.held = [], 0
        elif self._kept:
            inputs, targets = (torch.cat(parts) for parts in zip(*self._kept, strict=True))
            self._kept = [(inputs, targets)]
        return count

    def _streamed(self) -> Iterator[tuple[Tensor, Tensor]]:
        """One pass over the loader, which is compared with the first one."""
        assert self._loader is not None, "tensors are kept"
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for batch in self._loader:
            inputs, targets = self._checked(batch)
            total += inputs.double().sum() + targets.double().sum() + len(inputs)
            yield inputs, targets
        if self._sum is None:
            self._sum = float(total)
        elif not abs(float(total) - self._sum) <= SAME * max(abs(self._sum), 1.0):
            raise InputError(
                "a DataLoader that gives the same samples in every pass",
                f"sums of the data that changed from {self._sum:.12g} to {float(total):.12g}",
                "Switch random augmentation off, and drop_last with shuffle; or raise memory=... "
                "so that the data is read once.",
            )

    def _checked(self, data: Any) -> tuple[Tensor, Tensor]:
        try:
            inputs, targets = (torch.as_tensor(part, device=self.device) for part in data)
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(
                "data as a pair (inputs, targets) of tensors or arrays",
                type(data).__name__,
                "Pass all samples as two tensors, or a DataLoader of such pairs.",
            ) from error
        if not inputs.ndim or inputs.shape[:1] != targets.shape[:1] or inputs.numel() == 0:
            raise InputError(
                "as many targets as inputs, at least one",
                f"inputs of shape {tuple(inputs.shape)} and targets of shape "
                f"{tuple(targets.shape)}",
                "Pass one target a sample.",
            )
        if inputs.is_floating_point():
            inputs = inputs.to(self.dtype)
            if not torch.isfinite(inputs).all():
                raise InputError("finite inputs", "NaN or infinite ones", "Remove those samples.")
        if not hasattr(self, "probe"):
            self.probe = inputs[:PROBE].clone()
        return inputs, targets


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
