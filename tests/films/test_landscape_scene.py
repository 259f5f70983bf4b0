"""The scene of surfaces shows the record's numbers, inside the frame, and nothing else."""

import numpy as np
import pytest

from construction.experiments.landscape.words import paths
from construction.record.findings import Findings
from scenes.landscape import Landscape, scale_of, ticks
from scenes.mobjects.surface import Surface, SurfaceCurve

from ..experiments.test_landscape import NAME, found, name_it
from .watch import assert_told, watch


@pytest.fixture(scope="module")
def findings(tmp_path_factory) -> Findings:
    with pytest.MonkeyPatch.context() as patch:
        name_it(patch, tmp_path_factory.mktemp("cache"))
        patch.setenv("CONSTRUCTION_RUN", "tiny-surface")
        return found()[0]


@pytest.fixture(scope="module")
def film(findings, tmp_path_factory):
    """The whole scene once, with all that was shown."""
    place = tmp_path_factory.mktemp("film")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONSTRUCTION_RUN", str(findings.save(place / "findings.npz")))
        name_it(patch, place)
        patch.chdir(place)
        return watch(Landscape)


def test_every_beat_is_told_in_a_minute_and_can_be_read(film):
    assert_told(film, ["question", "random-0", "trajectory", "verdict"], 20, 60)


def own_scale(part):
    """Of the plane of the trajectory and of the paths."""
    of_paths = [part[f"paths/{path}/objective"] for path in paths(part)]
    return scale_of([part["trajectory/objective"], *of_paths])


@pytest.mark.parametrize(("section", "which"), [("random-0", "random"), ("trajectory",) * 2])
def test_the_surface_is_the_records(film, findings, section, which):
    part = findings.part(NAME)
    (surface,) = film.last(section, Surface)
    scale = own_scale(part) if which == "trajectory" else scale_of([part["random/objective"]])
    heights = scale.low * (scale.high / scale.low) ** surface.relief.z
    assert heights == pytest.approx(part[f"{which}/objective"].T, rel=1e-5)
    for axis, share in (("s", surface.relief.x), ("t", surface.relief.y)):
        values = part[f"{which}/{axis}"]
        assert values[0] + share * (values[-1] - values[0]) == pytest.approx(values, abs=1e-6)


def test_paths_run_over_their_nearest_points_at_their_own_objective(film, findings):
    part = findings.part(NAME)
    scale = own_scale(part)
    for curve, path in zip(film.last("trajectory", SurfaceCurve), paths(part), strict=True):
        across, up, height = curve.shares_of_box.T
        place = part[f"paths/{path}/trajectory/place"]
        for share, axis, wanted in ((across, "s", place[:, 0]), (up, "t", place[:, 1])):
            values = part[f"trajectory/{axis}"]
            assert values[0] + share * (values[-1] - values[0]) == pytest.approx(wanted, abs=1e-5)
        objective = scale.low * (scale.high / scale.low) ** height
        assert objective == pytest.approx(part[f"paths/{path}/objective"], rel=1e-5)


def test_axes_have_at_least_two_round_ticks_within():
    rng = np.random.default_rng(0)
    for low, high in 10.0 ** np.sort(rng.uniform(-4, 8, (200, 2)), axis=1):
        found = ticks(low, high)
        assert 2 <= len(found) <= 6
        assert all(low <= value <= high for value, _ in found)
