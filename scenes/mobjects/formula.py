"""Words, formulas and numbers that live, in Typst.

Sympy expressions become Typst with one colour a symbol.
"""

import re
from typing import Any

import numpy as np
import sympy as sp
from manim import UP, MathTypst, Typst, VMobject

from scenes.style import LABEL

DIGITS = "0123456789."
FONT = '#set text(font: "New Computer Modern")\n'


class _WithoutPaths:
    """Leaves out the SVG paths that glyphs are read from: manim copies all a mobject holds."""

    def get_mob_from_shape_element(self, shape: Any) -> Any:
        """See `manim.SVGMobject`."""
        glyph = super().get_mob_from_shape_element(shape)  # type: ignore[misc]  # a mixin
        if glyph is not None:
            glyph.path_obj = None  # its points are made; the path takes longer to copy than they do
        return glyph


class Words(_WithoutPaths, Typst):
    """A line of text."""


class Formula(_WithoutPaths, MathTypst):
    """A formula."""


def words(text: str, *, size: float = LABEL, color: str) -> Typst:
    """A line of text; mathematics between dollar signs."""
    return Words(text, font_size=size, color=color, typst_preamble=FONT)


def maths(source: str, *, size: float = LABEL, color: str, **parts: str) -> MathTypst:
    """A formula in Typst's own notation, in which ``{{W(0):start}}`` names a part.

    `parts` are the colours of named parts.
    """
    formula = Formula(source, font_size=size, color=color)
    for name, part_color in parts.items():
        formula.select(name).set_color(part_color)
    return formula


def stand(word: Typst, height: float) -> Typst:
    """Move a word up or down until its letters stand on a height, wherever their tails reach."""
    feet = sorted(glyph.get_bottom()[1] for glyph in word.family_members_with_points())
    return word.shift((height - feet[len(feet) // 2]) * UP) if feet else word


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

    def show_value(self, value: float) -> None:
        """Show a number that is not negative, rounded to the decimals."""
        text = f"{value:.{self._decimals}f}"
        if text != self.text:
            self.text = text
            pieces, pen = [], self.place.copy()
            for digit in text:
                pieces.append(self._outline[digit] + pen)
                pen[0] += self._step * (0.55 if digit == "." else 1)
            self.points = np.vstack(pieces)


def typst(expression: sp.Expr, **names: str) -> str:
    """A sympy expression in Typst's notation, in which symbols may have other names.

    Typst writes roots and fractions as Python does, and a product without a sign.

    >>> from construction import symbolic
    >>> typst(symbolic.QUADRATIC, c="{{c:c}}")
    'a {{c:c}}^2 - 2 b {{c:c}} + d'
    """
    text = str(expression).replace("**", "^").replace("*", " ")
    return re.sub(r"\b[a-z]\b", lambda symbol: names.get(symbol[0], symbol[0]), text)
