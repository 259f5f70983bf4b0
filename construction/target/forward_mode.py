"""Operations that PyTorch can differentiate forwards, for as long as a derivative is taken.

Fused kernels have no forward-mode derivative, though the formula they compute has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.batchnorm import _BatchNorm

from ..forward.batch_norm import normalising_layers


@contextmanager
def forward_mode(model: nn.Module) -> Iterator[None]:
    """Let a private copy in evaluation mode run on operations with forward-mode derivatives.

    Attention is computed step by step, recurrent layers on a CPU without oneDNN, and batch norm by
    its formula: PyTorch's kernel has no derivative in the running statistics, which move along an
    interpolated path like every other entry. All of it is undone afterwards.

    >>> layer = nn.BatchNorm1d(2).eval()
    >>> with forward_mode(layer):
    ...     layer(torch.ones(1, 2)).shape
    torch.Size([1, 2])
    """
    with ExitStack() as undone:
        undone.enter_context(sdpa_kernel(SDPBackend.MATH))
        undone.callback(
            torch.backends.mha.set_fastpath_enabled, torch.backends.mha.get_fastpath_enabled()
        )
        torch.backends.mha.set_fastpath_enabled(False)
        if any(isinstance(module, nn.RNNBase) for module in model.modules()):
            enabled = torch.backends.mkldnn.set_flags(_enabled=False)[0]
            undone.callback(torch.backends.mkldnn.set_flags, _enabled=enabled)
        for layer in map(model.get_submodule, normalising_layers(model)):
            assert isinstance(layer, _BatchNorm), "no other layer keeps running statistics"
            vars(layer)["forward"] = partial(_normalised, layer)
            undone.callback(vars(layer).pop, "forward")
        yield


def _normalised(layer: _BatchNorm, inputs: Tensor) -> Tensor:
    """``(x - mean) / sqrt(var + eps) weight + bias``, channels in the second place."""
    assert layer.running_mean is not None, "asked of layers with running statistics alone"
    assert layer.running_var is not None, "kept with the mean"
    shape = (1, -1, *[1] * (inputs.ndim - 2))
    scale = (layer.running_var + layer.eps).rsqrt()
    outputs = (inputs - layer.running_mean.reshape(shape)) * scale.reshape(shape)
    if layer.affine:
        outputs = outputs * layer.weight.reshape(shape) + layer.bias.reshape(shape)
    return outputs
