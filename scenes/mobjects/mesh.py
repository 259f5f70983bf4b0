"""A surface over a plane as a mesh of quadrilaterals, corners at the points of the grid alone."""

import numpy as np
from manim import ManimColor, VGroup, VMobject, interpolate_color

from construction.arrays import Array
from construction.palette import Palette
from scenes.style import THIN

#: Half the side of the ground, and the height, in units of the frame.
HALF, HEIGHT = 2.15, 2.5
#: Colours of the lowest and highest ground, from that of the background to that of small print.
LOWEST, HIGHEST = 0.2, 0.8


def tint(share: float, palette: Palette) -> ManimColor:
    """The colour of ground at a share of the height, the nearer to that of text the higher."""
    background, dim = ManimColor(palette.background), ManimColor(palette.dim)
    return interpolate_color(background, dim, LOWEST + (HIGHEST - LOWEST) * share)


class Mesh(VGroup):
    """A face for each four neighbouring points of a grid.

    Args:
        share: heights as shares of the axis, in [0, 1], (points of t, points of s).
        palette: of the theme.

    Attributes:
        corners: of the grid in space, (points of t, points of s, 3).
    """

    def __init__(self, share: Array, palette: Palette) -> None:
        super().__init__()
        rows, columns = share.shape
        s, t = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
        self.corners = in_space(s, t, share)
        for i in range(rows - 1):
            for j in range(columns - 1):
                around = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j), (i, j)]
                face = VMobject().set_points_as_corners([self.corners[k] for k in around])
                middle = float(np.mean([share[k] for k in around[:4]]))
                face.set_fill(tint(middle, palette), 1).set_stroke(palette.background, THIN / 4)
                face.set_shade_in_3d(True)
                self.add(face)


def in_space(s: Array, t: Array, height: Array) -> Array:
    """Points above the ground; all three coordinates as shares of their axes, (..., 3)."""
    found: Array = np.stack(
        [HALF * (2 * s - 1), HALF * (2 * t - 1), HEIGHT * np.asarray(height, float)], axis=-1
    )
    return found
