"""Whether the user's model can be run along a path: weights that fit it, and hooks.

Some hooks are part of the network: those of `torch.nn.utils.weight_norm` and of pruning, or the
user's own that return something. Others only watch; hundreds of forward passes would fill their
lists. Which are which is seen on the probe, on which each fires once.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from ..errors import InputError, WeightsError
from ..network.batch import Inputs
from ..network.evaluation import OwnRandomness, run
from ..network.states import State, fitted
from ..path.paths import Path, mapped
from .precision import equal_to_rounding


def fitted_path(model: nn.Module, path: Path) -> Path:
    """The path of weights under the names of the model's own entries.

    Raises:
        InputError: the model has entries without a shape yet, is wrapped for several GPUs, or
            compiled.
        WeightsError: weights that do not fit it: see `construction.network.states.fitted`.
    """
    state = path(0.0)
    if not isinstance(state, Mapping):
        raise WeightsError(
            "a path that returns state dicts", type(state).__name__, "Return name -> tensor."
        )
    if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        raise InputError(
            "the model itself",
            type(model).__name__,
            "Pass model.module: several processes share the data out by themselves.",
        )
    compiled = [one for one in model.modules() if isinstance(one, torch.jit.ScriptModule)]
    if compiled:
        raise InputError(
            "a model whose weights can be replaced",
            f"TorchScript, {type(compiled[0]).__name__}, whose are fixed",
            "Build the nn.Module it was compiled from; compiled.state_dict() fits that.",
        )
    lazy = [name for name, value in model.state_dict().items() if is_lazy(value)]
    if lazy:
        raise InputError(
            "a model whose weights have shapes",
            f"{len(lazy)} that wait for a first input, the first {lazy[0]!r}",
            "Run it once on some inputs.",
        )
    if fitted(state, model)[0].keys() == state.keys():
        return path
    return mapped(path, lambda state: fitted(state, model)[0])


def remove_watching_hooks(model: nn.Module, state: State, inputs: Inputs) -> bool:
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

    def outputs() -> object:
        return run(model, {name: value.clone() for name, value in state.items()}, inputs)

    hooks, returned = _user_hooks(model), list[bool]()
    removed = bool(hooks)
    with OwnRandomness().drawn(), torch.no_grad():
        for registry, key, hook in hooks:
            registry[key] = _noting(hook, returned)
        one = outputs()
        for registry, key, _ in hooks:
            del registry[key]
        other = outputs()
        if hooks and (returned or not equal_to_rounding(one, other, roundings=0)):
            for registry, key, hook in hooks:
                registry[key] = hook
            one, other, removed = outputs(), outputs(), False
    if not equal_to_rounding(one, other):
        raise InputError(
            "a model that gives the same outputs each time it runs in evaluation mode",
            "others on the same inputs",
            "Switch off what draws random numbers, such as dropout that stays on, or what "
            "remembers earlier inputs.",
        )
    return removed


def remove_user_hooks(model: nn.Module) -> None:
    """Remove the user's forward hooks from a copy of the model, PyTorch's own excepted."""
    for registry, key, _ in _user_hooks(model):
        del registry[key]


def _user_hooks(model: nn.Module) -> list[tuple[dict[int, Any], int, Any]]:
    """Registry, key and function of each forward hook but PyTorch's own."""
    return [
        (registry, key, hook)
        for module in model.modules()
        for registry in (module._forward_pre_hooks, module._forward_hooks)
        for key, hook in registry.items()
        if not _of_torch(hook)
    ]


def _of_torch(hook: object) -> bool:
    kind = hook if hasattr(hook, "__qualname__") else type(hook)
    return str(getattr(kind, "__module__", "")).partition(".")[0] == "torch"


def _noting(hook: Any, returned: list[bool]) -> Any:
    """The hook, which lengthens the list when it returns something, as one that acts does."""

    def noting(*args: Any, **kwargs: Any) -> Any:
        result = hook(*args, **kwargs)
        if result is not None:
            returned.append(True)
        return result

    return noting
