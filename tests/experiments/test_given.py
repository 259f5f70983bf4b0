"""Runs of published weights: what is said of them is checked before anything is computed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from construction import surface
from construction.errors import InputError, WeightsError
from construction.experiments import kept
from construction.experiments import run as experiments
from construction.experiments.given import HEAD, given
from construction.experiments.interpolation import measure as interpolation
from construction.experiments.interpolation.settings import PLATEAUS, Plateau
from construction.experiments.kept import part_path, record_path, shipped_path
from construction.experiments.landscape import surface as landscape
from construction.experiments.landscape.figure import draw
from construction.experiments.landscape.settings import RUNS, Landscape, Slice
from construction.experiments.landscape.words import networks, paths, relief_line
from construction.experiments.run import run
from construction.experiments.settings import Published
from construction.experiments.table import EXPERIMENTS
from construction.network.architectures import ResNet
from construction.network.published import published_names
from construction.record.findings import Findings
from construction.training.build import build, inputs_of

from ..runs import TINY, count, few_digits, interrupt, train_on_few_digits

NETWORK = ResNet(8, width=2, shortcuts="convolutions", channels=1)
RECIPE = replace(TINY, architecture=NETWORK, loss="cross_entropy")
NAME = "resnet-8-of-width-2"


def offer(patch, folder) -> tuple[Published, dict]:
    """Named runs of weights in a folder, as published; what is said of them, and the weights."""
    train_on_few_digits(patch)
    patch.setattr(experiments, "load", lambda name: few_digits())
    patch.setenv("CONSTRUCTION_CACHE", str(folder))
    patch.setenv("CONSTRUCTION_WEIGHTS", str(folder))
    patch.setattr(kept, "SHIPPED", folder / "shipped")
    model = build(RECIPE).train()
    with torch.no_grad():
        model(inputs_of(RECIPE)[0])  # for its running statistics
        inputs, labels = inputs_of(RECIPE)[2:]
        wrong = (model.eval()(inputs).argmax(1) != labels).double().mean()
    names, state = published_names(model), {}
    for name, value in model.state_dict().items():
        layer, _, entry = name.rpartition(".")
        state[f"module.{names[layer]}.{entry}"] = value
    torch.save({"state_dict": state, "epoch": 300}, folder / f"{NAME}.t7")
    said = Published(RECIPE, float(wrong), "somebody.example/weights", "MIT, 2017 Somebody")
    slices = (Slice(points=5, reach=0.5),)
    patch.setitem(EXPERIMENTS, "tiny-surface", Landscape("Surfaces · few digits", (said,), slices))
    plateau = Plateau("Few digits", said, points=3, images=50, checks=5)
    patch.setitem(EXPERIMENTS, "tiny-plateau", plateau)
    return said, model.state_dict()


@pytest.fixture
def offered(monkeypatch, tmp_path):
    return offer(monkeypatch, tmp_path)


def found(name: str) -> Findings:
    result = run(name, report=lambda line: None)
    assert isinstance(result, Findings)
    return result


def test_the_surface_is_that_of_the_weights_and_says_where_they_come_from(offered):
    said, weights = offered
    whole = found("tiny-surface")
    part = whole.part(NAME)
    options = {"loss": "cross_entropy", "batch_norm": "interpolate", "points": 5, "reach": 0.5}
    alone = surface(build(RECIPE), weights, inputs_of(RECIPE)[:2], **options)
    assert part["random/objective"] == pytest.approx(alone["network/random/objective"], rel=1e-6)
    assert part.parts == ("random",)
    assert not paths(part)
    assert part.manifest["test_error"] == said.error
    (asked,) = whole.manifest["settings"]["recipes"]
    assert (asked["origin"], asked["licence"]) == (said.origin, said.licence)
    caption, slice_ = whole.manifest["caption"], part.part("random")
    assert f"below L(0) at {slice_.manifest['basin']:.1%}" in caption
    below = (slice_["objective"] < slice_.manifest["zero"]).mean()
    assert slice_.manifest["zero"] == pytest.approx(np.log(10), rel=1e-6)
    assert f"below L(0) at {below:.1%}" in relief_line(slice_)
    assert len(draw(whole).axes) == 1


def test_weights_with_another_error_are_refused_before_anything_is_computed(offered, monkeypatch):
    said, _ = offered
    rows = count(monkeypatch, landscape, "row")
    other = replace(said, error=said.error - 0.05)
    settings = replace(EXPERIMENTS["tiny-surface"], recipes=(RECIPE, other))
    monkeypatch.setitem(EXPERIMENTS, "tiny-surface", settings)
    message = rf"a test error of {other.error:.2%}, as is said of the weights {NAME}; found "
    with pytest.raises(WeightsError, match=rf"{message}{said.error:.2%} of .*\. Take the weights"):
        found("tiny-surface")
    assert not rows
    assert not (kept.cache_folder() / "training").exists()


def test_weights_that_are_not_there_are_asked_for(offered, monkeypatch, tmp_path):
    (tmp_path / f"{NAME}.t7").unlink()
    with pytest.raises(WeightsError, match=r"found none, nor with another ending, in .*somebody"):
        found("tiny-plateau")
    monkeypatch.delenv("CONSTRUCTION_WEIGHTS")
    with pytest.raises(InputError, match=rf"{NAME}\.safetensors .* CONSTRUCTION_WEIGHTS .*not set"):
        found("tiny-surface")


@pytest.mark.parametrize("name", ["tiny-plateau", "tiny-surface"])
def test_fresh_without_the_weights_forgets_nothing(offered, monkeypatch, tmp_path, name):
    finished, kept_ = record_path(name), part_path(record_path(name), "interpolate")
    for place in (finished, kept_):
        Findings({"kept": np.ones(1)}).save(place)
    before = {place: place.read_bytes() for place in tmp_path.rglob("*.npz")}
    monkeypatch.delenv("CONSTRUCTION_WEIGHTS")
    with pytest.raises(InputError, match=r"CONSTRUCTION_WEIGHTS .*not set"):
        run(name, fresh=True, report=lambda line: None)
    assert {place: place.read_bytes() for place in tmp_path.rglob("*.npz")} == before
    assert set(before) == {finished, kept_}


def test_a_plateau_is_not_continued_with_other_weights(offered, monkeypatch, tmp_path):
    def interrupted() -> None:
        with pytest.MonkeyPatch.context() as patch:
            interrupt(patch, interpolation, "under", 2)
            with pytest.raises(KeyboardInterrupt):
                found("tiny-plateau")

    interrupted()
    file = tmp_path / f"{NAME}.t7"
    weights = torch.load(file)
    name = next(name for name in weights["state_dict"] if name.endswith(".weight"))
    weights["state_dict"][name] *= 1 + 1e-6
    torch.save(weights, file)
    interrupted()  # in the second again, as the first is of other weights
    assert len(kept.parts(record_path("tiny-plateau"))) == 2
    measured = count(monkeypatch, interpolation, "under")
    found("tiny-plateau")
    assert len(measured) == 2


def test_a_plateau_ends_at_the_published_weights(offered):
    _, weights = offered
    whole = found("tiny-plateau")
    inputs, labels = (one[:50] for one in inputs_of(RECIPE)[:2])
    model = build(RECIPE).eval()
    model.load_state_dict(weights)
    with torch.no_grad():
        final = float(cross_entropy(model(inputs), labels))
    assert whole["interpolate/train_objective"][0, -1] == pytest.approx(final, rel=1e-5)
    assert whole.manifest["treatments"] == ["interpolate", "recompute", "batch"]


def test_initial_weights_are_drawn_as_in_the_authors_code(offered):
    said, _ = offered

    one = given(said, "cpu")
    mine, he = one.initial, build(RECIPE).state_dict()
    head = list(he)[-2]
    assert mine.keys() == he.keys()
    assert all(torch.equal(mine[name], he[name]) for name in he if name != head)
    assert mine[head].square().mean().sqrt() == pytest.approx(HEAD, rel=0.3)  # of 80 entries
    assert torch.corrcoef(torch.stack([mine[head].flatten(), he[head].flatten()]))[0, 1] > 0.999


def test_the_runs_of_published_weights_are_the_papers_networks():
    asked = RUNS["landscape-resnet-56-given"].recipes
    shortcuts = [one.recipe.architecture.shortcuts for one in asked]
    assert (shortcuts, [one.error for one in asked]) == (["convolutions", False], [0.0634, 0.1331])
    plateau = PLATEAUS["plateau-resnet-56-given"]
    assert plateau.recipe == asked[0]
    assert "not from its own start" in plateau.title


def test_the_shipped_surfaces_are_the_published_contrast():
    """A run of others, 21 x 21 points on 500 images: 12 and 0.5 % of the points have an error below
    20 %, the largest objectives are 34 and 928."""
    place = shipped_path("landscape-resnet-56-given")
    assert place is not None
    for part, low, highest in zip(
        networks(Findings.load(place)), (0.12, 0.005), (34, 928), strict=True
    ):
        objective, error = part["random/objective"], part["random/error"]
        centre = len(objective) // 2
        assert objective.shape == (31, 31)
        assert part.manifest["samples"] == 1000
        assert objective.max() == pytest.approx(highest, rel=0.05)
        assert (error < 0.2).mean() == pytest.approx(low, abs=0.03)
        assert objective[centre, centre] == pytest.approx(objective.min(), rel=1e-6)
        below = (objective < np.log(10)).mean()  # L(0) of ten classes
        assert f"below L(0) at {below:.1%}" in relief_line(part.part("random"))
