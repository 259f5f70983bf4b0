"""Runs any network with given weights; model, weights and random numbers stay as they were."""

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from ..errors import InputError, short_of_memory
from .batch import Inputs, called, tensors_of


class OwnRandomness:
    """A stream of random numbers beside the user's.

    Args:
        generators: that draw from it too, as a loader's own.
        start: where it starts, a state of `random_state`; where the user's are now when None.

    >>> own, before = OwnRandomness(), torch.get_rng_state()
    >>> with own.drawn():
    ...     first = torch.rand(1)
    >>> with own.drawn():
    ...     second = torch.rand(1)
    >>> bool(first != second), torch.equal(torch.get_rng_state(), before)
    (True, True)
    """

    def __init__(
        self, generators: Sequence[Generator] = (), start: list[Any] | None = None
    ) -> None:
        self.generators = generators
        self.state = start or random_state(generators)

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Random numbers come from here; afterwards the user's are as before."""
        with randomness_kept(self.generators):
            _set_random_state(self.state, self.generators)
            try:
                yield
            finally:
                self.state = random_state(self.generators)


@contextmanager
def randomness_kept(generators: Sequence[Generator] = ()) -> Iterator[None]:
    """The user's random numbers are as before afterwards, whatever is drawn inside."""
    before = random_state(generators)
    try:
        yield
    finally:
        _set_random_state(before, generators)


def random_state(generators: Sequence[Generator]) -> list[Any]:
    """The state of Python, numpy, PyTorch, of generators, and of CUDA where it is in use."""
    in_use = torch.cuda.is_available() and torch.cuda.is_initialized()
    return [
        *(random.getstate(), np.random.get_state(), torch.get_rng_state()),
        *(generator.get_state() for generator in generators),
        *([torch.cuda.get_rng_state_all()] if in_use else []),
    ]


def _set_random_state(state: list[Any], generators: Sequence[Generator]) -> None:
    setters: list[Callable[[Any], object]] = [
        *(random.setstate, np.random.set_state, torch.set_rng_state),
        *(generator.set_state for generator in generators),
        torch.cuda.set_rng_state_all,
    ]
    for setter, value in zip(setters, state, strict=False):  # that of CUDA may be missing
        setter(value)


def private_copy(model: nn.Module) -> nn.Module:
    """A copy of the model in evaluation mode without gradients; the user's own stays untouched.

    Results of a forward pass that layers hold, as pruned ones do, are copied as numbers.

    Raises:
        InputError: it holds something that cannot be copied.
    """
    held = (value for module in model.modules() for value in vars(module).values())
    results = [value for value in held if isinstance(value, Tensor) and not value.is_leaf]
    try:
        copied = copy.deepcopy(model, {id(value): value.detach().clone() for value in results})
    except (RuntimeError, TypeError, AttributeError, ValueError) as error:
        raise InputError(
            "a model that can be copied, as copy.deepcopy does",
            f"{type(error).__name__}: {error}",
            "Keep open files, locks and the like out of it.",
        ) from error
    return copied.eval().requires_grad_(False)


def evaluate(model: nn.Module, state: Mapping[str, Tensor], inputs: Inputs) -> Any:
    """As `run`; the user's random numbers stay as they were, should the model draw any.

    Raises:
        InputError: the model fails on these inputs; its own error is the cause.
    """
    with randomness_kept():
        return run(model, state, inputs)


def run(model: nn.Module, state: Mapping[str, Tensor], inputs: Inputs) -> Any:
    """The outputs of the model with these weights in place of its own, which stay.

    Buffers are copied, as some layers change theirs when they run.

    Raises:
        InputError: the model fails on these inputs; its own error is the cause.
    """
    buffers = {name for name, _ in model.named_buffers(remove_duplicate=False)}
    own = {
        name: value.clone() if name in buffers else value
        for name, value in state.items()
        if isinstance(value, Tensor)  # a module's extra state is its own
    }
    try:
        return called(model, own, inputs)
    except (
        *(RuntimeError, TypeError, ValueError, IndexError, NotImplementedError),
        *(KeyError, AttributeError),
    ) as error:
        if short_of_memory(error):
            raise
        shapes = " and ".join(f"{tuple(x.shape)} and {x.dtype}" for x in tensors_of(inputs))
        raise InputError(
            f"a model that runs on inputs of shape {shapes}",
            f"{type(error).__name__}: {error}",
            "Pass inputs of the shape and type that the model was trained on (integer images as "
            "floating point), and let it create no tensors of a fixed type or device.",
        ) from error
