"""Every method gives what one forward pass a lambda gives, and says why it served."""

import copy
import gc
import weakref

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import relu

from construction import Bezier, Line, Polyline, construct, mlp
from construction.forward import choice, first_layers
from construction.forward.first_layers import first_layers_of
from construction.forward.forward import Forward
from construction.forward.tiles import suits_channels_last
from construction.network.evaluation import private_copy
from construction.network.heads import scale_head
from construction.network.networks import lenet

from .networks import Functional, X, Y, chain, forwards, shifted, states

pytestmark = pytest.mark.usefixtures("served_small")


class Drawing(nn.Module):
    """Draws a random number that changes nothing."""

    def forward(self, x):
        return x + 0 * torch.rand(1, dtype=x.dtype)


class Skipping(Functional):
    """One whose first layer is used twice."""

    def forward(self, x):
        first = self.inner(x)
        return self.head(relu(self.outer(relu(first))) + first[:, :1])


class Built(Functional):
    """A network whose forward pass is given as a function of itself and the inputs."""

    def __init__(self, run):
        super().__init__()
        self.more, self.act, self.run = nn.Linear(8, 8), nn.ReLU(inplace=True), run

    def forward(self, x):
        return self.run(self, x)


class Counting(Functional):
    """One that counts its passes."""

    def __init__(self):
        super().__init__()
        self.register_buffer("passes", torch.zeros(1))

    def forward(self, x):
        self.passes.add_(1)
        return super().forward(x)


def one_by_one(net, x):
    return net.head(net.act(net.more(net.act(net.outer(net.act(net.inner(x)))))))


def in_place(net, x):
    return net.head(relu(net.more(relu(net.outer(net.inner(x).relu_())))))


def reading(net, x):
    x = x.to(net.inner.weight.dtype).reshape(-1, net.inner.in_features)
    return net.head(torch.tanh(net.outer(relu(net.inner(x)))))


def tied(net, x):
    back = relu(net.inner(x)) @ net.inner.weight
    return net.head(torch.tanh(net.outer(relu(net.inner(back)))))


def smooth(net, x):
    return net.head(torch.tanh(net.outer(net.inner(x).tanh_())))


def capped(net, x):
    return net.head(torch.tanh(net.outer(net.inner(x).clamp(0, 20))))


BUILT = {
    "one activation for all": (one_by_one, "flips"),
    "an activation in place": (in_place, "flips"),
    "a layer that is read": (reading, "flips"),
    "a layer whose weights are used again": (tied, "plain"),
    "a smooth activation in place": (smooth, "first layer interpolated"),
    "bent where no sample of the probe gets": (capped, "first layer interpolated"),
}


@pytest.mark.parametrize("case", BUILT)
@pytest.mark.parametrize("segments", [1, 2])
def test_networks_of_any_make_give_the_moments_of_forward_passes_twice(case, segments, walk):
    run, method = BUILT[case]
    model = Built(run)
    path = Polyline(states(model, segments + 1))
    inputs = torch.cat([X, X, 30 * X])  # more than the probe
    before = inputs.clone()
    data = inputs, torch.cat([Y, Y, Y])
    chosen, plain = forwards(model, path, data)
    lams = path.grid(24 * segments + 1)
    wanted = plain.along(lams)
    for _ in range(2):
        found = chosen.along(lams)
        np.testing.assert_allclose(found.a, wanted.a, rtol=1e-12)
    assert chosen.served.method == method
    assert torch.equal(inputs, before)


@pytest.mark.parametrize("points", [5, 41])
def test_inputs_that_a_network_writes_into_stay(points):
    model = Built(lambda net, x: one_by_one(net, x.clamp_(min=0)))
    inputs = X.clone()
    chosen, plain = forwards(model, Line(*states(model)), (inputs, Y))
    lams = np.linspace(0, 1, points)
    np.testing.assert_allclose(chosen.along(lams).a, plain.along(lams).a, rtol=1e-13)
    assert torch.equal(inputs, X)


def test_a_layer_with_two_names_is_one():
    model = Built(lambda net, x: net.head(torch.tanh(net.body(x))))
    model.body = nn.Sequential(model.inner, nn.ReLU(), model.outer)
    both = states(model)
    for state in both:
        state |= {f"body.0.{entry}": state[f"inner.{entry}"] for entry in ("weight", "bias")}
        state |= {f"body.2.{entry}": state[f"outer.{entry}"] for entry in ("weight", "bias")}
    chosen, plain = forwards(model, Line(*both))
    lams = np.linspace(0, 1, 33)
    np.testing.assert_allclose(chosen.along(lams).a, plain.along(lams).a, rtol=1e-13)
    assert chosen.served.method == "flips"


def test_weights_that_a_model_changes_when_it_runs_stay():
    model = Counting().double()
    path = Line(shifted(model, 0), shifted(model, 1))
    before = copy.deepcopy(path.states)
    chosen, _ = forwards(model, path)
    chosen.along(np.linspace(0, 1, 33))
    assert chosen.served.method == "flips"
    for kept, now in zip(before, path.states, strict=True):
        assert all(torch.equal(kept[name], now[name]) for name in kept)


@pytest.mark.parametrize("kind", ["line", "parabola"])
def test_the_first_layer_interpolated_gives_the_moments_of_forward_passes(kind):
    model = chain(nn.Tanh())
    path = Line(*states(model)) if kind == "line" else Bezier(states(model, 3))
    chosen, plain = forwards(model, path)
    lams = np.linspace(0, 1, 12)
    found, wanted = chosen.along(lams), plain.along(lams)
    assert chosen.served.method == "first layer interpolated"
    assert f"{2 if kind == 'line' else 3} products" in chosen.served.why
    np.testing.assert_allclose(found.a, wanted.a, rtol=1e-13)
    np.testing.assert_allclose(found.b, wanted.b, rtol=1e-12, atol=1e-13)


