"""Films of what `interpolate`, `trajectory` and `surface` found of a network of the user's."""

import pytest

from construction import interpolate, surface, trajectory
from construction.errors import InputError
from scenes.interpolation import Interpolation
from scenes.landscape import Landscape
from scenes.revisited import Revisited
from scenes.trajectory import Trajectory

from ..own_networks import NETWORKS
from .rules import RULES
from .watch import watch


def line(name="mlp", test=True, **options):
    model, (start, stop), data, other = NETWORKS[name]()
    options = {"loss": "cross_entropy", "points": 5, "title": "Mine", **options}
    return interpolate(model, start, stop, data, other if test else None, **options)


def way():
    start, stop = NETWORKS["mlp"]()[1]
    middle = {name: 0.4 * value + stop[name] for name, value in start.items()}
    return trajectory([start, middle, stop], title="Mine")


def plane():
    model, (start, stop), data, _ = NETWORKS["mlp"]()
    middle = {name: 0.4 * value + stop[name] for name, value in start.items()}
    options = {"loss": "cross_entropy", "points": 5, "title": "Mine"}
    return surface(
        model, stop, data, plane="trajectory", checkpoints=[start, middle], also=(), **options
    )


def around():
    model, (_, stop), data, _ = NETWORKS["mlp"]()
    return surface(model, stop, data, loss="cross_entropy", points=5, title="Mine")


CASES = {
    "a line": (Interpolation, line, ["question", "line", "theorem", "verdict"]),
    "a line without a test": (
        Interpolation,
        lambda: line(test=False, alphas=(0, 1)),
        ["question", "line", "theorem", "verdict"],
    ),
    "treatments": (
        Revisited,
        lambda: line("cnn", batch_norm=("interpolate", "recompute"), alphas=(0, 1)),
        ["plateau", "level", "magnified", "path", "treatments", "verdict"],
    ),
    "a training": (Trajectory, way, ["question", "right-angle", "training", "verdict"]),
    "a surface": (Landscape, around, ["question", "random-0"]),
    "a trajectory's plane": (Landscape, plane, ["question", "trajectory", "verdict"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_result_of_ones_own_is_told(name, monkeypatch, tmp_path):
    scene, measured, sections = CASES[name]
    place = measured().record().save(tmp_path / "own.npz")
    monkeypatch.setenv("CONSTRUCTION_RUN", str(place))
    monkeypatch.chdir(tmp_path)
    seen = watch(scene, RULES, frame_rate=1)
    assert seen.faults == {}
    assert list(dict.fromkeys(shot.section for shot in seen.shots)) == sections


def test_a_result_of_another_kind_is_refused(monkeypatch, tmp_path):
    place = way().record().save(tmp_path / "own.npz")
    monkeypatch.setenv("CONSTRUCTION_RUN", place.name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="like that of 'landscape-resnet-56-given'; found 'own"):
        watch(Landscape, frame_rate=1)
