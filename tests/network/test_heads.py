import pytest
import torch
from torch import nn

from construction.errors import HeadError, InputError
from construction.network.evaluation import evaluate, private_copy
from construction.network.heads import find_head, scale_head, verify_apart, verify_head
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


def verify(model, head=None):
    found = find_head(model, X, named=head)
    verify_head(model, model.state_dict(), found, X)
    return found


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
    assert verify(model).name == verify(model, "").name == ""
    scaled = scale_head(model.state_dict(), "", 2.0)
    assert torch.equal(scaled["bias"], 2 * model.bias)


def test_the_head_is_the_linear_layer_called_last_wherever_it_is_registered():
    assert verify(OutOfOrder()) == verify(OutOfOrder(), "last")
    assert verify(OutOfOrder()).entries == {"last.weight", "last.bias"}


def test_looking_for_the_head_leaves_no_hook_and_no_mode_behind():
    model = OutOfOrder().train()
    find_head(model, X)
    assert not any(module._forward_hooks for module in model.modules())
    assert model.training


def test_a_model_without_a_linear_layer_is_refused():
    with pytest.raises(
        HeadError, match=r"layer is linear; found no layer with weights that is called.*end in a"
    ):
        find_head(nn.Sequential(nn.Flatten(), nn.ReLU()), X)


def test_a_name_that_is_no_layer_is_refused_with_those_there_are():
    with pytest.raises(HeadError, match=r"'fc' to name a layer with .*no such layer.*'1', '3'\."):
        verify(mlp((4, 3, 2)), "fc")


def test_a_layer_without_weights_is_refused_with_its_kind():
    with pytest.raises(HeadError, match=r"'2' to name a layer with weights.*found ReLU"):
        verify(mlp((4, 3, 2)), "2")


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
    assert verify(nn.Sequential(nn.Linear(4, 3), nn.ReLU())).name == "0"


def test_a_head_that_shares_its_weights_is_refused_with_the_other_name():
    shares = r"'head' to be its own; .* shares 'head\.weight' with 'encoder\.weight', which would"
    for head in (None, "head"):
        with pytest.raises(
            HeadError, match=shares + r" be rescaled too\. Untie the layers: layer\."
        ):
            verify(Tied(), head)


def test_a_model_that_returns_more_than_one_tensor_is_refused():
    with pytest.raises(HeadError, match=r"returns one tensor.*found tuple\. Say which .*predict="):
        verify(Pair(), "last")


class Functional(nn.Module):
    """Its last layer is no module of its own."""

    def __init__(self):
        super().__init__()
        self.body, self.weight = nn.Linear(4, 3), nn.Parameter(torch.eye(2, 3))

    def forward(self, x):
        return nn.functional.linear(torch.tanh(self.body(x)), self.weight)


def test_a_head_that_is_a_function_is_found_and_can_be_named_by_its_entry():
    model = Functional()
    assert verify(model).entries == verify(model, "weight").entries == {"weight"}
    with pytest.raises(HeadError, match=r"when the layer 'body' is .*differ.*The head must come"):
        verify(model, "body")


class Stack(nn.Module):
    """Outputs of every step, (samples, steps, outputs)."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 3)

    def forward(self, x):
        return self.head(x.reshape(-1, 2, 2))


def test_a_head_applied_to_every_step_is_one():
    assert verify(Stack()) == verify(Stack(), "head")


class Named(OutOfOrder):
    """Returns its outputs by name."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def forward(self, x):
        return {self.name: super().forward(x)}


def test_of_outputs_by_name_the_logits_are_taken_and_others_are_asked_for():
    assert verify(Named("logits")).name == "last"
    with pytest.raises(HeadError, match=r"returns one tensor.*found dict\. Say which are"):
        verify(Named("scores"), "last")


