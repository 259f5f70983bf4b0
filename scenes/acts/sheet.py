"""Act 4, the sheet: the parabolas of all lambda side by side become a surface."""

import numpy as np
from manim import DOWN, LEFT, UP, ValueTracker, VGroup, smooth

from construction.experiments.path import words as story
from scenes.acts.film import Film
from scenes.mobjects.fade import appear
from scenes.mobjects.formula import words
from scenes.mobjects.surface import Look, SurfaceCurve
from scenes.style import NORMAL, SMALL, TEMPO

#: Directions, turn and tilt: c to the right as in act 3; from the other side; and as all paths are
#: seen. Where the surface stands in the frame: left, lower, right and upper end.
FRONT, AROUND, PATHS = (-1.57, 0.15), (0.75, 0.5), (-0.42, 0.42)
ROOM = (-5.85, -2.1, 2.2, 2.3)
#: Lambdas whose rays stand up first, and left end of what is said.
RAYS, SAID = 9, (3.0, 2.6)


def tell(film: Film) -> None:
    """The surface of the first route."""
    title = "The sheet: all of these curves side by side"
    film.beat("sheet", title, film.footer_of(film.route), clear=True)
    colors, route = film.colors, film.route
    sheet = film.sheet_of(route, FRONT, ROOM)
    rays = [sheet.ray(float(lam), colors.ink, NORMAL / 2) for lam in np.linspace(0, 1, RAYS)]
    sheet.look(sheet.view, 0.0)
    axes = film.axes_of(sheet)
    film.fade_in(axes)
    film.caption("One curve over c for each lambda, on a logarithmic scale.")
    film.play(*appear(*rays), run_time=1.5 * TEMPO)
    film.rest(0.5)
    film.add(sheet)
    film.bring_to_back(sheet)
    film.fade_out(axes)
    film.caption("Those of all lambda stand side by side: the sheet g(lambda, c).")
    film.play(Look(sheet, *rays, view=sheet.view_from(*AROUND), shown=1.0, run_time=4.5 * TEMPO))

    line = sheet.across(1.0, colors.empirical)
    edge = sheet.across(0.0, colors.zero)
    base = "straight line" if story.is_line(route) else "base path"
    film.caption(f"The {base} is c = 1; the edge c = 0 is one single level.")
    run(film, line, 2)
    said = legend(film, base)
    film.fade_in(said[0])
    run(film, edge, 1)
    film.fade_in(said[1])
    film.play(Look(sheet, *rays, line, edge, view=sheet.view_from(*PATHS), run_time=3.5 * TEMPO))
    axes.look()
    film.fade_in(axes, said[2])
    film.rest(2.5)


def run(film: Film, curve: SurfaceCurve, seconds: float) -> None:
    """Draw a curve of the sheet as its clock runs."""
    film.drive(ValueTracker(0), float(curve.clock[-1]), seconds, curve.reveal, curve, rate=smooth)


def legend(film: Film, base: str) -> VGroup:
    """What the two lines are, and what the sheet is made of."""
    colors = film.colors
    made = (
        ("Squared loss: the whole", "sheet from three numbers", "a lambda, $a$, $b$ and $L(0)$.")
        if film.route.loss == "squared"
        else ("Height cut at the lowest", "objective that is shown.")
    )
    parts = VGroup(
        words(f"$c = 1$: the {base}", size=SMALL, color=colors.empirical),
        words("$c = 0$: always $L(0)$", size=SMALL, color=colors.zero),
        VGroup(*[words(text, size=SMALL, color=colors.ink) for text in made]).arrange(
            DOWN, buff=0.16, aligned_edge=LEFT
        ),
    )
    parts.arrange(DOWN, buff=0.35, aligned_edge=LEFT)
    return parts.move_to([*SAID, 0], aligned_edge=LEFT + UP)
