"""The ways of a training run through weight space: its trajectory, the line, constructed paths."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from ...arrays import Array
from ...errors import ConditionError, RootError
from ...forward.batch_norm import BatchNorm
from ...network.heads import State
from ...path.paths import Line
from ...record.findings import Findings
from ...theorem.construct import follow, measure
from ...theorem.monotone import MonotonePath
from ...training.training import Run
from .directions import Plane
from .surface import Terrain


@dataclass(frozen=True)
class Way:
    """Points on a path of weights.

    Attributes:
        clock: what runs: steps of training, lambda, or s, (points,).
        objective: of the weights themselves, running statistics and all, (points,).
        weights: those of each point, made anew each time, as all may not fit into memory.
    """

    clock: Array
    objective: Array
    weights: Callable[[], Iterator[State]]


@dataclass(frozen=True)
class Ways:
    """Those that exist.

    Attributes:
        found: by name: "trajectory", "line", and the profiles of constructed paths.
        refused: why a profile has none.
    """

    found: Mapping[str, Way]
    refused: Mapping[str, str]


def ways_of(
    run: Run,
    data: tuple[Tensor, Tensor],
    profiles: Sequence[str],
    points: int,
    batch_norm: BatchNorm | None,
    device: str = "cpu",
) -> Ways:
    """The checkpoints, the line between the ends, and ``c(lambda) W(lambda)``, the head rescaled.

    Args:
        run: with initial and final weights and checkpoints.
        data: on which the objective is taken.
        profiles: see `construction.construct`.
        points: on the line and on each constructed path.
        batch_norm: see there; the objectives of checkpoints follow it too.
        device: where to compute.
    """
    terrain = Terrain(
        run.model(),
        data,
        loss=run.recipe.loss,
        statistics="recomputed" if batch_norm == "recompute" else "kept",
        device=device,
    )
    line, lams = Line(run.initial, run.final), np.linspace(0, 1, points)
    trained = [terrain.height(run.checkpoint(step)).objective for step in run.steps]
    height = terrain.along(line)
    found = {
        "trajectory": Way(
            np.array(run.steps, float),
            np.array(trained),
            lambda: (run.checkpoint(step) for step in run.steps),
        ),
        "line": Way(
            lams,
            np.array([height(float(lam)).objective for lam in lams]),
            lambda: (line(float(lam)) for lam in lams),
        ),
    }
    forward, sheet = measure(
        run.model(),
        line,
        data,
        loss=run.recipe.loss,
        points=points,
        batch_norm=batch_norm,
        device=device,
    )
    refused: dict[str, str] = {}
    for profile in profiles:
        try:
            found[profile] = _constructed(follow(forward, sheet, profile), points)
        except (ConditionError, RootError) as error:
            refused[profile] = str(error)
    return Ways(found, refused)


def projected(ways: Ways, planes: Mapping[str, Plane], placed: Collection[str]) -> Findings:
    """The ways seen from planes through the final weights.

    Args:
        ways: to be projected.
        planes: by name.
        placed: names of those in which the ways are to be drawn.

    Returns:
        For each way ``clock``, ``objective``, and ``length``, the distance from the final weights;
        for each plane in which it is placed ``PLANE/place`` (points, 2) and ``PLANE/distance`` from
        it, float32. In the manifest ``kept``, by plane and way: see
        `Projected.share`; and why a profile was ``refused``.
    """
    arrays: dict[str, Array] = {}
    kept: dict[str, dict[str, float]] = {plane: {} for plane in planes}
    for name, way in ways.found.items():
        arrays |= {f"{name}/clock": way.clock, f"{name}/objective": way.objective}
        for plane, one in planes.items():
            seen = one.project(way.weights())
            kept[plane][name] = seen.share
            arrays[f"{name}/length"] = seen.length
            if plane in placed:
                arrays[f"{name}/{plane}/place"] = seen.place
                arrays[f"{name}/{plane}/distance"] = seen.distance
    single = {name: array.astype(np.float32) for name, array in arrays.items()}
    return Findings(single, {"kept": kept, "refused": dict(ways.refused)})


def _constructed(path: MonotonePath, points: int) -> Way:
    clock = np.linspace(0, 1, points)
    objective = np.array([path.at(float(s)).objective for s in clock])
    return Way(clock, objective, lambda: (path.weights(float(s)) for s in clock))
