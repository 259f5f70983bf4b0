"""Loops over samples and flips, compiled: what `construction.forward.flips` does but products.

Each function works on one tile and lets other threads run meanwhile. They are compiled when first
used (about a second, kept on disk where that can be written), for float32 or float64.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import numpy as np
import torch


@cache
def compiled() -> tuple[Callable[..., Any], ...]:
    """`begin`, `flips` and `advance`, compiled."""
    import numba  # imported late: it takes half a second, and most runs need it not

    def one(function: Callable[..., Any]) -> Callable[..., Any]:
        keep = {"nogil": True, "fastmath": {"contract", "nsz"}, "error_model": "numpy"}
        njit: Any = numba.njit
        try:
            kept: Callable[..., Any] = njit(cache=True, **keep)(function)
        except RuntimeError:  # nowhere to keep it
            kept = njit(**keep)(function)
        return kept

    return one(begin), one(flips), one(advance)


def begin(
    a: Any, b: Any, start: Any, at: Any, slopes: Any, offsets: Any, value: Any, change: Any
) -> None:
    """The activation ``value + tau change`` of each unit on the piece where it is at `start`.

    Args:
        a, b: pre-activation ``a + tau b``, (samples, units).
        start: tau.
        at, slopes, offsets: see `construction.forward.first_layers.Kinks`.
        value, change: written, (samples, units).
    """
    samples, units = a.shape
    for s in range(samples):
        for j in range(units):
            x, d = a[s, j], b[s, j]
            piece = 0
            for i in range(len(at)):
                # a kink counts as passed by the very comparison that `flips` makes
                above = x > at[i] if d == 0 else ((at[i] - x) / d <= start) == (d > 0)
                piece += above
            value[s, j] = slopes[piece] * x + offsets[piece]
            change[s, j] = slopes[piece] * d


def flips(
    a: Any, b: Any, at: Any, slopes: Any, offsets: Any, lams: Any, capacity: Any
) -> tuple[Any, Any, Any, Any, Any]:
    """The kinks that each sample's units pass on the way, in the order of the lambdas.

    Args:
        a, b, at, slopes, offsets: see `begin`.
        lams: tau of the grid, increasing, (points,).
        capacity: how many flips there may be.

    Returns:
        Where each sample's flips begin, (samples + 1,); and of each flip the unit, the index of the
        first grid point that sees it, and the change of `value` and of `change`, (flips,).
    """
    samples, units = a.shape
    points, start = len(lams), lams[0]
    first = np.zeros(samples + 1, np.int64)
    unit, when = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
    most = units * len(at)
    own_unit, own_when = np.empty(most, np.int32), np.empty(most, np.int32)
    own_value, own_change = np.empty(most, a.dtype), np.empty(most, a.dtype)
    value, change = np.empty(capacity, a.dtype), np.empty(capacity, a.dtype)
    place = np.empty(points + 1, np.int64)
    done = 0
    for s in range(samples):
        place[:] = 0
        count = 0
        for j in range(units):
            x, d = a[s, j], b[s, j]
            if d == 0:
                continue
            for i in range(len(at)):
                t = (at[i] - x) / d
                if t > start and t <= lams[points - 1]:
                    k = np.searchsorted(lams, t)
                    up = 1 if d > 0 else -1
                    slope = up * (slopes[i + 1] - slopes[i])
                    own_unit[count], own_when[count] = j, k
                    own_value[count] = slope * x + up * (offsets[i + 1] - offsets[i])
                    own_change[count] = slope * d
                    place[k + 1] += 1
                    count += 1
        for k in range(points):
            place[k + 1] += place[k]
        for e in range(count):
            k = own_when[e]
            at_last = done + place[k]
            place[k] += 1
            unit[at_last], when[at_last] = own_unit[e], k
            value[at_last], change[at_last] = own_value[e], own_change[e]
        done += count
        first[s + 1] = done
    return first, unit[:done], when[:done], value[:done], change[:done]


def advance(
    p: Any,
    q: Any,
    r: Any,
    weight: Any,
    slope: Any,
    unit: Any,
    when: Any,
    value: Any,
    change: Any,
    cursor: Any,
    stop: Any,
    lams: Any,
    index: int,
    leak: Any,
    out: Any,
) -> None:
    """Walk a few grid points on: apply their flips, and write the activation of the second layer.

    Args:
        p, q, r: second pre-activation ``p + tau q + tau^2 r``, changed, (samples, units).
        weight, slope: of the second layer, ``weight + tau slope``, (units before, units).
        unit, when, value, change: of the flips, see `flips`.
        cursor, stop: each sample's next flip, moved on, and its last, (samples,).
        lams: tau of these grid points, (points,).
        index: of the first of them in the grid.
        leak: the activation is ``max(z, leak z)``.
        out: written, (points, samples, units).
    """
    samples, units = p.shape
    for s in range(samples):
        ps, qs, rs = p[s], q[s], r[s]
        e = cursor[s]
        for k in range(len(lams)):
            while e < stop[s] and when[e] <= index + k:
                u, v = value[e], change[e]
                w, d = weight[unit[e]], slope[unit[e]]
                for i in range(units):
                    ps[i] += u * w[i]
                    qs[i] += u * d[i] + v * w[i]
                    rs[i] += v * d[i]
                e += 1
            tau = lams[k]
            row = out[k, s]
            for i in range(units):
                z = ps[i] + tau * (qs[i] + tau * rs[i])
                row[i] = max(z, leak * z)
        cursor[s] = e


Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """What `work` makes of each item, in their order, by several threads.

    At most twice as many items as threads are at hand at once. PyTorch's own operations run on one
    thread meanwhile, each in the thread that calls them.

    >>> list(in_order(lambda x: x * x, range(5), threads=2))
    [0, 1, 4, 9, 16]
    """
    if threads == 1:
        yield from map(work, items)
        return
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, initializer=lambda: torch.set_num_threads(1))
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)  # the setting of threads that are still to come
