"""Act 5, travel and descend: on the sheet, on the plot and in the bars at the same moment."""

from construction.experiments.path import curves
from scenes.acts.film import Film
from scenes.acts.together import Together

#: Seconds in which lambda runs from 0 to 1, and of the descent.
RUN, FALL = 7.0, 3.0


def tell(film: Film) -> None:
    """The theorem's path; nothing where there is none."""
    profile = film.profile
    if profile is None:
        return
    film.beat("travel", "Travel: hold a level that falls", film.footer_of(film.route), clear=True)
    together = Together(film)
    film.caption(
        "At each lambda the level is a little lower; c is turned until the objective has it."
    )
    film.fade_in(*together.still, together.scale, seconds=1)
    film.rest(0.5)
    travel, descend = curves.legs(film.route, profile)
    color = film.colors.constructed
    film.fade_in(together.name("constructed", color), seconds=0.3)
    together.follow(travel, color, RUN)
    film.rest(1.5)

    film.beat("descend", "Descend: at $lambda = 1$ turn $c$ down")
    film.caption("The weights before the last layer are the trained ones; lower c until L(W(1)).")
    together.follow(descend, color, FALL)
    film.rest(2.5)
