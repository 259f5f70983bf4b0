"""Parts of the program one by one: losses, witnesses, windows, and what is allowed for rounding."""

from fractions import Fraction
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from construction.loss.catalogue import LOSSES
from construction.recheck.__main__ import main
from construction.recheck.archive import Archive, UnreadableError
from construction.recheck.balls import Balls
from construction.recheck.binding import as_held
from construction.recheck.bounds import Bounds, grows, highest_loss, require_fit
from construction.recheck.claims import (
    HALVINGS,
    require_everywhere,
    require_sense,
    target_is_followed,
)
from construction.recheck.content import Claim, RefusedError
from construction.recheck.floats import EPS, TINY, Floats, largest
from construction.recheck.layers import Window, read_steps
from construction.recheck.network import Enclosure

from ..loss_data import CLASSES, REFERENCES, data_for

OPTIONS = {"huber": {"delta": 1.0}, "pinball": {"quantile": 0.5},
           "label_smoothing": {"smoothing": 0.1}}  # fmt: skip
WIDTH = 3
every_loss = pytest.mark.parametrize("name", LOSSES)
every_arithmetic = pytest.mark.parametrize("numbers", [Floats(), Balls()], ids=["floats", "balls"])


def about(name, targets, outputs=WIDTH, **options):
    """Of a proof what is said of its loss."""
    given = options or OPTIONS.get(name, {})
    return SimpleNamespace(loss=name, targets=targets, outputs=outputs, options=given)


def losses(name, outputs, targets):
    pairs = zip(torch.as_tensor(outputs), torch.as_tensor(targets), strict=True)
    return np.array([float(REFERENCES[name](p[None], y[None])) for p, y in pairs])


@every_loss
@every_arithmetic
def test_the_highest_loss_is_that_of_a_corner(name, numbers):
    p, y = (part.numpy() for part in data_for(name, 1))
    radius = np.array([[0.0, 0.4, 1.5]])
    given = p if name != "hinge" else p / 4
    radii = np.broadcast_to(radius, p.shape)
    found = highest_loss(about(name, y), numbers, *map(numbers.array, (given, radii)), y)
    corners = [losses(name, given + radius * np.array(signs), y)
               for signs in product((-1, 1), repeat=WIDTH)]  # fmt: skip
    highest = np.max(corners, axis=0)
    if name == "label_smoothing":  # each term is taken where it is largest by itself
        low = given - radius
        own = 0.9 * low[np.arange(len(y)), y] + 0.1 * low.mean(1)
        highest, corner = logsumexp(given + radius, axis=1) - own, highest
        assert (highest >= corner).all()
    assert found.astype(float) == pytest.approx(highest, rel=1e-12)


@every_loss
def test_targets_that_a_loss_takes(name):
    y = data_for(name, 1)[1].numpy()
    require_fit(about(name, y))
    rows = [y[:, :1] if y.ndim > 1 else y + WIDTH, y - 10.0, y + 10.0]
    for wrong in rows if name in (*CLASSES, "binary_cross_entropy", "hinge") else rows[:1]:
        with pytest.raises(RefusedError, match="targets or options that the loss"):
            require_fit(about(name, wrong))


WRONG = [
    ("cross_entropy", np.array([0, -1]), {}),
    ("cross_entropy", np.array([0, 3]), {}),
    ("cross_entropy", np.array([0.0, 1.0]), {}),
    ("cross_entropy", np.eye(3), {}),
    ("binary_cross_entropy", np.array([[0, 0.5, 1.5]]), {}),
    ("binary_cross_entropy", np.array([[-0.5, 0.5, 1]]), {}),
    ("hinge", np.array([[1.0, -1, 0]]), {}),
    ("poisson", np.array([[1.0, -1, 0]]), {}),
    ("squared", np.zeros((2, 3)), {"delta": 1.0}),
    ("huber", np.zeros((2, 3)), {"delta": 0.0}),
    ("huber", np.zeros((2, 3)), {"delta": -1.0}),
    ("huber", np.zeros((2, 3)), {"quantile": 0.5}),
    ("pinball", np.zeros((2, 3)), {"quantile": 1.0}),
    ("label_smoothing", np.array([0, 1]), {"smoothing": 1.5}),
]


