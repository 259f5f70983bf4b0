"""Numbers that live, put together from stored outlines of digits, as cheap as moving a shape."""

from __future__ import annotations

import numpy as np
from manim import VMobject

from scenes.mobjects.formula import maths

DIGITS = "0123456789."


class LiveNumber(VMobject):
    """A number of so many decimals; its baseline begins at a place in the frame, (3,)."""

    def __init__(self, place: np.ndarray, decimals: int, size: float, color: str) -> None:
        super().__init__()
        row = maths(DIGITS.replace(".", '"."'), size=size, color=color)
        self._step = float(np.diff([glyph.get_left()[0] for glyph in row[:10]]).mean())
        base = row[0].get_bottom()[1]
        self._outline = {
            digit: glyph.points - np.array([glyph.get_left()[0], base, 0])
            for digit, glyph in zip(DIGITS, row, strict=True)
        }
        self.font_size = size
        self.place, self._decimals = np.array(place, float), decimals
        self.text = ""
        self.set_fill(color, 1).set_stroke(width=0)

    def show_value(self, value: float) -> LiveNumber:
        """Show a number that is not negative, rounded to the decimals."""
        text = f"{value:.{self._decimals}f}"
        if text != self.text:
            self.text = text
            pieces, pen = [], self.place.copy()
            for digit in text:
                pieces.append(self._outline[digit] + pen)
                pen[0] += self._step * (0.55 if digit == "." else 1)
            self.points = np.vstack(pieces)
        return self
