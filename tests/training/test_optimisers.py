"""Optimisers and learning rates beside their formulas."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from construction.errors import InputError
from construction.training.optimisers import optimiser_of, schedule_of
from construction.training.recipe import Recipe

#: Of a quadratic objective, and where it starts.
CURVATURE, START = np.array([1.0, 4.0]), np.array([1.0, -2.0])
RATE, MOMENTUM, DECAY = 0.1, 0.9, 0.05


def followed(recipe: Recipe, steps: int) -> np.ndarray:
    """Where the optimiser of a recipe is after so many steps on the quadratic."""
    weight = nn.Parameter(torch.tensor(START))
    optimiser = optimiser_of(recipe, [weight])
    for _ in range(steps):
        weight.grad = torch.tensor(CURVATURE) * weight.detach()
        optimiser.step()
    return weight.detach().numpy()


@pytest.mark.parametrize(("momentum", "decay"), [(0, 0), (MOMENTUM, 0), (MOMENTUM, DECAY)])
def test_sgd_is_the_heavy_ball_with_the_decay_in_its_gradient(momentum, decay):
    recipe = Recipe(optimiser="sgd", rate=RATE, momentum=momentum, weight_decay=decay)
    weight, velocity = START.copy(), np.zeros(2)
    for _ in range(5):
        velocity = momentum * velocity + (CURVATURE + decay) * weight
        weight = weight - RATE * velocity
    assert followed(recipe, 5) == pytest.approx(weight, abs=1e-14)


@pytest.mark.parametrize("decay", [0, DECAY])
def test_adam_is_its_formula(decay):
    weight, first, second = START.copy(), np.zeros(2), np.zeros(2)
    for step in range(1, 6):
        gradient = (CURVATURE + decay) * weight
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        scale = np.sqrt(second / (1 - 0.999**step)) + 1e-8
        weight = weight - RATE * first / (1 - 0.9**step) / scale
    assert followed(Recipe(rate=RATE, weight_decay=decay), 5) == pytest.approx(weight, abs=1e-12)


def rates(recipe: Recipe, steps: int) -> list[float]:
    optimiser = optimiser_of(recipe, [nn.Parameter(torch.zeros(1))])
    schedule = schedule_of(recipe, optimiser, steps)
    found = []
    for _ in range(steps):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return found


def test_each_schedule_has_the_course_of_its_formula():
    def of(schedule: str) -> list[float]:
        return rates(Recipe(schedule=schedule, rate=RATE), 8)

    assert of("constant") == [RATE] * 8
    falling = [RATE / 2 * (1 + math.cos(math.pi * step / 8)) for step in range(8)]
    assert of("cosine") == pytest.approx(falling)
    assert of("step") == pytest.approx([RATE] * 4 + [RATE / 10] * 2 + [RATE / 100] * 2)
    cycle = rates(Recipe(rate=RATE), 100)
    assert max(cycle) == pytest.approx(RATE, rel=0.01)
    assert cycle[0] == pytest.approx(RATE / 25)
    assert cycle[-1] < RATE / 1000
    assert 20 < int(np.argmax(cycle)) < 40


def test_the_one_cycle_moves_adams_beta_and_leaves_sgds_momentum():
    for recipe, key, stays in (
        (Recipe(), "betas", False),
        (Recipe(optimiser="sgd"), "momentum", True),
        (Recipe(optimiser="sgd", momentum=MOMENTUM), "momentum", True),
    ):
        optimiser = optimiser_of(recipe, [nn.Parameter(torch.zeros(1))])
        schedule_of(recipe, optimiser, 10)
        now = optimiser.param_groups[0][key]
        assert (now == recipe.momentum) if stays else (now[0] == 0.95)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimiser": "lion"}, "or 'sgd'; found 'lion' with momentum 0"),
        ({"momentum": 0.5}, "found 'adam' with momentum 0.5. Adam's own beta is 0.9"),
    ],
)
def test_an_unknown_optimiser_and_a_momentum_for_adam_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        optimiser_of(Recipe(**changes), [nn.Parameter(torch.zeros(1))])


def test_an_unknown_schedule_is_refused_with_those_there_are():
    recipe = Recipe(schedule="linear")
    optimiser = optimiser_of(recipe, [nn.Parameter(torch.zeros(1))])
    with pytest.raises(InputError, match="'one-cycle', 'constant', 'cosine', 'step'; found 'line"):
        schedule_of(recipe, optimiser, 5)
