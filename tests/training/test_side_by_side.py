"""Networks that train side by side are those that train alone, and end together."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from construction.errors import InputError
from construction.network.architectures import MLP
from construction.training import side_by_side
from construction.training.recipe import Recipe
from construction.training.side_by_side import train_all
from construction.training.training import Run, train

from ..started import started

#: 4 epochs of 10 steps.
FEW = Recipe(samples=10, architecture=MLP((784, 8, 10)), epochs=4, batch_size=10, checkpoints=2)
#: So many epochs that it is interrupted.
LONG = replace(FEW, epochs=400, checkpoints=1)
DIVERGING = replace(FEW, rate=1e30, loss="cross_entropy", optimiser="sgd")
SCRIPT = """
import signal, sys
from pathlib import Path
from construction.training import side_by_side
from construction.training.training import train
from tests.training.test_side_by_side import LONG, places
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
print("the script runs", flush=True)
side_by_side.PROCESSES = 2
list(side_by_side.train_all(places(Path(sys.argv[1]), LONG, 2)))
"""


@pytest.fixture
def two(monkeypatch):
    monkeypatch.setattr(side_by_side, "PROCESSES", 2)


def places(folder: Path, recipe: Recipe, seeds: int) -> dict[Recipe, Path]:
    return {replace(recipe, seed=seed): folder / str(seed) for seed in range(seeds)}


def alone(recipe: Recipe, folder: Path) -> str:
    return train(recipe, folder).weights_checksum


def when_it_has_begun(folder: Path, act) -> threading.Thread:
    """Act as soon as a network has finished an epoch."""

    def watch() -> None:
        deadline = time.monotonic() + 120
        while not any((folder / name / "resume.pt").exists() for name in "01"):
            assert time.monotonic() < deadline, "no network has finished an epoch"
            time.sleep(0.01)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@contextmanager
def begun(tmp_path: Path, **streams) -> Iterator[tuple[subprocess.Popen, list[str]]]:
    """A script that trains two networks, one of which has finished an epoch; and its processes."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(script), str(tmp_path)]
    with started(command, env=environment, **streams) as process:
        when_it_has_begun(tmp_path, lambda: None).join()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) >= 2
        yield process, children


def test_side_by_side_they_have_the_bits_they_have_alone_and_errors_come_back(two, tmp_path):
    wanted = [alone(one, tmp_path / f"alone-{one.seed}") for one in places(tmp_path, FEW, 3)]
    every = places(tmp_path, FEW, 3)
    recipes = [*every, DIVERGING]
    outcomes = list(train_all(every | {DIVERGING: tmp_path / "diverging"}))
    assert [one.weights_checksum for one in outcomes[:3]] == wanted
    assert [one.recipe for one in outcomes[:3]] == recipes[:3]
    with pytest.raises(InputError) as refused:
        train(DIVERGING, tmp_path / "again")
    assert type(outcomes[3]) is InputError
    assert vars(outcomes[3]) == vars(refused.value)
    assert str(outcomes[3]) == str(refused.value)
    assert not multiprocessing.active_children()


def test_what_is_finished_starts_no_process(two, tmp_path, monkeypatch):
    every = places(tmp_path, FEW, 3)
    for recipe, folder in list(every.items())[:2]:
        train(recipe, folder)
    monkeypatch.setattr(side_by_side, "ProcessPoolExecutor", None)
    outcomes = list(train_all(every))
    assert [one.recipe for one in outcomes if isinstance(one, Run)] == list(every)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_interruption_ends_every_process_and_what_was_trained_is_taken_up(tmp_path):
    with begun(tmp_path, stderr=subprocess.PIPE) as (process, children):
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[1].rstrip().endswith("KeyboardInterrupt")
    end_soon(children)
    every = places(tmp_path, LONG, 2)
    recipe = next(one for one, folder in every.items() if (folder / "resume.pt").exists())
    assert not (every[recipe] / "run.json").exists()
    assert alone(recipe, every[recipe]) == alone(recipe, tmp_path / "whole")


@pytest.mark.slow
def test_a_process_that_is_killed_is_told(two, tmp_path):
    def kill() -> None:
        process = multiprocessing.active_children()[0]
        os.kill(process.pid, signal.SIGKILL)

    watcher = when_it_has_begun(tmp_path, kill)
    with pytest.raises(MemoryError, match="a process that trains a network was killed"):
        list(train_all(places(tmp_path, LONG, 2)))
    watcher.join()
    assert not multiprocessing.active_children()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_script_is_not_run_again_and_its_death_ends_the_processes(tmp_path):
    with begun(tmp_path, stdout=subprocess.PIPE) as (process, children):
        process.kill()
        assert process.stdout.read() == "the script runs\n"
    end_soon(children)


def end_soon(children: list[str]) -> None:
    deadline = time.monotonic() + 20
    while any(map(alive, children)):
        assert time.monotonic() < deadline, "a process outlives its parent"
        time.sleep(0.02)


def alive(number: str) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.slow
def test_processes_that_are_ended_leave_no_semaphore_behind(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace("LONG", "FEW"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "leaked" not in done.stderr
