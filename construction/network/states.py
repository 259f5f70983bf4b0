"""Weights as tools leave them: found where they are nested, and brought to a model's own names.

A checkpoint holds more than weights, and wrappers put prefixes before the names. What is left aside
is said in words; what does not fit the model is refused entry by entry.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import WeightsError

#: Weights by name, as `torch.nn.Module.state_dict` gives them.
State = dict[str, Tensor]
#: Where tools nest a state dict, the trained weights before their running averages.
NESTED = (
    *("state_dict", "model_state_dict", "model_state", "model", "net", "network", "module"),
    *("weights", "params", "state_dict_ema", "ema_state_dict", "model_ema", "ema"),
)
#: What wrappers put before the names of entries, in any order and number.
WRAPPERS = ("module.", "_orig_mod.", "model.", "ema_model.", "base_model.", "net.", "network.")
#: What the names of wrapped layers' entries hold.
WRAPPED = ("lora_", "weight_g", ".parametrizations.")
#: Names that a message lists of a kind.
LISTED = 3
SAME_ARCHITECTURE = "Take both from networks of the same architecture."


def state_of(content: Any, key: str | None = None) -> tuple[State, list[str]]:
    """The tensors by name in what `torch.load` returns, and what was done to find them, in words.

    Arrays become tensors; entries that are neither, such as counters and optimizers, are left
    aside.

    Args:
        content: a state dict, or a checkpoint in which one is nested.
        key: the entry under which it is nested; looked for when None.

    Raises:
        WeightsError: no names with tensors, or several of them.

    >>> state, notes = state_of({"epoch": 3, "state_dict": {"w": np.ones(2), "best": True}})
    >>> state, notes
    ({'w': tensor([1., 1.], dtype=torch.float64)}, ["under 'state_dict'", "without 'best'"])
    """
    notes: list[str] = []
    while isinstance(content, Mapping):
        inner = [name for name, value in content.items() if _has_weights(value)]
        chosen = [name for name in ([key] if key else NESTED) if name in inner]
        if key and not chosen:
            found = ", ".join(map(repr, inner)) or "none that holds tensors"
            raise WeightsError(f"weights under {key!r}", found, "Name one of these with key=....")
        if not chosen and not any(isinstance(x, Tensor | np.ndarray) for x in content.values()):
            chosen = inner
        if not chosen:
            break
        if len(chosen) > 1 and chosen[0] not in NESTED:
            found = ", ".join(map(repr, chosen))
            raise WeightsError("weights of one model", found, "Name one of these with key=....")
        others = [name for name in inner if name != chosen[0]]
        beside = f", not {_listed(others)}" if others else ""
        notes.append(f"under {chosen[0]!r}{beside}")
        content, key = content[chosen[0]], None
    named = content.items() if isinstance(content, Mapping) else ()
    state = {str(name): x for name, value in named if (x := _tensor(value)) is not None}
    if not state:
        found = type(content).__name__
        if isinstance(content, Mapping):
            entries = ", ".join(map(repr, list(content)[:6]))
            found = f"the entries {entries}" if entries else "none"
        raise WeightsError("state dicts, names with tensors", found, "Pass model.state_dict().")
    aside = [str(name) for name in content if str(name) not in state]
    return state, notes + ([f"without {_listed(aside)}"] if aside else [])


def fitted(
    state: Mapping[str, Tensor], model: nn.Module, base: Mapping[str, Tensor] | None = None
) -> tuple[State, list[str]]:
    """The weights under the names of the model's own entries, and what was done, in words.

    Prefixes of wrappers are cut or put before, on either side, where all names then agree; what
    lies outside the prefix is left aside. An entry that the model ties to another may be missing;
    from a `base` entries are taken that `state` lacks, as adapters do. A WeightsError shows the
    first entries that are missing, unknown or of another shape.

    >>> fitted({"module.weight": torch.ones(1, 1), "n_averaged": torch.ones(())}, nn.Linear(1, 1,
    ...     bias=False))
    ({'weight': tensor([[1.]])}, ["without the prefix 'module.'", "without 'n_averaged'"])
    """
    own = {name: value for name, value in model.state_dict().items() if isinstance(value, Tensor)}
    if state.keys() == own.keys() and base is None:
        _require_fit(own, state)
        return dict(state), []
    below = fitted(base, model)[0] if base is not None else {}
    ties = ties_of(model)
    candidates = []
    for names, notes in _renamings(state, own):
        renamed = {names[name]: value for name, value in state.items() if name in names}
        missing = own.keys() - renamed.keys()
        tied = {a: renamed[b] for a in missing for b in ties.get(a, ()) if b in renamed}
        notes = notes + [f"{_listed(sorted(tied))} tied"] * bool(tied)
        whole = {**below, **renamed, **tied}
        if below and len(renamed.keys() & own.keys()) == len(renamed):
            notes = [*notes, f"{len(renamed)} of {len(own)} entries on top of the base"]
        candidates.append((len(whole.keys() ^ own.keys()), whole, notes))
    _, best, notes = min(candidates, key=lambda one: one[0])
    _require_fit(own, best)
    return {name: best[name] for name in own}, notes


def alike(states: list[State]) -> list[State]:
    """The states under the same names, prefixes cut, and in types that hold the values of all.

    Where they cannot be brought to the same names they stay as they are.

    >>> alike([{"w": torch.ones(1)}, {"module.w": torch.ones(1).half()}])
    [{'w': tensor([1.])}, {'w': tensor([1.])}]
    """
    names = min(states, key=lambda state: sum(map(len, state))).keys()
    for k, state in enumerate(states):
        ways = [ways for ways, _ in _renamings(state, names) if set(ways.values()) == set(names)]
        if state.keys() != names and ways:
            states[k] = {ways[0][name]: x for name, x in state.items() if name in ways[0]}
    for name in names:
        kinds = {state[name].dtype for state in states if name in state}
        if len(kinds) > 1 and all(kind.is_floating_point for kind in kinds):
            widest = reduce(torch.promote_types, kinds)
            for state in (one for one in states if name in one):
                state[name] = state[name].to(widest)
    return states


def _has_weights(value: object) -> bool:
    """Whether a value is names with tensors, or holds such under one of the usual names."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        return False
    return any(isinstance(x, Tensor | np.ndarray) for x in value.values()) or any(
        _has_weights(value[name]) for name in NESTED if name in value
    )


