"""The explorer's page: the files of ``page/`` in one, which needs no other and asks for none.

Its content policy allows the one style and the one script that stand in it, and no request.
"""

import base64
import hashlib
import re
from dataclasses import asdict
from pathlib import Path
from string import Template

from ..palette import DARK, LIGHT
from ..record.record import Record
from .content import content_of

FOLDER = Path(__file__).parent / "page"
#: In order: each uses those before it alone, `main` all.
SCRIPTS = (
    *("payload", "sheet", "targets", "path"),
    *("draw", "map", "space", "ray", "curves", "sample", "words", "main"),
)


def page_of(record: Record) -> str:
    """The whole page of a record, as HTML."""
    entries, numbers = content_of(record)
    style = f"{_colours()}\n{_file('style.css')}"
    script = "\n".join(['"use strict";', *(_stripped(_file(f"{name}.js")) for name in SCRIPTS)])
    digests = (hashlib.sha256(one.encode()).digest() for one in (style, script))
    known = [f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests]
    policy = (
        f"default-src 'none'; style-src {known[0]}; script-src {known[1]}; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(_file("index.html")).substitute(
        policy=policy, style=style, script=script, entries=entries, numbers=numbers
    )


def _stripped(script: str) -> str:
    """A script without lines of comment and without indentation, a fifth less."""
    comments = r"(?ms)^\s*(?:(?://[^\n]*|/\*\*.*?\*/)\s*)*"
    return re.sub(comments, "", script).rstrip()


def _colours() -> str:
    """The colours of both themes, as the browser's system has it."""
    light, dark = (
        " ".join(f"--{role}: {colour};" for role, colour in asdict(theme).items())
        for theme in (LIGHT, DARK)
    )
    return (
        f":root {{ color-scheme: light dark; {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    )


def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
