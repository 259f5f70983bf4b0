"""Words, formulas and numbers that live, in Typst.

Sympy expressions become Typst with one colour a symbol.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp
from manim import UP, MathTypst, Typst, VMobject
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

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
    feet = [glyph.get_bottom()[1] for glyph in word.family_members_with_points()]
    return word.shift((height - float(np.median(feet))) * UP)


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


class TypstPrinter(StrPrinter):
    """Prints a sympy expression in Typst's notation for mathematics.

    >>> from construction import symbolic
    >>> TypstPrinter().doprint(symbolic.quadratic())
    'a c^2 - 2 b c + d'
    >>> TypstPrinter({"c": "{{c:c}}"}).doprint(symbolic.c / 2)
    'frac({{c:c}}, 2)'
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._names = dict(names or {})

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return self._names.get(str(expr.name), str(expr.name))

    def _print_Mul(self, expr: sp.Mul) -> str:
        numerator, denominator = sp.fraction(expr)
        if denominator != 1:
            return f"frac({self._print(numerator)}, {self._print(denominator)})"
        coefficient, factors = expr.as_coeff_mul()
        sign = "-" if coefficient < 0 else ""
        shown = [] if abs(coefficient) == 1 else [self._print(abs(coefficient))]
        shown += [self.parenthesize(factor, PRECEDENCE["Mul"]) for factor in factors]
        return sign + " ".join(shown)

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        base, exponent = expr.as_base_exp()
        if exponent == sp.Rational(1, 2):
            return f"sqrt({self._print(base)})"
        if exponent.is_negative:
            return f"frac(1, {self._print(base**-exponent)})"
        return f"{self.parenthesize(base, PRECEDENCE['Pow'])}^{self._print(exponent)}"

    def _print_Rational(self, expr: sp.Rational) -> str:
        return f"{expr.p}" if expr.q == 1 else f"frac({expr.p}, {expr.q})"
