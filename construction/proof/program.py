"""A network as a list of steps that proofs know, read from the user's module by `torch.fx`.

A step that is not piecewise linear, or not known, is refused by name. The list has to give the
module's own outputs with the weights of the path and with random ones.
"""

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from ..errors import ProofError, reading
from ..network.evaluation import evaluate, private_copy, randomness_kept
from ..network.networks import PaddedShortcut
from ..network.states import State

#: Largest difference from the module's own outputs, relative to the largest of them, in float64.
AGREEMENT = 1e-10


@dataclass(frozen=True)
class ProgramStep:
    """One step, which reads the results of earlier ones.

    Attributes:
        kind: "input", "linear", "convolution", "relu", "leaky_relu", "max_pool", "average_pool",
            "average", "padded_shortcut", "flatten" or "add".
        reads: indices of the steps whose results it takes.
        name: of the layer, for its ``.weight`` and ``.bias``; empty where there is none.
        bias: whether there is one.
        options: stride, padding, dilation, groups, kernel_size, channels, negative_slope: what the
            kind needs.
    """

    kind: str
    reads: tuple[int, ...] = ()
    name: str = ""
    bias: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def entry(self, name: str) -> str:
        """Name of the layer's weight or bias in a state dict."""
        return f"{self.name}.{name}" if self.name else name


#: Layers of PyTorch that are read as the calls they make; others as a whole.
AS_CALLS = (
    nn.ReLU, nn.LeakyReLU, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Flatten,
    nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d,
)  # fmt: skip


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        whole = super().is_leaf_module(m, module_qualified_name) and not isinstance(m, AS_CALLS)
        return type(m) is PaddedShortcut or whole


def read_program(model: nn.Module, state: State, inputs: Tensor) -> tuple[ProgramStep, ...]:
    """The steps of a network; a ProofError names one that is not known, or says outputs differ.

    Args:
        model: piecewise linear: linear and convolutional layers, (leaky) ReLU, pooling,
            flattening, residual sums; dropout counts as switched off.
        state: weights with which the steps are compared with the module on `inputs`; random ones
            besides, without zeros.
        inputs: a few, (samples, ...).

    >>> from construction.network.networks import mlp
    >>> network = mlp((4, 3, 2)).double()
    >>> steps = read_program(network, network.state_dict(), torch.zeros(1, 4).double())
    >>> [step.kind for step in steps]
    ['input', 'flatten', 'linear', 'relu', 'linear']
    """
    copy = private_copy(model).cpu().double()
    steps = tuple(_read(copy))
    weights = {name: value.detach().cpu().double() for name, value in state.items()}
    generator = torch.Generator().manual_seed(0)
    draw = partial(torch.randn, generator=generator, dtype=torch.float64)
    drawn = (  # without zeros in their place, so that no branch of the network is silent
        {k: draw(x.shape) if x.is_floating_point() else x for k, x in weights.items()}
        for _ in range(2)
    )
    for compared in (weights, *drawn):
        off = _off(steps, copy, compared, inputs)
        if not off <= AGREEMENT:
            raise ProofError(
                "the steps read from the network to give its outputs",
                f"outputs that differ by a relative {off:.3g}",
                "The network does something that its layers do not show; nothing is proved of it.",
            )
    for weight in copy.parameters():  # torch.fx keeps the copy in a circle, for a while
        weight.data = weight.new_empty(0)
    return steps


def _off(steps: tuple[ProgramStep, ...], model: nn.Module, weights: State, inputs: Tensor) -> float:
    """Largest difference from the module's own outputs, relative to the largest of them."""
    wanted = evaluate(model, weights, inputs)
    try:
        outputs = results_of(steps, weights, inputs)[-1]
    except (RuntimeError, KeyError, IndexError, TypeError):  # shapes or names that do not fit
        return float("inf")
    if outputs.shape != wanted.shape:
        return float("inf")
    return float((outputs - wanted).abs().max() / wanted.abs().max().clamp_min(1e-30))


