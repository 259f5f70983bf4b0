"""Colours by role, and sizes. Nothing here changes manim's state.

The colours are Okabe and Ito's, which colour-blind eyes tell apart; the light theme darkens them
until text has a contrast of 4.5 to 1. `CONSTRUCTION_THEME=light` chooses that theme.
"""

import os

from construction.palette import DARK, LIGHT, Palette

#: Lower and upper, or left and right end of a stretch of the frame.
Ends = tuple[float, float]

#: Typst sizes in manim's units: an em of 48 is half a unit. The small one, of ticks, column heads
#: and footers, is a 24th of the frame's height, the least that a hall's last row can read.
TITLE, FORMULA, LABEL, SMALL = 46, 50, 36, 32
#: Widths of strokes in manim's units.
THICK, NORMAL, THIN = 6, 4, 2.5
#: Radius of a dot that marks one lambda.
DOT = 0.11
#: How far from the middle words begin on the left, and end on the right.
MARGIN = 6.6
#: Everything but subtitles stays above this height: the bottom eighth of the frame.
FLOOR = -3.0


def palette() -> Palette:
    """The theme named by the environment variable CONSTRUCTION_THEME, dark unless "light"."""
    return LIGHT if os.environ.get("CONSTRUCTION_THEME") == "light" else DARK