@pytest.mark.parametrize(("name", "targets", "options"), WRONG)
def test_targets_and_options_outside_of_their_range(name, targets, options):
    with pytest.raises(RefusedError, match=f"targets or options that the loss '{name}'"):
        require_fit(about(name, targets, **options))


@every_loss
def test_a_witness_is_one_whose_loss_grows_whatever_its_other_outputs_are(name):
    y = data_for(name, 3)[1]
    rng, far = np.random.default_rng(0), (300.0, 600.0)
    for sample, (plus, minus) in product(range(3), product(range(-1, WIDTH), repeat=2)):
        drawn = rng.uniform(-1, 1, size=(200, WIDTH))
        up, down = (drawn[:, k] if k >= 0 else np.zeros(200) for k in (plus, minus))
        drawn = drawn[up - down > 0.05]
        if not len(drawn):
            assert not grows(about(name, y.numpy()), sample, plus, minus)
            continue
        each = np.repeat(y[sample : sample + 1].numpy(), len(drawn), axis=0)
        first, second = (losses(name, c * drawn, each) for c in far)
        witness = grows(about(name, y.numpy()), sample, plus, minus)
        assert (second > first).all() or not witness
        if name not in CLASSES and -1 in (plus, minus):  # one output, and so no other matters
            alone = np.where(np.arange(WIDTH) == max(plus, minus), drawn, 0.0)
            first, second = (losses(name, c * alone, each) for c in far)
            assert (second > first).all() == witness


@pytest.mark.parametrize(
    "window",
    [
        Window((2, 3), (1, 2), (1, 0), (2, 1)),
        Window((3, 1), (2, 1), (0, 2), (1, 3)),
        Window((1, 4), (3, 1), (2, 1), (1, 2)),
    ],
)
def test_windows_hold_the_pixels_that_pytorch_unfolds(window):
    h = np.random.default_rng(0).normal(size=(2, 3, 7, 11))
    options = {"dilation": window.dilation, "padding": window.padding, "stride": window.stride}
    wanted = torch.nn.functional.unfold(torch.as_tensor(h), window.size, **options).numpy()
    found = window.over(h, 0.0)
    down, across = window.places((7, 11))
    assert found.shape == (2, 3, down, across, window.size[0] * window.size[1])
    both = found.transpose(0, 1, 4, 2, 3).reshape(2, -1, down * across)
    assert np.array_equal(both, wanted)
    assert window.padded((7, 11)) == (7 + 2 * window.padding[0], 11 + 2 * window.padding[1])


def exact(values):
    return [Fraction(float(value)) for value in np.ravel(values)]


def test_what_is_allowed_for_rounding_is_enough_and_not_much_more():
    numbers, rng = Floats(), np.random.default_rng(0)
    for terms in (1, 7, 300):
        parts = rng.uniform(0, 1, (5, terms)) * 10.0 ** rng.integers(-12, 12, (5, 1))
        bound = parts.cumsum(1)[:, -1]
        up = numbers.rounded_up(bound, terms)
        for high, row in zip(up, parts, strict=True):
            assert sum(exact(row)) < Fraction(float(high))
        assert (up <= bound * (1 + 2 * (terms + 8) * EPS)).all()
        left, right = rng.normal(size=(2, 4, 3))
        highest = np.maximum(np.abs(left), np.abs(right))
        lost = numbers.lost(terms, left, right)
        assert (lost >= terms * EPS * highest).all()
        assert (lost <= 8 * terms * EPS * highest).all()
        each = numbers.lost_by_sample(terms, left, right)
        assert (each >= terms * EPS * np.maximum(highest.max(1), 1)).all()
        assert (each <= 8 * terms * EPS * np.maximum(highest.max(1), 1)).all()
    assert numbers.rounded_up(np.zeros(1), 1)[0] == TINY
    assert largest(left).tolist() == np.abs(left).max(1).tolist()


