"""The line between two weights under one treatment of batch normalisation.

An interpolated running variance is not the variance of the interpolated network's activations, so
the treatments give different objectives for the same weights; at lambda = 1 they nearly agree.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from ..forward.batch_norm import BatchNorm
from ..network.heads import State, private_copy
from ..path.paths import Line, Polyline
from .settings import Treatment


class Treated(NamedTuple):
    """What `construction.theorem.construct.measure` takes: model, path, and its option."""

    model: nn.Module
    line: Polyline
    batch_norm: BatchNorm | None


def treated(model: nn.Module, initial: State, final: State, treatment: Treatment) -> Treated:
    """The line from initial to final weights under one treatment of batch normalisation.

    Args:
        model: that the state dicts fit; never modified.
        initial, final: with running statistics where the model keeps them.
        treatment: see `construction.experiments.settings.Treatment`.

    >>> from torch import nn
    >>> network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    >>> state = network.state_dict()
    >>> sorted(treated(network, state, state, "batch").line(0.5))
    ['0.bias', '0.weight', '1.bias', '1.weight', '2.bias', '2.weight']
    """
    if treatment == "batch":
        bare = without_statistics(model)
        names = bare.state_dict().keys()
        ends = (
            {name: value for name, value in state.items() if name in names}
            for state in (initial, final)
        )
        return Treated(bare, Line(*ends), None)
    option = treatment if treatment in ("interpolate", "recompute") else None
    return Treated(model, Line(initial, final), option)


def without_statistics(model: nn.Module) -> nn.Module:
    """A copy that normalises each batch by the batch's own mean and variance, as in training."""
    bare = private_copy(model)
    for layer in bare.modules():
        if isinstance(layer, _NormBase):
            layer.track_running_stats = False
            layer.running_mean = layer.running_var = layer.num_batches_tracked = None
    return bare
