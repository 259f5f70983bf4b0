"""Many networks on the same samples, solved at once: each takes the place of a lambda."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from ..errors import WeightsError
from ..loss.catalogue import LossLike, as_loss
from ..loss.loss import Raw
from ..network.evaluation import private_copy
from ..sheet.sheet import Sheet
from .store import sheet_of


def sheet_of_many(
    model: nn.Module,
    weights: Mapping[str, Tensor],
    data: tuple[Tensor, Raw],
    *,
    loss: LossLike = "squared",
    together: int = 64,
) -> Sheet:
    """The sheet over networks of one architecture, numbered from 0; its roots are found together.

    Args:
        model: any that `torch.func.vmap` takes; not modified.
        weights: of all networks, (networks, ...) each, as `torch.func.stack_module_state` gives
            them; on the device where all is computed.
        data: inputs (samples, ...) and targets there; of several processes, each one's share.
        loss: see `construction.construct`.
        together: networks that run at once.

    Raises:
        InputError: targets that the loss cannot take.
        WeightsError: a network's outputs are not finite.

    >>> weights = {"weight": torch.tensor([[[1.0]], [[2.0]]]), "bias": torch.zeros(2, 1)}
    >>> sheet = sheet_of_many(nn.Linear(1, 1), weights, (torch.ones(3, 1), torch.ones(3, 1)))
    >>> sheet.best_scale.tolist(), sheet.root(sheet.d * 0.0 * sheet.lam, sheet.rises).tolist()
    ([1.0, 0.5], [2.0, 1.0])
    """
    inputs, raw = data
    runner = private_copy(model).to(inputs.device)

    def outputs(state: Mapping[str, Tensor]) -> Any:
        return functional_call(runner, dict(state), (inputs,))

    count = len(next(iter(weights.values())))
    made: list[Tensor] = []
    with torch.no_grad():
        for start in range(0, count, together):
            some = {name: value[start : start + together] for name, value in weights.items()}
            made += vmap(outputs)(some)
    sound = torch.stack([one.isfinite().all() for one in made]).tolist()
    if not all(sound):
        raise WeightsError(
            "finite outputs of every network",
            f"NaN or infinite ones of network {sound.index(False)}",
            "Leave it out.",
        )
    return sheet_of(as_loss(loss), dict(enumerate(made)), raw)
