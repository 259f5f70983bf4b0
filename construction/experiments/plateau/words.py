"""What is said about a plateau: every number is read from the findings. Needs no torch."""

from __future__ import annotations

from ...record.findings import Findings
from ..shape import ROUNDING, largest_rise
from .numbers import near_zero

#: What each treatment of batch normalisation is called.
NAMES = {
    "interpolate": "statistics interpolated",
    "recompute": "statistics recomputed",
    "batch": "statistics of each batch",
    "none": "the line",
}
PUBLISHED = (
    "Published (Frankle 2020, arXiv 2012.06898): test loss of ResNet-50 on ImageNet stays at about "
    "6.93 (ln 1000 = 6.91), rises to about 7.15 at 0.99, and drops to about 0.93."
)


def told(part: Findings) -> str:
    """One line of one treatment."""
    measured = part.manifest
    rise, zero = measured["shape"]["rise"], measured["zero"]
    first, last = (float(part["objective"][k]) for k in (0, -1))
    return (
        f"{NAMES[measured['treatment']]}: {first:.4f} to {last:.4f}, L(0) = {zero:.4f}; highest "
        f"{float(part['objective'].max()):.4f}; largest rise {rise['value']:.2g} up to lambda = "
        f"{rise['stop']:.2f}; plateau {measured['shape']['plateau']:.0%}; {path_of(part)}"
    )


def path_of(part: Findings) -> str:
    """Whether a path was constructed, and how it was checked."""
    if "path_lam" in part.arrays:
        return f"a decreasing path, {part.manifest['path']}"
    return "no decreasing path on this sheet"


def finding(findings: Findings) -> str:
    """What the treatments have shown, in sentences."""
    parts = [findings.part(name) for name in findings.manifest["treatments"]]
    zero = parts[0].manifest["zero"]
    said = [f"L(0) = {zero:.3f}; m is never above it."]
    for part in parts:
        rise, least = (part.manifest[key]["rise"]["value"] for key in ("shape", "minimum_shape"))
        test = f", on test images {_rise(part, 'test_objective'):.2g}" if _tested(part) else ""
        said.append(
            f"With {NAMES[part.manifest['treatment']]} the objective is within a tenth of L(0) up "
            f"to lambda = {near_zero(part):.2f}; it rises by {rise:.2g} at most{test}, and m by "
            f"{least:.2g}."
        )
    if "others" in findings.arrays:
        said.append(_seeds(findings, parts[0]))
    return " ".join(said)


def _tested(part: Findings) -> bool:
    return "test_objective" in part.arrays


def _rise(part: Findings, name: str) -> float:
    return largest_rise(part["lam"].astype(float), part[name].astype(float)).value


def _seeds(findings: Findings, first: Findings) -> str:
    """On how many seeds the line rises under the first treatment."""
    others = findings["others"].astype(float)
    lam = first["lam"].astype(float)
    rises = [first.manifest["shape"]["rise"]["value"]]
    rises += [largest_rise(lam, values).value for values in others]
    count = sum(rise > ROUNDING * float(others.max()) for rise in rises)
    return f"The line rises on {count} of {len(rises)} seeds, by {max(rises):.2g} at most."


def caption(findings: Findings) -> str:
    """For the figure: what was measured, and how it differs from what was published."""
    parts = [findings.part(name) for name in findings.manifest["treatments"]]
    paths = sum("path_lam" in part.arrays for part in parts)
    samples = parts[0].manifest["samples"]
    return (
        f"{PUBLISHED} Measured: {findings.manifest['label']}, {samples:,} training images, "
        f"{len(parts[0]['lam'])} lambdas. {findings.manifest.get('finding') or finding(findings)} "
        f"A path that only goes down was constructed under {paths} of {len(parts)} treatments. "
        "Another network and other data, so other heights: what agrees is that the plateau lies at "
        "the loss of the zero predictor, ln of the number of classes. How the published curve "
        "treats running statistics is not known here; as measured, that decides whether there is a "
        "plateau. Weights of so short a training move less than those of ResNet-50, so the drop "
        "comes earlier and is less sharp."
    )
