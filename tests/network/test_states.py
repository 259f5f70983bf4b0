"""Weights as tools leave them are found, renamed and completed, or refused entry by entry."""

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, assess, mlp
from construction.errors import WeightsError
from construction.network.states import WRAPPERS, fitted, state_of

from ..problems import copied


def put(prefix, state):
    return {prefix + name: value for name, value in state.items()}


@pytest.mark.parametrize(
    "content",
    [
        lambda state: {"state_dict": state, "epoch": 3, "optimizer": {"state": {0: state}}},
        lambda state: {"model": state, "ema": {k: 0 * v for k, v in state.items()}},
        lambda state: {"checkpoint": {"net": state}, "acc": 0.9},
        lambda state: {"generator": state, "step": torch.Generator},
        lambda state: {**state, "epoch": 3, "scaler": None, "_extra_state": {"n": 1}},
        lambda state: {name: value.numpy() for name, value in state.items()},
        lambda state: {name: value.numpy().astype(">f4") for name, value in state.items()},
    ],
    ids=["lightning", "averages beside", "twice", "own key", "more beside", "arrays", "big-endian"],
)
def test_a_state_dict_is_found_wherever_tools_put_it(content):
    state = copied(mlp((4, 6, 3)))
    read, _ = state_of(content(state))
    assert list(read) == list(state)
    assert all(torch.equal(read[name], value) for name, value in state.items())


def test_what_was_done_is_said():
    state = {"w": torch.ones(1)}
    _, notes = state_of({"a": 1, "model": state, "ema": state, "b": 2})
    assert notes == ["under 'model', not 'ema'"]
    assert state_of({"model": state, "ema": {"v": torch.ones(1)}}, "ema")[0].keys() == {"v"}


@pytest.mark.parametrize(
    ("content", "key", "words"),
    [
        ({"one": {"w": torch.ones(1)}, "two": {"w": torch.ones(1)}}, None, "found 'one', 'two'"),
        ({"one": {"w": torch.ones(1)}}, "two", r"under 'two'; found 'one'\. Name one of these"),
        ({"epoch": 3}, "two", "found none that holds tensors"),
        ({"epoch": 3}, None, r"found the entries 'epoch'\. Pass model\.state_dict"),
        ({}, None, "found none"),
        ("weights", None, "found str"),
    ],
)
def test_what_holds_no_weights_of_one_model_is_refused(content, key, words):
    with pytest.raises(WeightsError, match=words):
        state_of(content, key)


STACKS = [
    *WRAPPERS,
    "_orig_mod.module.",
    "module._orig_mod.",
    "ema_model.module.",
    "base_model.model.",
]


@pytest.mark.parametrize("prefix", STACKS)
def test_prefixes_of_wrappers_are_cut_at_either_end_and_either_side(prefix):
    model = mlp((4, 6, 3))
    state = copied(model)
    read, notes = fitted({**put(prefix, state), "n_averaged": torch.ones(())}, model)
    assert read.keys() == state.keys()
    assert notes == [f"without the prefix {prefix!r}", "without 'n_averaged'"]
    for ends in (
        (put(prefix, state), state),
        (state, put(prefix, state)),
        (put(prefix, state),) * 2,
    ):
        line = Line(ends[0], {name: value * 0.5 for name, value in ends[1].items()})
        x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
        found = assess(model, line, (x, torch.arange(6) % 3), points=3)
        assert found.condition_2.value > 0


def test_plain_weights_fit_a_model_that_is_wrapped():
    model = nn.Sequential()
    model.model = mlp((4, 6, 3))
    read, notes = fitted(copied(model.model), model)
    assert read.keys() == model.state_dict().keys()
    assert notes == ["under 'model.'"]


def test_a_name_that_looks_like_a_prefix_is_left_where_it_is_the_models_own():
    model = nn.Module()
    model.model, model.net = nn.Linear(2, 2), nn.Linear(2, 1)
    state = copied(model)
    assert fitted(state, model) == (state, [])


