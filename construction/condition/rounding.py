"""What rounding of the outputs can make of what is measured on a sheet.

Outputs come with a relative error of about `UNITS` units in the last place of the type that they
are computed in, and where they cancel, of the size that they have elsewhere on the path. So a
growth that outputs of that size would show by rounding alone says nothing. And an objective moves
by the error times its condition, mean |l'(p) p|, at most ``c dg/dc + 2 L(0)`` where l >= 0: by
convexity l'(p) p >= l(p) - l(0) for every sample. At a minimum over c that is ``2 L(0)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..sheet.sheet import Sheet

#: Units in the last place that outputs are granted; chosen here.
UNITS = 4.0


@dataclass(frozen=True)
class Rounding:
    """How far values on one sheet may be off.

    Attributes:
        size: of outputs that are rounding and nothing else.
        initial, final, minimum: of L(W(0)), L(W(1)) and m.
    """

    size: float = 0.0
    initial: float = 0.0
    final: float = 0.0
    minimum: float = 0.0

    @classmethod
    def of(cls, sheet: Sheet, eps: float) -> Rounding:
        """On a sheet over [0, 1] whose outputs were computed in a type of this precision.

        >>> from construction.sheet.moments import SquaredSheet
        >>> sheet = SquaredSheet(np.array([0.0, 1.0]), np.array([4.0, 1.0]), np.ones(2), 1.0)
        >>> Rounding.of(sheet, eps=0.25)
        Rounding(size=2.0, initial=8.0, final=2.0, minimum=2.0)
        """
        if not eps:
            return cls()
        share, zero = UNITS * eps, 2 * abs(sheet.d)
        ends = sheet.pick(np.array([0, len(sheet.lam) - 1]))
        first, last = (share * (abs(float(slope)) + zero) for slope in ends.slope(1.0))
        return cls(share * float(sheet.output_size.max()), first, last, share * zero)
