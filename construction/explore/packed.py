"""Numbers packed for a page: one after the other, deflated, as text."""

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: A table is kept as steps of log g, which are those of its float32, and these as differences of
#: that order along c: a smooth function leaves little more than its rounding. To g is added that
#: share of L(0), below which it is nothing. Chosen here.
FINE, ORDER, NOTHING = 2**23, 4, 1e-9


class Packed:
    """Numbers one after the other, equal ones once.

    Attributes:
        content: their bytes; each array begins at a multiple of eight.
    """

    def __init__(self) -> None:
        self.content = b""
        self._places: dict[bytes, int] = {}

    def add(self, numbers: NDArray[Any]) -> dict[str, Any]:
        """Keep numbers, little-endian; what the page needs in order to find them.

        >>> Packed().add(np.array([1.0, 2.0]))
        {'start': 0, 'shape': [2], 'type': 'f8'}
        """
        plain = np.ascontiguousarray(numbers, numbers.dtype.newbyteorder("<"))
        content = plain.tobytes()
        if content not in self._places:
            self._places[content] = len(self.content)
            self.content += content.ljust(-(-len(content) // 8) * 8, b"\0")
        start = self._places[content]
        return {"start": start, "shape": list(plain.shape), "type": plain.dtype.str[1:]}

    def add_table(self, table: NDArray[Any], zero: float) -> dict[str, Any]:
        """Keep g, (rows, columns), which is smooth along each row; as it is where it is negative.

        Args:
            table: g.
            zero: L(0).
        """
        least = NOTHING * zero
        if not ((table >= 0).all() and zero > 0):
            return self.add(table)
        steps = np.round(np.log(table.astype(float) + least) * FINE).astype(np.int32)
        left = np.diff(steps, n=ORDER, axis=1, prepend=np.zeros((len(steps), ORDER), np.int32)).T
        unsigned = np.ascontiguousarray((left << 1) ^ (left >> 31), "<i4")  # small ones stay small
        planes = unsigned.reshape(-1, 1).view(np.uint8).T  # alike bytes side by side
        return {
            **self.add(planes),
            "rows": len(steps),
            "order": ORDER,
            "fine": FINE,
            "least": least,
        }


def deflated(content: bytes) -> str:
    """As a text of half the size or so: RFC 1950, in base64."""
    return base64.b64encode(zlib.compress(content, 9)).decode("ascii")
