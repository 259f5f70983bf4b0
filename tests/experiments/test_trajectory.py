"""Alpha and beta, random walks beside them, and the run that measures both."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from construction import trajectory
from construction.errors import InputError
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.experiments.trajectory.alpha_beta import (
    against_the_line,
    arch,
    moves,
    walked,
)
from construction.experiments.trajectory.settings import (
    LABELS,
    SGD,
    Published,
    Trajectory,
    name_of,
)
from construction.experiments.trajectory.words import (
    PUBLISHED,
    WALK,
    caption,
    finding,
    straying_of,
    trained,
)

from .. import runs


def positions(seed: int, count: int, dimensions: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, dimensions)).cumsum(axis=0)


def spread(s, dimensions: int) -> np.ndarray:
    """The standard deviation of a walk's beta over its chord, in closed form."""
    return arch(s) / np.sqrt(dimensions - 2)


# --- alpha and beta ------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(1, 9))
def test_alpha_and_beta_are_the_legs_of_a_right_triangle_about_every_position(seed, count, size):
    at = positions(seed, count, size)
    found = against_the_line(at, at[0], at[-1])
    line = (at[-1] - at[0]) / np.linalg.norm(at[-1] - at[0])
    feet = at[0] + found.alpha[:, None] * line
    assert np.allclose(found.beta, np.linalg.norm(at - feet, axis=1))
    assert np.allclose((at - feet) @ line, 0, atol=1e-9)
    assert np.allclose(np.hypot(found.alpha, found.beta), np.linalg.norm(at - at[0], axis=1))
    assert (found.alpha[0], found.beta[0]) == (0, 0)
    assert (found.alpha[-1], found.beta[-1]) == pytest.approx((found.chord, 0), abs=1e-9)


def test_they_do_not_change_when_everything_is_turned_and_moved():
    at = positions(3, 20, 6)
    turn, _ = np.linalg.qr(np.random.default_rng(4).standard_normal((6, 6)))
    one = against_the_line(at, at[0], at[-1])
    other = against_the_line(at @ turn + 5, at[0] @ turn + 5, at[-1] @ turn + 5)
    assert np.allclose(one.alpha, other.alpha)
    assert np.allclose(one.beta, other.beta, atol=1e-9)


def test_the_angle_is_that_between_what_was_gone_and_what_is_to_come():
    at = positions(0, 12, 4)
    found = against_the_line(at, at[0], at[-1])
    gone, coming = at[1:-1] - at[0], at[-1] - at[1:-1]
    cosine = (gone * coming).sum(1) / (
        np.linalg.norm(gone, axis=1) * np.linalg.norm(coming, axis=1)
    )
    assert np.allclose(found.angle, np.degrees(np.arccos(cosine)))


def test_what_comes_behind_the_lines_end_counts_neither_for_height_nor_for_angle():
    at = np.array([[0.0, 0], [1, 1], [2, 0], [2, 9]])
    found = against_the_line(at, at[0], at[2])
    assert (found.solution, found.height, len(found.angle)) == (2, 0.5, 1)


def test_a_line_needs_two_points():
    with pytest.raises(InputError, match="a line between two points; found one point, twice"):
        against_the_line([np.ones(3)], np.ones(3), np.ones(3))


@pytest.mark.parametrize("stride", [1, 2, 3, 7, 22, 100])
def test_moves_are_the_distances_between_every_kth_position_and_the_last(stride):
    at = positions(1, 23, 5)
    (found,) = moves(iter(at), [stride])
    through = [*at[:-1:stride], at[-1]]
    assert np.allclose(found, np.linalg.norm(np.diff(through, axis=0), axis=1))
    assert found.sum() >= np.linalg.norm(at[-1] - at[0])


# --- the random walk -----------------------------------------------------------------------------


@pytest.mark.parametrize("solution", [None, 30])
def test_a_walk_drawn_some_dimensions_at_a_time_is_a_walk_kept_whole(monkeypatch, solution):
    monkeypatch.setattr("construction.experiments.trajectory.alpha_beta.TOGETHER", 40 * 7)
    positions, moved = walked(40, 20, seed=5, solution=solution, strides=(1, 4, 7, 90))
    source = np.random.default_rng(5)
    steps = np.hstack([source.standard_normal((40, size)) for size in (7, 7, 6)])
    at = np.vstack([np.zeros(20), steps.cumsum(axis=0)])
    whole = against_the_line(at, at[0], at[-1 if solution is None else solution])
    assert positions.chord == pytest.approx(whole.chord)
    assert np.allclose(positions.alpha, whole.alpha)
    assert np.allclose(positions.beta, whole.beta, atol=1e-6)
    for mine, others in zip(moved, moves(at, (1, 4, 7, 90)), strict=True):
        assert np.allclose(mine, others)


