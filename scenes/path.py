"""The main film: from random weights to trained ones, along a path that only goes down."""

import numpy as np

from construction.experiments.path import words as story
from scenes.acts import detour, knob, line, network, sheet, together
from scenes.film import Film


class Path(Film):
    """Eight acts; see `scenes.acts`. A further route is told where its objective rises."""

    def construct(self) -> None:
        for act in (network, line, knob, sheet, together):
            act.tell(self)
        for route in self.record.routes[1:]:
            if (np.diff(route.empirical) > 0).any():
                detour.tell(self, route)
        self.verdict()

    def verdict(self) -> None:
        """Act 8: each statement with its standing."""
        self.beat("verdict", "What is proved, and what was checked", clear=True)
        rows, colors = story.findings(self.record), self.colors
        shades = [colors.zero if row[1].startswith("not") else colors.valley for row in rows]
        told = "The theorem is proved on paper; "
        if not rows[2][1].startswith("checked") or rows[1][1].startswith("not"):
            told += "how far this run is from it, the table says."
        elif story.proves(self.record):
            told = "The theorem is proved on paper, its conditions on all of these paths; the "
            told += "weights themselves were checked at points."
        else:
            told += "on this run it was checked at points."
        self.caption(told)
        self.enter(self.tabulate(rows, shades), seconds=1, hold=5)
