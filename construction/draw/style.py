"""Colours by role, dashes and sizes; the colours are those of the film.

Okabe and Ito's, which colour-blind eyes tell apart; darkened on white until a word in them has a
contrast of 4.5 to 1. Each curve has a dash pattern and a label besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.typing import RcKeyType

from ..palette import DARK, LIGHT, Palette

Theme = Literal["light", "dark"]


PALETTES: dict[str, Palette] = {"light": LIGHT, "dark": DARK}

#: Points (1/72 inch): words, small words, and the widths of lines.
WORDS, SMALL = 8.0, 7.0
THICK, NORMAL, THIN = 2.0, 1.5, 0.9

#: On and off, in units of the line's width.
SOLID: Any = "-"
LONG: Any = (0, (6, 1.6))
MIXED: Any = (0, (4, 1.4, 1, 1.4))
DOTS: Any = (0, (1, 1.4))
SHORT: Any = (0, (3.2, 2))

#: What differs from matplotlib's defaults: texts are outlines that look the same everywhere, the
#: same record gives the same bytes, and every corner is kept.
SETTINGS: dict[RcKeyType, Any] = {
    "font.family": ["DejaVu Sans"],
    "mathtext.fontset": "dejavusans",
    "font.size": WORDS,
    "axes.unicode_minus": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "construction",
    "pdf.fonttype": 42,
    "path.simplify": False,
    "text.usetex": False,
    "text.hinting": "no_hinting",  # words are as wide at any resolution as where they are measured
}


@contextmanager
def settled() -> Iterator[None]:
    """Matplotlib with its own defaults and `SETTINGS`; the user's come back afterwards."""
    with rc_context():
        rcdefaults()
        rcParams.update(SETTINGS)
        yield


def stroke(profile: str, first: bool, colors: Palette) -> dict[str, Any]:
    """Colour, width and dashes of a constructed path.

    Args:
        profile: its name.
        first: whether it is the first of the theorem's on the figure.
        colors: of the theme.
    """
    if profile == "valley":
        return {"color": colors.valley, "linewidth": THICK, "linestyle": SOLID}
    dashes = LONG if first else MIXED
    return {"color": colors.constructed, "linewidth": THICK, "linestyle": dashes}
