"""Types of the arrays that the package computes with."""

import numpy as np
from numpy.typing import NDArray

#: Real numbers, float64 throughout.
Array = NDArray[np.float64]
#: One truth value an entry.
Mask = NDArray[np.bool_]