class Lora(nn.Module):
    """A linear layer with a low-rank addition, as most write it."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.lora_A = nn.Parameter(torch.randn(2, inputs))
        self.lora_B = nn.Parameter(torch.randn(outputs, 2))

    def forward(self, x):
        return self.linear(x) + x @ self.lora_A.T @ self.lora_B.T


class Branches(nn.Module):
    """Heads of one body, joined."""

    def __init__(self, join):
        super().__init__()
        self.body, self.one, self.two = (
            nn.Linear(4, 6),
            nn.Linear(6, 2),
            nn.Linear(6, 2, bias=False),
        )
        self.join = join

    def forward(self, x):
        x = torch.relu(self.body(x))
        return self.join(self.one(x), self.two(x))


class TiedText(nn.Module):
    """Its embedding is its last layer too, behind a normalisation."""

    def __init__(self):
        super().__init__()
        self.embedding, self.norm = nn.Embedding(5, 4), nn.LayerNorm(4)
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, x):
        return self.head(self.norm(torch.tanh(self.embedding(x[:, 0].long().abs()))))


def body(last, *behind):
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), last, *behind)


def old_norm(layer):
    with pytest.warns(FutureWarning, match="deprecated"):
        return nn.utils.weight_norm(layer)


HEADS = {
    "no bias": (lambda: body(nn.Linear(6, 2, bias=False)), "2", {"weight"}),
    "convolution": (
        lambda: nn.Sequential(
            nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 3, 1), nn.Tanh(), nn.Conv2d(3, 2, 2)
        ),
        "3",
        {"weight", "bias"},
    ),
    "transposed": (
        lambda: nn.Sequential(nn.Unflatten(1, (4, 1, 1)), nn.Tanh(), nn.ConvTranspose2d(4, 2, 3)),
        "2",
        {"weight", "bias"},
    ),
    "weight norm": (
        lambda: body(nn.utils.parametrizations.weight_norm(nn.Linear(6, 2))),
        "2.parametrizations.weight, 2",
        {"bias", "parametrizations.weight.original0"},
    ),
    "weight norm, old": (lambda: body(old_norm(nn.Linear(6, 2))), "2", {"bias", "weight_g"}),
    "lora": (lambda: body(Lora(6, 2)), "2.linear, 2", {"linear.weight", "linear.bias", "lora_B"}),
    "gain last": (lambda: body(nn.Linear(6, 2), nn.LayerNorm(2)), "3", {"weight", "bias"}),
}


@pytest.mark.parametrize("name", HEADS)
def test_what_multiplies_the_outputs_is_found_in_heads_of_every_kind(name):
    torch.manual_seed(0)
    build, head, entries = HEADS[name]
    model = build()
    found = verify(model)
    layer = head.rpartition(", ")[2]
    assert (found.name, found.entries) == (head, {f"{layer}.{entry}" for entry in entries})
    scaled = scale_head(model.state_dict(), found, 2.5)
    torch.testing.assert_close(torch.func.functional_call(model, scaled, (X,)), 2.5 * model(X))
    assert verify(model, layer).entries == found.entries


@pytest.mark.parametrize("join", [lambda a, b: torch.cat([a, b], 1), torch.add, torch.sub])
def test_heads_that_are_joined_are_one(join):
    model = Branches(join)
    found = verify(model)
    assert found.name == "one, two"
    assert found.entries == {"one.weight", "one.bias", "two.weight"}
    assert verify(model, "one, two") == verify(model, ["one", "two"]) == found
    with pytest.raises(HeadError, match=r"when the layer 'two' is multiplied.*differ from"):
        verify(model, "two")


def test_of_heads_that_are_multiplied_one_is_enough():
    assert verify(Branches(torch.mul)).name == "two"


def test_a_tied_head_is_refused_with_what_else_multiplies_the_outputs_and_that_serves():
    model = TiedText()
    with pytest.raises(
        HeadError, match=r"shares 'head\.weight' with 'embedding\.w.*head='norm' names"
    ):
        verify(model)
    assert verify(model, "norm").entries == {"norm.weight", "norm.bias"}
    model.head.weight = nn.Parameter(model.head.weight.detach().clone())
    assert verify(model).entries == {"head.weight"}


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