def require_scaled(
    steps: tuple[ProgramStep, ...], head: Collection[str], state: State, inputs: Tensor
) -> None:
    """Refuse by a ProofError outputs that are not twice as large where these entries are."""
    # all of positive numbers, which silence no branch, as samples may
    once = {key: torch.ones_like(x).double() / x.shape[1:].numel() for key, x in state.items()}
    twice = {key: x * (1 + (key in head)) for key, x in once.items()}
    own, other = (results_of(steps, each, torch.ones_like(inputs))[-1] for each in (once, twice))
    if not torch.allclose(2 * own, other):
        raise _unknown(f"outputs that are not twice as large where {', '.join(sorted(head))} are")


def results_of(
    steps: tuple[ProgramStep, ...],
    weights: Mapping[str, Tensor],
    inputs: Tensor,
    known: Mapping[int, Tensor] | None = None,
) -> list[Tensor]:
    """The results of all steps on inputs (samples, ...), the network's outputs last.

    Args:
        steps, weights: in order, and by name.
        inputs: of the type of the weights.
        known: results that need not be computed, by the index of the step.
    """
    results: list[Tensor] = []
    for k, step in enumerate(steps):
        if known and k in known:
            results.append(known[k])
        elif step.kind == "input":
            results.append(inputs)
        elif step.kind in ("linear", "convolution"):
            results.append(_affine(step, results[step.reads[0]], weights))
        else:
            reads = [results[j] for j in step.reads]
            if step.kind == "add" and reads[0].shape != reads[1].shape:
                raise RuntimeError("a sum of activations of different shapes")
            results.append(unweighted(step)(*reads))
    return results


