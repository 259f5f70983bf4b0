"""Do the tests notice a fault? ``python -m tests.campaigns.mutants sheet condition --count 150``.

Cosmic Ray's operators (``pip install 'construction[mutants]'``) alter a floor at one place: another
operator, another number, a comparison turned round, a loop that does not run, a decorator removed.
Seeded mutants are drawn from all there are, annotations left out. Each is written into a copy of
the working tree, where those tests of the floor run that call the altered function, the quickest
first and for 10 seconds in all, until one fails. A mutant that all of them pass has survived. Ends
with the share that was killed and its 95 % interval (Wilson).
"""

from __future__ import annotations

import argparse
import ast
import bisect
import difflib
import gc
import hashlib
import importlib
import itertools
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

#: Floors, and where the tests are that judge their mutants.
TESTS = {
    "sheet": ("tests/sheet", "construction/sheet", "tests/solve"),
    "condition": ("tests/condition", "construction/condition", "tests/theorem"),
    "profile": ("tests/profile", "construction/profile.py", "tests/theorem"),
    "solve": ("tests/solve", "construction/solve", "tests/theorem"),
    "check": ("tests/check", "construction/check.py"),
    "recheck": ("tests/recheck", "construction/recheck"),
}
#: Imported once; every mutant's process is a fork that has them already.
HEAVY = ("torch", "scipy.optimize", "sympy", "hypothesis", "matplotlib.figure", "pooch", "tqdm",
         "safetensors.torch", "numba", "flint", "pytest")  # fmt: skip
#: Seconds of the processor: of the tests that judge a mutant, the quickest first; and what they may
#: take beyond three times that.
ENOUGH, SPARE = 10, 20
MEMORY = 6 * 2**30


@dataclass(frozen=True)
class Mutant:
    """One alteration: a module, Cosmic Ray's operator, and at which of its places."""

    module: str
    operator: str
    occurrence: int
    line: int