def _tensor(value: Any) -> Tensor | None:
    """A tensor, or an array of numbers as one; None for anything else."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return torch.from_numpy(np.array(value, value.dtype.newbyteorder("=")))
    return value if isinstance(value, Tensor) else None


def _renamings(
    state: Collection[str], own: Collection[str]
) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Ways to rename entries towards `own`: the new name by the old, and what is done, in words."""
    adapters = {name.replace(".default.", "."): name for name in own if ".default." in name}
    for cut in _prefixes(state):
        for put in _prefixes(own):
            inside = {name: put + name.removeprefix(cut) for name in state if name.startswith(cut)}
            notes = [f"without the prefix {cut!r}"] * bool(cut) + [f"under {put!r}"] * bool(put)
            aside = [name for name in state if name not in inside]
            notes += [f"without {_listed(aside)}"] * bool(aside)
            yield {old: adapters.get(new, new) for old, new in inside.items()}, notes


def _prefixes(names: Collection[str]) -> list[str]:
    """Stacks of wrappers' prefixes that names begin with, the empty one first."""
    found = dict.fromkeys([""])
    for name in names:
        stack = ""
        while wrapper := next((w for w in WRAPPERS if name.startswith(stack + w)), None):
            stack += wrapper
            found[stack] = None
    return list(found)


def ties_of(model: nn.Module) -> dict[str, list[str]]:
    """By name, the other names of the same tensor."""
    groups: dict[int, list[str]] = {}
    for named in (model.named_parameters, model.named_buffers):
        for name, value in named(remove_duplicate=False):
            groups.setdefault(id(value), []).append(name)
    return {a: [b for b in group if b != a] for group in groups.values() for a in group}


