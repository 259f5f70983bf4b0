"""The line between two weights and on beyond, measured; means over samples, tile by tile.

``theta = (1 - alpha) start + alpha stop`` (Goodfellow, Vinyals and Saxe 2014, arXiv 1412.6544). An
interpolated running variance is not that of the interpolated network's activations, so treatments
of batch normalisation give different objectives; at the trained weights they nearly agree.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from ..arrays import Array
from ..errors import InputError, require_one_of
from ..forward.batch_norm import normalising_layers
from ..forward.batches import Data
from ..forward.forward import Forward
from ..forward.ranks import sharing_errors, summed_over_ranks
from ..loss.classification import CrossEntropy
from ..loss.custom import one_a_sample
from ..loss.loss import Loss, Raw, Weighted
from ..network.evaluation import private_copy
from ..network.states import State
from ..path.paths import Line, convert
from ..sheet.sheet import Sheet
from ..theorem.construct import measure
from .settings import TREATMENTS, Treatment

#: Of predictions (samples, ...) and targets as the user gives them, one number a sample.
Metric = Callable[[Tensor, Tensor], Tensor]
#: Names beside those of metrics: of the objective, and of the axes of a surface.
TAKEN = ("objective", "s", "t")


@dataclass(frozen=True)
class AlongLine:
    """What was measured along one line.

    Attributes:
        alpha: (points,).
        train, test: "objective" and each metric, (points,) each; of test nothing without its data.
        sheet, forward: over the alphas up to 1, of the training data.
    """

    alpha: Array
    train: Mapping[str, Array]
    test: Mapping[str, Array]
    sheet: Sheet
    forward: Forward


@sharing_errors()
def along_line(
    model: nn.Module,
    start: State,
    stop: State,
    data: Data,
    *,
    test: Data | None = None,
    treatment: Treatment = "none",
    points: int = 21,
    farthest: float = 1.0,
    metrics: Mapping[str, Metric] | None = None,
    **options: Any,
) -> AlongLine:
    """Objective, metrics and sheet from the weights `start` over `stop`, at alpha 1, to `farthest`.

    What lies beyond is a line of its own, so that both weights are met to the bit. Where running
    statistics are recomputed, it is on the training data, for the test data too. A treatment is of
    batch normalisation; other arguments and errors are as for `construction.interpolate`, and an
    InputError if running variances would leave the positive numbers beyond alpha 1.

    >>> from construction.network.networks import mlp
    >>> model, data = mlp((2, 10)), (torch.ones(3, 2), torch.zeros(3, dtype=torch.long))
    >>> start, stop = mlp((2, 10), seed=1).state_dict(), model.state_dict()
    >>> line = along_line(model, start, stop, data, points=3, farthest=1.5)
    >>> line.alpha.tolist(), line.sheet.lam.tolist(), list(line.train)
    ([0.0, 0.5, 1.0, 1.5], [0.0, 0.5, 1.0], ['objective', 'error'])
    """
    require_metrics(metrics)
    weights = options.get("weights")
    if not (test is None or weights is None or callable(weights)):
        raise InputError(
            "weights as a function of a batch, as the test data are other samples",
            "a tensor of all",
            "Put them into both: weights=lambda batch: batch[2], with targets= and predict=.",
        )
    if treatment == "batch":
        model = without_statistics(model)
        names = model.state_dict().keys()
        start, stop = ({name: state[name] for name in names} for state in (start, stop))
    require_one_of((*TREATMENTS, "none"), treatment, "batch_norm")
    options |= {"batch_norm": None if treatment in ("batch", "none") else treatment}
    forward, sheet = measure(model, Line(start, stop), data, points=points, **options)
    if metrics is None:
        probed = forward.predict(forward.state(0.0), forward.data.probe)
        metrics = usual_metrics(probed, forward.data.probe_targets)
    options |= {"loss": forward.loss, "head": forward.head}
    options.pop("missing", None)  # which the loss knows

    def means(way: Forward, lams: Array) -> dict[str, Array]:
        """The objective and each metric, by the method that serves, (points,) each."""
        sums = Means(way.loss, metrics, len(lams))
        way.follow(lams, sums, lambda _: None)
        return sums.over(way.weight)

    ways = [(forward, sheet.lam, sheet.lam)]
    steps = round((farthest - 1) * (points - 1))
    if steps:
        path, kind = forward.user_path, (forward.device, forward.dtype)  # not rounded to half ones
        first, last = (convert(path(x), *kind) for x in (0.0, 1.0))
        line = Line(last, _extrapolated(model, first, last, farthest))
        shares = np.linspace(0, 1, steps + 1)[1:]
        further = Forward(model, line, data, **options)
        ways.append((further, shares, 1 + (farthest - 1) * shares))
    train = means(forward, sheet.lam) if metrics else {}
    train["objective"] = sheet.value(1.0)
    train = _joined([train, *(means(way, lam) for way, lam, _ in ways[1:])])
    tested: dict[str, Array] = {}
    if test is not None:
        tested = _joined([means(_on(way, test, options), lam) for way, lam, _ in ways])
    return AlongLine(np.concatenate([alpha for *_, alpha in ways]), train, tested, sheet, forward)


def _on(forward: Forward, data: Data, options: dict[str, Any]) -> Forward:
    """The same weights, recomputed statistics included, on other data."""
    if options["batch_norm"] == "recompute" and normalising_layers(forward.user_model):
        options = {**options, "batch_norm": "interpolate"}
        return Forward(forward.user_model, forward.path, data, **options)
    return Forward(forward.user_model, forward.user_path, data, **options)


def _joined(pieces: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {name: np.concatenate([one[name] for one in pieces]) for name in pieces[0]}


def _extrapolated(model: nn.Module, start: State, stop: State, farthest: float) -> State:
    """The weights at the farthest alpha; entries that are not floating point stay."""
    beyond = {
        name: value + (farthest - 1) * (value - start[name]) if value.is_floating_point() else value
        for name, value in stop.items()
    }
    for layer in normalising_layers(model):
        name = f"{layer}.running_var" if layer else "running_var"
        if not bool((beyond[name] > 0).all()):
            raise InputError(
                f"running variances above 0 up to alpha = {farthest:g}",
                f"{float(beyond[name].min()):.3g} in {name!r}",
                "Take alphas=(0, 1), or a batch_norm that does not interpolate them.",
            )
    return beyond


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


def require_metrics(metrics: Mapping[str, Metric] | None) -> None:
    """Refuse, with an InputError, what is no function by a name of its own."""
    given = {} if metrics is None else metrics
    if not isinstance(given, Mapping) or not all(
        isinstance(name, str) and name not in TAKEN and "/" not in name and callable(function)
        for name, function in given.items()
    ):
        expected = f"metrics as functions by name, without '/' and none called as one of {TAKEN}"
        raise InputError(expected, f"{metrics!r:.80}", "Pass metrics={'name': function}.")


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
                values = one_a_sample(metric, f"metric {name!r}", outputs, given.clone())
                sums.append(values.double().where(counted > 0, 0.0).sum())
            zeros = rays.new_zeros(self.points, len(sums), dtype=torch.float64)
            self._sums.setdefault(tile, zeros)[k] = torch.stack(sums)

    def over(self, weight: float) -> dict[str, Array]:
        """The objective, over the weight of all ranks' samples; metrics, over those not ignored."""
        total = torch.stack([self._sums[tile] for tile in sorted(self._sums)]).sum(0)
        objective, counted, *sums = summed_over_ranks(total).T.cpu().numpy()
        means = {name: one / counted for name, one in zip(self.metrics, sums, strict=True)}
        return {"objective": objective / weight, **means}
