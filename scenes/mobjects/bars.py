"""Outputs as bars: of one input, with the targets marked, and of several inputs, small."""

from __future__ import annotations

import numpy as np
from manim import DOWN, RIGHT, UP, Line, VGroup

from construction.arrays import Array
from construction.palette import Palette
from construction.record.sample import Sample
from scenes.mobjects.formula import words
from scenes.mobjects.shapes import Quads
from scenes.style import NORMAL, SMALL, THIN

#: Share of the distance of two bars that a bar is thick, and the most.
THICKNESS, THICKEST = 0.68, 0.32


class Bars(VGroup):
    """Bars of outputs, those of the target in its colour where the sample has classes.

    Attributes:
        outputs: that are drawn now.
        own: which of them are the target's.
        bars: of the others, and of those.
    """

    def __init__(self, sample: Sample, which: int | slice, palette: Palette) -> None:
        super().__init__()
        targets = self.targets = np.atleast_1d(sample.targets[which]).astype(float)
        own = targets == targets.max(axis=-1, keepdims=True)
        self.own = own if sample.labels is not None else np.zeros_like(own)
        self.bars = VGroup(Quads(palette.dim), Quads(palette.truth))


class OutputBars(Bars):
    """A bar an output of one input, lying, zero at a line, with a tick at each target.

    Args:
        sample: whose outputs are shown.
        which: of its inputs.
        rows: heights in the frame, one an output, (outputs,).
        span: left and right end in the frame.
        values: lowest and highest output at these ends.
        palette: of the theme.
    """

    def __init__(
        self,
        sample: Sample,
        which: int,
        rows: Array,
        span: tuple[float, float],
        values: tuple[float, float],
        palette: Palette,
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

    def show_outputs(self, outputs: Array) -> OutputBars:
        """Draw these, (outputs,)."""
        self.outputs = outputs
        ends = np.sort([self.place(outputs), np.full(len(outputs), self.place(0.0))], axis=0)
        for bars, chosen in zip(self.bars, (~self.own, self.own), strict=True):
            bars.show_boxes(self.rows[chosen], ends[:, chosen], self.half, lying=True)
        return self


class SmallBars(Bars):
    """Ten or so standing bars beside each of several inputs.

    Args:
        sample: whose outputs are shown.
        places: left end of each zero line in the frame, (inputs, 2).
        width: of a zero line.
        unit: height of an output of 1.
        palette: of the theme.
        first: the input at the first place; the others follow it.
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

    def show_outputs(self, outputs: Array) -> SmallBars:
        """Draw these, (inputs, outputs)."""
        self.outputs = outputs
        ends = np.sort([self.y, self.y + self.unit * outputs], axis=0)
        for bars, chosen in zip(self.bars, (~self.own, self.own), strict=True):
            bars.show_boxes(self.x[chosen], ends[:, chosen], self.half)
        return self


def bar_names(sample: Sample, rows: Array, x: float, palette: Palette) -> VGroup:
    """The classes' indices before the bars, the right ends of the words at x."""
    names = [words(f"{index}", size=SMALL, color=palette.dim) for index in sample.classes]
    return VGroup(
        *[name.move_to([x, row, 0], RIGHT) for name, row in zip(names, rows, strict=True)]
    )


def ruler(bars: OutputBars, palette: Palette) -> VGroup:
    """Ticks and numbers at 0 and 1 above output bars, and below them what they are."""
    name = words("outputs", size=SMALL, color=palette.dim)
    marks = VGroup(name.next_to(bars.zero, DOWN, buff=0.2))
    for value in (0, 1):
        foot = np.array([float(bars.place(value)), float(bars.zero.get_top()[1]), 0])
        tick = Line(foot, foot + 0.12 * UP).set_stroke(palette.dim, THIN)
        number = words(f"{value}", size=SMALL, color=palette.dim)
        marks.add(tick, number.next_to(tick, UP, buff=0.1))
    return marks
