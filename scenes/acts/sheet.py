"""Act 4, the sheet: the parabolas of all lambda side by side become a surface."""

import numpy as np

from scenes.film import Film
from scenes.mobjects.surface import Look
from scenes.style import NORMAL

#: Directions, turn and tilt: c to the right as in act 3; from the other side; and as all paths are
#: seen. Where the surface stands in the frame: left, lower, right and upper end.
FRONT, AROUND, PATHS = (-1.57, 0.15), (0.5, 0.45), (-0.32, 0.4)
ROOM = (-5.1, -2.0, 6.4, 2.15)
#: Lambdas whose rays stand up first.
RAYS = 9


def tell(film: Film) -> None:
    """The surface of the first route."""
    film.beat("sheet", "The sheet: all of these curves side by side", film.footer, clear=True)
    colors, route = film.colors, film.route
    sheet = film.sheet_in(ROOM, route, FRONT)
    rays = [sheet.ray(float(lam), colors.ink, NORMAL / 2) for lam in np.linspace(0, 1, RAYS)]
    sheet.look(FRONT, 0.0)
    axes = sheet.edges()
    film.enter(axes)
    film.caption("One curve over c for each lambda, on a logarithmic scale.")
    film.enter(*rays, seconds=1.5, hold=0.5)
    film.add(sheet)
    film.bring_to_back(sheet)
    film.fade_out(axes)
    film.caption("Those of all lambda stand side by side: the sheet g(lambda, c).")
    film.enter(Look(sheet, *rays, angles=AROUND, shown=1.0), seconds=4.5)

    line, edge = sheet.across(1.0, colors.empirical), sheet.across(0.0, colors.zero)
    film.caption(f"The {film.base} is c = 1; the edge c = 0 is one single level.")
    film.name_in_row(f"{film.base}, $c = 1$", colors.empirical)
    film.run(line, seconds=2)
    film.name_in_row("$c = 0$: $L(0)$", colors.zero)
    film.run(edge, seconds=1)
    film.enter(Look(sheet, *rays, line, edge, angles=PATHS), seconds=3.5)
    axes.look()
    film.enter(axes)
    if route.loss == "squared":
        film.name_in_row("$a$, $b$ and $L(0)$ at each $lambda$", colors.ink)
    film.rest(2.5)
