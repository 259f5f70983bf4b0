"""The objective on a plane of weights, ``f(s, t) = L(theta + s delta + t eta)``; its relief.

Li et al. 2018 (arXiv 1712.09913), equation (1). Batch normalisation uses the running statistics of
theta everywhere, as their code does, or statistics measured anew at each point.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.ndimage import minimum_filter
from torch import Tensor, nn

from ...arrays import Array
from ...errors import WeightsError
from ...forward.batch_norm import BATCH, normalises_tiles, normalising_layers, recomputed
from ...forward.batches import Data, Reading
from ...forward.choice import Choice, only_plain
from ...forward.forward import LARGEST, memory_of
from ...forward.method import Plain
from ...forward.precision import converted_path, device_and_dtype, full_precision
from ...forward.samples import Samples
from ...forward.tiles import IMAGES, fitting_tile
from ...forward.user_model import fitted_path
from ...loss.catalogue import LossLike, as_loss
from ...network.evaluation import (
    Predict,
    mapped_tensors,
    private_copy,
    randomness_kept,
    run,
    tensors_of,
)
from ...network.states import State, fitted
from ...path.paths import Path, convert
from ..line import Means, Metric, usual_metrics

#: Of a point of a grid, the eight around it.
NEIGHBOURS = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])


class Terrain:
    """A network and samples: the objective of any weights, as height above their plane.

    Arguments and errors are those of `construction.surface`; but `recompute` says whether running
    statistics are measured anew on the samples instead of kept, and `centre` are weights whose
    device and type are taken where none are said, the model's when None.

    >>> terrain = Terrain(nn.Linear(1, 2), (torch.ones(4, 1), torch.tensor([0, 0, 0, 1])))
    >>> zero = {"weight": torch.zeros(2, 1), "bias": torch.tensor([1.0, 0.0])}
    >>> terrain.height(zero)  # of ||(1, 0) - y||^2, 0 for three and 2 for one
    {'objective': 0.5, 'error': 0.25}
    """

    def __init__(
        self,
        model: nn.Module,
        data: Data,
        centre: State | None = None,
        recompute: bool = False,
        *,
        loss: LossLike = "squared",
        metrics: Mapping[str, Metric] | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        memory: int | None = None,
        predict: Predict | None = None,
        targets: Callable[[Any], Any] | None = None,
    ) -> None:
        centre = model.state_dict() if centre is None else fitted(centre, model)[0]
        self.device, self.dtype = device_and_dtype(centre, device, dtype)
        self.loss = as_loss(loss)
        self.model = private_copy(model).to(self.device, self.dtype)
        self.recomputes = recompute and bool(normalising_layers(model))
        self.room = min(memory_of(memory, self.device) // 4, LARGEST)
        reading = Reading(predict, targets)
        self.tiles = Samples(data, self.device, self.dtype, self.room, reading, self.loss)
        probe = self.tiles.probe
        self.tiles.channels_last = isinstance(probe, Tensor) and probe.ndim == 4  # faster so
        with torch.no_grad(), full_precision(self.device):
            self.model.load_state_dict(convert(centre, self.device, self.dtype))
            # statistics of batches depend on their size, which otherwise is a matter of speed
            batches = self.recomputes or normalises_tiles(self.model)
            images = self.tiles.channels_last and self.device.type == "cpu"
            most = BATCH if batches else IMAGES if images else self.tiles.tile
            before = mapped_tensors(probe, Tensor.clone)
            self.tiles.divide(fitting_tile(self.model, probe, self.room, most))
            probed: Tensor = run(self.model, self.model.state_dict(), probe)
        self.tiles.copied = not all(map(torch.equal, tensors_of(before), tensors_of(probe)))
        self.tiles.expect(probed)
        if metrics is None:
            metrics = usual_metrics(probed, self.tiles.probe_targets)
        self.metrics, self._nothing = metrics, torch.zeros_like(probed[:1])

    def height(self, state: Mapping[str, Tensor]) -> dict[str, float]:
        """The objective and each metric of these weights, a whole state dict."""
        found = self.along(lambda _: dict(state), np.zeros(1))
        return {name: float(values[0]) for name, values in found.items()}

    @property
    def zero(self) -> float:
        """L(0), of the network that always answers zero."""
        means = Means(self.loss, {}, 1)
        for number, (_, raw) in enumerate(self.tiles):
            nothing = self._nothing.expand(len(tensors_of(raw)[0]), *self._nothing.shape[1:])
            means(number, raw, 0, nothing[None])
        return float(means.over(self.tiles.weight)["objective"][0])

    def along(self, path: Path, lams: Array) -> dict[str, Array]:
        """The objective and each metric at increasing lambdas of a path, (lambdas,) each.

        On a curve they come by the cheapest method that is exact for the network. An objective that
        is not finite is refused by a WeightsError.
        """
        path = converted_path(fitted_path(self.model, path), self.device, self.dtype)
        if self.recomputes:
            path = recomputed(path, self.model, self.tiles)
        means, usual = Means(self.loss, self.metrics, len(lams)), self.tiles.tile
        plain, probe = Plain(path, self.model), self.tiles.probe
        last = [name for name, one in self.model.named_modules() if isinstance(one, nn.Linear)]
        known = self.model, path, last[-1] if last else "", probe, plain, self.room
        with torch.no_grad(), full_precision(self.device), randomness_kept():
            writes = "it writes into its inputs" if self.tiles.copied else None
            choice = Choice(*known, refused=writes or only_plain(self.model))
            method, _ = choice.method(lams, self.tiles.mine)
            self.tiles.divide(min(usual, method.tile or usual))
            with nullcontext() if method is plain else method.keeping(self.room):
                method.run(lams, self.tiles, means, lambda _: None)
            self.tiles.divide(usual)
        found = means.over(self.tiles.weight)
        if not np.isfinite(found["objective"]).all():
            raise WeightsError(
                "a finite objective on the plane",
                f"{found['objective'][~np.isfinite(found['objective'])][0]}",
                "The weights there overflow: take a smaller reach.",
            )
        return found


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
    """Count minima and measure curvatures of at least 3 x 3 heights, by central differences.

    Principal curvatures are the eigenvalues of the 2 x 2 Hessian of the plane (Li et al., section
    6, take those of the whole one). Columns of the surface are at a distance `across`, rows at one
    of `up`; finer structure is unseen.

    >>> s, t = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 5))
    >>> relief(s**2 + t**2, 0.5, 0.5)
    Relief(minima=1, saddled=0.0, turning=0.3333333333333333)
    >>> relief(s**2 - t**2, 0.5, 0.5)
    Relief(minima=0, saddled=1.0, turning=0.3333333333333333)
    """
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
