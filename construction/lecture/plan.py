"""The lesson plan: what is told, asked and got wrong at each section of each film.

A plan is a TOML file; `OWN` is the package's, of one hour, and says what stands in one.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError
from ..files.storage import reading
from ..record.findings import restored

#: The lesson plan of one hour.
OWN = Path(__file__).with_name("plan.toml")


@dataclass(frozen=True)
class Note:
    """Of one section.

    Attributes:
        title: of the step.
        minutes: that it takes, questions included.
        say: what to tell; `wrong`, where the class goes wrong.
        ask: a question for the class; `answer`, to it.
        formula: in Typst's notation.
    """

    title: str
    minutes: float
    say: str
    ask: str = ""
    answer: str = ""
    wrong: str = ""
    formula: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.minutes < math.inf:
            raise ValueError(f"minutes = {self.minutes}")


@dataclass(frozen=True)
class Chapter:
    """A film in a lesson plan.

    Attributes:
        film: its name.
        title: of the chapter.
        run: the named run that the film tells by default.
        notes: by section, in their order.
    """

    film: str
    title: str
    run: str
    notes: Mapping[str, Note]

    def note(self, section: str) -> Note:
        """Of a section; one without words where the plan has none, as of a record's own route."""
        return self.notes.get(section) or Note(section.replace("-", " ").capitalize(), 0, "")


class Plan(NamedTuple):
    """A lesson plan: the title of the lecture, and its chapters in their order."""

    title: str
    chapters: list[Chapter]


def read_plan(place: Path = OWN) -> Plan:
    """Read a lesson plan.

    Raises:
        InputError: no such file, not TOML, nothing in it, or an entry not as it should be.

    >>> [chapter.film for chapter in read_plan().chapters][:3]
    ['path', 'ray', 'sheet']
    """
    with reading(f"a lesson plan in TOML at {place}", InputError, f"Copy {OWN}, and change it."):
        entries = tomllib.loads(place.read_text(encoding="utf-8"))
    title = str(entries.pop("title", place.stem))
    if not entries:
        raise InputError("a lesson plan with films", f"none in {place}", f"Copy some of {OWN}.")
    return Plan(title, [_chapter(film, entry) for film, entry in entries.items()])


def _chapter(film: str, entry: Any) -> Chapter:
    remedy = f"{OWN} shows how they are written."
    table = entry if isinstance(entry, dict) else {film: entry}
    notes = {}
    for name, section in table.items():
        if isinstance(section, dict):
            kinds = ", ".join(one.name for one in fields(Note))
            with reading(f"words among {kinds} in [{film}.{name}] of the plan", InputError, remedy):
                notes[name] = restored(Note, section)
    own = {name: value for name, value in table.items() if name not in notes}
    with reading(f"title and run in [{film}] of the plan", InputError, remedy):
        chapter: Chapter = restored(Chapter, own, film=film, notes=notes)
    return chapter
