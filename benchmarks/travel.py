"""The film's section in which lambda runs, alone, with what it takes to render."""

from __future__ import annotations

import json
import resource
from collections.abc import Sequence
from typing import Any

from manim import Mobject, ValueTracker

from scenes import source
from scenes.path import Path
from scenes.stage import Drawn
from scenes.style import palette


def user_seconds() -> float:
    """Of this process, all threads together."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


class Travel(Path):
    """The section "travel" of `scenes.path`; what comes before it is set up without being filmed.

    At the end it prints, as JSON, the user seconds spent while lambda ran, drawing and encoding,
    and the seconds of film that show it.
    """

    def construct(self) -> None:
        """As the film, up to the end of the section."""
        self.set_stage(palette())
        self.record = source.record()
        self.lam = ValueTracker(0)
        self.spent = self.lasted = 0.0
        self.straight_line(self.record.routes[0])
        self.one_ray()
        self.travel()
        print(json.dumps({"spent": self.spent, "lasted": self.lasted}))

    def next_section(self, name: str = "unnamed", *args: Any, **options: Any) -> None:
        """Film the one section alone."""
        self.filmed = name == "travel"
        super().next_section(name, *args, skip_animations=not self.filmed, **options)

    def play(self, *animations: Any, **options: Any) -> None:
        """Note what an animation takes in which lambda runs."""
        lam, spent, began = self.lam.get_value(), user_seconds(), self.time
        super().play(*animations, **options)
        if self.filmed and lam != self.lam.get_value():
            self.spent += user_seconds() - spent
            self.lasted += self.time - began

    def run(self, drawn: Sequence[Drawn], clock: ValueTracker, seconds: float) -> None:
        """As the film's; keep what is drawn."""
        (self.drawn,) = drawn
        super().run(drawn, clock, seconds)

    def moving(self) -> dict[str, Mobject]:
        """What follows lambda, by name."""
        panel, marker = self.panel, self.marker
        return {
            "parabola": panel.curve,
            "level": panel.level,
            "drop": panel.drop,
            "c = 1": panel.one,
            "root": panel.root,
            "name of the level": panel.level_name,
            "c": panel.number,
            "marker": marker.line,
            "name of lambda": marker.symbol,
            "lambda": marker.number,
            "empirical": self.empirical_dot,
            "constructed": self.drawn.curve,
            "tip": self.drawn.dot,
        }
