"""The claims of a proof, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .content import Array, File, RefusedError
from .loss import STRICT, grows, highest, require_fit
from .network import EPS, bounded

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
    outputs = bounded(file, file.inputs[:1], 0.0, 0.0, False).left.shape[1]
    require_fit(file, outputs)
    none = np.zeros((len(file.targets), outputs))
    zero = float(highest(file, none, none, file.targets).mean())
    zero += OF_VALUES * abs(zero)
    whole: dict[str, float] = {}
    for statement in file.told["statements"]:
        name, claims = statement["name"], statement["intervals"]
        proved = [claim for claim in claims if claim["bound"] > 0]
        for claim in proved:
            sound(file, claim, outputs)
        if name in ("condition 1", "right branch"):
            for claim in proved:
                witness(file, claim, claim["start"], claim["stop"], HALVINGS)
        elif name in ("sheet barrier", "valley"):
            (below_start if name == "sheet barrier" else below_target)(file, proved, zero)
        else:
            point(file, name, proved, zero)
        yield f"{name}: {standing(name, claims, proved)}"
        whole[name] = reached(name, proved)
    yield f"conclusion: {conclusion(file, whole)}"


#: Statements about one lambda.
POINTS = ("condition 2", "final objective", "left start")
NOTHING = "nothing follows"


def reached(name: str, proved: Any) -> float:
    """Up to which lambda a statement is verified without a gap, from 0; 1 for one about a point."""
    if name in POINTS:
        return 1.0 if len(proved) == 1 else -1.0
    stop = 0.0
    for claim in proved:
        if claim["start"] > stop:
            break
        stop = max(stop, claim["stop"])
    return stop


def conclusion(file: File, whole: dict[str, float]) -> str:
    """What the verified statements imply."""

    def holds(*names: str) -> bool:
        return all(whole.get(name, -1.0) >= 1 for name in names)

    if holds("condition 1", "condition 2", "final objective"):
        return "Theorem 1 applies, a strictly decreasing path exists"
    if holds("sheet barrier", "final objective") and (holds("left start") or holds("condition 1")):
        return "the sheet holds a strictly decreasing path"
    if holds("valley", "final objective") and file.levels and followed(file, whole):
        return "the target is followed, a strictly decreasing path"
    return NOTHING


def followed(file: File, whole: dict[str, float]) -> bool:
    """Whether the target can be followed from W(0), given that m stays below it."""
    told = file.told["levels"]
    if not all(level["known"] for level in told):
        return False
    claims = next(one for one in file.told["statements"] if one["name"] == "valley")["intervals"]
    touched = [claim["start"] for claim in claims if claim["touches"] == "start"]
    if touched and file.loss not in STRICT:
        return False
    rights = [
        knots[-1]
        for level, (knots, _) in zip(told, file.levels, strict=True)
        if level["branch"] == "right"
    ]
    branch = max(whole.get("condition 1", -1.0), whole.get("right branch", -1.0))
    if rights and branch < max(rights):
        return False
    side = "left start" if told[0]["branch"] == "left" else "condition 2"
    return 0.0 in touched or whole.get(side, -1.0) >= 1


def sound(file: File, claim: Any, outputs: int) -> None:
    """Numbers that a claim may be made of."""
    start, stop = claim["start"], claim["stop"]
    scales = (claim["scale"], claim["low"])
    if not (0 <= start <= stop <= 1 and all(0 <= c < np.inf for c in scales)):
        raise RefusedError(f"a claim about [{start}, {stop}] at the scales {scales}")
    if not (
        -1 <= claim["sample"] < len(file.targets)
        and all(-1 <= claim[key] < outputs for key in ("plus", "minus"))
    ):
        raise RefusedError(f"sample {claim['sample']} or its outputs, which are not there")


def standing(name: str, claims: Any, proved: Any) -> str:
    """How much of its range a statement is verified on."""
    if not proved:
        return "not proved"
    if len(proved) < len(claims):
        return f"verified on {len(proved)} of {len(claims)} intervals, not on all"
    if name in POINTS:
        return "verified"
    ends = [claim["stop"] for claim in claims]
    follows = [claim["start"] for claim in claims] == [0.0, *ends[:-1]]
    if not follows or (ends[-1] < 1 and name != "right branch"):
        return "verified on intervals that leave gaps"
    return f"verified on [0, {ends[-1]:g}]"


def witness(file: File, claim: Any, left: float, right: float, halvings: int) -> None:
    """One sample whose difference of outputs stays positive."""
    sample, plus, minus = claim["sample"], claim["plus"], claim["minus"]
    if sample < 0 or not grows(file, plus, minus, file.targets[sample]):
        raise RefusedError(f"sample {sample} is no witness for the loss {file.loss!r}")
    chord = bounded(file, file.inputs[sample : sample + 1], left, right, False)
    picked = [0 * part[0, 0] if k < 0 else part[0, k] for part in chord[:2] for k in (plus, minus)]
    rest = sum(chord.rest[0, k] for k in (plus, minus) if k >= 0)
    if min(picked[0] - picked[1], picked[2] - picked[3]) > rest * (1 + 1e-9) + 1e-12:
        return
    if not halvings:
        raise RefusedError(f"sample {sample} is no witness on all of [{left}, {right}]")
    middle = (left + right) / 2
    witness(file, claim, left, middle, halvings - 1)
    witness(file, claim, middle, right, halvings - 1)


def point(file: File, name: str, proved: Any, zero: float) -> None:
    """An inequality between objectives at the ends of the path."""
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


def below_start(file: File, proved: Any, zero: float) -> None:
    """The sheet's minimum against L(W(0))."""
    level = heights(file, (0.0, 0.0), 1.0).left_least
    for claim in proved:
        if claim["scale"] == 0:
            if not zero < level:
                raise RefusedError(f"L(0) <= {zero} is not below L(W(0)) >= {level}")
            continue
        flat = np.array([claim["start"], claim["stop"]]), np.full(2, level)
        below(file, claim, claim["start"], claim["stop"], flat, HALVINGS)


