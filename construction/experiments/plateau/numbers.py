"""How far a plateau reaches, and what is shown of it. Needs no torch."""

from __future__ import annotations

import numpy as np

from ...arrays import Array
from ...record.findings import Findings

#: The magnified panel shows so many times the excursions of objective and m above L(0), and at
#: least this share of L(0).
ROOM, LEAST = 2.5, 0.002


def near_zero(part: Findings) -> float:
    """The share of [0, 1] up to which the objective stays within a tenth of L(0) around it."""
    zero = part.manifest["zero"]
    left = np.abs(part["objective"] - zero) > 0.1 * zero
    return float(part["lam"][int(np.argmax(left))]) if left.any() else 1.0


def whole_span(part: Findings) -> tuple[float, float]:
    """From 0 to a little above the highest objective."""
    return 0.0, 1.08 * float(max(array.max() for array in _shown(part)))


def near_span(part: Findings) -> tuple[float, float]:
    """About L(0), so wide that what lies just above it is seen."""
    zero = part.manifest["zero"]
    inner = part["objective"][part["lam"] > 0]
    above = max(float(inner.max()) - zero, LEAST * zero)
    reach = ROOM * min(above, 0.1 * zero)
    return zero - reach, zero + reach


def _shown(part: Findings) -> list[Array]:
    names = ("objective", "test_objective", "path_objective")
    return [part[name] for name in names if name in part.arrays]
