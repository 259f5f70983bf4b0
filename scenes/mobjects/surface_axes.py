"""Axes along the edges of the box around a surface, which follow how it is seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, RIGHT, UP, Line, Mobject, VGroup

from construction.arrays import Array
from scenes.mobjects.formula import maths, words
from scenes.mobjects.plot import Axis
from scenes.mobjects.surface import Surface
from scenes.style import LABEL, SMALL, THIN

#: An edge shows its axis once it faces the viewer by this much, and fully by the second.
FACING = (0.06, 0.17)
#: How far left of the upright axis its name ends: the surface may rise right there.
NAME = 0.08


class SurfaceAxes(VGroup):
    """Axes along the edges of the box that face the viewer, with ticks and names.

    Args:
        surface: around which they stand.
        names: Typst mathematics of x and y, and lines of words of the height.
    """

    def __init__(self, surface: Surface, names: tuple[str, str, str]) -> None:
        super().__init__()
        self.surface = surface
        x, y, z = surface.axes
        self.edges = [
            _Edge(surface, axis, k, (side,), name)
            for k, (axis, name) in enumerate(zip((x, y), names[:2], strict=True))
            for side in (0, 1)
        ]
        self.upright = _Edge(surface, z, 2, (0, 0), names[2])
        self.add(*self.edges, self.upright)
        self.look()

    def look(self) -> None:
        """Place them as the surface is seen now."""
        for edge in self.edges:
            edge.look()
        corners = [(a, b) for a in (0, 1) for b in (0, 1)]
        left = min(corners, key=lambda one: self.surface.at(np.array([*one, 0]))[0])
        self.upright.sides = left
        self.upright.look()


class _Edge(VGroup):
    """One edge of the box as an axis; it fades where it turns away from the viewer."""

    def __init__(
        self, surface: Surface, axis: Axis, along: int, sides: tuple[int, ...], name: str
    ) -> None:
        super().__init__()
        self.surface, self.axis, self.along, self.sides = surface, axis, along, sides
        palette = surface.palette
        self.places = [float(axis.place(value)) for value, _ in axis.ticks]
        self.labels = [
            maths(text, size=SMALL, color=palette.dim, parts={}) for _, text in axis.ticks
        ]
        self.line = Line().set_stroke(palette.dim, THIN)
        self.ticks = [Line().set_stroke(palette.dim, THIN) for _ in self.labels]
        upright = along == 2
        self.name = (
            VGroup(*[words(line, color=palette.dim) for line in name.split("\n")])
            if upright
            else maths(name, size=LABEL + 6, color=palette.dim, parts={})
        )
        if upright:
            self.name.arrange(DOWN, buff=0.1, aligned_edge=RIGHT)
        gaps = np.diff([0.0, *self.places, 1.0])
        widest = int(gaps.argmax())
        self.middle = float(np.concatenate([[0.0], self.places])[widest] + gaps[widest] / 2)
        self.add(self.line, *self.ticks, *self.labels, self.name)

    def look(self) -> None:
        """Place it as the surface is seen now."""
        ends = self._points([0.0, 1.0])
        out = self._outward()
        self.line.put_start_and_end_on(*ends)
        for foot, tick, label in zip(
            self._points(self.places), self.ticks, self.labels, strict=True
        ):
            tick.put_start_and_end_on(foot - 0.05 * out, foot + 0.09 * out)
            _beside(label, foot, out)
        if self.along == 2:
            self.name.next_to(ends[1], UP, buff=0.2)
            self.name.shift((ends[1][0] - NAME - self.name.get_right()[0]) * RIGHT)
        else:
            _beside(self.name, self._points([self.middle])[0], out)
        shown = self._share_shown()
        for part in (self.line, *self.ticks):
            part.set_stroke(opacity=shown)
        for text in (*self.labels, self.name):
            text.set_fill(opacity=shown)

    def _points(self, shares: Sequence[float]) -> Array:
        """Frame coordinates along the edge, (points, 3)."""
        points = np.empty((len(shares), 3))
        rest = [k for k in range(3) if k != self.along]
        points[:, self.along] = shares
        points[:, rest] = self.sides if self.along == 2 else (self.sides[0], 0)
        return self.surface.at(points)

    def _outward(self) -> Array:
        """The direction in the frame away from the box, of length 1."""
        if self.along == 2:
            return np.array([-1.0, 0.0, 0.0])
        side = 1 - self.along
        points = np.full((2, 3), 0.5)
        points[:, 2] = 0
        points[1, side] = self.sides[0]
        middle, edge = self.surface.at(points)
        away: Array = (edge - middle) / np.linalg.norm(edge - middle)
        return away

    def _share_shown(self) -> float:
        """1 where the edge faces the viewer, 0 where it does not."""
        if self.along == 2:
            return 1.0
        facing = self.surface.view.to_viewer[1 - self.along] * (2 * self.sides[0] - 1)
        low, high = FACING
        return float(np.clip((facing - low) / (high - low), 0, 1))


def _beside(label: Mobject, foot: Array, out: Array) -> None:
    """Put a label beside a foot, as far away as its box needs."""
    half = np.array([label.width / 2, label.height / 2])
    with np.errstate(divide="ignore"):
        reach = float(np.min(half / np.maximum(np.abs(out[:2]), 1e-9)))
    label.move_to(foot + (0.2 + reach) * out)
