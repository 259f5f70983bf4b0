"""The picture of a surface is what a ray from each pixel meets first, found one ray at a time."""

import numpy as np
import pytest

from construction.palette import DARK, LIGHT
from scenes.mobjects.relief import Relief, Shades, View, paint, unblended

BOX = (5.0, 3.6, 2.6)
SIZE, UNIT = (160, 90), 90 / 8


class Coded:
    """In place of colours: heights, as numbers that can be read off the pixels."""

    wall = np.uint32(1)

    @staticmethod
    def of(height, light):
        return (height * 1e6).astype(np.uint32) + np.uint32(2)


def hills(x, y):
    return 0.35 + 0.2 * np.sin(5 * x) * np.cos(4 * y) + 0.3 * x * (1 - y)


def relief_of(height, points=81):
    x = y = np.linspace(0, 1, points)
    return Relief(x, y, height(x[:, None], y[None]), BOX)


def first_met(height, view, right, up, shown=1.0):
    """What a ray meets: a height, "wall" or None; by small steps along it, from the viewer on."""
    cos, sin, cp, sp = *turned(view.turn), *turned(view.tilt)
    across = np.array([cos, -sin, 0]) * right
    into = np.array([sin * cp, cos * cp, -sp])
    lift = np.array([sin * sp, cos * sp, cp])
    x, y, z = ((across + up * lift + np.linspace(-6, 6, 12001)[:, None] * into) / BOX + 0.5).T
    within = (x >= 0) & (x <= shown) & (y >= 0) & (y <= 1) & (z >= 0)
    under = within & (z <= height(x, y))
    if not under.any():
        return None
    first = int(under.argmax())
    return height(x[first], y[first]) if within[first - 1] else "wall"


def turned(angle):
    return np.cos(angle), np.sin(angle)


@pytest.mark.parametrize("turn", [0.0, 0.5, 2.2, -1.9, np.pi])
@pytest.mark.parametrize("shown", [1.0, 0.6])
def test_every_pixel_shows_what_a_ray_meets_first(turn, shown):
    view = View(turn, 0.7, 1.2, (0.3, -0.2), shown)
    picture, _ = unblended(relief_of(hills), view, Coded, SIZE, UNIT)
    assert (picture > 1).sum() > 500
    rng = np.random.default_rng(0)
    for row, column in zip(rng.integers(0, 90, 60), rng.integers(20, 140, 60), strict=True):
        right = ((column + 0.5 - 80) / UNIT - view.place[0]) / view.zoom
        up = ((45 - row - 0.5) / UNIT - view.place[1]) / view.zoom
        met = first_met(hills, view, right, up, shown)
        around = picture[max(row - 1, 0) : row + 2, column - 1 : column + 2].ravel()
        seen = (around.astype(float) - 2) / 1e6
        if met == "wall":
            assert (around == 1).any()
        elif met is None:
            assert (around == 0).any()
        else:
            assert np.abs(seen - met).min() < 0.02


def test_what_lies_behind_a_ridge_is_hidden_and_the_rest_is_seen():
    ridge = relief_of(lambda x, y: 0 * x + np.where(np.abs(y - 0.5) < 0.05, 0.9, 0.1))
    y = np.linspace(0, 1, 101)
    points = np.stack([np.full(101, 0.5), y, ridge.height(np.full(101, 0.5), y)], axis=1)
    shadow = 0.8 * BOX[2] / np.tan(0.6) / BOX[1]  # as long as the ridge is high, by the tilt
    seen = ridge.visible(points, View(0.0, 0.6))
    assert seen[y < 0.5].all()
    assert not seen[(y > 0.57) & (y < min(0.53 + shadow, 1) - 0.03)].any()
    assert seen[y > 0.57 + shadow].all()
    behind = ridge.visible(points, View(np.pi, 0.6))
    flank = np.abs(y - 0.5) < 0.06
    assert np.array_equal(behind[::-1][~flank], seen[~flank])


@pytest.mark.parametrize("turn", [0.4, 2.5, -2.0])
def test_points_on_a_surface_are_seen_where_nothing_rises_before_them(turn):
    (sin, cos), (rise, flat) = ((np.sin(a), np.cos(a)) for a in (turn, 0.2))
    plane = np.random.default_rng(1).uniform(0, 1, (400, 2))
    points = np.column_stack([plane, hills(*plane.T)])
    way = np.linspace(0, 8, 4001)[:, None] * np.array([-sin * flat, -cos * flat, rise]) / BOX
    x, y, z = np.moveaxis(points[:, None] + way, -1, 0)
    within = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    deepest = np.where(within, hills(x, y) - z, -1).max(axis=1)
    seen = relief_of(hills).visible(points, View(turn, 0.2))
    assert seen[deepest < 0.005].all()
    assert not seen[deepest > 0.02].any()
    assert 10 < (deepest > 0.02).sum() < 300
    assert (deepest < 0.005).sum() > 100


def test_points_above_are_seen_and_points_below_are_not():
    relief, view = relief_of(hills), View(0.3, 0.7)
    points = np.array([[0.5, 0.5, 0.99], [0.5, 0.5, 0.05]])
    assert relief.visible(points, view).tolist() == [True, False]


def test_heights_are_those_given_at_the_points_of_the_grid():
    relief = relief_of(hills, points=13)
    x, y = np.meshgrid(relief.x, relief.y, indexing="ij")
    assert np.allclose(relief.height(x, y), relief.z, atol=1e-6)


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_around_the_surface_is_nothing_and_at_its_edge_alone_it_is_blended(palette):
    picture = paint(relief_of(hills), View(0.4, 0.6), Shades(palette), SIZE, UNIT)
    blended = (picture[..., 3] > 0) & (picture[..., 3] < 255)
    assert 0.005 < blended.mean() < 0.03
    assert 0.1 < (picture[..., 3] == 255).mean() < 0.5
    assert not picture[[0, -1]].any()
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 100
