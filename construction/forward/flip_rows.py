"""Flips in PyTorch's own operations, for a GPU: sorted by when they are seen, then summed by bags.

What `construction.forward.flip_loops` does in loops. A flip adds one row of the second layer to
each of P, Q and R; all that a sample's flips add between two grid points is one bag of rows, and
`torch.nn.functional.embedding_bag` sums bags without writing their rows out.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from .flip_loops import Walk

#: Numbers that a lambda holds of each output of the second layer, while its flips are summed.
HELD = 14


def walked(walk: Walk) -> Iterator[tuple[int, Tensor]]:
    """As `construction.forward.flip_loops.walked`, on any device, which is waited for twice."""
    a, b, taus, seconds, rows, rectified, block = walk
    at, grid = -a / b, torch.from_numpy(taus).to(a)
    active = torch.where(b != 0, (at <= grid[0]) == (b > 0), a > 0)
    firsts = seconds(torch.where(active, a, 0), torch.where(active, b, 0))
    p, q, r = (first[None] for first in firsts)
    sample, unit = torch.nonzero((b != 0) & (at > grid[0]) & (at <= grid[-1]), as_tuple=True)
    samples = len(a)
    bag, order = (torch.searchsorted(grid, at[sample, unit]) * samples + sample).sort(stable=True)
    sample, unit = sample[order], unit[order]
    turn = b[sample, unit]
    shares = a[sample, unit] * turn.sign(), turn.abs()
    table = torch.cat(rows, dim=1)
    begins = torch.arange(len(taus) + 1, device=a.device) * samples
    stops = torch.searchsorted(bag, begins).tolist()
    count = max(1, block // (HELD * p.nbytes))
    for place in range(0, len(taus), count):
        end = min(place + count, len(taus))
        first, last = stops[place], stops[end]
        bags = torch.arange(place * samples, end * samples + 1, device=a.device)
        by_step, by_turn = (
            embedding_bag(
                unit[first:last],
                table,
                torch.searchsorted(bag, bags) - first,
                mode="sum",
                per_sample_weights=share[first:last],
                include_last_offset=True,
            ).view(end - place, samples, 2, -1)
            for share in shares
        )
        added = by_step[:, :, 0], by_step[:, :, 1] + by_turn[:, :, 0], by_turn[:, :, 1]
        p, q, r = (
            torch.cat([old + new[:1], new[1:]]).cumsum(0)
            for old, new in zip((p, q, r), added, strict=True)
        )
        tau = grid[place:end, None, None]
        z = torch.addcmul(p, tau, torch.addcmul(q, tau, r))
        yield place, z.relu_() if rectified else z
        p, q, r = p[-1:], q[-1:], r[-1:]