def require_ties(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Refuse by a WeightsError other values in entries that the model ties, and holds one of."""
    for name, others in ties_of(model).items():
        for other in others if name in state else ():
            if other in state and not torch.equal(state[name], state[other].to(state[name])):
                raise WeightsError(
                    "the same values in entries that the model ties",
                    f"others in {name!r} than in {other!r}",
                    "Load them into the model, which keeps one of the two, and pass its "
                    "state_dict(); or untie its layers.",
                )


def _require_fit(own: State, state: Mapping[str, Tensor]) -> None:
    missing = [name for name in own if name not in state]
    unknown = [name for name in state if name not in own]
    other = [name for name in own if name in state and own[name].shape != state[name].shape]
    shapes = {
        name: f"{name!r} {tuple(state[name].shape)} for {tuple(own[name].shape)}" for name in other
    }
    kinds = {"missing": missing, "unknown": unknown, "of another shape": other}
    if found := [
        f"{len(names)} {kind}: {_listed(names, shapes)}" for kind, names in kinds.items() if names
    ]:
        # the last layer alone differs, in its outputs alone
        layers = {name.rpartition(".")[0] for name in other}
        retrained = len(layers) == 1 and all(state[n].shape[1:] == own[n].shape[1:] for n in other)
        cause = _cause(missing, unknown, other, retrained=retrained)
        raise WeightsError("weights that fit the model", "; ".join(found), cause)


def _cause(missing: list[str], unknown: list[str], other: list[str], *, retrained: bool) -> str:
    """What is usually the cause, and what to do."""
    if missing and not unknown and not other:
        if all(name.endswith("num_batches_tracked") for name in missing):
            return "An old PyTorch wrote no counters of batches: add them, as zeros."
        return (
            "Part of a model, as adapters are, goes on top of a base: "
            "load_weights(file, model, base=...)."
        )
    if any(part in f".{name}" for part in WRAPPED for name in unknown):
        return (
            "They are of layers that were wrapped, as by LoRA or weight norm: wrap the model's so."
        )
    if any(part in f".{name}" for part in (*WRAPPED, "base_layer.") for name in missing):
        return (
            "The model's layers are wrapped, as by LoRA or weight norm, and these are not: load "
            "them before they are wrapped, and pass model.state_dict()."
        )
    if other and not missing and not unknown:
        if retrained:
            return "It was trained for another number of outputs: build the model with as many."
        return "The model was built with other sizes: use the settings it was trained with."
    return "Pass the architecture that the state dicts were taken from."


def _listed(names: list[str], shown: Mapping[str, str] | None = None) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join((shown or {}).get(name, repr(name)) for name in names[:LISTED]) + more


def check_alike(states: Sequence[Mapping[str, Tensor]]) -> None:
    """Refuse by a WeightsError states that differ in names, shapes or types, or are not finite."""
    for k, (first, second) in enumerate(pairwise(states)):
        if first.keys() != second.keys():
            name = sorted(first.keys() ^ second.keys())[0]
            owner = k if name in first else k + 1
            raise WeightsError(
                "state dicts with the same entries",
                f"{name!r} in number {owner} alone of numbers {k} and {k + 1}",
                SAME_ARCHITECTURE,
            )
        for name, value in first.items():
            other = second[name]
            for kind, one, two, remedy in (
                ("shape", tuple(value.shape), tuple(other.shape), SAME_ARCHITECTURE),
                ("type", value.dtype, other.dtype, "Convert one of them, as with model.float()."),
            ):
                if one != two:
                    found = f"{one} in number {k} and {two} in number {k + 1}"
                    raise WeightsError(f"entries {name!r} of one {kind}", found, remedy)
    for k, state in enumerate(states):
        check_finite(state, f"state dict number {k}")


#: What keeps tensors from being plain numbers, one beside the other, and how such are made of them.
UNUSUAL: dict[str, tuple[Callable[[Tensor], bool], str]] = {
    "a nested tensor": (lambda x: x.is_nested, "Take it apart, by unbind()"),
    "a sparse tensor": (lambda x: x.layout is not torch.strided, "Convert it, by to_dense()"),
    "a quantised tensor": (lambda x: x.is_quantized, "Convert it, by dequantize()"),
    "a tensor without values, on the device meta": (lambda x: x.is_meta, "Load its values"),
}


def unusual_kind(tensor: Tensor) -> str | None:
    """Which of the `UNUSUAL` kinds a tensor is of; None where it is plain.

    >>> unusual_kind(torch.ones(2)), unusual_kind(torch.ones(2).to_sparse())
    (None, 'a sparse tensor')
    """
    return next((kind for kind, (is_one, _) in UNUSUAL.items() if is_one(tensor)), None)


def check_plain(state: Mapping[str, Tensor], where: str) -> None:
    """Refuse by a WeightsError tensors of an unusual kind, with that and the entry."""
    for name, value in state.items():
        if kind := unusual_kind(value):
            raise WeightsError(
                f"weights that are plain tensors in {where}",
                f"{kind}, {name!r}",
                f"{UNUSUAL[kind][1]}; where it is from a file, save it again.",
            )


def check_finite(state: Mapping[str, Tensor], where: str) -> None:
    """Refuse by a WeightsError NaN, infinity, and unusual kinds of tensors; a GPU waits once."""
    check_plain(state, where)
    bad = [(~torch.isfinite(value)).sum() for value in state.values()]
    counts = torch.stack([count.to(bad[0].device) for count in bad]).tolist() if bad else []
    for (name, value), count in zip(state.items(), counts, strict=True):
        if count:
            raise WeightsError(
                "finite weights",
                f"{count} of {value.numel()} values of {name!r} in {where} NaN or infinite",
                "Training may have diverged: take weights from before it did.",
            )
