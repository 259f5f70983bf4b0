"""Outputs and targets of any shape, weights, soft and missing targets: as PyTorch has them."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from construction import CrossEntropy, Line, assess, construct
from construction.check import total_of, weight_of
from construction.errors import InputError
from construction.forward.store import sheet_of
from construction.loss.catalogue import as_loss
from construction.loss.loss import Weighted

from ..problems import copied

RANDOM = torch.Generator().manual_seed(0)
N, C = 7, 4
WEIGHT = torch.tensor([0.2, 3.0, 1.0, 0.5]).double()


def outputs(*shape):
    return torch.randn(*shape, generator=RANDOM, dtype=torch.float64)


def labels(*shape, ignored=-100):
    drawn = torch.randint(C, shape, generator=RANDOM)
    drawn.reshape(-1)[::3] = ignored
    return drawn


def weights(*shape):
    return torch.rand(*shape, generator=RANDOM, dtype=torch.float64)


def entropy(p, y, **options):
    return functional.cross_entropy(p, y, **options)


def weighted_mean(each, w):
    """Of entries (samples, ...) with weights of the samples."""
    each = each.reshape(len(each), -1).sum(1) if w.ndim < each.ndim else each
    return (each * w).sum() / w.sum()


def dense_weighted(p, y, w):
    counts = (y != -100) * w[:, None]
    return (entropy(p, y, reduction="none") * counts).sum() / counts.sum()


def soft(*shape):
    return torch.rand(*shape, generator=RANDOM, dtype=torch.float64).softmax(1)


def with_gaps(y):
    y = y.clone()
    y[::2, 0] = y[3] = torch.nan
    return y


def present(each, y):
    """Summed over the entries of a sample that are there, mean over the samples that have any."""
    rows = [
        sum(float(each[i, j]) for j in range(y.shape[1]) if not y[i, j].isnan())
        for i in range(len(y))
        if not y[i].isnan().all()
    ]
    return torch.tensor(sum(rows) / len(rows), dtype=torch.float64)


IGNORING, TOKENS, PIXELS = labels(N), labels(N, 5), labels(N, 3, 2)
VOID = labels(N, 3, 2, ignored=255).to(torch.uint8)  # as masks lie on disk
PLAIN, OTHER = labels(N, 5, ignored=1), labels(N, ignored=2)
SOFT, SPATIAL = soft(N, C), soft(N, C, 5)
W, REAL = weights(N), outputs(N, 3)
GAPS, MASK = with_gaps(REAL), with_gaps((REAL > 0).double())
TOKENWISE = weights(N, 5)

#: Outputs' shape, targets, the loss, and its objective of predictions by PyTorch.
CASES = {
    "ignored": ((N, C), IGNORING, "cross_entropy", lambda p: entropy(p, IGNORING)),
    "another ignored": (
        (N, C),
        OTHER,
        CrossEntropy(ignore_index=np.int64(2)),
        lambda p: entropy(p, OTHER, ignore_index=2),
    ),
    "class weights": (
        (N, C),
        IGNORING,
        CrossEntropy(weight=WEIGHT),
        lambda p: entropy(p, IGNORING, weight=WEIGHT),
    ),
    "class weights, and a label above the classes ignored": (
        (N, C, 3, 2),
        VOID,
        CrossEntropy(weight=WEIGHT, ignore_index=255),
        lambda p: entropy(p, VOID.long(), weight=WEIGHT, ignore_index=255),
    ),
    "class weights, smoothed": (
        (N, C),
        IGNORING,
        CrossEntropy(0.1, weight=WEIGHT),
        lambda p: entropy(p, IGNORING, weight=WEIGHT, label_smoothing=0.1),
    ),
    "tokens": ((N, 5, C), TOKENS, "cross_entropy", lambda p: entropy(p.movedim(-1, 1), TOKENS)),
    "tokens, PyTorch": ((N, C, 5), TOKENS, "cross_entropy", lambda p: entropy(p, TOKENS)),
    "tokens, smoothed": (
        (N, C, 5),
        PLAIN,
        "label_smoothing",
        lambda p: entropy(p, PLAIN, label_smoothing=0.1),
    ),
    "pixels": ((N, C, 3, 2), PIXELS, "cross_entropy", lambda p: entropy(p, PIXELS)),
    "pixels, weighted": (
        (N, C, 3, 2),
        PIXELS,
        CrossEntropy(weight=WEIGHT, axis=1),
        lambda p: entropy(p, PIXELS, weight=WEIGHT),
    ),
    "soft": ((N, C), SOFT, "cross_entropy", lambda p: entropy(p, SOFT)),
    "soft, class weights": (
        (N, C),
        SOFT,
        CrossEntropy(0.2, weight=WEIGHT),
        lambda p: entropy(p, SOFT, weight=WEIGHT, label_smoothing=0.2),
    ),
    "soft tokens": ((N, C, 5), SPATIAL, CrossEntropy(axis=1), lambda p: entropy(p, SPATIAL)),
    "soft tokens, last": (
        (N, 5, C),
        SPATIAL.movedim(1, -1),
        CrossEntropy(axis=-1),
        lambda p: entropy(p.movedim(-1, 1), SPATIAL),
    ),
    "samples": (
        (N, C),
        Weighted(PLAIN[:, 0], W),
        "cross_entropy",
        lambda p: weighted_mean(entropy(p, PLAIN[:, 0], reduction="none"), W),
    ),
    "samples, tokens": (
        (N, C, 5),
        Weighted(TOKENS, W),
        "cross_entropy",
        lambda p: dense_weighted(p, TOKENS, W),
    ),
    "weights of tokens": (
        (N, 5, C),
        Weighted(PLAIN, TOKENWISE),
        "cross_entropy",
        lambda p: weighted_mean(entropy(p.movedim(-1, 1), PLAIN, reduction="none"), TOKENWISE),
    ),
    "soft samples": (
        (N, C),
        Weighted(SOFT, W),
        "cross_entropy",
        lambda p: weighted_mean(entropy(p, SOFT, reduction="none"), W),
    ),
    "squared samples": (
        (N, 3),
        Weighted(REAL, W),
        "squared",
        lambda p: weighted_mean((p - REAL).square(), W),
    ),
    "huber samples": (
        (N, 3),
        Weighted(REAL, W),
        "huber",
        lambda p: weighted_mean(functional.huber_loss(p, REAL, reduction="none"), W),
    ),
    "poisson samples": (
        (N, 3),
        Weighted(REAL.exp(), W),
        "poisson",
        lambda p: weighted_mean(functional.poisson_nll_loss(p, REAL.exp(), reduction="none"), W),
    ),
    "squared, missing": (
        (N, 3),
        GAPS,
        as_loss("squared", "ignore"),
        lambda p: present((p - GAPS).square(), GAPS),
    ),
    "absolute, missing": (
        (N, 3),
        GAPS,
        as_loss("absolute", "ignore"),
        lambda p: present((p - GAPS).abs(), GAPS),
    ),
    "binary, missing": (
        (N, 3),
        MASK,
        as_loss("binary_cross_entropy", "ignore"),
        lambda p: present(
            functional.binary_cross_entropy_with_logits(p, MASK.nan_to_num(), reduction="none"),
            MASK,
        ),
    ),
    "one-hot pixels": (
        (N, C, 3, 2),
        PIXELS.clamp_min(0),
        "squared",
        lambda p: (
            (p - functional.one_hot(PIXELS.clamp_min(0), C).movedim(-1, 1)).square().sum() / N
        ),
    ),
    "one channel": (
        (N, 1, 3, 2),
        PIXELS.double(),
        "absolute",
        lambda p: (p[:, 0] - PIXELS).abs().sum() / N,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_objective_at_every_scale_is_pytorchs_and_so_is_the_judges(name):
    shape, raw, loss, reference = CASES[name]
    loss, p = as_loss(loss), outputs(*shape)
    sheet = sheet_of(loss, {0.0: p}, raw)
    for c in (0.0, 0.3, 1.0, 2.5):
        wanted = float(reference(c * p))
        assert float(sheet.value(c)[0]) == pytest.approx(wanted, rel=1e-12)
        assert float(sheet.excess(c)[0]) == pytest.approx(
            wanted - float(reference(0 * p)), rel=1e-10
        )
        judged = total_of(loss, c * p, raw) / weight_of(loss, p, raw)
        assert float(judged) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_minimum_slope_and_growth_are_those_of_the_objective(name):
    shape, raw, loss, reference = CASES[name]
    loss, p = as_loss(loss), outputs(*shape)
    sheet = sheet_of(loss, {0.0: p}, raw)
    step = 1e-6
    for c in (0.4, 1.7):
        ends = [float(reference((c + side * step) * p)) for side in (-1, 1)]
        quotient = (ends[1] - ends[0]) / (2 * step)
        assert float(sheet.slope(c)[0]) == pytest.approx(quotient, rel=1e-5, abs=1e-7)
    best = float(sheet.best_scale[0])
    if np.isfinite(best):
        lowest = float(reference(best * p))
        assert float(sheet.minimum[0]) == pytest.approx(lowest, rel=1e-10)
        for beside in (best * 0.98, best * 1.02 + 0.01):
            assert float(reference(beside * p)) >= lowest - 1e-12
    far = 2.0**20
    if loss.name != "squared" and np.isfinite(sheet.growth[0]):
        steep = (float(reference(2 * far * p)) - float(reference(far * p))) / far
        assert float(sheet.growth[0]) == pytest.approx(steep, rel=1e-4, abs=1e-6)


class Tagger(nn.Module):
    """A class a token."""

    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(11, 8), nn.Linear(8, C)

    def forward(self, tokens):
        return self.head(torch.tanh(self.embedding(tokens)))


@pytest.fixture(scope="module")
def tagged():
    """A tagger's line, tokens, labels of which some are ignored, and weights of the samples."""
    torch.manual_seed(0)
    tokens = torch.randint(11, (60, 5))
    wanted = tokens % C
    wanted[::4, 3:] = -100
    model = Tagger().double()
    start = copied(model)
    start["head.weight"] *= 4
    model.load_state_dict(start)
    adam = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(30):
        adam.zero_grad()
        entropy(model(tokens).movedim(-1, 1), wanted).backward()
        adam.step()
    return model, Line(start, copied(model)), tokens, wanted, torch.rand(60).double()


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
def test_paths_are_the_same_over_tiles_and_from_a_loader_and_a_plain_loop_finds_them(
    tagged, weighted
):
    model, path, tokens, wanted, w = tagged
    options = {"loss": "cross_entropy", "profile": "valley", "points": 5}
    whole = construct(
        model, path, (tokens, wanted), weights=w if weighted else None, memory=40_000, **options
    )
    loader = DataLoader(TensorDataset(tokens, wanted, w), batch_size=7)
    other = construct(
        model,
        path,
        loader,
        predict=lambda model, batch: model(batch[0]),
        targets=lambda batch: batch[1],
        weights=(lambda batch: batch[2]) if weighted else None,
        **options,
    )
    np.testing.assert_allclose(other.scale, whole.scale, rtol=1e-10)
    for s in (0.0, 0.3, 0.8, 1.0):
        predicted = torch.func.functional_call(model, whole.weights(s), (tokens,)).movedim(-1, 1)
        counts = w[:, None] if weighted else torch.ones(60, 1)
        by_hand = total = 0.0
        for i in range(60):
            for t in range(5):
                if wanted[i, t] != -100:
                    row = predicted[i, :, t].tolist()
                    least = max(row)
                    log = least + np.log(sum(np.exp(x - least) for x in row))
                    by_hand += float(counts[i, 0]) * (log - row[int(wanted[i, t])])
                    total += float(counts[i, 0])
        assert whole.at(s).objective == pytest.approx(by_hand / total, rel=1e-9)
    assert whole.certify(7).holds
    assert "weights among them" in whole.certificate.proof.reason


