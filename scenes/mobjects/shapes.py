"""Shapes of many points that are one mobject each: curves through data, dashes, quadrilaterals.

Manim's dashed line is a group of lines, each moved, filled and stroked by itself in every frame.
"""

import numpy as np
from manim import DashedLine, LineJointType, VMobject

from construction.arrays import Array
from scenes.style import NORMAL, THIN

#: Of a dash, in the frame.
LENGTH = 0.09


class DataCurve(VMobject):
    """A polyline through stored points, revealed as a parameter runs; nothing is smoothed.

    Args:
        clock: increasing values of what runs, (points,).
        corners: frame coordinates, (points, 3).
        color, width: of the stroke.
    """

    def __init__(self, clock: Array, corners: Array, color: str, width: float = NORMAL) -> None:
        super().__init__(joint_type=LineJointType.ROUND)
        self.clock, self.corners, self.seen = clock, corners, np.ones(len(clock), bool)
        self.set_stroke(color, width).set_fill(opacity=0)
        self.reveal(clock[-1])

    def tip(self, now: float) -> Array:
        """The point of the polyline at a value of the clock, (3,)."""
        return np.array([np.interp(now, self.clock, axis) for axis in self.corners.T])

    def reveal(self, now: float) -> Array:
        """Show the part up to a value of the clock, as far as its corners are seen; its tip."""
        tip, passed = self.tip(now), int(np.searchsorted(self.clock, now, side="right"))
        self.now = now
        corners, seen = self.corners[:passed], self.seen[:passed]
        self.tip_seen = bool(seen[-1:].all())  # whether nothing hides it
        if 0 < passed < len(self.clock):
            corners = np.vstack([corners, tip])
            seen = np.append(seen, seen[-1])
        self.clear_points()
        edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(int)))
        for start, stop in edges.reshape(-1, 2):
            if stop - start > 1:
                self.start_new_path(corners[start])
                self.add_points_as_corners(corners[start + 1 : stop])
        return tip


class Dashes(VMobject):
    """A thin dashed line from one point of the frame to another."""

    def __init__(self, start: Array, stop: Array, color: str) -> None:
        super().__init__()
        for dash in DashedLine(start, stop, dash_length=LENGTH):
            self.append_points(dash.points)
        self.set_stroke(color, THIN).set_fill(opacity=0)


class Quads(VMobject):
    """Filled quadrilaterals of one colour: bars, and edges whose width is their weight."""

    def __init__(self, color: str, opacity: float = 1.0) -> None:
        super().__init__()
        self.set_fill(color, opacity).set_stroke(width=0)

    def show_corners(self, corners: Array) -> None:
        """Draw these, (quadrilaterals, 4, 2), and no others; those without area are left out."""
        around = np.roll(corners, -1, axis=1)
        cross = corners[..., 0] * around[..., 1] - corners[..., 1] * around[..., 0]
        kept = np.abs(cross.sum(axis=1)) > 1e-9
        start, stop = (
            np.pad(points[kept], ((0, 0), (0, 0), (0, 1))) for points in (corners, around)
        )
        shares = np.linspace(0, 1, 4)[:, None]
        # straight cubic curves from corner to corner
        pieces = start[:, :, None] * (1 - shares) + stop[:, :, None] * shares
        self.points = pieces.reshape(-1, 3)

    def show_boxes(self, middle: Array, ends: Array, half: float, *, lying: bool = False) -> None:
        """Draw standing boxes, or lying ones, between ends, (2, boxes).

        Across their length their middles are (boxes,), and half their width is one for all.
        """
        low, high = middle - half, middle + half
        across = np.stack([low, high, high, low], axis=-1)
        along = np.stack([ends[0], ends[0], ends[1], ends[1]], axis=-1)
        self.show_corners(np.stack([along, across] if lying else [across, along], axis=-1))

    def show_edges(self, before: Array, after: Array, width: Array) -> None:
        """Draw edges of a width, (after, before), between all of two columns, (points, 2) each."""
        start = np.broadcast_to(before, (len(after), *before.shape)).reshape(-1, 2)
        stop = np.repeat(after, len(before), axis=0)
        way = stop - start
        aside = np.stack([-way[:, 1], way[:, 0]], axis=-1) / np.linalg.norm(way, axis=1)[:, None]
        aside *= width.reshape(-1, 1) / 2
        corners = np.stack([start - aside, stop - aside, stop + aside, start + aside], axis=1)
        self.show_corners(corners)