@pytest.fixture(scope="module")
def few_dimensions() -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Alpha and beta over the chord of many walks of 12 steps whose line ends at the 8th."""
    found = {}
    for dimensions in (3, 5, 20):
        walks = [walked(12, dimensions, seed=seed, solution=8)[0] for seed in range(1500)]
        found[dimensions] = tuple(
            np.array([getattr(walk, leg) / walk.chord for walk in walks])
            for leg in ("alpha", "beta")
        )
    return found


@pytest.mark.parametrize("step", [1, 4, 7, 12])
@pytest.mark.parametrize("dimensions", [3, 5, 20])
def test_alpha_and_beta_have_the_laws_of_the_closed_form(few_dimensions, dimensions, step):
    # beta^2 / chord^2 ~ s (1 - s) (d - 1) / d F(d - 1, d), and alpha / chord - s is Student's t
    alpha, beta = (leg[:, step] for leg in few_dimensions[dimensions])
    s = step / 8
    height, d = float(arch(s)), dimensions
    ratio = stats.f(d - 1, d, scale=height**2 * (d - 1) / d)
    shift = stats.t(d, loc=min(s, 1), scale=height / math.sqrt(d))
    assert stats.kstest(beta**2, ratio.cdf).pvalue > 1e-4
    assert stats.kstest(alpha, shift.cdf).pvalue > 1e-4


@pytest.mark.parametrize("dimensions", [5, 20])
def test_the_arch_is_the_mean_in_few_dimensions_too_and_the_spread_is_as_derived(
    few_dimensions, dimensions
):
    _, beta = few_dimensions[dimensions]
    s = np.arange(13) / 8
    error = spread(s, dimensions) / math.sqrt(len(beta))
    assert (np.abs(beta.mean(axis=0) - arch(s)) <= 4.5 * error + 1e-9).all()
    if dimensions > 5:  # in fewer the fourth moment is large or infinite
        assert np.allclose(beta.std(axis=0), spread(s, dimensions), rtol=0.1)


@pytest.mark.parametrize("d", [3, 10, 1000])
def test_mean_and_spread_are_those_of_scipys_law(d):
    law = stats.f(d - 1, d)
    share = (d - 1) / d
    mean = math.sqrt(share) * law.expect(np.sqrt) if d < 1000 else 1.0
    assert float(arch(0.5)) == pytest.approx(0.5 * mean, rel=1e-6)
    assert float(spread(0.5, d)) ** 2 == pytest.approx((share * law.mean() - 1) / 4, rel=1e-6)


def test_in_many_dimensions_a_walk_lies_on_thales_circle():
    found, _ = walked(60, 50_000, seed=1)
    assert np.abs(found.angle - 90).max() < 2
    assert np.abs(found.beta / found.chord - arch(np.arange(61) / 60)).max() < 5 * float(
        spread(0.5, 50_000)
    )


def test_the_published_picture_agrees_with_a_walk_in_1000_dimensions(findings):
    told = re.search(
        r"up to (\d+) that comes back at (\d+) and then rises to (\d+)\.", caption(findings)
    )
    highest, end, last = map(int, told.groups())
    walk = Published()
    chord = math.sqrt(walk.solution * walk.dimensions)
    assert end == pytest.approx(chord, abs=2 * chord / math.sqrt(2 * walk.dimensions))
    assert highest / end == pytest.approx(0.5, abs=2 * float(spread(0.5, walk.dimensions)))
    beyond = math.sqrt((walk.steps - walk.solution) * walk.dimensions)
    assert last == pytest.approx(beyond, abs=2 * beyond / math.sqrt(2 * 1000))


# --- the run -------------------------------------------------------------------------------------

FEW = replace(
    runs.TINY,
    epochs=6,
    batch_size=100,
    checkpoints=12,
    optimiser="sgd",
    schedule="constant",
    rate=0.01,
)
SETTINGS = Trajectory(
    "Few digits",
    recipes=(FEW, replace(FEW, momentum=0.9), replace(FEW, optimiser="adam")),
    strides=(1, 2, 4),
    published=Published(30, 40, 25),
    takes="1 s",
)


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """The run on few digits, with all 12 steps of each network."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        runs.name_a_run(patch, tmp_path_factory.mktemp("cache"))
        patch.setitem(EXPERIMENTS, "tiny", SETTINGS)
        return run("tiny", report=lambda line: None)


