"""P[L(W) > L(0)] against closed forms, enumeration and the pairing behind the bound."""

import itertools
import math
from dataclasses import FrozenInstanceError, replace
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Generator, nn

from construction.data import load
from construction.errors import InputError, RecordError
from construction.experiments.proposition.counted import Probability, bound
from construction.experiments.proposition.measure import digits
from construction.experiments.proposition.probability import excesses, probability
from construction.experiments.proposition.random_networks import INITIALISATIONS, draw, outputs_of
from construction.experiments.proposition.settings import Proposition
from construction.experiments.proposition.study import Study
from construction.files.archive import FORMAT
from construction.loss.catalogue import as_loss
from construction.loss.loss import Custom
from construction.record.record import Record

LOSSES = ("squared", "cross_entropy")


def one_sample(target: float) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.ones(1, 1), torch.full((1, 1), target)


def measured(widths, data, **options) -> Probability:
    (found,) = probability(widths, data, **{"losses": ["squared"], "networks": 20000, **options})
    return found


def contains(found: Probability, wanted: float) -> bool:
    low, high = found.interval
    return low <= wanted <= high


# --- closed forms --------------------------------------------------------------------------------


@pytest.mark.parametrize("initialisation", ["he", "small", "sphere"])
@pytest.mark.parametrize("width", [1, 2, 3, 6])
def test_one_sample_with_a_far_target_attains_the_bound(initialisation, width):
    # N > 2 y never happens, and N < 0 wherever some unit is active and the pair falls this way
    found = measured((1, width, 1), one_sample(1e6), initialisation=initialisation)
    assert found.bound == (1 - 2.0**-width) / 2
    assert contains(found, found.bound)
    assert found.neither / found.networks == pytest.approx(2.0**-width, abs=0.02)


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
    data = digits(Proposition("", per_digit=2))
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
    found = measured((1, 1, 1), one_sample(1.0), networks=1000)
    layers = draw((1, 1, 1), "he", 20000, Generator().manual_seed(0))
    silent = float((outputs_of(layers, torch.ones(1, 1)) == 0).float().mean())
    assert found.neither / found.networks == pytest.approx(silent, abs=0.06)


def test_on_one_output_neuron_of_equal_signs_cross_entropy_has_no_opinion():
    # one hidden unit on the sphere: ten weights +-sqrt(2), all alike with probability 2^-9
    data = digits(Proposition("", per_digit=2))
    options = {"initialisation": "sphere", "networks": 4000}
    squared, entropy = probability((784, 1, 10), data, **options)
    wanted = 2.0**-9 * (4000 - squared.neither)
    assert abs(entropy.neither - squared.neither - wanted) < 5 * math.sqrt(wanted)
    assert entropy.neither > squared.neither


@pytest.mark.parametrize("initialisation", ["he", "small", "sphere"])
@pytest.mark.parametrize("before", [(), (16,)], ids=["shallow", "deep"])
def test_on_digits_no_interval_lies_below_the_bound(initialisation, before):
    data = digits(Proposition("", per_digit=2))
    for width in (1, 2, 4):
        widths = (784, *before, width, 10)
        options = {"initialisation": initialisation, "networks": 500, "samples": (1, 20)}
        found = probability(widths, data, **options)
        assert all(one.covered for one in found)
        assert "below" not in [one.verdict for one in found]


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("above", [0, 1, 17, 39, 40])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.9999])
def test_the_interval_is_scipys_exact_one(above, confidence):
    found = Probability("squared", "he", (1, 1, 1), 1, 40, above, 0, confidence)
    wanted = stats.binomtest(above, 40).proportion_ci(confidence, "exact")
    np.testing.assert_allclose(found.interval, wanted, rtol=1e-6)  # scipy's own tolerance


@pytest.mark.parametrize(("above", "verdict"), [(0, "below"), (30, "around"), (70, "above")])
def test_the_verdict_says_where_the_interval_lies(above, verdict):
    found = Probability("squared", "he", (1, 1, 1), 1, 100, above, 0, 0.99)
    assert (found.verdict, found.value) == (verdict, above / 100)


def test_the_bound_grows_with_the_width_to_one_half():
    bounds = [bound(n) for n in range(1, 60)]
    assert bounds[:3] == [0.25, 0.375, 0.4375]
    assert (np.diff(bounds[:50]) > 0).all()
    assert bounds[-1] == 0.5
    assert Probability("squared", "he", (784, 64, 3, 10), 1, 1, 0, 0, 0.9).bound == bound(3)


def test_the_proposition_speaks_of_symmetric_neurons_and_two_losses():
    one = Probability("squared", "he", (1, 1, 1), 1, 1, 0, 0, 0.9)
    assert one.covered
    for changes in ({"initialisation": "default"}, {"initialisation": "xavier"}, {"loss": "huber"}):
        assert not replace(one, **changes).covered
    with pytest.raises(FrozenInstanceError):
        one.above = 1


