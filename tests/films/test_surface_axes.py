"""Axes of a surface keep clear of what moves on it, from wherever it is seen."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from manim import Dot, Typst, tempconfig
from scipy.spatial import ConvexHull

from scenes.acts import detour, sheet, together
from scenes.mobjects.plot import Axis
from scenes.mobjects.surface import Surface, SurfaceCurve
from scenes.mobjects.surface_axes import SurfaceAxes
from scenes.stage import Stage
from scenes.style import DARK, DOT

from .watch import box_of, glyphs_of, watch

TICKS = [(0, "0"), (0.3, "-10"), (0.5, "0.5"), (0.8, "5"), (1, "1")]
CORNERS = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1]), axis=-1).reshape(8, 3).astype(float)


def surface_of(height, room=together.ROOM, points=61):
    """The surface of a function of shares, and the axes around it."""
    x = y = np.linspace(0, 1, points)
    axes = tuple(Axis(0, 1, 0, 1, TICKS if k < 2 else TICKS[2:]) for k in range(3))
    z = height(x[:, None], y[None])
    return Surface(axes, x, y, z, together.VIEW, DARK, (6.0, 3.7, 2.8), room)


@pytest.fixture(scope="module")
def axes():
    """Around a surface as high as its box, so that what moves on it may be anywhere in there."""
    with tempconfig({"pixel_width": 160, "pixel_height": 90}):
        yield SurfaceAxes(surface_of(lambda x, y: np.ones_like(x + y)), ("lambda", "c", "height"))


@settings(max_examples=50)
@given(turn=st.floats(-np.pi, np.pi), tilt=st.floats(0.15, 1.2))
@example(*together.VIEW)
@example(*detour.VIEW)
@example(*sheet.PATHS)
def test_labels_are_clear_of_a_dot_anywhere_in_the_box(axes, turn, tilt):
    surface = axes.surface
    surface.view = surface.relief.view_into(together.ROOM, (turn, tilt))
    axes.look()
    hull = ConvexHull(surface.at(CORNERS)[:, :2]).equations  # of what is inside, all are <= 0
    for edge in axes.edges:
        names = [edge.name] if edge.along < 2 else []
        for label in [*edge.labels, *names]:
            if not glyphs_of(label):
                continue  # its edge is turned away
            assert isinstance(label, Typst)
            left, lower, right, upper = box_of(*glyphs_of(label))
            corners = np.array([[x, y] for x in (left, right) for y in (lower, upper)])
            beyond = (corners @ hull[:, :2].T + hull[:, 2]).min(axis=0)
            assert beyond.max() > DOT, label.typst_code  # a line lies between, so far away


def test_a_dot_is_hidden_where_the_surface_hides_the_tip_of_its_curve():
    """Behind a wall that ends halfway, seen from the front: its ends are known."""

    def wall(x, y):
        return np.where((y < 0.5) & (y > 0.3) & (x < 0.5), 1.0, 0.0) + 0 * x

    class Behind(Stage):
        def construct(self):
            surface = surface_of(wall)
            surface.look((0.0, 0.3), 1.0)
            x = np.linspace(0, 1, 81)
            way = np.stack([x, np.full_like(x, 0.8), np.zeros_like(x)], axis=-1)
            self.curve = SurfaceCurve(surface, way, x, DARK.valley)
            self.add(surface)
            self.run(self.curve, seconds=10)

    shown = {}

    def looked(frame):
        now = frame.scene.curve.now
        if 0 < now < 1:
            shown[now] = any(isinstance(part.mobject, Dot) for part in frame.parts)
        yield from ()

    watch(Behind, [looked])
    hidden = [shown[now] for now in shown if now < 0.45]
    seen = [shown[now] for now in shown if now > 0.55]
    assert len(hidden) > 5 < len(seen)
    assert not any(hidden)
    assert all(seen)
