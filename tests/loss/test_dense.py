"""Outputs and targets of any shape, weights, soft and missing targets: as PyTorch has them."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from construction import CrossEntropy, Line, construct
from construction.check import total_of, weight_of
from construction.forward.store import sheet_of
from construction.loss.catalogue import as_loss
from construction.loss.loss import Weighted

from ..problems import copied
from .dense_data import (
    GAPS,
    IGNORING,
    MASK,
    OTHER,
    PIXELS,
    PLAIN,
    REAL,
    SOFT,
    SPATIAL,
    TOKENS,
    TOKENWISE,
    VOID,
    WEIGHT,
    C,
    N,
    W,
    dense_weighted,
    entropy,
    outputs,
    present,
    weighted_mean,
)

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
