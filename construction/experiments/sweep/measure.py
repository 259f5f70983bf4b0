"""Which standard recipes break monotone linear interpolation.

After Lucas et al. 2021 (arXiv 2104.11044), who found that batch normalisation, adaptive optimisers
and large rates can: small networks over depth, batch normalisation, optimiser, rate and loss.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from ...arrays import Array
from ...errors import InputError
from ...network.architectures import MLP
from ...record.findings import Findings
from ...training.build import inputs_of
from ...training.recipe import Recipe
from ...training.training import Run
from ..line import along_line
from ..settings import Treatment
from ..shape import shape_of
from ..stages import Report, Stages
from .settings import Step, Sweep


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

    The manifest has the recipe of each row under `rows`, and those whose training diverged.
    """
    rows, measured = list[dict[str, Any]](), list[Findings]()
    diverged, recipes = [], stages.mine(settings.recipes)
    for recipe, run in zip(recipes, stages.outcomes(recipes), strict=True):
        if isinstance(run, InputError):
            diverged.append({**_row(recipe), "why": str(run)})
            report(f"  {recipe.architecture.label}, seed {recipe.seed}: diverged")
            continue
        if not isinstance(run, Run):
            raise run
        row = _row(recipe)
        treatments = settings.treatments if row["batch_norm"] else ("none",)
        rows += [{**row, "treatment": treatment} for treatment in treatments]
        lines = partial(_lines, settings, run, treatments, stages.device)
        measured.append(stages.once(recipe.digest, lines))
    if not (measured or stages.part):
        found = f"all {len(diverged)} diverged"
        raise InputError(
            "trainings of which one at least comes to an end", found, "Lower the rates."
        )
    names = measured[0].arrays if measured else ()
    arrays = {name: np.concatenate([one[name] for one in measured]) for name in names}
    findings = Findings({"lam": np.linspace(0, 1, settings.points), **arrays})
    return findings.described(rows=rows, diverged=diverged)


def _lines(settings: Sweep, run: Run, treatments: Sequence[Treatment], device: str) -> Findings:
    """The rows of one network, a treatment each."""
    inputs, labels, test_inputs, test_labels = inputs_of(run.recipe)
    model, data = run.model(), (inputs[: settings.images], labels[: settings.images])
    with torch.no_grad():
        outputs = torch.func.functional_call(model.eval(), run.final, test_inputs)
    accuracy = float((outputs.argmax(1) == test_labels).double().mean())
    options: dict[str, Any] = {"loss": run.recipe.loss, "metrics": {}, "device": device}
    rows = list[dict[str, Array | float]]()
    for treatment in treatments:
        options |= {"treatment": treatment, "points": settings.points}
        line = along_line(model, run.initial, run.final, data, **options)
        objective, least = line.train["objective"], line.sheet.minimum
        shape = shape_of(line.alpha, objective)
        rows.append({"objective": objective, "minimum": least, "plateau": shape.plateau})
        rises = ("rise", "hill", "barrier", "bulge")
        rows[-1] |= {name: getattr(shape, name).value for name in rises}
        rows[-1] |= {name: float(getattr(shape, name)) for name in ("monotone", "convex")}
        rows[-1] |= {"minimum_hill": max(0.0, float(least.max() - objective[0]))}
        rows[-1] |= {"accuracy": accuracy}
    return Findings({name: np.array([row[name] for row in rows], np.float32) for name in rows[0]})


def _row(recipe: Recipe) -> dict[str, Any]:
    """What tells one recipe of the sweep from another."""
    network = recipe.architecture
    assert isinstance(network, MLP), "what a sweep is over"
    return {
        "hidden": len(network.widths) - 2,
        "batch_norm": network.batch_norm,
        "step": Step(recipe.optimiser, recipe.rate, recipe.momentum).label,
        "loss": recipe.loss,
        "seed": recipe.seed,
    }
