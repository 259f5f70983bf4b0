"""The objective on a plane of weights, ``f(s, t) = L(theta + s delta + t eta)``; its relief.

Li et al. 2018 (arXiv 1712.09913), equation (1). Batch normalisation uses the running statistics of
theta everywhere, as their code does, or statistics measured anew at each point.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.ndimage import minimum_filter
from torch import Tensor, nn

from ...arrays import Array
from ...errors import InputError, WeightsError
from ...forward.batch_norm import BATCH, normalises_tiles, normalising_layers, recomputed
from ...forward.batches import Data, Reading
from ...forward.forward import default_memory
from ...forward.precision import device_and_dtype, full_precision
from ...forward.samples import Samples
from ...forward.tiles import IMAGES, fitting_tile
from ...loss.catalogue import LossLike, as_loss
from ...network.evaluation import Inputs, Predict, private_copy, randomness_kept, run
from ...network.states import State, fitted
from ..means import Means, Metric, usual_metrics

#: Of a point of a grid, the eight around it.
NEIGHBOURS = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])


class Terrain:
    """A network and samples: the objective of any weights, as height above their plane.

    Args:
        model: any module, whose last layer need not be linear; never modified.
        data, loss, device, dtype, memory, predict, targets: see `construction.construct`.
        centre: weights whose device and type are taken where none are said; the model's when None.
        recompute: measure running statistics anew on the samples, instead of keeping those that
            the weights come with.
        metrics: besides the objective; when None the error, where targets are class indices.

    Raises:
        InputError: data that cannot be used.
        WeightsError: weights that do not fit the model.

    >>> terrain = Terrain(nn.Linear(1, 2), (torch.ones(4, 1), torch.tensor([0, 0, 0, 1])))
    >>> zero = {"weight": torch.zeros(2, 1), "bias": torch.tensor([1.0, 0.0])}
    >>> terrain.height(zero)  # of ||(1, 0) - y||^2, 0 for three and 2 for one
    {'objective': 0.5, 'error': 0.25}
    """

    def __init__(
        self,
        model: nn.Module,
        data: Data,
        *,
        centre: State | None = None,
        loss: LossLike = "squared",
        recompute: bool = False,
        metrics: Mapping[str, Metric] | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        memory: int | None = None,
        predict: Predict | None = None,
        targets: Callable[[Any], Any] | None = None,
    ) -> None:
        centre = model.state_dict() if centre is None else fitted(centre, model)[0]
        self.device, kind = device_and_dtype(centre, device, dtype)
        self.loss = as_loss(loss)
        self.model = private_copy(model).to(self.device, kind)
        self.recomputes = recompute and bool(normalising_layers(model))
        reading, memory = Reading(predict, targets), memory or default_memory(self.device)
        self.tiles = Samples(data, self.device, kind, memory // 4, reading, self.loss)
        probe = self.tiles.probe
        self.tiles.channels_last = isinstance(probe, Tensor) and probe.ndim == 4  # faster so
        with full_precision(self.device):
            self.state = self._converted(centre)
            self.model.load_state_dict(self.state)
            # statistics of batches depend on their size, which otherwise is a matter of speed
            batches = self.recomputes or normalises_tiles(self.model)
            images = self.tiles.channels_last and self.device.type == "cpu"
            most = BATCH if batches else IMAGES if images else self.tiles.tile
            tile = fitting_tile(self.model, probe, memory // 4, most)
            probed = self._predicted(self.state, probe)
        self.tiles.divide(tile)
        self.tiles.expect(probed)
        if metrics is None:
            metrics = usual_metrics(probed, self.tiles.probe_targets)
        self.metrics = metrics

    def height(self, state: Mapping[str, Tensor]) -> dict[str, float]:
        """The objective and each metric of these weights, a whole state dict."""
        return self.along(lambda _: dict(state))(0.0)

    @property
    def zero(self) -> float:
        """L(0), of the network that always answers zero."""
        return self._mean(lambda inputs: self._predicted(self.state, inputs) * 0)["objective"]

    def along(self, path: Callable[[float], State]) -> Callable[[float], dict[str, float]]:
        """The height on a path of weights.

        Raises:
            WeightsError: later, where the objective is not finite.
        """
        weights = recomputed(path, self.model, self.tiles) if self.recomputes else path

        def height(lam: float) -> dict[str, float]:
            with full_precision(self.device):
                state = self._converted(weights(lam))
                means = self._mean(lambda inputs: self._predicted(state, inputs))
            if not np.isfinite(means["objective"]):
                raise WeightsError(
                    "a finite objective on the plane",
                    f"{means['objective']}",
                    "The weights there overflow: take a smaller reach.",
                )
            return means

        return height

    def _predicted(self, state: State, inputs: Inputs) -> Tensor:
        with torch.no_grad():
            outputs: Tensor = run(self.model, state, inputs)
        return outputs

    def _mean(self, predict: Callable[[Inputs], Tensor]) -> dict[str, float]:
        means = Means(self.loss, self.metrics, 1)
        with randomness_kept():  # once, as it takes longer than a small network
            for number, (inputs, raw) in enumerate(self.tiles):
                means(number, raw, 0, predict(inputs)[None])
        found = means.over(self.tiles.weight)
        return {name: float(value[0]) for name, value in found.items()}

    def _converted(self, state: Mapping[str, Tensor]) -> State:
        kinds = {name: value.dtype for name, value in self.model.state_dict().items()}
        return {name: value.to(self.device, kinds[name]) for name, value in state.items()}


class Relief(NamedTuple):
    """How rugged a surface is, from its values on a grid.

    Attributes:
        minima: inner points of the grid that are lower than all eight neighbours.
        saddled: share of the inner points at which the smaller principal curvature is negative.
        turning: share of the inner points of all rows and columns at which the surface turns from
            falling to rising or back. A basin has one a row and column; of independent heights two
            thirds are such, as each of three is the middle one as often. It does not change when
            heights are replaced by their logarithms.
    """

    minima: int
    saddled: float
    turning: float


def relief(surface: Array, across: float = 1.0, up: float = 1.0) -> Relief:
    """Count minima and measure curvatures, by central differences.

    Principal curvatures are the eigenvalues of the 2 x 2 Hessian of the plane, at the distance of
    the grid's points (Li et al., section 6, take those of the whole one); finer structure is
    unseen.

    Args:
        surface: (rows, columns); columns are at a distance `across`, rows at one of `up`.

    Raises:
        InputError: a smaller grid.

    >>> s, t = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 5))
    >>> relief(s**2 + t**2, 0.5, 0.5)
    Relief(minima=1, saddled=0.0, turning=0.3333333333333333)
    >>> relief(s**2 - t**2, 0.5, 0.5)
    Relief(minima=0, saddled=1.0, turning=0.3333333333333333)
    """
    if surface.ndim != 2 or min(surface.shape) < 3:
        raise InputError(
            "a surface on a grid of at least 3 x 3 points", f"{surface.shape}", "Take more points."
        )
    middle = surface[1:-1, 1:-1]
    lowest = minimum_filter(surface, footprint=NEIGHBOURS)[1:-1, 1:-1]
    ss = (surface[1:-1, 2:] - 2 * middle + surface[1:-1, :-2]) / across**2
    tt = (surface[2:, 1:-1] - 2 * middle + surface[:-2, 1:-1]) / up**2
    st = surface[2:, 2:] - surface[2:, :-2] - surface[:-2, 2:] + surface[:-2, :-2]
    smaller = (ss + tt) / 2 - np.hypot((ss - tt) / 2, st / (4 * across * up))
    signs = [np.sign(np.diff(surface, axis=axis)) for axis in (0, 1)]
    turned = [np.diff(one, axis=axis).astype(bool).ravel() for axis, one in enumerate(signs)]
    return Relief(
        int((middle < lowest).sum()),
        float((smaller < 0).mean()),
        float(np.concatenate(turned).mean()),
    )
