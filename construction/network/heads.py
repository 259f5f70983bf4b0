"""Finds, verifies and scales the linear head of any network.

The construction rescales the *head*: the linear last layer. Multiplying its weight and its bias by
c multiplies the outputs by c, ``N(W scaled by c) = c N(W)``. `find_head` finds it in any module and
`verify_head` checks that the scaling does what it should, on the user's own data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..errors import HeadError, InputError, WeightsError
from .evaluation import Inputs, evaluate, private_copy
from .states import State, ties_of


@dataclass(frozen=True)
class Head:
    """Entries of a state dict: multiplied by c, c >= 0, they multiply the outputs by c.

    Attributes:
        name: of the layers they belong to, or of the entries.
        entries: their names.
    """

    name: str
    entries: frozenset[str]


def scale_head(state: Mapping[str, Tensor], head: str | Head, c: float) -> State:
    """The weights with those of the head multiplied by c; the others are not copied.

    A head may be the name of a layer, of which weight and bias are meant.

    >>> from construction.network.networks import mlp
    >>> state = mlp((4, 3, 2)).state_dict()
    >>> scaled = scale_head(state, "3", 2.0)
    >>> torch.equal(scaled["3.weight"], 2 * state["3.weight"]), scaled["1.bias"] is state["1.bias"]
    (True, True)
    """
    if isinstance(head, str):
        prefix = f"{head}." if head else ""
        head = Head(head, frozenset({f"{prefix}weight", f"{prefix}bias"}))
    return {name: value * c if name in head.entries else value for name, value in state.items()}


def find_head(
    model: nn.Module,
    inputs: Inputs,
    state: Mapping[str, Tensor] | None = None,
    named: str | Sequence[str] | None = None,
) -> Head:
    """The weights that multiply the outputs: those of the layer called last, or of several.

    Where not all weights of that layer do, or not they alone, entries are taken from the last one
    backwards as long as the outputs stay linear in the common scale of all that were taken: of
    LoRA B but not A, of weight norm the gain, of concatenated heads each one.

    Args:
        model: any module; a private copy runs, in evaluation mode.
        inputs: a small batch, (samples, ...).
        state: weights at which it is tried, none of them 0; the model's own when None.
        named: layers or entries to take them from; looked for when None.

    Returns:
        What multiplies the outputs; if nothing does, what should, for `verify_head` to say so.

    Raises:
        HeadError: no layer with weights is called, no layer of that name, or tied weights.

    >>> from construction.network.networks import mlp
    >>> sorted(find_head(mlp((4, 3, 2)), torch.ones(1, 4)).entries)
    ['3.bias', '3.weight']
    """
    model = private_copy(model)
    trial = _Trial(model, model.state_dict() if state is None else state, inputs)
    if named is None:
        layers = _called_last_first(model, inputs)
    else:
        names = [one.strip() for one in named.split(",")] if isinstance(named, str) else named
        layers = {name: _entries_of(model, name) for name in names}
    most = layers if named is not None else dict([next(iter(layers.items()))])
    head = Head(", ".join(most), frozenset().union(*most.values()))
    head = head if trial.scales(head.entries) else trial.found(layers) or head
    ties = {
        name: other
        for name, others in ties_of(model).items()
        for other in others
        if name in head.entries and other not in head.entries
    }
    if ties:
        other = trial.found({name: x - ties.keys() for name, x in layers.items()})
        instead = (
            f"head={other.name!r} names weights that multiply the outputs too; or untie"
            if (other and named is None)
            else "Untie"
        )
        tied = next(iter(ties))
        raise HeadError(
            f"the weights of the head {head.name!r} to be its own",
            f"that it shares {tied!r} with {ties[tied]!r}, which would be rescaled too",
            f"{instead} the layers: layer.weight = nn.Parameter(layer.weight.detach().clone()).",
        )
    return head


class _Trial:
    """The outputs on a few inputs as some weights are scaled."""

    #: Entries that are tried.
    MOST = 32

    def __init__(self, model: nn.Module, state: Mapping[str, Tensor], inputs: Inputs) -> None:
        self.model, self.state, self.inputs = model, state, inputs
        self.own = self.outputs(frozenset(), 1.0)
        self.allowed = _rounding(self.own)

    def outputs(self, entries: frozenset[str], c: float) -> Tensor:
        """With the entries multiplied by c."""
        with torch.no_grad():
            found = evaluate(self.model, scale_head(self.state, Head("", entries), c), self.inputs)
        if not isinstance(found, Tensor) or not found.is_floating_point():
            raise HeadError(
                "a model that returns one tensor, (samples, ...)",
                type(found).__name__,
                "Say which are the outputs: predict=lambda model, batch: model(batch[0])[0].",
            )
        return found

    def misses(self, entries: frozenset[str], c: float) -> float:
        """By how much the outputs miss c times the own ones; NaN where they are not finite."""
        return float((self.outputs(entries, c) - c * self.own).abs().max())

    def scales(self, entries: frozenset[str]) -> bool:
        """Whether the entries multiply the outputs."""
        return all(self.misses(entries, c) <= self.allowed * max(c, 1) for c in SCALES)

    def linear(self, entries: frozenset[str]) -> bool:
        """Whether the outputs depend on the entries' common scale, and linearly."""
        at = [self.outputs(entries, c) for c in (0.0, 2.0)]
        bend = float((at[0] - 2 * self.own + at[1]).abs().max())
        return bend <= 4 * self.allowed < float((at[1] - at[0]).abs().max())

    def found(self, layers: Mapping[str, frozenset[str]]) -> Head | None:
        """The entries, from the first layer on, that multiply the outputs together."""
        chosen, names, tried = frozenset[str](), list[str](), 0
        for name, entries in layers.items():
            for entry in sorted(entries, key=list(self.state).index, reverse=True):
                tried += 1
                if tried <= self.MOST and self.linear(chosen | {entry}):
                    chosen |= {entry}
                    names += [name] if name not in names else []
            if chosen and self.scales(chosen):
                return Head(", ".join(reversed(names)), chosen)
        return None