def test_what_the_shapes_do_not_decide_is_asked_for():
    p = outputs(6, C, C)
    with pytest.raises(InputError, match=r"which axis of the outputs runs .*\(6, 4, 4\).*axis=-1"):
        sheet_of(CrossEntropy(), {0.0: p}, labels(6, C, ignored=0))
    y = labels(6, C, ignored=0)
    for axis in (1, -1):
        wanted = entropy(p if axis == 1 else p.movedim(-1, 1), y)
        found = sheet_of(CrossEntropy(axis=axis), {0.0: p}, y).value(1.0)[0]
        assert float(found) == pytest.approx(float(wanted), rel=1e-12)
    with pytest.raises(InputError, match=r"which axis of target probabilities runs .*\(7, 4, 5\)"):
        sheet_of(CrossEntropy(), {0.0: outputs(N, C, 5)}, SPATIAL)


@pytest.mark.parametrize("axis", [-4, -3, 0, 3, 7])
@pytest.mark.parametrize("raw", [labels(6, C), soft(6, C, C)], ids=["labels", "probabilities"])
def test_an_axis_that_is_none_of_the_classes_is_refused(axis, raw):
    words = (
        rf"^Expected axis=1 or axis=-1, .*; found axis={axis} for outputs of shape \(6, 4, 4\)\."
    )
    with pytest.raises(InputError, match=words):
        sheet_of(CrossEntropy(axis=axis), {0.0: outputs(6, C, C)}, raw)


