"""Linear interpolation (Goodfellow, Vinyals and Saxe 2014, arXiv 1412.6544), beside the theorem.

Objective and error, of training and test, along ``theta = (1 - alpha) start + alpha trained``, also
beyond the trained weights; and what the sheet over the line holds on [0, 1]: L(0), m(alpha), and
the paths constructed on it. `construction.experiments.shape` measures the curves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np

from ...arrays import Array
from ...condition.examine import examine
from ...errors import ConditionError, RootError
from ...loss.catalogue import as_loss
from ...network.heads import State
from ...record.findings import Findings, joined
from ...sheet.levels import Levels
from ...sheet.sheet import Sheet
from ...theorem.construct import follow
from ...training.build import build, inputs_of
from ...training.training import Run
from ..shape import shape_of
from ..stages import Report, Stages
from .line import AlongLine, measure
from .settings import Interpolation, Start, kind_of_network
from .words import caption, finding, told

#: Added to a seed for initial weights that training did not begin with.
UNRELATED = 1000
#: The constructed paths: the theorem's with an even target, and as low as the sheet allows.
PROFILES = ("even", "valley")

#: Trained networks by kind and seed.
Trained = Mapping[tuple[str, int], Run]


def conduct(settings: Interpolation, stages: Stages, report: Report) -> Findings:
    """Measure every line; each is a stage.

    A part is a kind of network and of start, "relu-initial", with these arrays:

        alpha                            (points,)
        train_objective, train_error,
        test_objective, test_error       (seeds, points), float32
        minimum: m(alpha)                (seeds, points on [0, 1]), float32
        even, valley                     (corners, 2), float32: alpha and objective of the path
                                         constructed over the line of the first seed, if any

    The manifest has the parts in their order under `lines`, shapes and conditions of every line, a
    finding, and a caption.

    Args:
        settings: what to measure.
        stages: what is finished.
        report: receives a line a part, and the finding.
    """
    runs = {
        (kind_of_network(recipe.architecture), seed): stages.train(replace(recipe, seed=seed))
        for recipe in settings.recipes
        for seed in settings.seeds
    }
    parts: dict[str, Findings] = {}
    for kind in dict.fromkeys(kind for kind, _ in runs):
        for start in settings.starts:
            name = f"{kind}-{start}"
            lines = [
                stages.once(
                    f"{name}-{seed}", partial(_line, settings, runs, kind, seed, start, stages)
                )
                for seed in settings.seeds
            ]
            parts[name] = _together(lines)
            report(f"  {name}: {told(parts[name])}")
    found = joined(parts).described(lines=list(parts))
    found = found.described(
        finding=finding(found), caption=caption(found, settings.recipes[0].data)
    )
    report(f"  {found.manifest['finding']}")
    return found


def _line(
    settings: Interpolation, runs: Trained, kind: str, seed: int, start: Start, stages: Stages
) -> Findings:
    """One line, with the paths constructed over it if it is that of the first seed."""
    run = runs[kind, seed]
    begin = _begin(settings, runs, kind, seed, start)
    data, model, loss = inputs_of(run.recipe), run.model(), as_loss(run.recipe.loss)
    train, test = (
        measure(
            model,
            begin,
            run.final,
            pair,
            loss=loss,
            points=settings.points,
            farthest=settings.farthest,
            device=stages.device,
        )
        for pair in (data[:2], data[2:])
    )
    paths, standing = _paths(train) if seed == settings.seeds[0] else ({}, {})
    arrays = {
        "alpha": train.alpha,
        "train_objective": train.objective,
        "train_error": train.error,
        "test_objective": test.objective,
        "test_error": test.error,
        "minimum": train.sheet.minimum,
        **paths,
    }
    described = {
        "label": run.recipe.architecture.label,
        "kind": kind,
        "start": start,
        "loss": run.recipe.loss,
        "zero": train.sheet.d,
        "paths": standing,
        "runs": [{"seed": seed, **_shapes(train, test), **_answers(train.sheet)}],
    }
    return Findings(arrays, described)


def _begin(settings: Interpolation, runs: Trained, kind: str, seed: int, start: Start) -> State:
    """The weights at alpha 0."""
    run = runs[kind, seed]
    if start == "initial":
        return run.initial
    if start == "solution":
        return runs[kind, settings.next_seed(seed)].final
    return build(replace(run.recipe, seed=seed + UNRELATED)).state_dict()


def _shapes(train: AlongLine, test: AlongLine) -> dict[str, Any]:
    """On [0, 1]: of both objectives, and of m."""
    lam = train.sheet.lam
    curves = {
        "train": train.objective[: len(lam)],
        "test": test.objective[: len(lam)],
        "minimum": train.sheet.minimum,
    }
    return {name: asdict(shape_of(lam, values)) for name, values in curves.items()}


def _answers(sheet: Sheet) -> dict[str, Any]:
    """Whether the theorem applies, and whether the sheet holds a path, with the values."""
    excess = sheet.excess(1.0)
    found = examine(sheet, Levels(sheet.d, float(excess[0]), float(excess[-1])))
    conditions = (found.condition_1, found.condition_2, found.sheet_barrier)
    return {
        "theorem_applies": found.theorem_applies,
        "sheet_has_path": found.sheet_has_path,
        "conditions": {
            one.name: {"value": one.value, "bound": one.bound, "where": one.where}
            | {"verdict": one.verdict}
            for one in conditions
        },
    }


def _paths(train: AlongLine) -> tuple[dict[str, Array], dict[str, str]]:
    """Corners of the constructed paths, and how each stands or why there is none."""
    corners, standing = {}, {}
    for profile in PROFILES:
        try:
            path = follow(train.forward, train.sheet, profile)
        except (ConditionError, RootError) as error:
            standing[profile] = str(error)
            continue
        lam = [0.0, *path.lam, 1.0]
        height = [path.initial_objective, *path.objective, path.final_objective]
        corners[profile] = np.column_stack([lam, height])
        standing[profile] = f"solved at {len(path.lam)} points"
    return corners, standing


def _together(lines: Sequence[Findings]) -> Findings:
    """The lines of all seeds as one: a row each."""
    first = lines[0]
    arrays = {"alpha": first["alpha"]}
    for name, array in first.arrays.items():
        if name in PROFILES:
            arrays[name] = array.astype(np.float32)
        elif name != "alpha":
            arrays[name] = np.stack([line[name] for line in lines]).astype(np.float32)
    runs = [run for line in lines for run in line.manifest["runs"]]
    return Findings(arrays, {**first.manifest, "runs": runs})
