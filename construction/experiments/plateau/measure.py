"""The plateau of Frankle 2020 (arXiv 2012.06898), what it is, and the path below it.

Along the line between initial and trained weights of a deep network with batch normalisation the
objective stays near L(0), that of the network that always answers zero, rises a little, and drops
late. m(lambda) <= L(0) takes the rise away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ...record.findings import Findings, joined
from ...theorem.construct import measure
from ...training.build import inputs_of
from ...training.training import Run
from ..settings import Treatment
from ..stages import Report, Stages
from ..treatments import treated
from .route import route
from .settings import Plateau
from .words import caption, finding, told


def conduct(settings: Plateau, stages: Stages, report: Report) -> Findings:
    """Train, and measure the line under each treatment of batch normalisation; each is a stage.

    A part is a treatment, with the arrays of the module `route`. Where further
    seeds are asked for, `others` has their objective under the first treatment, (seeds, points).

    Args:
        settings: what to measure.
        stages: what is finished.
        report: receives a line a stage, and the finding.
    """
    run, *others = [
        stages.train(replace(settings.recipe, seed=seed))
        for seed in (settings.recipe.seed, *settings.others)
    ]
    parts: dict[str, Findings] = {}
    for treatment in settings.treatments:
        measured = stages.once(treatment, partial(_treated, settings, run, treatment, stages))
        report(f"  {told(measured)}")
        parts[treatment] = measured
    beside = stages.once("others", partial(_others, settings, others, stages)) if others else None
    return summed_up(parts, settings.recipe.architecture.label, report, beside)


def summed_up(
    parts: Mapping[str, Findings], label: str, report: Report, beside: Findings | None = None
) -> Findings:
    """The treatments together, and other seeds beside them, with a finding and a caption."""
    arrays = beside.arrays if beside else {}
    found = joined(parts, arrays).described(label=label, treatments=list(parts))
    found = found.described(finding=finding(found), caption=caption(found))
    report(f"  {found.manifest['finding']}")
    return found


def _others(settings: Plateau, runs: Sequence[Run], stages: Stages) -> Findings:
    """The objective of further seeds, (seeds, points), float32."""
    inputs, targets, _, _ = inputs_of(settings.recipe)
    some = slice(settings.images)
    curves = []
    for run in runs:
        own, line, batch_norm = treated(run.model(), run.initial, run.final, settings.treatments[0])
        sheet = measure(
            own,
            line,
            (inputs[some], targets[some]),
            loss=settings.recipe.loss,
            points=settings.points,
            batch_norm=batch_norm,
            device=stages.device,
        )[1]
        curves.append(sheet.value(1.0))
    return Findings({"others": np.stack(curves).astype(np.float32)})


def _treated(settings: Plateau, run: Run, treatment: Treatment, stages: Stages) -> Findings:
    inputs, targets, test_inputs, test_targets = inputs_of(settings.recipe)
    some = slice(settings.images)
    return route(
        run.model(),
        (run.initial, run.final),
        (inputs[some], targets[some]),
        loss=settings.recipe.loss,
        treatment=treatment,
        points=settings.points,
        checks=settings.checks,
        device=stages.device,
        test=(test_inputs[some], test_targets[some]),
    )
