"""The plots, words and tables that films share."""

from collections.abc import Iterable, Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Mobject, VGroup, Write

from scenes.mobjects.formula import maths, stand, words
from scenes.mobjects.surface import Look, Surface
from scenes.mobjects.surface_axes import SurfaceAxes
from scenes.stage import Stage
from scenes.style import FORMULA, LABEL, MARGIN, SMALL, Ends

#: Frame coordinates of a plot that shares the frame with a panel, of the panel, of a wide plot.
NARROW, PANEL, WIDE = (-5.75, 0.75), (2.3, 6.2), (-5.75, 5.75)
#: Its lower end; its upper one, below a row of names; the height of these.
BOTTOM, TOP, ROW = -1.8, 1.95, 2.78
#: Small plots: how many stand in a row, its width, and distances of plots, across and up.
FEW, ACROSS, BESIDE, APART = 3, 13.2, 1.55, 1.3
#: From one line of words to the next, in lines.
LINE = 1.5
HALVES = ((0.0, "0"), (0.5, "0.5"), (1.0, "1"))
#: From the first to the last row of a table at most; least distance of its columns.
TALL, NEAREST = 4.3, 0.45


class Figures(Stage):
    """A stage with the figures that films show time and again."""

    def name_in_row(self, text: str, color: str) -> None:
        """Let a name appear in the row below the title, right of those that are there."""
        name = words(text, color=color).move_to([-MARGIN, 0, 0], LEFT)
        if self.row:
            name.next_to(self.row, RIGHT, buff=0.55)
        self.row.add(stand(name, ROW))
        self.enter(name, seconds=0.3)

    def state(
        self, formula: str, below: Mobject, captions: Sequence[str], hold: float = 3, **parts: str
    ) -> None:
        """A formula with coloured parts, and what is said of it, alone in the frame.

        One caption is told while it is written, the others when what is said `below` appears.
        """
        above = maths(formula, size=FORMULA + 22, color=self.colors.ink, **parts)
        above.scale(min(1.0, 2 * MARGIN / above.width))
        VGroup(above, below).arrange(DOWN, buff=1).move_to(0.2 * UP)
        self.caption(captions[0])
        self.enter(Write(above), seconds=2)
        for text in captions[1:]:
            self.caption(text)
        self.enter(below)
        self.rest(hold)

    def stand_up(self, surface: Surface, axes: SurfaceAxes, seconds: float) -> SurfaceAxes:
        """Let a surface grow from one side to the other, within its axes."""
        self.enter(axes)
        self.enter(Look(surface, axes, shown=1.0), seconds=seconds)
        return axes

    def tabulate(
        self, rows: Sequence[Sequence[str]], colors: Sequence[str] = (), heads: Sequence[str] = ()
    ) -> VGroup:
        """Rows of words from margin to margin, as large as fits: columns evenly apart.

        Args:
            rows: a cell a column; the first ones are flush left, the others flush right.
            colors: one a row; the ink's where there are none.
            heads: in small print. Without them the first cells are statements, in ink.
        """
        ink, count = self.colors.ink, len(rows) + bool(heads)
        for size in (LABEL + 4, LABEL, SMALL):
            small = [words(head or " ", size=SMALL, color=self.colors.dim) for head in heads]
            table = [small] if heads else []
            for row, color in zip(rows, colors or [ink] * len(rows), strict=True):
                shades = [color if heads else ink, *[color] * (len(row) - 1)]
                cells = zip(row, shades, strict=True)
                table.append([words(text, size=size, color=shade) for text, shade in cells])
            widths = [max(cell.width for cell in column) for column in zip(*table, strict=True)]
            gap = (2 * MARGIN - sum(widths)) / (len(widths) - 1)
            if gap > NEAREST:
                break
        ends = np.cumsum(widths) + gap * np.arange(len(widths)) - MARGIN
        step = min(1.1, TALL / (count - 1))
        for k, one in enumerate(table):
            for n, cell in enumerate(one):
                cell.move_to([ends[n] if n else -MARGIN, 0, 0], RIGHT if n else LEFT)
                stand(cell, step * ((count - 1) / 2 - k) + 0.1)
        return VGroup(*[VGroup(*one) for one in table])


def cells(count: int) -> list[tuple[Ends, Ends]]:
    """Left and right, lower and upper ends of so many small plots, below a row of names."""
    step, wide = (TOP - BOTTOM + APART) / -(-count // FEW), ACROSS / min(FEW, count)
    places = []
    for row, column in (divmod(k, FEW) for k in range(count)):
        left, top = WIDE[0] + wide * column, TOP - step * row
        places.append(((left, left + wide - BESIDE), (top - step + APART, top)))
    return places


def stack(lines: Iterable[str], color: str, *, size: float = LABEL) -> VGroup:
    """Lines of words below each other, at one distance."""
    rows = VGroup(*[words(line, size=size, color=color) for line in lines])
    for k, row in enumerate(rows):
        stand(row.move_to([0, 0, 0], LEFT), -k * LINE * size / 96)
    return rows
