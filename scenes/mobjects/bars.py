"""Outputs as bars: of one input, with the targets marked, and of several inputs, small."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, UP, Line, VGroup

from construction.arrays import Array
from construction.palette import Palette
from construction.record.sample import Sample
from scenes.mobjects.formula import words
from scenes.mobjects.quads import Quads
from scenes.style import NORMAL, SMALL, THIN

#: Share of the distance of two bars that a bar is thick, and the most.
THICKNESS, THICKEST = 0.68, 0.32


class OutputBars(VGroup):
    """A bar an output of one input, lying, zero at a line; the target's own is in its colour.

    Args:
        sample: whose outputs are shown.
        which: of its inputs.
        rows: heights in the frame, one an output, (outputs,).
        span: left and right end in the frame.
        values: lowest and highest output at these ends.
        palette: of the theme.

    Attributes:
        zero, marks: what stands still: the line at zero, and a tick at each target.
        outputs: that are drawn now, (outputs,).
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
        super().__init__()
        self.rows, self.span, self.values = rows, span, values
        self.half = min(THICKEST, THICKNESS * float(np.abs(np.diff(rows)).min(initial=1.0))) / 2
        targets = sample.targets[which].astype(float)
        self.own = targets == targets.max() if sample.labels is not None else targets != targets
        others, own = Quads(palette.dim), Quads(palette.truth)
        self.bars = VGroup(others, own)
        edge = np.array([rows.min() - 2 * self.half, rows.max() + 2 * self.half])
        zero = self.place(0.0)
        self.zero = Line([zero, edge[0], 0], [zero, edge[1], 0]).set_stroke(palette.dim, THIN)
        self.marks = VGroup()
        for row, target, true in zip(rows, targets, self.own, strict=True):
            if target:
                x, reach = float(self.place(target)), 1.5 * self.half
                tick = Line([x, row - reach, 0], [x, row + reach, 0])
                self.marks.add(tick.set_stroke(palette.truth if true else palette.ink, NORMAL))
        self.add(self.bars, self.zero, self.marks)
        self.show_outputs(np.zeros(len(rows)))

    def place(self, value: float | Array) -> Array:
        """Where in the frame an output's bar ends; at most at the ends."""
        low, high = self.values
        share = (np.clip(value, low, high) - low) / (high - low)
        found: Array = np.asarray(self.span[0] + share * (self.span[1] - self.span[0]))
        return found

    def show_outputs(self, outputs: Array) -> OutputBars:
        """Draw these, (outputs,)."""
        self.outputs = outputs
        zero, ends = self.place(0.0), self.place(outputs)
        for bars, chosen in zip(self.bars, (~self.own, self.own), strict=True):
            bars.show_boxes(
                np.minimum(zero, ends[chosen]),
                self.rows[chosen] - self.half,
                np.maximum(zero, ends[chosen]),
                self.rows[chosen] + self.half,
            )
        return self


class SmallBars(VGroup):
    """Ten or so standing bars beside each of several inputs, the true class in its colour.

    Args:
        sample: whose outputs are shown.
        places: left end of each zero line in the frame, (inputs, 2).
        width: of a zero line.
        unit: height of an output of 1.
        palette: of the theme.
        first: the input at the first place; the others follow it.

    Attributes:
        outputs: that are drawn now, (inputs, outputs).
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
        super().__init__()
        count = sample.targets.shape[1]
        step = width / count
        self.unit, self.half = unit, THICKNESS / 2 * step
        self.x = places[:, :1] + step * (np.arange(count) + 0.5)
        self.y = np.broadcast_to(places[:, 1:], self.x.shape)
        targets = sample.targets[first : first + len(places)]
        known = sample.labels is not None
        self.own = targets == targets.max(axis=1, keepdims=True) if known else targets != targets
        self.bars = VGroup(Quads(palette.dim), Quads(palette.truth))
        self.zeros = VGroup(
            *[Line([x, y, 0], [x + width, y, 0]).set_stroke(palette.dim, THIN) for x, y in places]
        )
        self.add(self.bars, self.zeros)
        self.show_outputs(np.zeros(self.x.shape))

    def show_outputs(self, outputs: Array) -> SmallBars:
        """Draw these, (inputs, outputs)."""
        self.outputs = outputs
        tips = self.y + self.unit * outputs
        low, high = np.minimum(self.y, tips), np.maximum(self.y, tips)
        for bars, chosen in zip(self.bars, (~self.own, self.own), strict=True):
            x = self.x[chosen]
            bars.show_boxes(x - self.half, low[chosen], x + self.half, high[chosen])
        return self


def bar_names(sample: Sample, rows: Array, x: float, palette: Palette) -> VGroup:
    """The classes' indices before the bars, the right ends of the words at x."""
    names = VGroup()
    for index, row in zip(sample.classes, rows, strict=True):
        names.add(
            words(f"{index}", size=SMALL, color=palette.dim).move_to(
                [x, row, 0], aligned_edge=-LEFT
            )
        )
    return names


def ruler(bars: OutputBars, values: tuple[float, ...], palette: Palette) -> VGroup:
    """Ticks and numbers above output bars, and below them what they are."""
    name = words("outputs", size=SMALL, color=palette.dim)
    marks = VGroup(name.next_to(bars.zero, DOWN, buff=0.2))
    top = float(bars.zero.get_top()[1])
    for value in values:
        foot = np.array([float(bars.place(value)), top, 0])
        tick = Line(foot, foot + 0.12 * UP).set_stroke(palette.dim, THIN)
        marks.add(
            tick, words(f"{value:g}", size=SMALL, color=palette.dim).next_to(tick, UP, buff=0.1)
        )
    return marks
