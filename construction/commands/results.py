"""``list`` and ``run``: the named runs. ``plot`` and ``explore``: a result as a figure or a page.

Only ``run`` needs torch.
"""

import os
import sys
import webbrowser
from argparse import Namespace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, RecordError, reading
from ..experiments.kept import Result, from_file, record_path, result_of, result_path
from ..experiments.table import EXPERIMENTS, kind_of_findings
from ..files.storage import ensure_folder, write_whole
from ..record.record import Record
from . import Exit
from .outputs import require_places

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The remedy where a sound file cannot be shown.
ANEW = "Make it anew with this version; if that is refused too, the package is at fault: report it."
#: What each kind of file says of itself, no dates, for the same result to give the same bytes.
SILENT: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "ModDate": None, "Keywords": "construction"},
    ".svg": {"Date": None},
    ".png": {"Software": None},
}


def execute(options: Namespace) -> Exit:
    """List the runs, compute one, draw a result, or write its page; say what there is now."""
    if options.command == "list":
        _list()
    elif options.command == "run":
        from ..experiments.run import run

        run(options.name, fresh=options.fresh, device=options.device, part=options.part)
    else:
        _show(options)
    return Exit.DONE


def _list() -> None:
    """Print a line a run: how long it takes, on what data, and what exists."""
    width = max(map(len, EXPERIMENTS))
    for name, settings in EXPERIMENTS.items():
        notes = [f"takes {settings.takes}", f"on {', '.join(settings.data_sets)}"]
        place = result_path(name)
        made = "computed" if place == record_path(name) else "shipped"
        notes.append("not computed" if place is None else f"{made}: {place}")
        print(f"{name:{width}}  {settings.title}  ({'; '.join(notes)})")


def _show(options: Namespace) -> None:
    asked = Path(options.result)
    named = options.result in EXPERIMENTS and not os.path.exists(asked)
    result = result_of(options.result) if named else from_file(asked)
    (_plot if options.command == "plot" else _explore)(result, asked, options)


def _plot(result: Result, asked: Path, options: Namespace) -> None:
    """Write the figure, and its caption beside it or below it."""
    place = options.out or _unnamed(asked, ".pdf", "/Keywords (construction)")
    words = None if options.caption else place.with_suffix(".txt")
    require_places([asked], {"--out": (place, " ".join(SILENT)), "the caption's": (words, ".txt")})
    # of an earlier plot both are there, and a caption is one line
    if words and words.exists() and not (place.exists() and b"\n" not in words.read_bytes()[:-1]):
        raise InputError(
            f"no {words} yet, or one beside {place}",
            "a text that is no caption of an earlier plot",
            "It would be lost: name another --out, or put the caption below with --caption.",
        )
    with reading(f"a record that can be drawn at {asked}", RecordError, ANEW):
        figure, caption = _drawn(result, options)
    if words is None:
        from ..draw.figure import add_caption

        add_caption(figure, caption)
    print(save(figure, place))
    if words is not None:
        print(write_whole(words, f"{caption}\n"))


def _explore(result: Result, asked: Path, options: Namespace) -> None:
    from ..explore.page import page_of

    if not isinstance(result, Record):
        raise RecordError(
            "a record of constructed paths",
            f"what was measured of {result.manifest.get('name', asked.name)!r}, which has no sheet",
            f"`python -m construction plot {options.result}` draws it.",
        )
    place = options.out or _unnamed(asked, ".html", "<title>One number c at every λ</title>")
    require_places([asked], {"--out": (place, ".html")})
    with reading(f"a record that can be explored at {asked}", RecordError, ANEW):
        page = page_of(result)
    print(write_whole(place, page))
    if options.open and not webbrowser.open(place.resolve().as_uri()):
        print("construction: no browser was found here; any opens the page.", file=sys.stderr)


def _unnamed(asked: Path, ending: str, sign: str) -> Path:
    """RESULT with this ending; an InputError where a file lies there that lacks a sign of ours."""
    place = Path(f"{asked.stem}{ending}")
    if place.is_file() and not (os.access(place, os.R_OK) and sign.encode() in place.read_bytes()):
        raise InputError("--out FILE", f"none, and another's {place}", "Name it, or another file.")
    return place


def save(figure: "Figure", path: Path) -> Path:
    """Write a figure, by its ending in `SILENT`, always to the same bytes; else a CacheError."""
    from ..draw.figure import settled

    kind, content = path.suffix.lower(), BytesIO()  # a file that fails breaks what writes a .pdf
    with settled():
        figure.savefig(content, format=kind[1:], metadata=SILENT[kind], dpi=300)
    return write_whole(ensure_folder(path.parent) / path.name, content.getvalue())


def _drawn(result: Result, options: Namespace) -> tuple["Figure", str]:
    """The figure of a result, and its caption."""
    page = {"theme": options.theme, "width": options.width}
    if isinstance(result, Record):
        from ..experiments.path import words

        shown = {"route": options.route, "profiles": options.profile}
        drawn = result.plot(**shown, **page, linear=options.linear)
        return drawn, words.caption(result, **shown)
    kind, name = kind_of_findings(result), result.manifest.get("name", options.result)
    refused = [flag for flag in ("route", "profile", "linear") if getattr(options, flag)]
    if refused:
        raise InputError(
            f"--{refused[0]} for a record of constructed paths",
            f"findings, {name!r}",
            "Leave it out.",
        )
    caption = result.manifest.get("caption") or kind.words.finding(result)
    return kind.figure.draw(result, **page), f"{result.manifest['title']}. {caption}"
