"""Hooks on the user's model: kept where they change what it computes, else not fired.

Some hooks are part of the network: those of `torch.nn.utils.weight_norm` and of pruning, or the
user's own that return something. Others only watch; hundreds of forward passes would fill their
lists. Which are which is seen on the probe, on which each fires once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..network.heads import run
from ..network.randomness import OwnRandomness

#: Change of the outputs from one run to the next that is still rounding, in units of their type's,
#: as where a GPU adds in any order; chosen here.
ROUNDING = 1000


def settle(model: nn.Module, state: Mapping[str, Tensor], inputs: Tensor) -> bool:
    """Take hooks that only watch off a private copy, and refuse a model that is no function.

    Args:
        model: a private copy, in evaluation mode.
        state: weights.
        inputs: a few.

    Returns:
        Whether hooks of the user's were taken off.

    Raises:
        InputError: outputs that differ between two runs.
    """
    with OwnRandomness().drawn(), torch.no_grad():
        answers = _listened(model)
        watched = _run(model, state, inputs)
        taken = _take_off(model)
        for _, hooks in taken:
            hooks.update({key: listener.hook for key, listener in hooks.items()})
        bare = _run(model, state, inputs)
        if not taken or (not answers and _equal(watched, bare, rounding=0)):
            _require_equal(watched, bare)
            return bool(taken)
        for registry, hooks in taken:
            registry.update(hooks)
        _require_equal(_run(model, state, inputs), _run(model, state, inputs))
    return False


def take_off(model: nn.Module) -> None:
    """Remove the user's forward hooks from a copy of the model, PyTorch's own excepted."""
    _take_off(model)


def _take_off(model: nn.Module) -> list[tuple[dict[int, Any], dict[int, Any]]]:
    """The registries, and what was taken from each."""
    taken = []
    for module in model.modules():
        for registry in (module._forward_pre_hooks, module._forward_hooks):
            users = {key: hook for key, hook in registry.items() if not _of_torch(hook)}
            for key in users:
                del registry[key]
            if users:
                taken.append((registry, users))
    return taken


class _Listener:
    """A hook that notes whether it returns anything, as one that changes outputs does."""

    def __init__(self, hook: Any, answers: list[str]) -> None:
        self.hook, self.answers = hook, answers

    def __call__(self, *given: Any, **named: Any) -> Any:
        answer = self.hook(*given, **named)
        if answer is not None:
            self.answers.append(type(answer).__name__)
        return answer


def _listened(model: nn.Module) -> list[str]:
    """What the user's hooks return from now on, by type."""
    answers: list[str] = []
    for module in model.modules():
        for registry in (module._forward_pre_hooks, module._forward_hooks):
            for key, hook in list(registry.items()):
                if not _of_torch(hook):
                    registry[key] = _Listener(hook, answers)
    return answers


def _of_torch(hook: object) -> bool:
    kind = hook if hasattr(hook, "__qualname__") else type(hook)
    return str(getattr(kind, "__module__", "")).partition(".")[0] == "torch"


def _run(model: nn.Module, state: Mapping[str, Tensor], inputs: Tensor) -> object:
    return run(model, {name: value.clone() for name, value in state.items()}, inputs)


def _equal(one: object, other: object, rounding: float) -> bool:
    """Whether two outputs agree; those that are no tensors are refused later."""
    if not isinstance(one, Tensor) or not isinstance(other, Tensor):
        return type(one) is type(other)
    if one.shape != other.shape:
        return False
    allowed = rounding * torch.finfo(one.dtype).eps if one.is_floating_point() else 0.0
    return torch.allclose(one, other, allowed, allowed, equal_nan=True)


def _require_equal(one: object, other: object) -> None:
    if not _equal(one, other, ROUNDING):
        raise InputError(
            "a model that gives the same outputs each time it runs in evaluation mode",
            "others on the same inputs",
            "Switch off what draws random numbers, such as dropout that stays on, or what "
            "remembers earlier inputs.",
        )