def test_the_first_convolution_is_interpolated():
    model = lenet(size=12, widths=(3, 4, 6, 5))
    path = Line(model.state_dict(), lenet(size=12, widths=(3, 4, 6, 5), seed=1).state_dict())
    images = torch.randn(9, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    forward = Forward(model, path, (images, torch.arange(9)))
    sheet = forward.along(np.linspace(0, 1, 9))
    assert forward.served.method == "first layer interpolated"
    exact = Forward(model, path, (images, torch.arange(9)), dtype=torch.float64)
    exact.choice.refused = "asked for"
    np.testing.assert_allclose(sheet.a, exact.along(sheet.lam).a, rtol=1e-6)


BATCHED = nn.Sequential(nn.BatchNorm1d(6), *chain(nn.ReLU()))


WHY = {
    "two layers and a relu": (chain(nn.ReLU()), {}, "flips", "a ReLU between"),
    "a short grid": (chain(nn.ReLU()), {"points": 9}, "first layer", "fewer than 16 lambdas"),
    "a very short grid": (chain(nn.ReLU()), {"points": 3}, "plain", "hardly fewer products"),
    "weights before": (BATCHED, {"batch_norm": "interpolate"}, "plain", "weights come before"),
    "measured anew": (BATCHED, {"batch_norm": "recompute"}, "plain", "measured anew"),
    "a layer used twice": (Skipping(), {}, "first layer", "flips would be off by"),
    "hooks": (chain(nn.ReLU()), {"hook": True}, "plain", "hooks may take part"),
    "any callable": (chain(nn.ReLU()), {"callable": True}, "plain", "a callable"),
    "too small": (chain(nn.ReLU()), {"enough": 1e9}, "plain", "too few for more to pay"),
    "no layers": (nn.Sequential(nn.Flatten(), nn.Linear(6, 3)), {}, "first layer", "not fully"),
}


@pytest.mark.parametrize("case", WHY)
def test_the_method_and_its_reason_are_told(case, monkeypatch):
    model, options, method, why = WHY[case]
    model = copy.deepcopy(model).double()
    path = Line(*(shifted(model, seed) for seed in (0, 1)))
    if "hook" in options:
        model[0].register_forward_hook(lambda module, given, output: 2 * output)
    monkeypatch.setattr(choice, "ENOUGH", options.get("enough", 0))
    taken = (lambda lam: path(lam)) if "callable" in options else path
    forward = Forward(model, taken, (X, Y), batch_norm=options.get("batch_norm"))
    forward.along(np.linspace(0, 1, options.get("points", 40)))
    assert forward.served.method.startswith(method)
    assert why in str(forward.served)


@pytest.mark.parametrize("points", [3, 12, 40])
def test_random_numbers_that_change_nothing_are_none_of_the_users(points):
    model = nn.Sequential(Drawing(), *chain(nn.ReLU())).double()
    forward = Forward(model, Line(shifted(model, 0), shifted(model, 1)), (X, Y))
    before = torch.get_rng_state()
    forward.along(np.linspace(0, 1, points))
    assert (
        forward.served.method == {3: "plain", 12: "first layer interpolated", 40: "flips"}[points]
    )
    assert torch.equal(torch.get_rng_state(), before)


def test_the_result_says_which_method_served():
    start = mlp((6, 9, 8, 3), seed=1).state_dict()
    data = X.float(), mlp((6, 9, 8, 3), seed=1)(X.float()).detach() * 0.1
    result = construct(mlp((6, 9, 8, 3)), Line(start, scale_head(start, "5", 0.1)), data, points=40)
    assert result.served.method == "flips"
    assert result.record().routes[0].served == str(result.served)


def test_convolutions_run_channels_last_where_they_can():
    class Viewing(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.head = nn.Conv2d(2, 4, 3), nn.Linear(16, 3)

        def forward(self, x):
            return self.head(self.inner(x).view(len(x), 16))

    images = torch.randn(9, 2, 4, 4)
    plain = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Flatten(), nn.Linear(16, 3))
    for model, suits in ((plain, True), (Viewing(), False)):
        assert suits_channels_last(model, model.state_dict(), images) == suits
        forward = Forward(model, Line(model.state_dict(), shifted(model, 0)), (images, Y[:9]))
        assert forward.data.channels_last == suits
        with torch.no_grad():
            model.load_state_dict(shifted(model, 0))
            outputs = torch.cat([found for found, _ in forward.outputs(1.0)])
            torch.testing.assert_close(outputs, model(images))


def test_copies_in_which_layers_were_watched_are_let_go_at_once(monkeypatch):
    copies = []

    def noted(model):
        copied = private_copy(model)
        copies.append(weakref.ref(copied))
        return copied

    monkeypatch.setattr(first_layers, "private_copy", noted)
    model = chain(nn.ReLU()).double()
    gc.disable()
    try:
        assert first_layers_of(model, states(model), "4", X).second is not None
        assert copies
        assert not [copied for copied in copies if copied() is not None]
    finally:
        gc.enable()


def test_outputs_that_are_not_finite_are_no_evidence_for_a_method():
    model = chain(nn.ReLU()).double()
    chosen, plain = forwards(model, Line(*states(model)))
    chosen.choice.probe.fill_(torch.inf)
    said = chosen.choice._compared("flips", lambda: plain.choice.plain)
    assert said == "outputs are not finite, so flips cannot be compared"
