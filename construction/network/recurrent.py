"""A recurrent network that reads an image row by row."""

from __future__ import annotations

from torch import Tensor, nn

from ..settings.recipe import Initialisation
from .networks import initialised, require_initialisation, seeded


class LastState(nn.Module):
    """An LSTM layer of which the last hidden state alone is passed on.

    Args:
        inputs: numbers a step.
        hidden: units.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """(samples, steps, inputs) -> (samples, hidden)."""
        last: Tensor = self.lstm(x)[0][:, -1]
        return last


def lstm(
    inputs: int = 28,
    hidden: int = 128,
    outputs: int = 10,
    *,
    initialisation: Initialisation = "he",
    seed: int = 0,
) -> nn.Sequential:
    """A long short-term memory over the rows of an image, with a linear head on its last state.

    Hochreiter and Schmidhuber 1997 (Neural Computation 9), with the forget gate of Gers et al. 2000
    as in PyTorch; the recurrent weights start as PyTorch makes them, uniform in
    +- 1 / sqrt(hidden). Its one linear layer is the head: rescaling that rescales the outputs.

    Args:
        inputs: numbers a row.
        hidden: units.
        outputs: classes.
        initialisation: of the head, see `construction.network.networks.mlp`.
        seed: see there.

    Raises:
        InputError: an unknown initialisation.

    >>> import torch
    >>> lstm()(torch.zeros(5, 28, 28)).shape
    torch.Size([5, 10])
    """
    require_initialisation(initialisation)
    with seeded(seed):
        head = nn.Linear(hidden, outputs)
        return nn.Sequential(LastState(inputs, hidden), initialised(head, initialisation))
