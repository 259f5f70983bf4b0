"""The plots, words and tables that films share."""

from collections.abc import Iterable, Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Mobject, VGroup, Write

from scenes.mobjects.formula import maths, stand, words
from scenes.stage import Stage
from scenes.style import FORMULA, LABEL, MARGIN, SMALL, TEMPO

#: Frame coordinates of a plot that shares the frame with a panel, of the panel, of a wide plot.
NARROW, PANEL, WIDE = (-5.75, 0.75), (2.3, 6.2), (-5.75, 5.75)
BOTTOM, TOP = -1.6, 2.3
#: Height of the row of names below the title.
ROW = 2.78
#: From one line of words to the next, in lines.
LINE = 1.5
HALVES = ((0.0, "0"), (0.5, "0.5"), (1.0, "1"))


class Figures(Stage):
    """A stage with the figures that films show time and again."""

    def name_in_row(self, text: str, color: str) -> None:
        """Let a name appear in the row below the title, right of those that are there."""
        name = words(text, color=color).move_to([-MARGIN, 0, 0], LEFT)
        if self.row:
            name.next_to(self.row, RIGHT, buff=0.55)
        self.row.add(stand(name, ROW))
        self.fade_in(name, seconds=0.3)

    def state(
        self,
        formula: str,
        below: Mobject,
        captions: Sequence[str],
        hold: float = 3,
        **parts: str,
    ) -> None:
        """A formula with coloured parts, and what is said of it, alone in the frame.

        One caption is told while it is written, the others when what is said `below` appears.
        """
        above = maths(formula, size=FORMULA + 22, color=self.colors.ink, **parts)
        above.scale(min(1.0, 2 * MARGIN / above.width))
        VGroup(above, below).arrange(DOWN, buff=1).move_to(0.2 * UP)
        self.caption(captions[0])
        self.play(Write(above), run_time=2 * TEMPO)
        for text in captions[1:]:
            self.caption(text)
        self.fade_in(below)
        self.rest(hold)

    def tabulate(
        self,
        rows: Iterable[Sequence[str]],
        columns: Iterable[float],
        top: float,
        step: float,
        *,
        colors: Sequence[str] = (),
        size: float = LABEL + 4,
        centred: bool = False,
    ) -> VGroup:
        """Words in rows, the first of which are headings; an empty cell stays empty.

        Args:
            rows: a cell a column.
            columns: left end of each, or the middle of all but the first if they are `centred`.
            top: height of the first row; the others follow below, `step` apart.
            colors, size: of the other rows; the ink's where there are no colours.
        """
        cells = VGroup()
        for k, row in enumerate(rows):
            color = (self.colors.dim, *colors)[k] if colors or not k else self.colors.ink
            for n, (x, text) in enumerate(zip(columns, row, strict=True)):
                if text:
                    cell = words(text, color=color, size=size if k else SMALL)
                    edge = np.zeros(3) if centred and n else LEFT
                    cell.move_to([x, 0, 0], aligned_edge=edge)
                    cells.add(stand(cell, top - step * k))
        return cells

    def statements(self, rows: Sequence[tuple[str, str, str]], buff: float) -> VGroup:
        """Rows across the frame: a statement, what is found of it, and the latter's colour.

        They are as large as labels, or as small print where a row would not fit.
        """
        for size in (LABEL, SMALL):
            pairs = VGroup()
            for statement, finding, color in rows:
                left = words(statement, size=size, color=self.colors.ink)
                pairs.add(VGroup(left, words(finding, size=size, color=color)))
            if all(one.width + other.width < 2 * MARGIN - 0.5 for one, other in pairs):
                break
        for k, (left, right) in enumerate(pairs):
            stand(left.move_to([-MARGIN, 0, 0], LEFT), -k * buff)
            stand(right.move_to([MARGIN, 0, 0], RIGHT), -k * buff)
        return pairs.move_to([0, 0.2, 0])


def stack(
    lines: Iterable[str], color: str, *, size: float = LABEL, centred: bool = False
) -> VGroup:
    """Lines of words below each other, at one distance."""
    rows = VGroup(*[words(line, size=size, color=color) for line in lines])
    for k, row in enumerate(rows):
        edge = np.zeros(3) if centred else LEFT
        stand(row.move_to([0, 0, 0], aligned_edge=edge), -k * LINE * size / 96)
    return rows
