"""dc/dlambda against closed forms, and against differences of the solved scale."""

import numpy as np
import pytest
import sympy as sp
import torch
from torch import nn
from torch.func import functional_call

from construction.errors import InputError, RootError, WeightsError
from construction.forward.batch_norm import normalising_layers
from construction.loss.catalogue import LOSSES
from construction.path.bezier import Bezier
from construction.path.paths import Line, Polyline
from construction.solve.derivative import forward_mode, tangent_of
from construction.theorem.construct import construct
from construction.theorem.monotone import MonotonePath

from ..problems import (
    PLANES,
    THEOREM,
    Problem,
    classified,
    copied,
    detour,
    forward_of,
    left_start,
    plane,
    right_start,
    through,
    trained,
    vector,
)

#: None of them a grid point or a vertex.
LAMBDAS = (0.0313, 0.237, 0.4871, 0.7613, 0.9637)


def difference(path: MonotonePath, lam: float, step: float = 1e-6) -> float:
    """A difference quotient of the solved scale."""
    ends = [path.at(path.s_of(x)).scale for x in (lam - step, lam + step)]
    return (ends[1] - ends[0]) / (2 * step)


def agrees(path: MonotonePath, lams=LAMBDAS, rel: float = 1e-6) -> None:
    for lam in lams:
        wanted = difference(path, lam)
        assert path.scale_derivative(lam) == pytest.approx(wanted, rel=rel, abs=1e-7), lam


# --- closed forms on the plane -------------------------------------------------------------------


@pytest.mark.parametrize(("profile", "share"), [("paper", 1 / 3), ("even", 0.95)])
@pytest.mark.parametrize("name", THEOREM)
def test_on_a_line_in_the_plane_it_is_the_symbolic_derivative_of_the_root(name, profile, share):
    problem = THEOREM[name]()
    (x0, y0), (x1, y1) = (state["0.weight"].flatten().tolist() for state in problem.path.states)
    lam = sp.Symbol("lam")
    x, y = x0 + lam * (x1 - x0), y0 + lam * (y1 - y0)
    start, end = (x0 - 1) ** 2 + y0**2, (x1 - 1) ** 2 + y1**2
    v = (1 - share * lam) * start + share * lam * max(1.0, end)
    a, b = x**2 + y**2, x
    root = (b + sp.sqrt(b**2 + a * (v - 1))) / a
    wanted = sp.lambdify(lam, sp.diff(root, lam))
    path = construct(*problem, profile=profile, points=11)
    for at in (0.0, *LAMBDAS, 1.0):
        assert path.scale_derivative(at) == pytest.approx(float(wanted(at)), rel=1e-11)


def test_along_a_ray_of_the_plane_it_is_what_one_finds_by_hand():
    path = construct(*through((4.0, 0.0), (1.0, 0.0)), points=11)  # c = (1 + sqrt(v)) / r
    for lam in (0.0, *LAMBDAS, 1.0):
        v, r = 9 - 8 / 3 * lam, 4 - 3 * lam
        wanted = -8 / 3 / (2 * np.sqrt(v) * r) + (1 + np.sqrt(v)) * 3 / r**2
        assert path.scale_derivative(lam) == pytest.approx(wanted, rel=1e-13)


@pytest.mark.parametrize("lam", [0.2, 0.7])
def test_at_a_vertex_it_is_the_derivative_to_the_right(lam):
    corner = Polyline([vector(w) for w in ((4.0, 0.5), (2.0, 1.0), (1.0, 0.1))], [0, lam, 1])
    path = construct(*plane(corner), points=11)
    assert path.scale_derivative(lam) == pytest.approx(path.scale_derivative(lam + 1e-9), rel=1e-6)
    before = path.scale_derivative(lam - 1e-9)
    assert abs(path.scale_derivative(lam) - before) > 0.1 * abs(before)


# --- differences of the solved scale -------------------------------------------------------------


@pytest.mark.parametrize("profile", ["paper", "even", "valley"])
def test_along_a_trained_network_it_is_the_difference_quotient(profile):
    agrees(construct(*trained(), profile=profile, points=21))


@pytest.mark.parametrize("name", ["right_start", "high_end", "short_end", "left_start", "plateau"])
def test_on_the_valleys_piecewise_linear_target_too(name):
    agrees(construct(*PLANES[name](), profile="valley", points=11))


def test_at_a_knot_of_the_valley_the_slope_of_its_target_is_the_right_one():
    path = construct(*left_start(), profile="valley", points=11)
    for lam in path.lam[1:-1]:
        right = path.scale_derivative(lam + 1e-9)
        assert path.scale_derivative(lam) == pytest.approx(right, rel=1e-5)


def test_along_the_users_own_profile():
    levels = construct(*trained(), points=3)
    start = levels.initial_objective
    floor = max(levels.zero_objective, levels.final_objective)
    agrees(construct(*trained(), profile=lambda x: start - 0.9 * (start - floor) * x**2, points=11))


