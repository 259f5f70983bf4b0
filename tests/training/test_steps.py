"""What a step consists of: the recipe's optimiser and rate, and images shifted and mirrored."""

import pytest
import torch
from torch import Generator, nn

from construction.errors import InputError
from construction.training.build import FALLS, SHIFT, augmented, optimiser_of, schedule_of
from construction.training.recipe import Recipe

RATE = 0.1


def parameters() -> list[nn.Parameter]:
    return [nn.Parameter(torch.ones(1))]


# --- optimiser and learning rate -----------------------------------------------------------------


def test_the_settings_of_the_recipe_reach_its_optimiser():
    sgd = optimiser_of(
        Recipe(optimiser="sgd", rate=RATE, momentum=0.9, weight_decay=0.05), parameters()
    )
    adam = optimiser_of(Recipe(rate=RATE, weight_decay=0.05), parameters())
    assert (type(sgd), type(adam)) == (torch.optim.SGD, torch.optim.Adam)
    assert sgd.defaults["momentum"] == 0.9
    assert all(one.defaults["lr"] == RATE for one in (sgd, adam))
    assert all(one.defaults["weight_decay"] == 0.05 for one in (sgd, adam))


def rates(recipe: Recipe, steps: int) -> list[float]:
    optimiser = optimiser_of(recipe, parameters())
    schedule = schedule_of(recipe, optimiser, steps)
    course = []
    for _ in range(steps):
        course.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return course


@pytest.mark.parametrize("schedule", ["one-cycle", "constant", "cosine", "step"])
def test_the_highest_rate_is_the_recipes_and_the_rate_falls_unless_constant(schedule):
    course = rates(Recipe(schedule=schedule, rate=RATE), 100)
    assert max(course) == pytest.approx(RATE, rel=0.01)
    after = course[course.index(max(course)) :]
    assert after == sorted(after, reverse=True)
    assert (after[-1] < RATE / 50) == (schedule != "constant")
    assert (course[0] < RATE / 2) == (schedule == "one-cycle")


def test_steps_fall_to_a_tenth_at_half_and_three_quarters_of_the_way():
    assert FALLS == (0.5, 0.75)
    course = rates(Recipe(schedule="step", rate=RATE), 8)
    assert course == pytest.approx([RATE] * 4 + [RATE / 10] * 2 + [RATE / 100] * 2)


def test_the_one_cycle_moves_adams_beta_and_leaves_sgds_momentum():
    for recipe, key, begins in (
        (Recipe(), "betas", (0.95, 0.999)),
        (Recipe(optimiser="sgd"), "momentum", 0),
        (Recipe(optimiser="sgd", momentum=0.9), "momentum", 0.9),
    ):
        optimiser = optimiser_of(recipe, parameters())
        schedule_of(recipe, optimiser, 10)
        assert optimiser.param_groups[0][key] == begins


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimiser": "lion"}, "or 'sgd'; found 'lion' with momentum 0"),
        ({"momentum": 0.5}, "found 'adam' with momentum 0.5. Adam's own beta is 0.9"),
    ],
)
def test_an_unknown_optimiser_and_a_momentum_for_adam_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        optimiser_of(Recipe(**changes), parameters())


def test_an_unknown_schedule_is_refused_with_those_there_are():
    recipe = Recipe(schedule="linear")
    with pytest.raises(InputError, match="'one-cycle', 'constant', 'cosine', 'step'; found 'line"):
        schedule_of(recipe, optimiser_of(recipe, parameters()), 5)


# --- augmentation --------------------------------------------------------------------------------

IMAGES = torch.arange(1.0, 1 + 40 * 2 * 5 * 6).reshape(40, 2, 5, 6)


def all_pieces(image: torch.Tensor) -> list[torch.Tensor]:
    """Every piece of the image with its border, each also mirrored."""
    bordered = torch.zeros(2, 5 + 2 * SHIFT, 6 + 2 * SHIFT)
    bordered[:, SHIFT:-SHIFT, SHIFT:-SHIFT] = image
    places = range(2 * SHIFT + 1)
    pieces = [bordered[:, i : i + 5, j : j + 6] for i in places for j in places]
    return [piece for one in pieces for piece in (one, one.flip(2))]


def test_every_image_is_a_piece_of_itself_with_a_border_mirrored_or_not():
    pieces = augmented(IMAGES, Generator().manual_seed(0))
    assert pieces.shape == IMAGES.shape
    for image, piece in zip(IMAGES, pieces, strict=True):
        assert any(torch.equal(piece, one) for one in all_pieces(image))
    assert len({tuple(piece.flatten().gt(0).tolist()) for piece in pieces}) > 20


def test_half_the_images_are_mirrored_and_every_shift_occurs():
    line = torch.arange(1.0, 40).expand(2000, 1, 39, 39).contiguous()
    pieces = augmented(line, Generator().manual_seed(1))
    rises = (pieces[:, 0, 19, 20] > pieces[:, 0, 19, 19]).float().mean()
    assert abs(rises - 0.5) < 0.05
    middles = pieces[:, 0, 19, 19]
    assert set(middles.tolist()) == {float(20 + k) for k in range(-SHIFT, SHIFT + 1)}


def test_the_generator_alone_decides():
    torch.manual_seed(3)
    first, again = (augmented(IMAGES, Generator().manual_seed(2)) for _ in range(2))
    assert torch.equal(first, again)
    generator = Generator().manual_seed(2)
    assert not torch.equal(augmented(IMAGES, generator), augmented(IMAGES, generator))
