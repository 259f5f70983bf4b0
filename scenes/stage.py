"""What every scene does: titles, captions, footers, and curves that are drawn as lambda runs."""

from collections.abc import Callable, Sequence

from manim import LEFT, Animation, Dot, Mobject, Scene, ValueTracker, VGroup, linear

from scenes.mobjects.fade import Fade
from scenes.mobjects.formula import stand, words
from scenes.mobjects.shapes import DataCurve
from scenes.style import DOT, FLOOR, MARGIN, SMALL, TITLE, palette


class Stage(Scene):
    """A scene with a title and names at the top, a footer above the captions, and data between.

    Seconds are those of a lecture's tempo.
    """

    def setup(self) -> None:
        """Take the theme, before `construct`."""
        super().setup()
        self.colors = palette()
        self.camera.background_color = self.colors.background
        self.title, self.foot, self.row = VGroup(), VGroup(), VGroup()
        self.subtitle, self.subtitle_began = "", 0.0

    def tear_down(self) -> None:
        """End the last subtitle with the film."""
        self.caption("")
        super().tear_down()

    def beat(self, section: str, title: str, footer: str = "", *, clear: bool = False) -> None:
        """Begin a section under a new title, on an empty frame if it is to be cleared."""
        self.next_section(section)
        gone = []
        if clear:
            self.row.remove(*self.row)
            gone = [shown for shown in self.mobjects if shown is not self.title]
        self.head(title, *gone)
        if footer:
            self.remove(self.foot)
            self.foot = words(footer, size=SMALL, color=self.colors.dim)
            stand(self.foot.move_to([-MARGIN, 0, 0], aligned_edge=LEFT), FLOOR + 0.15)
            self.add(self.foot)

    def head(self, text: str, *gone: Mobject) -> None:
        """Change the title; what else is gone vanishes with the old one."""
        title = words(text, size=TITLE, color=self.colors.ink)
        stand(title.move_to([-MARGIN, 0, 0], aligned_edge=LEFT), 3.3)
        self.bring_to_front(self.title)  # over nothing, so that nothing is drawn anew with it
        if self.title.submobjects:
            self.fade_out(self.title, *gone, seconds=0.3)
        self.enter(title, seconds=0.3)
        self.title = title

    def caption(self, text: str) -> None:
        """A subtitle from now until the next one, or the end."""
        if self.subtitle:
            began = self.subtitle_began
            self.add_subcaption(self.subtitle, self.time - began, began - self.time)
        self.subtitle, self.subtitle_began = text, self.time

    def rest(self, seconds: float) -> None:
        """Hold the picture."""
        if seconds:
            self.wait(seconds)

    def enter(self, *shown: Mobject | Animation, seconds: float = 0.5, hold: float = 0) -> None:
        """Let mobjects appear, or as an animation has it, and hold the picture."""
        every = [one if isinstance(one, Animation) else Fade(one, away=False) for one in shown]
        self.play(*every, run_time=seconds)
        self.rest(hold)

    def fade_out(self, *mobjects: Mobject, seconds: float = 0.5) -> None:
        """Let mobjects vanish."""
        self.play(*[Fade(one, away=True) for one in mobjects], run_time=seconds)

    def run(
        self,
        *curves: DataCurve,
        seconds: float,
        hold: float = 0,
        also: Callable[[float], object] | None = None,
        moving: Sequence[Mobject] = (),
    ) -> None:
        """Draw curves, a dot at each tip in sight, as a clock runs; hold the picture.

        The clock is that of the first. What is `moving` beside them is set by `also`.
        """
        dots = [Dot(radius=DOT, color=curve.get_stroke_color()) for curve in curves]

        def show(now: float) -> None:
            for curve, dot in zip(curves, dots, strict=True):
                dot.move_to(curve.reveal(now)).set_opacity(curve.tip_seen)
            if also:
                also(now)

        clock = curves[0].clock
        self.drive(clock[0], clock[-1], seconds, show, *curves, *dots, *moving)
        self.remove(*dots)
        self.rest(hold)

    def drive(
        self,
        start: float,
        stop: float,
        seconds: float,
        show: Callable[[float], object],
        *moving: Mobject,
        rate: Callable[[float], float] = linear,
    ) -> None:
        """Let a clock run; `show` sets all that moves with it."""
        clock, lead = ValueTracker(float(start)), moving[0]
        lead.add_updater(lambda _: show(clock.get_value()))
        self.add(*moving)
        # Manim draws anew all that lies above the lowest mobject that moves: so what stands
        # still goes behind what does not, and is drawn once.
        self.bring_to_back(*[one for one in self.mobjects if not one.get_family_updaters()])
        self.bring_to_front(*moving)
        if seconds:
            self.play(clock.animate.set_value(stop), rate_func=rate, run_time=seconds)
        self.remove(clock)
        lead.clear_updaters()
        show(float(stop))
