"""`trajectory` and `Recorder` on networks not written for the package."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch.nn.utils import parameters_to_vector

from construction import Recorder, trajectory
from construction.errors import InputError, WeightsError
from construction.experiments.kept import from_file
from construction.experiments.trajectory.figure import TITLES

from ..own_networks import NETWORKS

STEPS = 12


def trained(name, **options):
    """A model trained for some steps with a recorder beside it, and its state dicts."""
    model, _, (x, y), _ = NETWORKS[name]()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.5)
    recorder = Recorder(model, optimizer, **options)
    states = [copy.deepcopy(model.state_dict())]
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        states.append(copy.deepcopy(model.state_dict()))
    return model, recorder, states


def by_hand(states, model):
    """Alpha and beta, by the definition, parameters in a row."""
    names = [name for name, _ in model.named_parameters()]
    at = np.stack([parameters_to_vector([one[n] for n in names]).numpy() for one in states])
    line = (at[-1] - at[0]) / np.linalg.norm(at[-1] - at[0])
    alpha = (at - at[0]) @ line
    beta = np.linalg.norm(at - at[0] - np.outer(alpha, line), axis=1)
    return alpha, beta, np.linalg.norm(np.diff(at, axis=0), axis=1)


@pytest.mark.parametrize("name", ["mlp", "cnn", "transformer"])
def test_a_recorder_and_the_checkpoints_are_alpha_and_beta_by_hand(name):
    model, recorder, states = trained(name)
    alpha, beta, steps = by_hand(states, model)
    recorded, saved = trajectory(recorder), trajectory(states, model=model)
    for found in (recorded, saved, trajectory(states)):
        assert found["training/alpha"] == pytest.approx(alpha, rel=1e-12, abs=1e-13)
        assert found["training/beta"] == pytest.approx(beta, rel=1e-12, abs=1e-12)
        assert found["training/step"] == pytest.approx(steps, rel=1e-12)
        assert found.part("training").manifest["chord"] == pytest.approx(alpha[-1], rel=1e-12)
    assert recorder.steps == STEPS
    assert len(recorded["walk/alpha"]) == STEPS + 1


def test_the_deviation_of_a_sketch_is_the_stated_one():
    _, recorder, states = trained("mlp")
    exact, size = recorder.straying((1, 3)), 200
    off = {"alpha": [], "beta": []}
    for seed in range(40):
        _, sketched, _ = trained("mlp", sketch=size, seed=seed)
        found = sketched.straying((1, 3))
        assert found["step"] == pytest.approx(exact["step"], rel=1e-12)
        assert found["alpha"][-1] == pytest.approx(exact["alpha"][-1], rel=1e-12)
        inner = exact["beta"][1:-1]
        for leg, values in off.items():
            values.append((found[leg] - exact[leg])[1:-1] / inner)
    error = found.manifest["error"]
    assert error == pytest.approx(1 / np.sqrt(size))
    for leg, share in (("alpha", 1.0), ("beta", 1 / np.sqrt(2))):
        spread = np.sqrt(np.square(off[leg]).mean())
        assert 0.3 * share * error < spread < 1.25 * share * error
    assert "a sketch was kept: alpha is known to 7.1% of beta" in trajectory(
        {"mine": sketched}
    ).record().manifest["caption"].replace("Of mine ", "")
    assert len(states) == STEPS + 1


def test_a_recorder_can_be_kept_with_what_holds_it():
    _, recorder, _ = trained("mlp")
    again = pickle.loads(pickle.dumps(recorder))
    assert np.array_equal(again.straying((1,))["alpha"], recorder.straying((1,))["alpha"])


def test_a_sketch_leaves_the_random_numbers_of_the_training_alone():
    model, _, _, _ = NETWORKS["mlp"]()
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    Recorder(model, sketch=10)()
    assert torch.equal(torch.rand(1), wanted)


def test_checkpoints_may_be_files_and_functions_and_several_stand_beside_each_other(tmp_path):
    model, recorder, states = trained("mlp")
    files = [tmp_path / f"{k}.pt" for k in range(len(states))]
    for file, state in zip(files, states, strict=True):
        torch.save(state, file)
    made = [lambda state=state: state for state in states]
    found = trajectory({"files": files, "functions": made, "recorded": recorder}, model=model)
    for leg in ("alpha", "beta", "length"):
        assert np.array_equal(found[f"files/{leg}"], found[f"functions/{leg}"])
        assert found[f"files/{leg}"] == pytest.approx(found[f"recorded/{leg}"], rel=1e-12)
    assert found.table()["training"] == ["files", "functions", "recorded", "random walk"]
    assert "every training (3 of 3;" in found.finding
    again = from_file(found.record().save(tmp_path / "own.npz"))
    assert np.array_equal(again["walk/beta"], found["walk/beta"])
    figure = found.plot()
    for line in figure.axes[-1].lines:  # through few positions a path is as long as its line
        assert np.all(line.get_ydata() >= 1 - 1e-9), line.get_label()
        assert line.get_ydata()[-3:] == pytest.approx(1)
    drawn = [axes.get_title("left") for axes in figure.axes]
    assert drawn == [f"{'abc'[k]}  {TITLES[i]}" for k, i in enumerate((0, 2, 3))]
    assert repr(found).startswith("A training beside its line. In every training")


def test_what_is_no_trajectory_is_told():
    model, recorder, states = trained("mlp")
    with pytest.raises(InputError, match="at least 3 positions of a training; found 2"):
        trajectory(states[:2])
    with pytest.raises(InputError, match=r"strides that begin with 1, whole numbers; found \[2\]"):
        trajectory(states, strides=[2])
    with pytest.raises(InputError, match=r"strides .* as Sequence\[int\]; found \[1, 2\.5\]"):
        trajectory(states, strides=[1, 2.5])
    with pytest.raises(InputError, match="at least 2 steps of a training; found 0"):
        trajectory(Recorder(model))
    with pytest.raises(InputError, match="a line between two points; found one point, twice"):
        trajectory([states[0], states[1], states[0]])
    for given in ([], ["a", "walk"], ["published"], ["a/b"], [3]):
        match = rf"by name, without '/' and none called 'walk' or 'published'; found {given}"
        with pytest.raises(InputError, match=match.replace("[", r"\[")):
            trajectory(dict.fromkeys(given, states))
    other = {**states[1], "0.weight": states[1]["0.weight"][:2]}
    with pytest.raises(WeightsError, match=r"'0.weight' as .* in checkpoint 1; found \(2, 6\)"):
        trajectory([states[0], other, states[2]])
    with pytest.raises(InputError, match=r"at least 1 sketch number; found 0\. 10,000 are"):
        Recorder(model, sketch=0)
    assert recorder.steps == STEPS


@pytest.mark.parametrize("sketch", [None, 50])
def test_steps_of_half_weights_are_not_rounded_to_their_type(sketch):
    model = torch.nn.Linear(1, 1, bias=False, dtype=torch.bfloat16)
    places = [1.0, 2.015625, -1.0078125, 0.0078125]  # each to the bit, not what lies between them
    recorder = None
    for place in places:
        with torch.no_grad():
            model.weight.fill_(place)
        if recorder is None:
            recorder = Recorder(model, sketch=sketch)
        else:
            recorder()
    found = trajectory(recorder)
    assert found["training/step"].tolist() == [1.015625, 3.0234375, 1.015625]
    assert found.part("training").manifest["chord"] == 0.9921875


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_training_that_diverged_is_no_trajectory(value, number):
    """Not one that strays more, or less, than a random walk."""
    weights = torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 3.0]])
    weights[number, 0] = value
    with pytest.raises(WeightsError, match="Training may have diverged"):
        trajectory([{"w": row} for row in weights])
    for sketch in (None, 16):
        model = torch.nn.Linear(2, 1, bias=False)
        model.weight.data = weights[0][None]
        recorder = Recorder(model, sketch=sketch)
        for row in weights[1:]:
            model.weight.data = row[None]
            recorder()
        with pytest.raises(WeightsError, match="Training may have diverged"):
            trajectory(recorder)
