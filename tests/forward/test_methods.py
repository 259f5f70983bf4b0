"""Every method gives what one forward pass a lambda gives, and says why it served."""

import copy
import gc
import weakref
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import relu

from construction import Bezier, Line, Polyline, construct, mlp
from construction.forward import choice, first_layers, flip_loops, flip_rows, flips
from construction.forward.first_layers import first_layers_of
from construction.forward.flip_loops import Walk, in_order
from construction.forward.flips import Flips
from construction.forward.forward import Forward
from construction.forward.tiles import suits_channels_last
from construction.loss.catalogue import as_loss
from construction.network.evaluation import private_copy
from construction.network.heads import scale_head
from construction.network.networks import lenet

X = torch.randn(40, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
Y = torch.arange(40) % 3


def chain(*activations, sizes=(6, 9, 8, 3), bias=True):
    layers = []
    for k, (inside, outside) in enumerate(pairwise(sizes)):
        layers += [nn.Linear(inside, outside, bias=bias)]
        layers += [activations[k % len(activations)]] if k < len(sizes) - 2 else []
    return nn.Sequential(*layers)


class Functional(nn.Module):
    """A network that calls its activations as functions."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer, self.head = nn.Linear(6, 9), nn.Linear(9, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.head(torch.tanh(self.outer(relu(self.inner(x)))))


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


def states(model, count=2, seed=0):
    """Random weights, with what makes a unit lie on its kink all along."""
    own = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(count):
        state = {
            name: torch.randn(value.shape, dtype=torch.float64, generator=own) / 2
            for name, value in model.state_dict().items()
        }
        for name, value in state.items():
            if name.endswith("weight") and value.ndim == 2 and value.shape[1] == 6:
                value[0] = 0
            if name.endswith("bias") and len(value) == 9:
                value[0] = 0
        found.append(state)
    return found


def forwards(model, path, data=(X, Y), **options):
    """The network by the method chosen, and by plain passes alone."""
    chosen, plain = (Forward(model, path, data, dtype=torch.float64, **options) for _ in range(2))
    plain.choice.refused = "asked for"
    return chosen, plain


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let other methods serve small problems too."""
    monkeypatch.setattr(choice, "ENOUGH", 0)
    monkeypatch.setattr(choice, "INTERPOLATED", 0)


@pytest.fixture(params=["in loops", "sorted"])
def walk(request, monkeypatch):
    """Flips as a CPU follows them, and as any other device does."""
    for module in (choice, flips):
        monkeypatch.setattr(module, "loops", lambda _: request.param == "in loops")


CHAINS = {
    "relu": chain(nn.ReLU()),
    "without bias": chain(nn.ReLU(), bias=False),
    "relu, then leaky": chain(nn.ReLU(), nn.LeakyReLU(0.1)),
    "relu in place": chain(nn.ReLU(inplace=True)),
    "relu, then tanh": chain(nn.ReLU(), nn.Tanh()),
    "relu, then nothing": chain(nn.ReLU(), nn.Identity()),
    "dropout, off in evaluation": chain(nn.Sequential(nn.Dropout(0.5), nn.ReLU())),
    "four hidden layers": chain(nn.ReLU(), sizes=(6, 9, 8, 7, 5, 3)),
    "as functions": Functional(),
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("segments", [1, 3])
def test_flips_give_the_moments_of_forward_passes(name, segments, walk):
    model = CHAINS[name]
    path = Polyline(states(model, segments + 1))
    lams = path.grid(24 * segments + 1)
    chosen, plain = forwards(model, path)
    found, wanted = chosen.along(lams), plain.along(lams)
    assert chosen.served.method == "flips"
    np.testing.assert_allclose(found.a, wanted.a, rtol=1e-13)
    np.testing.assert_allclose(found.b, wanted.b, rtol=1e-12, atol=1e-13)
    assert found.d == wanted.d


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


def test_flips_are_not_followed_to_where_their_rounding_would_drown_the_outputs():
    model = chain(nn.ReLU())
    large, small = states(model)
    path = Line({k: 1e3 * x for k, x in large.items()}, {k: 1e-3 * x for k, x in small.items()})
    chosen, plain = forwards(model, path)
    lams = np.linspace(0, 1, 33)
    np.testing.assert_allclose(chosen.along(lams).a, plain.along(lams).a, rtol=1e-13)
    assert "flips would be off" in chosen.served.why


def test_lambdas_in_any_order_give_the_same():
    model = CHAINS["relu"]
    chosen, _ = forwards(model, Line(*states(model)))
    lams = np.linspace(0, 1, 33)
    back = chosen.along(lams[::-1])
    assert "do not increase" in chosen.served.why
    np.testing.assert_allclose(back.a[::-1], chosen.along(lams).a, rtol=1e-13)


@pytest.mark.parametrize("loss", ["cross_entropy", "absolute"])
def test_flips_give_the_rays_of_other_losses(loss):
    model = CHAINS["relu"]
    targets = Y if loss == "cross_entropy" else torch.nn.functional.one_hot(Y, 3).double()
    path = Line(*states(model))
    chosen, plain = forwards(model, path, (X, targets), loss=as_loss(loss))
    lams = np.linspace(0, 1, 33)
    found, wanted = chosen.along(lams), plain.along(lams)
    assert chosen.served.method == "flips"
    np.testing.assert_allclose(found.minimum, wanted.minimum, rtol=1e-10)
    np.testing.assert_allclose(found.value(2.0), wanted.value(2.0), rtol=1e-12)


def test_flips_start_anywhere_on_a_segment():
    """A grid that begins and ends within segments, as one that is refined does."""
    model = CHAINS["relu"]
    path = Polyline(states(model, 3))
    chosen, plain = forwards(model, path)
    lams = np.linspace(0.21, 0.83, 61)
    np.testing.assert_allclose(chosen.along(lams).a, plain.along(lams).a, rtol=1e-13)
    assert chosen.served.method == "flips"


def test_a_flip_on_a_grid_point_is_counted_once(walk):
    """Pre-activations t - k/16 and k/16 - t: every unit flips exactly at a lambda of the grid."""
    model = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 2), nn.ReLU(), nn.Linear(2, 1))
    steps = torch.arange(16) / 16.0
    sign = 1 - 2 * (torch.arange(16) % 2)

    def at(lam):
        return {
            "0.weight": torch.zeros(16, 1),
            "0.bias": sign * (lam - steps),
            "2.weight": torch.ones(2, 16),
            "2.bias": torch.zeros(2),
            "4.weight": torch.ones(1, 2),
            "4.bias": torch.zeros(1),
        }

    forward = Forward(model, Line(at(0.0), at(1.0)), (torch.zeros(1, 1), torch.zeros(1, 1)))
    lams = np.arange(17) / 16
    wanted = [2 * relu(sign * (lam - steps)).sum() for lam in lams]
    assert forward.along(lams).a == pytest.approx([float(x) ** 2 for x in wanted], rel=1e-6)
    assert forward.served.method == "flips"


