"""Conducts the runs of Li et al. 2018: surfaces around trained weights, and the paths to them.

Each row of a surface is a stage, so that an interrupted run goes on within a surface.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from torch import Tensor, nn
from tqdm import tqdm

from ...arrays import Array
from ...errors import InputError
from ...forward.batch_norm import normalising_layers
from ...record.findings import Findings, joined
from ...training.build import inputs_of
from ...training.recipe import Recipe
from ...training.training import Run
from ..stages import Report, Stages
from .directions import Plane, filter_normalised, parameters_of, principal
from .settings import Landscape, Slice, Statistics
from .surface import Terrain, paths_to_solution, projected, relief, row
from .words import comparison, relief_line

#: Shares of the trajectory's principal directions that are kept in the manifest.
SHARES = 5


def surface(
    model: nn.Module,
    plane: Plane,
    data: tuple[Tensor, Tensor],
    axes: tuple[Array, Array],
    *,
    loss: str = "squared",
    statistics: Statistics = "kept",
    device: str = "cpu",
    name: str = "surface",
    once: Callable[[str, Callable[[], Findings]], Findings] = lambda _, measure: measure(),
) -> Findings:
    """The objective and the error on a grid of a plane of weights, and how rugged it is.

    Args:
        model, data, loss, statistics, device: see `Terrain`.
        plane: through any weights of the model.
        axes: s and t of the grid, evenly spaced, at least 3 each.
        name, once: is called with ``NAME-000``, ... and what measures each row; it may keep rows.

    Returns:
        ``s`` and ``t``, (points,); ``objective`` and ``error`` (points of t, points of s); in the
        manifest the `Relief`.

    Raises:
        InputError, WeightsError: see `Terrain` and `relief`.

    >>> import torch
    >>> weights = {"weight": torch.zeros(2, 1)}, {"weight": torch.eye(2)[:, :1]}
    >>> plane = Plane(*weights, {"weight": torch.eye(2)[:, 1:]})
    >>> data, axis = (torch.ones(1, 1), torch.zeros(1, dtype=torch.long)), np.linspace(0, 2, 3)
    >>> measured = surface(nn.Linear(1, 2, bias=False), plane, data, (axis, axis))
    >>> measured["objective"].tolist()  # (s - 1)^2 + t^2
    [[1.0, 0.0, 1.0], [2.0, 1.0, 2.0], [5.0, 4.0, 5.0]]
    """
    terrain = Terrain(model, data, loss=loss, statistics=statistics, device=device)
    s, t = axes
    rows = [
        once(f"{name}-{k:03d}", partial(row, terrain, plane, s, float(height)))
        for k, height in enumerate(tqdm(t, desc=name, unit="row", disable=None))
    ]
    stacked = {x: np.stack([one[x] for one in rows]) for x in ("objective", "error")}
    rugged = relief(stacked["objective"], *(float(axis[1] - axis[0]) for axis in axes))
    return Findings({"s": s, "t": t, **stacked}, {"relief": rugged._asdict()})


def conduct(settings: Landscape, stages: Stages, report: Report) -> Findings:
    """Measure every slice through the final weights of every network.

    Returns:
        A part a network. In it a part a slice: axes ``s`` and ``t``, ``objective`` and ``error``
        (points of t, points of s); and a part ``paths``, see
        `construction.experiments.landscape.surface.projected`.

    Raises:
        InputError: two networks or two slices of one name.
        WeightsError: see the modules `surface` and `directions` of this folder.
    """
    networks = [file_name(recipe) for recipe in settings.recipes]
    for names in (networks, [one.directions for one in settings.slices]):
        if len(set(names)) < len(names):
            raise InputError("different names", ", ".join(map(repr, names)), "Leave one out.")
    runs = stages.train_all(settings.recipes)
    parts = (_around(run, settings, stages, report) for run in runs)
    whole = joined(dict(zip(networks, parts, strict=True)))
    return whole.described(tolerance=1e-5, caption=comparison(whole, settings))


def file_name(recipe: Recipe) -> str:
    """What the part of a network is called.

    >>> from construction.network.architectures import ResNet
    >>> file_name(Recipe(architecture=ResNet(56, shortcuts=False)))
    'resnet-56-without-shortcuts'
    """
    return recipe.architecture.label.lower().replace(" ", "-")


def _around(run: Run, settings: Landscape, stages: Stages, report: Report) -> Findings:
    """The surfaces around one network's final weights, and the paths there.

    Stages begin with the weights: a surface is not continued around others.
    """
    model, samples = run.model(), settings.samples or run.recipe.samples
    data = inputs_of(replace(run.recipe, samples=samples))[:2]
    stage = f"{file_name(run.recipe)}-{run.weights_checksum[:8]}"
    planes: dict[str, Plane] = {}
    entries = {}
    for one in settings.slices:
        planes[one.directions], entries[one.directions] = _plane(one, model, run)
    measure = partial(_paths, run, data, planes, settings, stages.device)
    parts = {"paths": stages.once(f"{stage}-paths", measure)}
    label = run.recipe.architecture.label
    for one in settings.slices:
        name = one.directions
        part = surface(
            model,
            planes[name],
            data,
            _axes(one, parts["paths"]),
            loss=run.recipe.loss,
            statistics=one.statistics,
            device=stages.device,
            name=f"{stage}-{name}",
            once=stages.once,
        )
        parts[name] = part.described(**entries[name])
        low, high = part["objective"].min(), part["objective"].max()
        report(
            f"  {label}, {name} directions: objective {low:.4g} to {high:.4g}, {relief_line(part)}"
        )
    return joined(parts).described(label=label, samples=len(data[1]), weights=run.weights_checksum)


def _paths(
    run: Run,
    data: tuple[Tensor, Tensor],
    planes: Mapping[str, Plane],
    settings: Landscape,
    device: str,
) -> Findings:
    model = run.model()
    paths, refused = paths_to_solution(
        model,
        run.checkpoint,
        run.steps,
        data,
        loss=run.recipe.loss,
        profiles=settings.profiles,
        points=settings.points,
        batch_norm=settings.batch_norm if normalising_layers(model) else None,
        device=device,
    )
    return projected(paths, planes, ["trajectory"]).described(refused=refused)


def _plane(one: Slice, model: nn.Module, run: Run) -> tuple[Plane, dict[str, list[float]]]:
    """The plane, and what its directions keep of the trajectory where they are its own."""
    weights = parameters_of(model, run.final)
    if one.directions == "random":
        first, second = (filter_normalised(weights, 2 * one.seed + k) for k in (0, 1))
        return Plane(run.final, first, second), {}
    before = [parameters_of(model, run.checkpoint(step)) for step in run.steps[:-1]]
    first, second, shares = principal(before, weights)
    return Plane(run.final, first, second), {"shares": shares[:SHARES].tolist()}


def _axes(one: Slice, paths: Findings) -> tuple[Array, Array]:
    """The coordinates of the grid: around all paths, or as far as random directions reach."""
    ends = np.array([[-one.reach, -one.reach], [one.reach, one.reach]])
    if one.directions == "trajectory":
        places = [a for name, a in paths.arrays.items() if name.endswith("/trajectory/place")]
        every = np.concatenate(places)
        low, high = every.min(axis=0), every.max(axis=0)
        ends = np.array([low, high]) + one.reach * np.outer([-1, 1], high - low)
    s, t = np.linspace(ends[0], ends[1], one.points).T
    return s, t
