"""Statements that look proved and are false, on sheets that are known."""

from itertools import pairwise

import numpy as np
import pytest

from construction.recheck.__main__ import main
from construction.recheck.claims import least_minimum
from construction.recheck.content import RefusedError

from .by_hand import Stretch, claim, written

#: One sample with the target (1, 0): L(W(0)) = 9.25, L(0) = 1, L(W(1)) = 0.25, and m falls.
OUTPUTS, TARGETS = [[[4.0, 0.5]], [[0.5, 0.0]]], [[1.0, 0.0]]
RIGHT, LEFT = (0.0, 0.25), (0.25, 1.0)


def best(lam):
    first, last = (np.array(one[0]) for one in OUTPUTS)
    here = (1 - lam) * first + lam * last
    return float(here[0] / (here @ here))


def below(start, stop, count=12):
    """Claims that m stays below the target, by the best scale in the middle of each interval."""
    lams = np.linspace(start, stop, count + 1)
    return [claim(a, b, scale=best((a + b) / 2)) for a, b in pairwise(lams)]


def crossing(file, *more):
    """A target that goes from the right branch at the height 2 to the left one at 0.8."""
    levels = [Stretch("right", RIGHT, (9.0, 2.0)), Stretch("left", LEFT, (0.8, 0.2))]
    statements = {
        "condition 2": [claim(0.0, 0.0)],
        "final objective": [claim(1.0, 1.0)],
        "right branch": [claim(*RIGHT, sample=0, plus=0, minus=-1)],
        "valley": [*below(*RIGHT), *more, *below(*LEFT)],
    }
    return written(file, OUTPUTS, TARGETS, "squared", statements, levels)


def both(file, capsys):
    """What follows, in floats and in balls; refusals go to stderr."""
    capsys.readouterr()
    codes = {main([file]), main(["--exact", file])}
    shown = capsys.readouterr()
    assert len(codes) == 1, shown
    return codes.pop(), shown


def test_branches_change_only_where_they_meet(tmp_path, capsys):
    code, shown = both(crossing(tmp_path / "proof.npz"), capsys)
    assert code == 1
    assert shown.out.count("valley: verified on [0, 1]") == 2
    assert shown.out.count("conclusion: nothing follows") == 2


def test_a_claim_that_is_not_proved_is_no_crossing(tmp_path, capsys):
    touching = claim(0.25, 0.25, bound=0.0, scale=best(0.25), low=best(0.25), touches="start")
    code, shown = both(crossing(tmp_path / "proof.npz", touching), capsys)
    assert code == 1
    assert shown.out.count("conclusion: nothing follows") == 2


def test_a_claim_about_nothing_is_no_crossing(tmp_path, capsys):
    touching = claim(0.25, 0.25, scale=best(0.25) * 1.01, low=best(0.25) * 0.99, touches="start")
    code, shown = both(crossing(tmp_path / "proof.npz", touching), capsys)
    assert code == 1
    assert "a claim about [0.25, 0.25]" in shown.err


def test_a_target_that_bends_where_it_touches(tmp_path, capsys):
    """The line from the crossing to the end of the claim passes above the corner between."""
    minimum = 1 - 4.0**2 / (4.0**2 + 0.5**2)
    heights = (minimum * 0.9, 0.0001, 0.00001)
    levels = [Stretch("left", (0.0, 0.5, 1.0), heights)]
    touching = claim(0.0, 1.0, low=best(0) * 0.99, scale=best(0) * 1.01, touches="start")
    statements = {"final objective": [claim(1.0, 1.0)], "valley": [touching]}
    file = written(tmp_path / "proof.npz", OUTPUTS, TARGETS, "squared", statements, levels)
    code, shown = both(file, capsys)
    assert code == 1
    assert shown.err.count("the target bends within [0.0, 1.0]") == 2


def test_targets_whose_absolute_value_overflows(tmp_path, capsys):
    """The mean distance to -2^31 grows from 5000000000 to 5000000500 (and 2^31)."""
    targets = np.full((2, 1), -(2**31), np.int32)
    outputs = [[[5e9], [-5e9]], [[5e9], [-5e9 - 1e3]]]
    statements = {"final objective": [claim(1.0, 1.0)]}
    file = written(tmp_path / "proof.npz", outputs, targets, "absolute", statements)
    code, shown = both(file, capsys)
    assert code == 1
    assert shown.err.count("REFUSED: final objective: ") == 2


