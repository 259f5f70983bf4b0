"""Every file and every dotted name that a page or a docstring speaks of is there."""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks/RESULTS.md"])
SOURCES = sorted(
    path
    for folder in ("construction", "scenes", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)
DOTTED = re.compile(r"(?<![\w./-])(?:construction|benchmarks|scenes)(?:\.[A-Za-z_]\w*)+(?!\w*[/(])")
FILE = re.compile(r"(?<![\w./-])(?:construction|tests|scenes|benchmarks|docs)/[\w./-]+\.\w+")
#: An experiment to be added, and the films of an installed package.
EXAMPLES = {"construction.experiments.shares", "construction.films"}


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, or what one has, as deep as it goes."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            if not hasattr(found, attribute) and attribute not in annotated(found):
                return False
            found = getattr(found, attribute, None)
        return True
    return False


def annotated(owner: object) -> dict[str, object]:
    """Fields of a class that have no value of their own."""
    return getattr(owner, "__annotations__", {})


@pytest.mark.parametrize("page", [*PAGES, *SOURCES], ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_named_is_there(page):
    text = page.read_text()
    if page in PAGES and page.name == "CHANGELOG.md":
        text = text.split("## 0.3.0")[0]  # earlier versions had other names
    missing = [name for name in {*DOTTED.findall(text)} - EXAMPLES if not resolves(name)]
    missing += [name for name in {*FILE.findall(text)} if not (ROOT / name).exists()]
    assert not missing
