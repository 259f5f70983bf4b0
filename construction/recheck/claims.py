"""Verifies what a proof claims, statement by statement and interval by interval.

Bounds come in an arithmetic, `Floats` or `Balls`; what is compared here is compared exactly, so
no tolerance is in this file. What follows from the statements that are verified is last;
docs/theory/proof.md says why.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from .bounds import STRICT, Bounds, grows, require_fit
from .content import POINTS, Claim, File, Level, RefusedError, between

#: Statements that one sample proves on an interval.
GROWTH = ("condition 1", "right branch")
#: How often an interval is halved where the claim does not follow at once.
HALVINGS = 6


def verify(file: File, bounds: Bounds) -> Iterator[str]:
    """A line a statement, and last what follows; a RefusedError where a claim does not follow."""
    require_fit(file)
    reached, touched = dict[str, float](), set[float]()
    for name, claims in file.statements.items():
        proved = [claim for claim in claims if claim.proved]
        for claim in proved:
            require_sense(file, name, claim)
        if name in GROWTH:
            for claim in proved:
                verify_growth(bounds, claim)
        elif proved and name == "sheet barrier":
            verify_below_start(bounds, proved)
        elif proved and name == "valley":
            verify_below_target(file, bounds, proved)
            touched = {claim.start for claim in proved if claim.touches == "start"}
        elif proved:
            verify_point(bounds, name, proved)
        reached[name] = 1.0 if proved and name in POINTS else reach(proved)
        yield f"{name}: {summary(name, claims, proved)}"
    yield f"conclusion: {conclusion(file, reached, touched)}"


def require_sense(file: File, name: str, claim: Claim) -> None:
    """That a claim is about lambdas, scales, a sample and outputs that are there."""
    start, stop, scales = claim.start, claim.stop, (claim.low, claim.scale)
    if not 0 <= start <= stop <= 1 or min(scales) < 0 or (name not in POINTS and start == stop):
        raise RefusedError(f"{name}: a claim about [{start}, {stop}] at the scales {scales}")
    if name in GROWTH:
        there = 0 <= claim.sample < len(file.targets)
        if not there or not all(-1 <= k < file.outputs for k in (claim.plus, claim.minus)):
            raise RefusedError(f"sample {claim.sample} or its outputs, which are not there")
        if not grows(file, claim.sample, claim.plus, claim.minus):
            raise RefusedError(f"sample {claim.sample} is no witness for the loss {file.loss!r}")


def summary(name: str, claims: list[Claim], proved: list[Claim]) -> str:
    """On how much of its range a statement is verified."""
    if not proved:
        return "not proved"
    if len(proved) < len(claims):
        return f"verified on {len(proved)} of {len(claims)} intervals, not on all"
    if name in POINTS:
        return "verified"
    until, follows = reach(proved), all(a.stop == b.start for a, b in pairwise(claims))
    if not follows or claims[0].start or (until < 1 and name != "right branch"):
        return "verified on intervals that leave gaps"
    return f"verified on [0, {until:g}]"


def reach(claims: Sequence[Claim]) -> float:
    """Up to which lambda claims follow each other without a gap, from 0."""
    stop = 0.0
    for claim in claims:
        if claim.start > stop:
            break
        stop = max(stop, claim.stop)
    return stop


def require_everywhere(
    holds: Callable[[float, float], bool], left: float, right: float, said: str, halvings: int = 0
) -> None:
    """That something holds between two lambdas, or on each part into which they are halved."""
    if holds(left, right):
        return
    middle = (left + right) / 2
    if halvings == HALVINGS or not left < middle < right:
        raise RefusedError(f"{said} on all of [{left}, {right}]")
    require_everywhere(holds, left, middle, said, halvings + 1)
    require_everywhere(holds, middle, right, said, halvings + 1)


def verify_growth(bounds: Bounds, claim: Claim) -> None:
    """That a difference of outputs of the witness stays positive between two lambdas."""

    def holds(left: float, right: float) -> bool:
        return bounds.least_difference(claim, left, right) > 0

    said = f"sample {claim.sample} is no witness"
    require_everywhere(holds, claim.start, claim.stop, said)


def verify_point(bounds: Bounds, name: str, proved: list[Claim]) -> None:
    """That L(W(0)) is above L(0), L(W(1)), or the objective at a larger scale."""
    if len(proved) > 1:
        raise RefusedError(f"{name}: {len(proved)} claims about one point")
    start, _ = bounds.objective(0.0, 1.0)
    beyond = proved[0].scale
    if name == "condition 2":
        lower = bounds.zero()
    elif name == "final objective":
        lower = bounds.objective(1.0, 1.0)[1]
    elif beyond > 1:
        lower = bounds.objective(0.0, beyond)[1]
    else:
        raise RefusedError(f"{name}: the scale {beyond}, which is not above 1")
    if not start > lower:
        raise RefusedError(f"{name}: {start} is not above {lower}")


def verify_below_start(bounds: Bounds, proved: list[Claim]) -> None:
    """That the sheet's minimum stays below L(W(0))."""
    start, zero = bounds.objective(0.0, 1.0)[0], bounds.zero()
    flat = Level("left", True, (0.0, 1.0), (start, start))
    for claim in proved:
        if claim.scale:
            verify_below(bounds, claim, flat)
        elif not zero < start:
            raise RefusedError(f"L(0) <= {zero} is not below L(W(0)) >= {start}")


