"""The page that lists what a lecture's folder holds, and captions in the format of browsers."""

import datetime
import html
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import srt

from ..files.storage import written_whole
from .steps import Step

PAGE = Path(__file__).with_name("page")


def write_contents(title: str, steps: Sequence[Step], folder: Path) -> None:
    """Write ``index.html`` of a lecture's folder: links to all that lies there, nothing else.

    Raises:
        CacheError: the folder cannot be written.
    """
    page = (PAGE / "contents.html").read_text(encoding="utf-8")
    minutes = sum(step.note.minutes for step in steps)
    chapters = (list(held) for _, held in groupby(steps, key=lambda step: step.chapter.film))
    parts = {
        "title": html.escape(title),
        "length": f"{minutes:g} minutes by the lesson plan",
        "chapters": "\n".join(_chapter(held, folder) for held in chapters),
    }
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    with written_whole(folder / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8")


def _chapter(steps: Sequence[Step], folder: Path) -> str:
    """The heading of a film, links to its files, and a line a step."""
    film = steps[0].chapter.film
    seconds = round(sum(step.seconds for step in steps))
    files = [f"films/{film}.{kind}" for kind in ("mp4", "srt", "vtt", "gif", "webm")]
    links = ", ".join(_link(place, place[6:]) for place in files if (folder / place).exists())
    lines = [
        f"<li>{_link(f'deck.html#{step.name}', step.note.title)} "
        f"<small>{step.note.minutes:g} min, film {step.seconds:.0f} s, "
        f"{_link(str(step.still.relative_to(folder).as_posix()), 'still')}</small></li>"
        for step in steps
    ]
    heading = f"<h2>{html.escape(steps[0].chapter.title)}</h2>"
    return f"{heading}\n<p>{links} <small>({seconds} s)</small></p>\n<ol>{''.join(lines)}</ol>"


def _link(place: str, text: str) -> str:
    """A link.

    >>> _link("a.mp4", "a & b")
    '<a href="a.mp4">a &amp; b</a>'
    """
    return f'<a href="{html.escape(place)}">{html.escape(text)}</a>'


def write_vtt(captions: Path) -> Path:
    """Write a film's captions, given as SubRip, as WebVTT beside them."""
    place = captions.with_suffix(".vtt")
    cues = [
        f"{stamp(one.start)} --> {stamp(one.end)}\n{html.escape(one.content, quote=False)}\n"
        for one in srt.parse(captions.read_text(encoding="utf-8"))
    ]
    with written_whole(place) as temporary:
        temporary.write_text("\n".join(["WEBVTT\n", *cues]), encoding="utf-8")
    return place


def stamp(time: datetime.timedelta) -> str:
    """A time as WebVTT has it.

    >>> stamp(datetime.timedelta(seconds=3725.5))
    '01:02:05.500'
    """
    return str(srt.timedelta_to_srt_timestamp(time)).replace(",", ".")
