import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from construction.data import standardised
from construction.errors import InputError, WeightsError
from construction.forward.precision import converted_path
from construction.path.paths import Line, Polyline, convert
from construction.theorem.construct import construct
from construction.training.training import train

from ..problems import Problem, objective, trained
from ..runs import TINY, few_digits, train_on_few_digits

finite = st.floats(-(2.0**100), 2.0**100, width=32)
#: Increasing lambdas from 0 to 1, some of them close together.
vertex_lists = st.sets(
    st.floats(1e-9, 1 - 1e-9).map(lambda x: round(x, 9))
    | st.integers(300, 304).map(lambda k: k / 1e3),
    max_size=8,
).map(lambda inner: [0.0, *sorted(inner), 1.0])


def states(*values) -> list[dict[str, torch.Tensor]]:
    return [{"w": torch.tensor(value)} for value in values]


def same_bits(state, wanted) -> bool:
    return state.keys() == wanted.keys() and all(
        torch.equal(state[name].view(torch.uint8), wanted[name].view(torch.uint8))
        for name in wanted
    )


@given(
    st.integers(2, 5).flatmap(
        lambda n: hnp.arrays(np.float32, (n, 3), elements=finite).map(torch.from_numpy)
    )
)
def test_a_polyline_is_exact_to_the_bit_at_every_vertex(rows):
    path = Polyline([{"w": row} for row in rows])
    for row, lam in zip(rows, path.vertices, strict=True):
        assert same_bits(path(float(lam)), {"w": row})


@given(vertex_lists)
def test_uneven_vertices_are_exact_to_the_bit_too(vertices):
    rows = torch.randn(len(vertices), 4, generator=torch.Generator().manual_seed(1))
    path = Polyline([{"w": row} for row in rows], vertices)
    for row, lam in zip(rows, vertices, strict=True):
        assert same_bits(path(lam), {"w": row})


def test_a_line_is_exact_to_the_bit_at_both_ends_of_a_real_network():
    path = trained(torch.float32).path
    assert same_bits(path(0), path.states[0])
    assert same_bits(path(1), path.states[1])


@given(st.floats(0, 1))
def test_between_vertices_the_weights_are_the_weighted_mean(lam):
    path = Polyline(states([0.0, 1.0], [2.0, -1.0], [4.0, 3.0]), [0, 0.25, 1])
    wanted = [np.interp(lam, path.vertices, [s["w"][k] for s in path.states]) for k in range(2)]
    np.testing.assert_allclose(path(lam)["w"], wanted, atol=1e-6)  # float32


def test_the_checkpoints_of_a_training_run_make_a_base_path(monkeypatch, tmp_path):
    train_on_few_digits(monkeypatch)
    run = train(TINY, tmp_path)
    checkpoints = [run.checkpoint(step) for step in run.steps]
    path = Polyline(checkpoints, [step / run.steps[-1] for step in run.steps])
    digits = few_digits()
    images = torch.from_numpy(standardised(digits.train_images))
    data = (images, torch.eye(10)[digits.train_labels.astype(int)])
    result = construct(run.model(), path, data, profile="valley", points=4 * len(run.steps))
    at_vertices = np.isin(result.lam, path.vertices)
    wanted = [objective(Problem(run.model(), path, data), state) for state in checkpoints]
    np.testing.assert_allclose(result.empirical[at_vertices], wanted, rtol=1e-6)
    assert (result.minimum[at_vertices] <= np.array(wanted) * (1 + 1e-6)).all()
    assert result.certify(points=41).holds


def test_entries_that_are_no_floats_are_those_of_the_nearer_vertex():
    path = Line({"n": torch.tensor(1)}, {"n": torch.tensor(8)})
    assert [int(path(lam)["n"]) for lam in (0, 0.4, 0.6, 1)] == [1, 1, 8, 8]


@given(vertex_lists, st.integers(0, 40))
def test_a_grid_holds_every_vertex_increases_and_has_the_points_asked_for(vertices, more):
    path = Polyline(states(*[0.0] * len(vertices)), vertices)
    grid = path.grid(len(vertices) + more)
    assert len(grid) == len(vertices) + more
    assert (np.diff(grid) > 0).all()
    assert set(vertices) <= set(grid.tolist())


