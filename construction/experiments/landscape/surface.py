"""The surface around weights of one's own, and the paths to them (Li et al. 2018).

`terrain` has the objective on a plane, `directions` the planes, and `paths` what leads there.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import Tensor, nn

from ...arrays import Array
from ...errors import InputError, RecordError
from ...files.storage import digest_of, ensure_folder
from ...files.weights import checksum
from ...forward.batch_norm import BatchNorm, require_choice
from ...forward.batches import Data
from ...forward.ranks import bar_disabled, largest_over_ranks, rank_and_size
from ...loss.catalogue import LossLike
from ...network.states import State, fitted
from ...progress import tqdm
from ...record.findings import Findings, joined
from ..means import Metric
from ..measured import Measured
from .directions import Normalise, Plane, parameters_of, principal, random_direction
from .paths import paths_to_solution, projected
from .settings import Statistics
from .terrain import Terrain, relief, row
from .words import finding, of_user

#: How far a grid goes: in random or given directions, and beyond the paths as a share of theirs.
REACH, BEYOND = 1.0, 0.15
#: Shares of the trajectory's principal directions that are kept in the manifest.
SHARES = 5
#: Keeps what a function measures under a name, or gives what is kept already.
Once = Callable[[str, Callable[[], Findings]], Findings]


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
        folder: where finished rows are kept, so that an interrupted surface goes on; on several
            ranks one that all see.
        title: of record and figure.
        options: `device`, `dtype`, `memory`, `predict` and `targets` of `construct`.

    Returns:
        A part "network", and in it a part of the name of the plane: ``s`` and ``t``, (points,),
        ``objective`` and each metric (points of t, points of s), and in its manifest the `Relief`,
        the objective of the weights as ``centre``, L(0) as ``zero`` and, as ``basin``, the share of
        points below that. With checkpoints also
        a part "paths", see `construction.experiments.landscape.paths.projected`.

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
    before = [fitted(one, model)[0] for one in checkpoints if one is not weights]
    weights, _ = fitted(weights, model)
    name = plane if isinstance(plane, str) else "given"
    spanned, entries = plane_of(model, weights, plane, before, normalise=normalise, seed=seed)
    statistics: Statistics = "recomputed" if batch_norm == "recompute" else "kept"
    terrain = Terrain(
        model, data, centre=weights, loss=loss, statistics=statistics, metrics=metrics, **options
    )
    parts: dict[str, Findings] = {}
    if before:
        states = [*before, weights]
        options_of_paths = {"loss": loss, "batch_norm": batch_norm, **options}
        paths = paths_to_solution(
            model,
            states.__getitem__,
            range(len(states)),
            data,
            profiles=also,
            **options_of_paths,
        )
        parts["paths"] = projected(paths[0], {name: spanned}, [name]).described(refused=paths[1])
    span = BEYOND if name == "trajectory" else REACH
    axes = axes_of(name, points, span if reach is None else reach, parts.get("paths"))
    spans = [checksum(one) for one in (weights, spanned.first, spanned.second)]
    over = [name, *(axis.tolist() for axis in axes)]
    asked = [terrain.loss.name, statistics, terrain.tiles.count, list(terrain.metrics)]
    digest = digest_of({"of": [spans, over, asked]})
    once = partial(_kept, None if folder is None else ensure_folder(Path(folder)), digest)
    parts[name] = slice_of(terrain, spanned, axes, name=name, once=once).described(**entries)
    network = joined(parts).described(label=title, samples=terrain.tiles.count)
    whole = joined({"network": network}).described(kind="landscape", title=title)
    return Measured(whole.described(finding=finding(whole), caption=of_user(whole)))


def slice_of(
    terrain: Terrain,
    plane: Plane,
    axes: tuple[Array, Array],
    *,
    name: str = "surface",
    once: Once = lambda _, measure: measure(),
) -> Findings:
    """The heights on a grid of a plane of weights, and how rugged they are: see `surface`.

    Args:
        terrain: whose heights.
        plane: through any weights of its model.
        axes: s and t of the grid, evenly spaced, at least 3 each.
        name, once: is called with ``NAME-000``, ... and what measures each row; it may keep rows.

    Raises:
        InputError, WeightsError: see `Terrain` and `relief`.
    """
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


def plane_of(
    model: nn.Module,
    weights: State,
    plane: str | tuple[State, State],
    before: Sequence[Mapping[str, Tensor]],
    *,
    normalise: Normalise | None = "filter",
    seed: int = 0,
) -> tuple[Plane, dict[str, list[float]]]:
    """The plane, and what its directions keep of the trajectory where they are its own.

    Arguments are those of `surface`, `before` its checkpoints without the weights themselves.
    """
    own = parameters_of(model, weights)
    if plane == "random":
        pair = [random_direction(own, 2 * seed + k, normalise) for k in (0, 1)]
        return Plane(weights, *pair), {}
    if plane == "trajectory":
        first, second, shares = principal([parameters_of(model, one) for one in before], own)
        return Plane(weights, first, second), {"shares": shares[:SHARES].tolist()}
    shapes = {name: value.shape for name, value in own.items()}
    given = plane if not isinstance(plane, str) else ()
    if len(given) != 2 or any({n: v.shape for n, v in one.items()} != shapes for one in given):
        raise InputError(
            "plane 'random', 'trajectory', or two directions with the parameters' names and shapes",
            repr(plane) if isinstance(plane, str) else f"{len(given)} others",
            "Give each parameter an entry, zeros where the direction leaves it alone.",
        )
    return Plane(weights, given[0], given[1]), {}


def axes_of(name: str, points: int, reach: float, paths: Findings | None) -> tuple[Array, Array]:
    """The coordinates of the grid: around all paths, or as far as other directions reach."""
    ends = np.array([[-reach, -reach], [reach, reach]])
    if name == "trajectory" and paths is not None:
        every = np.concatenate(
            [a for key, a in paths.arrays.items() if key.endswith("/trajectory/place")]
        )
        low, high = every.min(axis=0), every.max(axis=0)
        ends = np.array([low, high]) + reach * np.outer([-1, 1], high - low)
    s, t = np.linspace(ends[0], ends[1], points).T
    return s, t


def _kept(folder: Path | None, digest: str, name: str, measure: Callable[[], Findings]) -> Findings:
    """A row, from the folder where every rank finds it whole."""
    if folder is None:
        return measure()
    place, found = folder / f"{name}-{digest}.npz", None
    with suppress(RecordError):
        found = Findings.load(place)
    missing = largest_over_ranks(float(found is None))
    if found is None or missing:
        found = measure()
        if rank_and_size()[0] == 0:
            found.save(place)
    return found