def below_target(file: File, proved: Any, zero: float) -> None:
    """The sheet's minimum against the target, which has to decrease from L(W(0)) to L(W(1))."""
    known = [
        level for told, level in zip(file.told["levels"], file.levels, strict=True) if told["known"]
    ]
    joined = np.concatenate([level[1] for level in known])
    if not (np.diff(joined) < 0).all():
        raise RefusedError("the target does not strictly decrease")
    start, stop = heights(file, (0.0, 0.0), 1.0), heights(file, (1.0, 1.0), 1.0)
    if joined[0] > start.left_least or joined[-1] > stop.left_least:
        raise RefusedError("the target does not lead from L(W(0)) to L(W(1))")
    for claim in proved:
        inside = [one for one in known if one[0][0] <= claim["start"] < one[0][-1]]
        if not inside or claim["stop"] > inside[0][0][-1]:
            raise RefusedError(f"no target on [{claim['start']}, {claim['stop']}]")
        level = inside[0]
        if claim["touches"]:
            touching(file, claim, level)
        else:
            below(file, claim, claim["start"], claim["stop"], level, HALVINGS)


def below(
    file: File, claim: Any, left: float, right: float, level: tuple[Array, Array], halvings: int
) -> None:
    """A straight line above m, against the straight pieces of the level."""
    inner = level[0][(level[0] > left) & (level[0] < right)]
    lam = np.concatenate([[left], inner, [right]])
    found = heights(file, (left, right), claim["scale"])
    line = np.interp(lam, [left, right], [found.left, found.right])
    wanted = np.interp(lam, *level)
    if (line < wanted - 4 * EPS * np.abs(wanted)).all():
        return
    if not halvings:
        raise RefusedError(f"m is not below the target on all of [{left}, {right}]")
    middle = (left + right) / 2
    below(file, claim, left, middle, level, halvings - 1)
    below(file, claim, middle, right, level, halvings - 1)


def touching(file: File, claim: Any, level: tuple[Array, Array]) -> None:
    """Both sides meet at one end: compared at the other."""
    low, high = claim["low"], claim["scale"]
    near, far = claim["start"], claim["stop"]
    if claim["touches"] == "stop":
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
            f"m is not below the target on all of [{claim['start']}, {claim['stop']}]"
        )


class Heights(NamedTuple):
    """Bounds of the mean loss at both ends of an interval: highest, and lowest."""

    left: float
    right: float
    left_least: float
    right_least: float


def heights(file: File, lams: tuple[float, float], c: float, anchored: bool = False) -> Heights:
    """Of all samples at the scale c."""
    high, low, slack = np.zeros(2), np.zeros(2), np.zeros(2)
    largest = 1 + float(np.abs(file.targets).max())
    for start in range(0, len(file.inputs), TILE):
        here = slice(start, start + TILE)
        chord, y = bounded(file, file.inputs[here], *lams, anchored), file.targets[here]
        for k, end in enumerate((chord.left, chord.right)):
            worst = highest(file, c * end, c * chord.rest, y)
            plain = highest(file, c * end, 0 * end, y)
            size = 1 + c * (np.abs(end) + chord.rest).sum(1)
            high[k] += worst.sum()
            low[k] += (2 * plain - worst).sum()
            slack[k] += OF_VALUES * np.abs(worst).sum() + OF_OUTPUTS * largest * size.sum()
    bounds = np.concatenate([high + slack, low - 3 * slack]) / len(file.inputs)
    return Heights(*map(float, bounds))
