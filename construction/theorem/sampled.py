"""What a network makes of a few inputs along a path, for a record's `Sample`."""

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ..arrays import Array
from ..errors import InputError
from ..forward.batch_norm import normalises_tiles
from ..forward.batches import Reading, require_finite
from ..forward.forward import Forward
from ..record.sample import Sample, Units

#: Most inputs, units a hidden layer, outputs, lambdas of the outputs, and of the units, that are
#: kept; all chosen here, so that a record stays small.
INPUTS, UNITS, OUTPUTS, LAMBDAS, UNIT_LAMBDAS = 16, 14, 16, 101, 21
#: Most pixels a side of an image; of larger ones every second, third, ... is kept.
SIDE = 64

#: Inputs (samples, ...) and targets, as those of `construction.construct`.
Few = tuple[ArrayLike | Tensor, ArrayLike | Tensor]


def sample_along(forward: Forward, lam: Array, few: Few, *, held_out: bool | None = None) -> Sample:
    """The network at a few inputs, at most `INPUTS`, at some of the lambdas of its sheet.

    Raises:
        InputError: no such pair, too many inputs, targets that the loss cannot take, outputs that
            are not (samples, outputs), or that depend on the other inputs.
    """
    inputs, targets = Reading().pair(few)
    if not isinstance(inputs, Tensor) or not isinstance(targets, Tensor):
        raise _without("a sample of a model that takes one tensor", "several")
    if len(inputs) > INPUTS:
        raise InputError(
            f"a sample of at most {INPUTS} inputs", f"{len(inputs)}", "Pass a few of them."
        )
    if normalises_tiles(forward.model):
        found = "one that normalises batches by their own statistics"
        raise _without("a model that treats each input by itself", found)
    if not isinstance(dict(forward.model.named_modules()).get(forward.head), nn.Linear):
        expected = "a last layer that is an nn.Linear, which the film draws"
        raise _without(expected, repr(forward.head))
    require_finite(inputs, targets)
    kind = forward.dtype if inputs.is_floating_point() else inputs.dtype
    given = inputs.to(forward.device, kind)
    vertices = np.asarray(getattr(forward.user_path, "vertices", (0.0, 1.0)), float)
    near = np.abs(lam - vertices[:, None]).argmin(axis=1)
    kept = (_evenly(len(lam), most) for most in (LAMBDAS, UNIT_LAMBDAS))
    often, seldom = (lam[np.union1d(near, some)] for some in kept)  # with ends and vertices

    outputs = torch.stack([forward.predict(forward.state(x), given) for x in often])
    if outputs.ndim != 3:
        found = f"outputs of shape {tuple(outputs.shape[1:])}"
        raise _without("outputs (samples, outputs) of a sample", found)
    wanted = _targets(forward, targets.to(forward.device), outputs[0])
    classes = _classes(wanted)
    layers, head = _units(forward, seldom, given)
    return Sample(
        None if held_out is None else bool(held_out),
        _images(inputs),
        wanted[:, classes],
        often,
        _numbers(outputs)[:, :, classes],
        classes,
        outputs.shape[2],
        seldom,
        layers,
        head[:, classes],
    )


def _without(expected: str, found: str) -> InputError:
    return InputError(expected, found, "Record the path without a sample.")


def _evenly(count: int, most: int) -> NDArray[np.intp]:
    """Indices of at most so many of them, evenly."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


def _targets(forward: Forward, raw: Tensor, outputs: Tensor) -> NDArray[np.float32]:
    """Class indices as one-hot rows, real values as they are, (samples, outputs)."""
    forward.loss.targets(raw, outputs)  # refuses those that the loss cannot take
    indices = raw.ndim == 1 and not raw.is_floating_point() and outputs.shape[1] > 1
    return _numbers(
        one_hot(raw.long(), outputs.shape[1]) if indices else raw.reshape(outputs.shape)
    )


def _classes(targets: NDArray[np.float32]) -> NDArray[np.intp]:
    """The outputs that are kept: where there are many, those of the largest targets, and others."""
    count = targets.shape[1]
    if count <= OUTPUTS:
        return np.arange(count)
    own = np.unique(targets.argmax(axis=1))
    return np.union1d(own, _evenly(count, OUTPUTS - len(own)))


def _images(inputs: Tensor) -> NDArray[np.uint8] | None:
    """Grey images of (samples, rows, columns), or of one or three channels before these."""
    pixels = inputs.detach().cpu().double().numpy()
    if pixels.ndim == 4 and pixels.shape[1] in (1, 3):
        pixels = np.moveaxis(pixels, 1, 3) if pixels.shape[1] == 3 else pixels[:, 0]
    elif pixels.ndim != 3:
        return None
    step = -(-max(pixels.shape[1:3]) // SIDE)
    pixels = pixels[:, ::step, ::step]
    low, high = pixels.min(), pixels.max()
    brightness: NDArray[np.uint8] = np.rint(255 * (pixels - low) / (high - low or 1.0)).astype("u1")
    return brightness


def _units(
    forward: Forward, lams: Array, inputs: Tensor
) -> tuple[tuple[Units, ...], NDArray[np.float32]]:
    """Units of the hidden layers at each lambda, and the head's weights from the last of them."""
    names = _chain(forward.model, forward.head)
    modules = dict(forward.model.named_modules())
    seen: dict[nn.Module, Tensor] = {}
    given: list[list[Tensor]] = []

    def note(module: nn.Module, args: tuple[Tensor, ...]) -> None:
        seen[module] = args[0].detach().reshape(-1, args[0].shape[-1])

    states = [forward.state(lam) for lam in lams]
    hooks = [modules[name].register_forward_pre_hook(note) for name in names]
    try:
        for state in states:
            forward.predict(state, inputs)
            given.append([seen[modules[name]] for name in names])
    finally:
        for hook in hooks:
            hook.remove()
    sizes = [layer.shape[1] for layer in given[0]]
    shown = [_evenly(size, UNITS) for size in sizes]

    def weights(name: str, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Tensor:
        entry = f"{name}.weight" if name else "weight"
        chosen = torch.from_numpy(rows)[:, None], torch.from_numpy(columns)
        return torch.stack([state[entry].cpu()[chosen] for state in states])

    between = [
        _numbers(weights(name, rows, columns))
        for name, (columns, rows) in zip(names, pairwise(shown), strict=False)
    ]
    layers = tuple(
        Units(size, some, _numbers(torch.stack([x[k] for x in given]))[:, :, some], before)
        for k, (size, some, before) in enumerate(zip(sizes, shown, [None, *between], strict=True))
    )
    everything = np.arange(len(modules[names[-1]].weight))
    return layers, _numbers(weights(names[-1], everything, shown[-1]))


def _chain(model: nn.Module, head: str) -> list[str]:
    """Names of the layers whose inputs are hidden units: of a chain all linear ones but the first.

    A chain is an `nn.Sequential` that has every linear layer as a part of its own. Of any other
    network it is the head alone.
    """
    linear = [name for name, part in model.named_modules() if isinstance(part, nn.Linear)]
    parts = [name for name, part in model.named_children() if isinstance(part, nn.Linear)]
    chain = isinstance(model, nn.Sequential) and linear == parts and linear[-1] == head
    return linear[1:] if chain and len(linear) > 1 else [head]


def _numbers(tensor: Tensor) -> NDArray[np.float32]:
    return tensor.detach().cpu().float().numpy()
