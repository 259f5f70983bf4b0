"""What is said about shape and test accuracy: every number is read from the findings."""

from collections.abc import Mapping
from typing import Any

from ...record.findings import Findings
from ..claims import most_of

#: What is correlated with the test accuracy, and what it is called.
MEASURES = {
    "rise": "largest rise",
    "hill": "climb above the start",
    "barrier": "barrier over the chord",
    "bulge": "bulge over the convex hull",
    "plateau": "length of the plateau",
}
#: The losses that were minimised, in words.
LOSSES = {"cross_entropy": "cross-entropy", "squared": "squared loss"}
PUBLISHED = (
    "Published (Vlaar and Frankle 2022, arXiv 2106.16004): over settings of ResNet-18 on CIFAR-10 "
    "the shape of the line does not tell the test accuracy."
)


def summary(one: Mapping[str, Any]) -> str:
    """One line about one correlation."""
    return (
        f"{LOSSES[one['loss']]}, {MEASURES[one['measure']]}: rho = {one['value']:+.2f} "
        f"[{one['low']:+.2f}, {one['high']:+.2f}], {one['samples']} networks of {one['groups']} "
        f"recipes, {'significant' if one['significant'] else 'not significant'}"
    )


def finding(findings: Findings) -> str:
    """Which correlations are significant, and which are not."""
    every = findings.manifest["correlations"]
    if not every:
        return "No measure differs between the trained networks."
    sure, unsure = (
        [
            f"{MEASURES[one['measure']]}, {LOSSES[one['loss']]}, {one['value']:+.2f}"
            for one in every
            if one["significant"] == significant
        ]
        for significant in (True, False)
    )
    together = 1 - (1 - float(every[0]["confidence"])) * len(LOSSES) * len(MEASURES)
    return (
        f"For {most_of(len(unsure) / len(every))} of the measures and losses ({len(unsure)} of "
        f"{len(every)}: {'; '.join(unsure) or 'none'}) the rank correlation with the test accuracy "
        f"is not significant, all together at {together:.0%} (it is for {len(sure)}: "
        f"{'; '.join(sure) or 'none'})."
    )


def caption(findings: Findings) -> str:
    """For the figure: what was measured, and how it differs from what was published."""
    return (
        f"{PUBLISHED} Measured: {len(findings['accuracy'])} trained networks of the sweep, small "
        f"MLPs on 2,000 digits; intervals bootstrapped over recipes. {finding(findings)} The "
        "recipes differ in depth, rate and batch norm at once, so a correlation here is one "
        "between recipes, and no cause: what makes a line late or bent, as depth does, may also "
        "cost accuracy."
    )