def _affine(step: ProgramStep, h: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    if h.ndim != (2 if step.kind == "linear" else 4):
        raise RuntimeError("a layer on other dimensions than samples, features or samples, pixels")
    product = product_of(step)(h, weights[step.entry("weight")])
    if not step.bias:
        return product
    return product + weights[step.entry("bias")].reshape(-1, *(1,) * (product.ndim - 2))


def first_product(steps: tuple[ProgramStep, ...]) -> int | None:
    """Index of the linear or convolutional step that alone reads the inputs, if there is one."""
    bare = {k for k, step in enumerate(steps) if step.kind == "input"}
    for k, step in enumerate(steps):
        if step.kind == "flatten" and bare.issuperset(step.reads):
            bare.add(k)
    readers = [k for k, step in enumerate(steps) if k not in bare and bare & set(step.reads)]
    only = len(readers) == 1 and steps[readers[0]].kind in ("linear", "convolution")
    return readers[0] if only else None


def product_of(step: ProgramStep) -> Callable[[Tensor, Tensor], Tensor]:
    """How a linear or convolutional step multiplies activations by a weight, without bias."""
    if step.kind == "linear":
        return functional.linear
    return partial(functional.conv2d, **step.options)


def unweighted(step: ProgramStep) -> Callable[..., Tensor]:
    """What a step without weights does to tensors."""
    kinds: dict[str, Callable[..., Tensor]] = {
        "relu": torch.relu,
        "leaky_relu": functional.leaky_relu,
        "flatten": lambda h: h.flatten(1),
        "add": torch.add,
        "max_pool": functional.max_pool2d,
        "average_pool": functional.avg_pool2d,
        "padded_shortcut": lambda h, **options: PaddedShortcut(**options)(h),
        "average": lambda h: h.mean((2, 3), keepdim=True),
    }
    return partial(kinds[step.kind], **step.options)


@randomness_kept()  # torch.fx runs the user's forward
def _read(model: nn.Module) -> list[ProgramStep]:
    expected = "a network whose forward is a fixed sequence of layers, as torch.fx can follow"
    remedy = "Nothing is proved of it; write it without branches on the data."
    with reading(expected, ProofError, remedy):  # whatever forward does with a proxy of a tensor
        graph = _Tracer().trace(model)
    modules, steps = dict(model.named_modules()), list[ProgramStep]()
    places, shapes = dict[fx.Node, int](), set[fx.Node]()
    for node in graph.nodes:
        if node.op == "output":
            break
        sources = [source for source in node.all_input_nodes if source not in shapes]
        if not all(source in places for source in sources):
            raise _unknown(f"a step {node.name!r} that reads what is not known")
        if node.op == "placeholder":
            step: ProgramStep | None = ProgramStep("input")
        elif node.op == "call_module":
            step = _of_module(str(node.target), modules[str(node.target)])
        elif node.op == "get_attr":
            raise _unknown(f"the parameter {node.target!r} used outside a layer")
        elif _asks_for_a_shape(node, shapes):
            shapes.add(node)
            continue
        else:
            step = _of_call(node)
        if _in_place(node) and len(sources[0].users) > 1:
            raise _unknown(f"{node.name!r}, which changes in place what is used elsewhere")
        reads = tuple(places[source] for source in node.args if source in sources)
        if step is None:  # the identity
            places[node] = reads[0]
            continue
        places[node] = len(steps)
        steps.append(replace(step, reads=reads))
    return steps


def _asks_for_a_shape(node: fx.Node, shapes: set[fx.Node]) -> bool:
    if node.target in ("size", "dim"):
        return True
    if node.target is getattr:
        return node.args[1] in ("shape", "ndim")
    return bool(node.args) and node.args[0] in shapes


def _in_place(node: fx.Node) -> bool:
    method = node.op == "call_method" and str(node.target).endswith("_")
    asked = node.op == "call_function" and any(value is True for value in node.args)
    asked = asked or bool(node.kwargs.get("inplace", False))
    return method or asked or node.target is operator.iadd


def _of_module(name: str, module: nn.Module) -> ProgramStep:
    if type(module) is PaddedShortcut:
        options = {"channels": module.channels, "stride": module.stride}
        return ProgramStep("padded_shortcut", options=options)
    if type(module) is nn.Linear:
        return ProgramStep("linear", name=name, bias=module.bias is not None)
    if type(module) is nn.Conv2d and module.padding_mode == "zeros":
        if isinstance(module.padding, str):
            found = f"a convolution {name!r} with padding={module.padding!r}"
            raise _unknown(found, "Use numbers.")
        keys = ("stride", "padding", "dilation", "groups")
        options = {key: getattr(module, key) for key in keys}
        return ProgramStep("convolution", (), name, module.bias is not None, options)
    raise _unknown(f"the layer {name!r}, {type(module).__name__}")


#: Arguments of pooling, by place, and what those that no step knows have to be.
POOLING = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
PLAIN_POOLING = {"dilation": 1, "ceil_mode": False, "divisor_override": None}


def _of_call(node: fx.Node) -> ProgramStep | None:
    """The step of a function or a method; None if it changes nothing."""
    target = node.target
    if target in (torch.relu, functional.relu, "relu", "relu_"):
        return ProgramStep("relu")
    if target is functional.leaky_relu:
        slope: Any = [*node.args[1:2], node.kwargs.get("negative_slope", 0.01)][0]
        if not 0 <= slope <= 1:
            raise _unknown(f"a leaky ReLU of the slope {slope}", "Slopes from 0 to 1 are known.")
        return ProgramStep("leaky_relu", options={"negative_slope": float(slope)})
    two = not node.kwargs and all(isinstance(term, fx.Node) for term in node.args)
    if target in (operator.add, operator.iadd, torch.add, "add", "add_") and two:
        return ProgramStep("add")
    if target in (torch.flatten, "flatten", "view", "reshape"):
        return ProgramStep("flatten")  # compared with the module's own outputs
    if target in (functional.dropout, functional.dropout1d, functional.dropout2d):
        return None
    if target in (functional.max_pool2d, functional.avg_pool2d):
        largest = target is functional.max_pool2d
        options = dict(zip(POOLING, node.args[1:], strict=False)) | node.kwargs
        kernel, padding = options["kernel_size"], options.get("padding", 0)
        plain = all(options.get(key, value) == value for key, value in PLAIN_POOLING.items())
        if plain and (largest or not padding):
            stride = options.get("stride") or kernel
            options = {"kernel_size": kernel, "stride": stride, "padding": padding}
            return ProgramStep("max_pool" if largest else "average_pool", options=options)
    if target is functional.adaptive_avg_pool2d and node.args[1] in (1, (1, 1)):
        return ProgramStep("average")
    layer = list(node.meta.get("nn_module_stack", ()))[-1:]
    inside = f" in the layer {layer[0]!r}" if layer else ""
    raise _unknown(f"the call {getattr(target, '__name__', target)!s}{inside}")


def _unknown(what: str, remedy: str = "") -> ProofError:
    return ProofError(
        "a network of linear and convolutional layers, (leaky) ReLU, pooling and sums",
        what,
        remedy or "Nothing is proved of it; the check at points is what there is.",
    )
