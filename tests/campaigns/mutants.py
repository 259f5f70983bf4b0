"""Do the tests notice a fault? ``python -m tests.campaigns.mutants sheet condition --count 150``.

Cosmic Ray's operators (``pip install 'construction[mutants]'``) alter a floor at one place: another
operator, another number, a comparison turned round, a loop that does not run, a decorator removed.
Seeded mutants are drawn from all there are, annotations left out. Each is written into a copy of
the working tree, where those tests of the floor run that call the altered function, the quickest
first and for some seconds in all, until one fails. One that passes them all has survived. Ends with
the share that was killed and its 95 % interval (Wilson).

What is altered inside of a function is judged by forks of a process that has collected the tests,
in which the function's code is exchanged; what runs on import, by one that imports all anew.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import functools
import gc
import hashlib
import importlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from .judges import OPTIONS, Exchange, Known, anew, forked, watched

#: Floors, and where the tests are that judge their mutants; `--beside` adds others.
TESTS = {
    "sheet": ("tests/sheet", "construction/sheet"),
    "condition": ("tests/condition", "construction/condition"),
    "profile": ("tests/profile", "construction/profile.py"),
    "solve": ("tests/solve", "construction/solve"),
    "check": ("tests/check", "construction/check.py"),
    "recheck": ("tests/recheck", "construction/recheck"),
}
#: Imported once; every mutant's process is a fork that has them already.
HEAVY = ("torch", "scipy.optimize", "sympy", "hypothesis", "matplotlib.figure", "pooch", "tqdm",
         "safetensors.torch", "numba", "flint", "pytest")  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One alteration: a module, Cosmic Ray's operator, and at which of its places."""

    module: str
    operator: str
    occurrence: int
    line: int


def files_of(floor: str) -> list[str]:
    """The modules of a floor."""
    folder = Path("construction", floor)
    return sorted(map(str, folder.glob("*.py"))) or [f"{folder}.py"]


def mutants_of(floor: str) -> Iterator[Mutant]:
    """All of a floor, in the order of its files."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path
    from cosmic_ray.plugins import get_operator, operator_names

    for path in map(Path, files_of(floor)):
        annotations, nodes = _annotations(path), list(ast_nodes(get_ast_from_path(path)))
        for name in operator_names():
            kind = get_operator(name)
            if kind.arguments():
                continue  # variables replaced by names that the user gives
            operator, occurrence = kind(), 0
            for node in nodes:
                for (line, column), _ in operator.mutation_positions(node):
                    if not any(first <= (line, column) < last for first, last in annotations):
                        yield Mutant(str(path), name, occurrence, line)
                    occurrence += 1


def _annotations(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a module's annotations begin and end."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        for one in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(one, ast.expr):
                assert one.end_lineno is not None
                assert one.end_col_offset is not None
                place = (one.lineno, one.col_offset), (one.end_lineno, one.end_col_offset)
                found.append(place)
    return found


@functools.cache
def altered(mutant: Mutant) -> str:
    """The module with the alteration."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    operator = get_operator(mutant.operator)()
    code = mutate_code(Path(mutant.module).read_text(), operator, mutant.occurrence)
    assert code is not None
    return str(code)


def function_at(module: str, line: int) -> str:
    """The name of the innermost function whose body this line is in; empty outside of all."""
    name = ""
    for node in ast.walk(ast.parse(Path(module).read_text())):
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno <= line <= node.end_lineno:
            name = node.name
        elif isinstance(node, ast.Lambda) and node.lineno <= line <= node.end_lineno:
            name = name or "<lambda>"
    return name


