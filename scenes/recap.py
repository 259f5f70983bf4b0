"""The proof in 25 seconds, without sound: one sheet, one level that falls, one path.

As a GIF: see docs/gallery.md.
"""

from manim import DEGREES

from construction.experiments.path import curves
from scenes.film import Film
from scenes.mobjects.sheet import Sheet
from scenes.mobjects.surface import Look

#: Turn and tilt, first and at the end, so that what falls on the sheet falls in the picture;
#: and the room: there is no footer.
FIRST, LAST = (-30 * DEGREES, 26 * DEGREES), (-18 * DEGREES, 22 * DEGREES)
ROOM = (-5.05, -2.45, 6.2, 2.4)


class Recap(Film):
    """The sheet stands up; straight on; travel; descend."""

    def construct(self) -> None:
        """Tell the first route of the record, with a sentence a beat as its title."""
        route, colors, profile = self.route, self.colors, self.profile or "valley"
        highest = curves.highest_scale(route, [profile])
        sheet = Sheet(route, FIRST, colors, highest, room=ROOM, shown=0.002)

        self.beat("stands", "From random weights to trained ones, last layer times $c$")
        self.caption("The loss of a real network, over its path and the scale of its last layer.")
        axes = self.stand_up(sheet, sheet.edges(), 4)
        self.rest(0.5)

        self.beat("straight", "Straight on, $c = 1$: it may fall or rise")
        self.caption("The straight line leaves the scale alone, and nothing makes it go down.")
        self.name_in_row("straight on", colors.empirical)
        drawn = [sheet.across(1.0, colors.empirical)]
        self.run(drawn[0], seconds=2.5)

        self.beat("travel", "Or turn $c$, so that the level falls at every step")
        self.caption("At each point one scale puts the loss on a level that only falls.")
        self.name_in_row("constructed path", colors.constructed)
        for k, leg in enumerate(curves.legs(route, profile)):
            if k and leg.phase.name == "descend":
                self.beat("descend", "Then let $c$ go down: the loss of the trained weights")
                self.caption("At the end only the scale moves, down to the trained weights.")
            drawn.append(sheet.leg(leg, colors.constructed))
            self.run(drawn[-1], seconds=4 if leg.phase.name == "travel" else 2)
        self.fade_out(axes, seconds=0.3)
        self.enter(Look(sheet, *drawn, angles=LAST), seconds=3)
        self.enter(sheet.edges(), seconds=0.3)
        self.head("There is a path that only goes down (Safran and Shamir 2016)")
        self.rest(4)
