"""Conducts the runs of Li et al. 2018: surfaces around trained weights, and the paths to them.

Each row of a surface is a stage, so that an interrupted run goes on within a surface. Networks too
large to train here take published weights, or the user's own, from a folder.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from torch import Tensor, nn
from tqdm import tqdm

from ...arrays import Array
from ...errors import InputError, WeightsError
from ...files.weights import checksum, load_weights
from ...forward.batch_norm import normalising_layers
from ...network.states import State
from ...record.findings import Findings, joined
from ...training.build import build, inputs_of
from ...training.recipe import Recipe
from ...training.training import Run
from ..stages import Report, Stages
from .directions import Plane, filter_normalised, parameters_of, principal
from .settings import Landscape, Slice, Statistics
from .surface import Terrain, paths_to_solution, projected, relief, row
from .words import comparison, relief_line

#: Shares of the trajectory's principal directions that are kept in the manifest.
SHARES = 5
#: Names the folder of published weights.
FOLDER = "CONSTRUCTION_WEIGHTS"
ENDINGS = (".safetensors", ".pt", ".pth")
#: What training counts and nothing reads.
COUNTER = "num_batches_tracked"
THESE = "Use the weights of this architecture."


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
        (points of t, points of s); and, but for published weights, a part ``paths``, see
        `construction.experiments.landscape.surface.projected`.

    Raises:
        InputError: two networks or two slices of one name; the trajectory of published weights;
            see also `published_weights`.
        WeightsError: see the modules `surface` and `directions` of this folder.
    """
    networks = [file_name(recipe) for recipe in settings.recipes]
    for names in (networks, [one.directions for one in settings.slices]):
        if len(set(names)) < len(names):
            raise InputError("different names", ", ".join(map(repr, names)), "Leave one out.")
    if not settings.given:
        stages.train_all(settings.recipes)
    subjects = [_subject(recipe, settings.given, stages) for recipe in settings.recipes]
    whole = joined({one.name: _around(one, settings, stages, report) for one in subjects})
    return whole.described(tolerance=1e-5, caption=comparison(whole, settings))


def file_name(recipe: Recipe) -> str:
    """What the part of a network, and the file of its published weights, are called.

    >>> from construction.network.architectures import ResNet
    >>> file_name(Recipe(architecture=ResNet(56, shortcuts=False)))
    'resnet-56-without-shortcuts'
    """
    return recipe.architecture.label.lower().replace(" ", "-")


class _Subject(NamedTuple):
    """A network whose surface is measured; `run` is None where its weights were published."""

    recipe: Recipe
    final: State
    run: Run | None
    origin: Mapping[str, str]

    @property
    def name(self) -> str:
        return file_name(self.recipe)

    @property
    def stage(self) -> str:
        """What its stages begin with: a surface is not continued around other weights."""
        return f"{self.name}-{self.origin['weights'][:8]}"


def _subject(recipe: Recipe, given: bool, stages: Stages) -> _Subject:
    if given:
        weights, origin = published_weights(file_name(recipe), build(recipe))
        return _Subject(recipe, weights, None, origin)
    run = stages.train(recipe)
    return _Subject(recipe, run.final, run, {"weights": run.weights_checksum})


def _around(subject: _Subject, settings: Landscape, stages: Stages, report: Report) -> Findings:
    """The surfaces around one network's final weights, and the paths there."""
    model, samples = build(subject.recipe), settings.samples or subject.recipe.samples
    data = inputs_of(replace(subject.recipe, samples=samples))[:2]
    planes: dict[str, Plane] = {}
    entries = {}
    for one in settings.slices:
        planes[one.directions], entries[one.directions] = _plane(one, model, subject)
    parts: dict[str, Findings] = {}
    if subject.run is not None:
        measure = partial(_paths, subject.run, data, planes, settings, stages.device)
        parts["paths"] = stages.once(f"{subject.stage}-paths", measure)
    label = subject.recipe.architecture.label
    for one in settings.slices:
        name = one.directions
        part = surface(
            model,
            planes[name],
            data,
            _axes(one, parts.get("paths")),
            loss=subject.recipe.loss,
            statistics=one.statistics,
            device=stages.device,
            name=f"{subject.stage}-{name}",
            once=stages.once,
        )
        parts[name] = part.described(**entries[name])
        low, high = part["objective"].min(), part["objective"].max()
        report(
            f"  {label}, {name} directions: objective {low:.4g} to {high:.4g}, {relief_line(part)}"
        )
    return joined(parts).described(label=label, samples=len(data[1]), **subject.origin)


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


