"""All steps as one HTML file, which plays from disk, without a request and without this package."""

import base64
import html
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ..files.storage import written_whole
from .steps import Step

PAGE = Path(__file__).with_name("page")
#: Quality of the stills in the deck, as JPEG.
QUALITY = 85


def write_deck(title: str, steps: Sequence[Step], place: Path) -> None:
    """Write the deck: the page, its script, what the steps are, and their videos.

    Raises:
        CacheError: the folder cannot be written.
    """
    page = (PAGE / "deck.html").read_text(encoding="utf-8")
    parts = {
        "title": html.escape(title),
        "background": background(steps[0].still),
        "style": (PAGE / "deck.css").read_text(encoding="utf-8"),
        "steps": as_script([entry(step) for step in steps]),
        "player": (PAGE / "player.js").read_text(encoding="utf-8"),
    }
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    head, tail = page.split("<!--films-->")
    with written_whole(place) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(head)
        for number, step in enumerate(steps):
            video = base64.b64encode(step.video.read_bytes()).decode()
            file.write(f'<script type="text/plain" id="film-{number}">{video}</script>\n')
        file.write(tail)


def entry(step: Step) -> dict[str, Any]:
    """What the player knows of a step."""
    note = step.note
    return {
        "name": step.name,
        "chapter": step.chapter.title,
        "title": note.title,
        "minutes": note.minutes,
        "notes": [{"kind": kind, "text": text} for kind, text in step.notes.items()],
        "cues": step.cues,
        "still": "data:image/jpeg;base64," + base64.b64encode(jpeg(step.still)).decode(),
    }


def as_script(value: object) -> str:
    r"""JSON that may stand in a script of a page, whatever words are in it.

    >>> as_script("</script>")
    '"\\u003c/script>"'
    """
    return json.dumps(value).replace("<", "\\u003c")


def background(still: Path) -> str:
    """The colour of a still's corner, as pages name it: around films of another format."""
    with Image.open(still) as picture:
        return "#" + bytes(picture.convert("RGB").crop((0, 0, 1, 1)).tobytes()).hex()


def jpeg(still: Path) -> bytes:
    """A still, smaller."""
    data = io.BytesIO()
    with Image.open(still) as picture:
        picture.convert("RGB").save(data, "JPEG", quality=QUALITY)
    return data.getvalue()
