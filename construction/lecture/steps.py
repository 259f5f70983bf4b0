"""The sections of rendered films as the steps of a lecture."""

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import srt
from PIL import Image

from ..files.storage import ensure_folder, write_whole
from .plan import Chapter, Note

#: Captions begin with a section, or, as times of films are rounded to frames, so much before it.
EARLY = 0.05


@dataclass(frozen=True)
class Step:
    """A section of a film, and what is said of it.

    Attributes:
        chapter: of the lesson plan; `section`, its name, and `note`.
        video: of the section alone; `still`, its last picture, as PNG; `light`, the same for print.
        seconds: that the video lasts.
        cues: captions, from and to which second of the video each is shown.
    """

    chapter: Chapter
    section: str
    note: Note
    video: Path
    still: Path
    light: Path
    seconds: float
    cues: tuple[tuple[float, float, str], ...]

    @property
    def name(self) -> str:
        """Of the step, unique: FILM.SECTION."""
        return f"{self.chapter.film}.{self.section}"

    @property
    def captions(self) -> str:
        """All of them, one after the other, each once."""
        return " ".join(dict.fromkeys(text for _, _, text in self.cues))

    @property
    def notes(self) -> dict[str, str]:
        """What the lecturer reads, by its kind; only what there is."""
        said = {
            "Say": self.note.say,
            "Here": self.note.seen,
            "Ask": self.note.ask,
            "Answer": self.note.answer,
            "Goes wrong": self.note.wrong,
            "Captions": self.captions,
        }
        return {kind: text for kind, text in said.items() if text}


def steps_of(chapter: Chapter, films: Path, stills: Path) -> Iterator[Step]:
    """The steps of a chapter, of its film in `films`; their last pictures go to `stills`.

    Errors are those of `Chapter.require`.
    """
    index, captions = films / chapter.film / f"{chapter.film}.json", films / f"{chapter.film}.srt"
    words = list(srt.parse(captions.read_text(encoding="utf-8"))) if captions.exists() else []
    ensure_folder(stills)
    clock, entries = 0.0, json.loads(index.read_text(encoding="utf-8"))
    chapter.require([entry["name"] for entry in entries])
    for number, entry in enumerate(entries, start=1):
        section, seconds = entry["name"], float(entry["duration"])
        video = index.parent / entry["video"]
        still = stills / f"{chapter.film}-{number}-{section}.png"
        write_still(video, still)
        light = index.parent / f"{section}.png"
        light = light if light.exists() else still
        spans = [(one.start.total_seconds(), one.end.total_seconds(), one) for one in words]
        cues = tuple(
            (max(0.0, start - clock), min(seconds, stop - clock), " ".join(one.content.split()))
            for start, stop, one in spans
            if -EARLY <= start - clock < seconds - EARLY
        )
        yield Step(chapter, section, chapter.note(section), video, still, light, seconds, cues)
        clock += seconds


def write_vtt(captions: Path) -> Path:
    """Write a film's captions, given as SubRip, as WebVTT beside them."""
    blocks = ["WEBVTT\n"]
    for one in srt.parse(captions.read_text(encoding="utf-8")):
        start, stop = (
            srt.timedelta_to_srt_timestamp(at).replace(",", ".") for at in (one.start, one.end)
        )
        blocks.append(f"{start} --> {stop}\n{html.escape(one.content, quote=False)}\n")
    place = captions.with_suffix(".vtt")
    write_whole(place, "\n".join(blocks))
    return place


def write_still(video: Path, place: Path) -> None:
    """Write the last picture of a video, unless it is there and younger."""
    if place.exists() and place.stat().st_mtime >= video.stat().st_mtime:
        return
    import av

    with av.open(str(video)) as film:
        stream = film.streams.video[0]
        film.seek(stream.duration or 0, stream=stream)  # to the last frame that stands alone
        for frame in film.decode(stream):
            last = frame
    Image.fromarray(last.to_ndarray(format="rgb24")).save(place)
