"""Trains several networks at once, a process each.

Every network trains with one thread, so that its numbers are those it has alone, and two cores are
busy all the same. A process takes about 0.4 GB besides its data. On another device than the CPU,
where only one may be had, and where one network is left to train, all happens in this process.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from ..data import load
from ..errors import ConstructionError
from ..progress import lock_alone, tqdm
from .recipe import Recipe
from .training import Run, finished_run, train

#: How many train at once at most: as many as PyTorch has threads here, by the cores or by
#: OMP_NUM_THREADS.
PROCESSES = torch.get_num_threads()
#: Seconds after which the bar is looked after again.
OFTEN = 0.1

#: What became of a recipe.
Outcome = Run | ConstructionError


def train_all(
    places: Mapping[Recipe, Path], *, fresh: bool = False, device: str = "cpu"
) -> Generator[Outcome, None, None]:
    """Train as the recipes say, each in its folder, see `train`; what became of each, in order.

    What was not finished when this ends early, as by an interruption, is taken up by the next call.
    Errors are those of `construction.data.load`, and a MemoryError where a process was killed.
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
    context = get_context("spawn")
    epochs, (theirs, ours) = context.SimpleQueue(), context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(processes, context, _begin, (epochs, theirs))
    total = sum(recipe.epochs for recipe in missing)
    try:
        with _left_alone():
            training = {one: pool.submit(_trained, one, missing[one], fresh) for one in missing}
        with tqdm(total=total, desc="training", unit="epoch", disable=None) as bar:
            for recipe in places:
                while recipe in training and not training[recipe].done():
                    wait([training[recipe]], OFTEN)
                    while not epochs.empty():
                        bar.update(epochs.get())
                yield known.get(recipe) or training[recipe].result()
    except BrokenProcessPool as error:
        raise MemoryError("a process that trains a network was killed") from error
    finally:
        ours.close()  # which ends the processes, whatever they do
        pool.shutdown(cancel_futures=True)
        theirs.close()


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
def _left_alone() -> Iterator[None]:
    """A process that starts now does not run the user's script, nor is it interrupted with it."""
    with ExitStack() as stack:
        stack.callback(sys.modules.__setitem__, "__main__", sys.modules["__main__"])
        sys.modules["__main__"] = ModuleType("__main__")
        if sys.platform != "win32":
            before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            stack.callback(signal.pthread_sigmask, signal.SIG_SETMASK, before)
        yield


#: In a process that trains: where its epochs are counted.
_EPOCHS: list[Any] = []


def _begin(epochs: Any, parent: Connection) -> None:
    """In a process that trains what comes, until its parent closes the connection or has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lock_alone()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _EPOCHS.append(epochs)


def _end_with(parent: Connection) -> None:
    with suppress(OSError):  # what Windows makes of its death
        parent.poll(None)
    os._exit(1)


def _trained(recipe: Recipe, folder: Path, fresh: bool) -> Outcome:
    return _outcome(recipe, folder, fresh, progress=_EPOCHS[0].put)
