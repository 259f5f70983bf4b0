"""Whether the shape of the line says anything about the test accuracy.

Lucas et al. 2021 (arXiv 2104.11044) ask it of monotone lines, Vlaar and Frankle 2022 (arXiv
2106.16004) of barriers; the latter find that the shape does not tell the test accuracy.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from ...arrays import Array
from ...errors import InputError
from ...record.findings import Findings
from ..stages import Report, Stages
from ..sweep.words import trained
from ..table import EXPERIMENTS
from .rank_correlation import correlation
from .settings import Generalisation
from .words import MEASURES, caption, finding, told


def conduct(settings: Generalisation, stages: Stages, report: Report) -> Findings:
    """Correlate each measure of the line's shape with the test accuracy, by loss.

    A network counts once: a line under interpolated statistics stands for one with batch norm. The
    intervals hold together with the confidence asked for (Bonferroni), and are bootstrapped over
    recipes, whose seeds go together. A measure that is the same for all has no correlation.

    The arrays, a row a trained network: `accuracy`, one for each of `MEASURES`, and `squared`, 1
    where that loss was minimised. The manifest has the correlations, a finding, and a caption.

    Args:
        settings: which sweep, and how sure.
        stages: where it computes.
        report: receives a line a correlation, and the finding.

    Raises:
        InputError: the sweep is not one of the named runs.
    """
    names = [name for name, known in EXPERIMENTS.items() if known == settings.sweep]
    if not names:
        raise InputError(
            "a sweep that is a named run", repr(settings.sweep.title), "Name it in its module."
        )
    swept = stages.result(names[0])
    assert isinstance(swept, Findings), "what a sweep finds"
    rows = swept.manifest["rows"]
    once = np.array([row["treatment"] != "recompute" for row in rows])
    kept = np.flatnonzero(trained(swept) & once)
    arrays = {name: swept[name][kept].astype(float) for name in ("accuracy", *MEASURES)}
    arrays["squared"] = np.array([float(rows[k]["loss"] == "squared") for k in kept])
    groups = _groups([rows[k] for k in kept])
    found = Findings(arrays).described(correlations=_correlations(settings, arrays, groups))
    found = found.described(sweep=names[0], finding=finding(found), caption=caption(found))
    for one in found.manifest["correlations"]:
        report(f"  {told(one)}")
    report(f"  {found.manifest['finding']}")
    return found


def _correlations(
    settings: Generalisation, arrays: dict[str, Array], groups: Array
) -> list[dict[str, object]]:
    level = 1 - (1 - settings.confidence) / (2 * len(MEASURES))
    found: list[dict[str, object]] = []
    for loss, squared in (("cross_entropy", 0.0), ("squared", 1.0)):
        mine = arrays["squared"] == squared
        for name in MEASURES:
            if len(np.unique(arrays[name][mine])) < 2 or len(np.unique(groups[mine])) < 2:
                continue  # the same on every line, as where none climbs above its start
            one = correlation(
                arrays[name][mine],
                arrays["accuracy"][mine],
                groups[mine].astype(np.intp),
                confidence=level,
                resamples=settings.resamples,
                seed=settings.seed,
            )
            known = {"measure": name, "loss": loss, "confidence": level}
            found.append({**known, **asdict(one), "significant": one.significant})
    return found


def _groups(rows: list[dict[str, object]]) -> Array:
    """One number a recipe, whatever the seed."""
    of = [tuple(row[key] for key in ("hidden", "batch_norm", "step", "loss")) for row in rows]
    numbers = {recipe: float(k) for k, recipe in enumerate(dict.fromkeys(of))}
    return np.array([numbers[recipe] for recipe in of])