def interval(killed: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share.

    >>> [round(end, 3) for end in interval(140, 150)]
    [0.882, 0.963]
    """
    z = 1.959964
    share, more = killed / count, z * z / count
    middle = (share + more / 2) / (1 + more)
    half = z / (1 + more) * (share * (1 - share) / count + more / 4 / count) ** 0.5
    return middle - half, middle + half


def judged(floor: str, options: argparse.Namespace, kept: Path) -> list[str]:
    """The test that failed of each drawn mutant; an empty name if none did.

    Mutants that were killed before, as a file says, are not tried again.
    """
    every = list(mutants_of(floor))
    random.Random(options.seed).shuffle(every)
    tests = tests_of([*TESTS[floor], *options.beside])
    every_file = [file for one in TESTS for file in files_of(one)]
    known = watched(every_file, tests, kept.with_name("watched.json"))
    print(f"{floor}: {options.count} of {len(every)} mutants, {len(known.calls)} tests", flush=True)
    judges = Judges(tests, known, options.seconds, kept)
    judges.judge(every[: options.count])
    return [judges.killed().get(key_of(one), "") for one in every[: options.count]]


@dataclass(frozen=True)
class Judges:
    """Those of a floor, and the file that says which mutants they killed."""

    tests: list[str]
    known: Known
    enough: float
    kept: Path

    def killed(self) -> dict[str, str]:
        """The test that failed, by `key_of` a mutant."""
        return dict(json.loads(self.kept.read_text())) if self.kept.exists() else {}

    def judge(self, mutants: list[Mutant]) -> None:
        """Those that are not killed yet."""
        left = [one for one in mutants if key_of(one) not in self.killed()]
        exchange = Exchange(lambda exchange: self._by_exchange(exchange, left))
        asked = [*OPTIONS, "-qqs", *self.tests]
        others = forked(lambda _: pytest.main(asked, [exchange]) or exchange.result, silent=False)
        if not isinstance(others, list):
            raise SystemExit(f"no judgement: {others}")
        tests = self.known.judges("", "", self.enough)
        if others and (failed := anew(tests, self.known.limit(*tests))):
            raise SystemExit(f"fails where nothing is altered: {failed}")
        for mutant in (left[k] for k in others):
            tests = self._of(mutant)
            with written(mutant):
                failed = anew(tests, self.known.limit(*tests))
            self._note(mutant, failed, len(tests))

    def _of(self, mutant: Mutant) -> list[str]:
        function = function_at(mutant.module, mutant.line)
        kills = Counter(self.killed().values())
        tests = self.known.judges(mutant.module, function, self.enough)
        return sorted(tests, key=lambda test: -kills[test])  # the order changes no verdict

    def _by_exchange(self, exchange: Exchange, mutants: list[Mutant]) -> list[int]:
        """Judge those whose code can be exchanged; the numbers of the others."""
        unaltered = exchange.failed("", "", self.known.judges("", "", self.enough), self.known)
        assert unaltered == "", f"fails where nothing is altered: {unaltered}"
        others = []
        for k, mutant in enumerate(mutants):
            tests = self._of(mutant)
            with written(mutant) as code:
                failed = exchange.failed(mutant.module, code, tests, self.known)
            if failed is None:
                others.append(k)
            else:
                self._note(mutant, failed, len(tests))
        return others

    def _note(self, mutant: Mutant, failed: str, tests: int) -> None:
        if failed:
            killed = self.killed() | {key_of(mutant): failed}
            self.kept.write_text(json.dumps(killed, indent=1))
            return
        print(f"survived: {mutant.module}:{mutant.line} {mutant.operator} ({tests} tests)")
        lines = difflib.unified_diff(
            Path(mutant.module).read_text().splitlines(), altered(mutant).splitlines(), n=0
        )
        print("\n".join(f"    {line}" for line in list(lines)[3:]), flush=True)


def key_of(mutant: Mutant) -> str:
    """Under which a mutant is kept: its own, and that of its module."""
    return hashlib.sha256(f"{mutant.module}\n{altered(mutant)}".encode()).hexdigest()


@contextmanager
def written(mutant: Mutant) -> Iterator[str]:
    """The altered code, in its file for as long as it is judged."""
    file = Path(mutant.module)
    unaltered, code = file.read_text(), altered(mutant)
    file.write_text(code)
    try:
        yield code
    finally:
        file.write_text(unaltered)


def tests_of(places: list[str]) -> list[str]:
    """The files with tests in these folders and files."""
    found = [
        file
        for place in map(Path, places)
        for file in ([place] if place.is_file() else place.glob("*.py"))
        if file.name.startswith("test_") or place.parts[0] != "tests"
    ]
    return sorted(map(str, found))


def copied(folder: Path) -> Path:
    """The tracked and new files of the working tree, in a folder of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if Path(name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)
    return folder


def main() -> int:
    """Judge floors, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("floors", nargs="*", default=list(TESTS))
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--beside", nargs="*", default=[], help="folders with more tests")
    parser.add_argument("--seconds", type=float, default=10, help="of tests that judge a mutant")
    parser.add_argument("--kept", type=Path, default=Path("mutants.json"), help="what was killed")
    options = parser.parse_args()
    for name in HEAVY:
        importlib.import_module(name)
    gc.freeze()
    survivors: dict[str, int] = defaultdict(int)
    with tempfile.TemporaryDirectory() as folder:
        kept, copy = options.kept.absolute(), copied(Path(folder))
        os.chdir(copy)  # whatever becomes of the working tree
        sys.path[0] = str(copy)
        for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
            del sys.modules[name]
        for floor in options.floors:
            results = judged(floor, options, kept)
            survivors[floor] = results.count("")
            killed, count = len(results) - survivors[floor], len(results)
            low, high = interval(killed, count)
            print(f"{floor}: {killed} of {count} killed, {low:.0%} to {high:.0%}", flush=True)
    return int(any(survivors.values()))


if __name__ == "__main__":
    sys.exit(main())
