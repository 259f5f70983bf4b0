"""Axes along the edges of the box around a surface, which follow how it is seen."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Line, Mobject, VGroup

from construction.arrays import Array
from scenes.mobjects.formula import maths, words
from scenes.mobjects.surface import Surface
from scenes.style import DOT, LABEL, MARGIN, SMALL, THIN

#: An edge shows its axis once it faces the viewer by this much, and fully by the second.
FACING = (0.06, 0.17)
#: How far words stay from what an axis bounds, where dots may be; the name above the upright one
#: ends as far left of it, if the margin allows.
CLEAR = DOT + 0.03
#: How near, across and up, a name may come to a label.
NEAREST = np.array([0.25, 0.04])
#: Each edge's axis and its middle in shares of the box: two on the ground, and one upright.
EDGES = ((0, (0.5, 0, 0)), (0, (0.5, 1, 0)), (1, (0, 0.5, 0)), (1, (1, 0.5, 0)), (2, (0, 0, 0.5)))


class SurfaceAxes(VGroup):
    """Axes along the edges of the box that face the viewer, with ticks and names.

    The names of x and y are Typst mathematics, that of the height lines of words.
    """

    def __init__(self, surface: Surface, names: tuple[str, str, str]) -> None:
        super().__init__()
        self.surface = surface
        self.edges = [_Edge(surface, k, middle, names[k]) for k, middle in EDGES]
        self.add(*self.edges)
        self.look()

    def look(self) -> None:
        """Place them as the surface is seen now."""
        corners = [np.array([*one, 0.5]) for one in product((0, 1), (0, 1))]
        self.edges[-1].middle = min(corners, key=lambda one: self.surface.at(one)[0])
        for edge in self.edges:
            edge.look()


class _Edge(VGroup):
    """One edge of the box as an axis; one on the ground fades where it turns from the viewer.

    Its middle is in shares of the box.
    """

    def __init__(self, surface: Surface, along: int, middle: Sequence[float], name: str) -> None:
        super().__init__()
        self.surface, self.along, self.middle = surface, along, np.array(middle, float)
        axis, color = surface.axes[along], surface.palette.dim
        self.places = [float(axis.place(value)) for value, _ in axis.ticks]
        self.labels = [maths(text, size=SMALL, color=color) for _, text in axis.ticks]
        self.lines = [Line().set_stroke(color, THIN) for _ in [*self.places, "axis"]]
        if along == 2:
            lines = [words(line, color=color) for line in name.split("\n")]
            self.name = VGroup(*lines).arrange(DOWN, buff=0.1, aligned_edge=RIGHT)
        else:
            self.name = maths(name, size=LABEL + 6, color=color)
        apart = np.array([0.0, *self.places, 1.0])
        widest = int(np.diff(apart).argmax())
        self.free = float(apart[widest : widest + 2].mean())
        self.add(*self.lines, *self.labels, self.name)

    def look(self) -> None:
        """Place it as the surface is seen now."""
        points = np.tile(self.middle, (len(self.places) + 3, 1))
        points[:, self.along] = [0, 1, self.free, *self.places]
        start, stop, free, *feet = self.surface.at(points)
        out, shown = LEFT, 1.0
        if self.along < 2:
            middle, edge = self.surface.at(np.array([[0.5, 0.5, 0], self.middle]))
            out = (edge - middle) / np.linalg.norm(edge - middle)
            side = 1 - self.along
            facing = self.surface.view.to_viewer[side] * (2 * self.middle[side] - 1)
            shown = float(np.interp(facing, FACING, (0, 1)))
        else:
            self.name.next_to(stop, UP, buff=0.2)
            self.name.set_x(max(stop[0] - CLEAR, self.name.width - MARGIN), RIGHT)
        self.lines[-1].put_start_and_end_on(start, stop)
        way = (stop - start) / np.linalg.norm(stop - start)
        away = out - out @ way * way
        away /= np.linalg.norm(away)
        for foot, tick, label in zip(feet, self.lines, self.labels, strict=False):
            tick.put_start_and_end_on(foot - 0.05 * out, foot + 0.09 * out)
            _beside(label, foot, out, away)
        if self.along < 2:
            _beside(self.name, free, out, away)
            while any(_touch(self.name, label) for label in self.labels):
                self.name.shift(0.05 * out)
        VGroup(*self.lines).set_stroke(opacity=shown)
        VGroup(*self.labels, self.name).set_fill(opacity=shown)


def _touch(one: Mobject, other: Mobject) -> bool:
    """Whether the boxes around them overlap, or nearly."""
    apart = np.abs(one.get_center() - other.get_center())[:2]
    both = np.array([one.width + other.width, one.height + other.height]) / 2
    return bool((apart < both + NEAREST).all())


def _beside(label: Mobject, foot: Array, out: Array, away: Array) -> None:
    """Put a label beside a foot, as far out, and away from the axis, as its box needs."""
    half = np.array([label.width, label.height, 0]) / 2
    beside = (0.2 + float(np.min(half[:2] / np.maximum(np.abs(out[:2]), 1e-9)))) * out
    missing = float(CLEAR + half @ np.abs(away) - beside @ away)
    label.move_to(foot + beside + max(0.0, missing) * away)
