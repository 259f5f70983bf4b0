"""A named run computes once, resumes where it stopped, and says what it found."""

import hashlib
import json
import shutil
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch

from construction.__main__ import main
from construction.check import TOLERANCE
from construction.errors import CacheError, DataError, InputError
from construction.experiments import run as experiments
from construction.experiments import stages
from construction.experiments.kept import parts, record_path
from construction.experiments.path import measure as routes
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.files.archive import FORMAT
from construction.record.record import Record
from construction.training import side_by_side, training
from construction.training.training import train

from ..runs import (
    TINY,
    blocked,
    count,
    few_digits,
    interrupt,
    name_a_run,
    objective_of,
    same_routes,
    train_on_few_digits,
)

PROFILES = ["even", "paper", "valley"]


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """A named run on few digits, with an empty cache."""
    return name_a_run(monkeypatch, tmp_path / "cache")


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """Where `whole` is kept."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def finished(tiny, whole, cache, tmp_path) -> None:
    """From here on that run lies in the cache, as if it had just been computed."""
    shutil.copytree(cache, tmp_path / "cache")


@pytest.fixture(scope="module")
def whole(cache) -> tuple[Record, list[str], list[Path]]:
    """The record of that run, the lines it reported, and all files of its cache."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        name_a_run(patch, cache)
        lines: list[str] = []
        run("tiny", report=lines.append)
        files = [path.relative_to(cache) for path in cache.rglob("*") if path.is_file()]
        return Record.load(record_path("tiny")), lines, files


def run_quietly(**options) -> Record:
    return run("tiny", report=lambda line: None, **options)


def interrupted_in(owner, name: str, call: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, owner, name, call)
        with pytest.raises(KeyboardInterrupt):
            run_quietly()


def test_a_run_constructs_every_profile_on_both_routes(whole):
    record, _, _ = whole
    assert [route.name for route in record.routes] == ["line", "detour"]
    assert [list(route.journeys) for route in record.routes] == [PROFILES, PROFILES]
    checks = [x.certificate for route in record.routes for x in route.journeys.values()]
    assert [check.verdict for check in checks] == ["checked at 11 points"] * 6


def test_the_routes_run_through_the_trained_weights(whole, tmp_path, monkeypatch):
    train_on_few_digits(monkeypatch)
    line, detour = whole[0].routes
    assert line.vertices == ((0.0, "initial"), (1.0, "trained"))
    assert detour.vertices == (
        (0.0, "initial"),
        (0.5, "second network"),
        (1.0, "first network"),
    )
    first, second = (train(replace(TINY, seed=seed), tmp_path / str(seed)) for seed in (0, 1))
    start, end = objective_of(first.initial), objective_of(first.final)
    assert line.empirical[[0, -1]] == pytest.approx([start, end], rel=1e-5)
    middle = np.flatnonzero(detour.sheet.lam == 0.5)
    wanted = [start, objective_of(second.final), end]
    assert detour.empirical[[0, *middle, -1]] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("points", [20, 21])
def test_each_route_has_the_lambdas_asked_for_in_order(monkeypatch, tmp_path, points):
    name_a_run(monkeypatch, tmp_path, points=points, profiles=("valley",), checks=5)
    line, detour = run_quietly().routes
    assert [len(line.sheet.lam), len(detour.sheet.lam)] == [points, points]
    for lam in (line.sheet.lam, detour.sheet.lam):
        assert (lam[0], lam[-1]) == (0, 1)
        assert (np.diff(lam) > 0).all()


def test_a_run_without_a_second_network_has_the_straight_line_alone(monkeypatch, tmp_path):
    name_a_run(monkeypatch, tmp_path, detour_seed=None, profiles=("even",), checks=5)
    trained = count(monkeypatch, side_by_side, "train")
    record = run_quietly()
    assert [route.name for route in record.routes] == ["line"]
    assert record.manifest["seeds"] == [0]
    assert len(trained) == 1


def test_the_manifest_says_how_the_record_came_about(whole):
    record, _, _ = whole
    manifest = record.manifest
    experiment = {"title": "Few digits", "takes": "1 s", "points": 21, "checks": 11}
    assert (manifest["name"], manifest["title"], manifest["format"]) == (
        "tiny",
        "Few digits",
        FORMAT,
    )
    assert experiment.items() <= manifest["settings"].items()
    assert manifest["settings"]["recipe"] == json.loads(json.dumps(asdict(TINY)))
    assert manifest["seeds"] == [0, 1]
    assert manifest["data_checksums"] == {"mnist-5k": few_digits().checksum}
    assert manifest["device"] == "cpu"
    assert manifest["threads"] == torch.get_num_threads()
    assert manifest["tolerance"] == TOLERANCE[torch.float32]
    assert manifest["versions"]["torch"] == version("torch")
    assert manifest["versions"].keys() == {"python", "construction", "torch", "numpy"}
    assert manifest["seconds"] > 0
    assert [len(objectives) for objectives in manifest["training_objective"]] == [3, 3]


