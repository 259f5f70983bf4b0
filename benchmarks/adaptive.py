"""The adaptive grid on the default run, against solving on the spot.

    python -m benchmarks.adaptive [--tolerance 1e-6] [--most 1001] [--looks 1001] [--threads 1]

The network 784-512-512-10 of the run mnist-mlp is trained, or taken from the cache. A path is
constructed for each target on an adaptive grid, and on even ones. Then c between their lambdas is
held against c solved on the spot, for the same target, at `looks` even lambdas. Printed: forward
passes; the largest errors, as shares of max(1, c), by straight lines and by
`construction.solve.between`; of the latter also what 95 % stay below, the largest estimate, and
how many errors between lambdas of the grid are above their own estimate by more than the rounding
of float32; the seconds of the construction.
"""

from argparse import Namespace
from functools import partial

import numpy as np
import torch

from construction import Line, MonotonePath, construct
from construction.arrays import Array
from construction.errors import ToleranceError
from construction.forward.forward import Forward
from construction.sheet.sheet import Sheet
from construction.solve.adaptive import Adaptive
from construction.theorem.construct import follow
from construction.training.training import Run

from . import default_run, parser, timed

PROFILES = ("paper", "even", "valley")
EVEN = (51, 101, 201, 401)


def row(name: str, seconds: float, path: MonotonePath, spot: Sheet) -> None:
    """Print what is known of c between the lambdas of a path."""
    lam, c = spot.lam, path.scales_on(spot)
    size = np.maximum(1, c)
    estimate = path.scale_error(lam) / size
    between = ~np.isin(lam, path.lam)
    fit, line = (
        np.abs(found - c) / size
        for found in (path.scale_at(lam, np.inf), np.interp(lam, path.lam, path.scale))
    )
    above = np.count_nonzero((fit > estimate + torch.finfo(path.dtype).eps)[between])
    print(
        f"| {path.profile.name} | {name} | {len(path.lam)} | {line.max():.1e} | {fit.max():.1e} | "
        f"{np.quantile(fit, 0.95):.1e} | {estimate.max():.1e} | "
        f"{above} of {np.count_nonzero(between)} | {seconds:.1f} |",
        flush=True,
    )


def compare(profile: str, run: Run, data: tuple[Array, Array], options: Namespace) -> None:
    """The rows of one profile."""
    model, line = run.model(), Line(run.initial, run.final)
    forward = Forward(model, line, data)
    spot = forward.along(np.linspace(0, 1, options.looks))
    points = Adaptive(options.tolerance, most=options.most)
    adaptive = partial(construct, model, line, data, profile=profile, points=points)
    try:
        seconds, path = timed(adaptive)
    except ToleranceError as error:
        print(f"| {profile} | adaptive: {error} | {error.points} | | | | {error.error:.1e} | | |")
    else:
        row("adaptive", seconds, path, spot)

    def even(count: int) -> MonotonePath:
        return follow(forward, forward.along(np.linspace(0, 1, count)), profile, peaks=False)

    for count in EVEN:
        row("even", *timed(partial(even, count)), spot)


def main() -> None:
    """Print the table."""
    words = parser(__doc__, most=1001, looks=1001, threads=1)
    words.add_argument("--tolerance", type=float, default=1e-6)
    options = words.parse_args()
    torch.set_num_threads(options.threads)
    run, data = default_run()
    print(
        "| target | grid | forward passes | straight lines | interpolated | its 95 % | estimate | "
        "above it | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for profile in PROFILES:
        compare(profile, run, data, options)


if __name__ == "__main__":
    main()
