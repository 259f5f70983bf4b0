"""Nothing of the user's is modified, whatever happens."""

import copy
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import backends, nn
from torch.nn.utils.prune import random_unstructured
from torch.utils.data import DataLoader, TensorDataset

from construction import Line, construct, mlp
from construction.errors import ConstructionError, InputError
from construction.forward.forward import Forward
from construction.forward.precision import full_precision
from construction.forward.user_model import require_one_answer
from construction.network.evaluation import private_copy
from construction.network.heads import scale_head

from ..problems import copied

X = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))
Y = torch.arange(60) % 3


class Mixed(nn.Module):
    """Normalisation, dropout and a frozen part, in different modes."""

    def __init__(self):
        super().__init__()
        self.body, self.norm, self.drop = nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5)
        self.head = nn.Linear(6, 3)
        self.body.weight.requires_grad_(False)

    def forward(self, x):
        return self.head(self.drop(torch.relu(self.norm(self.body(x)))))


class Counting(nn.Module):
    """Changes a buffer, a weight and itself when it runs, in any mode."""

    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 6), nn.Linear(6, 3)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.register_buffer("seen", torch.zeros(4))

    def forward(self, x):
        self.calls += 1
        self.seen.mul_(0.5).add_(x.mean(0))
        with torch.no_grad():
            self.body.weight.clamp_(-0.4, 0.4)
        if not hasattr(self, "scale"):
            self.register_buffer("scale", torch.ones(()))
        return self.head(torch.tanh(self.body(x)))


def path_of(model: nn.Module, head: str = "head") -> Line:
    weights = dict(model.named_parameters())
    other = {name: x + 0.1 if name in weights else x for name, x in copied(model).items()}
    return Line(scale_head(copied(model), head, 9.0), scale_head(other, head, 0.05))


def precision_of_operations() -> list[object]:
    cuda = backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn
    return [o.fp32_precision for o in (*cuda, backends.mkldnn.matmul, backends.mkldnn.conv)]


def surroundings() -> list[object]:
    """All that construct could change beside its arguments."""
    state = np.random.get_state()
    return [
        random.getstate(),
        state[1].tolist(),
        state[2:],
        torch.get_rng_state().tolist(),
        [s.tolist() for s in torch.cuda.get_rng_state_all()] if torch.cuda.is_available() else [],
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.get_float32_matmul_precision(),
        precision_of_operations(),
        backends.cudnn.benchmark,
        backends.cudnn.deterministic,
        torch.are_deterministic_algorithms_enabled(),
    ]


def inside(model: nn.Module) -> list[object]:
    """All that it could change in a model."""
    return [
        {
            name: (x.tolist(), x.dtype, x.device, x.data_ptr())
            for name, x in model.state_dict().items()
        },
        [
            (x.requires_grad, None if x.grad is None else x.grad.tolist())
            for x in model.parameters()
        ],
        [(name, module.training, sorted(vars(module))) for name, module in model.named_modules()],
        [list(module._forward_hooks.items()) for module in model.modules()],
        [list(module._forward_pre_hooks.items()) for module in model.modules()],
    ]


@contextmanager
def unchanged(model: nn.Module, path: Line, *data: torch.Tensor) -> Iterator[None]:
    states = [{name: x.clone() for name, x in state.items()} for state in path.states]
    before, kept = (surroundings(), inside(model)), [x.clone() for x in data]
    yield
    assert (surroundings(), inside(model)) == before
    for state, old in zip(path.states, states, strict=True):
        assert all(torch.equal(state[name], x) for name, x in old.items())
    assert all(torch.equal(x, old) for x, old in zip(data, kept, strict=True))


def in_use(model: nn.Module) -> nn.Module:
    """With gradients, and parts in different modes."""
    model.train()
    model(X).square().sum().backward()
    model.head.eval()
    return model


