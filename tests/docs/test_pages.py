"""What the pages say can be done: their Python runs, their commands are commands."""

import re
import shlex
from pathlib import Path

import pytest
import torch

import construction
from construction.commands.parser import parser
from construction.experiments.table import EXPERIMENTS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
PAGES = [page for page in PAGES if page.parent.name != "_figures"]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
#: Tested where they belong: on several processes, and in a folder with the files that it loads.
ELSEWHERE = {"many-machines.md", "README.md"}


def blocks(page: Path, language: str) -> list[str]:
    return [code for kind, code in FENCE.findall(page.read_text()) if kind == language]


def commands() -> list[tuple[str, list[str]]]:
    """Every line of a page that calls this package, with the page's name."""
    lines = [
        (page.name, line)
        for page in PAGES
        for block in blocks(page, "sh")
        for line in block.replace("\\\n", " ").splitlines()
    ]
    return [
        (name, shlex.split(line, comments=True))
        for name, line in lines
        if "python -m construction " in line
    ]


RUNNABLE = [page for page in PAGES if blocks(page, "python") and page.name not in ELSEWHERE]


@pytest.mark.slow
@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.stem)
def test_the_python_of_a_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with torch.random.fork_rng():
        exec("\n".join(blocks(page, "python")), {})


def test_there_are_pages_with_commands_and_with_python():
    assert len(commands()) > 20
    assert len(RUNNABLE) >= 6


@pytest.mark.parametrize(("page", "words"), commands(), ids=lambda part: str(part)[:60])
def test_a_command_is_one_and_names_what_there_is(page, words):
    arguments = words[words.index("construction") + 1 :]
    if arguments == ["--help"] or arguments[0] == "NAME":
        return
    options = parser().parse_args([one for one in arguments if one != "NAME..."])
    if options.command in ("run", "plot"):
        name = getattr(options, "name", None) or options.result
        assert name in EXPERIMENTS or name.endswith(".npz"), name
    if options.command == "render":
        films = {path.stem for path in (ROOT / "scenes").glob("*.py")}
        assert set(options.names) <= films


@pytest.mark.parametrize("name", construction.__all__)
def test_every_public_name_stands_in_the_api(name):
    api = (ROOT / "docs" / "reference" / "api.md").read_text()
    assert re.search(rf":: construction\.(errors|{name})$", api, flags=re.MULTILINE)


def test_every_film_and_every_shipped_record_has_its_place_in_the_gallery():
    gallery = (ROOT / "docs" / "gallery.md").read_text()
    sheets = {path.stem for path in (ROOT / "docs" / "films").glob("*.jpg")}
    assert set(re.findall(r"films/(\w+)\.jpg", gallery)) == sheets
    rendered = re.findall(r"^python -m construction render (\w+)$", gallery, re.MULTILINE)
    assert set(rendered) == sheets
    assert "_figures/all.md" in gallery, "which docs/conf.py writes from all shipped records"
