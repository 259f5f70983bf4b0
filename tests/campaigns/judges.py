"""Which tests judge an altered program, and the forks in which they run: for `mutants`."""

from __future__ import annotations

import bisect
import functools
import gc
import hashlib
import inspect
import itertools
import json
import os
import resource
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

#: Seconds of the processor that a test may take beyond three times its own.
SPARE = 6
MEMORY = 6 * 2**30
#: Hypothesis is there before pytest is.
OPTIONS = ("-q", "-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:cacheprovider")


@dataclass
class Known:
    """What the unaltered floor's tests do: seconds each, and which functions each calls."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, list[str]] = field(default_factory=dict)

    def judges(self, module: str, function: str, enough: float) -> list[str]:
        """Tests that call a function, or start a process; all, for what runs on import.

        The quickest first, and for so many seconds in all.
        """
        wanted = {f"{module}:{function}", "a process"}
        chosen = [t for t, called in self.calls.items() if not function or wanted & set(called)]
        chosen.sort(key=self.seconds.__getitem__)
        together = list(itertools.accumulate(self.seconds[test] for test in chosen))
        return chosen[: max(1, bisect.bisect(together, enough))]

    def limit(self, *tests: str) -> int:
        """Seconds after which a mutant counts as one that does not end."""
        return int(SPARE + 3 * sum(self.seconds[test] for test in tests))


class Answer:
    """A pytest plugin: the same examples judge all mutants, and the first failure ends it."""

    def __init__(self, answer: int) -> None:
        self.answer = answer

    def pytest_configure(self) -> None:
        from hypothesis import Phase, settings

        settings.register_profile(
            "mutants",
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],  # a failure need not be made small
        )
        settings.load_profile("mutants")

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            os.write(self.answer, json.dumps(report.nodeid).encode())
            os._exit(0)  # what would follow takes a second


class Watch(Answer):
    """Notes seconds and calls of each test."""

    def __init__(self, files: list[str], answer: int) -> None:
        super().__init__(answer)
        self.files, self.known = frozenset(files), Known()
        self.now: set[str] = set()

    def pytest_runtest_logstart(self) -> None:
        self.began = time.process_time()

    def pytest_runtest_logreport(self, report: Any) -> None:
        super().pytest_runtest_logreport(report)
        if report.when == "teardown":
            self.known.seconds[report.nodeid] = time.process_time() - self.began
            self.known.calls[report.nodeid] = sorted(self.now)
            self.now.clear()

    def trace(self, frame: Any, *_: Any) -> None:
        code = frame.f_code
        _, found, rest = code.co_filename.rpartition("construction/")
        if found + rest in self.files:
            self.now.add(f"{found}{rest}:{code.co_name}")
        elif code.co_filename.endswith("subprocess.py"):
            self.now.add("a process")


class Exchange(Answer):
    """Collects tests, then lets a function ask for forks in which a module's code is another."""

    def __init__(self, work: Callable[[Exchange], Any]) -> None:
        super().__init__(-1)
        self.work = work

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        gc.collect()
        gc.freeze()  # or each fork copies what its collections touch
        self.result = self.work(self)
        return True

    def failed(self, module: str, code: str, tests: list[str], known: Known) -> str | None:
        """The first test that fails with altered code, if any; None if it cannot be exchanged."""

        def run(answer: int) -> str | None:
            self.answer = answer
            if code and not exchanged(module, code):
                return None
            items = [self.items[test] for test in tests]
            for item, after in itertools.zip_longest(items, items[1:]):
                left = int(time.process_time()) + known.limit(item.nodeid)
                resource.setrlimit(resource.RLIMIT_CPU, (left, resource.RLIM_INFINITY))
                item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
            return ""

        result: str | None = forked(run)
        return result


def watched(files: list[str], tests: list[str], kept: Path) -> Known:
    """What tests do; of test files that did not change since, as it was kept."""
    known, stored = Known(), json.loads(kept.read_text()) if kept.exists() else {}
    keys = {path: f"{path} {hashlib.sha256(Path(path).read_bytes()).hexdigest()}" for path in tests}
    new = [path for path in tests if keys[path] not in stored]
    if new:
        answer = forked(lambda answer: _watch(files, new, answer))
        if not isinstance(answer, dict):
            raise SystemExit(f"a test of the unaltered floor fails: {answer}")
        for path in new:
            stored[keys[path]] = {
                what: {test: one for test, one in answer[what].items() if test.startswith(path)}
                for what in ("seconds", "calls")
            }
        stored |= json.loads(kept.read_text()) if kept.exists() else {}
        kept.write_text(json.dumps(stored))
    for path in tests:
        known.seconds.update(stored[keys[path]]["seconds"])
        known.calls.update(stored[keys[path]]["calls"])
    return known


def _watch(files: list[str], paths: list[str], answer: int) -> Any:
    plugin = Watch(files, answer)
    sys.settrace(plugin.trace)
    status = pytest.main([*OPTIONS, *paths], [plugin])
    sys.settrace(None)
    none = pytest.ExitCode.NO_TESTS_COLLECTED  # files that changed may have none
    return asdict(plugin.known) if status in (0, none) else "no import"


def anew(tests: list[str], seconds: int) -> str:
    """The first test that fails, where all is imported anew."""

    def run(answer: int) -> str:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
        return "" if pytest.main([*OPTIONS, *tests], [Answer(answer)]) == 0 else "no import"

    return str(forked(run))


def forked(work: Callable[[int], Any], *, silent: bool = True) -> Any:
    """What a fork answers: what its work returns, or wrote before it ended the process."""
    read, write = os.pipe()
    number = os.fork()
    if not number:
        try:
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
            if silent:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 1)
                os.dup2(nowhere, 2)
            os.write(write, json.dumps(work(write)).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    os.waitpid(number, 0)
    return json.loads(answer) if answer else "timeout or a crash"


def exchanged(module: str, code: str) -> bool:
    """Give the functions and methods of an imported module the code of an altered source.

    False if that changes nothing, as where the alteration is in what runs on import.
    """
    name = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    found = {_place(one): one for one in _codes(compile(code, module, "exec", dont_inherit=True))}
    changed = False
    for function in _functions(sys.modules[name]):
        new = found.get(_place(function.__code__))
        if new is None or len(new.co_freevars) != len(function.__code__.co_freevars):
            return False
        new = new.replace(co_filename=function.__code__.co_filename)
        changed |= new != function.__code__
        function.__code__ = new
    return changed


def _place(code: types.CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Of functions, and of methods in the bodies of classes."""
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield one
            if not one.co_flags & inspect.CO_OPTIMIZED:  # the body of a class
                yield from _codes(one)


def _functions(module: types.ModuleType) -> Iterator[types.FunctionType]:
    """Functions and methods that are written in a module, decorated ones too."""
    waiting = list(vars(module).values())
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and one.__module__ == module.__name__:
            waiting += vars(one).values()
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, property):
            waiting += filter(None, (one.fget, one.fset))
        elif isinstance(one, classmethod | staticmethod | functools.cached_property):
            waiting.append(getattr(one, "func", None) or one.__func__)
        elif hasattr(one, "__wrapped__"):
            waiting.append(one.__wrapped__)
        elif isinstance(one, types.FunctionType) and one.__code__.co_filename == module.__file__:
            yield one
