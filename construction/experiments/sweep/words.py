"""The table of a sweep and the correlations over it, and what they say. Needs no torch."""

import numpy as np

from ...arrays import Array, Mask
from ...record.findings import Findings
from ..claims import most_of, of_all

#: A network counts as trained where its last objective is below this share of the zero predictor's;
#: chosen here.
TRAINED = 0.5
#: L(0) of each loss, of ten classes that are equally frequent.
ZERO = {"cross_entropy": float(np.log(10)), "squared": 1.0}
#: The losses that were minimised, in words.
LOSSES = {"cross_entropy": "cross-entropy", "squared": "squared loss"}
#: What is correlated with the test accuracy, and what it is called.
MEASURES = {
    "rise": "largest rise",
    "hill": "climb above the start",
    "barrier": "barrier over the chord",
    "bulge": "bulge over the convex hull",
    "plateau": "length of the plateau",
}


def trained(findings: Findings) -> Mask:
    """Which lines lead to weights that count as trained, (lines,)."""
    kept: Mask = findings["objective"][:, -1] < TRAINED * zero_objectives(findings)
    return kept


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
    """How many lines are monotone, and which step breaks most; or which correlations are sure."""
    if "correlations" in findings.manifest:
        return _of_correlations(findings)
    kept = trained(findings)
    rising, climbing = (findings["monotone"] == 0)[kept], (findings["hill"] > 0)[kept]
    steps = np.array([row["step"] for row in findings.manifest["rows"]])[kept]
    rates = {step: rising[steps == step].mean() for step in dict.fromkeys(steps.tolist())}
    shares = ", ".join(f"{step} {rate:.0%}" for step, rate in rates.items())
    count, diverged = int(kept.sum()), len(findings.manifest["diverged"])
    highest = (findings["hill"] / zero_objectives(findings))[kept].max()
    above = int((findings["minimum_hill"] > 0)[kept].sum())
    note = f"by {highest:.1%} of L(0) at most; m, the least over all scales, on {above}"
    return (
        f"Of the lines that lead to trained weights ({count} of {len(kept)}; networks that "
        f"diverged: {diverged}) {of_all(count - int(rising.sum()), count, 'line')} are monotone. "
        f"The step whose lines rise most often is {max(rates, key=rates.__getitem__)} (not "
        f"monotone: {shares}). The objective climbs above its start on "
        f"{of_all(int(climbing.sum()), count, 'line', note)}."
    )


def _of_correlations(findings: Findings) -> str:
    every = findings.manifest["correlations"]
    if not every:
        return "No measure differs between the trained networks."
    values = [f"{MEASURES[x['measure']]}, {LOSSES[x['loss']]}, {x['value']:+.2f}" for x in every]
    sure = [words for words, one in zip(values, every, strict=True) if one["significant"]]
    unsure = [words for words in values if words not in sure]
    together = 1 - (1 - float(every[0]["confidence"])) * len(LOSSES) * len(MEASURES)
    return (
        f"For {most_of(len(unsure) / len(every))} of the measures and losses ({len(unsure)} of "
        f"{len(every)}: {'; '.join(unsure)}) the rank correlation with the test accuracy "
        f"is not significant, all together at {together:.0%} (it is for {len(sure)}: "
        f"{'; '.join(sure)})."
    )


def caption(findings: Findings) -> str:
    """For the figure: what was published, what was measured, and how the two differ."""
    if "correlations" in findings.manifest:
        return (
            "Published (Vlaar and Frankle 2022, arXiv 2106.16004): over settings of ResNet-18 on "
            "CIFAR-10 the shape of the line does not tell the test accuracy. Measured: "
            f"{len(findings['accuracy'])} trained networks of the sweep, small MLPs on 2,000 "
            f"digits; intervals bootstrapped over recipes. {finding(findings)} The recipes differ "
            "in depth, rate and batch norm at once, so a correlation here is one between recipes, "
            "and no cause: what makes a line late or bent, as depth does, may also cost accuracy."
        )
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