@pytest.mark.parametrize("count", [1, 3, 100])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_sorted_flips_give_the_activations_of_the_loops_to_rounding(kind, count):
    """All units, those that rest, lie on their kink, flip on a grid point, or in no time."""
    own = torch.Generator().manual_seed(0)
    dtype = torch.float32 if kind is np.float32 else torch.float64
    a, b = torch.randn(2, 30, 12, dtype=dtype, generator=own)
    a[:, 0] = b[:, 1] = a[:, 2] = b[:, 2] = 0
    a[:, 3], b[:, 3], a[:, 4], b[:, 4] = -0.25, 1.0, 0.5, -1.0
    weight, slope = torch.randn(2, 12, 7, dtype=dtype, generator=own)
    taus = np.linspace(0, 1, 17, dtype=kind)[1:]

    def seconds(v, c):
        return v @ weight, v @ slope + c @ weight, c @ slope

    for rectified in (True, False):
        found = []
        for walked, held in ((flip_loops.walked, 1), (flip_rows.walked, flip_rows.HELD)):
            block = count * held * 30 * 7 * a.element_size()
            walk = Walk(a, b, taus, seconds, (weight, slope), rectified, block)
            parts = walked(walk)
            found.append(torch.cat([part.clone() for _, part in parts]))
        tau = torch.from_numpy(taus)[:, None, None]
        wanted = torch.einsum("psu,puo->pso", (a + tau * b).relu(), weight + tau * slope)
        for one in found:
            torch.testing.assert_close(one, wanted.relu() if rectified else wanted)


