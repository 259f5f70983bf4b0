"""Conducts the runs of Li et al. 2018: surfaces around trained weights, and the paths to them.

Each row of a surface is a stage, so that an interrupted run goes on within a surface.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...forward.batch_norm import normalising_layers
from ...record.findings import Findings, joined
from ...training.build import inputs_of
from ...training.training import Run
from ..given import Given, file_name, networks
from ..stages import Report, Stages, single
from .directions import plane_of
from .settings import Landscape
from .surface import Cut, around
from .terrain import Terrain
from .words import relief_line, slices


def conduct(settings: Landscape, stages: Stages, report: Report) -> Findings:
    """Measure every slice through every network's final weights: a part each, as `surface`'s."""
    parts = {}
    for run in networks(settings.recipes, stages):
        part = parts[file_name(run.recipe)] = _around(run, settings, stages)
        for name in slices(part):
            report(f"  {part.manifest['label']}, {name}: {relief_line(part.part(name))}")
    return joined(parts).described(tolerance=1e-5)


def _around(run: Run, settings: Landscape, stages: Stages) -> Findings:
    """The surfaces around one network's final weights, in stages of these alone, and the paths."""
    model, samples = run.model(), settings.samples or run.recipe.samples
    data = inputs_of(replace(run.recipe, samples=samples))[:2]
    stage = f"{file_name(run.recipe)}-{run.weights_checksum[:8]}"
    before = [run.checkpoint(step) for step in run.steps[:-1]]
    options: dict[str, Any] = {"loss": run.recipe.loss, "device": stages.device}
    cuts: dict[str, Cut] = {
        one.directions: (
            Terrain(model, data, recompute=one.statistics == "recomputed", **options),
            plane_of(model, run.final, one.directions, before, seed=one.seed),
            one,
        )
        for one in settings.slices
    }

    def once(name: str, measure: Callable[[], Findings]) -> Findings:
        return stages.once(f"{stage}-{name}", lambda: single(measure()))

    found = around(
        model,
        run.checkpoint,
        run.steps,
        data,
        cuts,
        once=once,
        profiles=settings.profiles,
        points=settings.points,
        batch_norm=settings.batch_norm if normalising_layers(model) else None,
        **options,
    )
    if isinstance(run, Given):
        found = found.described(test_error=run.error)
    described = {"label": run.recipe.architecture.label, "weights": run.weights_checksum}
    return found.described(samples=len(data[1]), **described)
