"""P[L(W) > L(0)] against closed forms and enumeration, and its bound."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Generator, nn

from construction.errors import InputError
from construction.experiments.proposition.measure import (
    INITIALISATIONS,
    count_above,
    draw,
    excesses,
    outputs_of,
)
from construction.experiments.proposition.words import (
    ShareCurve,
    curves,
    finding,
    interval,
)
from construction.loss.catalogue import as_loss
from construction.record.findings import Findings
from construction.training.build import inputs_of
from construction.training.recipe import Recipe

LOSSES = ("squared", "cross_entropy")


def one_sample(target: float) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.ones(1, 1), torch.full((1, 1), target)


def digits(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """So many of each class."""
    images, labels = inputs_of(Recipe(samples=count))[:2]
    return images.flatten(1), labels


def measured(widths, data, **options) -> ShareCurve:
    """A curve of one width."""
    options = {"losses": ["squared"], "networks": 20000, **options}
    (curve,) = curves(count_above(widths, data, **options))
    return curve


def contains(curve: ShareCurve, wanted: float) -> bool:
    low, high = curve.interval
    return low[0] <= wanted <= high[0]


# --- closed forms --------------------------------------------------------------------------------


@pytest.mark.parametrize("initialisation", ["he", "small", "sphere"])
@pytest.mark.parametrize("width", [1, 2, 3, 6])
def test_one_sample_with_a_far_target_attains_the_bound(initialisation, width):
    # N > 2 y never happens, and N < 0 wherever some unit is active and the pair falls this way
    found = measured((1, width, 1), one_sample(1e6), initialisation=initialisation)
    assert found.bound.tolist() == [(1 - 2.0**-width) / 2]
    assert contains(found, found.bound[0])
    counted = count_above(
        (1, width, 1), one_sample(1e6), losses=["squared"], initialisation=initialisation
    )
    assert counted["neither"].item() / 2000 == pytest.approx(2.0**-width, abs=0.05)


@pytest.mark.parametrize("target", [0.1, 0.5, 2.0])
def test_one_gaussian_unit_is_above_as_often_as_its_integral_says(target):
    # N = v max(w, 0) with v, w normal of variance 2: above where N < 0 or N > 2 y
    law = stats.norm(scale=math.sqrt(2))
    far, _ = integrate.quad(lambda w: law.pdf(w) * law.sf(2 * target / w), 0, 20)
    assert contains(measured((1, 1, 1), one_sample(target)), 0.25 + far)


@pytest.mark.parametrize("target", [0.5, 1.5, 3.0])
@pytest.mark.parametrize("widths", [(1, 1, 1), (1, 1, 1, 1)], ids=str)
def test_on_the_sphere_of_one_dimension_it_is_the_share_of_sign_patterns(widths, target):
    above = []
    for signs in itertools.product([-1, 1], repeat=len(widths) - 1):
        signal = 1.0
        for sign in signs:
            signal = sign * math.sqrt(2) * max(signal, 0)
        above.append((signal - target) ** 2 > target**2)
    assert contains(measured(widths, one_sample(target), initialisation="sphere"), np.mean(above))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_excess_is_the_difference_of_pytorchs_own_losses(loss):
    layers = draw((5, 3, 4), "he", 6, Generator().manual_seed(0))
    inputs = torch.randn(9, 5, generator=Generator().manual_seed(1))
    labels = torch.arange(9) % 4
    outputs = outputs_of(layers, inputs)
    own, mirrored = excesses(as_loss(loss), outputs, labels)

    def summed(predictions):
        if loss == "cross_entropy":
            return nn.functional.cross_entropy(predictions, labels, reduction="sum")
        wanted = nn.functional.one_hot(labels, 4).double()
        return nn.functional.mse_loss(predictions, wanted, reduction="sum")

    zero = summed(torch.zeros(9, 4).double())
    for k in range(6):
        predictions = outputs[k].T.double()
        assert float(own[k]) == pytest.approx(float(summed(predictions) - zero), rel=1e-12)
        assert float(mirrored[k]) == pytest.approx(float(summed(-predictions) - zero), rel=1e-12)


def test_the_mirror_image_is_the_network_with_its_last_layer_negated():
    layers = draw((5, 3, 4), "default", 6, Generator().manual_seed(0))
    inputs, labels = torch.randn(9, 5, generator=Generator().manual_seed(1)), torch.arange(9) % 4
    last = layers[-1]._replace(weight=-layers[-1].weight, bias=-layers[-1].bias)
    loss = as_loss("cross_entropy")
    _, mirrored = excesses(loss, outputs_of(layers, inputs), labels)
    own, _ = excesses(loss, outputs_of([*layers[:-1], last], inputs), labels)
    torch.testing.assert_close(mirrored, own, rtol=1e-6, atol=1e-9)


# --- the pairing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_a_network_and_its_mirror_image_are_never_both_below(initialisation, loss):
    data = digits(2)
    layers = draw((784, 2, 10), initialisation, 500, Generator().manual_seed(3))
    outputs = outputs_of(layers, data[0])
    own, mirrored = excesses(as_loss(loss), outputs, data[1])
    assert (own + mirrored >= 0).all()
    # strictly, unless the outputs tell no class from another; for the squared loss vanish
    spread = outputs.amax(1) - outputs.amin(1) if loss == "cross_entropy" else outputs.abs().amax(1)
    tells = spread.amax(1) > 0
    assert torch.equal((own > 0) | (mirrored > 0), tells)
    assert int(tells.sum()) > 480


def test_networks_whose_outputs_vanish_are_neither():
    found = count_above((1, 1, 1), one_sample(1.0), losses=["squared"], networks=1000)
    layers = draw((1, 1, 1), "he", 20000, Generator().manual_seed(0))
    silent = float((outputs_of(layers, torch.ones(1, 1)) == 0).float().mean())
    assert found["neither"].item() / 1000 == pytest.approx(silent, abs=0.06)


def test_on_one_output_neuron_of_equal_signs_cross_entropy_has_no_opinion():
    # one hidden unit on the sphere: ten weights +-sqrt(2), all alike with probability 2^-9
    data = digits(2)
    options = {"initialisation": "sphere", "networks": 4000}
    found = count_above((784, 1, 10), data, **options)
    squared, entropy = found["neither"].ravel().tolist()
    wanted = 2.0**-9 * (4000 - squared)
    assert abs(entropy - squared - wanted) < 5 * math.sqrt(wanted)
    assert entropy > squared


@pytest.mark.parametrize("initialisation", ["he", "small", "sphere"])
@pytest.mark.parametrize("before", [(), (16,)], ids=["shallow", "deep"])
def test_on_digits_no_interval_lies_below_the_bound(initialisation, before):
    data = digits(2)
    for width in (1, 2, 4):
        widths = (784, *before, width, 10)
        options = {"initialisation": initialisation, "networks": 500, "samples": (1, 20)}
        found = curves(count_above(widths, data, **options))
        assert all(curve.covered for curve in found)
        assert ["below"] not in [curve.verdicts for curve in found]


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.9999])
def test_the_interval_is_scipys_exact_one(confidence):
    above = [0, 1, 17, 39, 40]
    found = np.transpose(interval(above, 40, confidence))
    wanted = [stats.binomtest(k, 40).proportion_ci(confidence, "exact") for k in above]
    np.testing.assert_allclose(found, wanted, rtol=1e-6)  # scipy's own tolerance


def of_counts(above, width=(1, 1, 1), initialisation="he", loss="squared") -> ShareCurve:
    """A curve of 100 networks each, with intervals of 99 %."""
    shape = (1, len(width), 1, 1)
    counts = {"above": np.array(above).reshape(shape), "neither": np.zeros(shape)}
    described = {"initialisations": [initialisation], "losses": [loss], "samples": [1]}
    described |= {"widths": [[5, n, 1] for n in width], "networks": 100, "confidence": 0.99}
    (curve,) = curves(Findings(counts, described))
    return curve


def test_the_verdict_says_where_the_interval_lies():
    one = of_counts([0, 30, 70])
    assert one.verdicts == ["below", "around", "above"]
    assert one.share.tolist() == [0, 0.3, 0.7]
    assert one.nearest == 0


@pytest.mark.parametrize(
    ("above", "words"),
    [
        ([0, 30, 70], "farthest below is 0.000 [0.000, 0.052] beside 0.250"),
        ([40, 30, 70], "nearest is 0.300 [0.189, 0.431] beside 0.250"),
    ],
)
def test_an_interval_below_the_bound_is_not_told_as_the_nearest(above, words):
    """With the exact intervals of 99 % that `scipy.stats.binomtest` has, too."""
    shape = (1, 3, 1, 1)
    counts = {"above": np.array(above).reshape(shape), "neither": np.zeros(shape)}
    described = {"initialisations": ["xavier"], "losses": ["squared"], "samples": [1]}
    described |= {"widths": [[5, 1, 1]] * 3, "networks": 100, "confidence": 0.99}
    assert words in finding(Findings(counts, described))


def test_the_bound_grows_with_the_width_to_one_half():
    bounds = of_counts([1] * 59, width=range(1, 60)).bound
    assert bounds[:3].tolist() == [0.25, 0.375, 0.4375]
    assert (np.diff(bounds[:50]) > 0).all()
    assert bounds[-1] == 0.5
    deep = measured((1, 64, 3, 1), one_sample(1.0), networks=1)
    assert deep.bound.tolist() == [0.4375]


def test_the_proposition_speaks_of_symmetric_neurons_and_two_losses():
    assert of_counts([0] * 3).covered
    for changes in ({"initialisation": "default"}, {"initialisation": "xavier"}, {"loss": "huber"}):
        assert not of_counts([0] * 3, **changes).covered


def test_the_same_seed_gives_the_same_counts_and_leaves_the_global_stream_alone():
    data, before = one_sample(0.5), torch.get_rng_state()
    first, again, other = (
        count_above((1, 2, 1), data, losses=["squared"], seed=seed).arrays for seed in (0, 0, 1)
    )
    assert all(np.array_equal(first[name], again[name]) for name in ("above", "neither"))
    assert not np.array_equal(first["above"], other["above"])
    assert torch.equal(torch.get_rng_state(), before)


def test_losses_and_numbers_of_samples_share_their_networks():
    data = digits(1)
    options = {"networks": 200, "initialisation": "default"}
    together = count_above((784, 3, 10), data, samples=(1, 10), **options)
    assert [(one.loss, one.samples) for one in curves(together)] == [
        (loss, count) for loss in LOSSES for count in (1, 10)
    ]
    for name in ("above", "neither"):
        for j, loss in enumerate(LOSSES):
            for k, samples in enumerate((1, 10)):
                asked = {"losses": [loss], "samples": [samples], **options}
                alone = count_above((784, 3, 10), data, **asked)
                assert alone[name] == together[name][0, 0, j, k]
        whole = count_above((784, 3, 10), data, **options)
        assert np.array_equal(whole[name], together[name][..., 1:])


def test_an_unknown_loss_is_refused():
    with pytest.raises(InputError, match="a loss among"):
        measured((1, 1, 1), one_sample(1.0), losses=["sqared"])


def test_an_unknown_initialisation_is_refused():
    with pytest.raises(InputError, match="an initialisation among"):
        measured((1, 1, 1), one_sample(1.0), initialisation="hee")


@pytest.mark.parametrize(
    "odd", [{"networks": 0}, {"samples": [2]}, {"samples": [0]}, {"confidence": 1.0}], ids=str
)
def test_numbers_of_which_nothing_could_be_said_are_refused(odd):
    with pytest.raises(InputError, match="from 1 to 1 samples, at least one network, and a con"):
        measured((1, 1, 1), one_sample(1.0), **odd)
