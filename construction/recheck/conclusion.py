"""What follows from the statements that are verified; docs/proof.md says why."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from .content import POINTS, Claim, File
from .loss import STRICT

NOTHING = "nothing follows"

#: The claims of each statement that are proved and verified.
Verified = Mapping[str, Sequence[Claim]]


def conclusion(file: File, verified: Verified) -> str:
    """In words."""

    def holds(*names: str) -> bool:
        return all(until(verified, name) >= 1 for name in names)

    if holds("condition 1", "condition 2", "final objective"):
        return "Theorem 1 applies, a strictly decreasing path exists"
    if holds("sheet barrier", "final objective") and (holds("left start") or holds("condition 1")):
        return "the sheet holds a strictly decreasing path"
    if holds("valley", "final objective") and target_is_followed(file, verified):
        return "the target is followed, a strictly decreasing path"
    return NOTHING


def until(verified: Verified, name: str) -> float:
    """Up to which lambda a statement is verified without a gap, from 0; 1 for one about a point."""
    claims = verified.get(name, ())
    if name in POINTS:
        return 1.0 if claims else 0.0
    return reach(claims)


def reach(claims: Sequence[Claim]) -> float:
    """Up to which lambda claims follow each other without a gap, from 0."""
    stop = 0.0
    for claim in claims:
        if claim.start > stop:
            break
        stop = max(stop, claim.stop)
    return stop


def target_is_followed(file: File, verified: Verified) -> bool:
    """Whether the target can be followed from W(0), given that m stays below it.

    Where its branch changes, and where it begins on another branch than c = 1, the branches have
    to meet: a touching claim, verified, at that lambda.
    """
    levels = file.levels
    touched = {claim.start for claim in verified["valley"] if claim.touches == "start"}
    if not levels or not all(level.known for level in levels):
        return False
    if touched and file.loss not in STRICT:
        return False
    for before, after in pairwise(levels):
        if before.branch != after.branch and after.knots[0] not in touched:
            return False
    right = max((level.knots[-1] for level in levels if level.branch == "right"), default=0.0)
    if max(until(verified, "condition 1"), until(verified, "right branch")) < right:
        return False
    side = "left start" if levels[0].branch == "left" else "condition 2"
    return 0.0 in touched or until(verified, side) >= 1
