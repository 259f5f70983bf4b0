"""Pixels of heights over a plane, seen from a direction: the horizon of each column of pixels.

Under a parallel projection that keeps upright lines upright, what one column of pixels shows lies
in one upright plane. Along it the heights are sampled from near to far, and a pixel shows the first
sample that rises to it: so hidden parts are hidden exactly, without faces to sort, and a frame
costs a few passes over arrays. The ground below the heights is solid, its walls plain.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import matplotlib
import numpy as np
from manim import ManimColor
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from construction.arrays import Array
from construction.palette import Palette

#: Points of the fine grid along x and y, on which heights are looked up.
FINE = (601, 241)
#: Samples along a line of sight for each pixel of the picture's height.
SAMPLES = 0.5
#: Where light comes from, in space: left, front, above. Chosen here.
LIGHT = np.array([-0.35, -0.45, 0.82]) / np.linalg.norm([-0.35, -0.45, 0.82])
#: Steps of a line of sight that is asked whether it is free, and the rise that it forgives.
STEPS, GRACE = 128, 0.012
#: Pixels are blended with the next where that is farther away by this share of the sight.
NEIGHBOURS = 12
#: Brightness in the dark and in full light; and steps of height and of light.
DARKEST, BRIGHTEST = 0.45, 1.08
HEIGHTS, LIGHTS = 256, 64
#: Share of the way from the background to small print that walls are.
WALL = 0.28

Pixels = NDArray[np.uint8]
#: Turn and tilt, see `View`; left, lower, right and upper end of what is filled in the frame.
Angles = tuple[float, float]
Room = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """From where one looks, where in the frame the box is drawn, and how much of what is in it.

    Attributes:
        turn: angle around the vertical, in radians; at 0 x runs to the right and y away.
        tilt: angle above the ground, in radians, within (0, pi / 2).
        zoom: frame units a unit of space.
        place: frame coordinates of the middle of the box, (x, y).
        shown: the share of x up to which there is anything.
    """

    turn: float
    tilt: float
    zoom: float = 1.0
    place: tuple[float, float] = (0.0, 0.0)
    shown: float = 1.0

    def seen(self, points: Array) -> Array:
        """Right and up in the frame of points in space, (..., 3), flat."""
        x, y, z = np.moveaxis(np.asarray(points, float), -1, 0)
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        right, away = x * cos - y * sin, x * sin + y * cos
        up = z * np.cos(self.tilt) + away * np.sin(self.tilt)
        across, along = self.place
        places = [across + self.zoom * right, along + self.zoom * up, np.zeros_like(up)]
        return np.stack(places, axis=-1)

    @property
    def to_viewer(self) -> Array:
        """The direction in space to the viewer, (3,)."""
        level = np.cos(self.tilt)
        return np.array([-level * np.sin(self.turn), -level * np.cos(self.turn), np.sin(self.tilt)])


@dataclass(frozen=True)
class Relief:
    """Heights at the points of a grid over a plane, all as shares of a box.

    Attributes:
        x, y: increasing shares in [0, 1], from 0 to 1, (points of x,) and (points of y,).
        z: heights as shares, (points of x, points of y).
        box: width, depth and height in space; its middle is the origin.
    """

    x: Array
    y: Array
    z: Array
    box: tuple[float, float, float]

    def in_space(self, shares: Array) -> Array:
        """Points in space of shares of the box, (..., 3)."""
        found: Array = (np.asarray(shares, float) - 0.5) * np.array(self.box)
        return found

    def view_into(
        self, room: Room, angles: Angles, shown: float = 1.0, most: float = np.inf
    ) -> View:
        """The view from these angles in which all of it just fits; the zoom is `most` at most."""
        i, j = (np.linspace(0, len(grid) - 1, 41).astype(int) for grid in (self.x, self.y))
        plane = np.stack(np.meshgrid(self.x[i], self.y[j], indexing="ij"), axis=-1)
        shares = [np.dstack([plane, one[np.ix_(i, j)]]) for one in (self.z, np.zeros_like(self.z))]
        right, up, _ = View(*angles).seen(self.in_space(np.vstack(shares))).reshape(-1, 3).T
        left, lower, stop, upper = room
        zoom = float(min(most, (stop - left) / np.ptp(right), (upper - lower) / np.ptp(up)))
        across, along = right.min() + right.max(), up.min() + up.max()
        place = ((left + stop - zoom * across) / 2, (lower + upper - zoom * along) / 2)
        return View(*angles, zoom, place, shown)

    def height(self, x: Array, y: Array) -> Array:
        """The height over shares of the plane, as a share: bilinear on the fine grid."""
        return _looked_up(self.fine, x * (FINE[0] - 1), y * (FINE[1] - 1))[0]

    @cached_property
    def fine(self) -> Array:
        """Heights on the fine grid, bilinear between those given."""
        return self._refined(self.z).astype(np.float32)

    @cached_property
    def light(self) -> Array:
        """How much light falls on the fine grid, in [0, 1], smooth between the points given."""
        across, along = (
            np.gradient(self.z * self.box[2], where * size, axis=k)
            for k, (where, size) in enumerate(zip((self.x, self.y), self.box[:2], strict=True))
        )
        across, along = self._refined(across), self._refined(along)
        normal = LIGHT[2] - across * LIGHT[0] - along * LIGHT[1]
        share: Array = np.clip(normal / np.sqrt(1 + across**2 + along**2), 0, 1)
        return share.astype(np.float32)

    def _refined(self, values: Array) -> Array:
        fine = np.meshgrid(*(np.linspace(0, 1, count) for count in FINE), indexing="ij")
        between = RegularGridInterpolator(
            (self.x, self.y), values, bounds_error=False, fill_value=None
        )
        refined: Array = between(tuple(fine))
        return refined

    def visible(self, shares: Array, view: View) -> NDArray[np.bool_]:
        """Whether points, as shares of the box, are seen past the heights, (points,).

        The line of sight of each is followed until it leaves the box. Points on the surface itself
        are seen: a line may dip below it by `GRACE` of the height at its very beginning.
        """
        start, box = np.asarray(shares, float), np.array(self.box)
        step = view.to_viewer / box
        with np.errstate(divide="ignore"):
            above = np.where(step[2] > 0, (1.0 - start[:, 2]) / step[2], np.inf)
        reach = np.minimum(above, float(np.hypot(*self.box[:2])))
        way = np.linspace(0, 1, STEPS + 1)[1:] ** 1.5
        line = start[:, None, :] + (reach[:, None] * way)[..., None] * step
        x, y, z = np.moveaxis(line, -1, 0)
        inside = (x >= 0) & (x <= view.shown) & (y >= 0) & (y <= 1)
        blocked = inside & (self.height(x, y) > z + GRACE)
        sunk = self.height(start[:, 0], start[:, 1]) > start[:, 2] + 2 * GRACE
        seen: NDArray[np.bool_] = ~(blocked.any(axis=1) | sunk) & (start[:, 0] <= view.shown)
        return seen


class Shades:
    """Packed RGBA colours of one theme: viridis by height, darker where less light falls; `wall`.

    Viridis (van der Walt and Smith 2015, CC0) is perceptually uniform, for colour-blind eyes and in
    grey too.
    """

    def __init__(self, palette: Palette) -> None:
        ground, dim = map(ManimColor, (palette.background, palette.dim))
        self.wall = _packed(ground.interpolate(dim, WALL).to_rgb())[()]
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
    return np.concatenate([channels, opaque], axis=-1).view("<u4")[..., 0]


def paint(relief: Relief, view: View, shades: Shades, size: tuple[int, int], unit: float) -> Pixels:
    """A picture of the relief, RGBA, transparent where there is none of it, its edges blended.

    Of a size of (width, height) pixels, `unit` of them a frame unit, it is (height, width, 4);
    `view.place` counts from its middle.
    """
    packed, edges = unblended(relief, view, shades, size, unit)
    return _softened(packed.view(np.uint8).reshape(*packed.shape, 4), edges)


def unblended(
    relief: Relief, view: View, shades: Shades, size: tuple[int, int], unit: float
) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Packed colours of a picture, and where its edges are, (height, width) each; see `paint`."""
    width, height = size
    picture, edges = np.zeros((height, width), np.uint32), np.zeros((height, width), bool)
    pixel = unit * view.zoom
    right = ((np.arange(width) + 0.5 - width / 2 - unit * view.place[0]) / pixel).astype(float)
    near, far = _spans(relief, view, right)
    hit = np.flatnonzero(near < far)
    if not hit.size:
        return picture, edges
    near, far, right = near[hit], far[hit], right[hit]
    sight = _along_sight(relief, view, (right, near, far), max(2, int(SAMPLES * height)))
    base = height / 2 + unit * view.place[1]
    cos, sin = np.cos(view.tilt), np.sin(view.tilt)
    depth, steps = relief.box[2], np.linspace(0, 1, len(sight[0]), dtype=np.float32)[:, None]
    ground = (base + pixel * (sin * near - cos * depth / 2)).astype(np.float32)
    rise = (pixel * sin * (far - near)).astype(np.float32)
    up = sight[0] * np.float32(pixel * cos * depth) + ground + steps * rise
    low = int(np.clip(ground.min() - 2, 0, height))
    high = int(np.clip(up.max() + 3, low, height))  # nothing of it is beyond these rows
    where = (slice(height - high, height - low), slice(hit[0], hit[-1] + 1))
    colors, jumps = _column_colors(up - low, ground - low, sight, shades, high - low)
    picture[where], edges[where] = colors[::-1], jumps[::-1]
    return picture, edges


