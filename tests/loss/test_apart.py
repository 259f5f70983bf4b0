"""A user's loss is taken if its value for a sample is that sample's alone, else refused."""

import pytest
import torch
from torch.nn import functional

from construction import surface
from construction.errors import InputError
from construction.loss.catalogue import require_apart
from construction.loss.custom import Custom
from construction.search.bending import bend
from construction.theorem.construct import construct

from ..prescribed_outputs import Prescribed, as_network
from ..problems import classified, trained

CLASSES = torch.tensor([0.2, 1.0, 7.0], dtype=torch.float64)


def weighted_mean(p, y):
    """The mean that `torch.nn.CrossEntropyLoss(weight)` takes, as one value a sample."""
    each = functional.cross_entropy(p, y, weight=CLASSES, reduction="none")
    return each * len(y) / CLASSES[y].sum()


def compared(function, outputs, raw, *, tile=10**9):
    loss = Custom(function)
    tiles = Prescribed(lambda _: outputs, raw, loss, tile=tile).tiles(0.0)()
    require_apart(loss, tiles, len(outputs))


def outputs_of(samples, width=3):
    return torch.randn(samples, width, generator=torch.Generator().manual_seed(0)).double()


@pytest.mark.parametrize("tile", [1, 7, 1000])
@pytest.mark.parametrize("samples", [2, 3, 50, 500])
def test_a_mean_weighted_by_class_is_refused_however_the_labels_are_ordered(samples, tile):
    shuffled = torch.arange(samples) % 3
    for labels in (shuffled, shuffled.sort().values):
        with pytest.raises(InputError, match=r"one value a sample, whatever samples are beside"):
            compared(weighted_mean, outputs_of(samples), labels, tile=tile)


def test_the_two_values_are_those_of_the_sample_in_different_company():
    labels = torch.tensor([0, 0, 2, 2])
    plain = functional.cross_entropy(torch.zeros(4, 3), labels, reduction="none").double()
    inside, alone = plain[0] * 4 * 0.2 / 14.4, plain[0]  # of label 0 only, weights cancel
    said = f"{float(inside):.6g} for sample 0 among 4 samples and {float(alone):.6g} .* among 2, "
    with pytest.raises(InputError, match=said + r"with predictions \(4, 3\) and targets \(4,\)\."):
        compared(weighted_mean, torch.zeros(4, 3).double(), labels)


def test_targets_that_broadcast_against_the_outputs_are_refused_with_both_shapes():
    said = (
        r"with predictions \(40, 1\) and targets \(40,\), which broadcast to \(40, 40\)\. .*"
        r"targets\.unsqueeze\(1\)"
    )
    with pytest.raises(InputError, match=said):
        compared(lambda p, y: ((p - y) ** 2).mean(1), outputs_of(40, 1), outputs_of(40)[:, 0])


def own_error(p, y):
    return (p.squeeze(1) - y) ** 2


def weighted_by_own_class(p, y):
    return functional.cross_entropy(p, y, weight=CLASSES, reduction="none")


@pytest.mark.parametrize("tile", [1, 7, 1000])
@pytest.mark.parametrize("samples", [1, 2, 50, 500])
def test_a_loss_of_each_sample_alone_passes(samples, tile):
    labels = torch.arange(samples) % 3
    compared(own_error, outputs_of(samples, 1), outputs_of(samples)[:, 0], tile=tile)
    compared(weighted_by_own_class, outputs_of(samples), labels, tile=tile)
    compared(lambda p, y: own_error(p.float(), y), outputs_of(samples, 1), labels, tile=tile)
    compared(lambda p, y: 0 * p.sum(1), outputs_of(samples), labels, tile=tile)


@pytest.mark.parametrize("memory", [10**9, 3 * 10**4])
def test_every_way_to_a_path_refuses_it_whatever_the_memory(memory):
    labels = (torch.arange(600) % 3).sort().values
    model, path, data = as_network(lambda lam: (2 - lam) * outputs_of(600), labels)
    with pytest.raises(InputError, match="whatever samples are beside it"):
        construct(model, path, data, loss=weighted_mean, points=3, memory=memory)
    network, line, (inputs, targets) = trained()
    with pytest.raises(InputError, match="whatever samples are beside it"):
        bend(
            network,
            line(0.0),
            line(1.0),
            (inputs, targets),
            loss=lambda p, y: ((p - y) ** 2 - (p - y).mean(0) ** 2).sum(1),
            steps=1,
            memory=memory,
        )


def cleared(p, y):
    """Cross-entropy that ignores class -100 by overwriting it, where there is one."""
    if (y < 0).any():
        y.masked_fill_(y < 0, 0)
    return functional.cross_entropy(p, y, reduction="none")


def cleared_by_numpy(p, y):
    """The same, by writing into the memory of the labels."""
    labels = y.numpy()
    labels[labels < 0] = 0
    return functional.cross_entropy(p, torch.from_numpy(labels), reduction="none")


def on_a_plane(model, path, data, **options):
    return surface(model, path(1.0), data, **options)


@pytest.mark.parametrize("measure", [construct, on_a_plane])
@pytest.mark.parametrize("function", [cleared, cleared_by_numpy])
def test_a_loss_that_writes_into_its_targets_is_refused_and_they_stay(measure, function):
    model, path, (x, y) = classified()
    y[5::7] = -100  # none among the first, which are looked at before
    before = y.clone()
    with pytest.raises(InputError, match=r"leaves its predictions and .* into its targets\."):
        measure(model, path, (x, y), loss=function, points=3)
    assert torch.equal(y, before)


def test_a_loss_that_writes_into_its_predictions_is_refused():
    def doubling(p, y):
        with torch.no_grad():
            p.mul_(2)
        return (p - y).square().sum(1)

    with pytest.raises(InputError, match=r"leaves its predictions .* into its predictions\."):
        compared(doubling, outputs_of(9), torch.zeros(9, 1))


def test_targets_made_in_inference_mode_are_taken():
    model, path, (x, y) = trained()
    with torch.inference_mode():
        targets = y.clone()
    found = construct(model, path, (x, targets), loss=lambda p, y: (p - y).square().sum(1))
    wanted = construct(model, path, (x, y))
    assert found.objective == pytest.approx(wanted.objective, rel=1e-9)