@pytest.mark.parametrize("kind", [Mixed, Counting])
@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
@pytest.mark.parametrize("loads", [False, True])
def test_weights_modes_gradients_and_random_numbers_stay_as_they_were(kind, loss, loads, device):
    torch.manual_seed(0)
    model = in_use(kind())
    path = path_of(model)
    data = DataLoader(TensorDataset(X, Y), 9, shuffle=True) if loads else (X, Y)
    with unchanged(model, path, X, Y):
        choice = "recompute" if kind is Mixed else None
        result = construct(model, path, data, loss=loss, points=4, batch_norm=choice, device=device)
        result.certify(5)
        result.weights(0.3)
        result.record()


def test_an_error_and_a_key_pressed_midway_leave_all_as_it_was(monkeypatch):
    torch.manual_seed(0)
    model = in_use(Mixed())
    path = path_of(model)
    data = DataLoader(TensorDataset(X, Y), 9, shuffle=True)
    for kind in (KeyboardInterrupt, RuntimeError):
        calls = []

        def interrupted(self, x, kind=kind, calls=calls):
            calls.append(torch.rand(1))
            if len(calls) == 12:
                raise kind
            return Mixed.forward(self, x)

        monkeypatch.setattr(model, "forward", interrupted.__get__(model), raising=False)
        with unchanged(model, path, X, Y), pytest.raises((KeyboardInterrupt, ConstructionError)):
            construct(model, path, data, points=9, batch_norm="interpolate", memory=50_000)


# --- hooks ---------------------------------------------------------------------------------------


def hooked(hook: Callable) -> nn.Module:
    model = mlp((4, 6, 3), seed=0)
    model[1].register_forward_hook(hook)
    return model


def test_a_hook_that_only_watches_stays_and_changes_nothing():
    seen = []
    model = hooked(lambda module, inputs, outputs: seen.append(outputs))
    path = path_of(mlp((4, 6, 3), seed=0), "3")
    with unchanged(model, path):
        result = construct(model, path, (X, Y), points=4)
        result.certify(7)
    assert seen
    bare = construct(mlp((4, 6, 3), seed=0), path, (X, Y), points=4)
    assert result.scale.tolist() == bare.scale.tolist()


def test_a_hook_that_changes_what_the_network_computes_is_part_of_it():
    model = hooked(lambda module, inputs, outputs: outputs + 1)
    path = path_of(mlp((4, 6, 3), seed=0), "3")
    result = construct(model, path, (X, Y), points=4)
    assert result.certify(7).holds
    outputs = torch.func.functional_call(model, path(0.0), (X,))
    wanted = (outputs - nn.functional.one_hot(Y, 3)).square().sum(1).mean()
    assert result.initial_objective == pytest.approx(float(wanted), rel=1e-5)


def test_a_pruned_layer_is_part_of_it():
    model = mlp((4, 6, 3), seed=0)
    random_unstructured(model[1], "weight", 0.5)
    path = path_of(model, "3")
    assert construct(model, path, (X, Y), points=4).certify(7).holds


def test_parametrised_layers_in_the_body_are_followed():
    model = mlp((4, 6, 3), seed=0)
    nn.utils.parametrizations.weight_norm(model[1])
    path = path_of(model, "3")
    assert construct(model, path, (X, Y), points=4).certify(7).holds


class Random(nn.Module):
    """Dropout that stays on."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(nn.functional.dropout(x, 0.5, training=True))


def test_a_model_that_draws_random_numbers_is_refused_and_draws_none_of_the_users(device):
    model = Random()
    path = path_of(model)
    match = r"the same outputs each time .*; found others on the same inputs.*dropout that stays on"
    for watching in (False, True):
        if watching:
            model.head.register_forward_hook(lambda *_: None)
        with unchanged(model, path), pytest.raises(InputError, match=match):
            construct(model, path, (X, Y), points=3, device=device)


class Doubling(nn.Module):
    """Writes into its inputs, so that each run finds others."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(x.mul_(2))


def test_a_model_that_writes_into_its_inputs_is_told_that():
    model = Doubling()
    path, before = path_of(model), X.clone()
    with pytest.raises(InputError, match=r"leaves its inputs as they are; found one that writes"):
        construct(model, path, (X, Y), points=3)
    assert torch.equal(X, before)


