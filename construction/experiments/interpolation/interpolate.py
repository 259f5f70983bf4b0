"""Linear interpolation of a network of one's own (Goodfellow, Vinyals and Saxe 2014).

The line itself is measured by `construction.experiments.line`, its shape by
`construction.experiments.shape`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from torch import nn

from ...answers.conditions import UNDECIDED
from ...arrays import Array
from ...errors import ConditionError, InputError, RootError, door, require_points
from ...forward.batch_norm import normalising_layers
from ...forward.batches import Data
from ...forward.forward import Forward
from ...forward.ranks import bar_disabled
from ...loss.catalogue import LossLike
from ...network.states import State
from ...progress import tqdm
from ...record.findings import Findings
from ...theorem.construct import conditions_of, follow, measure
from ...theorem.monotone import MonotonePath
from ..line import AlongLine, Metric, along_line
from ..settings import Treatment
from ..shape import shape_of
from ..table import Measured


@door(measure, Forward.__init__)
def interpolate(
    model: nn.Module,
    initial: State | Sequence[State],
    final: State | Sequence[State],
    data: Data,
    test: Data | None = None,
    *,
    loss: LossLike = "squared",
    alphas: tuple[float, float] = (0.0, 2.0),
    points: int = 21,
    metrics: Mapping[str, Metric] | None = None,
    also: Sequence[str] = ("paper", "valley"),
    batch_norm: Treatment | Sequence[Treatment] = "none",
    title: str = "The line between two weights",
    **options: Any,
) -> Measured:
    """Objective and metrics on the straight line between weights, and on beyond the second.

    Beside them what the theorem makes of the line: L(0), the least objective m over all scales of
    the last layer, and constructed paths, on [0, 1].

    Args:
        model: any module whose last layer is linear; never modified.
        initial, final: state dicts at alpha 0 and 1; or as many of the one as of the other, such
            as those of several seeds.
        data, test: inputs and targets, or a DataLoader: see `construction.construct`.
        loss: see there.
        alphas: the ends of the line, of which the first is 0 and the second at least 1.
        points: alphas on [0, 1], both included; beyond 1 the step is the same.
        metrics: functions of (predictions, targets) to one number a sample, by name (but
            "objective", "s" and "t"); when None the error, where targets are class indices. Samples
            of an ignored label count in none.
        also: profiles of `construct`, whose paths are constructed over the first line where they
            exist.
        batch_norm: what becomes of running statistics, or several treatments side by side:
            "interpolate", "recompute" on the training data, or "batch", each batch's own. Without
            running statistics all are one line, and several are refused.
        title: of record and figure.
        options: `head`, `device`, `dtype`, `memory`, `tf32`, `predict`, `targets` and `weights` of
            `construct`.

    Returns:
        A part a treatment, with these arrays, float64; shapes, conditions and how the paths were
        solved are in its manifest:

            alpha                             (points,)
            train_objective, train_METRIC     (lines, points)
            test_objective, test_METRIC       (lines, points), where there are test data
            minimum: m(alpha)                 (lines, points on [0, 1])
            PROFILE                           (corners, 2): alpha and objective of its path

    Raises:
        InputError: as `construct`, or alphas that are none, or another number of initial weights
            than of final ones.
        WeightsError, HeadError: as `construct`.

    >>> import torch
    >>> from construction.network.networks import mlp
    >>> x = torch.linspace(-1, 1, 20)[:, None]
    >>> ends = (mlp((1, 8, 1), seed=seed).state_dict() for seed in (0, 1))
    >>> line = interpolate(mlp((1, 8, 1)), *ends, (x, x**2), alphas=(0, 1), points=5, also=())
    >>> line.part("none")["train_objective"].shape
    (1, 5)
    """
    firsts, lasts = ([one] if isinstance(one, Mapping) else list(one) for one in (initial, final))
    if len(firsts) != len(lasts) or not firsts:
        raise InputError(
            "as many initial weights as final ones, at least one",
            f"{len(firsts)} and {len(lasts)}",
            "Give a pair a line.",
        )
    require_points(points, 2, "21 points are usual.")
    first, last = alphas
    steps = (last - 1) * (points - 1)
    whole = np.isfinite(steps) and abs(steps - round(steps)) <= 1e-9 * points
    if first != 0 or steps < 0 or not whole:
        raise InputError(
            "alphas from 0 to an end that whole steps reach from 1 on",
            f"{points} points and alphas from {first:g} to {last:g}",
            "21 points and (0, 2) are usual.",
        )
    pairs = list(zip(firsts, lasts, strict=True))
    treatments = [batch_norm] if isinstance(batch_norm, str) else list(batch_norm)
    if not treatments or (len(treatments) > 1 and not normalising_layers(model)):
        raise InputError(
            "a treatment of batch normalisation, or several for layers with running statistics",
            f"{len(treatments)}, and {len(normalising_layers(model))} such layers",
            "Name one: without such layers all are the same line.",
        )
    options |= {"loss": loss, "points": points, "farthest": float(last)}
    options |= {"metrics": metrics, "also": also}
    parts: dict[str, Findings] = {}
    for treatment in treatments:
        part, _ = lines_between(model, pairs, data, test, treatment=treatment, **options)
        label = title if treatment == "none" else f"batch norm: {treatment}"
        parts[treatment] = part.described(label=label, kind="given", start="given")
    return Measured.of(parts, kind="interpolation", title=title, lines=list(parts))


def lines_between(
    model: nn.Module,
    pairs: Sequence[tuple[State, State]],
    data: Data,
    test: Data | None = None,
    *,
    also: Sequence[str] = (),
    **options: Any,
) -> tuple[Findings, Mapping[str, MonotonePath]]:
    """The lines between pairs of weights under one treatment, and the paths over the first of them.

    The lines are a part, see `interpolate`; `options` those of
    `construction.experiments.line.along_line`.
    """
    rows: list[dict[str, Array]] = []
    runs: list[dict[str, Any]] = []
    paths, outcomes = dict[str, MonotonePath](), dict[str, str]()
    corners, described = dict[str, Array](), dict[str, Any]()
    hidden = bar_disabled() if len(pairs) > 1 else True
    for start, stop in tqdm(pairs, desc="lines", disable=hidden):
        line = along_line(model, start, stop, data, test=test, **options)
        sides = {"train": line.train, "test": line.test}
        rows.append({f"{side}_{x}": v for side, one in sides.items() for x, v in one.items()})
        rows[-1]["minimum"] = line.sheet.minimum
        runs.append(_described(line))
        if not described:
            for profile in also:
                try:
                    path = paths[profile] = follow(line.forward, line.sheet, profile)
                except (ConditionError, RootError) as error:
                    outcomes[profile] = str(error)
                    continue
                outcomes[profile] = f"solved at {len(path.lam)} points"
                height = [path.initial_objective, *path.objective, path.final_objective]
                corners[profile] = np.column_stack([[0.0, *path.lam, 1.0], height])
            forward = line.forward
            described = {"loss": forward.loss.name, "served": str(forward.served)}
            described |= {"zero": line.sheet.d, "samples": forward.samples, "paths": outcomes}
    stacked = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    arrays = {"alpha": line.alpha, **stacked, **corners}
    return Findings(arrays, {**described, "runs": runs}), paths


def _described(line: AlongLine) -> dict[str, Any]:
    """For a manifest: the shapes of the objectives and of m on [0, 1], and the conditions there."""
    lam = line.sheet.lam
    curves = {"train": line.train["objective"], "minimum": line.sheet.minimum}
    if line.test:
        curves["test"] = line.test["objective"]
    conditions = conditions_of(line.forward, line.sheet, between=False)
    kept = ("holds", "value", "bound", "where", "verdict")
    answers = conditions.condition_2.answer, conditions.theorem_answer, conditions.path_answer
    return {
        **{name: asdict(shape_of(lam, curve[: len(lam)])) for name, curve in curves.items()},
        "theorem_applies": conditions.theorem_applies,
        "sheet_has_path": conditions.sheet_has_path,
        "open": UNDECIDED in answers,
        "conditions": {
            one.name: {key: getattr(one, key) for key in kept}
            for one in (conditions.condition_1, conditions.condition_2, conditions.sheet_barrier)
        },
    }
