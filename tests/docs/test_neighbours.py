"""Every line of the page for those who come from other tools runs; what it says of them is so."""

import copy
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from loss_landscapes import linear_interpolation
from loss_landscapes.metrics import Loss
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import construction
from construction.experiments.table import Measured

from ..problems import copied

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "from-the-neighbours.md"
#: What is written here; points are taken back to what a test needs.
LINES = re.findall(r"\| `([^|]*)` \|$", PAGE.read_text(), flags=re.MULTILINE)


class YourNetwork(nn.Sequential):
    """A small network, as anyone's."""

    def __init__(self):
        super().__init__(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))


@pytest.fixture
def names(tmp_path, monkeypatch):
    """What the lines take as given, in a folder with two files of weights."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    x, y = torch.randn(12, 3), torch.arange(12) % 3
    model = YourNetwork()
    optimizer = torch.optim.SGD(model.parameters(), 0.5)
    states = [copied(model)]
    for _ in range(4):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        states.append(copied(model))
    for name, state in (("a.t7", states[0]), ("b.t7", states[-1])):
        torch.save({"state_dict": state}, name)
    given = {"model": model, "optimizer": optimizer, "states": states, "x": x, "y": y}
    ends = {"initial": states[0], "final": states[-1], "other": states[2]}
    data = {"data": (x, y), "loader": DataLoader(TensorDataset(x, y), 5)}
    u, v = ({n: torch.randn(w.shape) for n, w in states[0].items()} for _ in "uv")
    directions = {"u": u, "v": v}
    public = {name: getattr(construction, name) for name in construction.__all__}
    return {**public, **given, **ends, **data, **directions, "YourNetwork": YourNetwork}


def trained(recorder, names):
    """Steps of a loop of one's own."""
    for _ in range(3):
        names["optimizer"].zero_grad()
        nn.functional.cross_entropy(names["model"](names["x"]), names["y"]).backward()
        names["optimizer"].step()
    return recorder


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_page_runs(line, names):
    if " = " in line.split("(")[0]:
        exec(line, names)
        return
    if line == "trajectory(recorder)":
        names["recorder"] = trained(
            construction.Recorder(names["model"], names["optimizer"]), names
        )
    elif "points=" not in line:
        line = re.sub(r"\)(\.plot\(\))?$", r", points=21)\1", line)
    line = re.sub(r"points=(\d)\d*", lambda found: f"points={3 if 'alphas' in line else 5}", line)
    found = eval(line, names)
    assert isinstance(found, Measured) != line.endswith(".plot()")


def test_the_page_has_all_its_lines():
    assert len(LINES) == PAGE.read_text().count("\n|") - 2
    assert len(LINES) > 14


def test_the_library_leaves_out_the_first_end_and_agrees_on_the_others(names):
    first, last = YourNetwork(), YourNetwork()
    first.load_state_dict(names["initial"])
    last.load_state_dict(names["final"])
    metric = Loss(nn.functional.cross_entropy, names["x"], names["y"])
    theirs = linear_interpolation(copy.deepcopy(first), last, metric, steps=4, deepcopy_model=True)
    ours = construction.interpolate(
        first,
        names["initial"],
        names["final"],
        names["data"],
        loss="cross_entropy",
        alphas=(0, 1),
        points=5,
    ).part("none")["train_objective"][0]
    np.testing.assert_allclose(theirs, ours[1:], rtol=1e-5)
    linear_interpolation(first, last, metric, steps=4)
    moved, reached = first.state_dict(), last.state_dict()
    for name in moved:
        torch.testing.assert_close(moved[name], reached[name])