@pytest.mark.parametrize(
    ("loss", "raw", "words"),
    [
        (CrossEntropy(), SOFT * 2, r"that sum to 1; found a least one of 0.* off by 1"),
        (CrossEntropy(), 4 * SOFT - 0.75, r"none negative, that sum to 1; found a least one of -0"),
        (CrossEntropy(), REAL, r"found targets of shape \(7, 3\) of torch.float64 and outputs"),
        (CrossEntropy(), labels(N, ignored=-1), r"found indices from -1 to \d.*ignore_index="),
        ("multiclass_hinge", Weighted(PLAIN[:, 0], W), "without weights for multiclass_hinge"),
        (lambda p, y: p.sum(1), Weighted(SOFT, W), "without weights for a function of your own"),
    ],
)
def test_targets_that_a_loss_cannot_take_are_told_why(loss, raw, words):
    with pytest.raises(InputError, match=words):
        sheet_of(as_loss(loss), {0.0: outputs(N, C)}, raw)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"missing": "drop"}, r"missing= among 'refuse', 'ignore'; found 'drop'"),
        (
            {"missing": "ignore", "loss": "cross_entropy"},
            r"some may be missing; found cross_entropy",
        ),
        ({"weights": torch.ones(3)}, r"weights of the samples, \(7,\); found \(3,\)"),
        ({"weights": -torch.ones(N)}, r"weights of at least 0; found -1"),
        ({"weights": torch.zeros(N)}, r"targets that count; found none"),
        ({}, r"finite targets; found NaN or infinite ones.*missing='ignore'"),
    ],
)
def test_what_is_said_of_targets_is_refused_where_it_cannot_be(options, words):
    model = nn.Linear(2, 3).double()
    raw = GAPS if not options or "missing" in options else REAL
    line = Line(copied(model), copied(model))
    with pytest.raises(InputError, match=words):
        assess(model, line, (outputs(N, 2), raw), points=3, **options)


