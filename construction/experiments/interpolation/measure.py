"""Conducts the runs along lines of weights (Goodfellow, Vinyals and Saxe 2014, arXiv 1412.6544)."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial

import numpy as np

from ...network.states import State
from ...record.findings import Findings, joined
from ...training.build import build, inputs_of
from ...training.training import Run
from ..stages import Report, Stages
from .interpolate import lines_between
from .settings import Interpolation, Start, kind_of_network
from .words import PROFILES, caption, finding, summary

#: Added to a seed for initial weights that training did not begin with.
UNRELATED = 1000

#: Trained networks by kind and seed.
Trained = Mapping[tuple[str, int], Run]


def conduct(settings: Interpolation, stages: Stages, report: Report) -> Findings:
    """Measure the lines of each kind of network and of start, "relu-initial"; each is a stage.

    Returns:
        What `construction.experiments.interpolation.interpolate` does, float32: a part each of
        these, and in it a line a seed.
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
            measured = partial(_lines, settings, runs, kind, start, stages.device)
            parts[name] = stages.once(name, measured)
            report(f"  {name}: {summary(parts[name])}")
    whole = joined(parts).described(lines=list(parts), settings=asdict(settings))
    whole = whole.described(finding=finding(whole), caption=caption(whole))
    report(f"  {whole.manifest['finding']}")
    return whole


def _lines(
    settings: Interpolation, runs: Trained, kind: str, start: Start, device: str
) -> Findings:
    """The lines of all seeds, with the paths constructed over that of the first."""
    run = runs[kind, settings.seeds[0]]
    data = inputs_of(run.recipe)
    found = lines_between(
        run.model(),
        [(_first(settings, runs, kind, x, start), runs[kind, x].final) for x in settings.seeds],
        data[:2],
        data[2:],
        also=PROFILES,
        loss=run.recipe.loss,
        points=settings.points,
        farthest=settings.farthest,
        device=device,
    )
    arrays = {
        name: array if name == "alpha" else array.astype(np.float32)
        for name, array in found.arrays.items()
    }
    of_seeds = zip(settings.seeds, found.manifest["runs"], strict=True)
    return Findings(arrays, found.manifest).described(
        label=run.recipe.architecture.label,
        kind=kind,
        start=start,
        runs=[{"seed": seed, **one} for seed, one in of_seeds],
    )


def _first(settings: Interpolation, runs: Trained, kind: str, seed: int, start: Start) -> State:
    """The weights at which a line begins."""
    run = runs[kind, seed]
    if start == "initial":
        return run.initial
    if start == "solution":
        return runs[kind, settings.next_seed(seed)].final
    return build(replace(run.recipe, seed=seed + UNRELATED)).state_dict()
