"""Whether the shape of the line says anything about the test accuracy.

Lucas et al. 2021 (arXiv 2104.11044) ask it of monotone lines, Vlaar and Frankle 2022 (arXiv
2106.16004) of barriers; the latter find that the shape does not tell the test accuracy.
"""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from ...arrays import Array
from ...record.findings import Findings
from ..stages import Report, Stages
from .settings import RUNS, Generalisation
from .words import LOSSES, MEASURES, caption, finding, trained


def correlate(settings: Generalisation, stages: Stages, report: Report) -> Findings:
    """Correlate each measure of the line's shape with the test accuracy, by loss.

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