def test_the_manifest_names_the_weights_that_were_trained(finished, whole):
    record, _, _ = whole
    found = set()
    for path in (record_path("tiny").parents[1] / "training").glob("*/run.json"):
        weights = sorted(path.parent.glob("*.safetensors"))
        ends = [hashlib.sha256(weights[k].read_bytes()).hexdigest() for k in (0, -1)]
        found.add(hashlib.sha256("".join(ends).encode()).hexdigest())
    assert set(record.manifest["weights_checksums"]) == found
    assert len(found) == 2


def test_a_run_reports_each_stage_and_where_the_record_lies(whole):
    _, lines, files = whole
    assert lines[0] == "tiny: Few digits; about 1 s on two cores"
    assert lines[1].startswith("  network of seed 0: objective ")
    assert lines[2].startswith("  network of seed 1: objective ")
    assert len(lines) - 2 == EXPERIMENTS["mnist-mlp"].lines  # of the same routes and profiles
    assert lines[3] == "  line: 21 forward passes"
    stages = [line for line in lines if not line.startswith("    ")]
    assert [line.split(":")[0] for line in stages[4:7]] == [f"  line, {name}" for name in PROFILES]
    assert "checked at 11 points, largest relative deviation" in lines[4]
    assert lines[5].startswith("    condition 1 proved on [0, 1]; condition 2 proved")
    assert stages[7] == "  detour: 21 forward passes"
    assert lines[-1].startswith("tiny: done in ")
    assert lines[-1].endswith(files_of("records", files)[0].name)


def files_of(folder: str, files: list[Path]) -> list[Path]:
    return [path for path in files if path.parts[0] == folder]


def test_a_finished_run_leaves_one_record_and_no_parts(whole):
    files = whole[2]
    assert len(files_of("records", files)) == 1
    assert {path.suffix for path in files_of("training", files)} == {".json", ".safetensors"}


# --- the cache -----------------------------------------------------------------------------------


def test_a_second_run_comes_from_the_cache_without_computing(finished, whole, monkeypatch):
    monkeypatch.setattr(stages, "train_all", None)
    monkeypatch.setattr(routes, "construct", None)
    monkeypatch.setattr(experiments, "load", None)
    lines = []
    assert same_routes(run("tiny", report=lines.append), whole[0])
    assert lines == [f"tiny: from {record_path('tiny')}"]


def test_fresh_computes_everything_again_to_the_same_bits(finished, whole, monkeypatch):
    steps = count(monkeypatch, torch.optim.Adam, "step")
    constructed = count(monkeypatch, routes, "construct")
    again = run_quietly(fresh=True)
    assert same_routes(again, whole[0])
    assert again.manifest["weights_checksums"] == whole[0].manifest["weights_checksums"]
    assert (len(steps), len(constructed)) == (24, 2)


def everything_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_process_of_the_same_run_may_be_done_first(finished, whole, monkeypatch):
    """It has put its result in place, and cleared up, while this one compares its own."""
    told = experiments.comparison_line

    def overtaken(new, place, which):
        line = told(new, place, which)
        new.replace(place)
        for old in parts(place):
            old.unlink()
        return line

    monkeypatch.setattr(experiments, "comparison_line", overtaken)
    assert same_routes(run_quietly(fresh=True), whole[0])


@pytest.mark.parametrize("device", ["cuda:99", "gpu", "meta", "cpu:x"])
def test_fresh_with_a_device_that_cannot_be_used_forgets_nothing(finished, tmp_path, device):
    before = everything_in(tmp_path)
    with pytest.raises(InputError, match=f"a device that .* as {device} is not; found "):
        run_quietly(fresh=True, device=device)
    assert everything_in(tmp_path) == before


