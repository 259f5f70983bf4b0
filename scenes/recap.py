"""The proof in 25 seconds, without sound: one sheet, one level that falls, one path.

``manim render scenes/recap.py`` renders it from the record of the default run; ``CONSTRUCTION_RUN``
names another run or a record's file. As a GIF: see docs/gallery.md.
"""

from manim import DEGREES, ValueTracker

from construction.experiments.path import curves
from construction.experiments.path.heights import highest_scale
from scenes import source
from scenes.figures import Beats
from scenes.mobjects.sheet import Sheet
from scenes.mobjects.surface import Front, Look
from scenes.stage import Drawn
from scenes.style import TEMPO, palette

#: Turn and tilt, first and at the end, and the room: there is no footer.
FIRST, LAST = (20 * DEGREES, 38 * DEGREES), (12 * DEGREES, 30 * DEGREES)
ROOM = (-5.05, -2.45, 6.2, 1.75)


class Recap(Beats):
    """The sheet stands up; straight on; travel; descend."""

    def construct(self) -> None:
        """Tell the first route of the record, with a sentence a beat as its title."""
        self.set_stage(palette())
        record = source.record()
        route, colors = record.routes[0], self.colors
        profile = curves.theorem_profile(route) or "valley"
        sheet = Sheet(route, FIRST, colors, highest_scale(route, [profile]), room=ROOM)
        sheet.look(sheet.view, 0.002)
        axes, front = sheet.edges(), Front(sheet, colors.ink)

        self.beat("stands", "From random weights to trained ones, last layer times $c$")
        self.fade_in(axes, seconds=0.4)
        self.play(Look(sheet, axes, front, shown=1.0), run_time=4 * TEMPO)
        self.add(sheet, axes)
        self.remove(front)
        self.rest(0.5)

        self.beat("straight", "Straight on, $c = 1$: it may fall or rise")
        self.name_in_row("straight on", colors.empirical)
        straight = sheet.across(1.0, colors.empirical)
        self.run([Drawn(straight, straight.dot())], ValueTracker(0), 2.5)

        self.beat("travel", "Or turn $c$, so that the level falls at every step")
        self.name_in_row("constructed path", colors.constructed)
        legs = [(leg, sheet.leg(leg, colors.constructed)) for leg in curves.legs(route, profile)]
        for k, (leg, curve) in enumerate(legs):
            if k and leg.phase.name == "descend":
                self.beat("descend", "Then let $c$ go down: the loss of the trained weights")
            clock = ValueTracker(float(curve.clock[0]))
            seconds = 4 if leg.phase.name == "travel" else 2
            self.run([Drawn(curve, curve.dot())], clock, seconds)
        drawn = [straight, *[curve for _, curve in legs]]
        self.fade_out(axes, seconds=0.3)
        self.play(Look(sheet, *drawn, view=LAST), run_time=3 * TEMPO)
        self.fade_in(sheet.edges(), seconds=0.3)
        self.head("There is a path that only goes down (Safran and Shamir 2016)")
        self.rest(4)
