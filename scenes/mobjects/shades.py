"""Colours of a surface: viridis by height, darker where less light falls, and the walls below.

Viridis (van der Walt and Smith 2015, CC0) is perceptually uniform, and stays so for colour-blind
eyes and in grey. A few of its colours stand here, because matplotlib takes a quarter of a second
to import; between them the distance to it is at most 3 of 255.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from manim import ManimColor, interpolate_color
from numpy.typing import NDArray

from construction.arrays import Array
from construction.palette import Palette

VIRIDIS = (
    "440154471063481d6f472a7a4537814144873c4f8a375a8c32648e2e6f8e2a788e26828e228b8d"
    "1f958b1f9f8822a8842cb17e3bbb754ec36b63cb5f7ad15195d840b0dd2fcae11fe5e419fde725"
)
#: Brightness in the dark and in full light; and steps of height and of light.
DARKEST, BRIGHTEST = 0.45, 1.08
HEIGHTS, LIGHTS = 256, 64
#: Share of the way from the background to small print that walls are.
WALL = 0.28


def viridis(share: Array) -> Array:
    """Red, green and blue in [0, 1] of shares of the height, (..., 3)."""
    table = np.frombuffer(bytes.fromhex(VIRIDIS), np.uint8).reshape(-1, 3) / 255
    at = np.linspace(0, 1, len(table))
    found: Array = np.stack([np.interp(share, at, channel) for channel in table.T], axis=-1)
    return found


@dataclass(frozen=True)
class Shades:
    """Packed RGBA colours of one theme."""

    palette: Palette

    def of(self, height: Array, light: Array) -> NDArray[np.uint32]:
        """Colours of heights and light, both shares, (pixels,)."""
        row = (np.clip(height, 0, 1) * (HEIGHTS - 1)).astype(np.int32)
        found: NDArray[np.uint32] = self._table[
            row * LIGHTS + (np.clip(light, 0, 1) * (LIGHTS - 1)).astype(np.int32)
        ]
        return found

    @cached_property
    def wall(self) -> np.uint32:
        """The colour of walls."""
        mixed = interpolate_color(
            ManimColor(self.palette.background), ManimColor(self.palette.dim), WALL
        )
        return np.uint32(_packed(np.array(mixed.to_rgb()))[()])

    @cached_property
    def _table(self) -> NDArray[np.uint32]:
        """Colours by height, then light, (heights * lights,)."""
        colors = viridis(np.linspace(0, 1, HEIGHTS))
        brightness = np.linspace(DARKEST, BRIGHTEST, LIGHTS)
        return _packed(np.clip(colors[:, None] * brightness[:, None], 0, 1)).ravel()


def _packed(colors: Array) -> NDArray[np.uint32]:
    """Opaque RGBA as one little-endian number a colour."""
    channels = np.rint(colors * 255).astype(np.uint8)
    opaque = np.full((*channels.shape[:-1], 1), 255, np.uint8)
    packed: NDArray[np.uint32] = np.concatenate([channels, opaque], axis=-1).view("<u4")[..., 0]
    return packed
