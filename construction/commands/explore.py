"""``explore``: a record as a page in which lambda, c and the target are moved. Needs no torch."""

import os
import sys
import webbrowser
from argparse import Namespace
from pathlib import Path

from ..errors import RecordError
from ..experiments.kept import from_file, result_of
from ..experiments.table import EXPERIMENTS
from ..explore.page import page_of
from ..files.archive import AGAIN
from ..files.reading import reading
from ..files.storage import written_whole
from ..record.record import Record
from . import Exit
from .outputs import require_places


def execute(options: Namespace) -> Exit:
    """Write the page, say where, and open it.

    Raises:
        ConstructionError: no such record, or a page that cannot be written.
    """
    asked = Path(options.record)
    named = options.record in EXPERIMENTS and not os.path.exists(asked)
    record = result_of(options.record) if named else from_file(asked)
    if not isinstance(record, Record):
        raise RecordError(
            "a record of constructed paths",
            f"what the run {record.manifest['name']!r} measured, which has no sheet",
            f"`python -m construction plot {options.record}` draws it.",
        )
    place = options.out or Path(f"{asked.stem}.html")
    require_places({"--out": place}, [asked], (".html",))
    with reading(f"a record that can be explored at {asked}", RecordError, AGAIN):
        page = page_of(record)
    with written_whole(place) as temporary:
        temporary.write_text(page, encoding="utf-8")
    print(place)
    if options.open and not webbrowser.open(place.resolve().as_uri()):
        print("construction: no browser was found here; any opens the page.", file=sys.stderr)
    return Exit.DONE
