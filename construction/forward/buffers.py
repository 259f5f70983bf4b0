"""Buffers along a path: what layers keep beside their parameters, such as running statistics.

A mixture of two networks' parameters is a network; of what follows from their parameters or from
the data, as the vectors of spectral normalisation do, it is nothing in particular. Those of
PyTorch's own normalising layers are a choice, see `construction.forward.batch_norm`.
"""

import torch
from torch import nn

from ..errors import InputError
from ..path.paths import Curve, Path
from .batch_norm import normalising_layers

#: Names that a message lists.
LISTED = 4


def require_no_mixed_buffers(model: nn.Module, path: Path) -> None:
    """Refuse a path that would mix floating-point buffers of which nothing was said.

    A callable path gives all entries itself, so it may set them as it likes.

    Args:
        model: the user's.
        path: with all its state dicts on one device.

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
