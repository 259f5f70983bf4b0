"""Is there a strictly decreasing path on a sheet? By search on a fine grid of (lambda, c).

Nothing here knows of branches, of c* or of m: nodes are points of the grid, and an edge leads to a
lower node of the same or a neighbouring lambda. Along c it may go far, as long as g is monotone on
the way, for a path may follow a steep contour between two lambdas of the grid.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from construction.loss.loss import Loss

from .prescribed_outputs import Outputs

#: Shares u, of which scales are c = u / (1 - u), one of them 1; and then on to a huge one.
SHARES = np.linspace(0, 1, 2001)[:-1]
FINE = np.concatenate([SHARES / (1 - SHARES), np.geomspace(2e3, 1e8, 60)])
#: Bands of objectives, in steps of g along c, inside which `loose` may also go up.
THICK = 2.0


@dataclass(frozen=True)
class Verdict:
    """What the searches found.

    Attributes:
        strict: a strictly decreasing path of nodes exists.
        loose: one exists that may also go up, by no more than `resolution`.
        resolution: of objectives; what differs by less cannot be told apart.
    """

    strict: bool
    loose: bool
    resolution: float


def search(
    outputs: Outputs, raw: torch.Tensor, loss: Loss, columns: int, picked: int = 400
) -> Verdict:
    """Search on so many lambdas and about so many scales, of about equal changes of g."""
    excess = sheet_of(outputs, raw, loss, np.linspace(0, 1, columns))
    one = int(np.flatnonzero(FINE == 1)[0])
    first, last = excess[0, one], excess[-1, one]
    low = np.minimum(excess, first)
    kept = np.union1d(spread(np.abs(np.diff(low, axis=1)).max(0), picked), [one])
    resolution = THICK * float(np.abs(np.diff(low[:, kept], axis=1)).max())
    height = np.minimum(excess[:, kept], first + 2 * resolution)
    start = int(np.flatnonzero(kept == one)[0])
    strict = reachable(height, start, equal=False)[-1]
    band = np.floor((height - last) / resolution)
    loose = reachable(band, start, equal=True)[-1]
    ends = bool((height[-1][strict] >= last).any()), bool((band[-1][loose] >= -1).any())
    return Verdict(*ends, resolution)


def spread(change: np.ndarray, picked: int) -> np.ndarray:
    """Indices of about so many scales with equal changes of g, and some where it rests."""
    travelled = np.concatenate([[0], np.cumsum(change / change.sum() + 0.2 / len(change))])
    wanted = np.linspace(0, travelled[-1], picked)
    return np.unique(np.searchsorted(travelled, wanted).clip(max=len(change)))


def sheet_of(outputs: Outputs, raw: torch.Tensor, loss: Loss, lam: np.ndarray) -> np.ndarray:
    """g - L(0), (lambdas, scales)."""
    scales, rows = torch.from_numpy(FINE), []
    for x in lam:
        predictions = outputs(float(x))
        rays, targets = loss.rays(predictions, loss.targets(raw, predictions))
        rays = rays.expand(len(scales), *rays.shape)
        rows.append(loss.along(rays, targets, scales).excess / len(predictions))
    return np.nan_to_num(torch.stack(rows).numpy(), posinf=1e300)


def reachable(height: np.ndarray, start: int, *, equal: bool) -> np.ndarray:
    """Nodes that a path from lambda = 0 reaches, which only goes down or, if `equal`, never up."""
    (count, width), top = height.shape, height[0, start]
    node = np.arange(height.size).reshape(height.shape)
    edges = []
    for here, there in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
        for sign in (1, -1):
            pair = height[here], height[there], node[here], node[there]
            edges.append(_across(*pair, sign, equal, top))
        own, other = height[:, here], height[:, there]
        lower = other <= own if equal else other < own
        edges.append((node[:, here][lower], node[:, there][lower]))
    tails, heads = (np.concatenate(parts) for parts in zip(*edges, strict=True))
    graph = csr_array((np.ones(len(tails), np.int8), (tails, heads)), shape=(height.size,) * 2)
    found = np.zeros(height.size, dtype=bool)
    found[breadth_first_order(graph, start, return_predecessors=False)] = True
    return found.reshape(count, width)


def _across(own, other, tail, head, sign, equal, top):
    """To the highest lower node of a neighbouring lambda to which g is monotone along c."""
    row, column = np.indices(own.shape).reshape(2, -1)
    level, before = own.ravel(), other.ravel().copy()
    low = before <= level if equal else before < level
    low &= level <= top  # what lies higher is never reached
    target = np.where(low, head.ravel(), -1)
    # climb from a lower node as far as it stays lower, fall from a higher one until it is lower
    going = np.flatnonzero(level <= top)
    step = 0
    while going.size:
        step += 1
        place = column[going] + sign * step
        inside = (place >= 0) & (place < own.shape[1])
        going, place = going[inside], place[inside]
        here = other[row[going], place]
        lower = here <= level[going] if equal else here < level[going]
        climbs = low[going] & (here >= before[going]) & lower
        falls = ~low[going] & (here <= before[going])
        arrives = climbs | (falls & lower)
        target[going[arrives]] = head[row[going[arrives]], place[arrives]]
        before[going] = here
        going = going[climbs | (falls & ~lower)]
    some = target >= 0
    return tail.ravel()[some], target[some]
