"""The paths that lead to trained weights, and what planes through these show of them.

Training itself, the straight line, and the paths constructed over it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from torch import nn

from ...arrays import Array
from ...errors import ConditionError, RootError
from ...forward.batch_norm import BatchNorm
from ...forward.batches import Data
from ...loss.catalogue import LossLike
from ...network.states import State
from ...path.paths import Line
from ...record.findings import Findings
from ...theorem.construct import follow, measure
from ...theorem.monotone import MonotonePath
from .directions import Plane
from .settings import Statistics
from .terrain import Terrain


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
    data: Data,
    *,
    loss: LossLike = "squared",
    profiles: Sequence[str] = ("even", "valley"),
    points: int = 41,
    batch_norm: BatchNorm | None = None,
    **options: Any,
) -> tuple[dict[str, SampledPath], dict[str, str]]:
    """The checkpoints, the line between the ends, and ``c(lambda) W(lambda)``, the head rescaled.

    Args:
        model: that the state dicts fit; never modified.
        checkpoint: the weights after so many steps of training.
        steps: of the checkpoints, from the initial weights to the solution.
        data: on which the objective is taken.
        loss: see `construction.construct`.
        profiles: see there.
        points: on the line and on each constructed path.
        batch_norm: see there; the objectives of checkpoints follow it too.
        options: `device`, `dtype`, `memory`, `predict` and `targets`, see there.

    Returns:
        The paths by name: "trajectory", "line", and the profiles of constructed ones; and why a
        profile has none.
    """
    statistics: Statistics = "recomputed" if batch_norm == "recompute" else "kept"
    line, clock = Line(checkpoint(steps[0]), checkpoint(steps[-1])), np.linspace(0, 1, points)
    options |= {"loss": loss}
    terrain = Terrain(model, data, centre=line(1.0), statistics=statistics, metrics={}, **options)
    on_line = terrain.along(line)
    paths = {
        "trajectory": _sampled(
            np.array(steps, float),
            lambda step: terrain.height(checkpoint(int(step)))["objective"],
            lambda step: checkpoint(int(step)),
        ),
        "line": _sampled(clock, lambda lam: on_line(lam)["objective"], line),
    }
    refused: dict[str, str] = {}
    if not profiles:
        return paths, refused
    forward, sheet = measure(model, line, data, points=points, batch_norm=batch_norm, **options)
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
        each plane in which it is placed ``PLANE/place`` (points, 2) and ``PLANE/distance`` from
        it. In the manifest ``kept``, by plane and path: see `Projected.share`.
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
    return Findings(arrays, {"kept": kept})


def _sampled(
    clock: Array, objective: Callable[[float], float], weights: Callable[[float], State]
) -> SampledPath:
    objectives = np.array([objective(float(time)) for time in clock])
    return SampledPath(clock, objectives, lambda: (weights(float(time)) for time in clock))


def _constructed(path: MonotonePath, clock: Array) -> SampledPath:
    return _sampled(clock, lambda s: path.at(s).objective, path.weights)
