"""How many samples a tile may have, so that what is alive at once stays within a bound."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..network.heads import evaluate

#: Bytes that are counted for one that the network's tensors take, for the workspaces of kernels;
#: chosen here.
SLACK = 2
#: Rays and temporaries of their size that the evaluation of a loss has at once, measured at most 10
#: for the package's own and taken for a user's; 8 bytes an entry.
EVALUATED = 12


def fitting_tile(model: nn.Module, probe: Tensor, room: int, most: int) -> int:
    """The largest number of samples, up to `most`, whose tensors are estimated to fit.

    The network runs on two samples and on four, and its tensors are followed from birth to end; of
    its outputs a loss makes `EVALUATED` times as many numbers in float64.

    Args:
        model: a private copy, in evaluation mode.
        probe: a few inputs.
        room: bytes.
        most: samples.

    >>> wide = nn.Sequential(nn.Linear(10, 1000), nn.ReLU(), nn.Linear(1000, 1))
    >>> fitting_tile(wide, torch.zeros(4, 10), 1_600_000, 1000)  # 2 x 4000 bytes at once
    100
    """
    few, more = probe[:2], probe[:4]
    (start, _), (stop, outputs) = (_alive(model, inputs) for inputs in (few, more))
    grown = len(more) - len(few)
    a_sample = (stop - start) // grown if grown else stop // len(more)
    a_sample = max(SLACK * a_sample, 8 * EVALUATED * outputs // len(more), 1)
    return int(min(most, max(1, room // a_sample)))


def _alive(model: nn.Module, inputs: Tensor) -> tuple[int, int]:
    """Most bytes of tensors at once while the network runs, and the number of its outputs."""
    with torch.no_grad(), _Following() as following:
        outputs = evaluate(model, model.state_dict(), inputs)
    return following.most, sum(x.numel() for x in tree_leaves(outputs) if isinstance(x, Tensor))


class _Following(TorchDispatchMode):
    """Counts the bytes of the tensors that operations make, until they are freed."""

    def __init__(self) -> None:
        TorchDispatchMode.__init__(self)
        self.now = self.most = 0
        self.known: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation, and follow what it returns."""
        old = {_storage(x) for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)}
        found = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(found):
            if isinstance(tensor, Tensor) and _storage(tensor) not in old:
                self._follow(tensor.untyped_storage())
        return found

    def _follow(self, storage: torch.UntypedStorage) -> None:
        if storage in self.known:
            return
        size = storage.nbytes()
        self.known[storage] = size
        self.now += size
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._freed, size)

    def _freed(self, size: int) -> None:
        self.now -= size


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
