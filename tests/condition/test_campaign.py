"""A few problems of the campaign, and forged answers to them: `tests.campaigns.problems`."""

import numpy as np
import pytest

from construction.answers import UNDECIDED
from construction.errors import ConditionError, RootError

from ..campaigns import problems
from ..campaigns.losses_by_hand import condition
from ..campaigns.problems import outcome

#: A problem with a path: a network along a line, and outputs that cross, with the final weights.
LINE, CROSSING = 3, 7


@pytest.mark.parametrize("first", [0, pytest.param(12, marks=pytest.mark.slow)])
def test_no_answer_to_a_random_problem_is_wrong(first):
    outcomes = {seed: outcome(seed) for seed in range(first, first + 12)}
    assert not {seed: one for seed, one in outcomes.items() if one.startswith("wrong")}


@pytest.mark.parametrize("seed", [LINE, CROSSING])
@pytest.mark.parametrize("name", ["sheet barrier", "crossing", "final objective", "root"])
@pytest.mark.parametrize("found", ["no", UNDECIDED])
def test_a_forged_refusal_is_seen(seed, name, found, monkeypatch):
    margin = -1.0 if found == "no" else 1e-17

    def forged(*_, **__):
        if name == "root":
            raise RootError("a scale", found, "Use another.", lam=0.5, count=1)
        raise ConditionError(name, found, "Use another.", condition=name, lam=0.5, margin=margin)

    monkeypatch.setattr(problems, "construct", forged)
    assert outcome(seed).startswith("wrong")


@pytest.mark.parametrize("margin", [1 - 2e-15, 1 + 2e-15])
def test_the_judge_knows_that_rounding_moves_an_objective_beside_a_kink(margin):
    one = np.array([[1.0]])
    assert condition("hinge", margin * one, one) == pytest.approx(1)
    assert condition("squared", margin * one, one) < 1e-5


class Forged:
    """A path of which one point is taken by another."""

    def __init__(self, path, place, other):
        self.path, self.place, self.other = path, place, other

    def __getattr__(self, name):
        return getattr(self.path, name)

    def weights(self, s):
        return self.path.weights(self.other if s == self.place else s)


@pytest.mark.parametrize("seed", [LINE, CROSSING])
@pytest.mark.parametrize(
    ("place", "other", "begins"),
    [
        (24, lambda s: s[16], "wrong: rises by"),
        (40, lambda s: 1 - 1e-9, "wrong: "),
        (0, lambda s: 1e-9, "wrong: "),
    ],
)
def test_a_forged_path_is_seen(seed, place, other, begins, monkeypatch):
    real = problems.construct

    def forged(*given, **options):
        path = real(*given, **options)
        return Forged(path, float(path.s[place]), float(other(path.s)))

    monkeypatch.setattr(problems, "construct", forged)
    assert outcome(seed).startswith(begins)
