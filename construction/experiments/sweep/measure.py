"""Which standard recipes break monotone linear interpolation.

After Lucas et al. 2021 (arXiv 2104.11044), who found that batch normalisation, adaptive optimisers
and large rates can: small networks over depth, batch normalisation, optimiser, rate and loss.
"""

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.stats import rankdata

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
from .settings import RUNS, Generalisation, Step, Sweep
from .words import LOSSES, MEASURES, caption, finding, trained


def conduct(settings: Sweep | Generalisation, stages: Stages, report: Report) -> Findings:
    """Train every recipe, and measure its line under each treatment of batch normalisation.

    The arrays have a row a line:

        lam                     (points,)
        objective, minimum      (lines, points), float32: L(W(lambda)), m(lambda)
        rise, hill, barrier,
        bulge, plateau          (lines,): see `construction.experiments.shape`
        monotone, convex        (lines,): 1 or 0
        minimum_hill            (lines,): sup m - L(W(0)), at least 0
        accuracy                (lines,): on the test images

    The manifest has the recipe of each row under `rows`, and those whose training diverged. Of the
    other settings see `correlate`.
    """
    if isinstance(settings, Generalisation):
        return correlate(settings, stages, report)
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
    names = measured[0].arrays if measured else ()
    arrays = {name: np.concatenate([one[name] for one in measured]) for name in names}
    findings = Findings({"lam": np.linspace(0, 1, settings.points), **arrays})
    findings = findings.described(rows=rows, diverged=diverged)
    if stages.part:
        return findings
    findings = findings.described(finding=finding(findings), caption=caption(findings))
    report(f"  {findings.manifest['finding']}")
    return findings


def _lines(settings: Sweep, run: Run, treatments: Sequence[Treatment], device: str) -> Findings:
    """The rows of one network."""
    rows = [_measured(settings, run, treatment, device) for treatment in treatments]
    return Findings({name: np.array([row[name] for row in rows], np.float32) for name in rows[0]})


def _measured(
    settings: Sweep, run: Run, treatment: Treatment, device: str
) -> dict[str, Array | float]:
    """A row of the arrays, of one line."""
    inputs, labels, test_inputs, test_labels = inputs_of(run.recipe)
    model, data = run.model(), (inputs[: settings.images], labels[: settings.images])
    options: dict[str, Any] = {"loss": run.recipe.loss, "metrics": {}, "device": device}
    options |= {"treatment": treatment, "points": settings.points}
    line = along_line(model, run.initial, run.final, data, **options)
    objective, least = line.train["objective"], line.sheet.minimum
    shape = shape_of(line.alpha, objective)
    with torch.no_grad():
        outputs = torch.func.functional_call(model.eval(), run.final, test_inputs)
    return {
        "objective": objective,
        "minimum": least,
        **{name: getattr(shape, name).value for name in ("rise", "hill", "barrier", "bulge")},
        "plateau": shape.plateau,
        "monotone": float(shape.monotone),
        "convex": float(shape.convex),
        "minimum_hill": max(0.0, float(least.max() - objective[0])),
        "accuracy": float((outputs.argmax(1) == test_labels).double().mean()),
    }


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


# --- correlations over it ------------------------------------------------------------------------


def correlate(settings: Generalisation, stages: Stages, report: Report) -> Findings:
    """Correlate each measure of the line's shape with the test accuracy, by loss.

    Lucas et al. 2021 ask whether they go together of monotone lines, Vlaar and Frankle 2022 (arXiv
    2106.16004) of barriers; the latter find that the shape does not tell the test accuracy.

    A network counts once: a line under interpolated statistics stands for one with batch norm. The
    intervals hold together with the confidence asked for (Bonferroni), and are bootstrapped over
    recipes, whose seeds go together. A measure that is the same for all has no correlation.

    The arrays, a row a trained network: `accuracy`, one for each of `MEASURES`, and `squared`, 1
    where that loss was minimised. The manifest has the correlations.
    """
    name = next(name for name, known in RUNS.items() if known == settings.sweep)
    swept = stages.result(name)
    assert isinstance(swept, Findings), "what a sweep finds"
    once = np.array([row["treatment"] != "recompute" for row in swept.manifest["rows"]])
    kept = np.flatnonzero(trained(swept) & once)
    rows = [swept.manifest["rows"][k] for k in kept]
    arrays = {name: swept[name][kept].astype(float) for name in ("accuracy", *MEASURES)}
    arrays["squared"] = np.array([float(row["loss"] == "squared") for row in rows])
    recipes = [(row["hidden"], row["batch_norm"], row["step"], row["loss"]) for row in rows]
    groups = np.array([recipes.index(recipe) for recipe in recipes])
    level = 1 - (1 - settings.confidence) / (len(LOSSES) * len(MEASURES))
    every: list[dict[str, Any]] = []
    for loss, measure in product(LOSSES, MEASURES):
        mine = arrays["squared"] == float(loss == "squared")
        values, accuracy = arrays[measure][mine], arrays["accuracy"][mine]
        if len(np.unique(values)) < 2 or len(np.unique(groups[mine])) < 2:
            continue  # the same on every line, as where none climbs above its start
        drawn = {"resamples": settings.resamples, "seed": settings.seed}
        one = correlation(values, accuracy, groups[mine], confidence=level, **drawn)
        every.append({"measure": measure, "loss": loss, "confidence": level, **one})
        interval = f"{one['value']:+.2f} [{one['low']:+.2f}, {one['high']:+.2f}]"
        report(f"  {LOSSES[loss]}, {MEASURES[measure]}: rho = {interval}")
    findings = Findings(arrays).described(correlations=every, sweep=name)
    findings = findings.described(finding=finding(findings), caption=caption(findings))
    report(f"  {findings.manifest['finding']}")
    return findings


def correlation(
    x: Array, y: Array, groups: ArrayLike, *, confidence: float, resamples: int, seed: int
) -> dict[str, Any]:
    """Spearman's rho with the percentile interval of a bootstrap over whole groups.

    Samples of one group, as the seeds of one recipe, are alike: were they drawn one by one, the
    interval would be too narrow (Davison and Hinkley 1997, section 3.8).

    Args:
        x, y: (samples,).
        groups: to which each sample belongs, numbers or names, (samples,).
        confidence: of the interval.
        resamples, seed: of the bootstrap.

    Returns:
        `value`; `low` and `high`, the ends of the interval; how many `samples` and `groups`; and
        `significant`, whether the interval leaves out 0.
    """
    labels = np.asarray(groups)
    members = [np.flatnonzero(labels == one) for one in np.unique(labels)]
    rng = np.random.default_rng(seed)
    drawn = np.empty(resamples)
    for k in range(resamples):
        some = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        drawn[k] = spearman(x[some], y[some])
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    interval = {"value": spearman(x, y), "low": low, "high": high}
    counts = {"samples": len(x), "groups": len(members)}
    return {**interval, **counts, "significant": not low <= 0 <= high}


def spearman(x: Array, y: Array) -> float:
    """Pearson's correlation of the ranks, ties sharing the mean of theirs; 0 where one is constant.

    Source: Spearman 1904 (Am. J. Psychol. 15).

    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([0.1, 10.0, 11.0]))
    1.0
    """
    first, second = (rankdata(values) - (len(values) + 1) / 2 for values in (x, y))
    scale = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / scale) if scale else 0.0
