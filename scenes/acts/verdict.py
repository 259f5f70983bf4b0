"""Act 8: what is proved, and what was checked."""

from construction.experiments.path import words as story
from scenes.acts.film import Film


def tell(film: Film) -> None:
    """Each statement with its standing."""
    colors = film.colors
    film.beat("verdict", "What is proved, and what was checked", clear=True)
    rows = [
        (statement, standing, colors.zero if standing.startswith("not") else colors.valley)
        for statement, standing in story.findings(film.record)
    ]
    film.caption(
        "The theorem is proved on paper, its conditions on all of these paths; the weights "
        "themselves were checked at points."
        if story.proves(film.record)
        else "The theorem is proved on paper; on this run it was checked at points."
    )
    film.fade_in(film.statements(rows, 1.1), seconds=1)
    film.rest(5)
