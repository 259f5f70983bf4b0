"""The numbers that tell a trajectory from a random walk, and what is said of them; no torch."""

import math
from typing import NamedTuple

import numpy as np

from ...arrays import Array
from ...record.findings import Findings
from ..claims import of_all
from .alpha_beta import AlphaBeta

#: Parts that are random walks: one of the networks' length and dimensions, and the published one.
WALK, PUBLISHED = "walk", "published"


class Straying(NamedTuple):
    """What a part of the findings comes to; a random walk in many dimensions in brackets.

    Attributes:
        label: of the part.
        positions: alpha and beta.
        height: largest beta / chord (1/2).
        tortuosity: length of the path to the line's end / chord (sqrt(steps), of equal ones).
        reach: chord / root of the summed squares of the steps (1): how much further it came than
            the same steps in independent directions do.
        angle: median degrees between what was gone and what was to come (90).
        shortened: length of the path through every k-th position / through all (1 / sqrt(k)).
    """

    label: str
    positions: AlphaBeta
    height: float
    tortuosity: float
    reach: float
    angle: float
    shortened: Array


def straying_of(findings: Findings, name: str) -> Straying:
    """The numbers of a part, up to the line's end; an InputError where there is no such part."""
    part = findings.part(name)
    positions = AlphaBeta(part["alpha"], part["beta"], float(part.manifest["chord"]))
    steps = part["step"][: part.manifest["solution"]]
    return Straying(
        part.manifest["label"],
        positions,
        positions.height,
        float(steps.sum()) / positions.chord,
        positions.chord / float(np.linalg.norm(steps)),
        float(np.median(positions.angle)),
        part["length"] / part["length"][0],
    )


def trained(findings: Findings) -> dict[str, Straying]:
    """The networks, in the order of the settings."""
    return {name: straying_of(findings, name) for name in findings.manifest["trained"]}


def compared(findings: Findings) -> dict[str, Straying]:
    """The networks, and the walk of as many steps and dimensions as the first."""
    return {**trained(findings), WALK: straying_of(findings, WALK)}


def finding(findings: Findings) -> str:
    """How far training is from a random walk, in a few sentences."""
    walk, size = straying_of(findings, WALK), findings.part(WALK).manifest
    every = list(trained(findings).values())
    first, lower = every[0], sum(one.height < walk.height for one in every)
    arch = max(walk.height, 0.01)  # about 1/2; of few steps it may be 0
    numbers = "; ".join(
        f"{one.label}: up to {one.height:.2f} of the line's length, {one.height / arch:.0%} of the "
        f"walk's arch, path {one.tortuosity:.1f} times the line, reach {one.reach:.1f}"
        for one in every
    )
    straighter = "straighter" if first.tortuosity < walk.tortuosity else "no straighter"
    farther = "farther" if first.reach > 1 else "no farther"
    return (
        f"In {of_all(lower, len(every), 'training', numbers)} beta stays lower than in a random "
        f"walk of {size['steps']:,} steps in {size['dimensions']:,} dimensions. The path of "
        f"{first.label} is {straighter} than the walk's ({first.tortuosity:.1f} and "
        f"{walk.tortuosity:.1f} times the line), and ends {farther} away than its own steps in "
        f"independent directions would ({first.reach:.1f} times as far)."
    )


def caption(findings: Findings) -> str:
    """What was published, read off to about 5 units, what was measured, and why they differ."""
    if PUBLISHED in findings.parts:
        walk, size = straying_of(findings, PUBLISHED).positions, findings.part(PUBLISHED).manifest
        return (
            "Published (Goodfellow et al. 2014, arXiv 1412.6544): the residual against the "
            "distance along the line, an arch up to 460 that comes back at 958 and then rises to "
            "305. It is often shown for SGD; its own title says: a random walk in "
            f"{size['dimensions']} dimensions. Measured here: such a walk of {size['steps']} "
            f"steps, its line drawn to step {size['solution']}, rises to "
            f"{walk.height * walk.chord:.0f}, comes back at {walk.chord:.0f} and ends at "
            f"{walk.beta[-1]:.0f}. {finding(findings)} They differ as the steps of a walk are at "
            "right angles to each other (Thales' semicircle, whatever their lengths and number), "
            "while those of training share directions."
        )
    sketched = [
        f" Of {name} a sketch was kept: alpha is known to {part['error']:.1%} of beta, beta to "
        f"{part['error'] / math.sqrt(2):.1%} of itself, one standard deviation."
        for name, part in findings.manifest["parts"].items()
        if "error" in part
    ]
    return (
        "Distance from the straight line between the first and the last weights, and along it "
        f"(Goodfellow et al. 2014, arXiv 1412.6544). {finding(findings)}{''.join(sketched)}"
    )


def rows(findings: Findings) -> list[list[str]]:
    """Headings, and a row each of the trainings and the walk."""
    table = [["training", "largest beta / line", "path / line", "reach", "angle", "steps"]]
    for name, one in compared(findings).items():
        numbers = (f"{x:.2f}" for x in (one.height, one.tortuosity, one.reach))
        steps = findings.part(name).manifest["steps"]
        table.append([one.label, *numbers, f"{one.angle:.0f}", f"{steps}"])
    return table


def footer(findings: Findings, name: str) -> str:
    """What one sees in the film: data and network, or the walk."""
    part = findings.part(name).manifest
    if name not in (WALK, PUBLISHED):
        return str(findings.manifest["title"])
    return (
        f"random walk · {part['steps']:,} steps in {part['dimensions']:,} dimensions · its line "
        f"ends at step {part['solution']:,}"
    )
