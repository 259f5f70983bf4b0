"""Whatever is passed to a public name is taken, or refused by an error of the package's own."""

import inspect
from contextlib import suppress

import numpy as np
import pytest
import torch

import construction
from construction import (
    Bezier,
    CrossEntropy,
    Line,
    MonotonePath,
    Polyline,
    Record,
    Recorder,
    aligned,
    assess,
    bend,
    construct,
    construct_many,
    interpolate,
    load_weights,
    mlp,
    run,
    save_proof,
    surface,
    train,
    trajectory,
    with_profile,
)
from construction.errors import ConstructionError, InputError, WeightsError, door
from construction.experiments.line import along_line
from construction.network.heads import scale_head
from construction.proof.prover import prove
from construction.training.recipe import Recipe

MODEL = mlp((4, 6, 2), seed=1)
START = {name: value.clone() for name, value in MODEL.state_dict().items()}
GOAL = scale_head(START, "3", 0.05)
X, Y = torch.randn(12, 4, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 2
LINE, DATA = Line(START, GOAL), (X, Y)
THREE = [START, scale_head(START, "1", 0.7), GOAL]
PATH = construct(MODEL, LINE, DATA, points=5)
RECORD, BENT, PROOF = PATH.record(), Bezier(THREE), prove(PATH)
MANY = [{name: torch.stack([x, x]) for name, x in state.items()} for state in (START, GOAL)]

#: Public names and methods of what they give, with arguments that are taken.
TAKEN = {
    "construct": (construct, {"model": MODEL, "path": LINE, "data": DATA, "points": 3}),
    "assess": (assess, {"model": MODEL, "path": LINE, "data": DATA, "points": 3}),
    "with_profile": (with_profile, {"path": PATH, "profile": "paper"}),
    "construct_many": (
        construct_many,
        {"model": MODEL, "initial": MANY[0], "final": MANY[1], "data": DATA, "points": 3},
    ),
    "interpolate": (
        interpolate,
        {"model": MODEL, "initial": START, "final": GOAL, "data": DATA, "points": 3, "also": ()},
    ),
    "surface": (surface, {"model": MODEL, "weights": START, "data": DATA, "points": 3}),
    "trajectory": (trajectory, {"checkpoints": THREE, "strides": (1, 2)}),
    "Recorder": (Recorder, {"model": MODEL}),
    "load_weights": (load_weights, {"path": "weights.pt"}),
    "CrossEntropy": (CrossEntropy, {}),
    "mlp": (mlp, {"widths": (4, 3)}),
    "Bezier": (Bezier, {"states": THREE}),
    "Line": (Line, {"initial": START, "final": GOAL}),
    "Polyline": (Polyline, {"states": THREE}),
    "save_proof": (save_proof, {"path": PATH, "file": "proof.npz", "proof": PROOF}),
    "aligned": (aligned, {"model": MODEL, "reference": START, "other": GOAL}),
    "bend": (bend, {"model": MODEL, "initial": START, "final": GOAL, "data": DATA, "steps": 1}),
    "train": (train, {"recipe": Recipe(samples=1, epochs=0), "folder": "run"}),
    "run": (run, {"name": "none such"}),
    "Record": (Record, {"routes": RECORD.routes}),
    "certify": (PATH.certify, {"points": 5, "prove": False}),
    "record": (PATH.record, {}),
    "weights": (PATH.weights, {"s": 0.3}),
    "at": (PATH.at, {"s": 0.3}),
    "s_of": (PATH.s_of, {"lam": 0.3}),
    "expect": (PATH.expect, {"s": [0.3]}),
    "save": (RECORD.save, {"path": "record.npz"}),
    "load": (Record.load, {"path": "record.npz"}),
    "plot": (RECORD.plot, {}),
    "chosen": (RECORD.chosen, {}),
    "table": (RECORD.table, {}),
    "MonotonePath": (
        MonotonePath,
        {
            "forward": PATH.forward,
            "sheet": PATH.sheet,
            "levels": PATH.levels,
            "conditions": PATH.conditions,
            "profile": PATH.profile,
        },
    ),
    "a line": (LINE, {"lam": 0.5}),
    "grid": (LINE.grid, {"points": 5}),
    "a curve": (BENT, {"lam": 0.5}),
}
BAD = [
    *(None, "a", 3, -1, 1.5, float("nan"), 10**30, True, [], (None,), ["a"], {}, {"a": 1}),
    *(object(), MODEL, torch.ones(3), np.array([np.nan, 1.0]), 1j),
]
#: What other keywords of a function are.
PASSED_ON = ("head", "device", "dtype", "memory", "tf32", "predict", "targets", "weights")


def arguments_of(function):
    parameters = inspect.signature(function).parameters
    passed_on = PASSED_ON if "options" in parameters else ()
    return [*(name for name in parameters if name != "options"), *passed_on]


def test_every_public_name_is_looked_at():
    assert set(construction.__all__) - TAKEN.keys() == {"ConstructionError"}


@pytest.mark.parametrize("called", TAKEN)
def test_a_bad_argument_is_taken_or_answered_by_the_package(called, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(START, "weights.pt")
    PATH.record().save("record.npz")
    function, taken = TAKEN[called]
    raw = []
    for name in arguments_of(function):
        for bad in BAD:
            if callable(bad) and name == "progress":
                continue  # what a callback raises is its own
            try:
                with suppress(ConstructionError):
                    function(**taken | {name: bad})
            except Exception as error:
                raw.append(f"{name}={bad!r:.30}: {type(error).__name__}: {error}")
    assert not raw


@pytest.mark.parametrize(
    ("called", "changes", "message"),
    [
        (
            "construct",
            {"model": None},
            "Expected model of construct() as Module; found None. See help(construct).",
        ),
        (
            "interpolate",
            {"initial": None},
            "Expected initial of interpolate() as dict[str, Tensor] | Sequence[dict[str, Tensor]]; "
            "found None. See help(interpolate).",
        ),
        (
            "interpolate",
            {"alphas": (0, 1, 2)},
            "Expected alphas of interpolate() as tuple[float, float]; found (0, 1, 2). "
            "See help(interpolate).",
        ),
        (
            "interpolate",
            {"also": "valley"},
            "Expected also of interpolate() as Sequence[str]; found 'valley'. "
            "See help(interpolate).",
        ),
        (
            "assess",
            {"tf32": "no"},
            "Expected tf32 of assess() as bool; found 'no'. See help(assess).",
        ),
        (
            "assess",
            {"profile": "valley"},
            "Expected an argument of assess() among 'model', 'path', 'data', 'loss', 'points', "
            "'missing', 'head', 'device', 'dtype', 'batch_norm', 'memory', 'tf32', 'predict', "
            "'targets', 'weights'; found 'profile'. Use one of these.",
        ),
        (
            "surface",
            {"devise": "cpu"},
            "Expected an argument of surface() among 'model', 'weights', 'data', 'plane', "
            "'normalise', 'points', 'reach', 'checkpoints', 'also', 'loss', 'metrics', "
            "'batch_norm', 'seed', 'folder', 'title', 'device', 'dtype', 'memory', 'predict', "
            "'targets'; found 'devise'. Did you mean 'device'?",
        ),
        (
            "Recorder",
            {"optimizer": "rec"},
            "Expected optimizer of Recorder() as Optimizer | None; found 'rec'. "
            "See help(Recorder).",
        ),
        (
            "Bezier",
            {"state": 3},
            "Expected an argument of Bezier() among 'states'; found 'state'. Did you mean "
            "'states'?",
        ),
        (
            "save",
            {"path": None},
            "Expected path of Record.save() as str | Path; found None. See help(Record.save).",
        ),
        (
            "load",
            {"path": None},
            "Expected path of Record.load() as str | Path; found None. See help(Record.load).",
        ),
        (
            "construct",
            {"head": 3},
            "Expected head of construct() as str | Sequence[str] | None; found 3. "
            "See help(construct).",
        ),
        (
            "construct_many",
            {"together": "a"},
            "Expected a whole number of networks; found 'a'. 64 is a good number.",
        ),
        (
            "surface",
            {"reach": "a"},
            "Expected reach of surface() as float | None; found 'a'. See help(surface).",
        ),
        (
            "construct",
            {"points": 10**30},
            "Expected fewer points; found 1000000000000000000000000000000. 401 is a good number.",
        ),
        (
            "mlp",
            {"seed": 10**30},
            "Expected seed of mlp() as int; found 1000000000000000000000000000000. See help(mlp).",
        ),
        (
            "surface",
            {"memory": -1},
            "Expected memory above 0, in bytes; found -1. 10**9 is much.",
        ),
        (
            "plot",
            {"linear": torch.ones(3)},
            "Expected linear of Record.plot() as bool; found tensor([1., 1., 1.]). "
            "See help(Record.plot).",
        ),
        (
            "MonotonePath",
            {"sheet": None},
            "Expected sheet of MonotonePath() as Sheet; found None. See help(MonotonePath).",
        ),
        (
            "MonotonePath",
            {"target": PATH.profile},
            "Expected an argument of MonotonePath() among 'forward', 'sheet', 'levels', "
            "'conditions', 'profile'; found 'target'. Use one of these.",
        ),
        (
            "plot",
            {"theme": "blue"},
            "Expected a theme among 'light', 'dark'; found 'blue'. Use one of these.",
        ),
        (
            "plot",
            {"width": float("inf")},
            "Expected a width from 2.5 to 100.0 inches; found inf. 5.5 is usual.",
        ),
        (
            "a line",
            {"lam": "a"},
            "Expected lambda in [0, 1]; found 'a'. The path is defined there only.",
        ),
        ("at", {"s": None}, "Expected s in [0, 1]; found None. The path is defined there only."),
        (
            "trajectory",
            {"checkpoints": [{"n": torch.tensor(k)} for k in range(3)]},
            "Expected checkpoints with floating-point entries beside running statistics; found the "
            "entries ['n']. Pass model.state_dict().",
        ),
        (
            "CrossEntropy",
            {"weight": ["a"]},
            "Expected class weights above 0, (classes,); found too many dimensions 'str'. Give "
            "each class one; `ignore_index` leaves a class out.",
        ),
    ],
)
def test_a_message_names_the_argument_and_the_function_that_was_called(called, changes, message):
    with pytest.raises(InputError) as caught:
        TAKEN[called][0](**TAKEN[called][1] | changes)
    assert str(caught.value) == message


def fails(*_):
    raise KeyError("mine")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"path": fails}, "a path that gives weights at each lambda"),
        ({"profile": fails}, "a profile that returns one number for each lambda"),
        (
            {"loss": fails},
            "a loss that runs on float64 predictions of shape (2, 2) and targets of shape (2,)",
        ),
    ],
)
def test_what_a_function_of_the_users_raises_is_told_of_it_with_the_cause(changes, expected):
    with pytest.raises(InputError) as caught:
        construct(**TAKEN["construct"][1] | changes)
    if "loss" not in changes:
        assert caught.value.expected == expected
    assert caught.value.found == "KeyError: 'mine'"
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("measured", ["interpolate", "surface"])
def test_a_metric_that_fails_is_named_with_the_cause(measured):
    with pytest.raises(InputError) as caught:
        TAKEN[measured][0](**TAKEN[measured][1] | {"metrics": {"mine": fails}})
    assert str(caught.value) == (
        "Expected a metric 'mine' that runs on float32 predictions of shape (12, 2) and targets of "
        "shape (12,); found KeyError: 'mine'. Write it with torch functions of (predictions, "
        "targets), those of some samples."
    )
    assert isinstance(caught.value.__cause__, KeyError)


