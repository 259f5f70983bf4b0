"""The line between two weights, under one treatment of batch normalisation, and its conditions.

An interpolated running variance is not the variance of the interpolated network's activations, so
the treatments give different objectives for the same weights; at lambda = 1 they nearly agree.
"""

from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from ..answers.conditions import Conditions
from ..forward.forward import Forward
from ..forward.samples import Data
from ..network.heads import private_copy
from ..network.states import State
from ..path.paths import Line
from ..sheet.sheet import Sheet
from ..theorem.construct import measure
from .settings import Treatment


def measure_treated(
    model: nn.Module,
    initial: State,
    final: State,
    data: Data,
    treatment: Treatment,
    **options: Any,
) -> tuple[Forward, Sheet]:
    """The network along the line from initial to final weights, and its sheet.

    Args:
        model: that the state dicts fit; never modified.
        initial, final: with running statistics where the model keeps them.
        data, options: see `construction.theorem.construct.measure`.
        treatment: of batch normalisation, see `construction.experiments.settings.Treatment`.
    """
    if treatment == "batch":
        model = without_statistics(model)
        names = model.state_dict().keys()
        initial, final = ({name: state[name] for name in names} for state in (initial, final))
    option = treatment if treatment in ("interpolate", "recompute") else None
    return measure(model, Line(initial, final), data, batch_norm=option, **options)


def without_statistics(model: nn.Module) -> nn.Module:
    """A copy that normalises each batch by the batch's own mean and variance, as in training.

    >>> sorted(without_statistics(nn.BatchNorm1d(3)).state_dict())
    ['bias', 'weight']
    """
    bare = private_copy(model)
    for layer in bare.modules():
        if isinstance(layer, _NormBase):
            layer.track_running_stats = False
            layer.running_mean = layer.running_var = layer.num_batches_tracked = None
    return bare


def verdicts(conditions: Conditions) -> dict[str, Any]:
    """For a manifest: does the theorem apply, and does the sheet hold a path, with the values."""
    kept = ("holds", "value", "bound", "where", "verdict")
    return {
        "theorem_applies": conditions.theorem_applies,
        "sheet_has_path": conditions.sheet_has_path,
        "conditions": {
            one.name: {key: getattr(one, key) for key in kept}
            for one in (conditions.condition_1, conditions.condition_2, conditions.sheet_barrier)
        },
    }
