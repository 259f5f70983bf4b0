"""Act 7, a road that rises: of a named run a bad one on purpose, through a second solution."""

from construction.experiments.path import curves
from construction.experiments.path import words as story
from construction.record.route import Route
from scenes.acts.line import Road
from scenes.acts.sheet import ROOM
from scenes.film import Film

#: Seconds of the road at c = 1; turn and tilt, in which paths that fall also fall on screen.
RUN, VIEW = 6.0, (-0.6, 0.3)
#: Title, and what is said of the road, its worst place and the sheet, of a named run; of others.
DETOUR = (
    "A bad road on purpose: through another solution",
    "The road runs through a second network, trained from another start.",
    "Between two solutions the objective rises again.",
    "On the sheet that is a ridge; at c = 1 there is no way around it.",
)
OTHER = (
    "Another road: its objective rises",
    "This is another route of the record, at c = 1.",
    "On its way the objective rises.",
    "On the sheet it rises too; at c = 1 there is no way around that.",
)


def tell(film: Film, route: Route) -> None:
    """The road at c = 1 and what its middle answers; then the sheet and three paths on it."""
    title, *said = DETOUR if film.record.manifest.get("seeds") else OTHER
    colors, roles = film.colors, film.roles(route)
    film.beat(route.name, title, story.footer(film.record, route), clear=True)
    road = Road(film, route, [(lam, f"{lam:g}") for lam, _ in route.vertices])
    film.enter(road.plot)
    road.place_digits()
    film.caption(said[0])
    worst = curves.worst(route)
    road.run(0.0, worst, RUN * worst)
    film.caption(said[1])
    film.rest(1.5)
    road.run(worst, 1.0, RUN * (1 - worst))
    film.rest(1)
    film.fade_out(*[one for one in film.mobjects if one not in (film.title, film.foot)])

    sheet = film.sheet_in(ROOM, route, VIEW)
    film.enter(sheet, sheet.edges(), seconds=1)
    film.caption(said[2])
    film.enter(sheet.across(0.0, colors.zero), seconds=0.3)
    film.name_in_row("$c = 1$ climbs", colors.empirical)
    film.run(sheet.across(1.0, colors.empirical), seconds=2.5)
    if roles:
        film.caption("With c free there is: what was constructed goes down all the way.")
    for profile, color in roles.items():
        name = "valley" if profile == "valley" else "constructed"
        film.name_in_row(f"{name}: only down", color)
        for leg in curves.legs(route, profile):
            length = leg.phase.lam_stop - leg.phase.lam_start
            film.run(sheet.leg(leg, color), seconds=1 + 1.5 * length)
    film.rest(2.5)
