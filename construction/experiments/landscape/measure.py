"""Conducts the runs of Li et al. 2018: surfaces around trained weights, and the paths to them.

Each row of a surface is a stage, so that an interrupted run goes on within a surface.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from torch import Tensor

from ...errors import InputError
from ...forward.batch_norm import normalising_layers
from ...record.findings import Findings, joined
from ...training.build import inputs_of
from ...training.recipe import Recipe
from ...training.training import Run
from ..means import error
from ..stages import Report, Stages
from .directions import Plane
from .paths import paths_to_solution, projected
from .settings import Landscape
from .surface import axes_of, plane_of, slice_of
from .terrain import Terrain
from .words import comparison, relief_line


def conduct(settings: Landscape, stages: Stages, report: Report) -> Findings:
    """Measure every slice through the final weights of every network.

    Returns:
        A part a network, as `construction.experiments.landscape.surface.surface` has it, float32.

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
    before = [run.checkpoint(step) for step in run.steps[:-1]]
    planes = {
        one.directions: plane_of(model, run.final, one.directions, before, seed=one.seed)
        for one in settings.slices
    }
    measure = partial(_paths, run, data, {x: one[0] for x, one in planes.items()}, settings, stages)
    parts = {"paths": stages.once(f"{stage}-paths", measure)}
    label = run.recipe.architecture.label

    def once(name: str, measure: Callable[[], Findings]) -> Findings:
        return stages.once(name, lambda: _single(measure()))

    for one in settings.slices:
        name, (plane, entries) = one.directions, planes[one.directions]
        terrain = Terrain(
            model,
            data,
            loss=run.recipe.loss,
            statistics=one.statistics,
            metrics={"error": error},
            device=stages.device,
        )
        axes = axes_of(name, one.points, one.reach, parts["paths"])
        part = slice_of(terrain, plane, axes, name=f"{stage}-{name}", once=once)
        parts[name] = part.described(**entries)
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
    stages: Stages,
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
        device=stages.device,
    )
    return _single(projected(paths, planes, ["trajectory"])).described(refused=refused)


def _single(findings: Findings) -> Findings:
    """Float32 of all."""
    arrays = {name: array.astype(np.float32) for name, array in findings.arrays.items()}
    return replace(findings, arrays=arrays)
