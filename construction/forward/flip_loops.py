"""Loops over samples and flips, compiled: what `construction.forward.flips` does but products.

Each function works on one tile and lets other threads run meanwhile. They are compiled when first
used (about a second, kept on disk where that can be written), for float32 or float64.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from ..arrays import Array


@cache
def compiled() -> tuple[Callable[..., Any], ...]:
    """`begin` and `advance`, compiled."""
    import numba  # imported late: it takes half a second, and most runs need it not

    def one(function: Callable[..., Any]) -> Any:
        options = {"nogil": True, "fastmath": {"contract", "nsz"}, "error_model": "numpy"}
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:  # nowhere to keep it
            return numba.njit(**options)(function)

    return one(begin), one(advance)


def begin(a: Any, b: Any, taus: Any, value: Any, change: Any) -> tuple[Any, Any, Any, Any, Any]:
    """ReLU of each unit at the first tau, and the flips on the way to the last.

    Args:
        a, b: pre-activation ``a + tau b``, (samples, units).
        taus: of the grid, increasing, (points,).
        value, change: written, the activation ``value + tau change``, (samples, units).

    Returns:
        Where each sample's flips begin, (samples + 1,); and of each flip, in the order of tau, the
        unit, the index of the first grid point that sees it, and the change of `value` and of
        `change`, (flips,).
    """
    samples, units = a.shape
    points, start = len(taus), taus[0]
    first = np.zeros(samples + 1, np.int64)
    unit, when = np.empty(a.size, np.int32), np.empty(a.size, np.int32)
    step, turn = np.empty(a.size, a.dtype), np.empty(a.size, a.dtype)
    own_unit, own_when = np.empty(units, np.int32), np.empty(units, np.int32)
    place = np.empty(points + 1, np.int64)
    done = 0
    for s in range(samples):
        place[:] = 0
        count = 0
        for j in range(units):
            x, d = a[s, j], b[s, j]
            active = x > 0
            if d != 0:
                t = -x / d
                active = (t <= start) == (d > 0)
                if t > start and t <= taus[points - 1]:
                    k = np.searchsorted(taus, t)
                    own_unit[count], own_when[count] = j, k
                    place[k + 1] += 1
                    count += 1
            value[s, j] = x if active else 0
            change[s, j] = d if active else 0
        for k in range(points):
            place[k + 1] += place[k]
        for e in range(count):
            j, k = own_unit[e], own_when[e]
            at = done + place[k]
            place[k] += 1
            unit[at], when[at] = j, k
            step[at] = a[s, j] if b[s, j] > 0 else -a[s, j]
            turn[at] = abs(b[s, j])
        done += count
        first[s + 1] = done
    return first, unit[:done], when[:done], step[:done], turn[:done]


def advance(
    p: Any,
    q: Any,
    r: Any,
    weight: Any,
    slope: Any,
    unit: Any,
    when: Any,
    step: Any,
    turn: Any,
    cursor: Any,
    stop: Any,
    taus: Any,
    index: int,
    leak: Any,
    out: Any,
) -> None:
    """Walk a few grid points on: apply their flips, and write the activation of the second layer.

    Args:
        p, q, r: second pre-activation ``p + tau q + tau^2 r``, changed, (samples, units).
        weight, slope: of the second layer, ``weight + tau slope``, (units before, units).
        unit, when, step, turn: of the flips, see `begin`.
        cursor, stop: each sample's next flip, moved on, and its last, (samples,).
        taus: of these grid points, (points,).
        index: of the first of them in the grid.
        leak: 0 where the activation is a ReLU, 1 where it is left out: ``max(z, leak z)``.
        out: written, (points, samples, units).
    """
    samples, units = p.shape
    for s in range(samples):
        ps, qs, rs = p[s], q[s], r[s]
        e = cursor[s]
        for k in range(len(taus)):
            while e < stop[s] and when[e] <= index + k:
                u, v = step[e], turn[e]
                w, d = weight[unit[e]], slope[unit[e]]
                for i in range(units):
                    ps[i] += u * w[i]
                    qs[i] += u * d[i] + v * w[i]
                    rs[i] += v * d[i]
                e += 1
            tau = taus[k]
            row = out[k, s]
            for i in range(units):
                z = ps[i] + tau * (qs[i] + tau * rs[i])
                row[i] = max(z, leak * z)
        cursor[s] = e


class Walk(NamedTuple):
    """A tile on its way along a segment.

    Attributes:
        a, b: pre-activation ``a + tau b`` of the first layer, (samples, units).
        taus: of the grid, increasing, (points,).
        seconds: P, Q and R of the second layer, from value and change of the first one's activation
            at the first tau; see `construction.forward.flips`.
        rows: of the second layer, ``weight + tau slope``, (units before, units) each.
        rectified: whether the activation is a ReLU, else it is left out.
        block: bytes that are made at once.
    """

    a: Tensor
    b: Tensor
    taus: Array
    seconds: Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
    rows: tuple[Tensor, Tensor]
    rectified: bool
    block: int


def walked(walk: Walk) -> Iterator[tuple[int, Tensor]]:
    """Activations of the second layer at some grid points after the others, on a CPU.

    Yields:
        The index of the first of these points, and (points, samples, units).
    """
    a, b, taus, seconds, rows, rectified, block = walk
    begin, advance = compiled()
    value, change = torch.empty_like(a), torch.empty_like(b)
    (first, *flips) = begin(*(x.numpy() for x in (a, b)), taus, value.numpy(), change.numpy())
    p, q, r = (part.numpy() for part in seconds(value, change))
    weights = [part.numpy() for part in rows]
    cursor, leak = first[:-1].copy(), taus.dtype.type(0 if rectified else 1)
    count = max(1, block // p.nbytes)
    made = np.empty((min(count, len(taus)), *p.shape), taus.dtype)
    for place in range(0, len(taus), count):
        some = taus[place : place + count]
        out = made[: len(some)]
        advance(p, q, r, *weights, *flips, cursor, first[1:], some, place, leak, out)
        yield place, torch.from_numpy(out)


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
