"""The lesson plan: what is told, asked and got wrong at each section of each film.

A plan is a TOML file; `OWN` is the package's, of one hour, and says what stands in one.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError
from ..experiments.kept import from_file, result_path
from ..experiments.table import EXPERIMENTS, kind_of, named

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
    minutes: float = 0
    say: str = ""
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
        work: processor seconds that it takes at 1280 x 720 and 30 frames a second.
        notes: by section, in their order.
    """

    film: str
    title: str
    run: str
    work: float
    notes: Mapping[str, Note]

    def note(self, section: str) -> Note:
        """Of a section; one without words where the plan has none, as of a record's own route."""
        return self.notes.get(section) or Note(section.replace("-", " ").capitalize())


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
    try:
        entries = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"a lesson plan in TOML at {place}", f"{error}", f"Copy {OWN}, and change the copy."
        ) from error
    title = str(entries.pop("title", place.stem))
    if not entries:
        raise InputError("a lesson plan with films", f"none in {place}", f"Copy some of {OWN}.")
    return Plan(title, [_chapter(film, entry) for film, entry in entries.items()])


def record_of(run: str) -> Path | None:
    """The file that films of a named run, or of a record's file, are told from; None if nowhere.

    Raises:
        InputError: neither a file nor the name of a run.
    """
    return Path(run) if _is_file(run) else result_path(run)


def tellable(run: str, chapters: list[Chapter]) -> list[Chapter]:
    """The chapters whose films can tell this run, a named one or a record's file.

    Raises:
        InputError: none can; or neither a file nor the name of a run.
        RecordError: the file is missing, damaged, or no record.
    """
    name = run
    if _is_file(run):  # one of the user's own is of constructed paths, as is the default run
        name = from_file(Path(run)).manifest.get("name", "")
        name = name if name in EXPERIMENTS else next(iter(EXPERIMENTS))
    kind = kind_of(named(name))
    found = [one for one in chapters if kind_of(named(one.run)) is kind]
    if not found:
        raise InputError(
            "a run that a film of the lesson plan can tell",
            f"{run!r}, which none can",
            "`python -m construction plot` draws it.",
        )
    return found


def _is_file(run: str) -> bool:
    return run.endswith(".npz") or Path(run).is_file()


def _chapter(film: str, entry: Any) -> Chapter:
    table = entry if isinstance(entry, dict) else {film: entry}
    own = {name: value for name, value in table.items() if not isinstance(value, dict)}
    sections = {name: value for name, value in table.items() if isinstance(value, dict)}
    found = _checked({"title": str, "run": str, "work": float}, own, f"[{film}]")
    kinds = {one.name: one.type for one in fields(Note)}
    required = {"title", "minutes", "say"}
    notes = {
        name: Note(**_checked(kinds, value, f"[{film}.{name}]", required))
        for name, value in sections.items()
    }
    return Chapter(film=film, notes=notes, **found)


def _checked(
    kinds: Mapping[str, Any], entry: Mapping[str, Any], where: str, required: set[str] | None = None
) -> dict[str, Any]:
    """The values of a table, each of its kind."""
    missing = [name for name in required or set(kinds) if name not in entry]
    if missing:
        raise InputError(
            f"{', '.join(sorted(missing))} in {where} of the lesson plan", "none", "Add it."
        )
    for name, value in entry.items():
        kind = (int, float) if kinds.get(name) is float else kinds.get(name)
        if kind is None or not isinstance(value, kind) or (kind is not str and value < 0):
            raise InputError(
                f"words and numbers among {', '.join(kinds)} in {where} of the lesson plan",
                f"{name} = {value!r}",
                f"{OWN} shows how they are written.",
            )
    return dict(entry)