def test_random_numbers_of_a_gpu_are_drawn_beside_the_users_as_those_of_the_cpu(monkeypatch):
    """A generator stands for the GPU's own."""
    gpu = torch.Generator().manual_seed(3)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: [gpu.get_state()])
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", lambda states: gpu.set_state(states[0]))

    class Drawing(Random):
        def forward(self, x):
            return self.head(x) + torch.rand(1, generator=gpu)

    model, before = Drawing(), gpu.get_state()
    with pytest.raises(InputError, match="the same outputs each time"):
        require_one_answer(model, model.state_dict(), X)
    assert torch.equal(gpu.get_state(), before)


def test_a_model_that_cannot_be_copied_is_refused_with_the_reason(tmp_path):
    model = mlp((4, 6, 3))
    match = r"can be copied.*cannot pickle.*open files"
    with open(tmp_path / "log", "w") as model.log, pytest.raises(InputError, match=match):
        private_copy(model)


# --- settings of the user's ----------------------------------------------------------------------


def test_automatic_mixed_precision_and_other_defaults_change_nothing_found():
    model = mlp((4, 6, 3), seed=0)
    path = path_of(model, "3")
    wanted = construct(model, path, (X, Y), points=4).scale
    with torch.autocast("cpu", torch.bfloat16):
        assert construct(model, path, (X, Y), points=4).scale.tolist() == wanted.tolist()
    with torch.inference_mode():
        assert construct(model, path, (X, Y), points=4).scale.tolist() == wanted.tolist()
    torch.set_default_dtype(torch.float64)
    try:
        assert construct(model, path, (X, Y), points=4).scale.tolist() == wanted.tolist()
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("profile", ["paper", "valley"])
@pytest.mark.parametrize(
    "loss",
    ["squared", "cross_entropy", lambda p, y: p.square().sum(1) + p[:, 0]],
)
def test_every_tensor_is_made_on_the_device_of_the_weights(loss, profile):
    """A default device that holds no numbers stands in for a host where a GPU is the device."""
    model = Mixed()
    path = path_of(model)
    choice = {"batch_norm": "recompute", "points": 4, "loss": loss, "profile": profile}
    wanted = construct(model, path, (X, Y), **choice)
    with torch.device("meta"):
        found = construct(model, path, (X, Y), **choice)
        checked = found.certify(7)
        found.record()
    assert found.scale.tolist() == wanted.scale.tolist()
    assert checked.objective.tolist() == wanted.certify(7).objective.tolist()


@pytest.mark.parametrize("setting", ["high", "medium"])
def test_coarse_products_are_off_and_come_back(setting, monkeypatch):
    torch.set_float32_matmul_precision(setting)
    backends.cudnn.conv.fp32_precision = "ieee"  # from here on allow_tf32 cannot be read
    try:
        for kind, tf32 in (("cpu", False), ("cuda", False), ("cuda", True)):
            before = surroundings()
            with full_precision(torch.device(kind), tf32):
                names = ("matmul", "conv", "rnn")
                backend = (
                    (backends.mkldnn,) * 3
                    if kind == "cpu"
                    else (backends.cuda, backends.cudnn, backends.cudnn)
                )
                found = [getattr(b, n).fp32_precision for b, n in zip(backend, names, strict=True)]
            assert set(found) <= ({"tf32"} if tf32 else {"ieee", "none"})
            assert surroundings() == before
    finally:
        torch.set_float32_matmul_precision("highest")
        backends.cudnn.conv.fp32_precision = "tf32"


def test_the_model_and_data_stay_on_their_device(device):
    model = mlp((4, 6, 3), seed=0)
    forward = Forward(model, path_of(model, "3"), (X, Y), device=device)
    assert next(forward.outputs(0.5))[0].device.type == device
    assert {x.device.type for x in model.parameters()} == {"cpu"}
    assert copy.deepcopy(model)(X).device.type == X.device.type == "cpu"
