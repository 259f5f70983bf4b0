"""Several machines: each holds a share of the samples, and only sums travel.

Under ``torchrun``, or wherever `torch.distributed` is initialised, tensors that every process
passes whole are shared out among the ranks, and a `DataLoader` is taken to give this rank's own
share. The sums that are reduced are those of the moments, and of value, slope and curvature of g;
every rank then holds the same numbers and takes the same steps.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor


def together() -> bool:
    """Whether this process works with others."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def share(samples: int) -> slice:
    """The samples of this rank, of so many, contiguous; all of them when it is alone.

    >>> share(10)
    slice(0, 10, None)
    """
    if not together():
        return slice(0, samples)
    rank, ranks = dist.get_rank(), dist.get_world_size()
    return slice(rank * samples // ranks, (rank + 1) * samples // ranks)


def summed_over_ranks(sums: Tensor) -> Tensor:
    """The sums of all ranks, the same bits on each; the argument itself when alone.

    >>> summed_over_ranks(torch.ones(2)).tolist()
    [1.0, 1.0]
    """
    if not together():
        return sums
    total = sums.clone()
    dist.all_reduce(total)
    return total


def quiet() -> bool | None:
    """What tqdm's `disable` is told: bars in a terminal, and on the first rank alone."""
    return True if together() and dist.get_rank() > 0 else None


def any_rank(flag: bool, device: torch.device) -> bool:
    """Whether the flag is set on any rank, so that all raise together and none waits forever."""
    raised = torch.tensor(float(flag), dtype=torch.float64, device=device)
    return bool(summed_over_ranks(raised) > 0)
