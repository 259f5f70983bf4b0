"""Outputs that no head multiplies: of such a network neither the theorem nor a path follows."""

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, construct
from construction.proof.prover import prove, save_proof
from construction.recheck.__main__ import main

from .by_hand import claim, sealed

STATEMENTS = {
    "condition 1": [claim(0.0, 1.0, sample=0, plus=0)],
    "condition 2": [claim(0.0, 0.0)],
    "final objective": [claim(1.0, 1.0)],
}


def step(kind, *reads, name="", bias=False):
    return {"kind": kind, "reads": list(reads), "name": name, "bias": bias, "options": {}}


def verified(file, steps, first, last, capsys, **more):
    """Exit codes in floats and in balls, and what is said of input 1 with the target 0."""
    arrays = {"vertices": np.array([0.0, 1.0]), "inputs": np.ones((1, 1)), "targets": [[0.0]]}
    for k, weights in enumerate((first, last)):
        arrays |= {f"weights/{k}/{name}": value for name, value in weights.items()}
    listed = [{"name": name, "intervals": found} for name, found in STATEMENTS.items()]
    manifest = {"statements": listed, "steps": steps, "loss": "squared", "loss_options": {}}
    manifest |= {"levels": []} | more
    sealed(file, manifest, {name: np.asarray(one, float) for name, one in arrays.items()})
    codes = {main([str(file)]), main(["--exact", str(file)])}
    assert len(codes) == 1
    return codes.pop(), capsys.readouterr()


def test_a_branch_past_the_head(tmp_path, capsys):
    """N = x + b relu(a x) falls from 1 to 1/2, but a unit dead at W(0) leaves L flat around it."""
    steps = [step("input"), step("linear", 0, name="a"), step("relu", 1)]
    steps += [step("linear", 2, name="b"), step("add", 0, 3)]
    weights = ({"a.weight": [[a]], "b.weight": [[-0.5]]} for a in (-1.0, 1.0))
    code, shown = verified(tmp_path / "proof.npz", steps, *weights, capsys)
    assert code == 1
    assert shown.err.count("outputs that are not c times as large where ['b.weight'] are") == 2
    assert "verified" not in shown.out


@pytest.mark.parametrize("head", [None, ["a.weight"], ["b.weight"], [], ["a.weight", "b.weight"]])
def test_entries_that_multiply_the_outputs(head, tmp_path, capsys):
    """Either weight of N = b relu(a x) does, both together multiply by c squared."""
    steps = [step("input"), step("linear", 0, name="a"), step("relu", 1)]
    steps += [step("linear", 2, name="b")]
    weights = ({"a.weight": [[1.0]], "b.weight": [[b]]} for b in (2.0, 1.0))
    more = {} if head is None else {"head": head}
    code, _ = verified(tmp_path / "proof.npz", steps, *weights, capsys, **more)
    assert code == (head is not None and len(head) != 1)


@pytest.mark.parametrize("bias", [False, True])
def test_a_bias_is_multiplied_too(bias, tmp_path, capsys):
    steps = [step("input"), step("linear", 0, name="a", bias=True)]
    weights = ({"a.weight": [[a]], "a.bias": [1.0]} for a in (2.0, 1.0))
    head = ["a.weight", "a.bias"] if bias else ["a.weight"]
    code, _ = verified(tmp_path / "proof.npz", steps, *weights, capsys, head=head)
    assert code == (not bias)


def test_a_weight_that_is_used_twice(tmp_path, capsys):
    steps = [
        step("input"),
        step("linear", 0, name="a"),
        step("relu", 1),
        step("linear", 2, name="a"),
    ]
    weights = ({"a.weight": [[a]]} for a in (2.0, 1.0))
    code, shown = verified(tmp_path / "proof.npz", steps, *weights, capsys)
    assert (code, "not c times as large" in shown.err) == (1, True)


@pytest.mark.parametrize("head", ["a.weight", 3, None])
def test_a_head_that_is_no_list(head, tmp_path, capsys):
    steps = [step("input"), step("linear", 0, name="a")]
    weights = ({"a.weight": [[a]]} for a in (2.0, 1.0))
    code, shown = verified(tmp_path / "proof.npz", steps, *weights, capsys, head=head)
    assert (code, shown.err.count("for 'head', which is not of the kind list")) == (2, 2)


def test_layers_without_weights_multiply_nothing(tmp_path, capsys):
    """An entry without a name is none of theirs: N = relu(x) has no weights at all."""
    for head in ([""], [[]], [None]):
        steps = [step("input"), step("relu", 0)]
        unused = {"a.weight": [[1.0]]}
        code, shown = verified(tmp_path / "proof.npz", steps, unused, unused, capsys, head=head)
        assert (code, shown.err.count("not c times as large")) == (1, 2)


class Networks(nn.Module):
    """Whose heads are several layers, one called twice, or an earlier one."""

    def __init__(self, kind):
        super().__init__()
        self.kind, self.b = kind, nn.Linear(3, 3, bias=False)
        self.a, self.c = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x):
        if self.kind == "several":
            return self.b(torch.relu(self.a(x))) + self.c(x)
        if self.kind == "called twice":
            return self.b(torch.relu(self.a(x))) + self.b(torch.relu(self.c(x)))
        return self.b(torch.relu(self.a(torch.relu(self.b(x)))))


def ends(model, by=0.3):
    first = {name: 3 * value.clone() for name, value in model.state_dict().items()}
    return first, {name: by * value for name, value in first.items()}


@pytest.mark.parametrize("kind", ["several", "called twice", "earlier"])
def test_heads_that_are_not_the_last_layer_alone(kind, tmp_path, capsys):
    torch.manual_seed(0)
    model, inputs = Networks(kind), torch.randn(30, 3)
    head = "a" if kind == "earlier" else None
    path = construct(
        model, Line(*ends(model)), (inputs, torch.randn(30, 3) / 9), points=11, head=head
    )
    save_proof(path, tmp_path / "proof.npz")
    assert main([str(tmp_path / "proof.npz")]) == 0
    assert "Theorem 1 applies" in capsys.readouterr().out


class Hidden(nn.Module):
    """With a branch past the head that is silent but for positive inputs."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(3, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.b(torch.relu(self.a(x))) + torch.relu(x)


def test_nothing_is_proved_where_the_head_multiplies_some_samples_alone():
    torch.manual_seed(0)
    model, inputs = Hidden(), -torch.rand(500, 3)
    inputs[1] *= -1
    proof = prove(construct(model, Line(*ends(model)), (inputs, torch.zeros(500, 3)), points=11))
    assert not proof.statements
    assert "not twice as large where b.bias, b.weight are" in proof.reason
