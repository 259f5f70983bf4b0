"""The house as it stands: floors, no circles, nothing named by a string, the drawing current."""

import ast
from pathlib import Path

import pytest

from . import floors
from .floors import ROOT, Import

#: Where a module may be loaded by a name that is made at run time: the command asked for, an
#: experiment's own folder, code of the user's, and films, which lie elsewhere when installed.
BY_NAME = {
    "construction/__main__.py",
    "construction/commands/render.py",
    "construction/experiments/table.py",
    "construction/files/user_code.py",
}

FOUND = floors.imports()


def test_each_floor_imports_only_from_floors_above_it():
    broken = [f"{one}: {rule}" for one in FOUND if (rule := floors.broken_rule(one))]
    assert not broken, "\n".join(["", *broken])


def test_no_files_import_each_other_in_a_circle():
    assert not floors.circle(floors.edges(FOUND))


def test_every_floor_has_somebody_who_imports_it():
    used = {floors.room(one.imported) for one in FOUND}
    assert set(floors.LEVELS) - used <= {"__main__", "symbolic", "search"}


def test_no_module_is_named_by_a_string():
    calls = {"import_module", "__import__"}
    named = set()
    for path in (ROOT / "construction").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in calls:
                named.add(str(path.relative_to(ROOT)))
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in calls:
                named.add(str(path.relative_to(ROOT)))
    assert named == BY_NAME


def test_the_drawing_in_docs_is_that_of_the_imports():
    assert floors.DRAWING.read_text() == floors.drawing(FOUND), "run: python -m tests.floors"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A package of two floors and two experiments."""
    for folder in ("sheet", "solve", "recheck", "experiments/path", "experiments/sweep"):
        (tmp_path / "construction" / folder).mkdir(parents=True)
        (tmp_path / "construction" / folder / "a.py").write_text("")
    return tmp_path


def broken(house: Path, file: str, code: str) -> list[str]:
    (house / "construction" / file).write_text(code)
    return [f"{one}: {rule}" for one in floors.imports(house) if (rule := floors.broken_rule(one))]


def test_an_import_from_a_floor_above_is_right(house):
    assert not broken(house, "solve/a.py", "from ..sheet.a import x\nfrom ..sheet import a\n")


@pytest.mark.parametrize(
    "code",
    [
        "from ..solve.a import x",
        "from ..solve import a",
        "from construction.solve import a",
        "import construction.solve.a as other",
        "def lazily():\n    from ..solve import a",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..solve.a import X",
    ],
)
def test_an_arrow_up_is_told_with_file_line_and_rule(house, code):
    (line,) = broken(house, "sheet/a.py", code)
    number = len(code.splitlines())
    assert line == (
        f"construction/sheet/a.py:{number}: construction.solve.a: "
        "sheet imports only from floors above it, which solve is not"
    )


def test_two_rooms_of_one_floor_and_recheck_stand_apart(house):
    (house / "construction" / "proof").mkdir()
    (house / "construction" / "check").mkdir()
    (house / "construction" / "proof" / "a.py").write_text("")
    (line,) = broken(house, "check/a.py", "from ..proof import a")
    assert "check imports only from floors above it, which proof is not" in line
    (house / "construction" / "check" / "a.py").write_text("")
    (line,) = broken(house, "recheck/a.py", "from ..sheet import a")
    assert "recheck stands apart" in line


def test_a_folder_without_a_floor_is_told(house):
    (house / "construction" / "attic").mkdir()
    (line,) = broken(house, "attic/a.py", "from ..sheet import a")
    assert "attic has no floor" in line


def test_an_experiment_does_not_import_another_that_it_does_not_build_on(house):
    (line,) = broken(house, "experiments/path/a.py", "from ..sweep.a import x")
    assert "the experiment path does not build on sweep" in line


def test_a_circle_of_files_is_found_across_a_lazy_import(house):
    sheet = house / "construction" / "sheet"
    (sheet / "a.py").write_text("from .b import x")
    (sheet / "b.py").write_text("def lazily():\n    from .a import y")
    found = floors.edges(floors.imports(house))
    assert floors.circle(found) == [f"construction.sheet.{x}" for x in "aba"]
    back = Import(Path("construction/sheet/b.py"), 2, *(f"construction.sheet.{x}" for x in "ba"))
    assert back in floors.imports(house)


def test_the_longest_chain_of_imports_goes_down_the_floors():
    chain = floors.longest_chain(floors.edges(FOUND))
    levels = [floors.LEVELS.get(floors.room(module), len(floors.FLOORS)) for module in chain]
    assert levels == sorted(levels, reverse=True)
