"""``lecture``: all that a class hour needs, in one folder, from films rendered into it."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, RecordError
from ..files.storage import ensure_folder
from . import Exit, render

if TYPE_CHECKING:
    from ..lecture.plan import Chapter

#: The film that stands alone without sound: also as GIF and WebM, which pages and mails show.
SHOWN_ALONE = "recap"


def execute(options: Namespace) -> Exit:
    """Render what is not yet there, and put the lecture together.

    Raises:
        ConstructionError: see `construction.commands.render.execute`; something is missing that
            writes slides; or the lesson plan, the record or the folder is not what it should be.
    """
    from ..lecture import documents, pages, plan, steps

    if find_spec("pptx") is None:
        raise InputError(
            "python-pptx, which writes slides",
            "that it is missing",
            "pip install 'construction[lecture]'.",
        )
    out = options.out
    title, chapters = plan.read_plan(options.plan or plan.OWN)
    require_own(out)
    films = render.asked_for([one.film for one in chapters], options, out / "films")
    told = draw(list(zip(chapters, films, strict=True)), options.run, options.jobs)
    for _, film in told:
        captions = film.place.with_suffix(".srt")
        if captions.exists():
            steps.write_vtt(captions)
        if film.name == SHOWN_ALONE:
            write = render.films("gif")
            write.write_gif(film.place, film.place.with_suffix(".gif"))
            write.write_webm(film.place, film.place.with_suffix(".webm"))
    every = [
        step
        for chapter, _ in told
        for step in steps.steps_of(chapter, out / "films", out / "stills")
    ]
    pages.write_deck(title, every, out / "deck.html")
    documents.write_slides(every, out / "deck.pptx")
    documents.write_handout(title, every, out / "handout.pdf")
    print(pages.write_contents(title, every, out), flush=True)
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


def draw(asked: list[tuple[Chapter, Any]], run: str | None, jobs: int) -> list[tuple[Chapter, Any]]:
    """Render the films that are not whole, with one bar.

    Returns:
        The chapters with films that are there: all, but for those that cannot tell the user's run.

    Raises:
        ConstructionError: a film cannot be rendered, by default; or none can tell the user's run.
    """
    from ..experiments.kept import result_path

    told = []
    with render.progress("films", "%") as shown:
        for number, (chapter, film) in enumerate(asked):

            def so_far(drawn: int, total: int, number: int = number) -> None:
                shown(round(100 * (number + drawn / total)), 100 * len(asked))

            name = run or chapter.run
            record = Path(name) if os.path.isfile(name) else result_path(name)
            try:
                if record is None or not film.is_whole([record]):
                    render.films().render(film, jobs, so_far)
                told.append((chapter, film))
            except (InputError, RecordError) as error:
                if not run or (not told and film is asked[-1][1]):
                    raise
                print(f"Without the film {film.name}. {error}", file=sys.stderr, flush=True)
    return told
