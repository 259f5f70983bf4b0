"""The main film: from random weights to trained ones, along a path that only goes down.

``manim render scenes/path.py`` renders it from the record of the default run, which is computed
first where there is none. ``CONSTRUCTION_RUN`` names another run or a record's file.
"""

from scenes.acts import detour, knob, line, network, sheet, travel, valley, verdict
from scenes.acts.film import Film


class Path(Film):
    """Eight acts; see `scenes.acts`."""

    def construct(self) -> None:
        """Tell them in turn."""
        self.open_record()

        network.tell(self)
        line.tell(self)
        knob.tell(self)
        sheet.tell(self)
        travel.tell(self)
        valley.tell(self)
        for route in self.record.routes[1:]:
            detour.tell(self, route)
        verdict.tell(self)
