"""Linear interpolation (Goodfellow, Vinyals and Saxe 2014, arXiv 1412.6544), beside the theorem.

Objective and error, of training and test, along ``theta = (1 - alpha) start + alpha stop``, also
beyond the weights at alpha = 1; and what the sheet over the line holds on [0, 1]: L(0), m(alpha),
and the paths constructed on it. `construction.experiments.shape` measures the curves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...arrays import Array
from ...condition.examine import survey
from ...errors import ConditionError, RootError
from ...forward.forward import Forward
from ...forward.store import sheet_of
from ...loss.catalogue import as_loss
from ...loss.loss import Loss
from ...network.states import State
from ...path.paths import Line
from ...record.findings import Findings, joined
from ...sheet.sheet import Sheet
from ...theorem.construct import follow
from ...training.build import build, inputs_of
from ...training.training import Run
from ..line import verdicts
from ..shape import shape_of
from ..stages import Report, Stages
from .settings import Interpolation, Start, kind_of_network
from .words import PROFILES, caption, finding, summary

#: Added to a seed for initial weights that training did not begin with.
UNRELATED = 1000

#: Trained networks by kind and seed.
Trained = Mapping[tuple[str, int], Run]


@dataclass(frozen=True)
class AlongLine:
    """What was measured on some samples.

    Attributes:
        alpha: (points,).
        objective: the mean loss, (points,).
        error: the share of samples whose label is not the largest output, (points,).
        sheet: over the alphas up to 1.
        forward: the network on the line from start to stop, whose lambda is alpha.
    """

    alpha: Array
    objective: Array
    error: Array
    sheet: Sheet
    forward: Forward


def interpolate(
    model: nn.Module,
    start: State,
    stop: State,
    data: tuple[Tensor, Tensor],
    *,
    loss: Loss,
    points: int,
    farthest: float = 1.0,
    device: str = "cpu",
) -> AlongLine:
    """Objective and error on the line between two weights, and on beyond the second.

    The network runs once at every alpha. What lies beyond is a line of its own, so that both
    weights are met to the bit.

    Args:
        model: the architecture; never modified.
        start, stop: weights at alpha 0 and 1.
        data: inputs (samples, ...) and class indices (samples,).
        loss: of the objective.
        points: alphas from 0 to 1, both included.
        farthest: the last alpha, in steps as before 1.
        device: where the network runs.

    Raises:
        WeightsError: weights that do not fit each other or the model, or are not finite.

    >>> from construction.network.networks import mlp
    >>> from construction.loss.regression import Squared
    >>> model, x, y = mlp((2, 10)), torch.ones(3, 2), torch.zeros(3, dtype=torch.long)
    >>> start, stop = mlp((2, 10), seed=1).state_dict(), model.state_dict()
    >>> line = interpolate(model, start, stop, (x, y), loss=Squared(), points=3, farthest=1.5)
    >>> line.alpha.tolist(), line.sheet.lam.tolist()
    ([0.0, 0.5, 1.0, 1.5], [0.0, 0.5, 1.0])
    """
    forward = Forward(model, Line(start, stop), data, loss=loss, device=device)
    outputs = {lam: _outputs(forward, lam) for lam in np.linspace(0, 1, points).tolist()}
    labels = data[1].to(forward.device)
    sheet = sheet_of(loss, outputs, labels)
    steps = round((farthest - 1) * (points - 1))
    if steps:
        line = Line(stop, _extrapolated(start, stop, farthest))
        beyond = Forward(model, line, data, loss=loss, device=device)
        outputs |= {
            1 + (farthest - 1) * lam: _outputs(beyond, lam)
            for lam in np.linspace(0, 1, steps + 1)[1:].tolist()
        }
    return AlongLine(
        np.array(list(outputs)),
        np.array([_objective(loss, one, labels) for one in outputs.values()]),
        np.array([float((one.argmax(1) != labels).double().mean()) for one in outputs.values()]),
        sheet,
        forward,
    )


def _extrapolated(start: State, stop: State, farthest: float) -> State:
    """The weights at the farthest alpha; entries that are not floating point stay."""
    return {
        name: value + (farthest - 1) * (value - start[name]) if value.is_floating_point() else value
        for name, value in stop.items()
    }


def _outputs(forward: Forward, lam: float) -> Tensor:
    """Of all samples, (samples, outputs)."""
    return torch.cat([predictions for predictions, _ in forward.outputs(lam)])


def _objective(loss: Loss, outputs: Tensor, labels: Tensor) -> float:
    """The mean loss, summed in float64."""
    rays, targets = loss.rays(outputs, loss.targets(labels, outputs))
    one = torch.ones(1, dtype=torch.float64, device=outputs.device)
    return float(loss.along(rays[None], targets, one).value) / len(labels)


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
    """
    every = [replace(one, seed=seed) for one in settings.recipes for seed in settings.seeds]
    runs = {
        (kind_of_network(run.recipe.architecture), run.recipe.seed): run
        for run in stages.train_all(every)
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
            parts[name] = _stacked(lines)
            report(f"  {name}: {summary(parts[name])}")
    whole = joined(parts).described(lines=list(parts), settings=asdict(settings))
    whole = whole.described(finding=finding(whole), caption=caption(whole))
    report(f"  {whole.manifest['finding']}")
    return whole


def _line(
    settings: Interpolation, runs: Trained, kind: str, seed: int, start: Start, stages: Stages
) -> Findings:
    """One line, with the paths constructed over it if it is that of the first seed."""
    run = runs[kind, seed]
    first = _start_weights(settings, runs, kind, seed, start)
    data = inputs_of(run.recipe)
    train, test = (
        interpolate(
            run.model(),
            first,
            run.final,
            samples,
            loss=as_loss(run.recipe.loss),
            points=settings.points,
            farthest=settings.farthest,
            device=stages.device,
        )
        for samples in (data[:2], data[2:])
    )
    conditions = survey(train.sheet).conditions
    paths, outcomes = _paths(train) if seed == settings.seeds[0] else ({}, {})
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
        "paths": outcomes,
        "runs": [{"seed": seed, **_shapes(train, test), **verdicts(conditions)}],
    }
    return Findings(arrays, described)