def test_missing_targets_are_ignored_beyond_the_trained_weights_too():
    real = torch.randn(12, 2, generator=torch.Generator().manual_seed(1))
    real[0, 1] = torch.nan
    options = {"missing": "ignore", "points": 3, "also": ()}
    found = interpolate(MODEL, START, GOAL, (X, real), test=(X, real), **options)
    trained = found["none/train_objective"]
    assert trained.shape == (1, 5)
    np.testing.assert_allclose(trained, found["none/test_objective"], rtol=1e-12)


def test_an_error_of_the_users_own_passes_where_the_arguments_fit():
    def report(_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run("mnist-mlp", report=report)


def test_what_works_though_it_is_not_of_its_type_is_not_refused():
    assert interpolate(**TAKEN["interpolate"][1] | {"alphas": np.array([0.0, 1.0])}) is not None
    assert Polyline(THREE, np.array([0.0, 0.3, 1.0])).vertices.tolist() == [0.0, 0.3, 1.0]

    @door()
    def longer(text: list[int]) -> int:
        return len(text)

    assert longer("abc") == 3


def test_python_itself_says_what_is_missing():
    with pytest.raises(TypeError, match=r"construct\(\) missing 1 required positional argument"):
        construct(MODEL, LINE)
    with pytest.raises(TypeError, match=r"interpolate\(\) missing 2 required positional"):
        interpolate(MODEL, START, tf32=False)


def test_checkpoints_without_parameters_are_of_another_kind_of_error_too():
    with pytest.raises(WeightsError):
        trajectory([{"n": torch.tensor(k)} for k in range(3)])


def test_the_line_itself_takes_a_failing_metric_no_other_way():
    with pytest.raises(InputError, match="a metric 'mine' that runs on float32"):
        along_line(MODEL, START, GOAL, DATA, points=3, metrics={"mine": fails})
