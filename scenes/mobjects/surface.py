"""A surface in the frame: its picture, curves on it, and a camera that turns.

The picture is an image as large as the frame; curves, axes and words are flat mobjects above it,
placed by the same projection. Nothing follows by itself: `Look` moves the camera and all it is
given, and between looks the picture is drawn once.
"""

from typing import Any

import numpy as np
from manim import Animation, Group, ImageMobject, Mobject, config
from numpy.typing import ArrayLike
from PIL.Image import Resampling

from construction.arrays import Array
from construction.palette import Palette
from scenes.mobjects.plot import Axis
from scenes.mobjects.relief import Angles, Relief, Room, Shades, paint
from scenes.mobjects.shapes import DataCurve
from scenes.style import NORMAL

#: Width, depth and height in space.
BOX = (13.0, 4.4, 3.0)
#: Where a surface stands in the frame, labels not counted: left, lower, right, upper end.
ROOM = (-5.05, -2.0, 6.3, 2.4)
#: Width of the rim of curves, on either side, in the background's colour.
RIM = 3


class Surface(ImageMobject):
    """Heights over a plane, in the frame.

    Args:
        axes: of x, y and the height; each maps data to shares from 0 to 1.
        x, y: data values of the grid, increasing, from end to end of their axes.
        z: heights at them, (points of x, points of y).
        angles: turn and tilt from which one looks first, see `relief.View`.
        palette: of the theme.
        box: width, depth and height in space.
        room: left, lower, right and upper end of what it fills in the frame.
        shown: the share of x up to which there is anything at first.
    """

    def __init__(
        self,
        axes: tuple[Axis, Axis, Axis],
        x: Array,
        y: Array,
        z: Array,
        angles: Angles,
        palette: Palette,
        box: tuple[float, float, float] = BOX,
        room: Room = ROOM,
        shown: float = 1.0,
    ) -> None:
        self.axes, self.palette, self.room = axes, palette, room
        places = [axis.place(values) for axis, values in zip(axes, (x, y, z), strict=True)]
        self.relief, self.shades = Relief(places[0], places[1], places[2], box), Shades(palette)
        self.view = self.relief.view_into(room, angles, shown)
        super().__init__(self.picture(), resampling_algorithm=Resampling.NEAREST)
        # a picture that is less wide for its height has more room above and below
        self.stretch_to_fit_height(config.frame_width * config.pixel_height / config.pixel_width)
        self.stretch_to_fit_width(config.frame_width)

    def picture(self) -> Any:
        """The pixels of the frame, (height, width, 4)."""
        size = (config.pixel_width, config.pixel_height)
        return paint(self.relief, self.view, self.shades, size, size[0] / config.frame_width)

    def look(self, angles: Angles, shown: float, most: float = np.inf) -> None:
        """See it from these angles, up to a share of x, at most so much enlarged."""
        view = self.relief.view_into(self.room, angles, shown, most)
        if view != self.view:
            self.view = view
            self.pixel_array = self.picture()

    def shares(self, x: ArrayLike, y: ArrayLike, z: ArrayLike) -> Array:
        """Data points as shares of the box, (points, 3)."""
        placed = (axis.place(one) for axis, one in zip(self.axes, (x, y, z), strict=True))
        return np.stack(np.broadcast_arrays(*map(np.atleast_1d, placed)), axis=-1)

    def at(self, shares: Array) -> Array:
        """Frame coordinates of points given as shares of the box, (..., 3), flat."""
        return self.view.seen(self.relief.in_space(shares))


class SurfaceCurve(DataCurve):
    """A polyline in space over a surface, of which the parts that are seen are drawn.

    Its corners are shares of the box, (points, 3); its stroke has a rim on either side.
    """

    def __init__(
        self, surface: Surface, shares: Array, clock: Array, color: str, width: float = NORMAL
    ) -> None:
        self.surface, self.shares_of_box = surface, shares
        super().__init__(clock, surface.at(shares), color, width)
        self.set_background_stroke(color=surface.palette.background, width=width + 2 * RIM)
        self.look()

    def look(self) -> None:
        """Place it as the surface is seen now."""
        self.corners = self.surface.at(self.shares_of_box)
        self.seen = self.surface.relief.visible(self.shares_of_box, self.surface.view)
        self.reveal(self.now)


class Look(Animation):
    """The camera moves to other angles, and what is shown of x grows to a share.

    The surface fills its room all the way; its curves and axes on stage, the parts, follow.
    """

    def __init__(
        self,
        surface: Surface,
        *parts: Mobject,
        angles: Angles | None = None,
        shown: float | None = None,
        **options: Any,
    ) -> None:
        self.surface, self.parts, view = surface, parts, surface.view
        self.start = np.array([view.turn, view.tilt, view.shown])
        self.stop = np.array([*(angles or self.start[:2]), view.shown if shown is None else shown])
        last = surface.relief.view_into(surface.room, (self.stop[0], self.stop[1]))
        self.most = max(view.zoom, last.zoom)
        super().__init__(Group(surface, *parts), **options)

    def create_starting_mobject(self) -> Mobject:
        """None of its own."""
        return self.mobject

    def interpolate_mobject(self, alpha: float) -> None:
        """Look from the share of the way."""
        turn, tilt, shown = self.start + self.rate_func(alpha) * (self.stop - self.start)
        self.surface.look((turn, tilt), shown, self.most)
        for part in self.parts:
            part.look()
