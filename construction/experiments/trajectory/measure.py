"""Measures how far training strays from the straight line, and random walks beside it."""

from functools import partial

from ...record.findings import Findings, joined
from ...training.training import Run
from ..stages import Report, Stages
from .settings import LABELS, Published, Trajectory, name_of
from .trajectory import straying, walk_of
from .words import PUBLISHED, WALK, rows


def conduct(settings: Trajectory, stages: Stages, report: Report) -> Findings:
    """Measure every network and both walks, a stage each: parts as those of `trajectory`."""
    runs = {name_of(run.recipe): run for run in stages.train_all(settings.recipes)}
    parts = {
        name: stages.once(name, partial(_trained, run, settings.strides))
        for name, run in runs.items()
    }
    first = parts[next(iter(parts))].manifest
    alike = Published(first["steps"], first["dimensions"], first["steps"])
    for name, walk in ((WALK, alike), (PUBLISHED, settings.published)):
        size = walk.steps, walk.dimensions, walk.solution
        parts[name] = stages.once(name, partial(walk_of, *size, settings.seed, settings.strides))
    whole = joined(parts).described(trained=list(runs), strides=list(settings.strides))
    for row in rows(whole):
        report(f"  {'  '.join(row)}")
    return whole


def _trained(run: Run, strides: tuple[int, ...]) -> Findings:
    checkpoints = [partial(run.checkpoint, step) for step in run.steps]
    found = straying(checkpoints, run.model(), strides)
    name = name_of(run.recipe)
    return found.described(label=LABELS.get(name, name), objective=run.epoch_objective[-1])
