"""The mean objective and the means of metrics, of predictions that come tile by tile."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from ..arrays import Array
from ..errors import InputError
from ..forward.ranks import summed_over_ranks
from ..loss.loss import Loss, Raw, Weighted

#: Of predictions (samples, ...) and targets as the user gives them, one number a sample.
Metric = Callable[[Tensor, Tensor], Tensor]


def error(predictions: Tensor, targets: Tensor) -> Tensor:
    """Whether the largest output is another than that of the sample's class, (samples,).

    >>> error(torch.tensor([[0.2, 0.8], [0.9, 0.1]]), torch.tensor([1, 1])).tolist()
    [False, True]
    """
    return predictions.argmax(1) != targets


def usual_metrics(predictions: Tensor, targets: Raw) -> dict[str, Metric]:
    """The error, where targets are class indices and predictions a number a class; else none."""
    if isinstance(targets, Weighted):
        targets = targets.targets
    indices = targets.ndim == 1 and not targets.is_floating_point()
    return {"error": error} if indices and predictions.ndim == 2 < 1 + predictions.shape[1] else {}


class Means:
    """Receives predictions of so many lambdas, as `construction.forward.method.Receiver` says.

    Targets were looked at before, see `construction.forward.samples.Samples.expect`.

    >>> from construction.loss.regression import Squared
    >>> means = Means(Squared(), {"error": error}, points=1)
    >>> means(0, torch.tensor([0, 1]), 0, torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]))
    >>> {name: values.tolist() for name, values in means.over(samples=2, weight=2.0).items()}
    {'objective': [1.0], 'error': [0.5]}
    """

    def __init__(self, loss: Loss, metrics: Mapping[str, Metric], points: int) -> None:
        self.loss, self.metrics, self.points = loss, metrics, points
        self._sums: dict[int, Tensor] = {}

    def __call__(self, tile: int, raw: Raw, first: int, predictions: Tensor) -> None:
        """Take the predictions of a tile at some lambdas in a row."""
        for k, outputs in enumerate(predictions, first):
            rays, targets = self.loss.rays(outputs, self.loss.convert(raw, outputs))
            sums = [self.loss.along(rays[None], targets, rays.new_ones(1)).value[0]]
            for name, metric in self.metrics.items():
                values = metric(outputs, raw.targets if isinstance(raw, Weighted) else raw)
                if values.shape != outputs.shape[:1]:
                    raise InputError(
                        f"a metric {name!r} of one number a sample, ({len(outputs)},)",
                        f"{tuple(values.shape)}",
                        "Do not average over the samples.",
                    )
                sums.append(values.double().sum())
            if tile not in self._sums:
                self._sums[tile] = rays.new_zeros(self.points, len(sums), dtype=torch.float64)
            self._sums[tile][k] = torch.stack(sums)

    def over(self, samples: int, weight: float) -> dict[str, Array]:
        """The objective, over the weight of all ranks' samples, and metrics, over their number."""
        total = torch.stack([self._sums[tile] for tile in sorted(self._sums)]).sum(0)
        counts = total.new_tensor([weight, *[samples] * len(self.metrics)])
        means = (summed_over_ranks(total) / counts).T.cpu().numpy()
        return dict(zip(["objective", *self.metrics], np.ascontiguousarray(means), strict=True))
