"""Conducts the runs along lines of weights (Goodfellow et al. 2014, arXiv 1412.6544).

The plateau of a deep network with batch normalisation (Frankle 2020, arXiv 2012.06898) lies near
L(0), and m(lambda) <= L(0) takes its rise away.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ...forward.batches import Data
from ...network.states import State
from ...record.findings import Findings, joined
from ...training.build import build, inputs_of
from ...training.training import Run
from ..given import Given, networks
from ..settings import Published, Treatment
from ..stages import Report, Stages, single
from .interpolate import lines_between
from .settings import Interpolation, Plateau, Start, kind_of_network
from .words import TREATMENTS

#: Added to a seed for initial weights that training did not begin with.
UNRELATED = 1000
#: What is constructed: the theorem's path with an even target, and the lowest there is.
PROFILES = ("even", "valley")


def conduct(settings: Interpolation | Plateau, stages: Stages, report: Report) -> Findings:
    """Measure the lines of each kind of network and of start, "relu-initial"; each is a stage.

    Returns:
        What `construction.experiments.interpolation.interpolate` does, float32: a part each of
        these, and in it a line a seed. Of a `Plateau` a part a treatment; where further seeds are
        asked for, the first has ``others``, their objective, (seeds, points).
    """
    if isinstance(settings, Plateau):
        return _of_plateau(settings, stages, report)
    every = stages.train_all(
        replace(one, seed=seed) for one in settings.recipes for seed in settings.seeds
    )
    parts: dict[str, Findings] = {}
    for k in range(0, len(every), len(settings.seeds)):
        runs = every[k : k + len(settings.seeds)]
        for start in settings.starts:
            name = f"{kind_of_network(runs[0].recipe.architecture)}-{start}"
            parts[name] = stages.once(name, partial(_lines, settings, runs, start, stages.device))
            report(f"  {name}: {len(runs)} lines")
    return joined(parts).described(lines=list(parts))


def _lines(settings: Interpolation, runs: Sequence[Run], start: Start, device: str) -> Findings:
    """The lines of one network's seeds, with the paths constructed over that of the first."""
    recipe = runs[0].recipe
    data = inputs_of(recipe)
    options: dict[str, Any] = {"points": settings.points, "farthest": settings.farthest}
    options |= {"loss": recipe.loss, "device": device, "also": PROFILES}
    pairs = list(zip(_firsts(runs, start), [run.final for run in runs], strict=True))
    found, _ = lines_between(runs[0].model(), pairs, data[:2], data[2:], **options)
    kind, label = kind_of_network(recipe.architecture), recipe.architecture.label
    of_seeds = zip(settings.seeds, found.manifest["runs"], strict=True)
    seeded = [{"seed": seed, **one} for seed, one in of_seeds]
    return single(found).described(label=label, kind=kind, start=start, runs=seeded)


def _firsts(runs: Sequence[Run], start: Start) -> list[State]:
    """The weights at which each line begins."""
    if start == "initial":
        return [run.initial for run in runs]
    if start == "solution":
        return [run.final for run in (*runs[1:], runs[0])]
    others = (replace(run.recipe, seed=run.recipe.seed + UNRELATED) for run in runs)
    return [build(other).state_dict() for other in others]


def _of_plateau(settings: Plateau, stages: Stages, report: Report) -> Findings:
    asked, some = settings.recipe, slice(settings.images)
    recipe = asked.recipe if isinstance(asked, Published) else asked
    seeds = [replace(recipe, seed=seed) for seed in settings.others]
    run, *others = networks([asked, *seeds], stages)
    inputs, labels, test_inputs, test_labels = inputs_of(recipe)
    data, test = (inputs[some], labels[some]), (test_inputs[some], test_labels[some])
    options: dict[str, Any] = {"loss": recipe.loss, "metrics": {}}
    options |= {"points": settings.points, "device": stages.device}
    parts: dict[str, Findings] = {}
    around = f"-{run.weights_checksum[:8]}" if isinstance(run, Given) else ""
    for name in settings.treatments:
        measured = partial(under, name, run, data, test, settings.checks, options)
        parts[name] = stages.once(f"{name}{around}", measured)  # of these weights alone
        report(f"  {name}, a path: {parts[name].manifest['paths']['valley']}")
    if others:
        first = settings.treatments[0]

        def further() -> Findings:
            pairs = [(one.initial, one.final) for one in others]
            found, _ = lines_between(run.model(), pairs, data, treatment=first, **options)
            return single(Findings({"others": found["train_objective"]}))

        curves = {**parts[first].arrays, **stages.once(f"others{around}", further).arrays}
        parts[first] = replace(parts[first], arrays=curves)
    named: dict[str, Any] = {"lines": list(parts), "treatments": list(parts)}
    if isinstance(run, Given):
        named |= {"weights": run.weights_checksum, "test_error": run.error}
    return joined(parts).described(label=recipe.architecture.label, **named)


def under(
    treatment: Treatment, run: Run, data: Data, test: Data, checks: int, options: dict[str, Any]
) -> Findings:
    """One line under one treatment; its path is checked at so many points, at none for 0."""
    seen = None if treatment == "recompute" else test
    pairs, options = [(run.initial, run.final)], {**options, "treatment": treatment}
    found, paths = lines_between(run.model(), pairs, data, seen, also=["valley"], **options)
    arrays, outcomes = dict(found.arrays), dict(found.manifest["paths"])
    for path in paths.values():  # at every lambda of its grid, and at both ends of each phase
        places = np.unique([0.0, *path.s, *(phase.stop for phase in path.phases)])
        corners = [path.at(float(s)) for s in places]
        arrays["valley"] = np.array([(point.lam, point.objective) for point in corners])
        outcomes["valley"] = path.certify(checks, prove=False).verdict if checks else "not checked"
    kept = {"label": TREATMENTS[treatment], "kind": "given", "start": "initial", "paths": outcomes}
    return single(replace(found, arrays=arrays).described(**kept))
