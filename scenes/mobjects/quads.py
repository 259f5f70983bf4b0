"""Many filled quadrilaterals as one mobject: bars, and edges whose width is their weight."""

from __future__ import annotations

import numpy as np
from manim import VMobject

from construction.arrays import Array


class Quads(VMobject):
    """Quadrilaterals of one colour, as cheap as one shape.

    Args:
        color: of the fill.
        opacity: of the fill.
    """

    def __init__(self, color: str, opacity: float = 1.0) -> None:
        super().__init__()
        self.set_fill(color, opacity).set_stroke(width=0)

    def show_corners(self, corners: Array) -> Quads:
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
        return self

    def show_boxes(self, left: Array, bottom: Array, right: Array, top: Array) -> Quads:
        """Draw upright boxes, (boxes,) each."""
        x = np.stack([left, right, right, left], axis=-1)
        y = np.stack([bottom, bottom, top, top], axis=-1)
        return self.show_corners(np.stack([x, y], axis=-1))


def along(start: Array, stop: Array, width: Array) -> Array:
    """Corners of lines from point to point, each as wide as said, (lines, 4, 2)."""
    way = stop - start
    aside = np.stack([-way[:, 1], way[:, 0]], axis=-1) / np.linalg.norm(way, axis=1)[:, None]
    aside *= width[:, None] / 2
    found: Array = np.stack([start - aside, stop - aside, stop + aside, start + aside], axis=1)
    return found
