"""One line of weights: the objective on it, what rescaling reaches, and the path below it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import nn

from ...answers.conditions import Condition
from ...arrays import Array
from ...errors import ConditionError, RootError
from ...forward.samples import Data
from ...network.heads import State
from ...record.findings import Findings
from ...theorem.construct import conditions_of, follow, measure
from ...theorem.monotone import MonotonePath
from ..settings import Treatment
from ..shape import shape_of
from ..treatments import treated


def route(
    model: nn.Module,
    ends: tuple[State, State],
    data: Data,
    *,
    loss: str,
    treatment: Treatment,
    points: int,
    checks: int,
    device: torch.device | str,
    test: Data | None = None,
) -> Findings:
    """What the line between two weights is like under one treatment of batch normalisation.

    The arrays, float32:

        lam, objective, minimum     (points,): lambda, L(W(lambda)), m(lambda)
        test_objective              (points,): on the test data; not where statistics are
                                    recomputed, as they would be those of the test data
        path_lam, path_objective,
        path_scale                  (corners,): the valley path, vertical where c alone moves; none
                                    where the sheet holds no path

    The manifest has L(0) as `zero`, the shapes of objective and m, conditions, and how the path
    stands.

    Args:
        model, ends: of the line; see `treated`.
        data: training data that is measured on.
        loss: of `construction.loss.catalogue.LOSSES`.
        treatment: of batch normalisation.
        points: lambdas.
        checks: points of the certificate; none for 0.
        device: where to compute.
        test: the test data.
    """
    own, line, batch_norm = treated(model, *ends, treatment)
    options: dict[str, Any] = {"loss": loss, "batch_norm": batch_norm, "device": device}
    forward, sheet = measure(own, line, data, points=points, **options)
    objective, least = sheet.value(1.0), sheet.minimum
    arrays = {"lam": sheet.lam, "objective": objective, "minimum": least}
    if test is not None and treatment != "recompute":
        arrays["test_objective"] = measure(own, line, test, points=points, **options)[1].value(1.0)
    found = conditions_of(forward, sheet)
    told: dict[str, Any] = {
        "treatment": treatment,
        "samples": forward.samples,
        "zero": sheet.d,
        "shape": asdict(shape_of(sheet.lam, objective)),
        "minimum_shape": asdict(shape_of(sheet.lam, least)),
        "theorem_applies": found.theorem_applies,
        "sheet_has_path": found.sheet_has_path,
        "conditions": {
            one.name: _told(one)
            for one in (found.condition_1, found.condition_2, found.sheet_barrier)
        },
    }
    try:
        path = follow(forward, sheet, "valley")
    except (ConditionError, RootError) as error:
        return _findings(arrays, {**told, "path": str(error)})
    told["phases"] = [f"{phase.name} on the {phase.branch} branch" for phase in path.phases]
    told["path"] = path.certify(checks, prove=False).verdict if checks else "not checked"
    return _findings(arrays | corners(path), told)


def corners(path: MonotonePath) -> dict[str, Array]:
    """The path at every lambda of its grid, and at both ends of each phase, (corners,) each."""
    places = [0.0]
    for phase in path.phases:
        if phase.name == "travel":
            inside = (path.lam > phase.lam_start) & (path.lam < phase.lam_stop)
            places += [phase.s_at(float(lam)) for lam in path.lam[inside]]
        places.append(phase.stop)
    at = [path.at(s) for s in places]
    return {
        "path_lam": np.array([point.lam for point in at]),
        "path_objective": np.array([point.objective for point in at]),
        "path_scale": np.array([point.scale for point in at]),
    }


def _told(condition: Condition) -> dict[str, Any]:
    return {
        "holds": condition.holds,
        "value": condition.value,
        "bound": condition.bound,
        "where": condition.where,
        "verdict": condition.verdict,
    }


def _findings(arrays: dict[str, Array], told: dict[str, Any]) -> Findings:
    return Findings({name: array.astype(np.float32) for name, array in arrays.items()}, told)