def test_without_flips_the_activations_are_the_polynomial():
    taus = np.array([0.0, 0.5, 1.0])
    a, b = torch.ones(2, 3).double(), torch.zeros(2, 3).double()
    weight = torch.ones(3, 1).double()
    given = a, b, taus, lambda v, c: (v @ weight, c @ weight, c @ weight), (weight, weight)
    ((place, found),) = flip_rows.walked(Walk(*given, False, 10**6))
    assert (place, found.tolist()) == (0, [[[3.0], [3.0]]] * 3)


def test_any_number_of_threads_gives_the_same_bits(monkeypatch):
    model = CHAINS["relu"]
    path = Line(*states(model))
    monkeypatch.setattr(Flips, "tile", 8, raising=False)
    found = []
    before = torch.get_num_threads()
    for threads in (1, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        chosen, _ = forwards(model, path)
        chosen.data.divide(7)
        found.append(chosen.along(np.linspace(0, 1, 41)))
        torch.set_num_threads(before)
    assert found[0].a.tolist() == found[1].a.tolist()


def test_an_error_in_a_thread_arrives():
    def fails(item):
        if item == 3:
            raise ValueError("here")
        return item

    with pytest.raises(ValueError, match="here"):
        list(in_order(fails, range(9), threads=2))


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


def test_scales_are_those_of_float64_passes_to_the_rounding_of_the_type(walk):
    first = mlp((784, 32, 32, 10), seed=0).state_dict()
    path = Line(first, mlp((784, 32, 32, 10), seed=1).state_dict())
    data = torch.randn(60, 784, generator=torch.Generator().manual_seed(0)), torch.arange(60) % 10
    scales = {}
    for dtype, refused in ((torch.float64, "asked for"), (torch.float64, None), (None, None)):
        forward = Forward(mlp((784, 32, 32, 10)), path, data, dtype=dtype)
        forward.choice.refused = refused
        sheet = forward.along(np.linspace(0, 1, 25))
        scales[dtype, refused] = sheet.root(0.5 * np.ones(25), np.ones(25, dtype=bool))
        assert forward.served.method == ("plain" if refused else "flips")
    wanted = scales[torch.float64, "asked for"]
    np.testing.assert_allclose(scales[torch.float64, None], wanted, rtol=2e-15)
    np.testing.assert_allclose(scales[None, None], wanted, rtol=3e-7)


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


def shifted(model, seed):
    own, weights = torch.Generator().manual_seed(seed), dict(model.named_parameters())
    return {
        name: value + torch.rand(value.shape, generator=own, dtype=value.dtype)
        if name in weights
        else value
        for name, value in model.state_dict().items()
    }


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


def test_sorted_flips_serve_from_as_many_lambdas_as_their_rows_cost(walk):
    model = mlp((6, 9, 8, 3)).double()
    path = Line(*states(model))
    served = []
    for points in range(10, 26):
        forward, _ = forwards(model, path)
        forward.along(np.linspace(0, 1, points))
        served.append(forward.served.method)
    first, second = 2 * 6 * 9, 2 * 9 * 8
    least = 16 if flips.loops(None) else 1 + (2 * first + 23 * second) // (first + second)
    assert served.index("flips") == least - 10
    assert set(served[least - 10 :]) == {"flips"}


def test_flips_keep_to_the_memory_they_are_given():
    path = Line(*states(CHAINS["relu"]))
    for memory, method in ((10**9, "flips"), (200_000, "flips"), (20_000, "first layer")):
        forward = Forward(CHAINS["relu"], path, (X, Y), memory=memory)
        forward.along(np.linspace(0, 1, 40))
        assert forward.served.method.startswith(method)
    assert "no flips, which needs memory for 16 samples at once; found 5000" in forward.served.why


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
