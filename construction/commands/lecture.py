"""``lecture``: all that a class hour needs, in one folder, from films rendered into it."""

import os
import sys
from argparse import Namespace
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, RecordError
from ..experiments.kept import folder_of, from_file, is_file, result_path
from ..files.storage import written_whole
from ..record.record import Record
from . import Exit, render

if TYPE_CHECKING:
    from ..lecture.plan import Chapter

#: The film that stands alone without sound: also as GIF and WebM, which pages and mails show.
SHOWN_ALONE = "recap"
#: Lies in the folder of a lecture from the first film on.
MARK = ".lecture"


def execute(options: Namespace) -> Exit:
    """Render what is not yet there, and put the lecture together.

    That the lesson plan, the record or the folder is not what it should be, or that slides cannot
    be written, is said before anything is drawn.
    """
    from ..lecture import documents, pages, plan, steps

    if find_spec("pptx") is None:
        raise InputError(
            "python-pptx, which writes slides",
            "that it is missing",
            "pip install 'construction[lecture]'.",
        )
    out = options.out
    options.run = run = options.run or os.environ.get("CONSTRUCTION_RUN")
    title, chapters = plan.read_plan(options.plan or plan.OWN)
    documents.require_formulas(chapters)
    chapters = [chapter.telling(run) for chapter in tellable(chapters, run)]
    for chapter in chapters:
        chapter.require()
    require_own(out)
    films = render.asked_for([one.film for one in chapters], options, out / "films")
    with written_whole(out / MARK) as temporary:
        temporary.touch()
    films = [replace(film, printed=options.theme != "light") for film in films]
    told = draw(list(zip(chapters, films, strict=True)), options)
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
    places = {chapter.run: _place(chapter.run) for chapter, _ in told}
    results = {Path(run).stem: from_file(place) for run, place in places.items() if place}
    records = {name: one for name, one in results.items() if isinstance(one, Record)}
    print(pages.write_contents(title, every, out, records), flush=True)
    return Exit.DONE


def _place(run: str) -> Path | None:
    """The file of a result, where it is there."""
    return Path(run) if is_file(run) else result_path(run)


def tellable(chapters: list["Chapter"], run: str | None) -> list["Chapter"]:
    """The chapters whose films tell results of the kind of the user's run; all without one.

    Raises:
        ConstructionError: none does; or a run is none, or a file that is damaged.
    """
    kinds = {chapter.film: folder_of(chapter.run) for chapter in chapters}
    others = [film for film, kind in kinds.items() if run and kind != folder_of(run)]
    if len(others) == len(chapters):
        raise InputError(
            f"a result of the kind that one of the films {', '.join(others)} tells",
            f"{run!r}, which is of another kind",
            "Name another --run, or a --plan with films that tell it.",
        )
    if others:
        said = f"Without {', '.join(others)}: made for results of other kinds than {run}."
        print(said, file=sys.stderr, flush=True)
    return [chapter for chapter in chapters if chapter.film not in others]


def require_own(folder: Path) -> None:
    """Refuse by an InputError a file, or a folder that holds something but no lecture's mark."""
    new = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    if not new and not (folder / MARK).is_file():
        raise InputError(
            "--out to name a new folder, an empty one, or one of an earlier lecture",
            f"{folder}, which holds something else",
            "Name another; what lies there might be replaced.",
        )


def draw(asked: list[tuple["Chapter", Any]], options: Namespace) -> list[Any]:
    """Render the films that are not whole, with one bar.

    Returns:
        The chapters with films that are there: all, but for those that cannot tell the user's run.

    Raises:
        ConstructionError: a film cannot be rendered, by default; or none can tell the user's run.
    """
    told: list[Any] = []
    with render.progress("films") as shown:
        for number, (chapter, film) in enumerate(asked):
            place = _place(chapter.run)
            try:
                if place is None or not film.is_whole([place]):
                    so_far = partial(lambda k, done: shown((k + done) / len(asked)), number)
                    render.films().render(film, options.jobs, so_far)
                told.append((chapter, film))
            except (InputError, RecordError) as error:
                if not options.run or (not told and film is asked[-1][1]):
                    raise
                print(f"Without the film {film.name}. {error}", file=sys.stderr, flush=True)
    return told
