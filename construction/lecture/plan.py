"""The lesson plan: what is told, asked and got wrong at each section of each film.

A plan is a TOML file; `OWN` is the package's, of one hour, and says what stands in one.
"""

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError, reading

#: The lesson plan of one hour.
OWN = Path(__file__).with_name("plan.toml")
REMEDY = f"{OWN} shows how they are written."


@dataclass(frozen=True)
class Note:
    """Of one section.

    Attributes:
        title: of the step.
        minutes: that it takes, questions included.
        say: what to tell of any record; `seen`, what that of the chapter's run shows.
        ask: a question for the class; `answer`, to it; `wrong`, where the class goes wrong.
        formula: in Typst's notation.
    """

    title: str
    minutes: float
    say: str
    seen: str = ""
    ask: str = ""
    answer: str = ""
    wrong: str = ""
    formula: str = ""


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

    def telling(self, run: str | None) -> "Chapter":
        """The chapter with another run, of which nobody has said what is seen."""
        if run in (None, self.run):
            return self
        notes = {section: replace(note, seen="") for section, note in self.notes.items()}
        return replace(self, run=run, notes=notes)

    def require(self, sections: Collection[str] = ()) -> None:
        """Refuse by an InputError notes of sections that neither the film nor the own plan has.

        Args:
            sections: those of the rendered film; before that, they are known of the own plan's run.
        """
        own = next((one for one in read_plan().chapters if one.film == self.film), self)
        known = dict.fromkeys([*sections, *own.notes])
        wrong = [section for section in self.notes if section not in known]
        if wrong and (sections or own.run == self.run):
            raise InputError(
                f"sections of the film {self.film!r} among {', '.join(known)}",
                f"[{self.film}.{wrong[0]}] in the plan",
                "Its note would be shown nowhere.",
            )


class Plan(NamedTuple):
    """A lesson plan: the title of the lecture, and its chapters in their order."""

    title: str
    chapters: list[Chapter]


def read_plan(place: Path = OWN) -> Plan:
    """Read a lesson plan; an InputError if there is none, it is no TOML, empty, or has a bad entry.

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
    table = entry if isinstance(entry, dict) else {film: entry}
    sections = {name: value for name, value in table.items() if isinstance(value, dict)}
    notes = {name: _made(Note, f"{film}.{name}", value) for name, value in sections.items()}
    own = {name: value for name, value in table.items() if name not in sections}
    chapter: Chapter = _made(Chapter, film, own, film=film, notes=notes)
    return chapter


def _made(kind: Any, place: str, entries: Mapping[str, Any], **others: Any) -> Any:
    """A `Note` or `Chapter` of the entries of a table."""
    known = {one.name: one for one in fields(kind) if one.name not in others}
    faults = [
        f"no {name}"
        for name, one in known.items()
        if name not in entries and one.default is MISSING
    ]
    for name, value in entries.items():
        number = type(value) in (int, float) and 0 <= value < math.inf
        if name not in known or not (number if name == "minutes" else isinstance(value, str)):
            faults.append(f"{name} = {value!r}")
    if faults:
        kinds = ", ".join(known).replace("minutes", "minutes (a number from 0 on)")
        raise InputError(f"{kinds} in [{place}] of the plan, as words", faults[0], REMEDY)
    return kind(**entries, **others)
