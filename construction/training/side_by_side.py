"""Trains several networks at once, a process each.

Every network trains with one thread, so that its numbers are those it has alone, and two cores are
busy all the same. A process takes about 0.4 GB besides its data. On another device than the CPU,
where only one may be had, and where one network is left to train, all happens in this process.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import ModuleType

import torch

from ..data import load
from ..errors import ConstructionError
from ..progress import lock_alone, tqdm
from .recipe import Recipe
from .training import Run, finished_run, train

#: How many train at once at most: as many as PyTorch has threads here, by the cores or by
#: OMP_NUM_THREADS.
PROCESSES = torch.get_num_threads()

#: What became of a recipe.
Outcome = Run | ConstructionError
Worker = tuple[multiprocessing.context.SpawnProcess, Connection]


def train_all(
    places: Mapping[Recipe, Path], *, fresh: bool = False, device: str = "cpu"
) -> Generator[Outcome, None, None]:
    """Train as the recipes say, see `train`; give what became of each, in their order.

    What was not finished when this ends early, as by an interruption, is taken up by the next call.

    Args:
        places: a folder for each recipe.
        fresh, device: see `train`.

    Raises:
        DataError: see `construction.data.load`.
        MemoryError: a process was killed.
    """
    known = {} if fresh else {one: finished_run(one, folder) for one, folder in places.items()}
    missing = {one: folder for one, folder in places.items() if not known.get(one)}
    processes = min(PROCESSES, len(missing)) if torch.device(device).type == "cpu" else 1
    if processes < 2:
        for recipe, folder in places.items():
            yield known.get(recipe) or _outcome(recipe, folder, fresh, device)
        return
    for name in {recipe.data for recipe in missing}:
        load(name)  # which a download may need, once
    with _workers(processes) as workers:
        trained = _trained(missing, fresh, workers)
        done: dict[Recipe, Outcome] = {one: run for one, run in known.items() if run}
        for recipe in places:
            while recipe not in done:
                done |= [next(trained)]
            yield done.pop(recipe)


def _trained(
    places: Mapping[Recipe, Path], fresh: bool, workers: list[Worker]
) -> Iterator[tuple[Recipe, Outcome]]:
    """Each recipe with what became of it, as soon as that is known."""
    waiting, busy = deque(places.items()), dict[Connection, Recipe]()
    idle = [connection for _, connection in workers]
    epochs = sum(recipe.epochs for recipe in places)
    with tqdm(total=epochs, desc="training", unit="epoch", disable=None) as bar:
        while waiting or busy:
            while waiting and idle:
                busy[idle[-1]], folder = waiting.popleft()
                idle[-1].send((busy[idle[-1]], folder, fresh))
                idle.pop()
            for connection in wait(list(busy)):
                assert isinstance(connection, Connection), "no other kind was asked for"
                try:
                    message = connection.recv()
                except (EOFError, OSError) as error:
                    raise MemoryError("a process that trains a network was killed") from error
                if isinstance(message, int):
                    bar.update(message)
                    continue
                idle.append(connection)
                if isinstance(message, Exception) and not isinstance(message, ConstructionError):
                    raise message
                yield busy.pop(connection), message


def _outcome(
    recipe: Recipe,
    folder: Path,
    fresh: bool,
    device: str = "cpu",
    progress: Callable[[int], object] | None = None,
) -> Outcome:
    try:
        return train(recipe, folder, fresh=fresh, device=device, progress=progress)
    except ConstructionError as error:
        return error


@contextmanager
def _workers(count: int) -> Iterator[list[Worker]]:
    """So many processes that train what they are sent; they end with this block."""
    context = multiprocessing.get_context("spawn")
    workers: list[Worker] = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs,), daemon=True)
            with _left_alone():
                process.start()
            theirs.close()  # so that it closes when the process ends
            workers.append((process, ours))
        yield workers
    finally:
        for process, _ in workers:
            process.terminate()
        for process, connection in workers:
            process.join()
            connection.close()


@contextmanager
def _left_alone() -> Iterator[None]:
    """A process that starts now does not run the user's script, nor is it interrupted with it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        if sys.platform == "win32":
            yield
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    finally:
        sys.modules["__main__"] = main


def _work(connection: Connection) -> None:
    """Train whatever comes, in a process of its own, until that is ended or its parent has."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lock_alone()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        recipe, folder, fresh = connection.recv()
        try:
            connection.send(_outcome(recipe, folder, fresh, progress=connection.send))
        except Exception as error:  # of whatever kind; it is raised where it can be seen
            connection.send(error)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "called in a child"
    parent.join()
    os._exit(1)
