"""``lecture``: all that a class hour needs, in one folder, from films rendered into it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, RecordError
from ..files.storage import ensure_folder
from . import Exit, render

if TYPE_CHECKING:
    from ..lecture.plan import Chapter

#: Pixels a second at which `Chapter.work` was measured, and the power of them with which it grows:
#: at 1080p60 `ray` and `sheet` took 2.5 and 2.7 times as long.
MEASURED, POWER = 1280 * 720 * 30, 2 / 3
#: The film that stands alone without sound: also as GIF and WebM, which pages and mails show.
SHOWN_ALONE = "recap"


def execute(options: Namespace) -> Exit:
    """Render what is not yet there, and put the lecture together.

    Raises:
        ConstructionError: see `construction.commands.render.execute`; something is missing that
            writes slides; or the lesson plan, the record or the folder is not what it should be.
    """
    from ..lecture.plan import OWN, read_plan, tellable

    if find_spec("pptx") is None:
        raise InputError(
            "python-pptx, which writes slides",
            "that it is missing",
            "pip install 'construction[lecture]'.",
        )
    jobs, plan = render.processes(options), read_plan(options.plan or OWN)
    chapters = tellable(options.run, plan.chapters) if options.run else plan.chapters
    require_own(options.out)
    films = render.asked_for([one.film for one in chapters], options, options.out / "films")
    chapters = draw(chapters, films, options.run, jobs)
    print(put_together(plan.title, chapters, films, options.out), flush=True)
    return Exit.DONE


def require_own(folder: Path) -> None:
    """Refuse a folder in which something else may lie.

    Raises:
        InputError: it is a file, or holds something, but no films of an earlier lecture.
        CacheError: it cannot be written.
    """
    mine = not folder.exists() or (folder / "films").is_dir()
    if not mine and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            "--out to name a new folder, an empty one, or one of an earlier lecture",
            f"{folder}, which holds something else",
            "Name another; what lies there might be replaced.",
        )
    ensure_folder(folder)


def draw(
    chapters: Sequence[Chapter], films: Sequence[Any], run: str | None, jobs: int
) -> list[Chapter]:
    """Render the films that are not whole, with one bar, and say before how long it takes.

    Returns:
        The chapters whose films are there: all, but for those that cannot tell the user's run.

    Raises:
        ConstructionError: a film cannot be rendered, by default; or none can tell the user's run.
    """
    from ..experiments.table import named
    from ..lecture.plan import record_of

    todo, kept = [], list(chapters)
    for chapter, film in zip(chapters, films, strict=True):
        record = record_of(run or chapter.run)
        if record is None:
            say(f"The run {run or chapter.run} comes first: {named(run or chapter.run).takes}.")
        if record is None or not film.is_whole([record]):
            pixels = film.pixels[0] * film.pixels[1] * film.rate
            todo.append((chapter, film, chapter.work * (pixels / MEASURED) ** POWER))
    if not todo:
        say(f"All {len(films)} films are there.")
        return kept
    seconds = sum(work for *_, work in todo)
    minutes = max(1, round(seconds / jobs / 60))
    say(f"{len(todo)} of {len(films)} films to draw: about {minutes} min on {jobs} idle cores.")
    with render.progress("films", "second") as shown:
        done = 0.0
        for chapter, film, work in todo:

            def so_far(drawn: int, total: int, done: float = done, work: float = work) -> None:
                shown(round(done + work * drawn / total), round(seconds))

            try:
                render.films().render(film, jobs, so_far)
            except (InputError, RecordError) as error:
                kept.remove(chapter)
                if not (run and kept):
                    raise
                say(f"Without the film {film.name}. {error}")
            done += work
    return kept


def put_together(title: str, chapters: Sequence[Chapter], films: Sequence[Any], out: Path) -> Path:
    """Write all that is made of the films; the page of contents."""
    from ..lecture import contents, deck, handout, slides, steps

    names = [chapter.film for chapter in chapters]
    for film in (one for one in films if one.name in names):
        captions = film.place.with_suffix(".srt")
        if captions.exists():
            contents.write_vtt(captions)
        if film.name == SHOWN_ALONE:
            say("GIF and WebM of the recap")
            write = render.films("gif")
            write.write_gif(film.place, film.place.with_suffix(".gif"))
            write.write_webm(film.place, film.place.with_suffix(".webm"))
    every = [
        step
        for chapter in chapters
        for step in steps.steps_of(chapter, out / "films", out / "stills")
    ]
    say(f"deck, slides and handout of {len(every)} steps")
    deck.write_deck(title, every, out / "deck.html")
    slides.write_slides(every, out / "deck.pptx")
    handout.write_handout(title, every, out / "handout.pdf")
    contents.write_contents(title, every, out)
    return out / "index.html"


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)