def test_the_same_seed_gives_the_same_counts_and_leaves_the_global_stream_alone():
    data, before = one_sample(0.5), torch.get_rng_state()
    first, again, other = (measured((1, 2, 1), data, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.above != other.above
    assert torch.equal(torch.get_rng_state(), before)


def test_losses_and_numbers_of_samples_share_their_networks():
    data = digits(Proposition("", per_digit=1))
    options = {"networks": 200, "initialisation": "default"}
    together = probability((784, 3, 10), data, samples=(1, 10), **options)
    assert [(one.loss, one.samples) for one in together] == [
        (loss, count) for loss in LOSSES for count in (1, 10)
    ]
    alone = [
        one
        for loss in LOSSES
        for count in (1, 10)
        for one in probability((784, 3, 10), data, losses=[loss], samples=[count], **options)
    ]
    assert alone == together
    assert probability((784, 3, 10), data, **options) == together[1::2]


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("widths", [(1, 1), (2, 1, 1)])
def test_widths_that_do_not_fit_are_refused(widths):
    with pytest.raises(InputError, match=r"widths of 1 inputs, at least one hidden.*Give \(inputs"):
        measured(widths, one_sample(1.0))


@pytest.mark.parametrize("samples", [(0,), (1, 2)])
def test_numbers_of_samples_that_are_not_there_are_refused(samples):
    with pytest.raises(InputError, match=r"samples from 1 to 1; found .*Pass more data"):
        measured((1, 1, 1), one_sample(1.0), samples=samples)


@pytest.mark.parametrize("options", [{"networks": 0}, {"confidence": 1.0}, {"confidence": 0.0}])
def test_numbers_out_of_range_are_refused(options):
    with pytest.raises(InputError, match=r"one network and a confidence in \(0, 1\).*good numbers"):
        measured((1, 1, 1), one_sample(1.0), **options)


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="an initialisation among"):
        measured((1, 1, 1), one_sample(1.0), initialisation="hee")
    with pytest.raises(InputError, match="a loss among"):
        measured((1, 1, 1), one_sample(1.0), losses=["sqared"])


def test_a_loss_of_the_users_own_is_refused():
    own = Custom(lambda p, y: (p - y).square().sum(1), "mine")
    with pytest.raises(InputError, match=r"a loss of the package; found the function 'mine'\. N"):
        excesses(own, torch.zeros(2, 1, 3), torch.zeros(3, 1))


# --- the study on disk ---------------------------------------------------------------------------


def study() -> Study:
    data = one_sample(0.5)
    found = [
        one
        for name in ("he", "default")
        for width in (1, 2)
        for one in probability(
            (1, width, 1), data, initialisation=name, losses=["squared", "huber"]
        )
    ]
    return Study(tuple(found), {"title": "A study"})


def test_a_study_comes_back_as_it_was_saved(tmp_path):
    saved = study()
    loaded = Study.load(saved.save(tmp_path / "study.npz"))
    assert loaded.measured == saved.measured
    assert loaded.manifest == {"title": "A study", "format": FORMAT}


def test_a_curve_runs_over_the_widths():
    curves = study().curves
    assert curves == [(i, x, 1) for i in ("he", "default") for x in ("squared", "huber")]
    assert [one.width for one in study().curve("default", "huber", 1)] == [1, 2]
    with pytest.raises(InputError, match=r"one of the curves 'he', 'squared', 1; .*found \('he'"):
        study().curve("he", "squared", 2)


@pytest.mark.parametrize("cut", [0, 100, -1])
def test_a_damaged_study_is_refused(tmp_path, cut):
    place = study().save(tmp_path / "study.npz")
    place.write_bytes(place.read_bytes()[:cut])
    with pytest.raises(RecordError):
        Study.load(place)


def test_a_changed_digit_of_a_study_is_noticed(tmp_path):
    place = study().save(tmp_path / "study.npz")
    with ZipFile(place) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    told = contents["manifest.json"]
    assert b'"confidence": 0.9999' in told
    contents["manifest.json"] = told.replace(b'"confidence": 0.9999', b'"confidence": 0.9998')
    with ZipFile(place, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    with pytest.raises(RecordError, match="a whole record"):
        Study.load(place)


def test_a_missing_study_is_named(tmp_path):
    with pytest.raises(RecordError, match="no such file"):
        Study.load(tmp_path / "none.npz")


def test_a_study_is_no_record_of_a_path_nor_the_other_way_round(tmp_path):
    place = study().save(tmp_path / "study.npz")
    with pytest.raises(RecordError, match="routes"):
        Record.load(place)
    with pytest.raises(RecordError, match="measured"):
        Study.load(Record(()).save(tmp_path / "record.npz"))


def test_the_digits_are_the_first_of_each_class_in_their_order():
    images, labels = digits(Proposition("", per_digit=3))
    whole = load("mnist-5k")
    assert images.shape == (30, 784)
    assert np.bincount(labels.numpy()).tolist() == [3] * 10
    assert labels[:10].tolist() == whole.train_labels[:10].tolist()
