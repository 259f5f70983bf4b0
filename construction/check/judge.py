"""The user's own model in float64, and its objective by PyTorch's own losses.

Shares no code with the sheet: losses are taken from `torch.nn.functional` where it has them, and
written out from their definition where it has not.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ..errors import InputError
from ..forward.forward import Forward
from ..forward.ranks import summed_over_ranks
from ..forward.user_model import remove_user_hooks
from ..loss.catalogue import Custom
from ..loss.classification import CrossEntropy
from ..loss.loss import Loss
from ..loss.regression import Huber, Pinball
from ..network.heads import State, private_copy

#: Sum over the samples of one tile, of predictions and targets as the user gave them.
Total = Callable[[Tensor, Tensor], Tensor]


class Judge:
    """Measures objectives of state dicts, in float64.

    Args:
        forward: model, data and loss.
    """

    def __init__(self, forward: Forward) -> None:
        self.forward, self.total = forward, total_of(forward.loss)
        self.model = private_copy(forward.user_model).double().to(forward.device)
        if forward.hooks_removed:
            remove_user_hooks(self.model)

    def objective(self, state: State) -> float:
        """The objective of the model with these weights.

        Raises:
            InputError: the model does not run in float64.
        """
        return self.measure(state)[0]

    def measure(self, state: State) -> tuple[float, float]:
        """The objective, and its condition: the mean over samples of ``sum_j |dl/dp_j| |p_j|``.

        Rounding each prediction by a share of itself moves the objective by at most that share of
        the condition, to first order.

        Raises:
            InputError: the model does not run in float64.
        """
        self.model.load_state_dict(state)
        sums = torch.zeros(2, dtype=torch.float64, device=self.forward.device)
        for inputs, targets in self.forward.data:
            predicted = self._predict(inputs.double() if inputs.is_floating_point() else inputs)
            with torch.enable_grad():
                total = self.total(predicted.requires_grad_(), targets)
                (slope,) = torch.autograd.grad(total, predicted)
            sums += torch.stack([total.detach(), (slope * predicted.detach()).abs().sum()])
        objective, condition = (summed_over_ranks(sums) / self.forward.samples).tolist()
        return objective, condition

    def _predict(self, inputs: Tensor) -> Tensor:
        try:
            with torch.no_grad():
                predicted: Tensor = self.model(inputs)
        except (RuntimeError, TypeError) as error:
            raise InputError(
                "a model that runs in float64, in which the check is made",
                str(error),
                "Let it create no tensors of a fixed type or device.",
            ) from error
        return predicted


def total_of(loss: Loss) -> Total:
    """The loss by name, from PyTorch's own functions.

    >>> total = total_of(CrossEntropy())(torch.zeros(3, 2).double(), torch.tensor([0, 1, 0]))
    >>> round(float(total.exp()), 12)
    8.0
    """
    if isinstance(loss, Custom):
        return lambda p, y: loss.function(p, y.double() if y.is_floating_point() else y).sum()
    if isinstance(loss, CrossEntropy):
        return lambda p, y: functional.cross_entropy(
            p, y.long(), reduction="sum", label_smoothing=loss.smoothing
        )
    if loss.name == "multiclass_hinge":
        return _multiclass_hinge
    if loss.name == "squared":
        return lambda p, y: functional.mse_loss(p, _real(y, p), reduction="sum")
    if loss.name == "hinge":
        return lambda p, y: functional.relu(1 - torch.where(_real(y, p) > 0, 1.0, -1.0) * p).sum()
    if loss.name == "binary_cross_entropy":
        return lambda p, y: functional.binary_cross_entropy_with_logits(
            p, _real(y, p), reduction="sum"
        )
    if loss.name == "poisson":
        return lambda p, y: functional.poisson_nll_loss(p, _real(y, p), reduction="sum")
    if loss.name == "absolute":
        return lambda p, y: functional.l1_loss(p, _real(y, p), reduction="sum")
    if isinstance(loss, Huber):
        return lambda p, y: functional.huber_loss(p, _real(y, p), reduction="sum", delta=loss.delta)
    assert isinstance(loss, Pinball), f"the loss {loss.name} is written out for the judge, here"
    return lambda p, y: _pinball(p, _real(y, p), loss.quantile)


def _real(targets: Tensor, predicted: Tensor) -> Tensor:
    """Classes one-hot where several outputs compete for them, else numbers in their shape."""
    several = predicted.ndim == 2 and predicted.shape[1] > 1
    if targets.ndim == 1 and several and not targets.is_floating_point():
        return torch.eye(predicted.shape[1], dtype=torch.float64, device=targets.device)[
            targets.long()
        ]
    return targets.double().reshape(predicted.shape)


def _multiclass_hinge(predicted: Tensor, labels: Tensor) -> Tensor:
    own = functional.one_hot(labels.long(), predicted.shape[1]).bool()
    others = predicted.masked_fill(own, -torch.inf).amax(1)
    return functional.relu(1 + others - predicted[own]).sum()


def _pinball(predicted: Tensor, wanted: Tensor, quantile: float) -> Tensor:
    short = wanted - predicted
    return torch.where(short > 0, quantile * short, (quantile - 1) * short).sum()
