"""Act 7, a bad road on purpose: through a second solution, over a ridge of the sheet."""

from manim import DOWN, LEFT, UP, VGroup

from construction.experiments.path import words as story
from construction.record.route import Route
from scenes.acts.film import Film
from scenes.acts.line import Road
from scenes.acts.sheet import PATHS, run
from scenes.mobjects.formula import words
from scenes.style import SMALL

#: Where the sheet stands in the frame.
ROOM = (-5.85, -1.9, 2.6, 2.9)
#: Seconds of the road at c = 1.
RUN = 6.0


def tell(film: Film, route: Route) -> None:
    """The road at c = 1 and what its middle answers; then the sheet and three paths on it."""
    title = "A bad road on purpose: through another solution"
    film.beat(route.name, title, film.footer_of(route), clear=True)
    road_at_one(film, route)
    film.fade_out(*[one for one in film.mobjects if one not in (film.title, film.foot)])
    over_the_ridge(film, route)


def road_at_one(film: Film, route: Route) -> None:
    """The objective falls, rises and falls; in the middle the digits are answered wrongly."""
    road = Road.laid(film, route, [(lam, f"{lam:g}") for lam, _ in route.vertices])
    film.fade_in(road.plot)
    road.place_digits(film)
    film.caption("The road runs through a second network, trained from another start.")
    worst = story.worst(route)
    road.run(film, worst, RUN * worst)
    film.caption("Between two solutions the objective rises, and the answers are wrong.")
    film.rest(1.5)
    road.run(film, 1.0, RUN * (1 - worst))
    film.rest(1)


def over_the_ridge(film: Film, route: Route) -> None:
    """The sheet of the road: blue climbs over its ridge, the constructed paths go down."""
    colors = film.colors
    sheet = film.sheet_of(route, PATHS, ROOM)
    axes = film.axes_of(sheet)
    film.fade_in(sheet, axes, seconds=1)
    said = VGroup(words("$c = 1$ climbs the ridge", size=SMALL, color=colors.empirical))
    names = {"valley": "valley: only down"}
    said.add(
        *[
            words(names.get(profile, "constructed: only down"), size=SMALL, color=color)
            for profile, color in film.roles(route).items()
        ]
    )
    said.arrange(DOWN, buff=0.3, aligned_edge=LEFT).move_to([3.3, 2.7, 0], LEFT + UP)
    film.caption("On the sheet that is a ridge; at c = 1 there is no way around it.")
    line, edge = sheet.across(1.0, colors.empirical), sheet.across(0.0, colors.zero)
    film.fade_in(edge, seconds=0.3)
    run(film, line, 2.5)
    film.fade_in(said[0])
    curves = []
    film.caption("With c free there is: both constructed paths go down all the way.")
    for k, (profile, color) in enumerate(film.roles(route).items(), start=1):
        for leg in story.legs(route, profile):
            length = leg.phase.lam_stop - leg.phase.lam_start
            curves.append(sheet.leg(leg, color))
            run(film, curves[-1], 1 + 1.5 * length)
        film.fade_in(said[k])
    film.rest(2.5)
