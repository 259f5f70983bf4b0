"""Paths through weight space to a solution: training itself, the line, constructed ones."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor, nn

from ...arrays import Array
from ...errors import ConditionError, RootError
from ...forward.batch_norm import BatchNorm
from ...network.heads import State
from ...path.paths import Line
from ...record.findings import Findings
from ...theorem.construct import follow, measure
from ...theorem.monotone import MonotonePath
from .directions import Plane
from .settings import Statistics
from .surface import Terrain


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
