"""The inputs of a sample as images, one of them framed."""

from __future__ import annotations

import numpy as np
from manim import (
    RESAMPLING_ALGORITHMS,
    Group,
    ImageMobject,
    ManimColor,
    Square,
    VGroup,
    interpolate_color,
)
from numpy.typing import NDArray

from construction.arrays import Array
from construction.palette import Palette
from construction.record.sample import Sample
from scenes.mobjects.formula import words
from scenes.style import NORMAL, SMALL, THIN

#: How far the paper of a grey image is from the background towards small print.
PAPER = 0.14


class Digits(Group):
    """Inputs from `first` on, their middles at places, (inputs, 2), their sides of one size.

    Where they are no images, they are numbered.
    """

    def __init__(
        self, sample: Sample, places: Array, size: float, palette: Palette, first: int = 0
    ) -> None:
        super().__init__()
        self.places, self.size, self.palette = places, size, palette
        for k, place in enumerate(places, start=first):
            shown = self._numbered(k) if sample.images is None else self._image(sample.images[k])
            self.add(shown.move_to([*place, 0]))

    def framed(self, k: int) -> Square:
        """A frame around one of them."""
        frame = Square(self.size + 0.16).set_stroke(self.palette.ink, NORMAL)
        return frame.move_to([*self.places[k], 0])

    def _image(self, brightness: NDArray[np.uint8]) -> ImageMobject:
        """Grey values from the paper's colour to the ink's; colours as they are."""
        pixels = brightness
        if brightness.ndim == 2:
            ground, dim, ink = (
                ManimColor(one)
                for one in (self.palette.background, self.palette.dim, self.palette.ink)
            )
            low, high = (one.to_rgb() for one in (interpolate_color(ground, dim, PAPER), ink))
            share = brightness[..., None] / 255
            pixels = np.rint(255 * (low + share * (high - low))).astype(np.uint8)
        image = ImageMobject(pixels, resampling_algorithm=RESAMPLING_ALGORITHMS["nearest"])
        image.height = self.size
        image.width = min(image.width, self.size)
        return image

    def _numbered(self, k: int) -> VGroup:
        square = Square(self.size).set_stroke(self.palette.dim, THIN)
        return VGroup(square, words(f"{k + 1}", size=SMALL, color=self.palette.dim))