@pytest.mark.parametrize("bad", [[1.0, 0.0], [1.0, -2.0], [1.0, float("inf")]])
def test_class_weights_are_above_zero(bad):
    with pytest.raises(InputError, match=r"class weights above 0"):
        CrossEntropy(weight=bad)


@pytest.mark.parametrize("raw", [PLAIN[:, 0], torch.full((N, C), 1 / C)])
def test_class_weights_are_as_many_as_the_classes(raw):
    loss = CrossEntropy(weight=[1.0] * (C - 1))
    with pytest.raises(
        InputError, match=rf"a class, \({C},\); found weights of shape \({C - 1},\)"
    ):
        loss.targets(raw, outputs(N, C))


def test_labels_in_unsigned_types_are_read():
    model = nn.Linear(2, C).double()
    line = Line(copied(model), {name: 2 * x for name, x in copied(model).items()})
    x, y = outputs(N, 2).numpy(), PLAIN[:, 0].numpy()
    wanted = assess(model, line, (x, y), loss="cross_entropy", points=3).condition_2.value
    for kind in (np.uint8, np.uint16, np.uint32, np.uint64):
        found = assess(model, line, (x, y.astype(kind)), loss="cross_entropy", points=3)
        assert found.condition_2.value == wanted


def test_a_class_that_wraps_to_the_ignored_label_in_its_own_type_counts():
    raw, loss = torch.tensor([156, 3], dtype=torch.uint8), CrossEntropy()  # 156 - 256 is -100
    assert float(weight_of(loss, outputs(2, 200), raw)) == 2
    assert loss.weigh(raw).tolist() == [2, 1]
