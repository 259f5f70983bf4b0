"""All steps as slides, a film a slide with its notes; and what students take home, as PDF."""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from ..errors import InputError
from ..files.storage import scratch, write_whole, written_whole
from .plan import Chapter
from .steps import Step

PAGE = Path(__file__).with_name("page")
#: Height of a slide in inches.
HEIGHT = 7.5
#: The layout of python-pptx's own template that has a title alone.
TITLE_ONLY = 5
#: A formula by itself.
FORMULA = b'#eval(sys.inputs.formula, mode: "math")'


def write_slides(steps: Sequence[Step], place: Path) -> None:
    """Write the slides, of the same format as the films.

    The title of a slide lies behind its film, for outlines and for those who hear slides. A film
    starts with its slide, where the program heeds the delay of zero (python-pptx, issue 427), else
    by a click.
    """
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    with Image.open(steps[0].still) as picture:
        across, down = picture.size
    width, height = Inches(HEIGHT * across / down), Inches(HEIGHT)
    deck.slide_width, deck.slide_height = width, height
    for step in steps:
        slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
        title = slide.shapes.title
        title.left, title.top, title.width, title.height = 0, 0, width, Inches(1)
        title.text_frame.text = step.note.title
        film = slide.shapes.add_movie(
            str(step.video), 0, 0, width, height, str(step.still), "video/mp4"
        )
        film.name = step.name
        film.element.nvPicPr.cNvPr.set("descr", step.captions or step.note.title)
        for condition in slide.element.xpath(".//p:video//p:cond"):
            condition.set("delay", "0")
        head = f"{step.note.title} · {step.note.minutes:g} min"
        notes = [head, *(f"{kind}: {text}" for kind, text in step.notes.items())]
        slide.notes_slide.notes_text_frame.text = "\n".join(notes)
    with written_whole(place) as temporary:
        deck.save(str(temporary))


def require_formulas(chapters: Iterable[Chapter]) -> None:
    """Set every formula of a lesson plan; an InputError names the section of one that is none."""
    import typst

    for chapter in chapters:
        formulas = {name: note.formula for name, note in chapter.notes.items() if note.formula}
        for section, formula in formulas.items():
            try:
                typst.compile(FORMULA, sys_inputs={"formula": formula})
            except RuntimeError as error:
                raise InputError(
                    f"a formula in Typst's notation in [{chapter.film}.{section}] of the plan",
                    f"{formula!r}, of which Typst says: {f'{error}'.splitlines()[0]}",
                    "Mend the plan; the film itself shows no formula of it.",
                ) from error


def write_handout(title: str, steps: Sequence[Step], place: Path) -> None:
    """Set picture, formula, words and question of each step, and room, by `page/handout.typ`."""
    import typst

    with scratch(place.parent) as folder:
        entries = []
        for number, step in enumerate(steps):
            shutil.copy(step.light, folder / f"{number}.png")
            words = {"chapter": step.chapter.title, "captions": step.captions}
            words |= {key: getattr(step.note, key) for key in ("title", "formula", "ask")}
            entries.append({**words, "still": f"{number}.png"})
        (folder / "steps.json").write_text(json.dumps({"title": title, "steps": entries}))
        shutil.copy(PAGE / "handout.typ", folder)
        pdf = typst.compile(folder / "handout.typ")
    write_whole(place, pdf)
