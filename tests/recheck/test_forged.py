"""A share of the campaign of forged proofs, and that its judge finds what is false."""

import numpy as np
import pytest

from ..campaigns.forged import campaign, opened
from ..campaigns.forged_judge import Judge
from .by_hand import Stretch, claim, written
from .test_false import LEFT, OUTPUTS, RIGHT, TARGETS, crossing, touching_below_the_end

FORGERIES = 60


def test_nothing_false_is_confirmed(tmp_path):
    counts, found = campaign(FORGERIES, 7, tmp_path)
    assert not found
    sealed = FORGERIES - counts["not sealed"]
    assert counts["reached the arithmetic"] >= sealed / 2
    assert counts["refuted"] > sealed / 4
    assert counts["confirmed"]


def judged(file, *lines):
    manifest, arrays = opened(file)
    return list(Judge(manifest, arrays).false(list(lines)))


THEOREM = "conclusion: Theorem 1 applies, a strictly decreasing path exists"
HELD = "conclusion: the sheet holds a strictly decreasing path"
FOLLOWED = "conclusion: the target is followed, a strictly decreasing path"


def test_the_judge_sees_branches_that_do_not_meet(tmp_path):
    file = crossing(tmp_path / "proof.npz")
    (wrong,) = judged(file, FOLLOWED, "valley: verified on [0, 1]", "right branch: verified")
    assert wrong.endswith("the branches do not meet at 0.25")


def test_the_judge_sees_branches_that_meet_below_the_end(tmp_path):
    file = touching_below_the_end(tmp_path / "proof.npz")
    (wrong,) = judged(file, "valley: verified on [0, 1]")
    assert wrong.endswith("m is not above L(W(1)) at 0.0, where the target touches it")


def test_the_judge_sees_a_target_that_is_too_low(tmp_path):
    for branch, heights in (("right", (9.0, 0.1, 1e-9)), ("left", (0.5, 0.4, 0.1))):
        levels = [Stretch(branch, (0.0, 0.5, 1.0), heights)]
        claims = {"valley": [claim(0.0, 1.0, scale=1.0)]}
        file = written(tmp_path / "proof.npz", [OUTPUTS[0], [[0.1, 0.5]]], TARGETS, "squared",
                       claims, levels)  # fmt: skip
        assert "not below" in judged(file, "valley: verified on [0, 1]")[0]
        assert judged(file, FOLLOWED)


@pytest.mark.parametrize(
    ("line", "outputs"),
    [
        ("condition 1: verified on [0, 1]", [[[1.0, 0.0]], [[-1.0, 0.0]]]),
        ("condition 2: verified", [[[0.5, 0.0]], [[1.0, 0.0]]]),
        ("final objective: verified", [[[1.0, 0.0]], [[4.0, 0.0]]]),
        ("left start: verified", [[[4.0, 0.0]], [[1.0, 0.0]]]),
        ("sheet barrier: verified on [0, 1]", [[[1.0, 0.1]], [[-1.0, 0.0]]]),
        (THEOREM, [[[4.0, 0.0]], [[-4.0, 0.0]]]),
        (THEOREM, [[[0.5, 0.1]], [[0.9, 0.0]]]),
        (HELD, [[[1.0, 0.1]], [[0.2, 1.0]], [[1.0, 0.01]]]),
        (HELD, [[[4.0, 0.0]], [[4.0, 0.1]]]),
    ],
)  # fmt: skip
def test_the_judge_sees_what_is_false(line, outputs, tmp_path):
    name = line.split(":")[0]
    claims = {} if name == "conclusion" else {name: [claim(0.0, 1.0, scale=1.0)]}
    vertices = np.linspace(0, 1, len(outputs))
    file = written(tmp_path / "proof.npz", outputs, TARGETS, "squared", claims, vertices=vertices)
    assert judged(file, line)


def test_the_judge_lets_stand_what_is_so(tmp_path):
    statements = {
        "condition 1": [claim(0.0, 1.0)], "condition 2": [], "final objective": [],
        "right branch": [claim(*RIGHT)], "sheet barrier": [claim(*LEFT)],
    }  # fmt: skip
    file = written(tmp_path / "proof.npz", OUTPUTS, TARGETS, "squared", statements)
    assert not judged(file, *(f"{name}: verified" for name in statements), THEOREM)
