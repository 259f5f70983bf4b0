"""A sample in the frame: inputs as images, outputs as bars, of one with the targets, or small."""

import numpy as np
from manim import DOWN, RIGHT, UP, Group, ImageMobject, Line, ManimColor, Square, VGroup
from numpy.typing import NDArray
from PIL.Image import Resampling

from construction.arrays import Array
from construction.palette import Palette
from construction.record.sample import Sample
from scenes.mobjects.formula import words
from scenes.mobjects.shapes import Quads
from scenes.style import NORMAL, SMALL, THIN, Ends

#: How far the paper of a grey image is from the background towards small print.
PAPER = 0.14
#: Share of the distance of two bars that a bar is thick, and the most.
THICKNESS, THICKEST = 0.68, 0.32


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

    def _image(self, brightness: NDArray[np.uint8]) -> ImageMobject:
        """Grey values from the paper's colour to the ink's; colours as they are."""
        pixels = brightness
        if brightness.ndim == 2:
            roles = (self.palette.background, self.palette.dim, self.palette.ink)
            ground, dim, ink = map(ManimColor, roles)
            low, high = ground.interpolate(dim, PAPER).to_rgb(), ink.to_rgb()
            share = brightness[..., None] / 255
            pixels = np.rint(255 * (low + share * (high - low))).astype(np.uint8)
        image = ImageMobject(pixels, resampling_algorithm=Resampling.NEAREST)
        image.height = self.size
        image.width = min(image.width, self.size)
        return image

    def _numbered(self, k: int) -> VGroup:
        square = Square(self.size).set_stroke(self.palette.dim, THIN)
        return VGroup(square, words(f"{k + 1}", size=SMALL, color=self.palette.dim))


class Bars(VGroup):
    """Bars of outputs, those of the target in its colour where the sample has classes.

    Attributes:
        outputs: that are drawn now.
        own: which of them are the target's.
        bars: of the others, and of those.
    """

    def __init__(self, sample: Sample, which: int | slice, palette: Palette) -> None:
        super().__init__()
        self.classes = sample.classes
        targets = self.targets = np.atleast_1d(sample.targets[which]).astype(float)
        own = targets == targets.max(axis=-1, keepdims=True)
        self.own = own if sample.labels is not None else np.zeros_like(own)
        self.bars = VGroup(Quads(palette.dim), Quads(palette.truth))


class OutputBars(Bars):
    """A bar an output of one input, lying, zero at a line, with a tick at each target.

    Bars lie at `rows`, heights in the frame, (outputs,). The lowest and highest output, `values`,
    are at the left and right end of `span`.
    """

    def __init__(
        self, sample: Sample, which: int, rows: Array, span: Ends, values: Ends, palette: Palette
    ) -> None:
        super().__init__(sample, which, palette)
        self.rows, self.span, self.values = rows, span, values
        self.half = min(THICKEST, THICKNESS * float(np.abs(np.diff(rows)).min(initial=1.0))) / 2
        self.zero = self._upright(0.0, rows.min(), rows.max(), 2).set_stroke(palette.dim, THIN)
        self.add(self.bars, self.zero)
        for row, target, own in zip(rows, self.targets, self.own, strict=True):
            if target:
                tick = self._upright(target, row, row, 1.5)
                self.add(tick.set_stroke(palette.truth if own else palette.ink, NORMAL))
        self.show_outputs(np.zeros(len(rows)))

    def _upright(self, value: float, low: float, high: float, beyond: float) -> Line:
        x, reach = float(self.place(value)), beyond * self.half
        return Line([x, low - reach, 0], [x, high + reach, 0])

    def place(self, value: float | Array) -> Array:
        """Where in the frame an output's bar ends; at most at the ends."""
        return np.asarray(np.interp(value, self.values, self.span))

    def show_outputs(self, outputs: Array) -> None:
        """Draw these, (outputs,)."""
        self.outputs = outputs
        ends = np.sort([self.place(outputs), np.full(len(outputs), self.place(0.0))], axis=0)
        for bars, chosen in zip(self.bars, (~self.own, self.own), strict=True):
            bars.show_boxes(self.rows[chosen], ends[:, chosen], self.half, lying=True)

    def ruler(self, left: float, palette: Palette) -> VGroup:
        """Classes, ending at `left`, before the bars; 0 and 1 above; what they are below."""
        color = palette.dim
        marks = VGroup(words("outputs", size=SMALL, color=color).next_to(self.zero, DOWN, buff=0.2))
        for index, row in zip(self.classes, self.rows, strict=True):
            marks.add(words(f"{index}", size=SMALL, color=color).move_to([left, row, 0], RIGHT))
        for value in (0, 1):
            foot = np.array([float(self.place(value)), float(self.zero.get_top()[1]), 0])
            tick = Line(foot, foot + 0.12 * UP).set_stroke(color, THIN)
            number = words(f"{value}", size=SMALL, color=color)
            marks.add(tick, number.next_to(tick, UP, buff=0.1))
        return marks


class SmallBars(Bars):
    """Ten or so standing bars beside each of several inputs, those from `first` on.

    Their zero lines begin at `places`, (inputs, 2), and are `width` wide; an output of 1 is `unit`
    high.
    """

    def __init__(
        self,
        sample: Sample,
        places: Array,
        width: float,
        unit: float,
        palette: Palette,
        first: int = 0,
    ) -> None:
        super().__init__(sample, slice(first, first + len(places)), palette)
        step = width / self.own.shape[1]
        self.unit, self.half = unit, THICKNESS / 2 * step
        self.x = places[:, :1] + step * (np.arange(self.own.shape[1]) + 0.5)
        self.y = np.broadcast_to(places[:, 1:], self.x.shape)
        zeros = [Line([x, y, 0], [x + width, y, 0]) for x, y in places]
        self.add(self.bars, VGroup(*zeros).set_stroke(palette.dim, THIN))
        self.show_outputs(np.zeros(self.x.shape))

    def show_outputs(self, outputs: Array) -> None:
        """Draw these, (inputs, outputs)."""
        self.outputs = outputs
        ends = np.sort([self.y, self.y + self.unit * outputs], axis=0)
        for bars, chosen in zip(self.bars, (~self.own, self.own), strict=True):
            bars.show_boxes(self.x[chosen], ends[:, chosen], self.half)
