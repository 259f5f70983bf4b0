"""Act 6, lower still: forget first, then learn; along the floor of the sheet."""

from construction.experiments.path import curves
from scenes.acts.film import Film
from scenes.acts.together import Together

#: Seconds of the shrink, and in which lambda runs from 0 to 1.
SHRINK, RUN = 2.5, 6.0


def tell(film: Film) -> None:
    """The valley path; nothing where there is none."""
    if "valley" not in film.route.journeys:
        return
    title = "Lower still: forget first, then learn"
    film.beat("valley", title, film.footer_of(film.route), clear=True)
    together, color = Together(film), film.colors.valley
    film.fade_in(*together.still, together.scale, seconds=1)
    film.fade_in(together.name("valley", color), seconds=0.3)
    for leg in curves.legs(film.route, "valley"):
        rests = leg.phase.name != "travel"
        film.caption(
            "Shrink the last layer: the network forgets, its outputs are nearly zero."
            if rests
            else "Then follow nearly the lowest objective that never has to rise again."
        )
        length = leg.phase.lam_stop - leg.phase.lam_start
        together.follow(leg, color, SHRINK if rests else max(1.0, RUN * length))
    film.rest(2.5)
