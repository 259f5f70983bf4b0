"""The table of a sweep, and what it says. Needs no torch."""

import numpy as np

from ...arrays import Array, Mask
from ...record.findings import Findings
from ..claims import of_all
from ..shape import ROUNDING

#: A network counts as trained where its last objective is below this share of the zero predictor's;
#: chosen here.
TRAINED = 0.5
#: L(0) of each loss, of ten classes that are equally frequent.
ZERO = {"cross_entropy": float(np.log(10)), "squared": 1.0}


def trained(findings: Findings) -> Mask:
    """Which lines lead to weights that count as trained, (lines,)."""
    return findings["objective"][:, -1] < TRAINED * zero_objectives(findings)


def cells(findings: Findings) -> dict[tuple[int, str, str, str], list[int]]:
    """The trained lines of each number of hidden layers, treatment, step and loss.

    Recipes that diverged have a cell too.
    """
    kept, lines_of = trained(findings), dict[tuple[int, str, str, str], list[int]]()
    for k, row in enumerate(findings.manifest["rows"]):
        key = row["hidden"], row["treatment"], row["step"], row["loss"]
        lines_of.setdefault(key, []).extend([k] if kept[k] else [])
    for row in findings.manifest["diverged"]:
        for treatment in ("interpolate", "recompute") if row["batch_norm"] else ("none",):
            lines_of.setdefault((row["hidden"], treatment, row["step"], row["loss"]), [])
    return lines_of


def zero_objectives(findings: Findings) -> Array:
    """L(0) of each line's loss, (lines,)."""
    return np.array([ZERO[row["loss"]] for row in findings.manifest["rows"]])


def finding(findings: Findings) -> str:
    """How many lines are monotone, and which step breaks most."""
    kept = trained(findings)
    if not kept.any():
        return f"No line leads to trained weights (0 of {len(kept)})."
    rounding = ROUNDING * np.abs(findings["objective"]).max(axis=1)
    rising, climbing = (findings["monotone"] == 0)[kept], (findings["hill"] > rounding)[kept]
    steps = np.array([row["step"] for row in findings.manifest["rows"]])[kept]
    rates = {step: rising[steps == step].mean() for step in dict.fromkeys(steps.tolist())}
    shares = ", ".join(f"{step} {rate:.0%}" for step, rate in rates.items())
    count, diverged = int(kept.sum()), len(findings.manifest["diverged"])
    highest = (findings["hill"] / zero_objectives(findings))[kept].max()
    above = int((findings["minimum_hill"] > rounding)[kept].sum())
    most = [step for step, rate in rates.items() if rate == max(rates.values()) > 0]
    note = f"by {highest:.1%} of L(0) at most; m, the least over all scales, on {above}"
    return (
        f"Of the lines that lead to trained weights ({count} of {len(kept)}; networks that "
        f"diverged: {diverged}) {of_all(count - int(rising.sum()), count, 'line')} are monotone. "
        f"The step whose lines rise most often is {' and '.join(most) or 'none'} (not "
        f"monotone: {shares}). The objective climbs above its start on "
        f"{of_all(int(climbing.sum()), count, 'line', note)}."
    )


def caption(findings: Findings) -> str:
    """For the figure: what was published, what was measured, and how the two differ."""
    return (
        "Published (Lucas et al. 2021, arXiv 2104.11044): most networks are monotone, and batch "
        "normalisation, adaptive optimisers and large rates break it more often. Measured: rows "
        "are hidden layers without batch norm, and with its statistics interpolated or recomputed "
        "along the line; a cell gives how many of its trained networks never rise along the line, "
        "and the largest rise as a share of L(0). A network counts as trained where its last "
        f"objective is below {TRAINED:g} L(0); a dash: none is. {finding(findings)} These are "
        "small networks and 400 steps, where weights move little: fewer lines break than in the "
        "published sweeps of long training."
    )
