"""The sheet from outputs that are at hand, without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from ..loss.losses import Loss
from ..loss.regression import Squared
from ..sheet.moments import SquaredSheet
from ..sheet.rays import RaySheet, Tile
from ..sheet.sheet import Sheet


def sheet_of(loss: Loss, outputs: Mapping[float, Tensor], raw: Tensor) -> Sheet:
    """The sheet over the lambdas whose outputs on the same samples are given.

    Args:
        loss: convex in the predictions.
        outputs: by lambda, (samples, outputs) each.
        raw: targets as the user gives them, (samples, ...).

    >>> y = torch.tensor([[1.0], [1.0]])
    >>> sheet = sheet_of(Squared(), {0.0: 2 * y, 1.0: y}, y)
    >>> sheet.minimum.tolist(), sheet.best_scale.tolist()
    ([0.0, 0.0], [0.5, 1.0])
    """
    lam = np.array(list(outputs))
    if not isinstance(loss, Squared):
        return RaySheet.measure(_Given(loss, outputs, raw), lam, lambda _: None)
    found = [loss.moments(p, loss.targets(raw, p)) for p in outputs.values()]
    a, b, d = (torch.stack(found, dim=1) / len(raw)).cpu().numpy()
    return SquaredSheet(lam, a, b, float(d[0]))


class _Given:
    """Rays that are all in memory; see `construction.sheet.rays.Source`."""

    def __init__(self, loss: Loss, outputs: Mapping[float, Tensor], raw: Tensor) -> None:
        self.loss, self.device = loss, raw.device
        self.samples, self.together, self.evaluations = len(raw), len(outputs), 0
        self.rays = {lam: [loss.rays(p, loss.targets(raw, p))] for lam, p in outputs.items()}
        self.entries = next(iter(self.rays.values()))[0][0].numel()

    def tiles(self, lam: float) -> Callable[[], Iterable[Tile]]:
        return lambda: self.rays[lam]

    def reduced(self, sums: Tensor) -> Tensor:
        return sums