@pytest.mark.parametrize("heights", [(0.64, 0.25), (0.63, 0.25)])
def test_heights_count_as_the_numbers_that_they_are(heights, tmp_path, capsys):
    """In half precision 0.64 is 0.64014, above L(W(0)) = (0.2 - 1)^2; L(W(1)) = 0.25."""
    scales = [1 / (0.2 + 0.3 * lam) for lam in np.linspace(0, 1, 21)]
    lams = np.linspace(0, 1, 21)
    statements = {
        "left start": [claim(0.0, 0.0, scale=2.0)],
        "final objective": [claim(1.0, 1.0)],
        "valley": [
            claim(a, b, scale=c) for a, b, c in zip(lams[:-1], lams[1:], scales, strict=False)
        ],
    }
    levels = [Stretch("left", (0.0, 1.0), np.float16(heights) - np.float16([0, 0.001]))]
    outputs, file = [[[0.2]], [[0.5]]], tmp_path / "proof.npz"
    code, shown = both(written(file, outputs, [[1.0]], "squared", statements, levels), capsys)
    above = float(np.float16(heights[0])) > 0.64
    assert code == above
    assert ("does not lead from" in shown.err) == above


def test_an_objective_that_overflows_is_no_evidence(tmp_path, capsys):
    statements = {"final objective": [claim(1.0, 1.0)]}
    file = tmp_path / "proof.npz"
    written(file, [[[1e200]], [[1e300]]], [[1.0]], "squared", statements)
    code, shown = both(str(file), capsys)
    assert code == 1
    assert shown.err.count("beyond the range of float64") == 2


def test_two_statements_of_one_name(tmp_path, capsys):
    from .test_recheck import changed

    file = crossing(tmp_path / "proof.npz")
    twice = changed(
        file, tmp_path, lambda manifest, _: manifest["statements"].append(manifest["statements"][0])
    )
    assert main([twice]) == 2
    assert "two statements of the name 'condition 2'" in capsys.readouterr().err


def test_two_claims_about_one_point(tmp_path, capsys):
    file = tmp_path / "proof.npz"
    statements = {"final objective": [claim(1.0, 1.0), claim(1.0, 1.0)]}
    code, shown = both(written(file, OUTPUTS, TARGETS, "squared", statements), capsys)
    assert code == 1
    assert "2 claims about one point" in shown.err


def test_outputs_that_underflow_are_no_evidence(tmp_path, capsys):
    """A difference of 1e-300 is positive, and above what rounding can make."""
    witness = claim(0.0, 1.0, sample=0, plus=0, minus=-1)
    for first, last, wanted in ((1e-200, 1e-200, 0), (1e-200, -1e-300, 1)):
        file = written(
            tmp_path / "proof.npz", [[[first]], [[last]]], [[1.0]], "squared",
            {"condition 1": [witness], "condition 2": []},
        )  # fmt: skip
        code, shown = both(file, capsys)
        assert code == 1
        assert bool(shown.err) == bool(wanted)


def test_a_target_that_goes_on_above_the_minimum_does_not_touch_it(tmp_path, capsys):
    """m(1/4) is 0.014, and the left stretch begins at 0.8."""
    near = {"low": best(0.25) * 0.999, "scale": best(0.25) * 1.001, "touches": "start"}
    code, shown = both(crossing(tmp_path / "proof.npz", claim(0.25, 0.3, **near)), capsys)
    assert code == 1
    assert shown.err.count("the target at lambda = 0.25 is above the minimum there") == 2


