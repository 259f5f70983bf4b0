"""The numbers that tell a trajectory from a random walk, of findings; read without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...arrays import Array
from ...record.findings import Findings
from .alpha_beta import Trajectory

#: Parts that are random walks: one of the networks' length and dimensions, and the published one.
WALK, PUBLISHED = "walk", "published"


@dataclass(frozen=True)
class Numbers:
    """What a part of the findings comes to; a random walk in many dimensions in brackets.

    Attributes:
        label: of the part.
        trajectory: alpha and beta.
        height: largest beta / chord (1/2).
        tortuosity: length of the path to the line's end / chord (sqrt(steps), if these are equally
            long).
        reach: chord / root of the summed squares of the steps (1): how much further it came than
            the same steps in independent directions do.
        angle: median degrees between what was gone and what was to come (90).
        shortened: length of the path through every k-th position / through all (1 / sqrt(k)).
    """

    label: str
    trajectory: Trajectory
    height: float
    tortuosity: float
    reach: float
    angle: float
    shortened: Array

    @property
    def share(self) -> float:
        """The height over that of the random walk's arch, 1/2."""
        return self.height / 0.5


def trained(findings: Findings) -> tuple[str, ...]:
    """The parts that are networks, in the order of the settings."""
    return tuple(findings.manifest["trained"])


def numbers(findings: Findings, name: str) -> Numbers:
    """Those of a part, up to the line's end.

    Raises:
        InputError: no such part.
    """
    part = findings.part(name)
    trajectory = Trajectory(part["alpha"], part["beta"], float(part.manifest["chord"]))
    steps = part["step"][: part.manifest["solution"]]
    return Numbers(
        part.manifest["label"],
        trajectory,
        trajectory.height,
        float(steps.sum()) / trajectory.chord,
        trajectory.chord / float(np.linalg.norm(steps)),
        float(np.median(trajectory.angle)),
        part["length"] / part["length"][0],
    )
