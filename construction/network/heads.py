"""Runs any network with given weights, and finds, verifies and scales its linear head.

The construction rescales the *head*: the linear last layer. Multiplying its weight and its bias by
c multiplies the outputs by c, ``N(W scaled by c) = c N(W)``. `find_head` finds it in any module and
`verify_head` checks that the scaling does what it should, on the user's own data. Whatever runs
here leaves the user's model, weights and random numbers as they were.
"""

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from ..errors import HeadError, InputError, WeightsError, short_of_memory
from .batch import Inputs, called, tensors_of
from .states import State


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


def scale_head(state: Mapping[str, Tensor], head: str, c: float) -> State:
    """The weights with the head's weight and bias multiplied by c; the others are not copied.

    >>> from construction.network.networks import mlp
    >>> state = mlp((4, 3, 2)).state_dict()
    >>> scaled = scale_head(state, "3", 2.0)
    >>> torch.equal(scaled["3.weight"], 2 * state["3.weight"]), scaled["1.bias"] is state["1.bias"]
    (True, True)
    """
    scaled = {f"{head}.weight", f"{head}.bias"} if head else {"weight", "bias"}
    return {name: value * c if name in scaled else value for name, value in state.items()}


def find_head(model: nn.Module, inputs: Inputs) -> str:
    """Name of the linear layer that is called last when the model runs on `inputs`.

    Args:
        model: any module; a private copy runs, in evaluation mode.
        inputs: a small batch, (samples, ...).

    Raises:
        HeadError: no `nn.Linear` is called.

    >>> from construction.network.networks import mlp
    >>> find_head(mlp((4, 3, 2)), torch.zeros(1, 4))
    '3'
    """
    runner = private_copy(model)
    called: list[str] = []

    for name, module in runner.named_modules():
        if isinstance(module, nn.Linear):
            module.register_forward_hook(lambda *_, name=name: called.append(name))
    with torch.no_grad():
        evaluate(runner, runner.state_dict(), inputs)
    if not called:
        raise HeadError(
            "a model whose last layer is an nn.Linear",
            "no nn.Linear that is called in its forward pass",
            "Let the network end in a linear layer, which is the one the construction rescales.",
        )
    return called[-1]


def verify_head(model: nn.Module, state: Mapping[str, Tensor], head: str, inputs: Inputs) -> None:
    """Check on real inputs that scaling the head's weight and bias by c scales the outputs by c.

    The check runs at c = 0, 1/2 and 3 and allows a deviation of a thousand times the rounding of
    the outputs' type, relative to the largest of them.

    Raises:
        WeightsError: outputs that are not finite.
        HeadError: the head is not there, is not linear, shares its weights with another layer, or
            the outputs do not scale, as after a softmax or with an output from elsewhere added.
    """
    modules = dict(model.named_modules())
    if not isinstance(modules.get(head), nn.Linear):
        kinds = [name for name, module in modules.items() if isinstance(module, nn.Linear)]
        raise HeadError(
            f"the head {head!r} to name an nn.Linear of the model",
            "no such layer" if head not in modules else type(modules[head]).__name__,
            f"Its linear layers are: {', '.join(map(repr, kinds)) or 'none'}.",
        )
    _refuse_parametrised(modules[head], head)
    _refuse_shared(model, modules[head], head)
    with torch.no_grad():
        outputs = evaluate(model, state, inputs)
        if not isinstance(outputs, Tensor):
            raise HeadError(
                "a model that returns one tensor, (samples, outputs)",
                type(outputs).__name__,
                "Say predict=lambda model, batch: ..., which returns the predictions alone.",
            )
        if not torch.isfinite(outputs).all():
            raise WeightsError(
                "finite outputs at the ends of the path",
                "NaN or infinite ones",
                "The weights overflow: try dtype=torch.float64.",
            )
        allowed = 1000 * torch.finfo(outputs.dtype).eps
        largest = float(outputs.abs().max())
        for c in (0.0, 0.5, 3.0):
            scaled = evaluate(model, scale_head(state, head, c), inputs)
            off = float((scaled - c * outputs).abs().max())
            if not off <= allowed * largest * max(c, 1.0):
                raise HeadError(
                    f"outputs multiplied by {c:g} when the layer {head!r} is multiplied by {c:g}",
                    f"outputs that differ from that by {off:.3g} (largest output {largest:.3g})",
                    "The head must come last: move a softmax or another nonlinearity behind it "
                    "into the loss, and let no other layer add to the outputs. "
                    "Or name the right layer with head=....",
                )


def verify_apart(model: nn.Module, state: Mapping[str, Tensor], inputs: Inputs) -> None:
    """Check on real inputs that a sample's outputs do not depend on the others in the batch.

    Raises:
        InputError: they do, as with a mean over the batch; the network is run on parts of the data.
    """
    half = len(inputs) // 2
    if not half:
        return
    with torch.no_grad():
        whole, part = evaluate(model, state, inputs), evaluate(model, state, inputs[:half])
    if not isinstance(whole, Tensor) or not isinstance(part, Tensor):
        return  # refused with the head
    alike = part.shape[:1] == (half,) and part.shape[1:] == whole.shape[1:]
    off = float((whole[:half] - part).abs().max()) if alike else float("inf")
    allowed = 1000 * torch.finfo(whole.dtype).eps * float(whole.abs().max()) if alike else 0.0
    if off > allowed:
        raise InputError(
            "a model that treats each sample by itself, as it is run on parts of the data",
            f"outputs of {half} samples that change by {off:.3g} when the others are left out",
            "Let nothing average over the batch, nor attend from one sample to another.",
        )


def _refuse_parametrised(head: nn.Module, name: str) -> None:
    entries = set(head.state_dict())
    if "weight" not in entries or not entries <= {"weight", "bias"}:
        raise HeadError(
            f"the head {name!r} to hold its weight as a plain entry",
            f"the entries {', '.join(sorted(entries))}",
            "Bake the parametrisation in, with torch.nn.utils.parametrize."
            "remove_parametrizations(layer, 'weight').",
        )


def _refuse_shared(model: nn.Module, head: nn.Module, name: str) -> None:
    own = {id(parameter) for parameter in head.parameters()}
    shared = [
        other
        for other, parameter in model.named_parameters(remove_duplicate=False)
        if id(parameter) in own and not f"{other}.".startswith(f"{name}." if name else "")
    ]
    if shared:
        raise HeadError(
            f"the weights of the head {name!r} to be its own",
            f"that it shares them with {', '.join(map(repr, shared))}",
            "Untie the layers: rescaling the head must change nothing else.",
        )