def verify_below_target(file: File, bounds: Bounds, proved: list[Claim]) -> None:
    """That the sheet's minimum stays below the target, which falls from L(W(0)) to L(W(1))."""
    known = [level for level in file.levels if level.known]
    falls = all(a > b for level in known for a, b in pairwise(level.heights))
    rises = any(a.heights[-1] < b.heights[0] for a, b in pairwise(known))
    if not known or not falls or rises:
        raise RefusedError("the target does not strictly decrease")
    start, stop = bounds.objective(0.0, 1.0)[0], bounds.objective(1.0, 1.0)[0]
    if not (known[0].heights[0] <= start and known[-1].heights[-1] <= stop):
        raise RefusedError("the target does not lead from L(W(0)) to L(W(1))")
    for claim in proved:
        inside = [one for one in known if one.knots[0] <= claim.start < one.knots[-1]]
        if not inside or claim.stop > inside[0].knots[-1]:
            raise RefusedError(f"no target on [{claim.start}, {claim.stop}]")
        if claim.touches:
            verify_touching(bounds, claim, inside[0])
        else:
            verify_below(bounds, claim, inside[0])


def verify_below(bounds: Bounds, claim: Claim, level: Level) -> None:
    """That a straight line above m lies below the straight pieces of the level."""

    def holds(left: float, right: float) -> bool:
        ends = bounds.line_above(left, right, claim.scale)
        lams = [left, *(knot for knot in level.knots if left < knot < right), right]
        return all(between((left, right), ends, lam) < level.at(lam) for lam in lams)

    require_everywhere(holds, claim.start, claim.stop, "m is not below the target")


def verify_touching(bounds: Bounds, claim: Claim, level: Level) -> None:
    """That m stays below the level where both meet at one end: compared at the other.

    The line from the common height there to the level at the other end is above m, whatever the
    common height is, and falls. That height is above L(W(1)) where the target has to lead there.
    """
    near, far = claim.start, claim.stop
    if claim.touches == "stop":
        near, far = far, near
        if (near, claim.low, claim.scale) != (1.0, 1.0, 1.0):
            raise RefusedError("the target is touched at lambda = 1 and c = 1 alone")
    elif near != level.knots[0]:
        raise RefusedError("the target is touched where a stretch of it begins alone")
    elif not level.heights[0] <= least_minimum(bounds, near, claim.low, claim.scale):
        raise RefusedError(f"the target at lambda = {near} is above the minimum there")
    if any(claim.start < knot < claim.stop for knot in level.knots):
        raise RefusedError(f"the target bends within [{claim.start}, {claim.stop}]")
    if claim.touches == "start" and not level.heights[0] > bounds.objective(1.0, 1.0)[1]:
        raise RefusedError(f"the target touches m at lambda = {near}, not above L(W(1))")
    sides = (bounds.line_above(near, far, c, anchored=True)[1] for c in (claim.low, claim.scale))
    if not max(map(Fraction, sides)) < level.at(far):
        raise RefusedError(f"m is not below the target on all of [{claim.start}, {claim.stop}]")


def least_minimum(bounds: Bounds, lam: float, low: float, high: float) -> Fraction:
    """What m(lam) is not below; a RefusedError if nothing shows that c* lies between two scales.

    Between them the convex g falls below its middle by no more than it rises on the other side, as
    the lengths of both sides stand to each other.
    """
    middle = (low + high) / 2
    (least, most), *sides = (bounds.objective(lam, c) for c in (middle, low, high))
    if not low < middle < high or not min(side[0] for side in sides) > most:
        raise RefusedError(f"the minimum at lambda = {lam} is not between {low} and {high}")
    lengths = Fraction(middle) - Fraction(low), Fraction(high) - Fraction(middle)
    rise = Fraction(max(side[1] for side in sides)) - Fraction(least)
    return Fraction(least) - rise * max(lengths) / min(lengths)


NOTHING = "nothing follows"


def conclusion(file: File, reached: dict[str, float], touched: set[float]) -> str:
    """In words: `reached` is how far each is verified, 1 for a point; `touched`, where m is met."""

    def holds(*names: str) -> bool:
        return all(reached.get(name, 0.0) >= 1 for name in names)

    if holds("condition 1", "condition 2", "final objective"):
        return "Theorem 1 applies, a strictly decreasing path exists"
    if holds("sheet barrier", "final objective") and (holds("left start") or holds("condition 1")):
        return "the sheet holds a strictly decreasing path"
    if not holds("valley", "final objective") or not target_is_followed(file, reached, touched):
        return NOTHING
    start = "left start" if file.levels[0].branch == "left" else "condition 2"
    follows = 0.0 in touched or holds(start)
    return "the target is followed, a strictly decreasing path" if follows else NOTHING


def target_is_followed(file: File, reached: dict[str, float], touched: set[float]) -> bool:
    """Whether the target can be followed from its first branch on, given that m stays below it.

    Where its branch changes the branches have to meet: a touching claim, verified, at that lambda;
    so do they where it begins on another branch than c = 1.
    """
    levels = file.levels
    if not levels or not all(level.known for level in levels):
        return False
    if touched and file.loss not in STRICT:
        return False
    for before, after in pairwise(levels):
        if before.branch != after.branch and after.knots[0] not in touched:
            return False
    right = max((level.knots[-1] for level in levels if level.branch == "right"), default=0.0)
    return max(reached.get(name, 0.0) for name in GROWTH) >= right