def test_an_entry_that_the_model_ties_may_be_missing():
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    model[2].weight = model[0].weight
    state = copied(model)
    kept = {name: value for name, value in state.items() if name != "2.weight"}
    read, notes = fitted(kept, model)
    assert torch.equal(read["2.weight"], state["0.weight"])
    assert notes == ["'2.weight' tied"]


def test_a_part_of_a_model_goes_on_top_of_a_base():
    model = nn.ModuleDict(
        {"body": nn.Linear(3, 3), "lora_A": nn.ModuleDict({"default": nn.Linear(3, 1)})}
    )
    base = copied(model)
    part = {"module.lora_A.weight": torch.ones(1, 3), "module.lora_A.bias": torch.ones(1)}
    with pytest.raises(
        WeightsError, match=r"2 missing: 'body\.weight', 'body\.bias'\. Part of a m"
    ):
        fitted(part, model)
    read, notes = fitted(part, model, base)
    assert torch.equal(read["body.weight"], base["body.weight"])
    assert torch.equal(read["lora_A.default.weight"], torch.ones(1, 3))
    assert notes == ["without the prefix 'module.'", "2 of 4 entries on top of the base"]


def test_a_base_whose_layers_are_not_wrapped_is_refused_as_that():
    model = nn.ModuleDict({"base_layer": nn.Linear(3, 3), "lora_A": nn.Linear(3, 1, bias=False)})
    with pytest.raises(WeightsError, match=r"3 missing.*2 unknown.*before they are wrapped, and p"):
        fitted({}, model, nn.Linear(3, 3).state_dict())


def without(name):
    return lambda state: {key: value for key, value in state.items() if name not in key}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda state: {f"{name}!": value for name, value in state.items()},
            r"found 9 missing: '0\.weight', '0\.bias', '1\.weight' and 6 more; 9 unknown: "
            r"'0\.weight!', '0\.bias!', '1\.weight!' and 6 more\. Pass the architecture",
        ),
        (
            lambda state: {**state, "2.weight": torch.ones(9, 5), "2.bias": torch.ones(9)},
            r"found 2 of another shape: '2\.weight' \(9, 5\) for \(2, 5\), '2\.bias' \(9,\) for "
            r"\(2,\)\. It was trained for another number of outputs",
        ),
        (
            lambda state: {**state, "0.weight": torch.ones(5, 7)},
            r"1 of another shape: '0\.weight' \(5, 7\) for \(5, 3\)\. .* other sizes",
        ),
        (
            lambda state: {
                **without("2.weight")(state),
                "2.weight_g": torch.ones(2, 1),
                "2.weight_v": torch.ones(2, 5),
            },
            r"1 missing: '2\.weight'; 2 unknown: '2\.weight_g', '2\.weight_v'\. .* wrapped, as by",
        ),
        (
            without("num_batches_tracked"),
            r"1 missing: '1\.num_ba.*An old PyTorch wrote no counters",
        ),
    ],
    ids=["names", "outputs", "sizes", "weight norm", "counters"],
)
def test_what_does_not_fit_is_told_entry_by_entry_with_the_usual_cause(change, words):
    model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2))
    with pytest.raises(WeightsError, match=words):
        fitted(change(copied(model)), model)


def test_extra_state_of_the_model_itself_is_no_entry():
    class Extra(nn.Linear):
        def get_extra_state(self):
            return {"calls": 3}

        def set_extra_state(self, state):
            assert state == {"calls": 3}

    model = nn.Sequential(Extra(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x, y = torch.eye(3), torch.arange(3) % 2
    start = model.state_dict()
    louder = {name: 2 * value for name, value in start.items() if name != "0._extra_state"}
    assert assess(model, Line(start, louder), (x, y), points=3).condition_2.value > 0
    assert np.isfinite(assess(model, Line(louder, start), (x, y), points=3).condition_1.value)
