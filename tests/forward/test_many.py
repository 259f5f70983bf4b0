"""Many networks at once give what each gives alone."""

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, mlp
from construction.errors import WeightsError
from construction.forward.forward import Forward
from construction.forward.many import sheet_of_many
from construction.loss.catalogue import as_loss

NETWORKS, SAMPLES = 5, 40


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_sheet_and_roots_of_many_networks_are_those_of_each(loss, device):
    own = torch.Generator().manual_seed(0)
    x = torch.randn(SAMPLES, 4, dtype=torch.float64, generator=own)
    y = torch.arange(SAMPLES) % 3
    models = [mlp((4, 6, 3), seed=seed).double() for seed in range(NETWORKS)]
    weights = {
        name: torch.stack([model.state_dict()[name] for model in models]).to(device)
        for name in models[0].state_dict()
    }
    data = x.to(device), y.to(device)
    many = sheet_of_many(models[0], weights, data, loss=loss, together=2)
    excess = np.full(NETWORKS, 0.4 * many.d)
    scales = many.root(excess, many.rises)
    for k, model in enumerate(models):
        state = model.state_dict()
        alone = Forward(model, Line(state, state), (x, y), loss=as_loss(loss)).along([0.0])
        assert many.minimum[k] == pytest.approx(alone.minimum[0], rel=1e-12)
        assert scales[k] == pytest.approx(alone.root(excess[:1], alone.rises)[0], rel=1e-12)
        assert many.pick(np.array([k])).value(scales[k])[0] == pytest.approx(1.4 * many.d)


def test_a_network_whose_outputs_are_not_finite_is_named():
    weights = {"weight": torch.ones(3, 1, 1), "bias": torch.tensor([[0.0], [torch.nan], [0.0]])}
    with pytest.raises(WeightsError, match="found NaN or infinite ones of network 1"):
        sheet_of_many(nn.Linear(1, 1), weights, (torch.ones(3, 1), torch.ones(3, 1)))
