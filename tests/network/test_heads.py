import pytest
import torch
from torch import nn

from construction.errors import HeadError, InputError
from construction.network.heads import (
    evaluate,
    find_head,
    private_copy,
    scale_head,
    verify_apart,
    verify_head,
)
from construction.network.networks import mlp

from ..problems import OutOfOrder, Pair, Tied

X = torch.linspace(-1, 1, 20).reshape(5, 4)


class WithSkip(OutOfOrder):
    def forward(self, x):
        return super().forward(x) + x[:, :2]


class Recurrent(nn.Module):
    """One linear layer, called twice."""

    def __init__(self):
        super().__init__()
        self.cell = nn.Linear(4, 4, bias=False)

    def forward(self, x):
        return self.cell(torch.relu(self.cell(x)))


def verify(model, head):
    verify_head(model, model.state_dict(), head, X)


def test_a_private_copy_evaluates_without_gradients_and_shares_nothing():
    model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(), nn.Linear(3, 2)).train()
    copied = private_copy(model)
    assert not any(module.training for module in copied.modules())
    assert not any(parameter.requires_grad for parameter in copied.parameters())
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
    copied[0].weight.zero_()
    assert model[0].weight.any()


@pytest.mark.parametrize("c", [0.0, 0.5, -2.0])
def test_scaling_the_head_scales_the_outputs_with_the_bias_and_copies_nothing_else(c):
    model = mlp((4, 3, 2), initialisation="default")
    state = model.state_dict()
    scaled = scale_head(state, "3", c)
    found = torch.func.functional_call(model, scaled, (X,))
    torch.testing.assert_close(found, c * model(X))
    assert all(scaled[name] is state[name] for name in ("1.weight", "1.bias"))


def test_the_head_of_a_lone_linear_layer_has_the_empty_name():
    model = nn.Linear(4, 2)
    assert find_head(model, X) == ""
    verify(model, "")
    scaled = scale_head(model.state_dict(), "", 2.0)
    assert torch.equal(scaled["bias"], 2 * model.bias)


def test_the_head_is_the_linear_layer_called_last_wherever_it_is_registered():
    assert find_head(OutOfOrder(), X) == "last"
    verify(OutOfOrder(), "last")


def test_looking_for_the_head_leaves_no_hook_and_no_mode_behind():
    model = OutOfOrder().train()
    find_head(model, X)
    assert not any(module._forward_hooks for module in model.modules())
    assert model.training


def test_a_model_without_a_linear_layer_is_refused():
    with pytest.raises(
        HeadError, match=r"an nn.Linear; found no nn.Linear that is called.*end in a"
    ):
        find_head(nn.Sequential(nn.Flatten(), nn.ReLU()), X)


def test_a_name_that_is_no_layer_is_refused_with_those_there_are():
    with pytest.raises(HeadError, match=r"'fc' to name an nn.Linear.*no such layer.*'1', '3'\."):
        verify(mlp((4, 3, 2)), "fc")


def test_a_layer_that_is_not_linear_is_refused_with_its_kind():
    with pytest.raises(HeadError, match=r"'2' to name an nn.Linear.*found ReLU"):
        verify(mlp((4, 3, 2)), "2")
    with pytest.raises(HeadError, match=r"found Conv1d\. Its linear layers are: none\."):
        verify(nn.Sequential(nn.Conv1d(4, 4, 1)), "0")


@pytest.mark.parametrize(
    ("model", "head"),
    [
        (nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1)), "0"),
        (nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=1)), "0"),
        (nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)), "0"),
        (nn.Sequential(nn.Linear(4, 4), nn.Unflatten(1, (4, 1)), nn.Conv1d(4, 2, 1)), "0"),
        (WithSkip(), "last"),
        (Recurrent(), "cell"),
        (OutOfOrder(), "first"),
        (OutOfOrder(), "unused"),
    ],
    ids=["softmax", "log-softmax", "norm", "conv", "skip", "called-twice", "first", "unused"],
)
def test_outputs_that_do_not_scale_with_the_head_are_refused(model, head):
    match = (
        rf"outputs multiplied by \S+ when the layer '{head}' is .*differ from that by.*come last"
    )
    with pytest.raises(HeadError, match=match):
        verify(model, head)


def test_a_relu_behind_the_head_scales_with_it_and_is_accepted():
    assert verify(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), "0") is None


def test_a_head_that_shares_its_weights_is_refused_with_the_other_name():
    with pytest.raises(HeadError, match=r"'head' to be its own.*with 'encoder.weight'\. Untie"):
        verify(Tied(), "head")


def test_a_model_that_returns_more_than_one_tensor_is_refused():
    with pytest.raises(HeadError, match=r"returns one tensor.*found tuple\. Wrap the model"):
        verify(Pair(), "last")


class Functional(nn.Module):
    """Its last layer is no module of its own."""

    def __init__(self):
        super().__init__()
        self.body, self.weight = nn.Linear(4, 3), nn.Parameter(torch.eye(2, 3))

    def forward(self, x):
        return nn.functional.linear(torch.tanh(self.body(x)), self.weight)


def test_a_head_that_is_a_function_is_refused_whether_found_or_named():
    model = Functional()
    assert find_head(model, X) == "body"
    with pytest.raises(HeadError, match=r"when the layer 'body' is .*differ.*The head must come"):
        verify(model, "body")
    with pytest.raises(HeadError, match=r"'weight' to name an nn\.Linear.*no such layer.*'body'"):
        verify(model, "weight")


class Stack(nn.Module):
    """Outputs of every step, (samples, steps, outputs)."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 3)

    def forward(self, x):
        return self.head(x.reshape(-1, 2, 2))


def test_a_head_applied_to_every_step_is_one():
    assert find_head(Stack(), X) == "head"
    assert verify(Stack(), "head") is None


class Named(OutOfOrder):
    """Returns its outputs by name."""

    def forward(self, x):
        return {"logits": super().forward(x)}


def test_a_model_that_returns_a_dict_is_refused():
    with pytest.raises(HeadError, match=r"returns one tensor.*found dict\. Wrap the model"):
        verify(Named(), "last")


def test_running_a_model_changes_no_buffer_and_no_weight_given():
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2)).train()
    state = model.state_dict()
    before = {name: x.clone() for name, x in state.items()}
    evaluate(model, state, X)
    assert all(torch.equal(state[name], x) for name, x in before.items())


class Averaging(nn.Module):
    """Subtracts the mean of the batch."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(x - x.mean(0))


def test_a_model_in_which_samples_meet_is_refused():
    model, inputs = Averaging(), torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    with pytest.raises(InputError, match="outputs of 3 samples that change by"):
        verify_apart(model, model.state_dict(), inputs)
    verify_apart(mlp((4, 3, 2)), mlp((4, 3, 2)).state_dict(), inputs)
    verify_apart(model, model.state_dict(), inputs[:1])
