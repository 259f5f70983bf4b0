"""Training by its properties: same seed same bits, two parts equal the whole, damage is seen."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from construction.errors import CacheError, InputError
from construction.network.architectures import LSTM, MLP, LeNet
from construction.network.networks import mlp
from construction.training import training
from construction.training.build import build, inputs_of
from construction.training.training import train

from ..runs import TINY, blocked, count, interrupt, objective_of
from .folders import content, file_of, halve

pytestmark = pytest.mark.usefixtures("few")


def equal(first: dict, second: dict) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


# --- what a run holds ----------------------------------------------------------------------------


def test_the_same_recipe_gives_the_same_bits_whatever_the_global_random_state(whole, tmp_path):
    torch.manual_seed(123)
    np.random.seed(123)
    assert content(train(TINY, tmp_path / "again")) == content(whole)


def test_every_seed_gives_weights_of_its_own_and_0_is_one(whole, tmp_path):
    runs = [whole] + [train(replace(TINY, seed=seed), tmp_path / str(seed)) for seed in (1, 2)]
    assert len({run.weights_checksum for run in runs}) == 3
    for run in runs:
        network = mlp(TINY.architecture.widths, seed=run.recipe.seed)
        assert equal(run.initial, network.state_dict())
        assert equal(run.model().state_dict(), network.state_dict())


def test_the_seed_decides_the_order_of_the_samples_too(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "build", lambda recipe: build(replace(recipe, seed=0)))
    other = train(replace(TINY, seed=1), tmp_path)
    assert equal(other.initial, whole.initial)
    assert not equal(other.final, whole.final)


def test_the_initialisation_is_the_recipes(tmp_path):
    run = train(replace(TINY, initialisation="default"), tmp_path)
    assert equal(run.initial, mlp(TINY.architecture.widths, initialisation="default").state_dict())


def test_training_lowers_the_objective(whole):
    assert whole.epoch_objective[0] > whole.epoch_objective[1] > whole.epoch_objective[2]


@pytest.mark.parametrize(("batch_size", "steps"), [(200, 3), (1000, 3), (60, 12), (199, 6)])
def test_an_epoch_has_as_many_steps_as_the_samples_fill_batches(tmp_path, batch_size, steps):
    run = train(replace(TINY, batch_size=batch_size), tmp_path)
    assert run.steps[-1] == steps
    assert len(run.epoch_objective) == TINY.epochs


def test_the_objective_of_an_epoch_is_that_of_the_weights_before_its_only_step(tmp_path):
    run = train(replace(TINY, batch_size=200, checkpoints=3), tmp_path)
    wanted = [objective_of(run.checkpoint(step)) for step in run.steps[:-1]]
    assert run.epoch_objective == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("checkpoints", "steps"),
    [
        (1, (0, 12)),
        (4, (0, 3, 6, 9, 12)),
        (5, (0, 2, 5, 7, 10, 12)),
        (12, tuple(range(13))),
        (100, tuple(range(13))),
    ],
)
def test_the_wanted_number_of_weights_is_kept_first_and_last_among_them(
    tmp_path, checkpoints, steps
):
    run = train(replace(TINY, checkpoints=checkpoints), tmp_path)
    assert run.steps == steps
    assert equal(run.checkpoint(0), run.initial)
    assert equal(run.checkpoint(12), run.final)


def test_weights_that_are_kept_do_not_depend_on_how_many_are(whole, tmp_path):
    run = train(replace(TINY, checkpoints=12), tmp_path)
    assert all(equal(run.checkpoint(step), whole.checkpoint(step)) for step in whole.steps)
    assert not any(equal(run.checkpoint(k), run.checkpoint(k + 1)) for k in range(12))


def test_weights_of_a_step_that_was_not_kept_are_refused_with_those_that_were(whole):
    with pytest.raises(InputError, match=r"found 1\. There are 5 from 0 to 12, 3 apart at most\."):
        whole.checkpoint(1)


def test_a_finished_folder_holds_the_run_and_nothing_else(whole):
    names = {f"weights-{step:06d}.safetensors" for step in whole.steps} | {"run.json"}
    assert {path.name for path in whole.folder.iterdir()} == names
    assert json.loads((whole.folder / "run.json").read_text())["recipe"]["epochs"] == 3


def test_training_leaves_the_global_random_state_as_it_was(tmp_path):
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    train(TINY, tmp_path)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])


# --- a run that is there -------------------------------------------------------------------------


def test_a_finished_run_is_returned_without_data_or_a_step(whole, monkeypatch):
    monkeypatch.setattr(training, "inputs_of", None)
    steps = count(monkeypatch, torch.optim.Adam, "step")
    assert train(TINY, whole.folder) == whole
    assert not steps


def test_fresh_trains_again_to_the_same_bits(whole, tmp_path, monkeypatch):
    first = train(TINY, tmp_path)
    steps = count(monkeypatch, torch.optim.Adam, "step")
    assert content(train(TINY, tmp_path, fresh=True)) == content(first)
    assert len(steps) == 12


def test_a_folder_of_another_recipe_is_not_taken_for_this_one(whole, tmp_path):
    train(replace(TINY, seed=1), tmp_path)
    assert content(train(TINY, tmp_path)) == content(whole)


def change(path: Path) -> None:
    """Still a file of weights, with one number changed."""
    weights = load_file(path)
    weights["1.bias"][0] += 1
    save_file(weights, path)


@pytest.mark.parametrize("step", [0, 6, 12])
@pytest.mark.parametrize("damage", [Path.unlink, halve, change], ids=lambda f: f.__name__)
def test_a_finished_run_with_damaged_weights_is_trained_again(whole, tmp_path, damage, step):
    folder = tmp_path / "damaged"
    shutil.copytree(whole.folder, folder)
    damage(file_of(replace(whole, folder=folder), step))
    assert content(train(TINY, folder)) == content(whole)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"steps": []}', '{"steps": [0]}', '{"steps": 3}']
)
def test_a_run_whose_description_is_damaged_is_trained_again(whole, tmp_path, text):
    folder = tmp_path / "damaged"
    shutil.copytree(whole.folder, folder)
    (folder / "run.json").write_text(text)
    assert content(train(TINY, folder)) == content(whole)


@pytest.mark.parametrize(
    ("key", "value"), [("seconds", 0.0), ("epoch_objective", [0.0] * 3), ("checksum", None)]
)
def test_a_changed_number_in_a_description_is_noticed(whole, tmp_path, key, value):
    folder = tmp_path / "damaged"
    shutil.copytree(whole.folder, folder)
    assert training.finished_run(TINY, folder) is not None
    described = {**json.loads((folder / "run.json").read_text()), key: value}
    (folder / "run.json").write_text(json.dumps(described))
    assert training.finished_run(TINY, folder) is None


def test_a_fresh_run_that_is_refused_leaves_the_old_one(whole, tmp_path):
    folder = tmp_path / "kept"
    shutil.copytree(whole.folder, folder)
    with pytest.raises(InputError, match="a device that"):
        train(TINY, folder, fresh=True, device="gpu")
    assert content(train(TINY, folder)) == content(whole)


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"epochs": 0}, "step; found 0"),
        ({"epochs": -1}, "step; found -4"),
        ({"checkpoints": 0}, "checkpoint; found 0"),
    ],
)
def test_a_recipe_without_steps_or_checkpoints_is_refused(tmp_path, change, counts):
    with pytest.raises(InputError, match=rf"at least 1 {counts}\. Raise epochs or"):
        train(replace(TINY, **change), tmp_path)


def test_an_unknown_data_set_is_refused(tmp_path, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(InputError, match="'mnist', 'cifar-10'; found 'minst'"):
        train(replace(TINY, data="minst"), tmp_path)


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("below", [True, False], ids=["below-a-file", "a-file"])
def test_a_folder_that_cannot_be_made_is_a_cache_error(tmp_path, monkeypatch, fresh, below):
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path))
    folder = blocked(tmp_path)
    with pytest.raises(CacheError, match="CONSTRUCTION_CACHE"):
        train(TINY, folder if below else folder.parent, fresh=fresh)
    assert folder.parent.read_text() == "in the way"


@pytest.mark.parametrize("room", [1_000, 60_000], ids=["for-no-weights", "for-weights-alone"])
def test_a_full_disk_is_a_cache_error(tmp_path, monkeypatch, room):
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path))
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        with pytest.raises(CacheError, match="CONSTRUCTION_CACHE"):
            train(TINY, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# --- recipes of other kinds ----------------------------------------------------------------------

NORMALISED = replace(TINY, architecture=MLP((784, 8, 6, 10), batch_norm=True), loss="cross_entropy")


def test_running_statistics_are_kept_with_the_weights_and_resumed_to_the_same_bits(
    tmp_path, monkeypatch
):
    whole = train(NORMALISED, tmp_path / "whole")
    buffers = {"2.running_mean", "2.running_var", "2.num_batches_tracked"}
    assert buffers <= whole.initial.keys() == whole.final.keys()
    assert whole.initial["2.running_var"].tolist() == [1.0] * 8
    assert [int(whole.checkpoint(step)["2.num_batches_tracked"]) for step in whole.steps] == [
        *whole.steps
    ]
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, torch.optim.Adam, "step", 6)
        with pytest.raises(KeyboardInterrupt):
            train(NORMALISED, tmp_path / "parts")
    assert content(train(NORMALISED, tmp_path / "parts")) == content(whole)


def test_running_statistics_are_the_average_that_pytorch_takes_over_the_batches(tmp_path):
    run = train(replace(NORMALISED, epochs=1, batch_size=200, rate=1e-30), tmp_path)
    inputs = inputs_of(NORMALISED).train_inputs
    before = (run.initial["1.weight"] @ inputs.flatten(1).T).T
    assert torch.allclose(run.final["2.running_mean"], 0.1 * before.mean(0), atol=1e-5)
    assert torch.allclose(run.final["2.running_var"], 0.9 + 0.1 * before.var(0), rtol=1e-4)


def test_the_objective_of_cross_entropy_is_its_mean_over_the_samples(tmp_path):
    recipe = replace(TINY, loss="cross_entropy", batch_size=200, checkpoints=3)
    run = train(recipe, tmp_path)
    inputs, targets, _, _ = inputs_of(recipe)
    wanted = []
    for step in run.steps[:-1]:
        network = run.model()
        network.load_state_dict(run.checkpoint(step))
        outputs = network(inputs).detach().double()
        right = outputs[torch.arange(200), targets]
        wanted.append(float((outputs.exp().sum(1).log() - right).mean()))
    assert run.epoch_objective == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": LSTM(hidden=8), "rate": 1e-2},
        {"architecture": LeNet(widths=(2, 3, 8, 8)), "augmented": True},
        {"architecture": MLP((784, 8, 10), "none"), "optimiser": "sgd", "rate": 3e-4},
        {"optimiser": "sgd", "momentum": 0.9, "schedule": "cosine", "rate": 1e-3},
    ],
    ids=["lstm", "lenet", "linear", "momentum"],
)
def test_other_recipes_learn_and_go_on_to_the_same_bits(tmp_path, changes):
    recipe = replace(TINY, epochs=4, **changes)
    whole = train(recipe, tmp_path / "whole")
    assert whole.epoch_objective[-1] < whole.epoch_objective[0]
    optimiser = torch.optim.SGD if recipe.optimiser == "sgd" else torch.optim.Adam
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, optimiser, "step", 10)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, tmp_path / "parts")
    assert content(train(recipe, tmp_path / "parts")) == content(whole)


def test_a_network_is_trained_on_the_chosen_device_with_its_weights_on_the_cpu(tmp_path, device):
    run = train(NORMALISED, tmp_path, device=device)
    assert {value.device.type for value in run.final.values()} == {"cpu"}
    assert run.epoch_objective[-1] < run.epoch_objective[0]


@pytest.mark.parametrize("batch_size", [1, 199])
def test_a_batch_of_one_sample_is_refused_where_batches_are_normalised(tmp_path, batch_size):
    with pytest.raises(InputError, match=rf"200 samples in batches of {batch_size}, the last one"):
        train(replace(NORMALISED, batch_size=batch_size), tmp_path)


def test_an_unknown_loss_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(InputError, match="a loss among 'squared', 'cross_entropy'; found 'hinge'"):
        train(replace(TINY, loss="hinge"), tmp_path)


def test_a_recipe_that_diverges_is_refused_with_the_epoch(tmp_path):
    with pytest.raises(InputError, match=r"a finite objective while training; found (nan|inf) "):
        train(replace(TINY, optimiser="sgd", rate=1e3), tmp_path)
