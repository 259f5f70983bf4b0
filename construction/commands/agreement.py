"""Whether recorded scales and objectives agree with what the user's model gives, in float64.

Neither a sheet nor a root is computed here: the weights at a lambda of the record are taken from
the path, the head is multiplied by the recorded scale, and the model runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from ..arrays import Array
from ..check.certify import TOLERANCE, reference_size
from ..check.judge import Judge
from ..forward.forward import Forward
from ..forward.ranks import quiet
from ..network.heads import scale_head
from ..path.paths import convert
from ..record.record import Journey, Route


@dataclass(frozen=True)
class Agreement:
    """Recorded objectives beside measured ones.

    Attributes:
        lam, scale: where, (points,); c = 1 at both ends of the base path and the recorded c on
            the constructed one.
        recorded, measured: objectives there, (points,).
        condition: of the objective in the predictions, see `construction.check.judge`, (points,).
        zero_objective: L(0).
        tolerance: what the relative deviation is held against.
    """

    lam: Array
    scale: Array
    recorded: Array
    measured: Array
    condition: Array
    zero_objective: float
    tolerance: float

    @property
    def deviations(self) -> Array:
        """``|measured - recorded|`` to the size of `certify.reference_size`, (points,)."""
        size = reference_size(self.recorded, self.condition, self.zero_objective)
        deviations: Array = np.abs(self.measured - self.recorded) / size
        return deviations

    @property
    def worst(self) -> int:
        """Index of the largest deviation, of NaN first."""
        return int(np.argmax(self.deviations))

    @property
    def deviation(self) -> float:
        """The largest one."""
        return float(self.deviations[self.worst])

    @property
    def holds(self) -> bool:
        """Whether all deviations are within the tolerance."""
        return self.deviation <= self.tolerance

    @property
    def sentence(self) -> str:
        """What was found, with the worst place."""
        k = self.worst
        found = f"recorded and measured objectives at {len(self.lam)} points"
        if self.holds:
            return f"{found} agree, to a relative {self.deviation:.1e}"
        return (
            f"{found} differ by a relative {self.deviation:.3g}, over {self.tolerance:g}: at "
            f"lambda {self.lam[k]:.6g} and c = {self.scale[k]:.6g} {self.recorded[k]:.6g} is "
            f"recorded and {self.measured[k]:.6g} measured"
        )


def compared(forward: Forward, head: str, route: Route, journey: Journey, points: int) -> Agreement:
    """Run the user's model with rescaled weights at lambdas of the record.

    Args:
        forward: model, path and data.
        head: the layer that is rescaled.
        route, journey: of the record.
        points: at most as many lambdas of the grid, its ends among them.
    """
    judge, lam = Judge(forward), route.sheet.lam
    chosen = np.unique(np.linspace(0, len(lam) - 1, min(points, len(lam))).round().astype(int))
    asked = [(float(lam[k]), 1.0, float(route.empirical[k])) for k in (0, -1)]
    asked += [(float(lam[k]), float(journey.scale[k]), float(journey.objective[k])) for k in chosen]
    measured = []
    for at, c, _ in tqdm(asked, "recorded objectives", disable=quiet(), leave=False):
        state = convert(forward.state(at), forward.device, torch.float64)
        measured.append(judge.measure(scale_head(state, head, c)))
    where, scale, recorded = np.transpose(asked)
    objective, condition = np.transpose(measured)
    return Agreement(
        where, scale, recorded, objective, condition, route.sheet.d, TOLERANCE[forward.dtype]
    )
