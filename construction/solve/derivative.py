"""How fast the scale moves while lambda runs, by the implicit function theorem.

While travelling ``g(lambda, c(lambda)) = v(lambda)``. Differentiated in lambda,

    dc/dlambda = (v' - dg/dlambda) / (dg/dc),

where ``dg/dlambda`` at a fixed c is the sum over the samples of ``<grad l(c N), c N'>`` and N' the
derivative of the network's outputs along ``W'(lambda)``: one pass of forward-mode differentiation.
A network with ReLUs has these derivatives at almost every lambda; where a unit is exactly zero on a
sample, PyTorch's convention for the ReLU decides.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import jvp
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.batchnorm import _BatchNorm

from ..errors import InputError, RootError, WeightsError
from ..forward.batch_norm import normalising_layers
from ..forward.forward import Forward
from ..forward.precision import full_precision
from ..forward.ranks import summed_over_ranks
from ..loss.catalogue import Custom
from ..loss.loss import Raw
from ..network.evaluation import Inputs, called
from ..network.states import State
from ..path.paths import convert
from ..profile import Stretch, Target
from ..sheet.sheet import Sheet

#: Step of the central difference of a user's profile: the cube root of the rounding, where the
#: errors of rounding and of the quotient balance.
STEP = float(np.finfo(float).eps) ** (1 / 3)
#: Share of the distance from m to L(0) by which the target has to lie above m: below it c is known
#: to the square root of the rounding, and its derivative not at all. Chosen here.
ABOVE = 1e-13
QUOTIENT = "take a difference quotient of result.at(result.s_of(lambda)).scale"


def scale_derivative(forward: Forward, target: Target, sheet: Sheet, scale: float) -> float:
    """``dc/dlambda`` at one lambda of a travel.

    At a corner of v, or a vertex of the base path, it is the derivative to the right (at
    lambda = 1 to the left).

    Args:
        forward: the network along its path.
        target: v.
        sheet: at the lambda alone.
        scale: c there.

    Raises:
        RootError: c is c*, as where the path crosses to the other branch: there dg/dc = 0, and the
            scale moves infinitely fast unless v touches m for longer.
        InputError: a base path or a network without a derivative.
    """
    lam = float(sheet.lam[0])
    stretch = target.stretches[int(target.stretch_of(sheet.lam)[0])]
    if stretch.held is not None:
        return 0.0
    lowest, slope = float(sheet.minimum_excess[0]), float(sheet.slope(scale)[0])
    above = float(stretch.excess(sheet)[0]) - lowest
    if slope == 0 or above <= ABOVE * -lowest:
        raise RootError(
            f"a scale off c* at lambda = {lam:.6g}, where dg/dc is not 0",
            f"c = {scale:.6g}, at which g is the minimum over c to {above:.1e}",
            "There the scale has no finite derivative: ask beside it.",
            lam=lam,
            count=1,
        )
    falls = _target_slope(target, stretch, lam)
    return (falls - slope_in_lambda(forward, lam, scale)) / slope


def slope_in_lambda(forward: Forward, lam: float, scale: float) -> float:
    """``dg/dlambda`` at a fixed scale.

    Raises:
        InputError, WeightsError: see `scale_derivative` and `tangent_of`.
    """
    tangent, state = tangent_of(forward, lam), forward.state(lam)
    moving = {name: state[name] for name in tangent}
    total = torch.zeros((), dtype=torch.float64, device=forward.device)
    with forward_mode(forward.model), full_precision(forward.device, forward.tf32):
        for inputs, raw in forward.data:
            objective = partial(_summed, forward, state, inputs, raw, scale)
            total += _differentiated(objective, moving, tangent)
    return float(summed_over_ranks(total)) / forward.weight


def tangent_of(forward: Forward, lam: float) -> State:
    """``dW/dlambda``, floating-point entries alone, on the device of the forward pass.

    Raises:
        InputError: a base path that does not know its derivative.
        WeightsError: one that returns other entries than the weights have.
    """
    if forward.batch_norm == "recompute" and normalising_layers(forward.model):
        raise InputError(
            "a base path with a derivative",
            "running statistics that are measured anew at each lambda",
            f"Construct with batch_norm='interpolate', or {QUOTIENT}.",
        )
    for path in (forward.path, forward.user_path):
        if hasattr(path, "tangent"):
            tangent = convert(path.tangent(lam), forward.device, forward.dtype)
            state = forward.state(lam)
            wanted = {name: x.shape for name, x in state.items() if x.is_floating_point()}
            given = {name: x.shape for name, x in tangent.items()}
            odd = [
                name for name in sorted({*wanted, *given}) if wanted.get(name) != given.get(name)
            ]
            if odd:
                raise WeightsError(
                    "a tangent with the path's floating-point entries, in their shapes",
                    f"{len(odd)} that are missing, unknown or of another shape, the first "
                    f"{odd[0]!r}",
                    "Return the derivative of every weight in lambda, 0 where it rests.",
                )
            return tangent
    raise InputError(
        "a base path that knows its derivative",
        f"a {type(forward.user_path).__name__} without a method `tangent`",
        "Give it one, lambda -> state dict of dW/dlambda, as Line, Polyline and Bezier have; "
        f"or {QUOTIENT}.",
    )


def _summed(
    forward: Forward, state: State, inputs: Inputs, raw: Raw, scale: float, moving: State
) -> Tensor:
    """The loss of one tile, summed, with some entries of the weights in place of the state's."""
    weights = {**state, **moving}
    outputs = called(forward.model, weights, inputs)
    loss, targets = forward.loss, forward.loss.targets(raw, outputs)
    if isinstance(loss, Custom):
        return loss.values(scale * outputs.double(), targets).double().sum()
    rays, beside = loss.rays(outputs, targets)
    return loss.along(rays[None], beside, rays.new_tensor([scale])).excess.sum()


def _differentiated(objective: Callable[[State], Tensor], moving: State, tangent: State) -> Tensor:
    """The derivative along the tangent, by forward mode."""
    with warnings.catch_warnings():  # PyTorch's own, as it loads its forward-mode formulas
        warnings.filterwarnings("ignore", ".*torch.jit.script")
        try:
            slope: Tensor = jvp(objective, (moving,), (tangent,))[1]
        except RuntimeError as error:
            raise InputError(
                "a network and a loss of operations that have forward-mode derivatives",
                f"{type(error).__name__}: {str(error).splitlines()[0]}",
                f"Replace the operation, or {QUOTIENT}.",
            ) from error
    return slope


def _target_slope(target: Target, stretch: Stretch, lam: float) -> float:
    """v': of a piecewise linear target exact, of the user's own a central difference."""
    if target.name == "custom":
        ends = np.clip([lam - STEP, lam + STEP], 0.0, 1.0)
    else:
        inner = target.knots[(target.knots > stretch.start) & (target.knots < stretch.stop)]
        corners = np.array([stretch.start, *inner, stretch.stop])
        k = min(int(np.searchsorted(corners, lam, side="right")), len(corners) - 1)
        ends = corners[k - 1 : k + 1]
    low, high = stretch.function(ends)
    return float((high - low) / (ends[1] - ends[0]))


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
