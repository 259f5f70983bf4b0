"""Is the user's own loss convex along the rays? Checked on the data, refused with evidence.

The theorem asks for a loss that is convex in the prediction. A midpoint above its chord refutes
that; that none was found on the data proves nothing beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..errors import InputError
from ..loss.loss import Custom
from .rays import Source

#: Scales between which midpoints are compared with chords; chosen here.
SCALES = (0.0, *(2.0**k for k in range(-6, 7)))
#: Rounding allowed to a midpoint, relative to the values of the loss around it.
ROUNDING = 1e-9


def require_convex(loss: Custom, source: Source, lams: Sequence[float]) -> None:
    """Compare the loss of every sample at midpoints with its chords, along some rays.

    Raises:
        InputError: a midpoint above its chord, with sample, lambda, scales and values; or values
            that are not finite.
    """
    for lam in lams:
        first = 0
        for rays, targets in source.tiles(lam)():
            values = [loss.values(c * rays, targets).double() for c in SCALES]
            for k, c in enumerate(SCALES[:-1]):
                middle = (c + SCALES[k + 1]) / 2
                _compare(
                    values[k],
                    loss.values(middle * rays, targets).double(),
                    values[k + 1],
                    (c, middle, SCALES[k + 1]),
                    lam,
                    first,
                )
            first += len(rays)


def _compare(
    left: Tensor,
    middle: Tensor,
    right: Tensor,
    c: tuple[float, float, float],
    lam: float,
    first: int,
) -> None:
    finite = torch.isfinite(left) & torch.isfinite(middle) & torch.isfinite(right)
    if not finite.all():
        raise InputError(
            "a loss that is finite on the rays of the data",
            f"NaN or infinite values for sample {first + int((~finite).nonzero()[0])} at lambda = "
            f"{lam:g} and scales around {c[1]:g}",
            "Write it so that large predictions do not overflow, as with logsumexp.",
        )
    size = left.abs() + right.abs() + middle.abs()
    over = middle - (left + right) / 2 - ROUNDING * size
    worst = int(over.argmax())
    if over[worst] > 0:
        raise InputError(
            "a loss that is convex in the prediction",
            f"one that is not: for sample {first + worst} at lambda = {lam:g} it is "
            f"{float(left[worst]):.6g}, {float(middle[worst]):.6g}, {float(right[worst]):.6g} at "
            f"the scales {c[0]:g}, {c[1]:g}, {c[2]:g}, above its chord in the middle",
            "The theorem asks for convexity. Use one of the package's losses, or a convex one.",
        )