@dataclass
class Known:
    """What the unaltered floor's tests do: seconds each, and which functions each calls."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, list[str]] = field(default_factory=dict)

    def judges(self, module: str, function: str) -> list[str]:
        """Tests that call a function, or start a process; all, for what runs on import."""
        wanted = {f"{module}:{function}", "a process"}
        chosen = [t for t, called in self.calls.items() if not function or wanted & set(called)]
        chosen.sort(key=self.seconds.__getitem__)
        together = list(itertools.accumulate(self.seconds[test] for test in chosen))
        return chosen[: max(1, bisect.bisect(together, ENOUGH))]


class _Watch:
    """A pytest plugin: notes seconds and calls of each test, or the one that failed."""

    def __init__(self, floor: str, answer: int) -> None:
        self.files, self.known, self.answer = files_of(floor), Known(), answer
        self.now: set[str] = set()

    def pytest_configure(self) -> None:
        from hypothesis import Phase, settings

        # a failure need not be made small, and the same examples judge every mutant
        settings.register_profile(
            "mutants",
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
        )
        settings.load_profile("mutants")

    def pytest_runtest_logstart(self) -> None:
        self.began = time.process_time()

    def pytest_runtest_logreport(self, report: Any) -> None:
        name, known = report.nodeid, self.known
        if report.failed:
            os.write(self.answer, json.dumps(name).encode())
            os._exit(0)  # what would follow takes a second
        if report.when == "teardown":
            known.seconds[name] = time.process_time() - self.began
            known.calls[name] = sorted(self.now)
            self.now.clear()

    def profile(self, frame: Any, event: str, _: Any) -> None:
        if event == "call":
            code = frame.f_code
            _, found, rest = code.co_filename.rpartition("construction/")
            if found + rest in self.files:
                self.now.add(f"{found}{rest}:{code.co_name}")
            elif code.co_filename.endswith("subprocess.py"):
                self.now.add("a process")


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
    return name


def tested(copy: Path, floor: str, tests: list[str], seconds: float, *, watch: bool) -> Any:
    """What a fork finds by running tests in a copy: what is known, or the name that failed."""
    read, write = os.pipe()
    number = os.fork()
    if not number:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            answer = json.dumps(_run(copy, floor, tests, watch, write))
            with os.fdopen(write, "w") as pipe:
                pipe.write(answer)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    os.waitpid(number, 0)
    return json.loads(answer) if answer else "timeout or a crash"


def _run(copy: Path, floor: str, tests: list[str], watch: bool, answer: int) -> Any:
    import pytest

    sys.path[0] = str(copy)
    for name in [n for n in sys.modules if n.split(".")[0] in ("construction", "tests")]:
        del sys.modules[name]
    plugin = _Watch(floor, answer)
    if watch:
        sys.setprofile(plugin.profile)
    imported = "ignore::pytest.PytestAssertRewriteWarning"  # hypothesis is there before pytest is
    status = pytest.main(["-xq", "-W", imported, "-p", "no:cacheprovider", *tests], [plugin])
    sys.setprofile(None)
    if watch and status == 0:
        return asdict(plugin.known)
    return "" if status == 0 else "no import"


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


def judged(floor: str, count: int, seed: int, copy: Path, kept: Path) -> list[str]:
    """The test that failed of each drawn mutant; an empty name if none did.

    Mutants that were killed before, as a file says, are not tried again.
    """
    every = list(mutants_of(floor))
    random.Random(seed).shuffle(every)
    answer = tested(copy, floor, list(TESTS[floor]), 3600, watch=True)
    if not isinstance(answer, dict):
        raise SystemExit(f"{floor}: the tests of the unaltered floor fail: {answer}")
    known, killed = Known(**answer), json.loads(kept.read_text()) if kept.exists() else {}
    print(f"{floor}: {count} of {len(every)} mutants, {len(known.calls)} tests", flush=True)
    results = []
    for mutant in every[:count]:
        code = altered(mutant)
        key = hashlib.sha256(f"{mutant.module}\n{code}".encode()).hexdigest()
        if key not in killed:
            failed = _judge(mutant, code, floor, known, copy)
            if failed:
                killed[key] = failed
                kept.write_text(json.dumps(killed, indent=1))
        results.append(killed.get(key, ""))
    return results


def _judge(mutant: Mutant, code: str, floor: str, known: Known, copy: Path) -> str:
    judges = known.judges(mutant.module, function_at(mutant.module, mutant.line))
    file, unaltered = copy / mutant.module, Path(mutant.module).read_text()
    seconds = SPARE + 3 * sum(known.seconds[test] for test in judges)
    file.write_text(code)
    failed = tested(copy, floor, judges, seconds, watch=False) if judges else ""
    file.write_text(unaltered)
    if not failed:
        print(f"survived: {mutant.module}:{mutant.line} {mutant.operator} ({len(judges)} tests)")
        lines = difflib.unified_diff(unaltered.splitlines(), code.splitlines(), n=0)
        print("\n".join(f"    {line}" for line in list(lines)[3:]), flush=True)
    return str(failed)


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
    parser.add_argument("--kept", type=Path, default=Path("mutants.json"), help="what was killed")
    options = parser.parse_args()
    for name in HEAVY:
        importlib.import_module(name)
    gc.freeze()
    survivors: dict[str, int] = defaultdict(int)
    with tempfile.TemporaryDirectory() as folder:
        kept, copy = options.kept.absolute(), copied(Path(folder))
        os.chdir(copy)  # whatever becomes of the working tree
        for floor in options.floors:
            results = judged(floor, options.count, options.seed, copy, kept)
            survivors[floor] = results.count("")
            killed, count = len(results) - survivors[floor], len(results)
            low, high = interval(killed, count)
            print(f"{floor}: {killed} of {count} killed, {low:.0%} to {high:.0%}", flush=True)
    return int(any(survivors.values()))


if __name__ == "__main__":
    sys.exit(main())
