"""The film of any record: other paths and profiles, extreme objectives, few images, no sample."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, Polyline, Record, construct, mlp
from construction.experiments.kept import record_path
from construction.experiments.path.settings import Experiment
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.network.architectures import MLP
from construction.network.heads import scale_head
from construction.training.recipe import Recipe
from scenes.path import Path

from .rules import RULES
from .watch import visible, watch


def weights(*values):
    return {"weight": torch.tensor([values])}


INPUTS = torch.randn(50, 2, generator=torch.Generator().manual_seed(3))
TARGETS = 0.3 * INPUTS.sum(1, keepdim=True)
PATHS = {
    "valley alone": (Line(weights(-2.0, -3.0), weights(0.25, 0.3)), "valley"),
    "valley without a crossing": (Line(weights(-2.0, -3.0), weights(1.3, 1.3)), "valley"),
    "objective down to zero": (Line(weights(-0.6, -3.0), weights(0.3, 0.3)), "paper"),
    "objectives below one": (Line(weights(-0.5, 0.0), weights(0.29, 0.3)), "even"),
    "a polyline": (
        Polyline([weights(-2.0, -3.0), weights(1.0, -2.0), weights(0.3, 0.2)]),
        "paper",
    ),
}


def film_of(record, tmp_path, monkeypatch):
    """The film of a record, a frame a second."""
    record.save(tmp_path / "record.npz")
    monkeypatch.setenv("CONSTRUCTION_RUN", str(tmp_path / "record.npz"))
    monkeypatch.chdir(tmp_path)
    return watch(Path, RULES[:5], frame_rate=1)


#: Each kind once, every second one with a sample; the others are slow.
TOLD = [
    pytest.param(kind, sampled, marks=[pytest.mark.slow] if (k + sampled) % 2 else [])
    for k, kind in enumerate(PATHS)
    for sampled in (False, True)
]


@pytest.mark.parametrize(("kind", "sampled"), TOLD)
def test_it_is_told_inside_the_frame_and_without_overlaps(kind, sampled, tmp_path, monkeypatch):
    path, profile = PATHS[kind]
    result = construct(
        nn.Linear(2, 1, bias=False), path, (INPUTS, TARGETS), points=21, profile=profile
    )
    sample = (INPUTS[:5], TARGETS[:5]) if sampled else None
    seen = film_of(result.record(sample=sample), tmp_path, monkeypatch)
    assert seen.faults == {}
    sections = {shot.section for shot in seen.shots}
    assert ("travel" in sections) == (profile != "valley")
    assert ("valley" in sections) == (profile == "valley")
    words = {word.text for shot in seen.shots for word in visible(shot.shown)[0]}
    assert any("straight line" in text for text in words) == isinstance(path, Line)
    captions = [one.content for one in seen.scene.renderer.file_writer.subcaptions]
    falls = (np.diff(result.empirical) < 0).all()
    assert any("goes down by itself" in text for text in captions) == falls
    told = " ".join(captions)
    assert ("at its own constant speed" in told) == isinstance(path, Line)
    shrunk = any(one.name != "travel" and one.scale_stop < 0.1 for one in result.phases)
    assert ("Shrink the last layer" in told) == (shrunk and profile == "valley")
    assert "was checked" not in told  # as it was not
    assert ("These are its outputs with the first weights." in told) == sampled
    said = " ".join([told, *words])
    assert not any(word in said for word in ("random", "noise", "Digits", "after training"))


def test_a_record_of_cross_entropy_is_told_without_parabolas(tmp_path, monkeypatch):
    network = mlp((9, 12, 3), seed=1)
    images = torch.randn(30, 3, 3, generator=torch.Generator().manual_seed(0))
    start = network.state_dict()
    with torch.no_grad():
        labels = network(images).argmax(1)
    loud = scale_head(start, "3", -2.0)  # mostly wrong, and louder
    path = construct(
        network,
        Line(loud, start),
        (images, labels),
        loss="cross_entropy",
        profile="valley",
        points=41,
    )
    seen = film_of(path.record(sample=(images[:4], labels[:4])), tmp_path, monkeypatch)
    assert seen.faults == {}
    words = {word.text for shot in seen.shots for word in visible(shot.shown)[0]}
    assert any("4 of 4 right" in text for text in words)
    assert not any("a {{c:c}}^2" in text or "three numbers" in text for text in words)


@pytest.mark.slow
def test_a_record_of_03_is_told_with_what_it_has(film_record, tmp_path, monkeypatch):
    record = Record.load(film_record)
    routes = tuple(replace(route, sample=None, parameters=None) for route in record.routes)
    seen = film_of(Record(routes, record.manifest), tmp_path, monkeypatch)
    assert seen.faults == {}


@pytest.mark.slow
@pytest.mark.parametrize("samples", [100, 200])
def test_networks_trained_on_few_images_are_told(samples, tmp_path, monkeypatch):
    """Their objective ends where the sheet meets its ground, beside the ticks of its axes."""
    recipe = Recipe(samples=samples, architecture=MLP((784, 32, 10)), epochs=30, checkpoints=3)
    few = Experiment(f"{samples} images a class", recipe, points=41, checks=15)
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path))
    monkeypatch.setitem(EXPERIMENTS, "few", few)
    run("few", report=lambda line: None)
    monkeypatch.setenv("CONSTRUCTION_RUN", str(record_path("few")))
    monkeypatch.chdir(tmp_path)
    assert watch(Path, RULES).faults == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["a polyline", "valley without a crossing"])
def test_a_further_route_is_a_bad_road_only_where_it_rises(kind, tmp_path, monkeypatch):
    path, profile = PATHS[kind]
    model, data = nn.Linear(2, 1, bias=False), (INPUTS, TARGETS)
    first = construct(model, PATHS["objectives below one"][0], data, points=21)
    other = construct(model, path, data, points=21, profile=profile)
    routes = (first.record().routes[0], other.record("further").routes[0])
    seen = film_of(Record(routes, {}), tmp_path, monkeypatch)
    assert seen.faults == {}
    rises = (np.diff(other.empirical) > 0).any()
    assert ("further" in {shot.section for shot in seen.shots}) == rises
    told = " ".join(one.content for one in seen.scene.renderer.file_writer.subcaptions)
    told += " ".join(word.text for shot in seen.shots for word in visible(shot.shown)[0])
    assert not any(word in told for word in ("on purpose", "trained", "ridge", "Between two"))
