"""Runs of surfaces: what they find, how they go on, weights of the user's, and their figure."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from construction.draw.spans import levels
from construction.experiments import kept
from construction.experiments import run as experiments
from construction.experiments.kept import record_path
from construction.experiments.landscape import surface as landscape
from construction.experiments.landscape.directions import Plane, parameters_of
from construction.experiments.landscape.figure import draw
from construction.experiments.landscape.settings import Landscape, Slice
from construction.experiments.landscape.surface import paths_to_weights
from construction.experiments.landscape.terrain import Terrain
from construction.experiments.landscape.words import paths
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.network.architectures import MLP
from construction.record.findings import Findings
from construction.theorem.construct import construct
from construction.training.build import inputs_of
from construction.training.training import train

from ..draw.test_figure import assert_words_are_readable
from ..runs import TINY, count, few_digits, interrupt, train_on_few_digits

NETWORK = replace(TINY, architecture=MLP((784, 8, 10), batch_norm=True))
SLICES = (Slice(points=5), Slice("trajectory", points=5, reach=0.1, statistics="recomputed"))
SMALL = Landscape("Surfaces · few digits · MLP 784-8-10", (NETWORK,), SLICES, points=6)
NAME = "mlp-784-8-10-with-batch-norm"


def name_it(patch, folder, **changes) -> Landscape:
    settings = replace(SMALL, **changes)
    train_on_few_digits(patch)
    patch.setattr(experiments, "load", lambda name: few_digits())
    patch.setitem(EXPERIMENTS, "tiny-surface", settings)
    patch.setenv("CONSTRUCTION_CACHE", str(folder))
    patch.setattr(kept, "SHIPPED", folder / "shipped")
    return settings


def found(**options) -> tuple[Findings, list[str]]:
    lines: list[str] = []
    return run("tiny-surface", report=lines.append, **options), lines


@pytest.fixture
def tiny(monkeypatch, tmp_path) -> Landscape:
    return name_it(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Findings:
    """What the tiny run finds, once."""
    with pytest.MonkeyPatch.context() as patch:
        name_it(patch, tmp_path_factory.mktemp("cache"))
        return found()[0]


@pytest.fixture
def trained(tiny, tmp_path):
    return train(NETWORK, tmp_path / "again")


# --- what is found -------------------------------------------------------------------------------


def test_the_middle_of_the_random_slice_is_the_trained_networks_objective(whole, trained):
    data = inputs_of(NETWORK)[:2]
    height = Terrain(trained.model(), data).height(trained.final)
    part = whole.part(NAME)
    assert part["random/objective"][2, 2] == pytest.approx(height["objective"], rel=1e-6)
    assert part["random/error"][2, 2] == pytest.approx(height["error"])
    assert part["random/objective"].argmin() == 12
    assert part["random/s"].tolist() == part["random/t"].tolist() == [-1, -0.5, 0, 0.5, 1]


def test_the_plane_of_the_trajectory_holds_all_paths_and_keeps_the_principal_shares(whole):
    part = whole.part(NAME)
    s, t = part["trajectory/s"], part["trajectory/t"]
    for path in paths(part):
        place = part[f"paths/{path}/trajectory/place"]
        assert (place > [s[0], t[0]]).all()
        assert (place < [s[-1], t[-1]]).all()
    manifest = part.part("paths").manifest
    assert manifest["refused"] == {}
    shares = part.part("trajectory").manifest["shares"]
    assert manifest["kept"]["trajectory"]["trajectory"] == pytest.approx(sum(shares[:2]), rel=1e-5)
    assert manifest["kept"]["random"]["trajectory"] < 0.2 < shares[0]


def test_the_line_is_straight_in_the_plane_and_both_it_and_the_trajectory_end_in_its_middle(whole):
    part = whole.part(NAME)
    place, clock = part["paths/line/trajectory/place"], part["paths/line/clock"]
    assert place == pytest.approx(np.outer(1 - clock, place[0]), abs=1e-5)
    length = part["paths/line/length"]
    assert length == pytest.approx(length[0] * (1 - clock), rel=1e-5, abs=1e-6)
    start = part["paths/trajectory/trajectory/place"][0]
    assert start == pytest.approx(place[0], rel=1e-6)
    for path in ("line", "trajectory"):
        assert part[f"paths/{path}/length"][-1] == 0
        assert part[f"paths/{path}/objective"][-1] == pytest.approx(
            part["paths/line/objective"][-1]
        )


def paths_of(run, data, profiles, batch_norm, planes=None):
    return paths_to_weights(
        run.model(),
        run.checkpoint,
        run.steps,
        data,
        planes or {},
        loss=run.recipe.loss,
        profiles=profiles,
        points=6,
        batch_norm=batch_norm,
    )


def line_at(run, lam):
    return {
        n: v.lerp(run.final[n], lam) if v.is_floating_point() else v for n, v in run.initial.items()
    }


def constructed(run, data, profile, batch_norm):
    return construct(
        run.model(),
        lambda lam: line_at(run, lam),
        data,
        profile=profile,
        points=6,
        batch_norm=batch_norm,
    )


@pytest.mark.parametrize("batch_norm", ["interpolate", "recompute"])
def test_constructed_paths_are_those_of_construct_and_keep_their_objective(trained, batch_norm):
    data = inputs_of(NETWORK)[:2]
    seen = paths_of(trained, data, ("even", "valley"), batch_norm)
    terrain = Terrain(trained.model(), data, recompute=batch_norm == "recompute")
    for profile in ("even", "valley"):
        path = constructed(trained, data, profile, batch_norm)
        objectives = seen[f"{profile}/objective"]
        assert (np.diff(objectives) < 0).all()
        for s, objective in zip(seen[f"{profile}/clock"], objectives, strict=True):
            assert objective == pytest.approx(path.at(s).objective, rel=1e-5)
            height = terrain.height(path.weights(s))["objective"]
            assert height == pytest.approx(objective, rel=1e-4)
    ends = [seen[f"{path}/objective"][-1] for path in ("line", "trajectory")]
    assert ends[0] == pytest.approx(ends[1], rel=1e-6)


def test_a_profile_that_does_not_exist_is_told_and_the_others_are_kept(trained):
    data = inputs_of(NETWORK)[:2]
    small = replace(trained, recipe=replace(NETWORK, loss="cross_entropy"))
    few = data[0][:10], data[1][:10]
    seen = paths_of(small, few, ("even", "valley"), "interpolate")
    found, refused = {name.split("/")[0] for name in seen.arrays}, seen.manifest["refused"]
    assert refused.keys() | found == {"trajectory", "line", "even", "valley"}
    assert all(text.startswith("Expected ") for text in refused.values())


def test_paths_are_projected_as_numpy_does_it(trained):
    data = inputs_of(NETWORK)[:2]
    weights = parameters_of(trained.model(), trained.final)
    directions = [{n: torch.randn_like(v) for n, v in weights.items()} for _ in range(2)]
    plane = Plane(trained.final, *directions)
    found = paths_of(trained, data, ("valley",), "interpolate", {"p": plane})

    def flat(state):
        return np.concatenate([state[name].double().numpy().ravel() for name in weights])

    path = constructed(trained, data, "valley", "interpolate")
    design = np.stack([flat(one) for one in directions], axis=1)
    offsets = [flat(path.weights(s)) - flat(trained.final) for s in found["valley/clock"]]
    solved = [np.linalg.lstsq(design, offset) for offset in offsets]
    places = np.array([one[0] for one in solved])
    assert found["valley/p/place"] == pytest.approx(places, abs=1e-6)
    off = [np.linalg.norm(o - design @ p) for o, p in zip(offsets, places, strict=True)]
    assert found["valley/p/distance"] == pytest.approx(np.array(off), rel=1e-5, abs=1e-6)
    share = 1 - np.square(off).sum() / np.square(offsets).sum()
    assert found.manifest["kept"]["p"]["valley"] == pytest.approx(share, abs=1e-6)


def test_the_caption_compares_with_the_papers_figures_by_the_numbers_of_the_findings(whole):
    caption = whole.manifest["caption"]
    part = whole.part(NAME)
    assert "Li et al. 2018" in caption
    assert (
        f"negative curvature at {part.part('random').manifest['relief']['saddled']:.0%}" in caption
    )
    assert "5 x 5 points on 200 training images" in caption
    kept_of_the_line = part.part("paths").manifest["kept"]["trajectory"]["line"]
    assert f"line {kept_of_the_line:.2%}" in caption


# --- going on ------------------------------------------------------------------------------------


def test_a_run_that_was_killed_within_a_surface_goes_on_at_the_row_where_it_stopped(
    whole, tiny, monkeypatch
):
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, landscape, "row", 8)
        with pytest.raises(KeyboardInterrupt):
            found()
    rows = count(monkeypatch, landscape, "row")
    again, _ = found()
    assert len(rows) == 10 - 7
    assert again.manifest["resumed"]
    assert all(np.array_equal(whole[name], again[name]) for name in whole.arrays)
    assert list(record_path("tiny-surface").parent.iterdir()) == [record_path("tiny-surface")]


# --- the figure ----------------------------------------------------------------------------------


def test_contours_lie_at_round_levels_and_ways_at_their_places(whole):
    part = whole.part(NAME)
    left, right = draw(whole).axes
    for axes, which in ((left, "random"), (right, "trajectory")):
        height = part[f"{which}/objective"]
        drawn = [one.levels.tolist() for one in axes.collections if hasattr(one, "levels")]
        assert levels(float(height.min()), float(height.max())).tolist() in drawn
    for path, line in zip(paths(part), right.lines, strict=False):
        assert np.array_equal(line.get_xydata(), part[f"paths/{path}/trajectory/place"])


def test_levels_are_round_inside_and_neither_too_many_nor_too_few():
    rng = np.random.default_rng(0)
    spans = [*np.sort(rng.uniform(-6, 9, (200, 2)), axis=1), [0.0, 0.01], [0.3, 0.9]]
    for low, high in 10.0 ** np.array(spans):
        found = levels(low, high)
        assert ((found > low) & (found < high)).all()
        assert 2 <= len(found) <= 7
        assert (np.diff(found) > 0).all()
        assert all(float(f"{x:.4g}") == x for x in found) or high / low < 1.1


@pytest.mark.parametrize("width", [2.6, 5.5])
def test_no_word_leaves_the_page_and_no_two_overlap(whole, width):
    assert_words_are_readable(draw(whole, width=width))
