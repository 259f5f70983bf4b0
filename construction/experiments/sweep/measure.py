"""Which standard recipes break monotone linear interpolation.

After Lucas et al. 2021 (arXiv 2104.11044), who found that batch normalisation, adaptive optimisers
and large rates can: small networks over depth, batch normalisation, optimiser, rate and loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from ...errors import InputError
from ...network.architectures import MLP
from ...network.heads import State
from ...record.findings import Findings
from ...theorem.construct import measure
from ...training.build import build, inputs_of
from ...training.recipe import Recipe
from ...training.training import Run
from ..settings import Treatment
from ..shape import Shape, shape_of
from ..stages import Report, Stages
from ..treatments import treated
from .settings import Step, Sweep
from .words import finding


def conduct(settings: Sweep, stages: Stages, report: Report) -> Findings:
    """Train every recipe, and measure its line under each treatment of batch normalisation.

    The arrays have a row a line:

        lam                     (points,)
        objective, minimum      (lines, points), float32: L(W(lambda)), m(lambda)
        rise, hill, barrier,
        bulge, plateau          (lines,): see `construction.experiments.shape`
        monotone, convex        (lines,): 1 or 0
        minimum_hill            (lines,): sup m - L(W(0)), at least 0
        accuracy                (lines,): on the test images

    The manifest has the recipe of each row under `rows`, the recipes whose training diverged, and
    a finding.

    Args:
        settings: what to train and measure.
        stages: what is finished.
        report: receives a line a network, and the finding.
    """
    recipes = list(settings.recipes)
    runs, diverged = [], []
    for recipe in recipes:
        try:
            runs.append(stages.train(recipe))
        except InputError as error:
            diverged.append({**_row(recipe), "why": str(error)})
            report(f"  {recipe.architecture.label}, seed {recipe.seed}: diverged")
    lines = [(run, treatment) for run in runs for treatment in _treatments(run.recipe, settings)]
    found = stages.once("lines", partial(_measured, settings, lines, stages.device))
    rows = [{**_row(run.recipe), "treatment": treatment} for run, treatment in lines]
    found = found.described(rows=rows, diverged=diverged)
    found = found.described(finding=finding(found))
    report(f"  {found.manifest['finding']}")
    return found


def _treatments(recipe: Recipe, settings: Sweep) -> Sequence[Treatment]:
    return settings.treatments if _row(recipe)["batch_norm"] else ("none",)


def _measured(settings: Sweep, lines: Sequence[tuple[Run, Treatment]], device: str) -> Findings:
    rows = [_line(settings, run, treatment, device) for run, treatment in lines]
    arrays = {name: np.array([row[name] for row in rows], np.float32) for name in rows[0]}
    return Findings({"lam": np.linspace(0, 1, settings.points), **arrays})


def _line(settings: Sweep, run: Run, treatment: Treatment, device: str) -> dict[str, Any]:
    inputs, targets, test_inputs, test_targets = inputs_of(run.recipe)
    final = run.final
    model, line, batch_norm = treated(run.model(), run.initial, final, treatment)
    sheet = measure(
        model,
        line,
        (inputs[: settings.images], targets[: settings.images]),
        loss=run.recipe.loss,
        points=settings.points,
        batch_norm=batch_norm,
        device=device,
    )[1]
    objective, least = sheet.value(1.0), sheet.minimum
    return {
        "objective": objective,
        "minimum": least,
        **_numbers(shape_of(sheet.lam, objective)),
        "minimum_hill": max(0.0, float(least.max() - objective[0])),
        "accuracy": accuracy(run.recipe, final, (test_inputs, test_targets)),
    }


def _numbers(shape: Shape) -> dict[str, float]:
    heights = {name: getattr(shape, name).value for name in ("rise", "hill", "barrier", "bulge")}
    return {
        **heights,
        "plateau": shape.plateau,
        "monotone": float(shape.monotone),
        "convex": float(shape.convex),
    }


def accuracy(recipe: Recipe, weights: State, data: tuple[torch.Tensor, torch.Tensor]) -> float:
    """The share of samples whose largest output is that of their class."""
    network = build(recipe)
    network.load_state_dict(weights)
    network.eval()
    with torch.no_grad():
        return float((network(data[0]).argmax(1) == data[1]).double().mean())


def _row(recipe: Recipe) -> dict[str, Any]:
    """What tells one recipe of the sweep from another."""
    step = Step(recipe.optimiser, recipe.rate, recipe.momentum)
    network = recipe.architecture
    assert isinstance(network, MLP), "what a sweep is over"
    return {
        "hidden": len(network.widths) - 2,
        "batch_norm": network.batch_norm,
        "step": step.label,
        "loss": recipe.loss,
        "seed": recipe.seed,
    }
