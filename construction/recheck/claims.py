"""Verifies what a proof claims, statement by statement and interval by interval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .content import Array, File, RefusedError
from .loss import STRICT, grows, highest_loss, require_fit
from .network import EPS, output_bounds

#: Rounding allowed to means of losses, as a share of their absolute values and of the outputs' and
#: targets' size; how often an interval is halved where the claim does not follow at once.
OF_VALUES, OF_OUTPUTS, HALVINGS = 2e-9, 1e-13, 6
#: Samples that are bounded together.
TILE = 1000


def verify(file: File) -> Iterator[str]:
    """A line for each statement, and last what follows from those that are verified.

    Raises:
        RefusedError: a claim that does not follow.
    """
    outputs = output_bounds(file, file.inputs[:1], 0.0, 0.0, False).left.shape[1]
    require_fit(file, outputs)
    none = np.zeros((len(file.targets), outputs))
    zero = float(highest_loss(file, none, none, file.targets).mean())
    zero += OF_VALUES * abs(zero)
    until: dict[str, float] = {}
    for statement in file.manifest["statements"]:
        name, intervals = statement["name"], statement["intervals"]
        proved = [interval for interval in intervals if interval["bound"] > 0]
        for interval in proved:
            require_sense(file, interval, outputs)
        if name in ("condition 1", "right branch"):
            for interval in proved:
                verify_growth(file, interval, interval["start"], interval["stop"], HALVINGS)
        elif name == "sheet barrier":
            verify_below_start(file, proved, zero)
        elif name == "valley":
            verify_below_target(file, proved)
        else:
            verify_point(file, name, proved, zero)
        yield f"{name}: {summary(name, intervals, proved)}"
        until[name] = verified_until(name, proved)
    yield f"conclusion: {conclusion(file, until)}"


#: Statements about one lambda.
POINTS = ("condition 2", "final objective", "left start")
NOTHING = "nothing follows"


def verified_until(name: str, proved: Any) -> float:
    """Up to which lambda a statement is verified without a gap, from 0; 1 for one about a point."""
    if name in POINTS:
        return 1.0 if len(proved) == 1 else -1.0
    stop = 0.0
    for interval in proved:
        if interval["start"] > stop:
            break
        stop = max(stop, interval["stop"])
    return stop


def conclusion(file: File, until: dict[str, float]) -> str:
    """What the verified statements imply."""

    def holds(*names: str) -> bool:
        return all(until.get(name, -1.0) >= 1 for name in names)

    if holds("condition 1", "condition 2", "final objective"):
        return "Theorem 1 applies, a strictly decreasing path exists"
    if holds("sheet barrier", "final objective") and (holds("left start") or holds("condition 1")):
        return "the sheet holds a strictly decreasing path"
    if holds("valley", "final objective") and file.levels and target_is_followed(file, until):
        return "the target is followed, a strictly decreasing path"
    return NOTHING


def target_is_followed(file: File, until: dict[str, float]) -> bool:
    """Whether the target can be followed from W(0), given that m stays below it."""
    levels = file.manifest["levels"]
    if not all(level["known"] for level in levels):
        return False
    valley = next(one for one in file.manifest["statements"] if one["name"] == "valley")
    touched = [one["start"] for one in valley["intervals"] if one["touches"] == "start"]
    if touched and file.loss not in STRICT:
        return False
    rights = [
        knots[-1]
        for level, (knots, _) in zip(levels, file.levels, strict=True)
        if level["branch"] == "right"
    ]
    branch = max(until.get("condition 1", -1.0), until.get("right branch", -1.0))
    if rights and branch < max(rights):
        return False
    side = "left start" if levels[0]["branch"] == "left" else "condition 2"
    return 0.0 in touched or until.get(side, -1.0) >= 1


def require_sense(file: File, interval: Any, outputs: int) -> None:
    """That lambdas, scales, sample and outputs of an interval are there."""
    start, stop = interval["start"], interval["stop"]
    scales = (interval["scale"], interval["low"])
    if not (0 <= start <= stop <= 1 and all(0 <= c < np.inf for c in scales)):
        raise RefusedError(f"a claim about [{start}, {stop}] at the scales {scales}")
    if not (
        -1 <= interval["sample"] < len(file.targets)
        and all(-1 <= interval[key] < outputs for key in ("plus", "minus"))
    ):
        raise RefusedError(f"sample {interval['sample']} or its outputs, which are not there")


def summary(name: str, intervals: Any, proved: Any) -> str:
    """On how much of its range a statement is verified."""
    if not proved:
        return "not proved"
    if len(proved) < len(intervals):
        return f"verified on {len(proved)} of {len(intervals)} intervals, not on all"
    if name in POINTS:
        return "verified"
    ends = [interval["stop"] for interval in intervals]
    follows = [interval["start"] for interval in intervals] == [0.0, *ends[:-1]]
    if not follows or (ends[-1] < 1 and name != "right branch"):
        return "verified on intervals that leave gaps"
    return f"verified on [0, {ends[-1]:g}]"


def verify_growth(file: File, interval: Any, left: float, right: float, halvings: int) -> None:
    """That a difference of outputs of the witness sample stays positive between two lambdas."""
    sample, plus, minus = interval["sample"], interval["plus"], interval["minus"]
    if sample < 0 or not grows(file, plus, minus, file.targets[sample]):
        raise RefusedError(f"sample {sample} is no witness for the loss {file.loss!r}")
    bounds = output_bounds(file, file.inputs[sample : sample + 1], left, right, False)
    picked = [0 * part[0, 0] if k < 0 else part[0, k] for part in bounds[:2] for k in (plus, minus)]
    radius = sum(bounds.radius[0, k] for k in (plus, minus) if k >= 0)
    if min(picked[0] - picked[1], picked[2] - picked[3]) > radius * (1 + 1e-9) + 1e-12:
        return
    if not halvings:
        raise RefusedError(f"sample {sample} is no witness on all of [{left}, {right}]")
    middle = (left + right) / 2
    verify_growth(file, interval, left, middle, halvings - 1)
    verify_growth(file, interval, middle, right, halvings - 1)


def verify_point(file: File, name: str, proved: Any, zero: float) -> None:
    """That L(W(0)) is above L(0), L(W(1)), or the objective at another scale."""
    if not proved:
        return
    start, stop = heights(file, (0.0, 0.0), 1.0), heights(file, (1.0, 1.0), 1.0)
    lower = {
        "condition 2": zero,
        "final objective": stop.left,
        "left start": heights(file, (0.0, 0.0), proved[0]["scale"]).left,
    }[name]
    if (name == "left start" and proved[0]["scale"] <= 1) or not start.left_least > lower:
        raise RefusedError(f"{name}: {start.left_least} is not above {lower}")


def verify_below_start(file: File, proved: Any, zero: float) -> None:
    """That the sheet's minimum stays below L(W(0))."""
    level = heights(file, (0.0, 0.0), 1.0).left_least
    for interval in proved:
        if interval["scale"] == 0:
            if not zero < level:
                raise RefusedError(f"L(0) <= {zero} is not below L(W(0)) >= {level}")
            continue
        flat = np.array([interval["start"], interval["stop"]]), np.full(2, level)
        verify_below(file, interval, interval["start"], interval["stop"], flat, HALVINGS)


