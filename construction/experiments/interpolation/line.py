"""Objective and error along the straight line between two weights, and on beyond the second.

``theta = (1 - alpha) start + alpha stop`` for alpha from 0 to some farthest one. The line beyond is
one of its own, so that both given weights are met to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ...arrays import Array
from ...forward.collect import sheet_of
from ...forward.forward import Forward
from ...loss.loss import Loss
from ...path.paths import Line
from ...sheet.sheet import Sheet


@dataclass(frozen=True)
class AlongLine:
    """What was measured on some samples.

    Attributes:
        alpha: (points,).
        objective: the mean loss, (points,).
        error: the share of samples whose label is not the largest output, (points,).
        sheet: over the alphas up to 1.
        forward: the network on the line from start to stop, whose lambda is alpha.
    """

    alpha: Array
    objective: Array
    error: Array
    sheet: Sheet
    forward: Forward


def measure(
    model: nn.Module,
    start: Mapping[str, Tensor],
    stop: Mapping[str, Tensor],
    data: tuple[Tensor, Tensor],
    *,
    loss: Loss,
    points: int,
    farthest: float = 1.0,
    device: str = "cpu",
) -> AlongLine:
    """Run the network once at every alpha.

    Args:
        model: the architecture.
        start, stop: weights at alpha 0 and 1.
        data: inputs (samples, ...) and class indices (samples,).
        loss: of the objective.
        points: alphas from 0 to 1, both included.
        farthest: the last alpha, in steps as before 1.
        device: where the network runs.

    Raises:
        WeightsError: weights that do not fit each other or the model, or are not finite.

    >>> from construction.network.networks import mlp
    >>> from construction.loss.regression import Squared
    >>> model, x, y = mlp((2, 10)), torch.ones(3, 2), torch.zeros(3, dtype=torch.long)
    >>> start, stop = mlp((2, 10), seed=1).state_dict(), model.state_dict()
    >>> found = measure(model, start, stop, (x, y), loss=Squared(), points=3, farthest=1.5)
    >>> found.alpha.tolist(), found.sheet.lam.tolist()
    ([0.0, 0.5, 1.0, 1.5], [0.0, 0.5, 1.0])
    """
    inside = np.linspace(0, 1, points)
    forward = Forward(model, Line(start, stop), data, loss=loss, device=device)
    outputs = {lam: _outputs(forward, lam) for lam in inside.tolist()}
    targets = data[1].to(forward.device)
    sheet = sheet_of(loss, outputs, targets)
    steps = round((farthest - 1) * (points - 1))
    if steps:
        beyond = Forward(
            model, Line(stop, _extended(start, stop, farthest)), data, loss=loss, device=device
        )
        outputs |= {
            1 + (farthest - 1) * lam: _outputs(beyond, lam)
            for lam in np.linspace(0, 1, steps + 1)[1:].tolist()
        }
    return AlongLine(
        np.array(list(outputs)),
        np.array([_objective(loss, one, targets) for one in outputs.values()]),
        np.array([_error(one, targets) for one in outputs.values()]),
        sheet,
        forward,
    )


def _extended(
    start: Mapping[str, Tensor], stop: Mapping[str, Tensor], farthest: float
) -> dict[str, Tensor]:
    """The weights at the farthest alpha; entries that are not floating point stay."""
    return {
        name: value + (farthest - 1) * (value - start[name]) if value.is_floating_point() else value
        for name, value in stop.items()
    }


def _outputs(forward: Forward, lam: float) -> Tensor:
    """Of all samples, (samples, outputs)."""
    return torch.cat([predictions for predictions, _ in forward.outputs(lam)])


def _objective(loss: Loss, outputs: Tensor, raw: Tensor) -> float:
    """The mean loss, summed in float64."""
    rays, beside = loss.rays(outputs, loss.targets(raw, outputs))
    one = torch.ones(1, dtype=torch.float64, device=outputs.device)
    return float(loss.along(rays[None], beside, one).value) / len(raw)


def _error(outputs: Tensor, labels: Tensor) -> float:
    return float((outputs.argmax(1) != labels).double().mean())
