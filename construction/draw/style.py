"""Themes, line styles, and matplotlib's settings; the colours are those of the film.

Each curve has a dash pattern besides its colour, and a name in the legend.
"""

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

#: Opacity of a shaded region, behind the curves.
SHADE = 0.16

#: What differs from matplotlib's defaults: texts are outlines that look the same everywhere, the
#: same result gives the same bytes, every corner is kept, and little ink goes into frames.
SETTINGS: dict[RcKeyType, Any] = {
    "font.family": ["DejaVu Sans"],
    "mathtext.fontset": "dejavusans",
    "font.size": WORDS,
    "axes.titlesize": WORDS,
    "axes.titlelocation": "left",
    "axes.titlepad": 4.0,
    "axes.labelsize": WORDS,
    "axes.labelpad": 2.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "legend.fontsize": WORDS,
    "legend.frameon": False,
    "legend.handlelength": 2.8,
    "legend.columnspacing": 1.4,
    "legend.borderpad": 0.2,
    "lines.solid_joinstyle": "round",
    "lines.dash_joinstyle": "round",
    "svg.fonttype": "path",
    "svg.hashsalt": "construction",
    "pdf.fonttype": 42,
    "path.simplify": False,
    "text.usetex": False,
    "text.hinting": "no_hinting",  # words are as wide at any resolution as where they are measured
}


def stroke(
    label: str, color: str, linewidth: float = NORMAL, linestyle: Any = SOLID, **options: float
) -> dict[str, Any]:
    """How `Axes.plot` draws a curve, with its name in the legend; options as zorder and alpha."""
    known = {"label": label, "color": color, "linewidth": linewidth, "linestyle": linestyle}
    return {**known, **options}


@contextmanager
def settled(theme: Theme = "light") -> Iterator[Palette]:
    """Matplotlib with its own defaults, `SETTINGS` and the colours of a theme, which it gives.

    The user's settings come back afterwards. A figure is saved within them too, in either theme, as
    matplotlib reads some of them only then.
    """
    colors = PALETTES[theme]
    with rc_context():
        rcdefaults()
        rcParams.update(SETTINGS)
        rcParams["figure.facecolor"] = rcParams["axes.facecolor"] = colors.background
        rcParams["text.color"] = rcParams["axes.labelcolor"] = colors.ink
        rcParams["axes.edgecolor"] = colors.dim
        yield colors