def verify_below_target(file: File, proved: Any) -> None:
    """That the sheet's minimum stays below the target, which falls from L(W(0)) to L(W(1))."""
    known = [
        level
        for entry, level in zip(file.manifest["levels"], file.levels, strict=True)
        if entry["known"]
    ]
    joined = np.concatenate([level[1] for level in known])
    if not (np.diff(joined) < 0).all():
        raise RefusedError("the target does not strictly decrease")
    start, stop = heights(file, (0.0, 0.0), 1.0), heights(file, (1.0, 1.0), 1.0)
    if joined[0] > start.left_least or joined[-1] > stop.left_least:
        raise RefusedError("the target does not lead from L(W(0)) to L(W(1))")
    for interval in proved:
        inside = [one for one in known if one[0][0] <= interval["start"] < one[0][-1]]
        if not inside or interval["stop"] > inside[0][0][-1]:
            raise RefusedError(f"no target on [{interval['start']}, {interval['stop']}]")
        level = inside[0]
        if interval["touches"]:
            verify_touching(file, interval, level)
        else:
            verify_below(file, interval, interval["start"], interval["stop"], level, HALVINGS)


def verify_below(
    file: File, interval: Any, left: float, right: float, level: tuple[Array, Array], halvings: int
) -> None:
    """That a straight line above m lies below the straight pieces of the level."""
    inner = level[0][(level[0] > left) & (level[0] < right)]
    lam = np.concatenate([[left], inner, [right]])
    line_ends = heights(file, (left, right), interval["scale"])
    line = np.interp(lam, [left, right], [line_ends.left, line_ends.right])
    wanted = np.interp(lam, *level)
    if (line < wanted - 4 * EPS * np.abs(wanted)).all():
        return
    if not halvings:
        raise RefusedError(f"m is not below the target on all of [{left}, {right}]")
    middle = (left + right) / 2
    verify_below(file, interval, left, middle, level, halvings - 1)
    verify_below(file, interval, middle, right, level, halvings - 1)


