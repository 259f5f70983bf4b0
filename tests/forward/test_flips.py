"""Flips of units, followed, give what one forward pass a lambda gives."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import relu

from construction import Line, Polyline, mlp
from construction.forward import flip_loops, flip_rows, flips
from construction.forward.flip_loops import Walk, in_order
from construction.forward.flips import Flips
from construction.forward.forward import Forward
from construction.loss.catalogue import as_loss

from .networks import Functional, X, Y, chain, forwards, states

pytestmark = pytest.mark.usefixtures("served_small")

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