def test_a_grid_is_evenly_spaced_where_the_vertices_allow_it():
    np.testing.assert_allclose(Polyline(states(0.0, 1.0, 2.0)).grid(9), np.linspace(0, 1, 9))


def test_a_path_can_be_taken_in_another_type():
    moved = converted_path(Line(*states(1.0, 2.0)), torch.device("cpu"), torch.float64)
    assert moved(0.1)["w"].dtype == torch.float64
    assert float(moved(0.1)["w"]) == pytest.approx(1.1, rel=1e-15)


def test_convert_detaches_and_leaves_counters_their_type(device):
    state = {"w": torch.ones(2, requires_grad=True), "n": torch.tensor(3)}
    moved = convert(state, torch.device(device), torch.float64)
    assert not moved["w"].requires_grad
    assert (moved["w"].dtype, moved["n"].dtype) == (torch.float64, torch.int64)
    assert {value.device.type for value in moved.values()} == {device}


def test_one_state_dict_is_refused():
    with pytest.raises(InputError, match=r"at least 2 state dicts; found 1\. Give the initial"):
        Polyline(states(1.0))


@pytest.mark.parametrize(
    "vertices",
    [[0, 0.5], [0.1, 0.5, 1], [0, 0.5, 0.9], [0, 1, 1], [0, 0, 1], [0, float("nan"), 1]],
)
def test_vertices_that_do_not_increase_from_0_to_1_are_refused(vertices):
    with pytest.raises(InputError, match=r"3 vertices that increase from 0 to 1.*one lambda a sta"):
        Polyline(states(1.0, 2.0, 3.0), vertices)


@pytest.mark.parametrize("lam", [-1e-9, 1.0000001, float("nan")])
def test_a_lambda_outside_the_path_is_refused(lam):
    with pytest.raises(InputError, match=r"lambda in \[0, 1\].*defined there only"):
        Line(*states(1.0, 2.0))(lam)


def test_fewer_grid_points_than_vertices_are_refused():
    with pytest.raises(InputError, match=r"at least 3 points; found 2\. Each vertex takes one\."):
        Polyline(states(1.0, 2.0, 3.0)).grid(2)


def test_a_missing_entry_is_refused_with_its_name_and_owner():
    first, second = states(1.0, 2.0)
    first["extra"] = torch.zeros(1)
    with pytest.raises(WeightsError, match=r"same entries; found 'extra' in number 0 alone of num"):
        Line(first, second)
    with pytest.raises(WeightsError, match=r"'extra' in number 1 alone.*the same architecture"):
        Line(second, first)


def test_different_shapes_are_refused_with_both():
    with pytest.raises(
        WeightsError, match=r"'w' of one shape; found \(\) in number 0 and \(2,\) in"
    ):
        Line(*states(1.0, [1.0, 2.0]))


def test_numbers_and_counters_under_one_name_are_refused():
    with pytest.raises(WeightsError, match="'w'"):
        Line({"w": torch.zeros(2)}, {"w": torch.zeros(2, dtype=torch.int64)})


@pytest.mark.parametrize("coarse", [torch.float16, torch.bfloat16])
def test_weights_in_half_precision_meet_others_in_the_type_that_holds_both(coarse):
    half, whole = torch.tensor([1.0, 0.1], dtype=coarse), torch.tensor([0.1, 3.0])
    for line in (Line({"w": half}, {"w": whole}), Line({"w": whole}, {"w": half})):
        assert {x.dtype for state in line.states for x in state.values()} == {torch.float32}
    assert torch.equal(Line({"w": half}, {"w": whole})(0.0)["w"], half.float())


def test_a_line_takes_what_torch_load_returns_of_a_checkpoint():
    first, last = {"w": torch.zeros(2)}, {"module.w": np.ones(2, np.float32), "module.n": None}
    line = Line({"epoch": 3, "state_dict": {"model.w": first["w"]}}, last)
    (middle,) = line(0.5).values()
    assert middle.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_refused_with_their_count(bad):
    match = r"finite weights; found 2 of 3 values of 'w' in state dict number 1 NaN.*diverged"
    with pytest.raises(WeightsError, match=match):
        Line(*states([1.0, 2.0, 3.0], [bad, 1.0, bad]))
