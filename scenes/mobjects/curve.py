"""A curve through data, drawn with corners, revealed along the parameter that runs."""

from __future__ import annotations

import numpy as np
from manim import VMobject

from construction.arrays import Array
from scenes.style import NORMAL


class DataCurve(VMobject):
    """A polyline through stored points; nothing is smoothed.

    Args:
        clock: increasing values of what runs, (points,).
        corners: frame coordinates, (points, 3).
        color: of the stroke.
        width: of the stroke.
    """

    def __init__(self, clock: Array, corners: Array, color: str, width: float = NORMAL) -> None:
        super().__init__()
        self.clock, self.corners = clock, corners
        self.set_stroke(color, width).set_fill(opacity=0)
        self.reveal(clock[-1])

    def tip(self, now: float) -> Array:
        """The point of the polyline at a value of the clock, (3,)."""
        return np.array([np.interp(now, self.clock, axis) for axis in self.corners.T])

    def dense(self) -> Array:
        """Points all along the polyline, 0.03 or less apart, (points, 3)."""
        steps = np.linalg.norm(np.diff(self.corners, axis=0), axis=1)
        way = np.concatenate([[0], np.cumsum(steps)])
        at = np.linspace(0, way[-1], max(2, int(way[-1] / 0.03) + 2))
        return np.stack([np.interp(at, way, axis) for axis in self.corners.T], axis=-1)

    def reveal(self, now: float) -> DataCurve:
        """Show the part up to a value of the clock."""
        passed = int(np.searchsorted(self.clock, now, side="right"))
        corners = self.corners[:passed]
        if passed < len(self.clock):
            corners = np.vstack([corners, self.tip(now)])
        if len(corners) < 2:
            self.clear_points()
        else:
            self.set_points_as_corners(corners)
        return self
