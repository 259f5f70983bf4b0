from dataclasses import FrozenInstanceError, asdict, replace

import pytest

from construction.errors import InputError
from construction.experiments import settings as kind
from construction.experiments.interpolation.settings import Plateau
from construction.experiments.kept import part_path, parts, record_path
from construction.experiments.path.settings import Experiment
from construction.experiments.proposition.settings import Proposition
from construction.experiments.table import EXPERIMENTS, named
from construction.network.architectures import MLP
from construction.training.recipe import Recipe

EXPERIMENT = Experiment("A title", Recipe())
PROPOSITION = Proposition("A title")
PATHS = {name: one for name, one in EXPERIMENTS.items() if isinstance(one, Experiment)}
OTHER_RECIPES = {
    "data": "mnist",
    "samples": 10,
    "augmented": True,
    "architecture": MLP((784, 512, 10)),
    "initialisation": "default",
    "seed": 1,
    "loss": "cross_entropy",
    "optimiser": "sgd",
    "momentum": 0.9,
    "weight_decay": 1e-4,
    "epochs": 31,
    "batch_size": 101,
    "rate": 2e-3,
    "schedule": "cosine",
    "checkpoints": 61,
}
OTHER_EXPERIMENTS = {
    "recipe": Recipe(seed=1),
    "detour_seed": None,
    "points": 400,
    "profiles": ("paper",),
    "checks": 302,
}
OTHER_PROPOSITIONS = {
    "data": "mnist",
    "per_digit": 21,
    "samples": (1,),
    "before": (3,),
    "widths": (1, 2),
    "initialisations": ("he",),
    "losses": ("squared",),
    "networks": 2001,
    "seed": 1,
    "confidence": 0.99,
}
KINDS = [(EXPERIMENT, OTHER_EXPERIMENTS), (PROPOSITION, OTHER_PROPOSITIONS)]


def test_every_setting_of_a_recipe_changes_its_digest():
    assert OTHER_RECIPES.keys() == asdict(Recipe()).keys()
    digests = {replace(Recipe(), **{key: x}).digest for key, x in OTHER_RECIPES.items()}
    assert len(digests | {Recipe().digest}) == len(OTHER_RECIPES) + 1


@pytest.mark.parametrize(("experiment", "others"), KINDS, ids=["path", "proposition"])
def test_every_setting_of_an_experiment_but_its_words_changes_its_digest(experiment, others):
    assert others.keys() | {"title", "takes"} == asdict(experiment).keys()
    digests = {replace(experiment, **{key: x}).digest for key, x in others.items()}
    assert len(digests | {experiment.digest}) == len(others) + 1


@pytest.mark.parametrize("experiment", [EXPERIMENT, PROPOSITION], ids=["path", "proposition"])
@pytest.mark.parametrize("words", ["title", "takes"])
def test_words_do_not_change_the_digest_of_an_experiment(experiment, words):
    assert replace(experiment, **{words: "other words"}).digest == experiment.digest


@pytest.mark.parametrize("experiment", [EXPERIMENT, PROPOSITION], ids=["path", "proposition"])
def test_a_new_format_of_the_record_changes_the_digest(monkeypatch, experiment):
    before = experiment.digest
    monkeypatch.setattr(kind, "FORMAT", kind.FORMAT + 1)
    assert experiment.digest != before


def test_equal_settings_have_equal_digests_and_cannot_be_changed():
    assert Recipe(architecture=MLP((784, 512, 512, 10))).digest == Recipe().digest
    with pytest.raises(FrozenInstanceError):
        EXPERIMENT.points = 3


def test_a_record_lies_in_the_cache_under_its_runs_name_and_digest(monkeypatch, tmp_path):
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path))
    digest = EXPERIMENTS["digits-mlp"].digest
    assert record_path("digits-mlp") == tmp_path / "records" / f"digits-mlp-{digest}.npz"


def test_the_parts_of_a_record_are_those_of_its_own_name_and_digest(tmp_path):
    place = tmp_path / "tiny-0123.npz"
    mine = [part_path(place, stage) for stage in ("line", "he-8")]
    for path in (*mine, place, tmp_path / "tiny-4567-line.part.npz"):
        path.touch()
    assert sorted(parts(place)) == sorted(mine)


@pytest.mark.parametrize("ask", [named, record_path])
def test_an_unknown_name_is_refused_with_all_names(ask):
    with pytest.raises(InputError) as caught:
        ask("mnist-mpl")
    assert all(repr(name) in str(caught.value) for name in EXPERIMENTS)
    assert caught.value.found == "'mnist-mpl'"
    assert caught.value.remedy == "Did you mean 'mnist-mlp'?"


@pytest.mark.parametrize("kind", [Experiment, Plateau])
def test_too_few_points_for_a_certificate_are_told_before_anything_runs(kind):
    with pytest.raises(InputError, match="at least 5 points; found 3"):
        kind("A title", Recipe(), checks=3)
    assert Plateau("A title", Recipe(), checks=0).checks == 0


def test_no_two_named_runs_share_a_record():
    assert len({experiment.digest for experiment in EXPERIMENTS.values()}) == len(EXPERIMENTS)


@pytest.mark.parametrize("experiment", PATHS.values(), ids=PATHS)
def test_the_title_of_a_named_run_says_what_its_recipe_is(experiment):
    recipe = experiment.recipe
    assert experiment.title == " · ".join(
        [
            {"mnist-5k": "MNIST 5,000", "mnist": "MNIST 60,000"}[recipe.data],
            recipe.architecture.label,
            {"he": "He init", "default": "PyTorch's init"}[recipe.initialisation],
        ]
    )
    assert experiment.takes
    assert experiment.detour_seed != recipe.seed


def test_the_title_of_proposition_1_says_what_its_settings_are():
    study = EXPERIMENTS["proposition-1"]
    few, all_of_them = study.samples
    assert all_of_them == 10 * study.per_digit
    assert study.title == f"Proposition 1 · MNIST, {few} and {all_of_them} digits · MLP 784-n-10"
    assert (study.data, study.before) == ("mnist-5k", ())
    assert study.takes
