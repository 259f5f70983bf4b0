"""The table of a sheet that is no parabola: g itself on the grid, and the record that keeps it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, construct
from construction.errors import RecordError
from construction.experiments.path import curves
from construction.experiments.path.curves import heights, highest_scale
from construction.record.record import Record, joined
from construction.sheet.table import COLUMNS, LARGEST, ROWS, Table
from construction.theorem.construct import with_profile

GENERATOR = torch.Generator().manual_seed(0)
INPUTS = torch.randn(60, 5, generator=GENERATOR)
LABELS = torch.randint(0, 3, (60,), generator=GENERATOR)
FIRST = {"weight": 3 * torch.randn(3, 5, generator=GENERATOR)}
FITTED = INPUTS.T @ torch.nn.functional.one_hot(LABELS, 3).float() / 60
LAST = {"weight": 0.6 * FITTED.T}


@pytest.fixture(scope="module")
def path():
    model = nn.Linear(5, 3, bias=False)
    return construct(
        model, Line(FIRST, LAST), (INPUTS, LABELS), loss="cross_entropy", profile="even", points=151
    )


@pytest.fixture(scope="module")
def record(path):
    return joined([path.record(), with_profile(path, "valley").record()])


def objective(lam, c):
    """The objective of the scaled network, by PyTorch's own function."""
    weight = ((1 - lam) * FIRST["weight"] + lam * LAST["weight"]).double()
    return float(nn.functional.cross_entropy(c * (INPUTS.double() @ weight.T), LABELS))


def test_it_holds_the_objective_of_the_scaled_network(record):
    table = record.routes[0].sheet.table
    assert table.objective.shape == (ROWS, COLUMNS)
    assert (table.lam[0], table.lam[-1], table.scale[0]) == (0, 1, 0)
    rng = np.random.default_rng(0)
    for row, column in zip(rng.integers(0, ROWS, 40), rng.integers(0, COLUMNS, 40), strict=True):
        wanted = objective(table.lam[row], table.scale[column])
        assert table.objective[row, column] == pytest.approx(wanted, rel=1e-5)


def test_between_its_points_it_is_near(record):
    table, rng = record.routes[0].sheet.table, np.random.default_rng(1)
    lam, scale = rng.uniform(0, 1, 50), rng.uniform(0, 3, 50)
    wanted = [objective(*point) for point in zip(lam, scale, strict=True)]
    assert np.allclose(table.value(lam, scale), wanted, rtol=5e-3)


def test_it_has_its_own_numbers_on_its_points_and_those_of_its_edge_beyond():
    scale, lam = np.array([0.0, 1.0, 3.0]), np.array([0.0, 0.25, 1.0])
    table = Table(lam, scale, np.arange(9, dtype=np.float32).reshape(3, 3) ** 2)
    for k, row in enumerate(table.objective):
        assert table.value(np.full(3, lam[k]), scale).tolist() == row.tolist()
    beyond = [-1.0, 0.0, 2.0, 2.0, 0.25], [0.0, -1.0 / 9, 3.0, 9.0, 9.0]
    assert table.value(*map(np.array, beyond)).tolist() == [0, 0, 64, 64, 25]
    # linear in lambda, and in log(1 + 3 c): half way from 1 to 3 where 1 + 3 c = sqrt(4 * 10)
    middle = (np.sqrt(40) - 1) / 3
    assert table.value(np.array([0.0, 0.625]), np.array([middle] * 2)) == pytest.approx(
        [(1 + 4) / 2, (16 + 25 + 49 + 64) / 4]
    )


def test_a_sheet_over_some_of_the_lambdas_has_a_table_too_but_none_where_rays_are_gone(path):
    part = path.sheet.pick(np.arange(0, 151, 50))
    assert part.table.lam.tolist() == path.lam[::50].tolist()
    assert part.table.objective.shape == (4, COLUMNS)
    near = np.abs(part.table.scale - 1).argmin()
    wanted = [objective(lam, part.table.scale[near]) for lam in part.lam]
    assert part.table.objective[:, near] == pytest.approx(wanted, rel=1e-5)


