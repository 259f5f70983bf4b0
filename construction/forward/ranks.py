"""Several processes: each holds a share of the samples, and only sums travel.

Wherever `torch.distributed` is initialised, tensors that every process passes whole are shared out,
and a `DataLoader` gives its rank's own. Sums are reduced, so that all ranks take the same steps.
Every reduction is preceded by a flag, so that an error on one rank ends the wait of the others.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from ..errors import InputError, RankError, enough_memory

if dist.is_available():
    import torch.distributed.nn  # later, it would keep the group, whose threads abort the exit

Made = TypeVar("Made")
#: How long a process waits for others, which may train; ``torchrun`` notices one that ends.
PATIENCE = timedelta(days=7)


@contextmanager
def joined_ranks(device: str | None) -> Iterator[None]:
    """Let this process work inside with the others that ``torchrun`` started.

    The device "cuda" is then the GPU of its number on the machine.
    """
    on_gpu = str(device).startswith("cuda")
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
    try:
        yield
    finally:
        dist.destroy_process_group()


def distributed() -> bool:
    """Whether this process works with others."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def rank_and_size() -> tuple[int, int]:
    """Number of this process, and how many there are; (0, 1) when it is alone."""
    return (dist.get_rank(), dist.get_world_size()) if distributed() else (0, 1)


def summed_over_ranks(sums: Tensor) -> Tensor:
    """The sums of all ranks, the same bits on each; a RankError if one failed. Alone, as given."""
    return _reduced(sums)


def largest_over_ranks(number: float) -> float:
    """The largest of the ranks' numbers, so that all decide alike."""
    own = torch.tensor(number, dtype=torch.float64, device=_device())
    return float(_reduced(own, largest=True))


def require_same(what: str, number: float, remedy: str) -> None:
    """Refuse, by an InputError on each, ranks whose numbers differ by more than rounding."""
    most, least = largest_over_ranks(number), -largest_over_ranks(-number)
    if most != least and not most - least <= 1e-9 * max(abs(most), abs(least)):
        found = f"sums from {least:.12g} to {most:.12g}"
        raise InputError(f"{what} to be the same on all ranks", found, remedy)


@contextmanager
def sharing_errors() -> Iterator[None]:
    """Let the other ranks know of an error here, also of `enough_memory`, which ends their wait."""
    try:
        with enough_memory():
            yield
    except RankError:
        raise
    except Exception as error:
        rank, ranks = rank_and_size()
        note = f"On rank {rank} of {ranks}."
        if distributed() and note not in getattr(error, "__notes__", ()):
            error.add_note(note)
            with suppress(RankError):  # this error is the one to tell
                _flags(1.0)
        raise


@sharing_errors()
def of_first_rank(make: Callable[[], Made]) -> Made:
    """What `make` gives on the first rank, as reading or writing a file, for all, which wait.

    Raises:
        RankError: the first rank met an error, which is raised there.

    >>> of_first_rank(lambda: 3)
    3
    """
    if not distributed():
        return make()
    made: list[Any] = [make() if dist.get_rank() == 0 else None]
    _reduced(torch.zeros(1))  # the others learn of an error
    dist.broadcast_object_list(made, device=_device())
    found: Made = made[0]
    return found


def bar_disabled() -> bool | None:
    """What tqdm's `disable` is told: bars in a terminal, and on the first rank alone."""
    return True if rank_and_size()[0] > 0 else None


def _reduced(numbers: Tensor, *, largest: bool = False) -> Tensor:
    if not distributed():
        return numbers
    if failed := int(_flags(0.0)):
        found = f"an error on {failed} of {rank_and_size()[1]}"
        raise RankError("all ranks to get through", found, "Their own messages say which.")
    there = _device() if dist.get_backend() == "nccl" else numbers.device
    total = numbers.to(there, copy=True)
    dist.all_reduce(total, dist.ReduceOp.MAX if largest else dist.ReduceOp.SUM)
    return total.to(numbers.device)


def _flags(flag: float) -> float:
    """How many ranks have raised theirs; an error where one of them has ended."""
    raised = torch.tensor(flag, dtype=torch.float64, device=_device())
    try:
        dist.all_reduce(raised)
    except RuntimeError as error:
        found = f"one that has ended ({str(error).splitlines()[0]})"
        raise RankError("all ranks to get through", found, "Its own message says why.") from error
    return float(raised)


def _device() -> torch.device:
    """Where the backend in use reduces small numbers."""
    on_gpu = distributed() and dist.get_backend() == "nccl"
    return torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")
