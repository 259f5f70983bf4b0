"""Peak memory above data and model while a path is constructed; run by `tests.forward.test_memory`.

``python -m tests.memory_watch MEMORY POINTS LOSS KIND`` prints bytes, as Linux counts them.
"""

import sys
from pathlib import Path

import torch
from torch.utils.data import DataLoader, TensorDataset

from construction import Line, construct, mlp
from construction.network.heads import scale_head

SAMPLES, CLASSES = 12_000, 10


def resident(which: str) -> int:
    """VmRSS, what is in memory now, or VmHWM, the most since the peak was last set back."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(which))


def main(memory: str, points: str, loss: str, kind: str) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y = torch.randn(SAMPLES, 8), torch.randint(0, CLASSES, (SAMPLES,))
    if loss == "huber":
        y = torch.randn(SAMPLES, CLASSES)
    model = mlp((8, 16, CLASSES), seed=1)
    path = Line(
        scale_head(model.state_dict(), "3", 2.0),
        scale_head(mlp((8, 16, CLASSES), seed=2).state_dict(), "3", 0.05),
    )

    def solve(samples: int, count: int) -> None:
        data = x[:samples], y[:samples]
        given = DataLoader(TensorDataset(*data), 250) if kind == "loader" else data
        construct(model, path, given, loss=loss, points=count, memory=int(memory))

    solve(64, 3)  # all code is loaded, all workspaces are there
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    solve(SAMPLES, int(points))
    print(resident("VmHWM") - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
