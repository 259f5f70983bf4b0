"""Random outputs and targets of any shape, and objectives of them by PyTorch or by hand."""

import torch
from torch.nn import functional

RANDOM = torch.Generator().manual_seed(0)
N, C = 7, 4
WEIGHT = torch.tensor([0.2, 3.0, 1.0, 0.5]).double()


def outputs(*shape):
    return torch.randn(*shape, generator=RANDOM, dtype=torch.float64)


def labels(*shape, ignored=-100):
    drawn = torch.randint(C, shape, generator=RANDOM)
    drawn.reshape(-1)[::3] = ignored
    return drawn


def weights(*shape):
    return torch.rand(*shape, generator=RANDOM, dtype=torch.float64)


def entropy(p, y, **options):
    return functional.cross_entropy(p, y, **options)


def weighted_mean(each, w):
    """Of entries (samples, ...) with weights of the samples."""
    each = each.reshape(len(each), -1).sum(1) if w.ndim < each.ndim else each
    return (each * w).sum() / w.sum()


def dense_weighted(p, y, w):
    counts = (y != -100) * w[:, None]
    return (entropy(p, y, reduction="none") * counts).sum() / counts.sum()


def soft(*shape):
    return torch.rand(*shape, generator=RANDOM, dtype=torch.float64).softmax(1)


def with_gaps(y):
    y = y.clone()
    y[::2, 0] = y[3] = torch.nan
    return y


def present(each, y):
    """Summed over the entries of a sample that are there, mean over the samples that have any."""
    rows = [
        sum(float(each[i, j]) for j in range(y.shape[1]) if not y[i, j].isnan())
        for i in range(len(y))
        if not y[i].isnan().all()
    ]
    return torch.tensor(sum(rows) / len(rows), dtype=torch.float64)


IGNORING, TOKENS, PIXELS = labels(N), labels(N, 5), labels(N, 3, 2)
VOID = labels(N, 3, 2, ignored=255).to(torch.uint8)  # as masks lie on disk
PLAIN, OTHER = labels(N, 5, ignored=1), labels(N, ignored=2)
SOFT, SPATIAL = soft(N, C), soft(N, C, 5)
W, REAL = weights(N), outputs(N, 3)
GAPS, MASK = with_gaps(REAL), with_gaps((REAL > 0).double())
TOKENWISE = weights(N, 5)