def _plane(one: Slice, model: nn.Module, subject: _Subject) -> tuple[Plane, dict[str, list[float]]]:
    """The plane, and what its directions keep of the trajectory where they are its own."""
    weights = parameters_of(model, subject.final)
    if one.directions == "random":
        first, second = (filter_normalised(weights, 2 * one.seed + k) for k in (0, 1))
        return Plane(subject.final, first, second), {}
    if subject.run is None:
        raise InputError(
            "a network trained here, whose checkpoints span the plane of its trajectory",
            "weights that were given",
            "Take random directions.",
        )
    run = subject.run
    before = [parameters_of(model, run.checkpoint(step)) for step in run.steps[:-1]]
    first, second, shares = principal(before, weights)
    return Plane(subject.final, first, second), {"shares": shares[:SHARES].tolist()}


def _axes(one: Slice, paths: Findings | None) -> tuple[Array, Array]:
    """The coordinates of the grid: around all paths, or as far as random directions reach."""
    ends = np.array([[-one.reach, -one.reach], [one.reach, one.reach]])
    if one.directions == "trajectory" and paths is not None:
        places = [a for name, a in paths.arrays.items() if name.endswith("/trajectory/place")]
        every = np.concatenate(places)
        low, high = every.min(axis=0), every.max(axis=0)
        ends = np.array([low, high]) + one.reach * np.outer([-1, 1], high - low)
    s, t = np.linspace(ends[0], ends[1], one.points).T
    return s, t


# --- published weights ---------------------------------------------------------------------------


def published_weights(name: str, model: nn.Module) -> tuple[State, dict[str, str]]:
    """The weights ``$CONSTRUCTION_WEIGHTS/NAME.safetensors``, or .pt, or .pth.

    Returns:
        A state dict that fits the model; the checksum of the ``weights`` and the name of the
        ``file``.

    Raises:
        InputError: no such folder is named, or no such file is in it.
        WeightsError: see `construction.files.weights.load_weights` and `adopted`.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        raise InputError(
            f"the folder of the trained weights {name!r} in the environment variable {FOLDER}",
            "that it is not set",
            f"Save them there as {name}.safetensors.",
        )
    files = [Path(folder) / f"{name}{ending}" for ending in ENDINGS]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise InputError(
            f"a file {name}.safetensors, .pt or .pth in {folder}", "none", "Save the weights there."
        )
    weights = load_weights(file)
    return adopted(model, weights), {"weights": checksum(weights), "file": file.name}


def adopted(model: nn.Module, weights: State) -> State:
    """The weights under the names of the model's own entries.

    Other implementations of an architecture name its layers otherwise but list them in the order of
    their definition. They are taken over by order where all shapes agree and all last parts of the
    names, as "weight" and "running_var"; counters of batches are left as the model has them.

    Raises:
        WeightsError: another number of entries, or one that differs.

    >>> import torch
    >>> weights = {"fc.weight": torch.ones(1, 2), "fc.bias": torch.ones(1)}
    >>> list(adopted(nn.Linear(2, 1), weights))
    ['weight', 'bias']
    """
    own = model.state_dict()
    wanted = [name for name in own if not name.endswith(COUNTER)]
    theirs = [name for name in weights if not name.endswith(COUNTER)]
    if set(theirs) == set(wanted):
        theirs = wanted
    if len(theirs) != len(wanted):
        raise WeightsError(f"{len(wanted)} entries", f"{len(theirs)}", THESE)
    for mine, other in zip(wanted, theirs, strict=True):
        if _signature(mine, own) != _signature(other, weights):
            raise WeightsError(
                f"an entry like {mine!r} of shape {tuple(own[mine].shape)}",
                f"{other!r} of shape {tuple(weights[other].shape)} in its place",
                f"{THESE} A .safetensors file does not keep their order, a .pt file does.",
            )
    return {**own, **{mine: weights[other] for mine, other in zip(wanted, theirs, strict=True)}}


def _signature(name: str, state: State) -> tuple[str, tuple[int, ...]]:
    """What entries of other names are recognised by."""
    return name.rsplit(".", 1)[-1], tuple(state[name].shape)
