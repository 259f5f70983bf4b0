"""Tensors, arrays and loaders give the same tiles, the same sheets, and refuse the same things."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from construction import Line, construct, mlp
from construction.errors import InputError
from construction.forward.batches import Reading
from construction.forward.forward import Forward
from construction.forward.samples import Samples
from construction.loss.catalogue import LOSSES, as_loss
from construction.network.heads import scale_head

CPU = torch.device("cpu")
X = torch.randn(150, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = torch.arange(150) % 3
TINY = 9_000  # a budget, in bytes, a quarter of which does not hold 60 of these samples
ONE_OUTPUT = {"hinge", "binary_cross_entropy"}


def samples(data, budget=10**6, dtype=torch.float64, tile=40):
    found = Samples(data, CPU, dtype, budget)
    found.divide(tile)
    return found


def loader(*data, **options):
    return DataLoader(TensorDataset(*data), **{"batch_size": 7, **options})


def problem(outputs=3):
    """A model with a path on which every loss has a right branch, in float64."""
    model = mlp((4, 6, outputs), seed=1).double()
    initial = scale_head(model.state_dict(), "3", 3.0)
    return model, Line(
        initial, scale_head(mlp((4, 6, outputs), seed=2).double().state_dict(), "3", 0.05)
    )


@pytest.mark.parametrize("budget", [10**6, 100])
@pytest.mark.parametrize("batch", [1, 7, 40, 149, 200])
@pytest.mark.parametrize("tile", [1, 40, 1000])
def test_a_loader_gives_the_tiles_of_its_tensors_whatever_its_batches(budget, batch, tile):
    wanted = list(samples((X, Y), tile=tile))
    found = samples(loader(X, Y, batch_size=batch), budget, tile=tile)
    assert found.streams == (budget == 100)
    for _ in range(2):
        for pair, other in zip(found, wanted, strict=True):
            assert all(torch.equal(a, b) for a, b in zip(pair, other, strict=True))


@pytest.mark.parametrize("tile", [1, 7, 50, 149, 150, 151])
def test_tiles_are_of_nearly_equal_size_and_hold_each_sample_once(tile):
    tiles = [inputs for inputs, _ in samples((X, Y), tile=tile)]
    sizes = {len(inputs) for inputs in tiles}
    assert max(sizes) <= tile
    assert max(sizes) - min(sizes) <= 1
    assert torch.equal(torch.cat(tiles), X)


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        *((name, "paper") for name in [*LOSSES, "custom"]),
        ("squared", "valley"),
        ("cross_entropy", "valley"),
    ],
)
def test_a_loader_that_does_not_fit_gives_the_path_of_its_tensors(name, profile):
    model, path = problem(outputs=1 if name in ONE_OUTPUT else 3)
    x, targets = X[:60], Y[:60]
    if name in ONE_OUTPUT:
        targets = (targets[:, None] % 2).double()
    elif name in ("absolute", "huber", "pinball", "poisson"):
        targets = nn.functional.one_hot(targets, 3).double()
    loss = name if name != "custom" else (lambda p, y: (p - y[:, None]).square().square().sum(1))
    one, other = (
        construct(model, path, data, loss=loss, profile=profile, points=4, memory=memory)
        for data, memory in (((x, targets), 10**9), (loader(x, targets, batch_size=25), TINY))
    )
    assert other.forward.data.streams
    np.testing.assert_allclose(other.scale, one.scale, rtol=1e-12)
    np.testing.assert_allclose(other.objective, one.objective, rtol=1e-12)


class Counted(Dataset):
    """Counts how often each sample is read."""

    def __init__(self):
        self.reads = 0

    def __len__(self):
        return len(X)

    def __getitem__(self, k):
        self.reads += 1
        return X[k], Y[k]


@pytest.mark.parametrize(("loss", "passes"), [("squared", 1), ("cross_entropy", 5)])
def test_a_large_loader_is_read_once_for_squared_loss_and_else_once_a_lambda(loss, passes):
    data = Counted()
    options = {"loss": as_loss(loss), "memory": 20_000}
    model, line = problem()
    forward = Forward(model, lambda lam: line(lam), DataLoader(data, batch_size=50), **options)
    assert forward.data.streams
    data.reads = 0
    forward.along([0.0, 0.25, 0.5, 0.75, 1.0])
    assert data.reads == passes * len(X)


@pytest.mark.parametrize(("loss", "passes"), [("squared", 2), ("cross_entropy", 1 + 2 * 5 + 1)])
def test_a_whole_construction_reads_as_often_as_the_page_on_several_machines_says(
    loss, passes, monkeypatch
):
    monkeypatch.setattr(
        "construction.condition.examine.lows_of", lambda *_: []
    )  # which this grid has
    data = Counted()
    options = {"loss": loss, "points": 5, "memory": 20_000}
    result = construct(*problem(), DataLoader(data, batch_size=50), **options)
    (route,) = result.record().routes
    assert not result.forward.rays.kept
    assert getattr(route.sheet, "table", None) is None
    assert data.reads == passes * len(X)


def test_a_small_loader_is_read_once_in_all():
    data = Counted()
    construct(*problem(), DataLoader(data, batch_size=50), loss="cross_entropy", points=5)
    assert data.reads == len(X)


def test_a_loader_that_shuffles_does_so_alike_in_every_pass_and_leaves_the_users_numbers():
    torch.manual_seed(3)
    own = torch.Generator().manual_seed(9)
    for generator in (None, own):
        shuffled = loader(X, Y, shuffle=True, generator=generator)
        before = torch.get_rng_state(), own.get_state()
        found = samples(shuffled, budget=100)
        first, second = ([inputs for inputs, _ in found] for _ in range(2))
        assert torch.equal(torch.cat(first), torch.cat(second))
        assert not torch.equal(torch.cat(first), X)
        assert torch.equal(torch.get_rng_state(), before[0])
        assert torch.equal(own.get_state(), before[1])


def test_a_pass_that_is_left_midway_leaves_the_users_numbers():
    before = torch.get_rng_state()
    for _ in samples(loader(X, Y, shuffle=True), budget=100):
        break
    assert torch.equal(torch.get_rng_state(), before)


class Augmented(Counted):
    """Adds noise from a source of random numbers."""

    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def __getitem__(self, k):
        return X[k] + self.draw(), Y[k]


def test_augmentation_by_the_usual_random_numbers_is_the_same_in_every_pass():
    for draw in (lambda: torch.rand(4), lambda: float(np.random.rand())):
        found = samples(DataLoader(Augmented(draw), batch_size=50), budget=100)
        first, second = (torch.cat([inputs for inputs, _ in found]) for _ in range(2))
        assert torch.equal(first, second)
        assert not torch.equal(first, X)


def test_data_that_change_between_passes_are_refused():
    rng = np.random.default_rng(0)
    found = samples(DataLoader(Augmented(lambda: rng.random()), batch_size=50), budget=100)
    with pytest.raises(InputError, match=r"same samples in every pass; found sums .* changed from"):
        list(found)


class Once(IterableDataset):
    """Can be gone through a single time."""

    def __init__(self):
        self.rest = zip(X, Y, strict=True)

    def __iter__(self):
        return self.rest


def test_a_stream_that_can_be_read_once_is_refused_where_it_is_not_kept():
    assert len(torch.cat([x for x, _ in samples(DataLoader(Once(), batch_size=9))])) == len(X)
    with pytest.raises(InputError, match=r"changed from .* to 0\. .*read more than once"):
        list(samples(DataLoader(Once(), batch_size=9), budget=100))


class Mispaired(Counted):
    """The same inputs and the same targets, which do not belong together from the second pass."""

    def __getitem__(self, k):
        self.reads += 1
        return X[k], Y[(k + (self.reads > len(X))) % len(X)]


def test_targets_that_change_places_are_noticed():
    with pytest.raises(InputError, match="same samples in every pass"):
        list(samples(DataLoader(Mispaired(), batch_size=50), budget=100))


def test_worker_processes_give_the_same_samples():
    found = samples(loader(X, Y, shuffle=True, num_workers=1, batch_size=75), budget=100)
    first, second = (torch.cat([inputs for inputs, _ in found]) for _ in range(2))
    assert torch.equal(first, second)


def test_float32_data_are_converted_tile_by_tile_where_a_copy_does_not_fit():
    single = X.float()
    for budget in (10**6, 10):
        found = samples((single, Y), budget)
        assert found.held == (X.numel() * 8 if budget > 10 else 0)
        assert torch.equal(torch.cat([inputs for inputs, _ in found]), single.double())


def test_data_of_the_right_type_are_not_copied():
    found = samples((X, Y))
    assert next(iter(found))[0].data_ptr() == X.data_ptr()


def test_arrays_that_must_not_be_written_to_are_read():
    array = X.numpy().copy()
    array.flags.writeable = False
    found = samples((array, Y.tolist()))
    assert torch.equal(torch.cat([inputs for inputs, _ in found]), X)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (DataLoader([{"pixels": X[0], "class": 1}]), "a dict with the entries 'pixels', 'class'"),
        (DataLoader([(X[0], 1, 2)]), "a list of 3: Tensor, Tensor, Tensor"),
        (DataLoader([X[0]]), "Tensor"),
        (X[:2], "Tensor"),
        ([X], "a list of 1: Tensor"),
    ],
    ids=["dict", "three", "one", "tensor", "list"],
)
def test_batches_that_are_no_pair_are_refused_with_the_way_to_say_what_they_are(data, found):
    with pytest.raises(InputError, match=rf"a pair .*found {found}\. .*predict=lambda model"):
        samples(data)


def test_a_loader_without_samples_and_one_with_a_bad_sample_are_refused():
    with pytest.raises(InputError, match=r"at least one sample on every rank; found none"):
        samples(DataLoader(TensorDataset(X[:0], Y[:0])))
    bad = X.clone()
    bad[77] = torch.nan
    with pytest.raises(InputError, match="finite inputs; found NaN"):
        samples(loader(bad, Y))


@pytest.mark.parametrize("whole", [True, False], ids=["tensors", "loader"])
def test_nan_targets_are_told_as_that(whole):
    bad = Y.double()
    bad[5] = torch.nan
    with pytest.raises(InputError, match=r"finite targets; found NaN or infinite ones"):
        samples((X, bad) if whole else loader(X, bad))


@pytest.mark.parametrize(
    ("pair", "kind"),
    [((X.to_sparse(), Y), "a sparse"), ((X, Y.to("meta")), "a tensor without values")],
    ids=["sparse", "meta"],
)
def test_tensors_of_unusual_kinds_are_refused(pair, kind):
    with pytest.raises(InputError, match=f"inputs and targets as plain tensors; found {kind}"):
        samples(pair)


class Tokens(nn.Module):
    """Mean of embeddings, then a head."""

    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(11, 8), nn.Linear(8, 3)

    def forward(self, tokens):
        return self.head(torch.tanh(self.embedding(tokens)).mean(1))


@pytest.mark.parametrize("kind", [torch.int64, torch.int32])
def test_integer_inputs_stay_integers_for_models_with_embeddings(kind):
    torch.manual_seed(0)
    one, other = Tokens().state_dict(), Tokens().state_dict()
    path = Line(scale_head(one, "head", 9.0), scale_head(other, "head", 0.01))
    tokens = torch.randint(0, 11, (30, 5)).to(kind)
    wanted = construct(Tokens(), path, (tokens, Y[:30]), points=5)
    found = construct(Tokens(), path, loader(tokens, Y[:30]), points=5)
    np.testing.assert_allclose(found.scale, wanted.scale, rtol=1e-12)
    assert wanted.certify(11).holds


class Grid(nn.Module):
    """Outputs of shape (samples, 2, 3)."""

    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 10), nn.Linear(5, 3)

    def forward(self, x):
        return self.head(torch.relu(self.body(x)).reshape(-1, 2, 5))


def test_targets_of_several_dimensions_are_summed_over_all_of_them():
    torch.manual_seed(0)
    model = Grid().double()
    initial = scale_head(model.state_dict(), "head", 9.0)
    targets = torch.randn(150, 2, 3).double()
    path = Line(initial, scale_head(initial, "head", 0.01))
    result = construct(model, path, (X, targets), points=5)
    outputs = torch.func.functional_call(model, path(0.5), (X,)).detach()
    wanted = (outputs - targets).square().sum((1, 2)).mean()
    assert result.empirical[2] == pytest.approx(float(wanted), rel=1e-13)
    assert result.certify(11).holds


def test_labels_that_fit_no_axis_of_the_outputs_are_refused():
    torch.manual_seed(0)
    model = Grid().double()
    path = Line(model.state_dict(), scale_head(model.state_dict(), "head", 0.01))
    with pytest.raises(InputError, match=r"\(samples,\) and outputs \(samples, classes\).*one row"):
        construct(model, path, (X, torch.zeros(150, 4).long()), loss="cross_entropy")


@pytest.mark.parametrize("options", [{"shuffle": True}, {"batch_size": 75}, {"batch_size": None}])
def test_a_tensor_of_weights_is_refused_where_a_loader_decides_which_sample_they_meet(options):
    """A loader that shuffles gave them to other samples, one of two halves gave half to both."""
    count = options.get("batch_size") or 150
    given = {"batch_size": 150, **options}
    weights = torch.linspace(0, 1, count)
    with pytest.raises(InputError, match=r"weights as a function of a batch.*batch\[2\]"):
        Samples(loader(X, Y, **given), CPU, X.dtype, 10**6, Reading(weights=weights))


def test_a_loader_that_gives_all_samples_at_once_in_order_takes_a_tensor_of_weights():
    weights = torch.linspace(0, 1, 150)
    found = Samples(loader(X, Y, batch_size=150), CPU, X.dtype, 10**6, Reading(weights=weights))
    assert found.weight == pytest.approx(75)


def test_complex_targets_and_weights_are_refused_and_complex_inputs_are_the_models_own():
    targets = torch.nn.functional.one_hot(Y, 3) * (1 + 5j)
    with pytest.raises(
        InputError, match=r"targets that are real .* torch\.complex64\. Pass .*view_as_real"
    ):
        samples((X, targets))
    with pytest.raises(InputError, match=r"weights that are real numbers; found complex ones"):
        Samples((X, Y), CPU, X.dtype, 10**6, Reading(weights=targets[:, 0]))

    class Parts(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner(torch.cat([x.real, x.imag], 1))

    model, path = problem()
    both = [{f"inner.{name}": value for name, value in path(end).items()} for end in (0.0, 1.0)]
    wanted = construct(model, path, (X, Y), points=5)
    found = construct(Parts(model), Line(*both), (torch.complex(X[:, :2], X[:, 2:]), Y), points=5)
    np.testing.assert_allclose(found.scale, wanted.scale, rtol=1e-12)
