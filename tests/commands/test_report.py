"""Three answers in what the command line and the caption say."""

import json

from construction.answers import UNDECIDED, Condition, Conditions
from construction.commands.report import as_json, conditions_json, conditions_text


def condition(name, margin):
    verdict = UNDECIDED if abs(margin) <= 0.5 else "checked at 1 point"
    return Condition(name, 1 + margin, 1.0, margin, 0.0, verdict, "above", rounding=0.5)


FOUND = Conditions(
    condition("condition 1", 1.0),
    condition("condition 2", 0.25),
    condition("final objective", 1.0),
    condition("sheet barrier", 1.0),
)


def test_what_is_open_is_told_with_its_numbers_and_the_remedy():
    lines = conditions_text(FOUND).splitlines()
    assert lines[0] == (
        "Does the theorem apply? Not decided at this precision: Use --dtype float64 if the outputs "
        "were computed in less, or take another base path."
    )
    assert lines[2] == (
        "  condition 2      open   1.25 against 1, margin 0.25, at lambda 0; not decided at this "
        "precision"
    )
    assert lines[3] == "      wanted: above"
    assert "Does this sheet hold a strictly decreasing path? Yes." in lines


def test_json_has_the_answers_beside_the_bools():
    answer = json.loads(as_json(conditions_json(FOUND)))
    assert (answer["theorem_answer"], answer["path_answer"]) == (UNDECIDED, "yes")
    assert (answer["theorem_applies"], answer["sheet_has_path"]) == (False, True)
    second = answer["conditions"]["condition_2"]
    assert (second["answer"], second["holds"], second["rounding"]) == (UNDECIDED, False, 0.5)
