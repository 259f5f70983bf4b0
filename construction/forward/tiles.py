"""Tiles as a CPU likes them: so many samples that memory suffices, and images channels last.

How many samples a tile may have follows from what a network has alive at once. Convolutions run
about twice as fast with the channels of a pixel side by side, on tiles whose activations stay in
cache (`benchmarks.forward`): products are added in another order, nothing else changes.
"""

import weakref
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..errors import InputError
from ..network.evaluation import Inputs, evaluate
from ..network.states import State
from .precision import equal_to_rounding

#: Bytes that are counted for one that the network's tensors take, for the workspaces of kernels;
#: chosen here.
SLACK = 2
#: Rays and temporaries of their size that the evaluation of a loss has at once, measured at most 10
#: for the package's own and taken for a user's; 8 bytes an entry.
EVALUATED = 12
#: Samples a tile of a network whose tensors cannot be followed; chosen here.
UNKNOWN = 16
#: Samples a tile of images: activations of common networks on small ones then stay in cache;
#: measured.
IMAGES = 64


def fitting_tile(model: nn.Module, probe: Inputs, budget: int, most: int) -> int:
    """The largest number of samples, up to `most`, whose tensors are estimated to fit the bytes.

    The network, a private copy, runs on two samples and on four, and its tensors are followed from
    birth to end; of its outputs a loss makes `EVALUATED` times as many numbers in float64.
    `UNKNOWN` where it does not run so.

    >>> wide = nn.Sequential(nn.Linear(10, 1000), nn.ReLU(), nn.Linear(1000, 1))
    >>> fitting_tile(wide, torch.zeros(4, 10), 1_600_000, 1000)  # 2 x 4000 bytes at once
    100
    """
    few, more = probe[:2], probe[:4]
    try:
        (start, _), (stop, outputs) = (_alive(model, inputs) for inputs in (few, more))
    except InputError:  # it ran before, without being followed
        return min(most, UNKNOWN)
    grown = len(more) - len(few)
    a_sample = (stop - start) // grown if grown else stop // len(more)
    a_sample = max(SLACK * a_sample, 8 * EVALUATED * outputs // len(more), 1)
    return int(min(most, max(1, budget // a_sample)))


def _alive(model: nn.Module, inputs: Inputs) -> tuple[int, int]:
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
        old = {_address(x) for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)}
        results = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(results):
            address = _address(tensor) if isinstance(tensor, Tensor) else None
            if address is not None and address not in old:
                self._follow(tensor.untyped_storage())
        return results

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


def _address(tensor: Tensor) -> int | None:
    """Of its numbers; None where it has none of its own, as inside `torch.func.jvp`."""
    try:
        return tensor.untyped_storage().data_ptr()
    except RuntimeError:
        return None


def suits_channels_last(model: nn.Module, state: State, inputs: Inputs) -> bool:
    """Whether the network is one of 2-D convolutions that runs with channels last, to rounding.

    >>> network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 1))
    >>> suits_channels_last(network, network.state_dict(), torch.randn(2, 3, 3, 3))
    True
    """
    if not isinstance(inputs, Tensor):
        return False
    convolves = any(type(module) is nn.Conv2d for module in model.modules())
    on_cpu = inputs.device.type == "cpu" and torch.backends.mkldnn.is_available()
    if not (convolves and on_cpu and inputs.ndim == 4 and inputs.dtype == torch.float32):
        return False
    with torch.no_grad():
        wanted = evaluate(model, state, inputs)
        try:
            outputs = evaluate(model, arranged(state), channels_last(inputs))
        except InputError:  # as where a view needs the usual layout
            return False
    return equal_to_rounding(wanted, outputs)


def channels_last(images: Tensor) -> Tensor:
    """Images (samples, channels, rows, columns) with the channels of a pixel side by side."""
    return images.contiguous(memory_format=torch.channels_last)


def arranged(state: State) -> State:
    """The weights, those of 2-D convolutions with their channels last."""
    return {name: channels_last(x) if x.ndim == 4 else x for name, x in state.items()}
