"""Two dozen problems of the campaign: see `tests.campaigns.problems`."""

import pytest

from ..campaigns.problems import outcome


@pytest.mark.parametrize("first", range(0, 24, 12))
def test_no_answer_to_a_random_problem_is_wrong(first):
    outcomes = {seed: outcome(seed) for seed in range(first, first + 12)}
    assert not {seed: one for seed, one in outcomes.items() if one.startswith("wrong")}