def _called_last_first(model: nn.Module, inputs: Inputs) -> dict[str, frozenset[str]]:
    """The layers that have weights of their own and run, the last one first, with their entries."""
    called: list[str] = []
    hooks = [
        module.register_forward_hook(lambda *_, name=name: called.append(name))
        for name, module in model.named_modules()
        if any(one is not None for one in module._parameters.values())
    ]
    with torch.no_grad():
        evaluate(model, model.state_dict(), inputs)
    for hook in hooks:
        hook.remove()
    if not called:
        raise HeadError(
            "a model whose last layer is linear",
            "no layer with weights that is called in its forward pass",
            "Let the network end in a linear layer, which is the one the construction rescales.",
        )
    return {name: _entries_of(model, name, deep=False) for name in reversed(called)}


def _entries_of(model: nn.Module, name: str, *, deep: bool = True) -> frozenset[str]:
    """The parameters of a layer, those of its parts included if `deep`; or one by its name."""
    parameters = [key for key, _ in model.named_parameters(remove_duplicate=False)]
    if name in parameters:
        return frozenset({name})
    module = dict(model.named_modules()).get(name)
    own = [] if module is None else module.named_parameters(recurse=deep, remove_duplicate=False)
    entries = frozenset(f"{name}.{key}" if name else key for key, _ in own)
    if not entries:
        having = dict.fromkeys(key.rpartition(".")[0] for key in parameters)
        raise HeadError(
            f"the head {name!r} to name a layer with weights, or an entry",
            "no such layer" if module is None else type(module).__name__,
            f"Its layers with weights are: {', '.join(map(repr, having)) or 'none'}.",
        )
    return entries


def _rounding(outputs: Tensor) -> float:
    """By how much they may be off."""
    return 1000 * torch.finfo(outputs.dtype).eps * float(outputs.abs().max())


#: Scales at which a head is tried.
SCALES = (0.0, 0.5, 3.0)


def verify_head(model: nn.Module, state: Mapping[str, Tensor], head: Head, inputs: Inputs) -> None:
    """Check on real inputs that scaling the head's entries by c scales the outputs by c.

    The check allows a deviation of a thousand times the rounding of the outputs' type, relative to
    the largest of them.

    Raises:
        WeightsError: outputs that are not finite.
        HeadError: the outputs do not scale, as after a softmax or with an output from elsewhere
            added.
    """
    trial = _Trial(model, state, inputs)
    if not torch.isfinite(trial.own).all():
        raise WeightsError(
            "finite outputs at the ends of the path",
            "NaN or infinite ones",
            "The weights overflow: try dtype=torch.float64.",
        )
    for c in SCALES:
        off = trial.misses(head.entries, c)
        if not off <= trial.allowed * max(c, 1.0):
            raise HeadError(
                f"outputs multiplied by {c:g} when the layer {head.name!r} is multiplied by {c:g}",
                f"outputs that differ from that by {off:.3g} "
                f"(largest output {float(trial.own.abs().max()):.3g})",
                "The head must come last: move a softmax or another nonlinearity behind it into "
                "the loss, and let no other layer add to the outputs. Or name the right layers, or "
                "entries, with head=....",
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
    if not all(isinstance(x, Tensor) and x.is_floating_point() for x in (whole, part)):
        return  # refused with the head
    alike = part.shape == (half, *whole.shape[1:])
    off = float((whole[:half] - part).abs().max()) if alike else float("inf")
    if not off <= _rounding(whole):  # not a number either
        raise InputError(
            "a model that treats each sample by itself, as it is run on parts of the data",
            f"outputs of {half} samples that change by {off:.3g} when the others are left out",
            "Let nothing average over the batch, nor attend from one sample to another.",
        )