def test_every_part_has_its_trajectory_and_a_walk_is_as_long_and_wide_as_the_network(findings):
    assert set(findings.parts) == {"sgd", "momentum", "adam", WALK, PUBLISHED}
    assert list(trained(findings)) == ["sgd", "momentum", "adam"]
    for name in (*trained(findings), WALK):
        part = findings.part(name)
        assert len(part["alpha"]) == len(part["beta"]) == 13
        assert len(part["step"]) == 12
        assert part.manifest["dimensions"] == 785 * 8 + 9 * 10
        assert part["length"][0] == pytest.approx(part["step"].sum())
    assert len(findings[f"{PUBLISHED}/alpha"]) == 31


def test_the_numbers_of_sgd_are_those_of_a_training_loop_written_out(findings):
    from construction.training.build import build, inputs_of

    with pytest.MonkeyPatch.context() as patch:
        runs.train_on_few_digits(patch)
        inputs, targets, _, _ = inputs_of(FEW)
    network = build(FEW)
    order = torch.Generator().manual_seed(FEW.seed)
    at = [torch.nn.utils.parameters_to_vector(network.parameters()).detach().numpy()]
    for _ in range(FEW.epochs):
        for chosen in torch.randperm(200, generator=order).split(FEW.batch_size):
            outputs = network(inputs[chosen])
            wanted = torch.nn.functional.one_hot(targets[chosen], 10)
            (outputs - wanted).square().sum(1).mean().backward()
            with torch.no_grad():
                for weight in network.parameters():
                    weight -= FEW.rate * weight.grad
                    weight.grad = None
            at.append(torch.nn.utils.parameters_to_vector(network.parameters()).detach().numpy())
    whole = against_the_line(at, at[0], at[-1])
    assert np.allclose(findings["sgd/alpha"], whole.alpha, rtol=1e-4, atol=1e-5)
    assert np.allclose(findings["sgd/beta"], whole.beta, rtol=1e-3, atol=1e-4)


def test_the_finding_and_the_caption_are_made_from_the_numbers(findings):
    sgd, walk = straying_of(findings, "sgd"), straying_of(findings, WALK)
    sentence = findings.manifest["finding"]
    assert sentence == finding(findings)
    assert f"SGD: up to {sgd.height:.2f} of the line's length" in sentence
    shares = [int(share) for share in re.findall(r"(\d+)% of the walk's arch", sentence)]
    own = [one.height / walk.height for one in trained(findings).values()]
    np.testing.assert_allclose(shares, [100 * share for share in own], atol=0.5000001)
    assert f"({sgd.tortuosity:.1f} and {walk.tortuosity:.1f} times the line)" in sentence
    assert sentence in findings.manifest["caption"]
    assert "a random walk in 40 dimensions" in findings.manifest["caption"]


def test_of_few_steps_the_share_of_the_arch_is_of_that_walks_own():
    """Two steps at right angles, and of a walk too: the larger arch is above 1/2."""

    def corner(*at):
        return {"w": torch.tensor(at, dtype=torch.float64)}

    found = trajectory([corner(0, 0, 0), corner(3, 4, 0), corner(3, 9, 0)])
    walk, one = straying_of(found.findings, WALK), next(iter(trained(found.findings).values()))
    (share,) = re.findall(r"(\d+)% of the walk's arch", found.finding)
    assert abs(walk.height - 0.5) > 0.01  # else nothing is tested
    assert int(share) == pytest.approx(100 * one.height / walk.height, abs=0.5000001)


def test_a_walks_numbers_are_those_of_independent_steps(findings):
    walk = straying_of(findings, WALK)
    assert walk.reach == pytest.approx(1, abs=0.05)
    assert walk.tortuosity == pytest.approx(math.sqrt(12), rel=0.05)
    assert walk.shortened == pytest.approx(1 / np.sqrt(SETTINGS.strides), rel=0.05)
    assert walk.angle == pytest.approx(90, abs=5)


def test_batches_of_ten_are_named_by_their_optimiser():
    recipe = replace(SGD, optimiser="adam", batch_size=10)
    assert LABELS[name_of(recipe)] == "Adam, batches of 10"
