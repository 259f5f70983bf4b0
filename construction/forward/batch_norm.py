"""Running statistics of batch normalisation along a path: interpolated, or recomputed.

The two differ much (theory: an interpolated variance is not that of the interpolated network's
activations), so the choice is the user's, explicit, and recorded.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Literal

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm, _NormBase

from ..errors import InputError, require_one_of
from ..loss.loss import Raw
from ..network.evaluation import Inputs, private_copy, randomness_kept, run
from ..network.states import State
from ..path.paths import Path
from .ranks import distributed, summed_over_ranks

#: "interpolate": the buffers lie on the path like every other entry. "recompute": at each lambda,
#: both ends included, they are measured anew on the data.
BatchNorm = Literal["interpolate", "recompute"]

#: Most samples whose mean and variance are taken together: statistics depend on it, so it is no
#: matter of the memory or of the number of ranks. Chosen here, as networks are often trained with
#: about as many.
BATCH = 128


def normalising_layers(model: nn.Module) -> list[str]:
    """Names of the layers that keep running statistics.

    >>> normalising_layers(nn.Sequential(nn.BatchNorm1d(2), nn.LayerNorm(2)))
    ['0']
    """
    return [name for name, module in model.named_modules() if _keeps(module)]


def normalises_tiles(model: nn.Module) -> bool:
    """Whether batches are always normalised by their own statistics, as none are kept."""
    return any(isinstance(one, _BatchNorm) and not _keeps(one) for one in model.modules())


def require_choice(model: nn.Module, choice: BatchNorm | None) -> None:
    """Refuse by an InputError a choice that is needed and missing, unknown, or not to be had."""
    layers = normalising_layers(model)
    if choice is not None:
        require_one_of(("interpolate", "recompute"), choice, "batch_norm")
    if layers and choice is None:
        raise InputError(
            "a choice for the running statistics along the path, batch_norm='interpolate' or "
            "'recompute'",
            f"none, and {len(layers)} layers that keep them, the first {layers[0]!r}",
            "'recompute' measures them on the data at each lambda, a second forward pass; "
            "'interpolate' takes them as weights like the others.",
        )
    synced = [name for name, one in model.named_modules() if isinstance(one, nn.SyncBatchNorm)]
    if choice == "recompute" and synced and distributed():
        raise InputError(
            "layers that normalise each rank's own batches where statistics are recomputed",
            f"SyncBatchNorm, as {synced[0]!r}",
            "Use batch_norm='interpolate', a model with BatchNorm layers, or a single process.",
        )


def recomputed(
    path: Path, model: nn.Module, tiles: Iterable[tuple[Inputs, Raw]]
) -> Callable[[float], State]:
    """The path with running statistics measured anew at each lambda, its ends included.

    Each layer averages the means and variances of all tiles, each tile counting the same, as
    `torch.optim.swa_utils.update_bn` does; dropout stays off. The model is copied, and the tiles,
    inputs and targets, are gone through once a lambda.
    """
    runner = private_copy(model)
    layers = [module for module in runner.modules() if isinstance(module, _NormBase)]
    layers = [layer for layer in layers if _keeps(layer)]
    calls = Counter[nn.Module]()

    def average(layer: _NormBase, _: object) -> None:
        """The plain average over all tiles, and over all calls where there are several a tile."""
        calls[layer] += 1
        layer.momentum = 1 / calls[layer]

    for layer in layers:
        layer.register_forward_pre_hook(average)

    def measured(lam: float) -> State:
        runner.load_state_dict(path(lam), strict=False)
        for layer in layers:
            layer.reset_running_stats()
            layer.train()
        count = 0
        calls.clear()
        with torch.no_grad(), randomness_kept():
            for inputs, _ in tiles:
                count += 1
                run(runner, {}, inputs)
        _average_over_ranks(layers, count)
        return {name: value.clone() for name, value in runner.state_dict().items()}

    return measured


def _keeps(module: nn.Module) -> bool:
    return isinstance(module, _NormBase) and module.running_mean is not None


def _average_over_ranks(layers: list[_NormBase], count: int) -> None:
    """Of so many tiles here; all layers travel together."""
    entries = [x for layer in layers for x in (layer.running_mean, layer.running_var)]
    kept = [x for x in entries if x is not None]
    sums = torch.cat([torch.cat(kept).double() * count, kept[0].new_tensor([count]).double()])
    if distributed():
        sums = summed_over_ranks(sums)
        count = int(sums[-1])
    means = (sums[:-1] / count).split([len(x) for x in kept])
    for entry, mean in zip(kept, means, strict=True):
        entry.copy_(mean)
    for layer in layers:
        if layer.num_batches_tracked is not None:
            layer.num_batches_tracked.fill_(count)
