"""What a batch holds: inputs and targets as tensors, taken apart, joined, on their way to a GPU."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.utils.data import DataLoader

from ..errors import InputError
from ..loss.loss import Raw, Weighted
from ..loss.targets import MISSING
from ..network.evaluation import Batch, Inputs, Predict, joined, mapped_tensors, tensors_of
from ..network.states import unusual_kind

#: Inputs and targets as tensors or arrays, or what `Reading` takes apart; or a loader of such.
Data = tuple[Any, ArrayLike | Tensor] | Mapping[str, Any] | DataLoader[Any]
Pair = tuple[Inputs, Raw]
#: Where a batch that is a dictionary has its targets.
LABELS = ("labels", "label", "targets", "target")


@dataclass(frozen=True)
class Reading:
    """What of a batch a model is called with, and its targets: as for `construction.construct`."""

    predict: Predict | None = None
    targets: Callable[[Any], Any] | None = None
    weights: Callable[[Any], Any] | ArrayLike | Tensor | None = None

    def pair(self, batch: Any) -> Pair:
        """Inputs and targets as tensors, where they are; errors as of `Samples`."""
        labels = [name for name in LABELS if isinstance(batch, Mapping) and name in batch]
        try:
            if self.targets is not None:
                raw = self.targets(batch)
            elif labels:
                raw = batch[labels[0]]
            elif isinstance(batch, Tensor | Mapping):
                raise TypeError
            else:
                _, raw = batch
            inputs = _plain(self._inputs(batch, raw))
            alone = _tensor(raw)
            given = self.weights(batch) if callable(self.weights) else self.weights
            weights = None if given is None else _tensor(given)
        except (TypeError, ValueError, RuntimeError, KeyError, IndexError, AttributeError) as error:
            raise InputError(
                "data as a pair (inputs, targets) of tensors or arrays",
                _described(batch),
                "Pass all samples as two tensors, or a DataLoader of such pairs; or say how "
                "to call the model and where the targets are: predict=lambda model, batch: "
                "model(batch[0], batch[1]), targets=lambda batch: batch[2].",
            ) from error
        for what, one in (("targets", alone), ("weights", weights)):
            if one is not None and one.is_complex():
                raise InputError(
                    f"{what} that are real numbers",
                    f"complex ones, {one.dtype}",
                    "Pass their real and imaginary parts, by torch.view_as_real.",
                )
        targets = alone if weights is None else _weighted(alone, weights)
        _require_samples(inputs, targets)
        return inputs, targets

    def _inputs(self, batch: Any, raw: Any) -> Any:
        """What the model is called with, without the targets unless `predict` takes all."""
        if self.predict is not None:
            return Batch(batch, self.predict)
        if isinstance(batch, Mapping):
            others = {name: value for name, value in batch.items() if value is not raw}
            return Batch(others) if len(others) > 1 else next(iter(others.values()))
        inputs = batch[0] if len(batch) == 2 else [part for part in batch if part is not raw]
        several = isinstance(inputs, Mapping) or (
            isinstance(inputs, tuple | list) and all(isinstance(x, Tensor) for x in inputs)
        )
        return Batch(inputs) if several else inputs


def rows_of(targets: Raw, which: slice) -> Raw:
    """Those of some samples."""
    rows: Raw = mapped_tensors(targets, lambda x: x[which])
    return rows


def _require_samples(inputs: Inputs, targets: Raw) -> None:
    """Refuse inputs and targets that are not of the same samples, one after the other."""
    parts = [*tensors_of(inputs), *tensors_of(targets)]
    unusual = next(filter(None, map(unusual_kind, parts)), None)
    if unusual:
        raise InputError("inputs and targets as plain tensors", unusual, "Convert it first.")
    shapes = [tuple(part.shape) for part in parts]
    count = shapes[0][:1]
    if not count or any(shape[:1] != count for shape in shapes) or parts[0].numel() == 0:
        found = " and ".join(map(str, shapes[:-1]))
        raise InputError(
            "as many targets as inputs, at least one",
            f"inputs of shape {found} and targets of shape {shapes[-1]}",
            "Pass one target a sample; the first axis of every tensor is that of the samples, as "
            "x[None] makes it for a single graph.",
        )


def _weighted(targets: Tensor, weights: Tensor) -> Weighted:
    """Targets with the weights of their samples."""
    if weights.ndim > max(1, targets.ndim) or weights.shape != targets.shape[: weights.ndim]:
        raise InputError(
            f"weights of the samples, ({len(targets)},)",
            f"{tuple(weights.shape)}",
            "Give one number a sample, or for cross-entropy one a label.",
        )
    if not bool((weights.isfinite() & (weights >= 0)).all()):
        raise InputError("weights of at least 0", f"{float(weights.min()):g}", "Leave it out.")
    return Weighted(targets, weights)


def _plain(part: Any) -> Any:
    """Arrays as tensors, other mappings as dictionaries."""
    if isinstance(part, Batch):
        return Batch(_plain(part.content), part.predict)
    if isinstance(part, Mapping):
        return {name: _plain(value) for name, value in part.items()}
    if isinstance(part, tuple | list) and any(isinstance(x, Tensor | np.ndarray) for x in part):
        return [_plain(value) for value in part]
    return _tensor(part) if not isinstance(part, str | None) else part


def _tensor(part: Any) -> Tensor:
    if isinstance(part, Tensor):
        return part.detach()
    array = np.asarray(part)
    if array.dtype.kind == "u" and array.itemsize > 1:  # torch can do little with these
        array = array.astype(np.int64)
    with warnings.catch_warnings():  # torch warns of arrays it must not write to; nothing does here
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)


def _described(data: Any) -> str:
    if isinstance(data, dict):
        return f"a dict with the entries {', '.join(map(repr, data))}"
    if isinstance(data, tuple | list):
        kinds = ", ".join(type(part).__name__ for part in data[:4])
        return f"a {type(data).__name__} of {len(data)}: {kinds}"
    return type(data).__name__


def require_finite(inputs: Inputs, targets: Raw, ignores: bool = False) -> None:
    """Refuse by an InputError NaN and infinity, but for NaN among targets where it is ignored."""
    for what, part in (("inputs", inputs), ("targets", targets)):
        for one in tensors_of(part):
            if what == "targets" and ignores:
                one = one.nan_to_num(nan=0.0, posinf=torch.inf, neginf=-torch.inf)
            if not torch.isfinite(one).all():
                remedy = MISSING if what == "targets" else "Remove those samples."
                raise InputError(f"finite {what}", "NaN or infinite ones", remedy)


def put_together(pairs: Sequence[Any], axis: int = 0) -> Any:
    """One pair of several, of tensors that are joined along an axis."""
    if len(pairs) == 1:
        return pairs[0]
    one, other = (joined(parts, axis) for parts in zip(*pairs, strict=True))
    return one, other


def arriving(
    pairs: Iterable[Pair], converted: Callable[[Pair], Pair], device: torch.device
) -> Iterator[Pair]:
    """The pairs converted, one of them fetched ahead where that brings them to a GPU.

    They travel from page-locked memory, while the network runs on what came before.
    """
    if device.type != "cuda":
        yield from map(converted, pairs)
        return
    stream, waiting = torch.cuda.Stream(device), None
    for pair in pairs:
        stream.wait_stream(torch.cuda.current_stream(device))  # which may still write it
        with torch.cuda.stream(stream):
            following = converted(_locked(pair)), stream.record_event()
        if waiting is not None:
            yield _arrived(*waiting, device)
        waiting = following
    if waiting is not None:
        yield _arrived(*waiting, device)


def _locked(pair: Pair) -> Pair:
    """In memory that a GPU can read by itself."""
    inputs, targets = (
        mapped_tensors(part, lambda x: x.pin_memory() if x.device.type == "cpu" else x)
        for part in pair
    )
    return inputs, targets


def _arrived(pair: Pair, event: Any, device: torch.device) -> Pair:
    """The pair, which what runs from here on waits for, and which stays until that is done."""
    now = torch.cuda.current_stream(device)
    now.wait_event(event)
    for part in pair:
        for tensor in tensors_of(part):
            tensor.record_stream(now)
    return pair
