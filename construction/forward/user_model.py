"""Whether the user's model can be run along a path: weights that fit it, buffers, one answer.

A mixture of two networks' parameters is a network; of buffers that follow from their parameters or
from the data, as the vectors of spectral normalisation do, it is nothing in particular.
"""

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from ..errors import InputError, WeightsError
from ..network.evaluation import Inputs, randomness_kept, run, tensors_of
from ..network.states import State, fitted, require_ties
from ..path.paths import Curve, Path, mapped
from .batch_norm import normalising_layers
from .precision import equal_to_rounding

#: Names that a message lists.
LISTED = 4


def fitted_path(model: nn.Module, path: Path) -> Path:
    """The path of weights under the names of the model's own entries.

    Raises:
        InputError: the model has entries without a shape yet, is wrapped for several GPUs, or
            compiled.
        WeightsError: weights that do not fit it: see `construction.network.states.fitted`.
    """
    state = mapped(path, lambda state: state)(0.0)
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
    if fitted(state, model)[0].keys() != state.keys():
        path = mapped(path, lambda state: fitted(state, model)[0])
    for one in path.states if isinstance(path, Curve) else ():
        require_ties(model, one)
    return path


def require_one_answer(model: nn.Module, state: State, inputs: Inputs) -> None:
    """Refuse by an InputError a private copy, in evaluation mode, that gives two answers."""
    before = inputs.clone()
    with randomness_kept(), torch.no_grad():
        one, other = (run(model, {k: x.clone() for k, x in state.items()}, inputs) for _ in "12")
    if not equal_to_rounding(one, other):
        if not all(map(torch.equal, tensors_of(before), tensors_of(inputs))):
            raise InputError(
                "a model that leaves its inputs as they are",
                "one that writes into them, so that it gives others the second time",
                "Let it work on a copy, as x.clone() or x * 2 instead of x.mul_(2).",
            )
        raise InputError(
            "a model that gives the same outputs each time it runs in evaluation mode",
            "others on the same inputs",
            "Switch off what draws random numbers, such as dropout that stays on, or what "
            "remembers earlier inputs.",
        )


def require_no_mixed_buffers(model: nn.Module, path: Path) -> None:
    """Refuse a path that would mix floating-point buffers of which nothing was said.

    A callable path gives all entries itself, so it may set them as it likes.

    Raises:
        InputError: buffers that differ between two state dicts of a `Curve`, by name.

    >>> from construction import Line
    >>> model = nn.Sequential(nn.Linear(2, 2))
    >>> model.register_buffer("centre", torch.zeros(2))
    >>> state = model.state_dict()
    >>> require_no_mixed_buffers(model, Line(state, {**state, "0.bias": torch.ones(2)}))
    """
    if not isinstance(path, Curve):
        return
    chosen = {
        f"{layer}.{entry}" if layer else entry
        for layer in normalising_layers(model)
        for entry in ("running_mean", "running_var")
    }
    first, *others = path.states
    mixed = [
        name
        for name, _ in model.named_buffers(remove_duplicate=False)
        if name in first.keys() - chosen
        and first[name].is_floating_point()
        and not all(torch.equal(first[name], other[name]) for other in others)
    ]
    if mixed:
        more = f" and {len(mixed) - LISTED} more" if len(mixed) > LISTED else ""
        raise InputError(
            "buffers that are the same at all weights of the path, as nothing says what they are "
            "between them",
            f"other values of {', '.join(map(repr, mixed[:LISTED]))}{more}",
            "Bake a parametrisation in, with torch.nn.utils.parametrize.remove_parametrizations("
            "layer, 'weight'), and take the weights from there; or give all state dicts the same "
            "buffers, as with {**initial, name: final[name]}; or pass a callable from lambda to "
            "a state dict, which sets them as it should be.",
        )
