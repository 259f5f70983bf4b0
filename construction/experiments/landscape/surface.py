"""The objective on a plane of weights, ``f(s, t) = L(theta + s delta + t eta)``; its relief.

Li et al. 2018 (arXiv 1712.09913), equation (1). Batch normalisation uses the running statistics of
theta everywhere, as their code does, or statistics measured anew at each point. Beside it the paths
to theta: training itself, the line, constructed ones.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.ndimage import minimum_filter
from torch import Tensor, nn

from ...arrays import Array
from ...errors import ConditionError, InputError, RootError, WeightsError, require_one_of
from ...forward.batch_norm import BATCH, BatchNorm, normalising_layers, recomputed
from ...forward.forward import MEMORY
from ...forward.precision import full_precision
from ...forward.samples import Samples
from ...network.heads import evaluate, private_copy
from ...network.states import State
from ...path.paths import Line
from ...record.findings import Findings
from ...theorem.construct import follow, measure
from ...theorem.monotone import MonotonePath
from ...training.training import OBJECTIVES
from .directions import Plane
from .settings import Statistics

#: Of a point of a grid, the eight around it.
NEIGHBOURS = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])


class Evaluation(NamedTuple):
    """Of some weights on the samples.

    Attributes:
        objective: mean loss over the samples.
        error: share of the samples whose largest output is not that of their class.
    """

    objective: float
    error: float


class Terrain:
    """A network and samples: the objective of any weights, as height above their plane.

    Args:
        model: never modified.
        data: inputs (samples, ...) and class indices (samples,).
        loss: of `construction.training.training.OBJECTIVES`.
        statistics: "kept", those that the weights come with, or "recomputed" on the samples.
        device: where it computes.

    Raises:
        InputError: an unknown word.

    >>> terrain = Terrain(nn.Linear(1, 2), (torch.ones(4, 1), torch.tensor([0, 0, 0, 1])))
    >>> zero = {"weight": torch.zeros(2, 1), "bias": torch.tensor([1.0, 0.0])}
    >>> terrain.height(zero)  # of ||(1, 0) - y||^2, 0 for three and 2 for one
    Evaluation(objective=0.5, error=0.25)
    """

    def __init__(
        self,
        model: nn.Module,
        data: tuple[Tensor, Tensor],
        *,
        loss: str = "squared",
        statistics: Statistics = "kept",
        device: str = "cpu",
    ) -> None:
        if statistics not in ("kept", "recomputed"):
            raise InputError(
                "statistics 'kept' or 'recomputed'", repr(statistics), "Use one of the two."
            )
        require_one_of(OBJECTIVES, loss, "a loss")
        self.device, self.objective = torch.device(device), OBJECTIVES[loss]
        self.model = private_copy(model).to(self.device)
        inputs, targets = data
        if inputs.ndim == 4:  # in which convolutions are several times faster on a CPU
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        self.tiles = Samples((inputs, targets), self.device, inputs.dtype, MEMORY // 4)
        self.tiles.divide(BATCH)  # as `construction.forward` does, for the same statistics
        self.recomputes = statistics == "recomputed" and bool(normalising_layers(model))

    def height(self, state: Mapping[str, Tensor]) -> Evaluation:
        """Of these weights, a whole state dict."""
        return self.along(lambda _: dict(state))(0.0)

    def along(self, path: Callable[[float], State]) -> Callable[[float], Evaluation]:
        """The height on a path of weights.

        Raises:
            WeightsError: later, where the objective is not finite.
        """
        weights = recomputed(path, self.model, self.tiles) if self.recomputes else path

        def height(lam: float) -> Evaluation:
            total = wrong = 0.0
            with torch.no_grad(), full_precision(self.device):
                state = {name: value.to(self.device) for name, value in weights(lam).items()}
                for inputs, targets in self.tiles:
                    assert isinstance(targets, Tensor), "class indices alone"
                    outputs: Tensor = evaluate(self.model, state, inputs)
                    total += float(self.objective(outputs, targets)) * len(targets)
                    wrong += int((outputs.argmax(1) != targets).sum())
            if not np.isfinite(total):
                raise WeightsError(
                    "a finite objective on the plane",
                    f"{total}",
                    "The weights there overflow: take a smaller reach.",
                )
            return Evaluation(total / self.tiles.count, wrong / self.tiles.count)

        return height


def row(terrain: Terrain, plane: Plane, axis: Array, t: float) -> Findings:
    """The heights at one t, for all s of an axis: ``objective`` and ``error``, (points,) float32.

    Raises:
        WeightsError: see `Terrain.along`.
    """
    height = terrain.along(lambda s: plane.at(s, t))
    objective, error = np.array([height(float(s)) for s in axis], np.float32).T
    return Findings({"objective": objective, "error": error})


class Relief(NamedTuple):
    """How rugged a surface is, from its values on a grid.

    Attributes:
        minima: inner points of the grid that are lower than all eight neighbours.
        saddled: share of the inner points at which the smaller principal curvature is negative.
        ratio: median over the inner points of the size of the negative principal curvature, beside
            the larger one in absolute value; 0 where none is negative.
    """

    minima: int
    saddled: float
    ratio: float


def relief(surface: Array, across: float = 1.0, up: float = 1.0) -> Relief:
    """Count minima and measure curvatures, by central differences.

    Principal curvatures are the eigenvalues of the 2 x 2 Hessian. Li et al. 2018 (section 6) map
    ``|lambda_min / lambda_max|`` of the whole Hessian; here it is that of the plane, at the
    distance of the grid's points, finer structure remaining unseen.

    Args:
        surface: (rows, columns), at least 3 each; t along rows, s along columns.
        across, up: distance of neighbouring columns and of neighbouring rows.

    Raises:
        InputError: a smaller grid.

    >>> s, t = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 5))
    >>> relief(s**2 + t**2, 0.5, 0.5)
    Relief(minima=1, saddled=0.0, ratio=0.0)
    >>> relief(s**2 - t**2, 0.5, 0.5)
    Relief(minima=0, saddled=1.0, ratio=1.0)
    """
    if surface.ndim != 2 or min(surface.shape) < 3:
        raise InputError(
            "a surface on a grid of at least 3 x 3 points", f"{surface.shape}", "Take more points."
        )
    middle = surface[1:-1, 1:-1]
    lowest = minimum_filter(surface, footprint=NEIGHBOURS)[1:-1, 1:-1]
    minima = int((middle < lowest).sum())
    ss = (surface[1:-1, 2:] - 2 * middle + surface[1:-1, :-2]) / across**2
    tt = (surface[2:, 1:-1] - 2 * middle + surface[:-2, 1:-1]) / up**2
    st = (surface[2:, 2:] - surface[2:, :-2] - surface[:-2, 2:] + surface[:-2, :-2]) / (
        4 * across * up
    )
    half, radius = (ss + tt) / 2, np.hypot((ss - tt) / 2, st)
    smaller, larger = half - radius, half + radius
    negative = np.maximum(-smaller, 0)
    size = np.maximum(np.abs(smaller), np.abs(larger))
    ratio = np.divide(negative, size, out=np.zeros_like(size), where=size > 0)
    return Relief(minima, float((smaller < 0).mean()), float(np.median(ratio)))


class SampledPath(NamedTuple):
    """Points on a path of weights.

    Attributes:
        clock: what runs: steps of training, lambda, or s, (points,).
        objective: of the weights themselves, running statistics and all, (points,).
        weights: those of each point, made anew each time, as all may not fit into memory.
    """

    clock: Array
    objective: Array
    weights: Callable[[], Iterator[State]]


def paths_to_solution(
    model: nn.Module,
    checkpoint: Callable[[int], State],
    steps: Sequence[int],
    data: tuple[Tensor, Tensor],
    *,
    loss: str = "squared",
    profiles: Sequence[str] = ("even", "valley"),
    points: int = 41,
    batch_norm: BatchNorm | None = None,
    device: str = "cpu",
) -> tuple[dict[str, SampledPath], dict[str, str]]:
    """The checkpoints, the line between the ends, and ``c(lambda) W(lambda)``, the head rescaled.

    Args:
        model: that the state dicts fit; never modified.
        checkpoint: the weights after so many steps of training.
        steps: of the checkpoints, from the initial weights to the solution.
        data: on which the objective is taken.
        loss: of `construction.training.training.OBJECTIVES`.
        profiles: see `construction.construct`.
        points: on the line and on each constructed path.
        batch_norm: see there; the objectives of checkpoints follow it too.
        device: where to compute.

    Returns:
        The paths by name: "trajectory", "line", and the profiles of constructed ones; and why a
        profile has none.
    """
    statistics: Statistics = "recomputed" if batch_norm == "recompute" else "kept"
    terrain = Terrain(model, data, loss=loss, statistics=statistics, device=device)
    line, clock = Line(checkpoint(steps[0]), checkpoint(steps[-1])), np.linspace(0, 1, points)
    on_line = terrain.along(line)
    paths = {
        "trajectory": _sampled(
            np.array(steps, float),
            lambda step: terrain.height(checkpoint(int(step))).objective,
            lambda step: checkpoint(int(step)),
        ),
        "line": _sampled(clock, lambda lam: on_line(lam).objective, line),
    }
    forward, sheet = measure(
        model, line, data, loss=loss, points=points, batch_norm=batch_norm, device=device
    )
    refused: dict[str, str] = {}
    for profile in profiles:
        try:
            paths[profile] = _constructed(follow(forward, sheet, profile), clock)
        except (ConditionError, RootError) as error:
            refused[profile] = str(error)
    return paths, refused


def projected(
    paths: Mapping[str, SampledPath], planes: Mapping[str, Plane], placed: Collection[str]
) -> Findings:
    """The paths seen from planes through the solution.

    Args:
        paths: by name.
        planes: by name.
        placed: names of those in which the paths are to be drawn.

    Returns:
        For each path ``clock``, ``objective``, and ``length``, the distance from the solution; for
        each plane in which it is placed ``PLANE/place`` (points, 2) and ``PLANE/distance`` from it,
        float32. In the manifest ``kept``, by plane and path: see `Projected.share`.
    """
    arrays: dict[str, Array] = {}
    kept: dict[str, dict[str, float]] = {plane: {} for plane in planes}
    for name, path in paths.items():
        arrays |= {f"{name}/clock": path.clock, f"{name}/objective": path.objective}
        for plane, one in planes.items():
            nearest = one.project(path.weights())
            kept[plane][name] = nearest.share
            arrays[f"{name}/length"] = nearest.length
            if plane in placed:
                arrays[f"{name}/{plane}/place"] = nearest.place
                arrays[f"{name}/{plane}/distance"] = nearest.distance
    single = {name: array.astype(np.float32) for name, array in arrays.items()}
    return Findings(single, {"kept": kept})


def _sampled(
    clock: Array, objective: Callable[[float], float], weights: Callable[[float], State]
) -> SampledPath:
    objectives = np.array([objective(float(time)) for time in clock])
    return SampledPath(clock, objectives, lambda: (weights(float(time)) for time in clock))


def _constructed(path: MonotonePath, clock: Array) -> SampledPath:
    return _sampled(clock, lambda s: path.at(s).objective, path.weights)
