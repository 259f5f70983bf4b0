"""From the findings of a landscape to what its scene shows; no manim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from construction.arrays import Array
from construction.draw.spans import levels
from construction.record.findings import Findings

#: Most ticks of an axis.
MOST = 6


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis of objectives, from `low` to `high`."""

    low: float
    high: float

    def share(self, value: Array) -> Array:
        """Of the axis, in [0, 1]; values outside are at its ends.

        >>> Scale(0.1, 10.0).share(np.array([1.0, 100.0])).tolist()
        [0.5, 1.0]
        """
        inside = np.clip(value, self.low, self.high)
        found: Array = np.log(inside / self.low) / np.log(self.high / self.low)
        return found


def networks(findings: Findings) -> list[Findings]:
    """The parts of the networks, in order."""
    return [findings.part(name) for name in findings.parts]


def common_scale(parts: Sequence[Findings]) -> Scale:
    """Of the random slices of all networks, which are seen one after the other."""
    heights = [part["random/objective"] for part in parts if "random" in part.parts]
    return _around(heights)


def own_scale(part: Findings) -> Scale:
    """Of the plane of the trajectory and of the ways."""
    heights = [part["trajectory/objective"]]
    return _around([*heights, *[part[f"paths/{way}/objective"] for way in ways(part)]])


def ways(part: Findings) -> list[str]:
    """Names of the ways of a network, in order; none for given weights."""
    names = [name.split("/") for name in part.arrays]
    return [name[1] for name in names if name[0] == "paths" and name[-1] == "clock"]


def way_shares(part: Findings, way: str, scale: Scale) -> tuple[Array, Array, Array]:
    """Where a way is: its nearest points on the plane, and its own objectives, as shares.

    Off the plane the objective of the weights is not that of the surface below them.
    """
    place = part[f"paths/{way}/trajectory/place"]
    s, t = part["trajectory/s"], part["trajectory/t"]
    across, up = ((place[:, k] - axis[0]) / (axis[-1] - axis[0]) for k, axis in enumerate((s, t)))
    return across, up, scale.share(part[f"paths/{way}/objective"])


def clock(part: Findings, way: str) -> Array:
    """What runs along a way, from 0 to 1."""
    found: Array = part[f"paths/{way}/clock"] / part[f"paths/{way}/clock"][-1]
    return found


def told(part: Findings, which: str) -> list[str]:
    """A few short lines on a slice."""
    found = part.part(which).manifest["relief"]
    minima = "1 local minimum" if found["minima"] == 1 else f"{found['minima']} local minima"
    return [minima, "curved downwards", f"at {found['saddled']:.0%} of points"]


def kept(part: Findings, way: str) -> float:
    """The share that the plane of the trajectory keeps of a way."""
    return float(part.part("paths").manifest["kept"]["trajectory"][way])


def strays(part: Findings, way: str) -> float:
    """The largest distance of a way from that plane, as a share of the line's length."""
    away = part[f"paths/{way}/trajectory/distance"].max()
    return float(away / part["paths/line/length"][0])


def footer(findings: Findings, part: Findings, which: str) -> str:
    """What one sees, in small print."""
    data = findings.manifest["title"].removeprefix("Surfaces · ").split(" · ")[0]
    seeds = [f"seed {seed}" for seed in findings.manifest.get("seeds", [])[:1]]
    points = len(part[f"{which}/s"])
    grid = f"{points} x {points} points on {part.manifest['samples']} training images"
    return " · ".join([data, *seeds, grid])


def ticks(scale: Scale) -> list[tuple[float, str]]:
    """Round values of an axis, with their words in Typst.

    >>> ticks(Scale(1.0, 5e6))
    [(1.0, '1'), (100.0, '100'), (10000.0, '$10^(4)$'), (1000000.0, '$10^(6)$')]
    """
    values = levels(scale.low * (1 - 1e-9), scale.high, MOST)
    power = np.log10(values)
    if np.allclose(power, np.rint(power)):
        return [(float(v), _power(int(k))) for v, k in zip(values, np.rint(power), strict=True)]
    return [(float(value), f"{value:g}") for value in values]


def _power(k: int) -> str:
    return f"{10.0**k:g}" if -3 < k < 4 else f"$10^({k})$"


def _around(heights: Sequence[Array]) -> Scale:
    whole = np.concatenate([one.ravel() for one in heights])
    return Scale(float(whole.min()), float(whole.max()))
