"""What certificates and proofs say in words."""

import numpy as np
import pytest

from construction.answers import Certificate, Interval, Proof, Statement


def test_verdicts_name_what_is_open():
    pieces = tuple(Interval(k / 8, (k + 1) / 8, (-1.0) ** k) for k in range(8))
    verdict = Statement("valley", "", pieces).verdict
    assert verdict.startswith("proved on [0, 1] but for [0.125, 0.25], [0.375, 0.5], [0.625, 0.75]")
    assert verdict.endswith(", and 1 more")
    assert Statement("valley", "", pieces[1:2]).verdict == "not proved on [0.125, 0.25]"
    assert Statement("condition 2", "", (Interval(0, 0, 1.0),)).verdict == "proved at lambda = 0"
    assert Statement("valley", "", ()).verdict == "not proved"
    assert Proof((Statement("a", "", pieces[:1]),)).verdict == "a proved on [0, 0.125]"


def certificate(**faults) -> Certificate:
    """Of three points, without a fault but those named."""
    three, objective = np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.5, 0.75])
    sound = {"largest_step": -0.1, "deviation": 0.0, "initial_error": 0.0, "final_error": 0.0}
    off = np.zeros(3, bool)
    return Certificate(three, three, objective, off, **{**sound, **faults}, tolerance=1e-12)


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"largest_step": 0.0}, "the objective rests between lambda = 0.5 and 1"),
        ({"largest_step": 0.25}, "the objective rises by 0.25 between lambda = 0.5 and 1"),
        ({"deviation": 0.5}, "the target is missed by a relative 0.5, over 1e-12"),
        ({"initial_error": 2e-12}, "the start is missed by a relative 2e-12, over 1e-12"),
        ({"final_error": 1.0}, "the end is missed by a relative 1, over 1e-12"),
        (
            {"largest_step": 1.0, "final_error": 1.0},
            "the objective rises by 1 between lambda = 0.5 and 1; the end is missed by a relative "
            "1, over 1e-12",
        ),
    ],
)
def test_each_fault_has_its_sentence(faults, words):
    assert certificate(**faults).verdict == f"not satisfied at 3 points: {words}"


@pytest.mark.parametrize("name", ["largest_step", "deviation", "initial_error", "final_error"])
def test_a_measure_that_is_no_number_satisfies_nothing(name):
    assert not certificate(**{name: float("nan")}).holds


def test_errors_up_to_the_tolerance_are_none():
    assert certificate(deviation=1e-12).verdict == "checked at 3 points"
