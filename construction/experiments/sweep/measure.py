"""Which standard recipes break monotone linear interpolation.

After Lucas et al. 2021 (arXiv 2104.11044), who found that batch normalisation, adaptive optimisers
and large rates can: small networks over depth, batch normalisation, optimiser, rate and loss.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...arrays import Array
from ...errors import InputError
from ...loss.catalogue import LossLike
from ...network.architectures import MLP
from ...network.evaluation import private_copy
from ...network.states import State
from ...record.findings import Findings
from ...training.build import inputs_of
from ...training.recipe import Recipe
from ...training.training import Run
from ..line import along_line
from ..settings import Treatment
from ..shape import shape_of
from ..stages import Report, Stages
from .settings import Step, Sweep
from .words import finding

#: Heights of the shape of a line that are kept.
HEIGHTS = ("rise", "hill", "barrier", "bulge")


def measure_line(
    model: nn.Module,
    initial: State,
    final: State,
    data: tuple[Tensor, Tensor],
    *,
    loss: LossLike,
    treatment: Treatment = "none",
    points: int = 26,
    device: str = "cpu",
) -> dict[str, Array | float]:
    """Objective, least objective over all scales, and shape of the line between two weights.

    Args:
        model: that the state dicts fit; never modified.
        initial, final: with running statistics where the model keeps them.
        data: inputs and class indices.
        loss: of the objective.
        treatment: of batch normalisation along the line.
        points: lambdas from 0 to 1.
        device: where the network runs.

    Raises:
        InputError: see `construction.theorem.construct.measure`.

    >>> net, data = nn.Linear(2, 3), (torch.ones(4, 2), torch.zeros(4, dtype=torch.long))
    >>> start = {"weight": torch.zeros(3, 2), "bias": torch.zeros(3)}
    >>> line = measure_line(net, start, net.state_dict(), data, loss="squared", points=3)
    >>> line["objective"][0].item(), line["minimum_hill"]
    (1.0, 0.0)
    """
    options: dict[str, Any] = {"loss": loss, "points": points, "device": device}
    line = along_line(model, initial, final, data, treatment=treatment, metrics={}, **options)
    objective, least = line.train["objective"], line.sheet.minimum
    shape = shape_of(line.alpha, objective)
    return {
        "objective": objective,
        "minimum": least,
        **{name: getattr(shape, name).value for name in HEIGHTS},
        "plateau": shape.plateau,
        "monotone": float(shape.monotone),
        "convex": float(shape.convex),
        "minimum_hill": max(0.0, float(least.max() - objective[0])),
    }


def accuracy(model: nn.Module, weights: State, data: tuple[Tensor, Tensor]) -> float:
    """The share of samples whose largest output is that of their class."""
    with torch.no_grad():
        outputs = torch.func.functional_call(private_copy(model).eval(), weights, data[0])
    return float((outputs.argmax(1) == data[1]).double().mean())


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
    """
    lines: list[tuple[Run, Treatment]] = []
    diverged = []
    recipes = list(settings.recipes)
    for recipe, run in zip(recipes, stages.outcomes(recipes), strict=True):
        if isinstance(run, InputError):
            diverged.append({**_row(recipe), "why": str(run)})
            report(f"  {recipe.architecture.label}, seed {recipe.seed}: diverged")
            continue
        if not isinstance(run, Run):
            raise run
        norm = _row(recipe)["batch_norm"]
        lines += [(run, treatment) for treatment in (settings.treatments if norm else ("none",))]
    measured = stages.once("lines", lambda: _measure_lines(settings, lines, stages.device))
    rows = [{**_row(run.recipe), "treatment": treatment} for run, treatment in lines]
    findings = measured.described(rows=rows, diverged=diverged)
    findings = findings.described(finding=finding(findings))
    report(f"  {findings.manifest['finding']}")
    return findings


def _measure_lines(
    settings: Sweep, lines: Sequence[tuple[Run, Treatment]], device: str
) -> Findings:
    rows = []
    for run, treatment in lines:
        inputs, labels, *test = inputs_of(run.recipe)
        row = measure_line(
            run.model(),
            run.initial,
            run.final,
            (inputs[: settings.images], labels[: settings.images]),
            loss=run.recipe.loss,
            treatment=treatment,
            points=settings.points,
            device=device,
        )
        rows.append({**row, "accuracy": accuracy(run.model(), run.final, (test[0], test[1]))})
    arrays = {name: np.array([row[name] for row in rows], np.float32) for name in rows[0]}
    return Findings({"lam": np.linspace(0, 1, settings.points), **arrays})


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
