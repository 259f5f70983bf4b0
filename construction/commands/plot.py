"""``plot``: a figure of a saved result, or of a named run, and its caption. Needs no torch."""

from __future__ import annotations

import os
from argparse import Namespace
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..errors import InputError, RecordError
from ..experiments.kept import from_file, result_of
from ..experiments.table import EXPERIMENTS, Kind, kind_of, kind_of_findings, named
from ..files.archive import AGAIN
from ..files.reading import reading
from ..files.storage import ensure_folder, written_whole
from ..record.record import Record
from . import Exit
from .outputs import require_places

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..experiments.kept import Result

#: Dots an inch of a .png.
DOTS_AN_INCH = 300
#: What each kind of file must not say, for the same result to give the same bytes.
SILENT: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "ModDate": None},
    ".svg": {"Date": None},
    ".png": {"Software": None},
}


def execute(options: Namespace) -> Exit:
    """Draw the figure, write its caption beside it or below it, and say which files were written.

    Raises:
        ConstructionError: no such result, route or profile, or a figure that cannot be written.
    """
    if find_spec("matplotlib") is None:
        raise InputError(
            "matplotlib, which draws figures", "that it is missing", "pip install matplotlib."
        )
    asked = Path(options.result)
    reads: AbstractContextManager[None] = nullcontext()
    if options.result in EXPERIMENTS and not os.path.exists(asked):
        if kind_of(named(options.result)).result is not Record:
            _figure_module(kind_of(named(options.result)), options.result)
        result = result_of(options.result)
    else:
        result = from_file(asked)
        reads = reading(f"a record that can be drawn at {asked}", RecordError, AGAIN)
    place = options.out or Path(f"{asked.stem}.pdf")
    beside = place.with_suffix(".txt")
    require_places({"--out": place}, [asked], tuple(SILENT))
    if not options.caption:
        require_places({"the caption's": beside}, [asked], (".txt",))
        if beside.exists() and not place.exists():  # of an earlier plot both are there
            raise InputError(
                f"no {beside} yet, or one beside {place}",
                "a text that is no caption of an earlier plot",
                "It would be lost: name another --out, or put the caption below with --caption.",
            )
    with reads:
        figure, caption = _drawn(result, options)
    if options.caption:
        from ..draw.figure import add_caption

        add_caption(figure, caption)
    print(save(figure, place))
    if not options.caption:
        with written_whole(beside) as temporary:
            temporary.write_text(f"{caption}\n", encoding="utf-8")
        print(beside)
    return Exit.DONE


def save(figure: Figure, path: Path) -> Path:
    """Write a figure whole, as its ending says; the same figure gives the same bytes.

    Raises:
        InputError: another ending than .pdf, .svg or .png.
        CacheError: the folder cannot be written.
    """
    from ..draw.figure import settled

    kind = path.suffix.lower()
    if kind not in SILENT:
        raise InputError(
            "a figure as .pdf, .svg or .png", repr(str(path)), "Choose one of the endings."
        )
    ensure_folder(path.parent)
    with settled(), written_whole(path) as temporary:
        figure.savefig(temporary, format=kind[1:], metadata=SILENT[kind], dpi=DOTS_AN_INCH)
    return path


def _figure_module(kind: Kind, name: str) -> ModuleType:
    """The module that draws what runs of a kind find."""
    if kind.figure is None:
        raise InputError("a run that has a figure", repr(name), "`list` shows the others.")
    return kind.figure


def _drawn(result: Result, options: Namespace) -> tuple[Figure, str]:
    """The figure of a result, and its caption."""
    page = {"theme": options.theme, "width": options.width}
    if isinstance(result, Record):
        from ..experiments.path import words

        shown = {"route": options.route, "profiles": options.profile}
        drawn = result.plot(**shown, **page, linear=options.linear)
        return drawn, words.caption(result, **shown)
    kind, name = kind_of_findings(result), str(result.manifest.get("name", options.result))
    refused = [flag for flag in ("route", "profile", "linear") if getattr(options, flag)]
    if refused:
        raise InputError(
            f"--{refused[0]} for a record of constructed paths",
            f"the {'run' if 'name' in result.manifest else 'record'} {name!r}",
            "Leave it out.",
        )
    module = _figure_module(kind, name)
    caption = f"{result.manifest['title']}. {module.caption(result)}"
    return module.draw(result, **page), caption
