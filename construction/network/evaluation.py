"""Runs any network with given weights; model, weights and random numbers stay as they were.

A model is called with one tensor, or with several in dictionaries and tuples: a `Batch`.
"""

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call
from torch.utils._pytree import tree_leaves, tree_map_only

from ..errors import InputError, reading

#: What to do about a model that does not run, and the errors of which inputs may be the cause.
AS_TRAINED = (
    "Pass inputs of the shape and type that the model was trained on (integer images as floating "
    "point), and let it create no tensors of a fixed type or device.",
    (RuntimeError, TypeError, ValueError, LookupError, AttributeError),
)
#: A function of (model, batch) that returns the outputs.
Predict = Callable[[nn.Module, Any], Any]


class Batch:
    """Samples that are not one tensor.

    Args:
        content: tensors in dictionaries, tuples and lists; the first axis of each is the samples'.
        predict: calls the model with it; where None, ``model(**content)`` of a dictionary and
            ``model(*content)`` of anything else.

    >>> batch = Batch({"input": torch.ones(3, 2)})
    >>> len(batch[:2]), batch.called(nn.Linear(2, 5)).shape
    (2, torch.Size([3, 5]))
    """

    def __init__(self, content: Any, predict: Predict | None = None) -> None:
        self.content, self.predict = content, predict

    def mapped(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        """With each tensor changed."""
        return Batch(tree_map_only(Tensor, change, self.content), self.predict)

    def __len__(self) -> int:
        return len(tensors_of(self)[0])

    def __getitem__(self, which: Any) -> "Batch":
        return self.mapped(lambda tensor: tensor[which])

    def clone(self) -> "Batch":
        """A copy."""
        return self.mapped(Tensor.clone)

    def called(self, model: nn.Module) -> Any:
        """What the model returns."""
        if self.predict is not None:
            return self.predict(model, self.content)
        return model(**self.content) if isinstance(self.content, dict) else model(*self.content)


#: What a model is called with.
Inputs = Tensor | Batch


def tensors_of(part: Any) -> list[Tensor]:
    """All tensors in inputs or targets."""
    leaves = tree_leaves(part.content if isinstance(part, Batch) else part)
    return [leaf for leaf in leaves if isinstance(leaf, Tensor)]


def mapped_tensors(part: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Inputs or targets with each tensor changed."""
    return part.mapped(change) if isinstance(part, Batch) else tree_map_only(Tensor, change, part)


def joined(parts: Sequence[Any], axis: int = 0) -> Any:
    """Inputs or targets of all parts, in their order."""
    columns = zip(*map(tensors_of, parts), strict=True)
    return mapped_tensors(parts[0], lambda _: torch.cat(next(columns), axis))


def outputs_of(result: Any) -> Any:
    """The ``logits`` of a dictionary or ModelOutput; anything else as it is."""
    if isinstance(result, Mapping):
        return result.get("logits", result)
    return getattr(result, "logits", result)


class _Called(nn.Module):
    """A model that is called with a batch."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> Any:
        return batch.called(self.model)


@contextmanager
def randomness_kept(
    generators: Sequence[Generator] = (), own: list[Any] | None = None
) -> Iterator[None]:
    """The user's random numbers are as before afterwards, whatever is drawn inside.

    Args:
        generators: that are kept too, as a loader's own.
        own: a state of `random_state` from which they are drawn inside; it moves on.

    >>> own, before = random_state(), torch.get_rng_state()
    >>> with randomness_kept(own=own):
    ...     first = torch.rand(1)
    >>> with randomness_kept(own=own):
    ...     second = torch.rand(1)
    >>> bool(first != second), torch.equal(torch.get_rng_state(), before)
    (True, True)
    """
    before = random_state(generators)
    if own is not None:
        _set_random_state(own, generators)
    try:
        yield
    finally:
        if own is not None:
            own[:] = random_state(generators)
        _set_random_state(before, generators)


def random_state(generators: Sequence[Generator] = ()) -> list[Any]:
    """The state of Python, numpy, PyTorch, of generators, and of CUDA where it is in use."""
    return [state() for state, _ in _randomness(generators)]


def _set_random_state(states: list[Any], generators: Sequence[Generator]) -> None:
    for (_, set_state), state in zip(_randomness(generators), states, strict=False):
        set_state(state)  # CUDA may have come into use since


def _randomness(
    generators: Sequence[Generator],
) -> list[tuple[Callable[[], Any], Callable[[Any], object]]]:
    """What gives and what sets the state of each source of random numbers."""
    in_use = torch.cuda.is_available() and torch.cuda.is_initialized()
    return [
        (random.getstate, random.setstate),
        (np.random.get_state, np.random.set_state),
        (torch.get_rng_state, torch.set_rng_state),
        *((generator.get_state, generator.set_state) for generator in generators),
        *([(torch.cuda.get_rng_state_all, torch.cuda.set_rng_state_all)] if in_use else []),
    ]


def private_copy(model: nn.Module) -> nn.Module:
    """A copy of the model in evaluation mode without gradients; the user's own stays untouched.

    Results of a forward pass that layers hold, as pruned ones do, are copied as numbers. What
    cannot be copied is an InputError.
    """
    held = (value for module in model.modules() for value in vars(module).values())
    results = [value for value in held if isinstance(value, Tensor) and not value.is_leaf]
    expected = "a model that can be copied, as copy.deepcopy does"
    with reading(expected, InputError, "Keep open files, locks and the like out of it."):
        copied = copy.deepcopy(model, {id(value): value.detach().clone() for value in results})
    return copied.eval().requires_grad_(False)


def run(model: nn.Module, state: Mapping[str, Tensor], inputs: Inputs) -> Any:
    """The outputs of the model with these weights in place of its own, which stay.

    Buffers are copied, as some layers change theirs when they run. A model may differentiate
    inside, as physics-informed ones do, also where gradients are off. Where it fails, its error is
    the cause of an InputError.
    """
    buffers = {name for name, _ in model.named_buffers(remove_duplicate=False)}
    own = {
        name: value.clone() if name in buffers else value
        for name, value in state.items()
        if isinstance(value, Tensor)  # a module's extra state is its own
    }
    records = torch.is_grad_enabled()
    shapes = " and ".join(f"{tuple(x.shape)} and {x.dtype}" for x in tensors_of(inputs))
    with reading(f"a model that runs on inputs of shape {shapes}", InputError, *AS_TRAINED):
        given = mapped_tensors(inputs, Tensor.detach)  # what a model asks of it is not the user's
        with torch.enable_grad():  # no weights ask for gradients where they are off
            # each name gets its own entry, so that tied layers need no special case
            if isinstance(given, Batch):
                names = {f"model.{name}": value for name, value in own.items()}
                result = functional_call(_Called(model), names, (given,), tie_weights=False)
            else:
                result = functional_call(model, own, (given,), tie_weights=False)
        outputs = outputs_of(result)
        return outputs if records or not isinstance(outputs, Tensor) else outputs.detach()


#: As `run`; the user's random numbers stay as they were, should the model draw any.
evaluate = randomness_kept()(run)