def _spans(relief: Relief, view: View, right: Array) -> tuple[Array, Array]:
    """Where lines of sight enter and leave the ground, as distances along it, (columns,) each."""
    cos, sin = np.cos(view.turn), np.sin(view.turn)
    half, deep = relief.box[0] / 2, relief.box[1] / 2
    stop = relief.box[0] * (view.shown - 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.sort(np.stack([(-half - right * cos) / sin, (stop - right * cos) / sin]), axis=0)
        y = np.sort(np.stack([(right * sin - deep) / cos, (right * sin + deep) / cos]), axis=0)
    return np.fmax(x[0], y[0]), np.fmin(x[1], y[1])


def _along_sight(
    relief: Relief, view: View, spans: tuple[Array, Array, Array], samples: int
) -> tuple[Array, Array]:
    """Heights as shares, and light, at samples from near to far, (samples, columns) each."""
    right, near, far = spans
    cos, sin = np.cos(view.turn), np.sin(view.turn)
    steps = np.linspace(0, 1, samples, dtype=np.float32)[:, None]
    places = []
    for count, size, ends in (
        (FINE[0], relief.box[0], (right * cos + near * sin, right * cos + far * sin)),
        (FINE[1], relief.box[1], (near * cos - right * sin, far * cos - right * sin)),
    ):
        first, last = (((end / size + 0.5) * (count - 1)).astype(np.float32) for end in ends)
        places.append(first + steps * (last - first))
    heights, before = _looked_up(relief.fine, *places)
    return heights, relief.light.ravel()[before]


def _looked_up(grid: Array, x: Array, y: Array) -> tuple[Array, NDArray[np.int32]]:
    """A grid's values at places counted in its points, bilinear; and the points before, flat."""
    rows, columns = grid.shape
    flat, x, y = grid.ravel(), np.clip(x, 0, rows - 1.001), np.clip(y, 0, columns - 1.001)
    i, j = x.astype(np.int32), y.astype(np.int32)
    x, y, before = (x - i).astype(np.float32), (y - j).astype(np.float32), i * columns + j
    low, high = (flat[k] + (flat[k + 1] - flat[k]) * y for k in (before, before + columns))
    return low + (high - low) * x, before


def _column_colors(
    up: Array, ground: Array, sight: tuple[Array, Array], shades: Shades, height: int
) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Packed colours, lowest row first, and where a pixel's neighbour is much farther away.

    Samples, whose heights and light are `sight`, are seen `up` pixels above the lower edge of a
    picture so many pixels high, (samples, columns), and the foot of the nearest wall at `ground`.
    """
    samples, count = up.shape
    horizon = np.maximum.accumulate(up, axis=0)
    below = np.clip(np.ceil(horizon - 0.5), 0, height).astype(np.int32) * count
    below += np.arange(count, dtype=np.int32)
    passed = np.bincount(below.ravel(), minlength=(height + 1) * count)[: height * count]
    first = np.cumsum(passed.reshape(height, count), axis=0, dtype=np.int32)
    rows = np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5)
    first[(first == 0) & (rows <= ground)] = 2 * samples  # below the walls is nothing
    far = samples // NEIGHBOURS
    jumps = np.zeros(first.shape, bool)
    jumps[1:] = np.abs(np.diff(first, axis=0)) > far
    jumps[:, 1:] |= np.abs(np.diff(first, axis=1)) > far
    jumps[:, [0, -1]] = True
    first = first.ravel()
    colors = np.zeros(height * count, np.uint32)
    colors[first == 0] = shades.wall
    here = np.flatnonzero((first > 0) & (first < samples))
    at = first[here] * count + here % count
    tall, before = up.ravel()[at], up.ravel()[at - count]
    share = (rows.ravel()[here // count] - before) / (tall - before)
    z, light = (
        part.ravel()[at - count] + share * (part.ravel()[at] - part.ravel()[at - count])
        for part in sight
    )
    colors[here] = shades.of(z, light)
    return colors.reshape(height, count), jumps


def _softened(picture: Pixels, edges: NDArray[np.bool_]) -> Pixels:
    """The picture, its edges blended with the pixels around them, weights 1 2 1 either way."""
    edges = edges.copy()
    edges[:-1] |= edges[1:]
    edges[:, :-1] |= edges[:, 1:]
    edges[[0, -1]] = edges[:, [0, -1]] = False
    row, column = np.nonzero(edges)
    color, alpha = np.zeros((len(row), 3), np.float32), np.zeros((len(row), 1), np.float32)
    for i, j in product((-1, 0, 1), (-1, 0, 1)):
        one = picture[row + i, column + j].astype(np.float32)
        weight = one[:, 3:] * np.float32((2 - abs(i)) * (2 - abs(j)) / 16)
        color += weight * one[:, :3]
        alpha += weight
    picture[row, column] = np.rint(np.hstack([color / np.maximum(alpha, 1), alpha]))
    return picture