def test_fresh_without_its_data_forgets_nothing(finished, tmp_path, monkeypatch):
    before = everything_in(tmp_path)

    def gone(name):
        raise DataError("a file", "none", "Look for it.")

    monkeypatch.setattr(experiments, "load", gone)
    with pytest.raises(DataError):
        run_quietly(fresh=True)
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize("content", [b"", b"text", None], ids=["empty", "text", "half"])
def test_a_damaged_record_is_computed_again_and_a_line_says_so(
    finished, whole, monkeypatch, content
):
    place = record_path("tiny")
    half = place.read_bytes()[: place.stat().st_size // 2]
    place.write_bytes(half if content is None else content)
    steps = count(monkeypatch, torch.optim.Adam, "step")
    lines = []
    assert same_routes(run("tiny", report=lines.append), whole[0])
    said = "tiny: computed again, as the cached record is unusable. Expected a "
    assert lines[0].startswith(said)
    assert same_routes(Record.load(place), whole[0])
    assert not steps  # the trained weights were still there


def test_settings_that_differ_have_records_of_their_own(monkeypatch, tmp_path):
    for points in (5, 6):
        name_a_run(monkeypatch, tmp_path, points=points, profiles=("even",), checks=5)
        assert len(run_quietly().route("line").sheet.lam) == points
    assert len(list((tmp_path / "records").glob("tiny-*.npz"))) == 2


def test_other_words_do_not_make_another_record(monkeypatch, tmp_path):
    name_a_run(monkeypatch, tmp_path, points=5, profiles=("even",), checks=5)
    first = run_quietly()
    name_a_run(monkeypatch, tmp_path, points=5, profiles=("even",), checks=5, takes="2 s")
    monkeypatch.setattr(routes, "construct", None)
    assert same_routes(run_quietly(), first)


# --- interruptions -------------------------------------------------------------------------------


def test_an_interruption_in_the_second_route_keeps_the_first(tiny, whole, monkeypatch):
    interrupted_in(routes, "construct", 2)
    (part,) = record_path("tiny").parent.iterdir()
    assert part.name.endswith("-line.part.npz")
    assert [route.name for route in Record.load(part).routes] == ["line"]
    constructed = count(monkeypatch, routes, "construct")
    assert same_routes(run_quietly(), whole[0])
    assert len(constructed) == 1
    assert list(record_path("tiny").parent.iterdir()) == [record_path("tiny")]


def test_an_interruption_in_the_second_training_keeps_the_first(tiny, whole, monkeypatch):
    interrupted_in(torch.optim.Adam, "step", 12 + 6)
    steps = count(monkeypatch, torch.optim.Adam, "step")
    assert same_routes(run_quietly(), whole[0])
    assert len(steps) == 8  # two epochs of the second network


def test_an_interruption_before_the_record_is_written_constructs_nothing_again(
    tiny, whole, monkeypatch
):
    interrupted_in(experiments, "_provenance", 1)
    constructed = count(monkeypatch, routes, "construct")
    assert same_routes(run_quietly(), whole[0])
    assert not constructed


@pytest.mark.parametrize("damage", [b"", None], ids=["empty", "half"])
def test_a_damaged_part_is_constructed_again(tiny, whole, monkeypatch, damage):
    interrupted_in(routes, "construct", 2)
    (part,) = record_path("tiny").parent.iterdir()
    part.write_bytes(part.read_bytes()[:900] if damage is None else damage)
    constructed = count(monkeypatch, routes, "construct")
    assert same_routes(run_quietly(), whole[0])
    assert len(constructed) == 2


def test_fresh_takes_up_no_part(tiny, whole, monkeypatch):
    interrupted_in(routes, "construct", 2)
    constructed = count(monkeypatch, routes, "construct")
    assert same_routes(run_quietly(fresh=True), whole[0])
    assert len(constructed) == 2


# --- refusals ------------------------------------------------------------------------------------


def test_an_unknown_name_is_refused_with_all_names(tiny):
    with pytest.raises(InputError) as caught:
        run("tyni")
    assert all(repr(name) in str(caught.value) for name in EXPERIMENTS)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_cache_that_cannot_be_written_is_refused_before_anything_is_computed(
    tiny, monkeypatch, tmp_path, fresh
):
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(blocked(tmp_path)))
    steps = count(monkeypatch, training.torch.optim.Adam, "step")
    with pytest.raises(CacheError, match="CONSTRUCTION_CACHE"):
        run_quietly(fresh=fresh)
    assert not steps


def test_a_cache_that_cannot_be_written_still_shows_what_is_shipped(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path / "file" / "below"))
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    run("barrier-mlp", report=lines.append)
    assert "as shipped" in lines[0]
    assert main(["plot", "barrier-mlp", "--out", "shown.svg"]) == 0
    assert (tmp_path / "shown.svg").exists()
    with pytest.raises(CacheError, match="Not a directory"):
        run("barrier-mlp", fresh=True, report=lines.append)
    with pytest.raises(CacheError, match="Not a directory"):
        run("digits-mlp", report=lines.append)