def touching_below_the_end(file):
    """c = 1 lies right of c*(0), L(W(0)) = 2.01 > L(W(1)) = 0.65 > m(0) = 0.61, and m falls.

    Two samples of the class 1, the outputs from (10, -4) to (0.1, 0.07). From lambda = 400 / 407 on
    none is negative, and the objective falls with c. So the right branch ends there, and at no
    lambda before is m above L(W(1)), so that a path could change to the left one: there is none.
    """
    ends, every = np.array([[10.0, -4.0], [0.1, 0.07]]), np.geomspace(1e-2, 1e3, 20001)

    def lowest(lam):
        outputs = (1 - lam) * ends[0] + lam * ends[1]
        values = np.logaddexp(0.0, -every[:, None] * outputs).mean(1)
        return float(every[values.argmin()]), float(values.min())

    near = np.geomspace(1e-3, 0.5, 100)
    lams = np.unique([*near, *(1 - near), 1.0]).tolist()
    c, m = lowest(0.0)
    statements = {
        "final objective": [claim(1.0, 1.0)],
        "valley": [
            claim(0.0, lams[0], low=c * 0.999, scale=c * 1.001, touches="start"),
            *(claim(a, b, scale=lowest((a + b) / 2)[0]) for a, b in pairwise(lams)),
        ],
    }
    levels = [Stretch("left", (0.0, lams[0], 1.0), (m - 1e-6, m - 2e-6, m - 3e-6))]
    outputs = ends[:, :, None]
    targets = [[1.0], [1.0]]
    return written(file, outputs, targets, "binary_cross_entropy", statements, levels)


def test_branches_do_not_change_below_the_end(tmp_path, capsys):
    code, shown = both(touching_below_the_end(tmp_path / "proof.npz"), capsys)
    assert code == 1
    assert shown.err.count("the target touches m at lambda = 0.0, not above L(W(1))") == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (claim(0.5, 0.25, sample=0, plus=0), "a claim about [0.5, 0.25]"),
        (claim(-0.5, 0.25, sample=0, plus=0), "a claim about [-0.5, 0.25]"),
        (claim(0.0, 1.5, sample=0, plus=0), "a claim about [0.0, 1.5]"),
        (claim(0.0, 1.0, sample=0, plus=0, scale=-1.0), "at the scales"),
        (claim(0.0, 1.0, sample=1, plus=0), "sample 1 or its outputs, which are not there"),
        (claim(0.0, 1.0, sample=7, plus=0), "sample 7 or its outputs, which are not there"),
        (claim(0.0, 1.0, sample=-1, plus=0), "sample -1 or its outputs, which are not there"),
        (claim(0.0, 1.0, sample=0, plus=2), "sample 0 or its outputs, which are not there"),
    ],
)
def test_claims_about_what_is_not_there(wrong, message, tmp_path, capsys):
    statements = {"condition 1": [wrong], "condition 2": [claim(0.0, 0.0)]}
    file = written(tmp_path / "proof.npz", OUTPUTS, TARGETS, "squared", statements)
    code, shown = both(file, capsys)
    assert code in (1, 2)
    assert shown.err.count(message) == 2


@pytest.mark.parametrize(("middle", "refused"), [(1.62, False), (1.58, True)])
def test_a_line_that_passes_above_a_bend_of_the_target_is_halved(middle, refused, tmp_path, capsys):
    """g(lambda, 1/2) is 2.25, 1.594 and 1.051 at 0, 1/4 and 1/2, its chord at 1/4 1.65."""
    outputs, knots = [[[-1.0]], [[0.9]]], (0.0, 0.25, 0.5, 1.0)
    levels = [Stretch("right", knots, (3.9, middle, 1.1, 0.005))]
    statements = {"final objective": [claim(1.0, 1.0)], "valley": [claim(0.0, 0.5, scale=0.5)]}
    file = written(tmp_path / "proof.npz", outputs, [[1.0]], "squared", statements, levels)
    _, shown = both(file, capsys)
    assert shown.err.count("m is not below the target") == 2 * refused


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.2), (0.8, 1.25), (0.99, 1.0101)])
def test_what_the_minimum_is_not_below_is_not_above_it(low, high):
    """g = (c - 1)^2 + 1/2 where c* = 1 lies between, and nothing where it does not."""

    class Known:
        def objective(self, lam, c):
            return ((c - 1) ** 2 + 0.5,) * 2

    found = float(least_minimum(Known(), 0.0, low, high))
    assert 0.5 - (high - low) ** 2 < found <= 0.5
    with pytest.raises(RefusedError, match="is not between"):
        least_minimum(Known(), 0.0, low + 1, high + 1)
