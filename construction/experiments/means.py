"""The mean objective and the means of metrics, of predictions that come tile by tile."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from ..arrays import Array
from ..errors import InputError
from ..forward.ranks import summed_over_ranks
from ..loss.classification import CrossEntropy
from ..loss.custom import untouching
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
    given = targets.targets if isinstance(targets, Weighted) else targets
    indices = given.ndim == 1 and not given.is_floating_point()
    return {"error": error} if indices and predictions.ndim == 2 < 1 + predictions.shape[1] else {}


class Means:
    """Receives predictions of so many lambdas, as `construction.forward.method.Receiver` says.

    Targets were looked at before, see `construction.forward.samples.Samples.expect`.

    >>> from construction.loss.regression import Squared
    >>> means = Means(Squared(), {"error": error}, points=1)
    >>> means(0, torch.tensor([0, 1]), 0, torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]))
    >>> {name: values.tolist() for name, values in means.over(weight=2.0).items()}
    {'objective': [1.0], 'error': [0.5]}
    """

    def __init__(self, loss: Loss, metrics: Mapping[str, Metric], points: int) -> None:
        self.loss, self.metrics, self.points = loss, metrics, points
        self._sums: dict[int, Tensor] = {}

    def __call__(self, tile: int, raw: Raw, first: int, predictions: Tensor) -> None:
        """Take the predictions of a tile at some lambdas in a row."""
        given = raw.targets if isinstance(raw, Weighted) else raw
        counted = predictions.new_ones(predictions.shape[1], dtype=torch.float64)
        if isinstance(self.loss, CrossEntropy) and given.ndim == 1:
            counted = (given.long() != self.loss.ignore_index).double()
        for k, outputs in enumerate(predictions, first):
            rays, targets = self.loss.rays(outputs, self.loss.convert(raw, outputs))
            sums = [self.loss.along(rays[None], targets, rays.new_ones(1)).value[0], counted.sum()]
            for name, metric in self.metrics.items():
                # of a copy, as the targets are the user's
                values = untouching(metric, f"metric {name!r}", outputs, given.clone())
                if values.shape != outputs.shape[:1]:
                    raise InputError(
                        f"a metric {name!r} of one number a sample, ({len(outputs)},)",
                        f"{tuple(values.shape)}",
                        "Do not average over the samples.",
                    )
                sums.append(values.double().where(counted > 0, 0.0).sum())
            zeros = rays.new_zeros(self.points, len(sums), dtype=torch.float64)
            self._sums.setdefault(tile, zeros)[k] = torch.stack(sums)

    def over(self, weight: float) -> dict[str, Array]:
        """The objective, over the weight of all ranks' samples; metrics, over those not ignored."""
        total = torch.stack([self._sums[tile] for tile in sorted(self._sums)]).sum(0)
        objective, counted, *sums = summed_over_ranks(total).T.cpu().numpy()
        means = {name: one / counted for name, one in zip(self.metrics, sums, strict=True)}
        return {"objective": objective / weight, **means}
