"""Conducts the studies of alpha and beta: trained networks, and random walks beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from ...arrays import Array
from ...network.heads import State
from ...record.findings import Findings, joined
from ...training.training import Run
from ..stages import Report, Stages
from .alpha_beta import Trajectory as Measured
from .alpha_beta import against_the_line, moves
from .numbers import PUBLISHED, WALK
from .random_walk import Walk, walked
from .settings import Published, Trajectory, name_of
from .words import caption, finding, label, told


def conduct(settings: Trajectory, stages: Stages, report: Report) -> Findings:
    """Measure every network and both walks; each is a stage.

    Arrays of each part: ``alpha`` and ``beta`` (positions,), ``step`` (steps,) the length of each
    step, and ``length`` (strides,) that of the path through every k-th position. The manifest says
    the rest, with a finding and a caption made from the numbers.

    Args:
        settings: what to measure.
        stages: what is finished.
        report: receives a line a part, and the finding.
    """
    runs = {name_of(recipe): stages.train(recipe) for recipe in settings.recipes}
    parts = {
        name: stages.once(name, partial(_trained, run, settings.strides))
        for name, run in runs.items()
    }
    first = parts[next(iter(parts))].manifest
    alike = Published(first["steps"], first["dimensions"], first["steps"])
    for name, walk in ((WALK, alike), (PUBLISHED, settings.published)):
        parts[name] = stages.once(name, partial(_walk, walk, settings.seed, settings.strides))
    found = joined(parts).described(trained=list(runs), strides=list(settings.strides))
    for name in found.parts:
        report(f"  {told(found, name)}")
    found = found.described(finding=finding(found), caption=caption(found, settings))
    report(f"  {found.manifest['finding']}")
    return found


def _trained(run: Run, strides: Sequence[int]) -> Findings:
    names = [name for name, _ in run.model().named_parameters()]
    start, stop = _flat(run.initial, names), _flat(run.final, names)
    measured = against_the_line(_positions(run, names), start, stop)
    return _part(
        measured,
        moves(_positions(run, names), strides),
        label(run.recipe),
        objective=run.epoch_objective[-1],
        dimensions=len(start),
    )


def _positions(run: Run, names: Sequence[str]) -> Iterator[Array]:
    """Every checkpoint as one vector, read when it is asked for."""
    return (_flat(run.checkpoint(step), names) for step in run.steps)


def _flat(weights: State, names: Sequence[str]) -> Array:
    """The parameters as one float64 vector; running statistics of batch norm are left out."""
    return np.concatenate([weights[name].numpy().ravel() for name in names]).astype(float)


def _walk(walk: Published, seed: int, strides: Sequence[int]) -> Findings:
    drawn: Walk = walked(
        walk.steps, walk.dimensions, seed=seed, solution=walk.solution, strides=strides
    )
    return _part(drawn.trajectory, drawn.moves, "random walk", dimensions=walk.dimensions)


def _part(measured: Measured, moved: Sequence[Array], label: str, **entries: float) -> Findings:
    arrays = {
        "alpha": measured.alpha,
        "beta": measured.beta,
        "step": moved[0],
        "length": np.array([one.sum() for one in moved]),
    }
    steps, solution = len(measured.alpha) - 1, measured.solution
    described = {"label": label, "chord": measured.chord, "steps": steps, "solution": solution}
    return Findings(arrays, {**described, **entries})
