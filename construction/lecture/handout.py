"""What students take home, as PDF: each step's picture, formula, words and question, and room."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from ..files.storage import scratch, written_whole
from .steps import Step

PAGE = Path(__file__).with_name("page")


def write_handout(title: str, steps: Sequence[Step], place: Path) -> None:
    """Set the handout by `page/handout.typ`.

    Raises:
        InputError: a formula of the lesson plan is none.
        CacheError: the folder cannot be written.
    """
    import typst

    entries = [
        {
            "chapter": step.chapter.title,
            "title": step.note.title,
            "still": f"{number}.png",
            "captions": step.captions,
            "formula": step.note.formula,
            "ask": step.note.ask,
        }
        for number, step in enumerate(steps)
    ]
    with scratch(place.parent) as folder:
        for number, step in enumerate(steps):
            shutil.copy(step.still, folder / f"{number}.png")
        (folder / "steps.json").write_text(json.dumps({"title": title, "steps": entries}))
        shutil.copy(PAGE / "handout.typ", folder)
        try:
            pdf = typst.compile(folder / "handout.typ")
        except RuntimeError as error:
            raise InputError(
                "formulas of the lesson plan in Typst's notation",
                f"{error}".splitlines()[0],
                "Mend the plan; the film itself shows no formula of it.",
            ) from error
    with written_whole(place) as temporary:
        temporary.write_bytes(pdf)
