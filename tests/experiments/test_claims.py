"""What findings claim is told from what they measured, and can be found not to hold."""

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from construction.experiments.claims import claims, of_all, standing
from construction.experiments.kept import SHIPPED, load_result
from construction.experiments.table import kind_of, named
from construction.record.findings import Findings

NAMES = sorted(place.stem for place in SHIPPED.glob("*.npz"))


def test_brackets_behind_a_space_are_measured_and_those_of_formulas_claimed():
    finding = "L(W(0)) is above L(0) (2.303; of LSTM (64 units (small))). At m(1) it is not (0.1)."
    assert claims(finding) == ["L(W(0)) is above L(0).", "At m(1) it is not."]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "no line (0 of 20)"),
        (1, "few lines (1 of 20)"),
        (2, "few lines (2 of 20)"),
        (3, "some lines (3 of 20)"),
        (10, "some lines (10 of 20)"),
        (11, "most lines (11 of 20)"),
        (19, "most lines (19 of 20)"),
        (20, "every line (20 of 20)"),
    ],
)
def test_how_many_is_said_in_a_word_and_in_numbers(count, words):
    assert of_all(count, 20, "line") == words


def test_a_result_with_other_figures_bears_out_the_sentences_and_one_with_other_words_does_not():
    one, other = (f"It rises on {of_all(k, 5, 'seed')}. It ends low (at {k})." for k in (4, 3))
    assert standing(one, other, "shipped") == "every sentence of the shipped findings holds (2)"
    none = f"It rises on {of_all(0, 5, 'seed')}. It ends low (at 9)."
    line = standing(none, one, "shipped")
    lost = "It rises on most seeds."
    assert line == f"1 of 2 sentences of the shipped findings do not hold: {lost}"


# --- of each kind of run -------------------------------------------------------------------------


def finding_of(findings: Findings, name: str) -> str:
    return kind_of(named(name)).words.finding(findings)


def with_arrays(findings: Findings, change: Callable, *endings: str) -> Findings:
    """The findings with some arrays changed, by the ends of their names."""
    arrays = {
        name: change(array) if name.endswith(endings) else array
        for name, array in findings.arrays.items()
    }
    return replace(findings, arrays=arrays)


def mirrored(findings: Findings) -> Findings:
    """Every truth value in the manifest is the other one."""

    def other(value):
        if isinstance(value, dict):
            return {key: other(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [other(entry) for entry in value]
        return not value if isinstance(value, bool) else value

    return replace(findings, manifest=other(dict(findings.manifest)))


def without_paths(findings: Findings) -> Findings:
    kept = {k: a for k, a in findings.arrays.items() if not k.endswith("valley")}
    return replace(findings, arrays=kept)


def kept_nothing(findings: Findings) -> Findings:
    """The trajectory's plane keeps none of any path."""
    parts = {}
    for network, part in findings.manifest["parts"].items():
        paths = part["parts"]["paths"]
        nothing = dict.fromkeys(paths["kept"]["trajectory"], 0.0)
        unkept = {**paths, "kept": {**paths["kept"], "trajectory": nothing}}
        parts[network] = {**part, "parts": {**part["parts"], "paths": unkept}}
    return replace(findings, manifest={**findings.manifest, "parts": parts})


def other_plateaus(findings: Findings) -> Findings:
    """Under every treatment a long plateau is short, and a short one long."""
    manifest = copy.deepcopy(dict(findings.manifest))
    for part in manifest["parts"].values():
        shape = part["runs"][0]["train"]
        shape["plateau"] = 1 - shape["plateau"]
    return replace(findings, manifest=manifest)


REFUTED = {
    "barrier-mlp": (without_paths, 1),
    "plateau-mlp": (lambda f: with_arrays(f, lambda a: a + np.eye(*a.shape), "others"), 1),
    "plateau-resnet": (other_plateaus, 3),
    "plateau-resnet-56-given": (other_plateaus, 3),
    "goodfellow-mnist": (mirrored, 2),
    "goodfellow-squared": (mirrored, 2),
    "two-solutions": (mirrored, 4),
    "landscape-resnet": (kept_nothing, 1),
    "landscape-resnet-56-given": (
        lambda f: with_arrays(f, lambda a: 1e3 * a, "resnet-56/random/objective"),
        1,
    ),
    "proposition-1": (lambda f: with_arrays(f, lambda a: 0 * a, "above"), 2),
    "sweep": (lambda f: with_arrays(f, lambda a: 0 * a, "monotone"), 1),
    "trajectory": (lambda f: with_arrays(f, lambda a: 3 * a, "sgd/beta", "sgd/step"), 2),
}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_shipped_record_claims_does_not_hold_of_a_result_that_refutes_it(name):
    shipped = load_result(name, SHIPPED / f"{name}.npz")
    refute, at_least = REFUTED[name]
    mine, other = (claims(finding_of(one, name)) for one in (refute(shipped), shipped))
    assert all(sentence.endswith(".") for sentence in other)
    assert len(set(other) - set(mine)) >= at_least
    assert set(claims(finding_of(shipped, name))) == set(other)


def test_rounding_changes_no_claim():
    rng = np.random.default_rng(0)
    for name in NAMES:
        shipped = load_result(name, SHIPPED / f"{name}.npz")

        def rounded(array):
            noise = 1 + 1e-6 * rng.uniform(-1, 1, array.shape)
            return (array * noise).astype(array.dtype)

        other = with_arrays(shipped, rounded, "objective", "beta", "minimum", "rise", "accuracy")
        assert claims(finding_of(other, name)) == claims(finding_of(shipped, name))
