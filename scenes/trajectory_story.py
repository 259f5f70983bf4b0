"""From a study of alpha and beta to what a scene shows: pure functions, no manim."""

from __future__ import annotations

import numpy as np

from construction.arrays import Array
from construction.experiments.trajectory.numbers import PUBLISHED, WALK, Numbers, numbers, trained
from construction.experiments.trajectory.random_walk import arch
from construction.record.findings import Findings

#: Corners of the closed form.
FINE = 401


def published_arch(findings: Findings) -> tuple[Array, Array]:
    """Alpha and beta that are expected of the published walk, past the line's end, (points,)."""
    part = findings.part(PUBLISHED).manifest
    share = np.linspace(0, part["steps"] / part["solution"], FINE)
    chord = (part["solution"] * part["dimensions"]) ** 0.5
    return chord * np.minimum(share, 1), chord * arch(share)


def normalised(one: Numbers) -> tuple[Array, Array]:
    """Alpha and beta over the length of the line, (positions,) each."""
    return one.trajectory.alpha / one.trajectory.chord, one.trajectory.beta / one.trajectory.chord


def reach(findings: Findings) -> tuple[float, float]:
    """The largest alpha and beta that the plane has to show, over the length of the line."""
    shown = [normalised(numbers(findings, name)) for name in (*trained(findings), WALK)]
    return max(1.0, *(float(a.max()) for a, _ in shown)), max(float(b.max()) for _, b in shown)


def clock(one: Numbers) -> Array:
    """The share of the steps that is gone at each position, (positions,)."""
    return np.linspace(0, 1, len(one.trajectory.alpha))


def shown_at(one: Numbers) -> int:
    """The last position with nine tenths of the height, where the angle is shown."""
    beta = one.trajectory.beta[: one.trajectory.solution]
    return int(np.flatnonzero(beta >= 0.9 * one.height * one.trajectory.chord)[-1])


def angle_at(one: Numbers, position: int) -> float:
    """Degrees between what was gone and what is to come at a position between the ends."""
    return float(one.trajectory.angle[position - 1])


def table(findings: Findings) -> list[tuple[str, list[str]]]:
    """A row each of the trained networks and the walk: name, height, tortuosity, angle."""
    shown = {name: numbers(findings, name) for name in (*trained(findings), WALK)}
    return [
        (name, [one.label, f"{one.height:.2f}", f"{one.tortuosity:.1f}", f"{one.angle:.0f}°"])
        for name, one in shown.items()
    ]


def footer(findings: Findings, name: str) -> str:
    """What one sees: data and network, or the walk."""
    part = findings.part(name).manifest
    if name in (WALK, PUBLISHED):
        end = part["solution"]
        return f"random walk · {part['steps']:,} steps in {part['dimensions']:,} dimensions" + (
            f" · its line ends at step {end}" if end < part["steps"] else ""
        )
    seeds = findings.manifest.get("seeds", [])
    seed = f" · seed {seeds[0]}" if seeds else ""
    return f"{findings.manifest['title']}{seed}"