def _start_weights(
    settings: Interpolation, runs: Trained, kind: str, seed: int, start: Start
) -> State:
    run = runs[kind, seed]
    if start == "initial":
        return run.initial
    if start == "solution":
        return runs[kind, settings.next_seed(seed)].final
    return build(replace(run.recipe, seed=seed + UNRELATED)).state_dict()


def _shapes(train: AlongLine, test: AlongLine) -> dict[str, Any]:
    """On [0, 1]: of both objectives, and of m."""
    lam = train.sheet.lam
    curves = {"train": train.objective, "test": test.objective, "minimum": train.sheet.minimum}
    return {name: asdict(shape_of(lam, curve[: len(lam)])) for name, curve in curves.items()}


def _paths(train: AlongLine) -> tuple[dict[str, Array], dict[str, str]]:
    """Corners of the constructed paths; and for each profile how it was solved, or why not."""
    corners, outcomes = {}, {}
    for profile in PROFILES:
        try:
            path = follow(train.forward, train.sheet, profile)
        except (ConditionError, RootError) as error:
            outcomes[profile] = str(error)
            continue
        lam = [0.0, *path.lam, 1.0]
        height = [path.initial_objective, *path.objective, path.final_objective]
        corners[profile] = np.column_stack([lam, height])
        outcomes[profile] = f"solved at {len(path.lam)} points"
    return corners, outcomes


def _stacked(lines: Sequence[Findings]) -> Findings:
    """The lines of all seeds as one part: a row each."""
    first = lines[0]
    arrays = {"alpha": first["alpha"]}
    for name, array in first.arrays.items():
        if name in PROFILES:
            arrays[name] = array.astype(np.float32)
        elif name != "alpha":
            arrays[name] = np.stack([line[name] for line in lines]).astype(np.float32)
    runs = [run for line in lines for run in line.manifest["runs"]]
    return Findings(arrays, {**first.manifest, "runs": runs})
