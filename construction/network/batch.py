"""How a model is called: with one tensor, or with several in dictionaries and tuples."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils._pytree import tree_leaves, tree_map_only

from .states import State

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
    """All tensors in inputs or targets.

    >>> len(tensors_of((torch.ones(1), torch.ones(1))))
    2
    """
    leaves = tree_leaves(part.content if isinstance(part, Batch) else part)
    return [leaf for leaf in leaves if isinstance(leaf, Tensor)]


def mapped_tensors(part: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Inputs or targets with each tensor changed."""
    return part.mapped(change) if isinstance(part, Batch) else tree_map_only(Tensor, change, part)


def joined(parts: Sequence[Any], axis: int = 0) -> Any:
    """Inputs or targets of all parts, in their order."""
    columns = iter(
        [torch.cat(column, axis) for column in zip(*map(tensors_of, parts), strict=True)]
    )
    return mapped_tensors(parts[0], lambda _: next(columns))


def called(model: nn.Module, state: State, inputs: Inputs) -> Any:
    """What the model returns with these weights, of a dictionary or ModelOutput its ``logits``.

    A model may differentiate inside, as physics-informed ones do, also where gradients are off:
    no weights ask for them then, so nothing is recorded for one that does not.
    """
    records = torch.is_grad_enabled()
    inputs = mapped_tensors(inputs, Tensor.detach)  # what a model asks of it is not the user's
    with torch.enable_grad():
        if isinstance(inputs, Batch):
            names = {f"model.{name}": value for name, value in state.items()}
            result = functional_call(_Called(model), names, (inputs,), tie_weights=False)
        else:
            # each name gets its own entry, so that tied layers need no special case
            result = functional_call(model, state, (inputs,), tie_weights=False)
    outputs = outputs_of(result)
    return outputs if records or not isinstance(outputs, Tensor) else outputs.detach()


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
