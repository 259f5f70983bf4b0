"""Three answers: yes, no, and not decided at this precision."""

import math

import pytest

from construction.answers import FINER, UNDECIDED, Condition, Conditions
from construction.answers.conditions import answer_of
from construction.errors import ConditionError


def condition(margin, rounding=0.5, name="condition 2"):
    return Condition(name, 1 + margin, 1.0, margin, 0.0, "", "L(W(0)) > L(0)", rounding)


@pytest.mark.parametrize(
    ("margin", "answer"),
    [
        (0.6, "yes"),
        (0.5, UNDECIDED),
        (1e-300, UNDECIDED),
        (-0.5, UNDECIDED),
        (-0.6, "no"),
        (0.0, "no"),
        (math.nan, "no"),
    ],
)
def test_a_margin_counts_above_rounding_alone(margin, answer):
    given = condition(margin)
    assert given.answer == answer
    assert given.holds is (answer == "yes")
    assert given.decided is (answer != UNDECIDED)


def test_a_record_of_0_3_has_conditions_without_rounding_that_keep_their_answers():
    entries = {"name": "condition 2", "value": 1.0 + 1e-9, "bound": 1.0, "margin": 1e-9}
    old = Condition(**entries, where=0.0, verdict="checked at 1 point", meaning="")
    assert old.holds


@pytest.mark.parametrize(
    ("margins", "answer"),
    [
        ((1, 1, 1), "yes"),
        ((1, 0.1, 1), UNDECIDED),
        ((0.1, -1, 0.1), "no"),
        ((-0.1, None, 1), UNDECIDED),
    ],
)
def test_of_several_conditions_one_no_is_a_no_and_else_one_in_doubt_leaves_it_open(margins, answer):
    assert answer_of([None if m is None else condition(m) for m in margins]) == answer


def test_both_questions_have_three_answers():
    yes, doubt, no = condition(1.0), condition(0.1), condition(-1.0)
    found = Conditions(yes, doubt, yes, yes, None)
    assert (found.theorem_answer, found.path_answer) == (UNDECIDED, "yes")
    assert (found.theorem_applies, found.sheet_has_path) == (False, True)
    found = Conditions(no, doubt, yes, yes, doubt)
    assert (found.theorem_answer, found.path_answer) == ("no", UNDECIDED)
    assert not found.sheet_has_path


def test_what_is_not_decided_is_refused_as_that_with_what_to_do():
    with pytest.raises(ConditionError) as caught:
        condition(1e-9, 1e-7).require("Start from another seed.")
    assert str(caught.value) == (
        "Expected condition 2: L(W(0)) > L(0); found 1 against 1 at lambda = 0, margin 1e-09, "
        f"which rounding of up to 1e-07 may have made: not decided at this precision. {FINER}"
    )
    assert (caught.value.condition, caught.value.margin) == ("condition 2", 1e-9)
