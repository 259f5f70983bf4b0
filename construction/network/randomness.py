"""The user's random numbers stay as they were, and a loader's come out the same in every pass."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor


class RandomState(NamedTuple):
    """Of Python, numpy, PyTorch on the CPU and on each CUDA device, and of generators."""

    python: tuple[Any, ...]
    numpy: Any
    cpu: Tensor
    cuda: list[Tensor]
    generators: list[Tensor]


def random_state(generators: list[Generator]) -> RandomState:
    """The state now; that of CUDA where it is in use."""
    in_use = torch.cuda.is_available() and torch.cuda.is_initialized()
    return RandomState(
        random.getstate(),
        np.random.get_state(),
        torch.get_rng_state(),
        torch.cuda.get_rng_state_all() if in_use else [],
        [generator.get_state() for generator in generators],
    )


def set_random_state(state: RandomState, generators: list[Generator]) -> None:
    """Bring a state back."""
    random.setstate(state.python)
    np.random.set_state(state.numpy)
    torch.set_rng_state(state.cpu)
    if state.cuda:
        torch.cuda.set_rng_state_all(state.cuda)
    for generator, own in zip(generators, state.generators, strict=True):
        generator.set_state(own)


class OwnRandomness:
    """A stream of random numbers beside the user's.

    Args:
        generators: that draw from it too, as a loader's own.
        start: where it starts; where the user's are now when None.

    >>> own, before = OwnRandomness(), torch.get_rng_state()
    >>> with own.drawn():
    ...     first = torch.rand(1)
    >>> with own.drawn():
    ...     second = torch.rand(1)
    >>> bool(first != second), torch.equal(torch.get_rng_state(), before)
    (True, True)
    """

    def __init__(self, generators: list[Generator] | None = None, start: Any = None) -> None:
        self.generators = generators or []
        self.state: RandomState = start or random_state(self.generators)

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Random numbers come from here; afterwards the user's are as before."""
        users = random_state(self.generators)
        set_random_state(self.state, self.generators)
        try:
            yield
        finally:
            self.state = random_state(self.generators)
            set_random_state(users, self.generators)
