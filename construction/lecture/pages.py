"""All steps as one HTML file that plays from disk, without a request; and the page of contents."""

import base64
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Any

from PIL import Image

from ..explore.page import page_of
from ..files.storage import ensure_folder, write_whole, written_whole
from ..record.record import Record
from .steps import Step

PAGE = Path(__file__).with_name("page")
#: Quality of the stills in the deck, as JPEG.
QUALITY = 85
#: The students' exercises: of a checkout, or as installed (`setup.py`).
CHECKOUT = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = CHECKOUT if CHECKOUT.is_dir() else Path(__file__).with_name("notebooks")


def write_deck(title: str, steps: Sequence[Step], place: Path) -> None:
    """Write the deck: the page, its script, what the steps are, and their videos."""
    with Image.open(steps[0].still) as picture:  # the corner's colour, around films
        corner = picture.convert("RGB").crop((0, 0, 1, 1)).tobytes()
    known = json.dumps([entry(step) for step in steps])
    parts = {
        "title": escape(title),
        "background": f"#{corner.hex()}",
        "style": _file("deck.css"),
        "steps": known.replace("<", "\\u003c"),  # no word of it ends the script
        "player": _file("player.js"),
    }
    head, tail = Template(_file("deck.html")).substitute(parts).split("<!--films-->")
    with written_whole(place) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(head)
        for number, step in enumerate(steps):
            video = base64.b64encode(step.video.read_bytes()).decode()
            file.write(f'<script type="text/plain" id="film-{number}">{video}</script>\n')
        file.write(tail)


def entry(step: Step) -> dict[str, Any]:
    """What the player knows of a step; its still smaller, as JPEG."""
    note, jpeg = step.note, io.BytesIO()
    with Image.open(step.still) as picture:
        picture.convert("RGB").save(jpeg, "JPEG", quality=QUALITY)
    return {
        "name": step.name,
        "chapter": step.chapter.title,
        "title": note.title,
        "minutes": note.minutes,
        "notes": [{"kind": kind, "text": text} for kind, text in step.notes.items()],
        "cues": step.cues,
        "still": "data:image/jpeg;base64," + base64.b64encode(jpeg.getvalue()).decode(),
    }


def write_contents(
    title: str, steps: Sequence[Step], folder: Path, records: Mapping[str, Record]
) -> Path:
    """Write ``index.html`` of a lecture's folder, explorers of its records, and the notebooks.

    The page links to all that lies there, and to nothing else.
    """
    explorers = []
    for name, record in records.items():
        place = folder / f"explorer-{name}.html"
        write_whole(place, page_of(record))
        explorers.append(_link(place.name, f"The explorer of {name}"))
    notebooks = _notebooks(folder / "notebooks")
    minutes = sum(step.note.minutes for step in steps)
    chapters = (list(held) for _, held in groupby(steps, key=lambda step: step.chapter.film))
    parts = {
        "title": escape(title),
        "length": f"{minutes:g} minutes by the lesson plan",
        "explorers": "".join(f"<li>{link}: move λ, c and the target.</li>" for link in explorers),
        "notebooks": ", ".join(_link(f"notebooks/{one.name}", one.stem) for one in notebooks),
        "chapters": "\n".join(_chapter(held, folder) for held in chapters),
    }
    write_whole(folder / "index.html", Template(_file("contents.html")).substitute(parts))
    return folder / "index.html"


def _notebooks(folder: Path) -> list[Path]:
    """All notebooks of the folder; those that lie there stay, as answers may stand in them."""
    ensure_folder(folder)
    for place in NOTEBOOKS.glob("[!.]*.ipynb"):
        if not (folder / place.name).exists():
            with written_whole(folder / place.name) as temporary:
                shutil.copyfile(place, temporary)
    return sorted(folder.glob("*.ipynb"))


def _chapter(steps: Sequence[Step], folder: Path) -> str:
    """The heading of a film, links to its files, and a line a step."""
    film = steps[0].chapter.film
    seconds = round(sum(step.seconds for step in steps))
    files = [f"films/{film}.{kind}" for kind in ("mp4", "srt", "vtt", "gif", "webm")]
    links = ", ".join(_link(place, place[6:]) for place in files if (folder / place).exists())
    lines = [
        f"<li>{_link(f'deck.html#{step.name}', step.note.title)} "
        f"<small>{step.note.minutes:g} min, film {step.seconds:.0f} s, "
        f"{_link(step.still.relative_to(folder).as_posix(), 'still')}</small></li>"
        for step in steps
    ]
    heading = f"<h2>{escape(steps[0].chapter.title)}</h2>"
    return f"{heading}\n<p>{links} <small>({seconds} s)</small></p>\n<ol>{''.join(lines)}</ol>"


def _link(place: str, text: str) -> str:
    return f'<a href="{escape(place)}">{escape(text)}</a>'


def _file(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")
