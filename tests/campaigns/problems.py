"""Random problems, no wrong answer: ``python -m tests.campaigns.problems --count 10000``.

A path that `construct` returns is measured again in numpy, on and off the grid: it has to strictly
decrease, from L(W(0)) to L(W(1)), but for what rounding the weights, and objectives as excess over
L(0), makes of it. A refusal has to be confirmed by force (`path_by_force`), and what is not decided
has to be in doubt there too. Ends with 1 if anything was wrong, seeds named.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

import numpy as np
import torch

from construction import MonotonePath, construct
from construction.answers import UNDECIDED
from construction.errors import ConditionError, ConstructionError, InputError, RootError

from .losses_by_hand import condition, objective
from .path_by_force import Found, search
from .random_problems import Drawn, drawn, outputs_of, run

POINTS = 41
#: Values of s at random, beside the ends of phases and the grid.
SPREAD = 10
#: Rounding of an objective, in units in the last place of its condition: outputs err by their size,
#: and where they cancel, by the size that they have elsewhere on the base path.
UNITS = 32 * np.finfo(float).eps
#: The same of L(0): a path's objective is known as the excess over it.
EXCESS = 4 * np.finfo(float).eps


def outcome(seed: int) -> str:
    """What became of one problem; begins with "wrong" where the answer is not so."""
    problem = drawn(seed)
    torch.manual_seed(seed)
    try:
        path = construct(
            problem.model,
            problem.path,
            (problem.inputs, problem.targets),
            loss=problem.loss,
            profile="valley",
            points=POINTS,
            dtype=torch.float64,
        )
    except ConditionError as error:
        return _refused(problem, error)
    except RootError as error:
        return _beyond_floats(problem, error)
    except InputError as error:
        return f"refused: {str(error)[:60]}"
    return _path_is_so(problem, path, seed)


def _path_is_so(problem: Drawn, path: MonotonePath, seed: int) -> str:
    targets, rng = problem.targets.numpy(), np.random.default_rng(seed)
    corners = [end for phase in path.phases for end in (phase.start, phase.stop)]
    beside = [np.clip(x + d, 0, 1) for x in corners for d in (-1e-9, -1e-13, 1e-9)]
    s = np.unique([0.0, 1.0, *corners, *beside, *path.s[::8], *rng.random(SPREAD)])
    heights, rounding = [], []
    zero = abs(float(objective(problem.loss, 0 * outputs_of(problem, 0.0), targets)))
    largest = max(np.abs(outputs_of(problem, x)).max() for x in np.linspace(0, 1, 21))
    for x in s:
        outputs = run(problem, path.weights(float(x)))
        heights.append(float(objective(problem.loss, outputs, targets)))
        cancels = path.at(float(x)).scale * largest / max(np.abs(outputs).max(), 1e-300)
        moves = condition(problem.loss, outputs, targets)
        rounding.append(UNITS * max(1.0, cancels) * moves + EXCESS * zero)
    height, slack = np.array(heights), np.array(rounding)
    ends = [float(objective(problem.loss, outputs_of(problem, x), targets)) for x in (0.0, 1.0)]
    rise = np.diff(height) - slack[1:] - slack[:-1]
    far = np.diff(s) > 1e-3
    if not np.isfinite(height).all() or (rise > 0).any():
        return f"wrong: rises by {np.nanmax(np.diff(height)):.3g}"
    if (np.diff(height)[far] >= 0).any() and (height[0] - height[-1]) > 1e3 * slack.max():
        return "wrong: rests"
    if (
        abs(height[0] - ends[0]) > slack[0]
        or abs(height[-1] - ends[1]) > 1e-11 * abs(ends[0]) + slack[-1]
    ):
        return f"wrong: ends at {height[-1]:.17g}, not {ends[1]:.17g}"
    return f"path, {' '.join(dict.fromkeys(phase.name for phase in path.phases))}"


def _refused(problem: Drawn, error: ConditionError) -> str:
    """Whether force finds the same, at the lambda that the refusal names among others."""
    targets, undecided = problem.targets.numpy(), UNDECIDED in str(error)
    if error.condition == "final objective":
        return _ends_as_high(problem, undecided)
    found = search(problem.loss, lambda lam: outputs_of(problem, lam), targets, error.lam)
    if undecided:
        if "at a single scale" in str(error):
            return f"not decided: minima on intervals of c, by force {_word(found)}"
        sure = found.surely and error.margin > 0
        answer = f"not decided: {error.condition}, by force {_word(found)}"
        return f"wrong: {error.condition} is sure" if sure else answer
    if found.surely:
        return f"wrong: refused for {error.condition}, and there is a path"
    if found.perhaps:
        return f"refused: {error.condition}, not judged" + ", vanish" * found.vanish
    return f"refused: {error.condition}"


def _word(found: Found) -> str:
    return "a path" if found.surely else "a doubt" if found.perhaps else "none"


def _ends_as_high(problem: Drawn, undecided: bool) -> str:
    targets = problem.targets.numpy()
    ends = [outputs_of(problem, lam) for lam in (0.0, 1.0)]
    first, last = (float(objective(problem.loss, one, targets)) for one in ends)
    zero = abs(float(objective(problem.loss, 0 * ends[0], targets)))
    moves = UNITS * sum(condition(problem.loss, one, targets) for one in ends) + EXCESS * zero
    if undecided:
        tie = abs(first - last) <= moves
        return "not decided: final objective" if tie else "wrong: the ends are not as high"
    return "refused: ends as high" if last >= first - moves else "wrong: the end is lower"


def _beyond_floats(problem: Drawn, error: RootError) -> str:
    found = search(problem.loss, lambda lam: outputs_of(problem, lam), problem.targets.numpy())
    return f"wrong: {str(error)[:90]}" if found.surely else "refused: no scale in float64"


def main() -> int:
    """Run them, and say what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--show", help="name the seeds of which this is said, as 'not judged'")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    began = time.perf_counter()
    for seed in range(options.first, options.first + options.count):
        try:
            verdict = outcome(seed)
        except ConstructionError as error:
            verdict = f"wrong: {type(error).__name__} {str(error)[:80]}"
        except Exception as error:
            verdict = f"wrong: {type(error).__name__} {str(error)[:80]}"
        if verdict.startswith("wrong"):
            problem = drawn(seed)
            print(f"seed {seed} ({problem.kind}; {problem.loss}): {verdict}", flush=True)
            verdict = "wrong"
        elif options.show and options.show in verdict:
            print(f"seed {seed}: {verdict}", flush=True)
        counts[verdict] += 1
    for verdict, count in counts.most_common():
        print(f"{count:7d}  {verdict}")
    print(f"{options.count} problems in {time.perf_counter() - began:.0f} s")
    return int(counts["wrong"] > 0)


if __name__ == "__main__":
    sys.exit(main())
