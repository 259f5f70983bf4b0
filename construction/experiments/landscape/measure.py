"""Conducts the runs of Li et al. 2018: surfaces around trained weights, and the ways to them.

Each row of a surface is a stage, so that an interrupted run goes on within a surface.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from torch import Tensor, nn
from tqdm import tqdm

from ...arrays import Array
from ...errors import InputError
from ...forward.batch_norm import BatchNorm, normalising_layers
from ...network.heads import State
from ...record.findings import Findings, joined
from ...training.build import build, inputs_of
from ...training.recipe import Recipe
from ...training.training import Run
from ..stages import Report, Stages
from .directions import Plane, filter_normalised, parameters_of, principal
from .given import given
from .relief import relief
from .settings import Landscape, Slice
from .surface import Terrain, row
from .ways import projected, ways_of
from .words import caption

#: Shares of the trajectory's principal directions that are told.
TOLD = 5


def conduct(settings: Landscape, stages: Stages, report: Report) -> Findings:
    """Measure every slice through the final weights of every network.

    Args:
        settings: what to measure.
        stages: what is finished.
        report: receives a line a slice.

    Returns:
        A part a network. In it a part a slice: axes ``s`` and ``t``, ``objective`` and ``error``
        (points of t, points of s); and, but for given weights, a part ``paths``, see
        `construction.experiments.landscape.ways.projected`.

    Raises:
        InputError: two networks or two slices of one name; the trajectory of given weights; see
            also `construction.experiments.landscape.given`.
        WeightsError: see the modules `surface` and `directions` of this folder.
    """
    for names in ([file_name(one) for one in settings.recipes], [x.name for x in settings.slices]):
        if len(set(names)) < len(names):
            raise InputError("different names", ", ".join(map(repr, names)), "Leave one out.")
    subjects = [
        _given(recipe) if settings.given else _trained(stages.train(recipe))
        for recipe in settings.recipes
    ]
    whole = joined({one.name: _around(one, settings, stages, report) for one in subjects})
    return whole.described(tolerance=1e-5, caption=caption(whole, settings))


def file_name(recipe: Recipe) -> str:
    """What the part of a network, and the file of its given weights, are called.

    >>> from construction.network.architectures import ResNet
    >>> file_name(Recipe(architecture=ResNet(56, shortcuts=False)))
    'resnet-56-without-shortcuts'
    """
    return recipe.architecture.label.lower().replace(" ", "-")


class _Subject(NamedTuple):
    """A network whose surface is measured; `run` is None where its weights were given."""

    recipe: Recipe
    final: State
    run: Run | None
    origin: Mapping[str, str]

    @property
    def name(self) -> str:
        return file_name(self.recipe)

    @property
    def stage(self) -> str:
        """What its stages are called: a surface is not gone on with around other weights."""
        return f"{self.name}-{self.origin['weights'][:8]}"


def _trained(run: Run) -> _Subject:
    return _Subject(run.recipe, run.final, run, {"weights": run.weights_checksum})


def _given(recipe: Recipe) -> _Subject:
    found = given(file_name(recipe), build(recipe))
    return _Subject(recipe, found.weights, None, {"weights": found.checksum, "file": found.file})


def _around(subject: _Subject, settings: Landscape, stages: Stages, report: Report) -> Findings:
    """The surfaces around one network's final weights, and the ways there."""
    model, samples = build(subject.recipe), settings.samples or subject.recipe.samples
    inputs, targets, *_ = inputs_of(replace(subject.recipe, samples=samples))
    planes, told = {}, {}
    for one in settings.slices:
        planes[one.name], told[one.name] = _plane(one, model, subject)
    parts: dict[str, Findings] = {}
    if subject.run is not None:
        measure = partial(_paths, subject.run, (inputs, targets), planes, settings, stages.device)
        parts["paths"] = stages.once(f"{subject.stage}-paths", measure)
    label = subject.recipe.architecture.label
    for one in settings.slices:
        terrain = Terrain(
            model,
            (inputs, targets),
            loss=subject.recipe.loss,
            statistics=one.statistics,
            device=stages.device,
        )
        axes = _axes(one, parts.get("paths"))
        found = _surface(f"{subject.stage}-{one.name}", terrain, planes[one.name], axes, stages)
        seen = relief(found["objective"], *(float(axis[1] - axis[0]) for axis in axes))
        parts[one.name] = found.described(relief=seen._asdict(), **told[one.name])
        report(
            f"  {label}, {one.directions} directions: objective {found['objective'].min():.4g} to "
            f"{found['objective'].max():.4g}, {seen.told}"
        )
    return joined(parts).described(label=label, samples=len(targets), **subject.origin)


def _paths(
    run: Run,
    data: tuple[Tensor, Tensor],
    planes: Mapping[str, Plane],
    settings: Landscape,
    device: str,
) -> Findings:
    choice: BatchNorm | None = settings.batch_norm if normalising_layers(run.model()) else None
    ways = ways_of(run, data, settings.profiles, settings.points, choice, device)
    drawn = [one.name for one in settings.slices if one.directions == "trajectory"]
    return projected(ways, planes, drawn)


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
    found = principal(before, weights)
    shares = [float(share) for share in found.shares[:TOLD]]
    return Plane(subject.final, found.first, found.second), {"shares": shares}


def _axes(one: Slice, paths: Findings | None) -> tuple[Array, Array]:
    """The coordinates of the grid: around all paths, or as far as random directions reach."""
    ends = np.array([[-one.reach, -one.reach], [one.reach, one.reach]])
    if one.directions == "trajectory" and paths is not None:
        places = [a for name, a in paths.arrays.items() if name.endswith(f"/{one.name}/place")]
        seen = np.concatenate(places)
        low, high = seen.min(axis=0), seen.max(axis=0)
        ends = np.array([low, high]) + one.reach * np.outer([-1, 1], high - low)
    s, t = np.linspace(ends[0], ends[1], one.points).T
    return s, t


def _surface(
    stage: str, terrain: Terrain, plane: Plane, axes: tuple[Array, Array], stages: Stages
) -> Findings:
    """All rows, each a stage."""
    s, t = axes
    rows = [
        stages.once(f"{stage}-{k:03d}", partial(row, terrain, plane, s, float(height)))
        for k, height in enumerate(tqdm(t, desc=stage, unit="row", disable=None))
    ]
    names = ("objective", "error")
    return Findings({"s": s, "t": t, **{x: np.stack([one[x] for one in rows]) for x in names}})
