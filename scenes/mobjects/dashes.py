"""A dashed line that is one mobject, however many dashes it has.

Manim's own is a group of lines, each moved, filled and stroked by itself in every frame.
"""

from manim import DashedLine, VMobject

from construction.arrays import Array
from scenes.style import THIN

#: Of a dash, in the frame.
LENGTH = 0.09


class Dashes(VMobject):
    """A thin dashed line from one point of the frame to another.

    Args:
        start, stop: its ends, (3,) each.
        color: of the stroke.
    """

    def __init__(self, start: Array, stop: Array, color: str) -> None:
        super().__init__()
        for dash in DashedLine(start, stop, dash_length=LENGTH):
            self.append_points(dash.points)
        self.set_stroke(color, THIN).set_fill(opacity=0)
