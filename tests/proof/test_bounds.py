"""Chords between two lambdas: against the model itself, and against ball arithmetic."""

import flint
import pytest
import torch
from flint import arb
from torch import nn

from construction.errors import ProofError
from construction.network.networks import mlp
from construction.proof.program import read_program, trail

from ..problems import copied
from ..proofs import KINDS, at, bounds_of, densely, drawn


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("start", "stop"), [(0.0, 1.0), (0.3, 0.4), (0.7, 0.69)])
def test_the_outputs_stay_within_the_rest_of_their_chord(kind, start, stop):
    bounds, model, inputs = bounds_of(kind)
    chord = bounds.outputs(inputs, start, stop)
    for t in densely(0, 1):
        outputs = at(model, bounds, inputs, start + t * (stop - start))
        off = (outputs - (1 - t) * chord.left - t * chord.right).abs()
        assert (off <= chord.rest + 1e-13).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("start", "stop"), [(0.0, 0.5), (0.3, 0.4), (1.0, 0.9)])
def test_an_anchored_bound_vanishes_at_its_left_end(kind, start, stop):
    bounds, model, inputs = bounds_of(kind)
    ends = [bounds.ends(inputs, lam) for lam in (start, stop)]
    chord = bounds.between((start, stop), *ends, anchored=True)
    for t in densely(0, 1):
        outputs = at(model, bounds, inputs, start + t * (stop - start))
        off = (outputs - (1 - t) * chord.left - t * chord.right).abs()
        assert (off <= t * chord.rest + 1e-12).all()
    assert float(chord.error.max()) < 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_the_rest_is_of_second_order_in_the_length(kind):
    bounds, _, inputs = bounds_of(kind)
    rests = [float(bounds.outputs(inputs, 0.3, 0.3 + w).rest.mean()) for w in (1e-2, 1e-3)]
    assert rests[1] < rests[0] / 10


@pytest.mark.parametrize("kind", KINDS)
def test_at_a_point_only_rounding_is_left(kind):
    bounds, _, inputs = bounds_of(kind)
    assert float(bounds.outputs(inputs, 0.3, 0.3).rest.max()) < 1e-7


def as_balls(tensor):
    return flint.arb_mat([[arb(float(x)) for x in row] for row in tensor.tolist()])


def in_balls(steps, first, second, x, lam):
    """The outputs of an MLP in ball arithmetic, at a ball of lambdas."""
    h = as_balls(x[:, None])
    for step in steps:
        if step.kind == "linear":
            weight, bias = (
                as_balls(first[n] if first[n].ndim == 2 else first[n][:, None]) * (1 - lam)
                + as_balls(second[n] if second[n].ndim == 2 else second[n][:, None]) * lam
                for n in (step.entry("weight"), step.entry("bias"))
            )
            h = weight * h + bias
        elif step.kind == "relu":
            h = flint.arb_mat(
                h.nrows(), 1, [(abs(h[k, 0]) + h[k, 0]) / 2 for k in range(h.nrows())]
            )
    return [h[k, 0] for k in range(h.nrows())]


@pytest.mark.parametrize("seed", range(3))
def test_ball_arithmetic_agrees(seed):
    flint.ctx.prec = 200
    model, first, second, inputs = drawn(lambda k: mlp((3, 8, 6, 2), seed=10 * seed + k), 3)
    steps = read_program(model, first, inputs.double())
    bounds, _, _ = bounds_of("mlp")
    bounds = type(bounds)(steps, type(bounds.segment)(0.0, 1.0, first, second))
    for start, stop in ((0.0, 0.25), (0.5, 0.53125)):
        chord = bounds.outputs(inputs.double(), start, stop)
        for t in (arb(0), arb(1) / 3, arb(0.5), arb(7) / 8, arb(1)):
            lam = arb(start) + t * arb(stop - start)
            for k, x in enumerate(inputs.double()):
                for j, output in enumerate(in_balls(steps, first, second, x, lam)):
                    left, right, rest = (
                        arb(float(part[k, j])) for part in (chord.left, chord.right, chord.rest)
                    )
                    assert abs(output - (1 - t) * left - t * right) <= rest


def test_the_ends_are_the_models_outputs():
    bounds, model, inputs = bounds_of("written")
    assert torch.allclose(bounds.ends(inputs, 0.4)[-1], at(model, bounds, inputs, 0.4), atol=1e-13)


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        return self.head(x) if x.sum() > 0 else -self.head(x)


class Twice(nn.Module):
    """Flattens in another order than its steps say."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(x.view(-1, 4))


REFUSED = {
    "Tanh": (nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)), (2,)),
    "BatchNorm1d": (nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2)), (2,)),
    "torch.fx cannot follow": (Branching(), (2,)),
    "padding='same'": (nn.Sequential(nn.Conv2d(1, 1, 3, padding="same"), nn.Flatten()), (1, 4, 4)),
    "differ by": (Twice(), (2, 2, 2)),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_network_that_is_not_known_is_refused(reason):
    model, shape = REFUSED[reason]
    inputs = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0)).double()
    with pytest.raises(ProofError) as refused:
        read_program(model.double(), copied(model.double()), inputs)
    assert reason in str(refused.value)


def test_steps_give_what_the_module_gives():
    model, first, _, inputs = KINDS["resnet"]()
    steps = read_program(model, first, inputs.double())
    assert torch.allclose(
        trail(steps, first.__getitem__, inputs.double())[-1], model(inputs.double())
    )