def test_at_both_ends_of_the_users_own_profile_no_lambda_outside_is_asked_for():
    start = construct(*right_start(), points=3).initial_objective
    asked = []

    def profile(lam):
        asked.append(lam)
        return start - 0.3 * lam

    path = construct(*right_start(), profile=profile, points=5)
    linear = construct(*right_start(), profile=lambda lam: start - 0.3 * lam, points=5)
    for lam in (0.0, 1.0):
        assert path.scale_derivative(lam) == pytest.approx(linear.scale_derivative(lam), rel=1e-12)
    assert 0 <= min(asked) <= max(asked) <= 1


CLASSES = ("squared", "cross_entropy", "label_smoothing", "multiclass_hinge")
REAL = ("squared", "absolute", "huber", "pinball")


@pytest.mark.parametrize("loss", CLASSES)
def test_for_every_loss_of_classes(loss):
    agrees(construct(*classified(), loss=loss, profile="valley", points=11), rel=1e-5)


@pytest.mark.parametrize("loss", REAL)
def test_for_every_loss_of_real_targets(loss):
    agrees(construct(*trained(), loss=loss, points=11), rel=1e-5)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "hinge", "poisson"])
def test_for_losses_of_signs_and_counts(loss):
    model, path, (inputs, targets) = trained()
    labels = (targets > 0.3).double()
    result = construct(model, path, (inputs, labels), loss=loss, profile="valley", points=11)
    agrees(result, rel=1e-5)
    assert {loss, *CLASSES, *REAL} <= LOSSES.keys()


def test_for_the_users_own_loss_it_is_that_of_the_same_loss_by_name():
    def own(predictions, targets):
        return nn.functional.cross_entropy(predictions, targets, reduction="none")

    first, second = (
        construct(*classified(), loss=loss, profile="valley", points=11)
        for loss in (own, "cross_entropy")
    )
    for lam in LAMBDAS:
        wanted = second.scale_derivative(lam)
        assert first.scale_derivative(lam) == pytest.approx(wanted, rel=1e-9)


def test_on_a_bezier_curve():
    model, line, data = trained()
    middle = {name: 1.2 * value for name, value in line(0.5).items()}
    agrees(construct(model, Bezier([line(0.0), middle, line(1.0)]), data, points=11))


def test_a_callable_with_a_tangent_is_as_good_as_a_line():
    model, line, data = trained()

    class Own:
        def __call__(self, lam):
            return line(lam)

        def tangent(self, lam):
            return line.tangent(lam)

    path, wanted = (construct(model, base, data, points=5) for base in (Own(), line))
    for lam in LAMBDAS:
        assert path.scale_derivative(lam) == wanted.scale_derivative(lam)


def test_in_float32_it_is_that_of_float64_to_its_rounding():
    coarse, fine = (construct(*trained(kind), points=11) for kind in (torch.float32, torch.float64))
    for lam in LAMBDAS:
        assert coarse.scale_derivative(lam) == pytest.approx(fine.scale_derivative(lam), rel=1e-3)


def test_tiles_add_up():
    path, whole = (construct(*trained(), points=5) for _ in range(2))
    path.forward.data.tile = 7
    for lam in LAMBDAS:
        assert path.scale_derivative(lam) == pytest.approx(whole.scale_derivative(lam), rel=1e-12)


# --- networks whose kernels have no forward-mode derivative --------------------------------------


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.LSTM(3, 5, batch_first=True), nn.Linear(5, 2)

    def forward(self, x):
        return self.head(self.body(x)[0][:, -1])


class Attentive(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.body(x).mean(1))


def normalised() -> nn.Module:
    convolution = nn.Sequential(nn.Conv2d(1, 3, 2), nn.BatchNorm2d(3), nn.Tanh(), nn.Flatten())
    return nn.Sequential(*convolution, nn.BatchNorm1d(12, affine=False), nn.Linear(12, 2))


KINDS = {
    "recurrent": (Recurrent, (4, 3)),
    "attentive": (Attentive, (3, 4)),
    "normalised": (normalised, (1, 3, 3)),
}


def example(kind: str) -> tuple[Problem, dict[str, object]]:
    """From a random network with large outputs to another, whose outputs are the targets."""
    build, shape = KINDS[kind]
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        inputs = torch.randn(12, *shape).double()
        model, other = build().double(), build().double()
        for network in (model, other):
            network.train()(3 * inputs + 1)  # moves running statistics away from 0 and 1
    start, end = copied(model), copied(other)
    for name in ("head.weight", "head.bias", "5.weight", "5.bias"):
        if name in start:
            start[name], end[name] = 8 * start[name], 0.5 * end[name]
    with torch.no_grad():
        targets = functional_call(other.eval(), end, (inputs,))
    choice = {"batch_norm": "interpolate"} if kind == "normalised" else {}
    return Problem(model.eval(), Line(start, end), (inputs, targets)), choice


@pytest.mark.parametrize("kind", KINDS)
def test_for_networks_of_fused_kernels(kind):
    problem, choice = example(kind)
    agrees(construct(*problem, points=5, **choice), lams=(0.3, 0.8))