def test_half_of_the_harmonic_mean_and_the_steepest_weights():
    numbers, rng = Floats(), np.random.default_rng(1)
    a, b = rng.uniform(0, 4, (2, 50))
    assert numbers.half_harmonic(a, b) == pytest.approx(a * b / (a + b), rel=1e-14)
    assert numbers.half_harmonic(np.array([0.0, 1e-300]), np.array([0.0, 1e300])) == pytest.approx(
        [0, 1e-300]
    )
    first, last = rng.normal(size=(2, 6, 4))
    ends = [first + (last - first) * t for t in (0.2, 0.7)]
    steepest = numbers.steepest(ends, (first, last))
    assert (steepest > np.maximum(*map(np.abs, ends))).all()
    slack = 32 * EPS * (np.abs(first) + np.abs(last)) + 2 * TINY
    assert (steepest <= np.maximum(*map(np.abs, ends)) + slack).all()


@pytest.mark.parametrize("inputs", [3, 400])
def test_what_products_lose_is_in_proportion_to_their_terms(inputs):
    numbers, rng = Floats(), np.random.default_rng(2)
    ends = list(rng.normal(size=(2, 5, inputs)))
    bias = list(rng.normal(size=(2, 5)))
    h = Enclosure(*(8 * rng.normal(size=(2, 4, inputs))), np.zeros((4, inputs)), np.full(4, 1e-10))
    rounding, error = numbers.lost_in_product(h, ends, ends, bias)
    free, none = numbers.lost_in_product(h._replace(error=None), ends, ends, bias)
    assert none is None
    rows = np.abs(np.stack(ends)).sum((0, 2)) + np.abs(np.stack(bias)).sum(0)
    size = np.maximum(largest(h.left), largest(h.right))
    whole = EPS * np.outer(size, rows)
    assert (free >= inputs * whole).all()
    assert (free <= 8 * (inputs + 32) * whole).all()
    for sample, row in product(range(4), range(5)):  # and so no product loses as much
        terms = zip(exact(h.left[sample]), exact(ends[0][row]), strict=True)
        off = sum(a * b for a, b in terms) - Fraction(float(h.left[sample] @ ends[0][row]))
        assert abs(off) < Fraction(float(free[sample, row]))
    moved = 1e-10 * np.abs(ends[1] - ends[0]).sum(1)
    assert (rounding >= free + moved).all()
    assert (rounding <= (free + moved) * (1 + 1e-9)).all()
    assert (error >= 1e-10 * np.abs(ends[0]).sum(1).max()).all()
    assert (error <= 2 * (1e-10 + 8 * (inputs + 32) * EPS * size) * rows.max()).all()


def test_what_a_sum_of_losses_loses():
    p, radius = np.array([[3.0, -4.0], [1.0, 0.0]]), np.array([[0.5, 0.5], [0, 0]])
    found = Floats().lost_in_losses(p, radius, np.array([2.0, -7.0]), 5.0)
    assert found == pytest.approx(2e-9 * 9 + 1e-13 * 5 * (9 + 2), rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "held", "given", "meant"),
    [
        ("squared", np.zeros((3, 1)), [0.5, 1.0, 2.0], [[0.5], [1.0], [2.0]]),
        ("squared", np.zeros((3, 2)), [0, 1, 1], [[1, 0], [0, 1], [0, 1]]),
        ("squared", np.zeros((3, 2)), [0, 1, 2], [0, 1, 2]),  # more classes than outputs
        ("squared", np.zeros((3, 2)), [0.5, 1.0], [0.5, 1.0]),  # fewer: told as another shape
        ("hinge", np.zeros(3), [0, 1, 1], [-1, 1, 1]),
        ("hinge", np.zeros((3, 1)), [0.0, 0.0, 1.0], [[-1], [-1], [1]]),
        ("hinge", np.zeros(3), [1, 1, 1], [1, 1, 1]),
        ("hinge", np.zeros(3), [-1, 1, 0], [-1, 1, 0]),
        ("absolute", np.zeros(3), [0, 1, 1], [0, 1, 1]),
    ],
)
def test_targets_are_compared_as_a_loss_takes_them(loss, held, given, meant):
    file = SimpleNamespace(loss=loss, targets=held)
    assert as_held(file, np.array(given)).tolist() == meant


