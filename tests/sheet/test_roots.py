"""Minima and roots of every loss's rays, against scipy and by their residuals."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import elementwise, minimize_scalar

from construction.loss.catalogue import LOSSES
from construction.loss.classification import CrossEntropy
from construction.loss.custom import Custom
from construction.solve.scale import Status, solve

from ..loss_data import REFERENCES, data_for
from ..prescribed_outputs import Prescribed

POINTS = 5
SIDES = {True: "right", False: "left"}
EPS = float(np.finfo(float).eps)
few = settings(max_examples=15)
seeds = st.integers(0, 2**32 - 1)
every_loss = pytest.mark.parametrize("name", LOSSES)


def random_rays(name, seed, points=POINTS):
    """Sheets over a few unrelated rays of very different lengths, agreeing with the targets."""
    _, raw = data_for(name, seed, samples=8)
    rays = []
    for k in range(points):
        outputs, _ = data_for(name, seed + 1 + k, samples=8)
        if raw.ndim == 1:
            outputs[torch.arange(8), raw] += 1
        elif name != "poisson":
            outputs += raw - float(name == "binary_cross_entropy") / 2
        rays.append(2.0 ** (4 * k - 8) * outputs)
    source = Prescribed(lambda lam: rays[round(lam * (points - 1))], raw, name, together=points)
    return source, source.sheet(np.linspace(0, 1, points)), rays, raw


def shifted(name, ray, raw, level):
    """g - level along one ray, as `elementwise.find_root` wants it."""
    return np.vectorize(lambda c: float(REFERENCES[name](float(c) * ray, raw)) / len(raw) - level)


def mean_of(name, rays, raw):
    """g for a (rays,) array of scales, by PyTorch."""

    def value(c):
        pairs = zip(np.atleast_1d(c), rays, strict=True)
        return np.array([float(REFERENCES[name](x * ray, raw)) / len(raw) for x, ray in pairs])

    return value


@every_loss
@pytest.mark.parametrize("seed", range(4))
def test_the_minimum_is_the_one_that_scipy_finds(name, seed):
    _, sheet, rays, raw = random_rays(name, seed)
    for k in np.flatnonzero(sheet.rises):
        g, best = mean_of(name, [rays[k]], raw), float(sheet.best_scale[k])
        found = minimize_scalar(
            lambda c, g=g: float(g(c)[0]),
            bounds=(0, 4 * best + 2.0 ** (2 - 4 * k)),
            method="bounded",
            options={"xatol": 1e-9 * best},
        )
        assert sheet.minimum[k] <= found.fun + 1e-14 * (1 + abs(found.fun))
        assert sheet.minimum[k] == pytest.approx(found.fun, rel=1e-7, abs=1e-7)
        assert sheet.minimum[k] == pytest.approx(float(g(best)[0]), rel=1e-13, abs=1e-13)


@every_loss
@pytest.mark.parametrize("right", [True, False], ids=["right", "left"])
@pytest.mark.parametrize("share", [-0.01, -0.5, -0.99, 2.0])
def test_roots_are_those_of_scipys_bracketing_root_finder(name, right, share):
    for seed in range(2):
        _, sheet, rays, raw = random_rays(name, seed)
        excess = np.where(share > 0, share * sheet.d, -share * sheet.minimum_excess)
        some = (sheet.rises | (not right)) & (sheet.minimum_excess < 0) & (right | (excess < 0))
        scale = solve(sheet.pick(some), excess[some], np.full(some.sum(), SIDES[right])).scale
        for k, c in zip(np.flatnonzero(some), scale, strict=True):
            best = min(sheet.best_scale[k], 1e9)
            ends = (best, 1.5 * c + 1e-6 * (c == best)) if right else (0.0, best)
            found = elementwise.find_root(shifted(name, rays[k], raw, sheet.d + excess[k]), ends)
            # both know c up to the rounding of g, divided by its slope
            rounding = 64 * EPS * (sheet.d + abs(excess[k])) / abs(sheet.at(k).slope(c)[0])
            assert c == pytest.approx(float(found.x), rel=1e-12, abs=rounding)


@every_loss
@few
@given(seed=seeds, share=st.floats(0.01, 0.99), right=st.booleans())
def test_a_root_has_no_residual_and_lies_on_its_branch(name, seed, share, right):
    source, sheet, _, _ = random_rays(name, seed)
    sheet = sheet.pick((sheet.rises | (not right)) & (sheet.minimum_excess < 0))
    excess = share * sheet.minimum_excess
    scale = solve(sheet, excess, np.full(len(excess), "right" if right else "left")).required(
        sheet.lam
    )
    assert (scale >= sheet.best_scale).all() if right else (scale <= sheet.best_scale).all()
    assert (scale > 0).all()
    residual = np.abs(sheet.value(scale) - sheet.d - excess)
    assert (residual <= 32 * EPS * (sheet.d + np.abs(excess))).all()
    assert source.evaluations <= 12 * len(scale)


@pytest.mark.parametrize("name", ["cross_entropy", "label_smoothing", "binary_cross_entropy"])
def test_cross_entropy_takes_at_most_four_evaluations_a_lambda_on_average(name):
    evaluations, worst = [], 0.0
    for seed in range(20):
        source, sheet, rays, raw = random_rays(name, seed)
        g = mean_of(name, rays, raw)
        for factor in (0.01, 0.1, 1.0, 3.0, 10.0):
            source.evaluations = 0
            target = (1 + factor) * sheet.d
            scale = sheet.root(np.full(5, factor * sheet.d), np.ones(5, dtype=bool))
            evaluations.append(source.evaluations / 5)
            worst = max(worst, np.abs(g(scale) / target - 1).max())
    assert np.mean(evaluations) <= 4
    assert worst <= 1e-14


def source_of(name, outputs, raw):
    outputs = torch.as_tensor(outputs, dtype=torch.float64)
    return Prescribed(lambda lam: outputs, raw, name).sheet([0.0])


def test_where_all_samples_are_classified_correctly_there_is_no_right_root_but_a_left_one():
    labels = torch.tensor([0, 1])
    sheet = source_of("cross_entropy", [[3.0, 0.0, 1.0], [0.0, 2.0, 0.0]], labels)
    assert np.isinf(sheet.best_scale[0])
    assert sheet.minimum[0] == pytest.approx(0, abs=1e-15)
    for excess in (1.0, -1.0):
        roots = solve(sheet, np.array([excess]), np.array(["right"]))
        assert roots.status == [Status.NO_RIGHT_BRANCH]
    assert solve(sheet, np.array([-sheet.d]), np.array(["left"])).status == [Status.NEVER_REACHED]
    for level in (1e-3, 1e-8, 1e-13):
        roots = solve(sheet, np.array([level - sheet.d]), np.array(["left"]))
        scale = roots.required(sheet.lam)
        assert sheet.value(scale)[0] == pytest.approx(level - sheet.d + sheet.d, rel=1e-12)


def test_no_right_branch_and_never_reached_say_so():
    assert "falls forever in c" in Status.NO_RIGHT_BRANCH.sentence
    assert "no finite scale attains" in Status.NEVER_REACHED.sentence


def test_a_scale_that_would_overflow_is_no_root():
    sheet = source_of("cross_entropy", [[3e-308, 0.0]], torch.tensor([1]))
    roots = solve(sheet, np.array([100.0]), np.array(["right"]))
    assert np.isnan(roots.scale[0])
    assert roots.status == [Status.OUT_OF_REACH]
    assert "The scale would overflow" in Status.OUT_OF_REACH.sentence


@pytest.mark.parametrize("size", [1e-100, 1e-8, 1e8, 1e100])
@pytest.mark.parametrize("name", ["cross_entropy", "absolute", "huber", "hinge", "poisson"])
def test_outputs_of_any_size_have_their_roots(name, size):
    outputs, raw = data_for(name, 3)
    if raw.ndim > 1:
        outputs = outputs + (raw if name != "poisson" else 0)
    one, other = source_of(name, outputs, raw), source_of(name, size * outputs, raw)
    for excess, branch in ((1.0, "right"), (one.minimum_excess[0] / 2, "left")):
        e, side = np.array([excess]), np.array([branch])
        found = [solve(s, e, side).required(s.lam) for s in (one, other)]
        assert found[1][0] * size == pytest.approx(found[0][0], rel=1e-12)
    assert other.best_scale[0] * size == pytest.approx(one.best_scale[0], rel=1e-6)


@pytest.mark.parametrize(
    ("name", "outputs", "raw", "scale"),
    [
        ("hinge", [[2.0], [-0.5]], torch.tensor([1, 0]), 2.0),
        ("hinge", [[0.0], [4.0]], torch.tensor([1, 1]), 0.25),
    ],
)
def test_where_a_hinge_is_satisfied_the_best_scale_is_the_first_that_satisfies_it(
    name, outputs, raw, scale
):
    sheet = source_of(name, outputs, raw)
    assert sheet.best_scale[0] == pytest.approx(scale, rel=4 * EPS)
    assert sheet.value(2 * scale)[0] == pytest.approx(sheet.minimum[0], abs=1e-15)
    assert sheet.flat[0]
    assert not sheet.rises[0]
    assert not sheet.constant[0]
    at_minimum = solve(sheet, sheet.minimum_excess, np.array(["left"]))
    assert at_minimum.scale[0] == sheet.best_scale[0]


def test_a_users_hinge_rests_and_a_users_cross_entropy_does_not():
    own = Custom(lambda p, y: (1 - y * p).clamp_min(0).sum(1), "own")
    sheet = source_of(own, [[2.0], [-0.5]], torch.tensor([[1.0], [-1.0]]))
    assert sheet.best_scale[0] == pytest.approx(2.0, rel=4 * EPS)
    logistic = Custom(lambda p, y: torch.nn.functional.softplus(-y * p).sum(1), "own")
    sheet = source_of(logistic, [[2.0], [-0.5]], torch.tensor([[1.0], [-1.0]]))
    assert np.isinf(sheet.best_scale[0])
    assert not sheet.rises[0]


def test_outputs_of_zero_are_a_constant_ray_for_every_loss():
    for name in LOSSES:
        if name == "squared":  # its sheet is made of moments
            continue
        _, raw = data_for(name, 0)
        sheet = source_of(name, torch.zeros(6, 3), raw)
        assert sheet.constant[0]
        assert not sheet.rises[0]
        assert sheet.best_scale[0] == 0
        roots = solve(sheet, np.array([1.0]), np.array(["right"]))
        assert roots.status == [Status.OUTPUTS_VANISH]


@pytest.mark.parametrize("name", ["cross_entropy", "absolute", "hinge"])
def test_tiles_and_groups_change_nothing(name, monkeypatch):
    outputs, raw = data_for(name, 2, samples=9)
    agreeing = 2 * outputs
    lam = np.linspace(0, 1, 7)
    sheets = [
        Prescribed(lambda x: (1 + x) * agreeing, raw, name, **options).sheet(lam)
        for options in ({}, {"tile": 4}, {"together": 1}, {"tile": 2, "together": 3})
    ]
    monkeypatch.setattr("construction.sheet.rays.SMALL", 0)  # evaluated one after the other
    sheets.append(Prescribed(lambda x: (1 + x) * agreeing, raw, name, together=3).sheet(lam))
    for sheet in sheets[1:]:
        assert sheet.d == pytest.approx(sheets[0].d, rel=1e-15)
        np.testing.assert_allclose(sheet.minimum, sheets[0].minimum, rtol=1e-13)
        excess = np.full(7, 0.5 * sheet.d)
        roots = [s.root(excess, np.ones(7, dtype=bool)) for s in (sheet, sheets[0])]
        np.testing.assert_allclose(*roots, rtol=1e-13)


@pytest.mark.parametrize("falling", [1e-3, 1e-6, 1e-9])
def test_a_minimum_near_zero_of_an_exponential_is_found_from_far_above(falling):
    # exp(c) - 1 - c (1 + falling): the tangent at 0 points far away, where exp has grown huge
    sheet = source_of("poisson", [[1.0]], torch.tensor([[1 + falling]], dtype=torch.float64))
    assert sheet.best_scale[0] == pytest.approx(np.log1p(falling), rel=1e-6)
    assert sheet.minimum_excess[0] == pytest.approx(-(falling**2) / 2, rel=1e-3)


@pytest.mark.parametrize(("own", "most"), [(False, 9), (True, 16)])
def test_along_a_path_each_ray_takes_few_evaluations(own, most, monkeypatch):
    """Of rays too large to share steps; also at c = 0, 1, the root; own: beside c*, rounding."""
    monkeypatch.setattr("construction.sheet.rays.SHARING", 1)
    first, last = (3 * torch.randn(500, 10, generator=torch.manual_seed(k)) for k in (0, 1))
    labels = torch.arange(500) % 10
    last[torch.arange(500), labels] += 3
    asked = []

    def entropy(predictions, targets):
        asked.extend([predictions] * bool(predictions.any()))  # at 0 all rays are alike
        return torch.nn.functional.cross_entropy(predictions, targets, reduction="none")

    class Counted(CrossEntropy):
        def along(self, rays, targets, c):
            asked.append(c)
            return super().along(rays, targets, c)

    loss = Custom(entropy) if own else Counted()
    source = Prescribed(lambda lam: (1 - lam) * first + lam * last, labels, loss, together=50)
    sheet = source.sheet(np.linspace(0, 1, 41))
    level = 1.1 * sheet.minimum_excess.max() - 0.1 * sheet.minimum_excess.min()
    scale = sheet.root(np.full(41, level), np.full(41, True))
    assert np.allclose(sheet.excess(scale), level, rtol=1e-12)
    assert len(asked) <= most * 41


@pytest.mark.parametrize("own", [False, True])
def test_rays_that_are_not_kept_are_made_once_to_measure_and_once_to_solve(own):
    """Where minima are flat, and how high the roots are, is seen while the rays are there."""
    first, last = (3 * torch.randn(50, 10, generator=torch.manual_seed(k)) for k in (0, 1))
    labels = torch.arange(50) % 10
    function = Custom(lambda p, y: torch.nn.functional.cross_entropy(p, y, reduction="none"))
    asked = []

    def outputs(lam):
        asked.append(lam)
        return (1 - lam) * first + lam * last

    loss = function if own else CrossEntropy()
    source = Prescribed(outputs, labels, loss, together=50)
    asked.clear()
    sheet = source.sheet(np.linspace(0, 1, 9))
    level = 1.1 * sheet.minimum_excess.max() - 0.1 * sheet.minimum_excess.min()
    scale = sheet.root(np.full(9, level), np.full(9, True))
    assert not sheet.flat.any()
    found = sheet.excess(scale)
    assert len(asked) == 2 * 9
    assert found == pytest.approx(sheet.excess(scale * (1 + 1e-15)), rel=1e-12)  # evaluated anew
    assert len(asked) == 3 * 9


@pytest.mark.parametrize(
    ("function", "outputs"),
    [
        (
            lambda p, y: torch.nn.functional.softplus(-p[:, 0]) + (p[:, 1] - 1).square(),
            [[1e6, 1e-3]],
        ),
        (
            lambda p, y: torch.nn.functional.cross_entropy(
                p, y.new_zeros(len(p)), reduction="none"
            ),
            [[40.0, 0.0]] * 999 + [[0.0, 1e-6]],
        ),
    ],
)
def test_a_slope_that_has_long_been_small_at_c_1_is_no_minimum(function, outputs):
    """The slope between c = 0 and 1, from which a curvature is taken, says nothing of that at 1."""
    p = torch.tensor(outputs, dtype=torch.float64)
    sheet = source_of(Custom(function), p, torch.zeros(len(p), dtype=torch.long))
    where = np.geomspace(1e-6, 1e9, 20_001)
    lowest = min(
        float(function(c * p, torch.zeros(len(p), dtype=torch.long)).mean()) for c in where
    )
    assert sheet.minimum[0] <= lowest
