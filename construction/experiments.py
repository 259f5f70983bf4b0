"""Runs experiments: settings in, one record out, cached under a hash of the settings.

A run trains its networks, constructs the paths along its routes, checks them, and writes the
record; a run of Proposition 1 measures its probabilities. Every stage is kept when it is done, so
an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .certify import TOLERANCE
from .data import load, standardised
from .errors import RecordError
from .paths import Line, Polyline
from .record import Record, joined, record_of
from .settings import Experiment, Proposition, Recipe, named, part_path, parts, record_path
from .sheet import Array
from .storage import cache_folder, ensure_folder
from .study import Study, conduct
from .theorem import construct, with_profile
from .training import Run, train

#: Receives one line about what begins or has been found.
Report = Callable[[str], None]


#: Where named runs compute: the same bits need the same kind of device.
DEVICE = "cpu"


def run(name: str, *, fresh: bool = False, report: Report = print) -> Record | Study:
    """The record of a named run, or its study, from the cache or computed with progress.

    Args:
        name: one of `EXPERIMENTS`.
        fresh: compute everything anew, training included.
        report: receives a line a stage.

    Raises:
        InputError: no run of that name.
        CacheError: the cache folder cannot be written.
        ConditionError, DataError: see `construction.construct` and `construction.data.load`.
    """
    experiment, place = named(name), record_path(name)
    ensure_folder(place.parent)
    if fresh:
        for old in (place, *parts(place)):
            old.unlink(missing_ok=True)
    else:
        try:
            found = (Record if isinstance(experiment, Experiment) else Study).load(place)
            report(f"{name}: from {place}")
            return found
        except RecordError as error:
            if place.exists():
                report(f"{name}: computed again, as the cached record is unusable. {error}")
    return _compute(name, experiment, place, fresh, report)


def _compute(
    name: str, experiment: Experiment | Proposition, place: Path, fresh: bool, report: Report
) -> Record | Study:
    began = time.perf_counter()
    report(f"{name}: {experiment.title}; about {experiment.takes} on two cores")
    computed: Record | Study
    if isinstance(experiment, Experiment):
        computed = _constructed(experiment, place, fresh, report)
    else:
        computed = conduct(experiment, place, fresh=fresh, report=report)
    computed = computed.described(name=name, **_provenance(experiment))
    computed = computed.described(seconds=round(time.perf_counter() - began, 1))
    computed.save(place)
    for kept in parts(place):
        kept.unlink()
    report(f"{name}: done in {computed.manifest['seconds']:.0f} s, {place}")
    return computed


def _constructed(experiment: Experiment, place: Path, fresh: bool, report: Report) -> Record:
    runs = [_trained(recipe, fresh, report) for recipe in _recipes(experiment)]
    routes = []
    for route, build in (("line", _line), ("detour", _detour))[: len(runs)]:
        kept = part_path(place, route)
        part = None if fresh else _load_part(kept)
        if part is None:
            part = _construct_route(route, build, runs, experiment, report)
            part.save(kept)
        routes.append(part)
    return joined(routes).described(
        tolerance=TOLERANCE[torch.float32],
        seeds=[trained.recipe.seed for trained in runs],
        data_checksum=load(experiment.recipe.data).checksum,
        weights_checksums=[trained.weights_checksum for trained in runs],
        training_seconds=[round(trained.seconds, 1) for trained in runs],
        training_objective=[list(trained.epoch_objective) for trained in runs],
    )


def _recipes(experiment: Experiment) -> list[Recipe]:
    recipes = [experiment.recipe]
    if experiment.detour_seed is not None:
        second = asdict(experiment.recipe) | {"seed": experiment.detour_seed}
        recipes.append(Recipe(**second))
    return recipes


def _trained(recipe: Recipe, fresh: bool, report: Report) -> Run:
    trained = train(recipe, cache_folder() / "training" / recipe.digest, fresh=fresh)
    report(
        f"  network of seed {recipe.seed}: objective {trained.epoch_objective[-1]:.4f} in the last "
        f"of {recipe.epochs} epochs, {trained.seconds:.0f} s of training"
    )
    return trained


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
    report: Report,
) -> Record:
    path, lam, labels = build(runs, experiment.points)
    dataset = load(experiment.recipe.data)
    data = (standardised(dataset.train_images), dataset.train_labels.astype(np.int64))
    first, *others = experiment.profiles
    report(f"  {name}: {len(lam)} forward passes")
    result = construct(runs[0].model(), path, data, profile=first, points=lam, device=DEVICE)
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
        records.append(record_of(result, name, labels))
    return joined(records)


def _load_part(path: Path) -> Record | None:
    try:
        return Record.load(path)
    except RecordError:
        return None


def _provenance(experiment: Experiment | Proposition) -> dict[str, Any]:
    return {
        "title": experiment.title,
        "settings": asdict(experiment),
        "device": DEVICE,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in ("construction", "torch", "numpy")},
        },
    }
