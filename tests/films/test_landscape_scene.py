"""The scene of surfaces shows the record's numbers, inside the frame, and nothing else."""

import pytest

from construction.experiments.kept import shipped_path
from construction.experiments.landscape.words import networks, paths
from construction.record.findings import Findings
from scenes.landscape import scale_of
from scenes.mobjects.surface import Surface, SurfaceCurve

from .watch import assert_told


@pytest.fixture(scope="module")
def findings() -> Findings:
    """Of the published networks."""
    return shipped("landscape-resnet-56-given")


def shipped(name) -> Findings:
    place = shipped_path(name)
    assert place is not None
    return Findings.load(place)


@pytest.fixture(scope="module")
def part():
    """The network whose trajectory is shown."""
    return networks(shipped("landscape-resnet"))[0]


@pytest.fixture(scope="module")
def film(seen):
    """The whole scene once, with all that was shown."""
    return seen("landscape")


def test_every_beat_is_told_in_75_seconds(film, findings):
    slices = [f"random-{k}" for k in range(len(networks(findings)))]
    assert_told(film, ["question", *slices, "trajectory", "verdict"], 20, 75)


def own_scale(part):
    """Of the plane of the trajectory and of the paths."""
    of_paths = [part[f"paths/{path}/objective"] for path in paths(part)]
    return scale_of([part["trajectory/objective"], *of_paths])


@pytest.mark.parametrize("which", ["random", "trajectory"])
def test_the_surface_is_the_records(film, findings, part, which):
    random = [one["random/objective"] for one in networks(findings)]
    if which == "random":
        part = networks(findings)[0]
    (surface,) = film.last({"random": "random-0"}.get(which, which), Surface)
    scale = own_scale(part) if which == "trajectory" else scale_of(random)
    heights = scale.low * (scale.high / scale.low) ** surface.relief.z
    assert heights == pytest.approx(part[f"{which}/objective"].T, rel=1e-5)
    for axis, share in (("s", surface.relief.x), ("t", surface.relief.y)):
        values = part[f"{which}/{axis}"]
        assert values[0] + share * (values[-1] - values[0]) == pytest.approx(values, abs=1e-6)


def test_paths_run_over_their_nearest_points_at_their_own_objective(film, part):
    scale = own_scale(part)
    for curve, path in zip(film.last("trajectory", SurfaceCurve), paths(part), strict=True):
        across, up, height = curve.shares_of_box.T
        place = part[f"paths/{path}/trajectory/place"]
        for share, axis, wanted in ((across, "s", place[:, 0]), (up, "t", place[:, 1])):
            values = part[f"trajectory/{axis}"]
            assert values[0] + share * (values[-1] - values[0]) == pytest.approx(wanted, abs=1e-5)
        objective = scale.low * (scale.high / scale.low) ** height
        assert objective == pytest.approx(part[f"paths/{path}/objective"], rel=1e-5)