@pytest.mark.parametrize("stop", [0.5, 0.75, 1.0])
@pytest.mark.parametrize("grows", [0.4, 0.5, 0.75, 1.0])
def test_the_right_branch_has_to_be_there_up_to_the_last_lambda_on_it(stop, grows):
    level = SimpleNamespace(branch="right", known=True, knots=np.array([0.0, 0.2, stop]))
    levels = [level]
    if stop < 1:
        levels.append(SimpleNamespace(branch="left", known=True, knots=np.array([stop, 0.9, 1.0])))
    file = SimpleNamespace(levels=levels, loss="squared")
    touched = {stop} - {1.0}
    assert target_is_followed(file, {"condition 1": grows}, touched) == (grows >= stop)
    assert target_is_followed(file, {"right branch": grows}, touched) == (grows >= stop)
    if stop < 1:
        assert not target_is_followed(file, {"condition 1": 1.0}, set())


@pytest.mark.parametrize("more", [0, 1])
def test_a_file_may_promise_so_many_numbers_and_no_more(more, tmp_path, monkeypatch):
    monkeypatch.setattr("construction.recheck.archive.BYTES", 800)
    monkeypatch.setattr("construction.recheck.archive.TIMES", 0)
    place = tmp_path / "arrays.npz"
    np.savez_compressed(place, one=np.zeros(60), other=np.zeros((4, 10 + more)))
    with Archive(str(place)) as archive:
        if more:
            with pytest.raises(UnreadableError, match="GB of numbers in a file of its size"):
                archive.arrays()
        else:
            assert {name: x.size for name, x in archive.arrays().items()} == {
                "one": 60,
                "other": 40,
            }


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("groups", [1, 2])
def test_a_convolution_takes_the_channels_that_there_are(channels, groups):
    options = {"stride": 1, "padding": 0, "dilation": 1, "groups": groups}
    listed = [
        {"kind": "input", "reads": [], "options": {}},
        {"kind": "convolution", "reads": [0], "options": options, "name": "0", "bias": False},
        {"kind": "flatten", "reads": [1], "options": {}},
    ]
    images, entries = np.zeros((1, channels, 3, 3)), {"0.weight": (4, 2, 2, 2)}
    if channels == 2 * groups:
        assert read_steps(listed, images, entries)[0][1].shape == (4, 2, 2)
    else:
        with pytest.raises(UnreadableError, match=f"on .*, {groups} groups"):
            read_steps(listed, images, entries)


@every_arithmetic
def test_what_is_computed_of_equal_outputs_is_no_difference_above_zero(numbers):
    ends = numbers.array(np.full((1, 2), 0.7)), numbers.array(np.full((1, 2), 0.7))
    radius = numbers.array(np.zeros((1, 2)))
    network = SimpleNamespace(between=lambda inputs, lams: (*ends, radius))
    bounds = SimpleNamespace(
        _numbers=numbers, _network=network, file=SimpleNamespace(inputs=np.zeros((1, 3)))
    )
    found = Bounds.least_difference(bounds, SimpleNamespace(sample=0, plus=0, minus=1), 0.0, 1.0)
    assert -1e-12 < found <= 0


@pytest.mark.parametrize("plus", range(-1, WIDTH + 2))
def test_a_witness_is_among_the_outputs(plus):
    file = SimpleNamespace(loss="absolute", targets=np.zeros((2, WIDTH + 2)), outputs=WIDTH)
    claim = Claim(0.0, 0.5, 1.0, sample=1, plus=plus, minus=-1, scale=1.0, low=1.0, touches="")
    if 0 <= plus < WIDTH:
        require_sense(file, "condition 1", claim)
    else:
        with pytest.raises(RefusedError, match=r"which are not there|no witness"):
            require_sense(file, "condition 1", claim)
    if plus >= WIDTH:
        with pytest.raises(RefusedError, match="which are not there"):
            require_sense(file, "condition 1", claim)


def test_what_never_holds_is_refused_after_as_many_halvings_as_are_allowed():
    asked = []

    def holds(left, right):
        asked.append(right - left)
        return False

    with pytest.raises(RefusedError, match=r"so it is on all of \[0\.0, 0\.015625\]"):
        require_everywhere(holds, 0.0, 1.0, "so it is")
    assert asked == [2.0**-k for k in range(HALVINGS + 1)]


def test_an_interruption_has_the_shells_exit_code(monkeypatch, capsys):
    def interrupted(path, options):
        raise KeyboardInterrupt

    monkeypatch.setattr("construction.recheck.__main__._verified", interrupted)
    assert main(["proof.npz"]) == 130
    assert "interrupted" in capsys.readouterr().err
