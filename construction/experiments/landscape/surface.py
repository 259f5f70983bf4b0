"""The surface around trained weights, and the paths to them (Li et al. 2018).

`terrain` has the objective on a plane, `directions` the planes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from ...arrays import Array
from ...errors import (
    ConditionError,
    InputError,
    RootError,
    WeightsError,
    door,
    require_points,
    require_seed,
)
from ...files.storage import digest_of, ensure_folder
from ...files.weights import checksum
from ...forward.batch_norm import BatchNorm, require_choice
from ...forward.batches import Data
from ...forward.ranks import bar_disabled, require_same, sharing_errors
from ...loss.catalogue import LossLike
from ...network.states import State, check_finite, fitted, require_ties
from ...path.paths import Line, Polyline, convert
from ...progress import tqdm
from ...record.findings import Findings, joined
from ...theorem.construct import follow, measure
from ..line import Metric, require_metrics
from ..stages import kept_at
from ..table import Measured
from .directions import Normalise, Plane, plane_of
from .settings import Slice
from .terrain import Terrain, relief

#: How far a grid goes: in random or given directions, and beyond the paths as a share of theirs.
REACH, BEYOND = 1.0, 0.15
#: Keeps what a function measures under a name, or gives what is kept already.
Once = Callable[[str, Callable[[], Findings]], Findings]
#: What measures a surface; its plane, and what the manifest says of that; where on it.
Cut = tuple[Terrain, tuple[Plane, Mapping[str, Any]], Slice]


@sharing_errors()
@door(Terrain.__init__)
def surface(
    model: nn.Module,
    weights: State,
    data: Data,
    *,
    plane: Literal["random", "trajectory"] | tuple[State, State] = "random",
    normalise: Normalise | None = "filter",
    points: int = 51,
    reach: float | None = None,
    checkpoints: Sequence[State] = (),
    also: Sequence[str] = ("valley",),
    loss: LossLike = "squared",
    metrics: Mapping[str, Metric] | None = None,
    batch_norm: BatchNorm | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
    title: str = "The surface around trained weights",
    **options: Any,
) -> Measured:
    """The objective and metrics on a plane through trained weights, and the paths that lead there.

    Args:
        model: any module; its last layer has to be linear where paths are constructed. Never
            modified.
        weights: a state dict, the middle of the plane.
        data: inputs and targets, or a DataLoader: see `construction.construct`.
        plane: "random" directions; the first two principal ones of the `checkpoints`, "trajectory";
            or two directions, entries for the parameters alone.
        normalise: random directions, see `random_direction`: "filter" as Li et al. do, "layer", or
            None for Gaussian ones.
        points: along each axis.
        reach: the coordinates run over [-reach, reach], 1 when None; on the plane of a trajectory,
            as far beyond the paths as this share of their extent, 0.15 when None.
        checkpoints: of the training, from its first weights on; they may end with `weights`. With
            them training, the straight line and constructed paths are projected into the plane.
        also: profiles of `construct`, whose paths over that line are projected where they exist.
        loss, metrics: see `construction.interpolate`.
        batch_norm: running statistics: "interpolate", those of the weights on the whole plane, as
            directions leave them alone; or "recompute", at each point. To be said for a model that
            has them.
        seed: of random directions.
        folder: where finished rows are kept, so that an interrupted surface goes on.
        title: of record and figure.
        options: `device`, `dtype`, `memory`, `predict` and `targets` of `construct`.

    Returns:
        A part "network", and in it a part of the name of the plane: ``s`` and ``t``, (points,),
        ``objective`` and each metric (points of t, points of s), and in its manifest the `Relief`,
        the objective of the weights as ``centre``, L(0) as ``zero`` and, as ``basin``, the share of
        points below that. Networks can be compared by it: a unit is the norm of the filters, and
        unlike curvature it is the same for the objective's logarithm. With checkpoints also a part
        "paths", see `paths_to_weights`.

    Raises:
        InputError, WeightsError: as `construct`, a plane that is none, or heights not finite.

    >>> import torch
    >>> weights = {"weight": torch.tensor([[1.0], [0.0]])}
    >>> plane = ({"weight": torch.eye(2)[:, :1]}, {"weight": torch.eye(2)[:, 1:]})
    >>> data, model = (torch.ones(1, 1), torch.tensor([0])), nn.Linear(1, 2, bias=False)
    >>> found = surface(model, weights, data, plane=plane, points=3)
    >>> found["network/given/objective"].tolist()  # s^2 + t^2
    [[2.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 2.0]]
    """
    require_choice(model, batch_norm)
    require_points(points, 3, "51 are usual.")
    require_metrics(metrics)
    require_seed(seed)
    before = [fitted(one, model)[0] for one in checkpoints if one is not weights]
    weights, _ = fitted(weights, model)
    for where, one in (("the middle", weights), *(("a checkpoint", one) for one in before)):
        check_finite(one, where)
    require_ties(model, weights)
    total = sum(float(value.sum(dtype=torch.float64)) for value in weights.values())
    require_same("the weights", total, "Give each process the same.")
    name = plane if isinstance(plane, str) else "given"
    reach = reach if reach is not None else BEYOND if name == "trajectory" else REACH
    if not (0 <= reach < np.inf and (reach or name == "trajectory")):
        raise InputError(
            "a finite reach above 0, or on the plane of a trajectory of at least 0",
            f"{reach}",
            f"{REACH:g} is usual, {BEYOND:g} beyond a trajectory.",
        )
    recompute, states = batch_norm == "recompute", [*before, weights]
    options |= {"loss": loss}
    terrain = Terrain(model, data, centre=weights, recompute=recompute, metrics=metrics, **options)
    device = next(iter(weights.values())).device
    weights = convert(weights, device, terrain.dtype)  # else half ones round the places
    spanned = plane_of(model, weights, plane, before, normalise=normalise, seed=seed)
    place, digest = None, ""
    if folder is not None:
        spans = [checksum(one) for one in (*states, spanned[0].first, spanned[0].second)]
        asked = [name, points, reach, list(also), batch_norm, list(terrain.metrics)]
        heights = (terrain.height(spanned[0].at(x, x)) for x in (0.0, reach, -reach))
        told = [terrain.loss.name, *(f"{x:.5g}" for one in heights for x in one.values())]
        place = ensure_folder(Path(folder))
        digest = digest_of({"of": [spans, asked, told, terrain.tiles.checksum]})

    def once(stage: str, measure: Callable[[], Findings]) -> Findings:
        return kept_at(place / f"{stage}-{digest}.npz", Findings, measure) if place else measure()

    network = around(
        model,
        states.__getitem__,
        range(len(states)),
        data,
        {name: (terrain, spanned, Slice(name, points, reach))},
        once=once,
        profiles=also,
        batch_norm=batch_norm,
        **options,
    )
    network = network.described(label=title, samples=terrain.tiles.count)
    return Measured.of({"network": network}, kind="landscape", title=title)


def around(
    model: nn.Module,
    checkpoint: Callable[[int], State],
    steps: Sequence[int],
    data: Data,
    cuts: Mapping[str, Cut],
    *,
    once: Once,
    **options: Any,
) -> Findings:
    """The surfaces, by plane, and the paths, see `paths_to_weights`; parts as `surface` has them.

    What `once` keeps is "paths", and each row of a surface, ``PLANE-000``, ....
    """
    parts: dict[str, Findings] = {}
    if len(steps) > 1:
        planes = {name: plane for name, (_, (plane, _), _) in cuts.items()}
        to_weights = partial(paths_to_weights, model, checkpoint, steps, data, planes, **options)
        parts["paths"] = once("paths", to_weights)
    for name, (terrain, (plane, entries), one) in cuts.items():
        axes = _axes(name, one, parts.get("paths"))
        parts[name] = _slice(terrain, plane, axes, name, once).described(**entries)
    return joined(parts)


def paths_to_weights(
    model: nn.Module,
    checkpoint: Callable[[int], State],
    steps: Sequence[int],
    data: Data,
    planes: Mapping[str, Plane],
    *,
    profiles: Sequence[str],
    points: int = 41,
    batch_norm: BatchNorm | None = None,
    **options: Any,
) -> Findings:
    """Training, the line between its ends, and ``c(lambda) W(lambda)``, seen from planes.

    Args:
        checkpoint: the weights after so many steps of training, of which the last are the middle.
        planes: by name; of several, paths are placed on that of the trajectory alone, as they are
            too far away from others.
        points: on the line and on each constructed path; other arguments as for `surface`.

    Returns:
        For each path, "trajectory", "line", and a profile each: ``PATH/clock``, what runs (steps,
        lambda, or s), ``PATH/objective`` of the weights themselves, and ``PATH/length``, the
        distance from the last weights; where it is placed ``PATH/PLANE/place`` (points, 2) and
        ``PATH/PLANE/distance``. In the manifest, by plane and path, ``kept``, see
        `Projected.share`, and ``refused``, why a profile has no path.
    """
    line, shares = Line(checkpoint(steps[0]), checkpoint(steps[-1])), np.linspace(0, 1, points)
    recompute = batch_norm == "recompute"
    terrain = Terrain(model, data, centre=line(1.0), recompute=recompute, metrics={}, **options)
    arrays: dict[str, Array] = {}
    kept: dict[str, dict[str, float]] = {plane: {} for plane in planes}
    refused: dict[str, str] = {}

    def add(
        path: str, clock: Array, weights: Callable[[float], State], objectives: ArrayLike
    ) -> None:
        arrays.update({f"{path}/clock": clock, f"{path}/objective": np.asarray(objectives)})
        for name, plane in planes.items():
            nearest = plane.project(weights(float(time)) for time in clock)
            kept[name][path] = nearest.share
            arrays[f"{path}/length"] = nearest.length
            if name == "trajectory" or len(planes) == 1:
                arrays[f"{path}/{name}/place"] = nearest.place
                arrays[f"{path}/{name}/distance"] = nearest.distance

    heights = [terrain.height(checkpoint(step))["objective"] for step in steps]
    add("trajectory", np.array(steps, float), lambda step: checkpoint(int(step)), heights)
    add("line", shares, line, terrain.along(line, shares)["objective"])
    if profiles:
        forward, sheet = measure(model, line, data, points=points, batch_norm=batch_norm, **options)
    for profile in profiles:
        try:
            path = follow(forward, sheet, profile)
        except (ConditionError, RootError) as error:
            refused[profile] = str(error)
        else:
            add(profile, shares, path.weights, [path.at(s).objective for s in shares.tolist()])
    return Findings(arrays, {"kept": kept, "refused": refused})


def row(terrain: Terrain, plane: Plane, axis: Array, t: float) -> Findings:
    """The heights at one t, for all s of an axis: the objective and each metric, (points,)."""
    stops = 0, len(axis) // 2, len(axis) - 1  # the middle, as weights of its own, is exact
    shares = (axis - axis[0]) / (axis[-1] - axis[0])
    try:
        line = Polyline([plane.at(float(axis[k]), t) for k in stops], shares[list(stops)])
    except WeightsError as error:
        raise WeightsError("finite weights", error.found, "Take a smaller reach.") from error
    return Findings(terrain.along(line, shares))


def _slice(
    terrain: Terrain, plane: Plane, axes: tuple[Array, Array], name: str, once: Once
) -> Findings:
    """The heights on a grid of a plane, and how rugged they are."""
    s, t = axes
    rows = [
        once(f"{name}-{k:03d}", partial(row, terrain, plane, s, float(height)))
        for k, height in enumerate(tqdm(t, desc=name, unit="row", disable=bar_disabled()))
    ]
    stacked = {x: np.stack([one[x] for one in rows]) for x in rows[0].arrays}
    rugged = relief(stacked["objective"], *(float(axis[1] - axis[0]) for axis in axes))
    zero = terrain.zero
    entries = {"relief": rugged._asdict(), "zero": zero}
    entries["centre"] = terrain.height(plane.centre)["objective"]
    entries["basin"] = float((stacked["objective"] < zero).mean())
    return Findings({"s": s, "t": t, **stacked}, entries)


def _axes(name: str, one: Slice, paths: Findings | None) -> tuple[Array, Array]:
    """The coordinates of the grid: around all paths, or as far as other directions reach."""
    ends = np.array([[-one.reach, -one.reach], [one.reach, one.reach]])
    if name == "trajectory" and paths is not None:
        every = np.concatenate(
            [a for key, a in paths.arrays.items() if key.endswith("/trajectory/place")]
        )
        low, high = every.min(axis=0), every.max(axis=0)
        ends = np.array([low, high]) + one.reach * np.outer([-1, 1], high - low)
    s, t = np.linspace(ends[0], ends[1], one.points).T
    return s, t
