"""Colours of a surface: viridis by height, darker where less light falls, and the walls below.

Viridis (van der Walt and Smith 2015, CC0) is perceptually uniform, and stays so for colour-blind
eyes and in grey.
"""

from __future__ import annotations

import matplotlib
import numpy as np
from manim import ManimColor, interpolate_color
from numpy.typing import NDArray

from construction.arrays import Array
from construction.palette import Palette

#: Brightness in the dark and in full light; and steps of height and of light.
DARKEST, BRIGHTEST = 0.45, 1.08
HEIGHTS, LIGHTS = 256, 64
#: Share of the way from the background to small print that walls are.
WALL = 0.28


class Shades:
    """Packed RGBA colours of one theme.

    Attributes:
        wall: the colour of walls.
    """

    def __init__(self, palette: Palette) -> None:
        wall = interpolate_color(ManimColor(palette.background), ManimColor(palette.dim), WALL)
        self.wall = _packed(wall.to_rgb())[()]
        colors = matplotlib.colormaps["viridis"](np.linspace(0, 1, HEIGHTS))[:, :3]
        brightness = np.linspace(DARKEST, BRIGHTEST, LIGHTS)
        self._table = _packed(np.clip(colors[:, None] * brightness[:, None], 0, 1)).ravel()

    def of(self, height: Array, light: Array) -> NDArray[np.uint32]:
        """Colours of heights and light, both shares, (pixels,)."""
        row = (np.clip(height, 0, 1) * (HEIGHTS - 1)).astype(np.int32)
        column = (np.clip(light, 0, 1) * (LIGHTS - 1)).astype(np.int32)
        found: NDArray[np.uint32] = self._table[row * LIGHTS + column]
        return found


def _packed(colors: Array) -> NDArray[np.uint32]:
    """Opaque RGBA as one little-endian number a colour."""
    channels = np.rint(np.asarray(colors) * 255).astype(np.uint8)
    opaque = np.full((*channels.shape[:-1], 1), 255, np.uint8)
    packed: NDArray[np.uint32] = np.concatenate([channels, opaque], axis=-1).view("<u4")[..., 0]
    return packed