def verify_touching(file: File, interval: Any, level: tuple[Array, Array]) -> None:
    """That m stays below the level where both meet at one end: compared at the other."""
    low, high = interval["low"], interval["scale"]
    near, far = interval["start"], interval["stop"]
    if interval["touches"] == "stop":
        near, far = far, near
        if near != 1.0 or low != 1.0 or high != 1.0:
            raise RefusedError("the target is touched at lambda = 1 and c = 1 alone")
    elif near != level[0][0]:
        raise RefusedError("the target is touched where a stretch of it begins alone")
    else:
        inside = heights(file, (near, near), (low + high) / 2)
        ends = [heights(file, (near, near), c) for c in (low, high)]
        if not min(end.left_least for end in ends) > inside.left:
            raise RefusedError(f"the minimum at lambda = {near} is not between {low} and {high}")
        spread = max(end.left for end in ends) - inside.left_least
        if level[1][0] > inside.left_least - spread + 1e-9 * abs(inside.left):
            raise RefusedError(f"the target at lambda = {near} is above the minimum there")
    height = float(np.interp(far, *level))
    height -= 4 * EPS * abs(height)
    if not max(heights(file, (near, far), c, True).right for c in (low, high)) < height:
        raise RefusedError(
            f"m is not below the target on all of [{interval['start']}, {interval['stop']}]"
        )


class Heights(NamedTuple):
    """At both ends of an interval: at least the mean loss, and at most (`least`)."""

    left: float
    right: float
    left_least: float
    right_least: float


def heights(file: File, lams: tuple[float, float], c: float, anchored: bool = False) -> Heights:
    """Bounds of the mean loss of all samples at the scale c."""
    high, low, slack = np.zeros(2), np.zeros(2), np.zeros(2)
    largest = 1 + float(np.abs(file.targets).max())
    for start in range(0, len(file.inputs), TILE):
        here = slice(start, start + TILE)
        outputs, y = output_bounds(file, file.inputs[here], *lams, anchored), file.targets[here]
        for k, end in enumerate((outputs.left, outputs.right)):
            worst = highest_loss(file, c * end, c * outputs.radius, y)
            plain = highest_loss(file, c * end, 0 * end, y)
            size = 1 + c * (np.abs(end) + outputs.radius).sum(1)
            high[k] += worst.sum()
            low[k] += (2 * plain - worst).sum()
            slack[k] += OF_VALUES * np.abs(worst).sum() + OF_OUTPUTS * largest * size.sum()
    bounds = np.concatenate([high + slack, low - 3 * slack]) / len(file.inputs)
    return Heights(*map(float, bounds))