def test_it_reaches_the_scales_of_every_path_and_no_further_than_films_show(record):
    route = record.routes[0]
    scales = [leg.scale.max() for name in route.journeys for leg in curves.legs(route, name)]
    assert max(scales) < route.sheet.table.scale[-1] <= LARGEST


def test_a_record_keeps_it_to_the_bit_and_an_old_one_has_none(record, tmp_path):
    route = record.routes[0]
    found = Record.load(record.save(tmp_path / "record.npz")).routes[0].sheet.table
    for name in ("lam", "scale", "objective"):
        assert np.array_equal(getattr(found, name), getattr(route.sheet.table, name))
    old = replace(record, routes=(replace(route, sheet=replace(route.sheet, table=None)),))
    loaded = Record.load(old.save(tmp_path / "old.npz")).routes[0]
    assert loaded.sheet.table is None
    with pytest.raises(
        RecordError, match="sheet of the loss 'cross_entropy' as a table; found none"
    ):
        curves.legs(loaded, "valley")


def test_a_table_that_does_not_fit_is_refused(record, tmp_path):
    table = record.routes[0].sheet.table
    with pytest.raises(ValueError, match="does not fit"):
        Table(table.lam[1:], table.scale, table.objective)
    with pytest.raises(ValueError, match="does not fit"):
        Table(table.lam, table.scale[::-1], table.objective)
    for lam in ([0.0], [0.0, 0.5, 0.5], [0.0, 0.5, 0.25]):
        with pytest.raises(ValueError, match="does not fit"):
            Table(np.array(lam), table.scale, table.objective[: len(lam)])


@pytest.mark.parametrize("profile", ["even", "valley"])
def test_the_paths_on_it_join_never_rise_and_have_the_objectives_of_the_network(record, profile):
    route = record.routes[0]
    legs = curves.legs(route, profile)
    drawn = np.concatenate([leg.objective for leg in legs])
    assert (np.diff(drawn) <= 0).all()
    assert drawn[[0, -1]] == pytest.approx([route.empirical[0], route.empirical[-1]])
    for leg in legs:
        wanted = [objective(*point) for point in zip(leg.lam, leg.scale, strict=True)]
        assert np.allclose(leg.objective, wanted, rtol=1e-2)


def test_the_heights_drawn_are_the_tables(record):
    route = record.routes[0]
    drawn = heights(route, highest_scale(route))
    shrinks = {
        phase.lam_start for phase in route.journeys["valley"].phases if phase.name == "shrink"
    }
    assert set(drawn.lam) == {*route.sheet.table.lam, *shrinks}
    assert np.allclose(drawn.objective[:, 0], np.log(3), rtol=1e-6)
    middle = len(drawn.lam) // 2
    wanted = [objective(drawn.lam[middle], c) for c in drawn.scale]
    assert np.allclose(drawn.objective[middle], wanted, rtol=5e-3)


def test_a_poisson_path_whose_sheet_leaves_float32_is_saved_without_a_warning(tmp_path):
    """``g = mean(exp(c N) - y c N)`` in long double; beyond float32 its largest number."""
    model = nn.Linear(1, 1, bias=False, dtype=torch.float64)
    x, y = torch.tensor([[1.0], [-1.0]]).double(), torch.tensor([[1.0], [0.0]]).double()
    first, last = ({"weight": torch.full((1, 1), w, dtype=torch.float64)} for w in (9, 0.3))
    path = construct(model, Line(first, last), (x, y), loss="poisson", points=11)
    table = Record.load(path.record().save(tmp_path / "r.npz")).routes[0].sheet.table
    outputs = (9 + table.lam * (0.3 - 9)).astype(np.longdouble)[:, None] * table.scale
    exact, most = (np.exp(outputs) - outputs + np.exp(-outputs)) / 2, np.finfo(np.float32).max
    assert (exact > most).any()
    assert table.objective == pytest.approx(np.minimum(exact, most).astype(float), rel=1e-6)
