"""All steps as a PPTX: a film a slide, with its last picture as poster, and the notes below it."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ..files.storage import written_whole
from .steps import Step

#: Height of a slide in inches.
HEIGHT = 7.5
#: The layout of python-pptx's own template that has a title alone.
TITLE_ONLY = 5


def write_slides(steps: Sequence[Step], place: Path) -> None:
    """Write the slides, of the same format as the films.

    The title of a slide lies behind its film, for outlines and for those who hear slides. A film
    starts with its slide, where the program heeds the delay of zero (python-pptx, issue 427), else
    by a click.

    Raises:
        CacheError: the folder cannot be written.
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
        slide.notes_slide.notes_text_frame.text = spoken(step)
    with written_whole(place) as temporary:
        deck.save(str(temporary))


def spoken(step: Step) -> str:
    """The notes of a step as plain text, a paragraph each."""
    head = f"{step.note.title} · {step.note.minutes:g} min"
    return "\n".join([head, *(f"{kind}: {text}" for kind, text in step.notes.items())])
