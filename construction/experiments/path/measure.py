"""Constructs and checks the paths of every profile along one base path, and along two of a run."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...arrays import Array
from ...check import TOLERANCE
from ...path.paths import Line, Path, Polyline
from ...record.record import Record, joined
from ...theorem.construct import construct, with_profile
from ...theorem.sampled import Few
from ...training.build import inputs_of
from ..stages import Report, Stages
from .settings import Experiment


def conduct(settings: Experiment, stages: Stages, report: Report) -> Record:
    """Train, construct the paths along each route, a stage, and check them; errors as of each."""
    recipes = [settings.recipe]
    if settings.detour_seed is not None:
        recipes.append(replace(settings.recipe, seed=settings.detour_seed))
    first, *others = runs = stages.train_all(recipes)
    even, line = np.linspace(0, 1, settings.points), Line(first.initial, first.final)
    routes: dict[str, tuple[Path, Array, tuple[str, ...]]] = {
        "line": (line, even, ("initial", "trained"))
    }
    for second in others:
        detour = Polyline([first.initial, second.final, first.final])
        ends = ("initial", "second network", "first network")
        routes["detour"] = (detour, crowded_at_vertices(settings.points), ends)
    tensors = inputs_of(settings.recipe)
    data, sample = tensors[:2], first_of_classes(*tensors[2:])

    def constructed(name: str) -> Record:
        """The path of every profile along one route, each checked; the sample is held out."""
        base, lam, labels = routes[name]
        report(f"  {name}: {len(lam)} forward passes")
        options: dict[str, Any] = {"points": lam, "device": stages.device}
        path = construct(first.model(), base, data, profile=settings.profiles[0], **options)
        records = []
        for k, profile in enumerate(settings.profiles):
            path = with_profile(path, profile) if k else path
            # the conditions are proved once a route, the valley on the line alone: on the detour,
            # whose lambdas crowd, that takes minutes
            proves = k == 0 or (profile == "valley" and name == "line")
            check = path.certify(settings.checks, prove=proves)
            largest = f"largest relative deviation {check.deviation:.1e}"
            report(f"  {name}, {profile}: {check.verdict}, {largest}")
            if check.proof:
                report(f"    {check.proof.verdict} ({check.proof.seconds:.0f} s)")
            shown = None if k else sample
            records.append(path.record(name, labels, sample=shown, held_out=True))
        return joined(records)

    every = [stages.once(name, partial(constructed, name)) for name in routes]
    return joined(every).described(
        tolerance=TOLERANCE[torch.float32],
        training_objective=[list(run.epoch_objective) for run in runs],
    )


def first_of_classes(inputs: Tensor, targets: Tensor, count: int = 8) -> Few:
    """The first inputs that are each of a class of their own, in their order.

    >>> first_of_classes(torch.arange(4.0), torch.tensor([7, 7, 2, 1]), 2)
    (tensor([0., 2.]), tensor([7, 2]))
    """
    first = np.unique(targets.numpy(), return_index=True)[1]
    places = torch.from_numpy(np.sort(first)[:count])
    return inputs[places], targets[places]


def crowded_at_vertices(points: int) -> Array:
    """Lambdas of a polyline with vertices at 0, 1/2 and 1, denser towards them.

    The objective has a cusp at each solution; on each segment they are Chebyshev's and Lobatto's.

    >>> crowded_at_vertices(5).round(3).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    first, second = (
        (1 - np.cos(np.linspace(0, np.pi, count))) / 4
        for count in (points // 2 + 1, points - points // 2)
    )
    first[-1] = 0.5
    return np.concatenate([first, 0.5 + second[1:]])
