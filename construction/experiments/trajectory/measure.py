"""Measures how far training strays from the straight line, and random walks beside it."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
from torch import nn

from ...arrays import Array
from ...network.states import State
from ...record.findings import Findings, joined
from ...training.training import Run
from ..stages import Report, Stages
from .alpha_beta import AlphaBeta, against_the_line, moves, walked
from .settings import Published, Trajectory, name_of
from .words import PUBLISHED, WALK, comparison, finding, label, part_line


def conduct(settings: Trajectory, stages: Stages, report: Report) -> Findings:
    """Measure every network and both walks; each is a stage.

    Returns:
        A part each, see `straying`; a finding and a caption made from the numbers.
    """
    runs = {name_of(run.recipe): run for run in stages.train_all(settings.recipes)}
    parts = {
        name: stages.once(name, partial(_trained, run, settings.strides))
        for name, run in runs.items()
    }
    first = parts[next(iter(parts))].manifest
    alike = Published(first["steps"], first["dimensions"], first["steps"])
    for name, walk in ((WALK, alike), (PUBLISHED, settings.published)):
        parts[name] = stages.once(name, partial(_walk, walk, settings.seed, settings.strides))
    whole = joined(parts).described(trained=list(runs), strides=list(settings.strides))
    for name in whole.parts:
        report(f"  {part_line(whole, name)}")
    whole = whole.described(finding=finding(whole), caption=comparison(whole, settings))
    report(f"  {whole.manifest['finding']}")
    return whole


def straying(
    model: nn.Module,
    initial: State,
    final: State,
    checkpoints: Callable[[], Iterable[State]],
    strides: Sequence[int] = (1,),
) -> Findings:
    """How far training strays from the line between its first and its last weights.

    Args:
        model: whose parameters count; running statistics of batch normalisation do not.
        initial, final: the ends of the line, state dicts.
        checkpoints: every position from the first to the last, made anew at each call, as all may
            not fit into memory.
        strides: the path's length is taken through every k-th position, for each of these k.

    Returns:
        Arrays ``alpha`` and ``beta`` (positions,), ``step`` (steps,) the length of each step, and
        ``length`` (strides,) that of the path. The manifest has the length ``chord`` of the line,
        the number of ``steps`` and ``dimensions``, and the step of the ``solution``.

    Raises:
        InputError: both ends are one point.

    >>> import torch
    >>> weights = [{"weight": torch.tensor([at])} for at in ([0.0, 0.0], [1.0, 3.0], [4.0, 0.0])]
    >>> model = nn.Linear(2, 1, bias=False)
    >>> findings = straying(model, weights[0], weights[-1], lambda: weights)
    >>> findings["alpha"].tolist(), findings["beta"].tolist(), findings.manifest["chord"]
    ([0.0, 1.0, 4.0], [0.0, 3.0, 0.0], 4.0)
    """
    names = [name for name, _ in model.named_parameters()]

    def flat(weights: State) -> Array:
        return np.concatenate([weights[name].numpy().ravel() for name in names]).astype(float)

    start = flat(initial)
    measured = against_the_line(map(flat, checkpoints()), start, flat(final))
    return _findings(measured, moves(map(flat, checkpoints()), strides), len(start))


def _trained(run: Run, strides: Sequence[int]) -> Findings:
    def checkpoints() -> Iterable[State]:
        return map(run.checkpoint, run.steps)

    findings = straying(run.model(), run.initial, run.final, checkpoints, strides)
    return findings.described(label=label(run.recipe), objective=run.epoch_objective[-1])


def _walk(walk: Published, seed: int, strides: Sequence[int]) -> Findings:
    drawn = walked(walk.steps, walk.dimensions, seed=seed, solution=walk.solution, strides=strides)
    return _findings(*drawn, walk.dimensions).described(label="random walk")


def _findings(positions: AlphaBeta, moved: Sequence[Array], dimensions: int) -> Findings:
    arrays = {
        "alpha": positions.alpha,
        "beta": positions.beta,
        "step": moved[0],
        "length": np.array([lengths.sum() for lengths in moved]),
    }
    entries = {
        "chord": positions.chord,
        "steps": len(positions.alpha) - 1,
        "solution": positions.solution,
        "dimensions": dimensions,
    }
    return Findings(arrays, entries)