@pytest.mark.parametrize("kind", KINDS)
def test_in_float32_for_networks_of_fused_kernels(kind):
    problem, choice = example(kind)
    fine, coarse = (
        construct(*problem, points=5, dtype=dtype, **choice)
        for dtype in (torch.float64, torch.float32)
    )
    assert coarse.scale_derivative(0.3) == pytest.approx(fine.scale_derivative(0.3), rel=1e-3)


def settings_of_torch() -> tuple[bool, ...]:
    return (
        torch.backends.mha.get_fastpath_enabled(),
        torch.backends.mkldnn.enabled,
        torch.backends.cuda.flash_sdp_enabled(),
        torch.backends.cuda.mem_efficient_sdp_enabled(),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_kernels_come_back_also_after_an_error(kind):
    (model, _, _), _ = example(kind)
    before = settings_of_torch()
    layers = [model.get_submodule(name) for name in normalising_layers(model)]
    try:
        with forward_mode(model):
            assert settings_of_torch() != before
            assert all("forward" in vars(layer) for layer in layers)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert settings_of_torch() == before
    assert not any("forward" in vars(layer) for layer in layers)


def test_the_formula_of_batch_norm_is_pytorchs_own():
    (model, _, (inputs, _)), _ = example("normalised")
    with torch.no_grad():
        wanted = model(inputs)
        with forward_mode(model):
            torch.testing.assert_close(model(inputs), wanted, rtol=1e-13, atol=1e-13)


# --- where there is none -------------------------------------------------------------------------


def test_a_scale_that_is_held_does_not_move():
    path = construct(*through((-3.0, 0.0), (0.0, 0.0), (1.5, 0.0)), profile="valley", points=5)
    held = [stretch for stretch in path.profile.stretches if stretch.held is not None]
    assert path.scale_derivative((held[0].start + held[0].stop) / 2) == 0


@pytest.mark.parametrize(
    ("problem", "lam"), [(left_start, 0.0), (detour, None)], ids=["at the start", "inside"]
)
def test_where_the_branches_meet_it_is_refused_and_named(problem, lam):
    path = construct(*problem(), profile="valley", points=41)
    lam = path.profile.crossing if lam is None else lam
    pattern = r"a scale off c\* at lambda = .*dg/dc is not 0; found c = .*ask beside it"
    with pytest.raises(RootError, match=pattern) as caught:
        path.scale_derivative(lam)
    assert (caught.value.lam, caught.value.count) == (lam, 1)


def test_beside_a_crossing_it_grows_without_bound():
    path = construct(*left_start(), profile="valley", points=11)
    speeds = [abs(path.scale_derivative(10.0**-k)) for k in range(2, 9)]
    assert (np.diff(speeds) > 0).all()
    assert speeds[-1] > 100 * speeds[0]


@pytest.mark.parametrize("bad", [-0.001, 1.001, float("nan")])
def test_lambda_outside_its_range_is_refused(bad):
    with pytest.raises(InputError, match=r"lambda in \[0, 1\]; found .*defined there only"):
        construct(*right_start(), points=3).scale_derivative(bad)


def test_a_callable_without_a_tangent_is_refused_with_the_remedy():
    path = construct(*detour(), profile="valley", points=41)
    pattern = r"knows its derivative; found a function without a method `tangent`\. Give it one.*"
    with pytest.raises(InputError, match=pattern + "difference quotient of result.at"):
        path.scale_derivative(0.33)


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        (lambda tangent: tangent.pop("0.weight"), "0.weight"),
        (lambda tangent: tangent.update(other=torch.zeros(1)), "other"),
        (lambda tangent: tangent.update({"0.weight": torch.zeros(1)}), "0.weight"),
    ],
    ids=["missing", "unknown", "of another shape"],
)
def test_a_tangent_of_other_entries_is_refused(damage, name):
    problem = right_start()

    class Odd(Line):
        def tangent(self, lam):
            tangent = super().tangent(lam)
            damage(tangent)
            return tangent

    forward = forward_of(problem._replace(path=Odd(*problem.path.states)))
    with pytest.raises(WeightsError, match=rf"1 that are .* the first '{name}'\. Return the deriv"):
        tangent_of(forward, 0.5)


def test_statistics_that_are_measured_anew_are_refused_with_the_remedy():
    problem, _ = example("normalised")
    path = construct(*problem, points=3, batch_norm="recompute", profile="valley")
    with pytest.raises(InputError, match=r"measured anew .*batch_norm='interpolate', or take a d"):
        path.scale_derivative(0.5)


class NoForwardMode(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return x.sin()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass


class Opaque(nn.Module):
    def forward(self, x):
        return NoForwardMode.apply(x)


def test_an_operation_without_a_forward_mode_derivative_is_named_and_refused():
    model = nn.Sequential(nn.Linear(2, 3), Opaque(), nn.Linear(3, 1)).double()
    start = copied(model)
    end = {name: 0.1 * value if name.startswith("2") else value for name, value in start.items()}
    inputs = torch.randn(9, 2, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        targets = functional_call(model, end, (inputs,))
    path = construct(model, Line(start, end), (inputs, targets), points=3)
    with pytest.raises(InputError, match=r"forward-mode derivatives; found .*Replace the oper"):
        path.scale_derivative(0.5)
