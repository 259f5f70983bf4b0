"""Runs along lines: what is found, said and drawn, on few digits."""

import copy
from dataclasses import asdict, replace

import numpy as np
import pytest
from matplotlib.text import Text

from construction.answers import UNDECIDED
from construction.draw.figure import PALETTES
from construction.errors import InputError
from construction.experiments import kept
from construction.experiments.interpolation import measure as interpolation
from construction.experiments.interpolation import words
from construction.experiments.interpolation.figure import draw
from construction.experiments.interpolation.settings import RUNS, Interpolation, kind_of_network
from construction.experiments.interpolation.words import lines, numbers, objectives
from construction.experiments.kept import SHIPPED, record_path
from construction.experiments.line import along_line
from construction.experiments.run import run
from construction.experiments.shape import shape_of
from construction.experiments.table import EXPERIMENTS
from construction.network.architectures import MLP
from construction.record.findings import Findings
from construction.training.build import build, inputs_of
from construction.training.training import train
from scenes.interpolation import Interpolation as Film
from scenes.interpolation import alpha_axis, every_objective
from scenes.mobjects.plot import log_axis

from ..draw.test_figure import assert_words_are_readable
from ..films.watch import assert_told, watch
from ..runs import TINY, count, train_on_few_digits

SMALL = Interpolation(
    "Few digits",
    (
        replace(TINY, loss="cross_entropy", checkpoints=1),
        replace(TINY, architecture=MLP((784, 8, 8, 10), "none"), rate=1e-3, checkpoints=1),
    ),
    seeds=(0, 1),
    starts=("initial", "random", "solution"),
    points=5,
    farthest=1.5,
    takes="1 s",
)
SHIPPED_RUNS = ("goodfellow-mnist", "goodfellow-squared", "two-solutions")
KINDS, STARTS = ("relu", "linear"), ("initial", "random", "solution")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The findings of `SMALL`, made by a run of that name."""
    with pytest.MonkeyPatch.context() as patch:
        train_on_few_digits(patch)
        patch.setenv("CONSTRUCTION_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(kept, "SHIPPED", tmp_path_factory.mktemp("shipped"))
        patch.setitem(EXPERIMENTS, "lines", SMALL)
        measured = count(patch, interpolation, "lines_between")
        reported: list[str] = []
        run("lines", report=reported.append)
        assert len(measured) == len(KINDS) * len(STARTS)
        assert reported[-2].strip() == Findings.load(record_path("lines")).manifest["finding"]
        return record_path("lines")


@pytest.fixture(scope="module")
def found(place) -> Findings:
    return Findings.load(place)


@pytest.fixture(scope="module")
def few(found) -> Findings:
    """Two parts of them alone, for pictures."""
    names = ["relu-initial", "linear-solution"]
    arrays = {key: array for key, array in found.arrays.items() if key.split("/")[0] in names}
    parts = {name: found.manifest["parts"][name] for name in names}
    return Findings(arrays, {**found.manifest, "parts": parts, "lines": names})


def test_there_is_a_part_for_every_network_and_start(found):
    assert list(lines(found)) == [f"{kind}-{start}" for kind in KINDS for start in STARTS]
    for part in lines(found).values():
        assert part["alpha"].tolist() == [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]
        assert part["train_objective"].shape == part["test_error"].shape == (2, 7)
        assert part["minimum"].shape == (2, 5)
        assert [one["seed"] for one in part.manifest["runs"]] == [0, 1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", STARTS)
def test_lines_lead_from_where_they_say_to_the_trained_weights(
    found, kind, start, tmp_path, monkeypatch
):
    train_on_few_digits(monkeypatch)
    recipe = SMALL.recipes[KINDS.index(kind)]
    mine, other = (train(replace(recipe, seed=s), tmp_path / str(s)) for s in (0, 1))
    begin = {
        "initial": mine.initial,
        "random": build(replace(recipe, seed=interpolation.UNRELATED)).state_dict(),
        "solution": other.final,
    }[start]
    options = {"loss": recipe.loss, "points": 5, "farthest": 1.5}
    wanted = along_line(mine.model(), begin, mine.final, inputs_of(recipe)[:2], **options)
    part = found.part(f"{kind}-{start}")
    assert part["train_objective"][0] == pytest.approx(wanted.train["objective"], rel=1e-6)
    assert part["train_error"][0] == pytest.approx(wanted.train["error"], abs=1e-6)
    assert part["minimum"][0] == pytest.approx(wanted.sheet.minimum, rel=1e-6, abs=1e-9)
    assert part.manifest["zero"] == pytest.approx(wanted.sheet.d)


def test_shapes_and_conditions_are_those_of_the_curves(found):
    for part in lines(found).values():
        for k, one in enumerate(part.manifest["runs"]):
            for curve, values in (
                ("train", part["train_objective"][k, :5]),
                ("test", part["test_objective"][k, :5]),
                ("minimum", part["minimum"][k]),
            ):
                again = asdict(shape_of(part["alpha"][:5], values.astype(float)))
                assert one[curve]["rise"]["value"] == pytest.approx(
                    again["rise"]["value"], abs=1e-5
                )
                assert one[curve]["plateau"] == pytest.approx(again["plateau"], abs=1e-4)
            initial, zero = part["train_objective"][k, 0], part.manifest["zero"]
            assert one["conditions"]["condition 2"]["value"] == pytest.approx(initial, rel=1e-5)
            if initial < part["train_objective"][k, 4]:
                assert not one["sheet_has_path"]
            if one["theorem_applies"]:
                assert initial > zero


def test_constructed_paths_only_go_down_between_the_objectives_of_the_ends(found):
    drawn = 0
    for part in lines(found).values():
        for profile, standing in part.manifest["paths"].items():
            assert (profile in part.arrays) == (standing == "solved at 5 points")
            if profile in part.arrays:
                lam, height = part[profile].T
                assert (np.diff(lam) >= 0).all()
                assert (np.diff(height) <= 1e-6 * height[0]).all()
                ends = part["train_objective"][0, [0, 4]]
                assert height[[0, -1]] == pytest.approx(ends, rel=1e-5)
                drawn += 1
            else:
                assert standing.startswith("Expected")
    assert drawn


def test_numbers_are_those_of_each_line(found):
    part = found.part("relu-initial")
    of, runs = numbers(part), part.manifest["runs"]
    assert all(values.shape == (2,) for values in of.values())
    assert of["initial"].tolist() == part["train_objective"][:, 0].tolist()
    assert of["final"].tolist() == part["train_objective"][:, 4].tolist()
    assert of["rise"].tolist() == [run["train"]["rise"]["value"] for run in runs]
    assert of["monotone"].tolist() == [run["train"]["monotone"] for run in runs]
    assert of["least_barrier"].tolist() == [run["minimum"]["barrier"]["value"] for run in runs]
    covered = part["train_objective"][:, 0] > part.manifest["zero"]
    assert of["covered"].tolist() == covered.tolist()
    for one in (doubtful := copy.deepcopy(part)).manifest["runs"]:  # above L(0), but by rounding
        one["conditions"]["condition 2"] |= {"holds": False, "verdict": UNDECIDED}
    assert not numbers(doubtful)["covered"].any()


def test_finding_and_caption_say_what_was_measured(found):
    finding, caption = found.manifest["finding"], found.manifest["caption"]
    counted = [numbers(found.part(f"{kind}-initial")) for kind in KINDS]
    monotone = sum(int(of["monotone"].sum()) for of in counted)
    assert (
        "From the initial weights the training objective falls monotonically, but for " in finding
    )
    assert f"({monotone} of 4" in finding
    largest = max(float(of["rise"].max()) for of in counted)
    assert f"; the largest rise is {largest:.2g})" in finding
    assert "unrelated random weights" in finding
    assert "Between two solutions" in finding
    assert finding in caption
    assert "Published (Goodfellow et al. 2014" in caption


def test_named_runs_train_the_six_networks_and_share_the_solutions():
    six = ["relu", "sigmoid", "maxout", "lenet", "lstm", "linear"]
    for name in ("goodfellow-mnist", "goodfellow-squared"):
        assert [kind_of_network(one.architecture) for one in RUNS[name].recipes] == six
    assert set(RUNS["two-solutions"].recipes) < set(RUNS["goodfellow-squared"].recipes)


# --- the figure ----------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", PALETTES)
def test_the_figure_draws_the_numbers_of_the_findings(few, theme):
    figure = draw(few, theme=theme)
    for axes, part in zip(figure.axes[::2], lines(few).values(), strict=True):
        drawn = [line.get_ydata() for line in axes.lines]
        for wanted in (*part["train_objective"], part["test_objective"][0]):
            assert any(np.array_equal(line, wanted) for line in drawn)
        assert axes.get_yscale() == "log"
        assert "log scale" in axes.get_ylabel()
    shown = " ".join(text.get_text() for text in figure.findobj(Text))
    assert "from another solution" in shown


@pytest.mark.parametrize("width", [2.5, 5.5])
@pytest.mark.parametrize("name", ["goodfellow-mnist", "two-solutions"])
def test_no_word_of_the_figure_covers_another_or_leaves_the_page(name, width):
    shipped = Findings.load(SHIPPED / f"{name}.npz")
    assert_words_are_readable(draw(shipped, width=width))


def test_the_figure_refuses_a_page_too_narrow(few):
    with pytest.raises(InputError, match=r"a width from 2.5 to 100.0 inches; found 1"):
        draw(few, width=1.0)


# --- the film ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film(few, tmp_path_factory):
    folder = tmp_path_factory.mktemp("film")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EXPERIMENTS, "lines", SMALL)
        patch.setenv("CONSTRUCTION_RUN", str(few.save(folder / "few.npz")))
        patch.chdir(folder)
        return watch(Film)  # a coarser clock rounds its many short plays up by ten seconds


def test_every_beat_is_told_in_20_to_60_seconds_and_can_be_read(film):
    assert_told(film, ["question", "line", "theorem", "networks", "verdict"], 20, 60)


def test_what_the_film_says_are_the_findings_own_numbers(found):
    part = found.part("relu-initial")
    alpha, train = objectives(part, "train")
    assert np.array_equal(train, part["train_objective"][0].astype(float))
    assert np.array_equal(alpha, part["alpha"])
    assert len(objectives(part, "minimum")[0]) == 5
    axis = log_axis(every_objective(part), 0, 1)
    assert axis.low <= train.min() <= train.max() <= axis.high
    assert alpha_axis(part, (0, 3), 4).ticks == [(0, "0"), (0.5, "0.5"), (1, "1"), (1.5, "1.5")]
    for row, of in zip(words.table(found), map(numbers, lines(found).values()), strict=True):
        assert row[3] == f"{of['monotone'].sum():.0f} of 2"
        assert row[1] == f"{np.median(of['rise']):.3g}"
    assert words.footer(found) == "Few digits · seed 0 · 5 points"
    assert words.footer(found, seeds=False) == "Few digits · 5 points"


@pytest.mark.parametrize("name", SHIPPED_RUNS)
def test_sentences_made_again_from_a_shipped_record_are_those_in_it(name):
    shipped = Findings.load(SHIPPED / f"{name}.npz")
    assert words.caption(shipped) == shipped.manifest["caption"]
    assert words.finding(shipped) == shipped.manifest["finding"]
