"""Conducts the runs that construct paths: two networks trained, two routes, every profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from ...arrays import Array
from ...check.certify import TOLERANCE
from ...path.paths import Line, Polyline
from ...record.record import Record, joined
from ...theorem.construct import construct, with_profile
from ...training.build import inputs_of
from ...training.training import Run
from ..stages import Report, Stages
from .settings import Experiment


def conduct(settings: Experiment, stages: Stages, report: Report) -> Record:
    """Train, construct the paths along each route, and check them; a stage is a route.

    Args:
        settings: what to construct.
        stages: what is finished.
        report: receives a line a stage.

    Raises:
        ConditionError, DataError: see `construction.construct` and `construction.data.load`.
    """
    recipes = [settings.recipe]
    if settings.detour_seed is not None:
        recipes.append(replace(settings.recipe, seed=settings.detour_seed))
    runs = [stages.train(recipe) for recipe in recipes]
    routes = [
        stages.once_of(
            Record,
            route,
            partial(_construct_route, route, build, runs, settings, stages.device, report),
        )
        for route, build in (("line", _line), ("detour", _detour))[: len(runs)]
    ]
    return joined(routes).described(
        tolerance=TOLERANCE[torch.float32],
        training_objective=[list(trained.epoch_objective) for trained in runs],
    )


def _line(runs: list[Run], points: int) -> tuple[Polyline, Array, tuple[str, ...]]:
    path = Line(runs[0].initial, runs[0].final)
    return path, np.linspace(0, 1, points), ("initial", "trained")


def _detour(runs: list[Run], points: int) -> tuple[Polyline, Array, tuple[str, ...]]:
    """Through the second network's solution, lambda denser towards the three vertices.

    The objective has a cusp at each solution, steep on a logarithmic axis: so the lambdas are
    those of Chebyshev and Lobatto on each segment, which crowd at its ends.
    """
    path = Polyline([runs[0].initial, runs[1].final, runs[0].final])
    first, second = (
        (1 - np.cos(np.linspace(0, np.pi, count))) / 4
        for count in (points // 2 + 1, points - points // 2)
    )
    first[-1] = 0.5
    labels = ("initial", "second network", "first network")
    return path, np.concatenate([first, 0.5 + second[1:]]), labels


def _construct_route(
    name: str,
    build: Callable[[list[Run], int], tuple[Polyline, Array, tuple[str, ...]]],
    runs: list[Run],
    experiment: Experiment,
    device: str,
    report: Report,
) -> Record:
    path, lam, labels = build(runs, experiment.points)
    data = inputs_of(experiment.recipe)[:2]
    first, *others = experiment.profiles
    report(f"  {name}: {len(lam)} forward passes")
    result = construct(runs[0].model(), path, data, profile=first, points=lam, device=device)
    records = []
    for profile in (first, *others):
        result = result if profile == first else with_profile(result, profile)
        # the conditions are proved once a route, the valley on the line alone: on the detour, whose
        # lambdas crowd, that takes minutes
        proves = profile == first or (name == "line" and profile == "valley")
        check = result.certify(experiment.checks, prove=proves)
        report(
            f"  {name}, {profile}: {check.verdict}, "
            f"largest relative deviation {check.deviation:.1e}"
        )
        if check.proof:
            report(f"    {check.proof.verdict} ({check.proof.seconds:.0f} s)")
        records.append(result.record(name, labels))
    return joined(records)
