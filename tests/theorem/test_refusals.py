"""Arguments of a wrong kind are answered by the package's own errors, with what to do."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from construction import Line, Polyline, construct, mlp
from construction.errors import InputError, WeightsError, enough_memory
from construction.network.heads import scale_head


@pytest.fixture
def given():
    """A model, the ends of its path, and data on which the theorem applies."""
    model = mlp((4, 6, 2), seed=1)
    initial = model.state_dict()
    inputs = torch.randn(12, 4, generator=torch.Generator().manual_seed(0))
    return model, initial, scale_head(initial, "3", 0.05), inputs, torch.arange(12) % 2


def test_the_same_arguments_unspoilt_are_accepted(given):
    model, initial, final, inputs, labels = given
    assert construct(model, Line(initial, final), (inputs, labels), points=5).scale[0] == 1


def test_a_model_that_fails_on_the_inputs_is_reported_with_its_own_reason(given):
    model, initial, final, inputs, labels = given
    with pytest.raises(InputError, match=r"inputs of shape \(12, 3\).*mat1 and mat2.*trained on"):
        construct(model, Line(initial, final), (inputs[:, :3], labels))
    with pytest.raises(InputError, match=r"uint8.*integer images as floating point"):
        construct(model, Line(initial, final), (inputs.abs().byte(), labels))


def test_models_in_place_of_state_dicts_are_refused(given):
    model, initial, *_ = given
    with pytest.raises(InputError, match=r"Sequential\. Pass model.state_dict\(\)"):
        Line(initial, model)
    with pytest.raises(InputError, match="names with tensors; found int"):
        Polyline([1, 2])


def test_a_path_that_is_no_path_is_refused(given):
    model, initial, final, inputs, labels = given
    with pytest.raises(InputError, match=r"found list\. Two state dicts make Line"):
        construct(model, [initial, final], (inputs, labels))
    with pytest.raises(WeightsError, match=r"found int\. Return name -> tensor"):
        construct(model, lambda lam: 3, (inputs, labels))


def test_a_device_that_is_not_there_is_refused(given):
    model, initial, final, inputs, labels = given
    with pytest.raises(
        InputError, match="in float64, as gpu is not; found RuntimeError: Expected one of cpu"
    ):
        construct(model, Line(initial, final), (inputs, labels), device="gpu")


def test_data_without_samples_are_refused(given):
    model, initial, final, *_ = given
    with pytest.raises(InputError, match=r"inputs of shape \(\) and targets of shape \(\)"):
        construct(model, Line(initial, final), (torch.tensor(1.0), torch.tensor(1)))


def test_points_and_profiles_of_a_wrong_kind_are_refused(given):
    model, initial, final, inputs, labels = given
    path, data = Line(initial, final), (inputs, labels)
    with pytest.raises(InputError, match=r"lambdas; found could not convert .*: 'nine'\. 401"):
        construct(model, path, data, points="nine")
    with pytest.raises(InputError, match=r"or a profile among .*; found \[\]\. Use one"):
        construct(model, path, data, profile=[])
    with pytest.raises(InputError, match=r"one number for each lambda; found .*NoneType.*a float"):
        construct(model, path, data, profile=lambda lam: None)


def test_huge_objectives_are_solved_without_overflow(given):
    model, initial, _, inputs, _ = given
    double = {name: value.double() for name, value in initial.items()}
    inputs, model = inputs.double(), model.double()
    targets = model(inputs).detach() * 1e149
    path = Line(scale_head(double, "3", 1e150), scale_head(double, "3", 1.01e149))
    result = construct(model, path, (inputs, targets), points=9, profile="valley")
    assert result.certify(15).holds


def test_a_loader_gives_the_same_path_as_its_tensors(given):
    model, initial, final, inputs, labels = given
    loader = DataLoader(TensorDataset(inputs, labels), batch_size=5)
    one = construct(model, Line(initial, final), loader, points=5)
    other = construct(model, Line(initial, final), (inputs, labels), points=5)
    assert one.scale.tolist() == other.scale.tolist()


def test_classes_for_a_single_output_are_refused():
    model = mlp((4, 6, 1))
    state = model.state_dict()
    with pytest.raises(InputError, match=r"real targets of the outputs' shape.*unsqueeze"):
        construct(model, Line(state, state), (torch.randn(6, 4), torch.arange(6)))


def test_a_model_of_a_fixed_type_is_refused_by_the_check(given):
    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.head = nn.Linear(4, 6), nn.Linear(6, 2)

        def forward(self, x):
            return self.head(torch.relu(self.layer(x)).float())

    torch.manual_seed(0)
    model = Fixed()
    *_, inputs, labels = given
    initial = scale_head(model.state_dict(), "head", 9.0)
    result = construct(
        model, Line(initial, scale_head(initial, "head", 0.01)), (inputs, labels), points=5
    )
    with pytest.raises(InputError, match="a model that runs in float64, in which the check"):
        result.certify(5)


class Hungry(nn.Module):
    """Asks for a petabyte, once it has grown."""

    def __init__(self):
        super().__init__()
        self.head, self.asks = nn.Linear(2, 1).double(), False

    def forward(self, x):
        return self.head(x) + (torch.empty(10**15)[0] if self.asks else 0)


def test_too_little_memory_is_said_with_what_to_do_and_no_other_runtime_error_is():
    model = Hungry()
    start = {name: value.clone() for name, value in model.state_dict().items()}
    end = {name: 0.1 * value for name, value in start.items()}
    data = torch.ones(3, 2).double(), torch.zeros(3, 1).double()
    result = construct(model, Line(start, end), data, points=5)
    model.asks = True
    match = r"fits into memory; found can't allocate memory: .* smaller memory=\.\.\., give the"
    for asked in (
        lambda: construct(model, Line(start, end), data, points=5),
        lambda: result.certify(5),
    ):
        with pytest.raises(InputError, match=match):
            asked()
    with pytest.raises(RuntimeError, match="another"), enough_memory():
        raise RuntimeError("another")


def test_a_callable_path_that_jumps_or_is_drawn_anew_is_refused_and_a_steep_one_is_not(given):
    model, initial, final, inputs, labels = given
    line = Line(initial, final)

    def refused(path, match):
        with pytest.raises(InputError, match=match):
            construct(model, path, (inputs, labels), points=5)

    refused(lambda lam: initial if lam <= 0.503 else final, r"jump by .* at lambda = 0\.503\. Let")
    noisy = torch.Generator().manual_seed(0)

    def drawn(lam):
        return {
            name: value + 0.01 * (0 < lam < 1) * torch.randn(value.shape, generator=noisy)
            for name, value in line(lam).items()
        }

    refused(drawn, "depend on lambda alone")
    steep = construct(model, lambda lam: line(lam**0.5), (inputs, labels), points=5)
    assert steep.at(1.0).objective == pytest.approx(steep.final_objective)
