"""A network as a list of steps that the proof knows, read from the user's module.

`torch.fx` follows the module's own forward; a step that is not piecewise linear, or not known, is
refused by name. The list is then run beside the module on real inputs, and has to give the same
outputs with the weights of the path and with random ones: a step read wrongly would show.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from ..errors import ProofError
from ..network.heads import State, evaluate, private_copy
from ..network.resnet import PaddedShortcut

#: Largest difference from the module's own outputs, relative to the largest of them, in float64.
AGREEMENT = 1e-10


@dataclass(frozen=True)
class Step:
    """One step, which reads the results of earlier ones.

    Attributes:
        kind: "input", "linear", "convolution", "relu", "max_pool", "average_pool", "average",
            "padded_shortcut", "flatten" or "add".
        reads: indices of the steps whose results it takes.
        name: of the layer, for its ``.weight`` and ``.bias``; empty where there is none.
        bias: whether there is one.
        options: stride, padding, dilation, groups, kernel, channels: what the kind needs.
    """

    kind: str
    reads: tuple[int, ...] = ()
    name: str = ""
    bias: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def entry(self, name: str) -> str:
        """Name of the layer's weight or bias in a state dict."""
        return f"{self.name}.{name}" if self.name else name


class _Tracer(fx.Tracer):
    """Looks into every module but PyTorch's own and the shortcut of the package's ResNets."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, PaddedShortcut) or super().is_leaf_module(m, module_qualified_name)


def read_program(model: nn.Module, state: State, inputs: Tensor) -> tuple[Step, ...]:
    """The steps of a network.

    Args:
        model: piecewise linear: linear and convolutional layers, ReLU, pooling, flattening,
            residual sums; dropout counts as switched off.
        state: weights with which the steps are compared with the module on `inputs`; random ones
            besides, without zeros.
        inputs: a few, (samples, ...).

    Raises:
        ProofError: a step that is not known, with its name, or outputs that differ.

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
    for drawn in (weights, _random(weights, generator), _random(weights, generator)):
        off = _off(steps, copy, drawn, inputs)
        if not off <= AGREEMENT:
            raise ProofError(
                "the steps read from the network to give its outputs",
                f"outputs that differ by a relative {off:.3g}",
                "The network does something that its layers do not show; nothing is proved of it.",
            )
    return steps


def _off(steps: tuple[Step, ...], model: nn.Module, weights: State, inputs: Tensor) -> float:
    """Largest difference from the module's own outputs, relative to the largest of them."""
    wanted = evaluate(model, weights, inputs)
    try:
        found = trail(steps, weights.__getitem__, inputs)[-1]
    except (RuntimeError, KeyError, IndexError, TypeError):  # shapes or names that do not fit
        return float("inf")
    if found.shape != wanted.shape:
        return float("inf")
    return float((found - wanted).abs().max() / wanted.abs().max().clamp_min(1e-30))


def _random(weights: State, generator: torch.Generator) -> State:
    """Weights without zeros in their place, so that no branch of the network is silent."""
    return {
        name: torch.randn(value.shape, generator=generator, dtype=torch.float64)
        if value.is_floating_point()
        else value
        for name, value in weights.items()
    }


def trail(
    steps: tuple[Step, ...],
    weights: Callable[[str], Tensor],
    inputs: Tensor,
    known: Mapping[int, Tensor] | None = None,
) -> list[Tensor]:
    """The results of all steps on inputs (samples, ...), the network's outputs last.

    Args:
        steps: in order.
        weights: an entry by name.
        inputs: of the type of the weights.
        known: results that need not be computed, by the index of the step.
    """
    results: list[Tensor] = []
    for k, step in enumerate(steps):
        if known and k in known:
            results.append(known[k])
        else:
            results.append(_apply(step, [results[j] for j in step.reads], weights, inputs))
    return results


def first_product(steps: tuple[Step, ...]) -> int | None:
    """Index of the linear or convolutional step that alone reads the inputs, if there is one."""
    bare = {k for k, step in enumerate(steps) if step.kind == "input"}
    for k, step in enumerate(steps):
        if step.kind == "flatten" and bare.issuperset(step.reads):
            bare.add(k)
    readers = [k for k, step in enumerate(steps) if k not in bare and bare & set(step.reads)]
    only = len(readers) == 1 and steps[readers[0]].kind in ("linear", "convolution")
    return readers[0] if only else None


def product_of(step: Step) -> Callable[[Tensor, Tensor], Tensor]:
    """How a linear or convolutional step multiplies activations by a weight, without bias."""
    if step.kind == "linear":
        return functional.linear
    options = step.options
    return lambda h, weight: functional.conv2d(
        h,
        weight,
        None,
        options["stride"],
        options["padding"],
        options["dilation"],
        options["groups"],
    )


def _apply(
    step: Step, reads: list[Tensor], weights: Callable[[str], Tensor], inputs: Tensor
) -> Tensor:
    if step.kind in ("linear", "convolution"):
        product = product_of(step)(reads[0], weights(step.entry("weight")))
        if step.kind == "linear" and product.ndim != 2:
            raise RuntimeError("a linear layer on inputs of more dimensions than samples, features")
        if not step.bias:
            return product
        bias = weights(step.entry("bias"))
        return product + bias.reshape(-1, *(1,) * (product.ndim - 2))
    if step.kind == "input":
        return inputs
    return plain(step)(*reads)


def plain(step: Step) -> Callable[..., Tensor]:
    """A step without weights, on plain tensors."""
    options = step.options
    kinds: dict[str, Callable[..., Tensor]] = {
        "relu": torch.relu,
        "flatten": lambda h: h.flatten(1),
        "add": torch.add,
        "max_pool": lambda h: functional.max_pool2d(h, **options),
        "average_pool": lambda h: functional.avg_pool2d(h, **options),
        "padded_shortcut": lambda h: PaddedShortcut(**options)(h),
        "average": lambda h: h.mean((2, 3), keepdim=True),
    }
    return kinds[step.kind]


def _read(model: nn.Module) -> list[Step]:
    try:
        graph = _Tracer().trace(model)
    except Exception as error:  # whatever the user's forward does with a proxy in place of a tensor
        raise ProofError(
            "a network whose forward is a fixed sequence of layers",
            f"one that torch.fx cannot follow: {type(error).__name__}: {error}",
            "Nothing is proved of it; write it without branches on the data.",
        ) from error
    modules, steps = dict(model.named_modules()), list[Step]()
    places, shapes = dict[fx.Node, int](), set[fx.Node]()
    for node in graph.nodes:
        if node.op == "output":
            break
        given = [one for one in node.all_input_nodes if one not in shapes]
        if not all(one in places for one in given):
            raise _unknown(f"a step {node.name!r} that reads what is not known")
        if node.op == "placeholder":
            step: Step | None = Step("input")
        elif node.op == "call_module":
            step = _of_module(str(node.target), modules[str(node.target)])
        elif node.op == "get_attr":
            raise _unknown(f"the parameter {node.target!r} used outside a layer")
        elif _asks_for_a_shape(node, shapes):
            shapes.add(node)
            continue
        else:
            step = _of_call(node)
        if _in_place(node, modules) and len(given[0].users) > 1:
            raise _unknown(f"{node.name!r}, which changes in place what is used elsewhere")
        read = tuple(places[one] for one in node.args if one in given)
        if step is None:  # the identity
            places[node] = read[0]
            continue
        places[node] = len(steps)
        steps.append(Step(step.kind, read, step.name, step.bias, step.options))
    return steps


def _asks_for_a_shape(node: fx.Node, shapes: set[fx.Node]) -> bool:
    if node.target in ("size", "dim"):
        return True
    if node.target is getattr:
        return node.args[1] in ("shape", "ndim")
    return bool(node.args) and node.args[0] in shapes


def _in_place(node: fx.Node, modules: Mapping[str, nn.Module]) -> bool:
    if node.op == "call_module":
        return bool(getattr(modules[str(node.target)], "inplace", False))
    named = isinstance(node.target, str) and node.target.endswith("_")
    return named or node.target is operator.iadd or bool(node.kwargs.get("inplace", False))


#: Arguments of pooling that change nothing at these values.
_PLAIN = {
    "dilation": 1,
    "ceil_mode": False,
    "return_indices": False,
    "count_include_pad": True,
    "divisor_override": None,
}


def _of_module(name: str, module: nn.Module) -> Step | None:
    if isinstance(module, nn.Identity | nn.Dropout | nn.Dropout1d | nn.Dropout2d):
        return None
    if isinstance(module, nn.ReLU):
        return Step("relu")
    if isinstance(module, nn.Flatten) and module.start_dim == 1 and module.end_dim == -1:
        return Step("flatten")
    if isinstance(module, PaddedShortcut):
        options = {"channels": module.channels, "stride": module.stride}
        return Step("padded_shortcut", options=options)
    if type(module) is nn.Linear:
        return Step("linear", name=name, bias=module.bias is not None)
    if type(module) is nn.Conv2d and module.padding_mode == "zeros":
        if isinstance(module.padding, str):
            raise _unknown(
                f"a convolution {name!r} with padding={module.padding!r}", "Use numbers."
            )
        keys = ("stride", "padding", "dilation", "groups")
        return Step(
            "convolution",
            name=name,
            bias=module.bias is not None,
            options={key: getattr(module, key) for key in keys},
        )
    if isinstance(module, nn.MaxPool2d) and module.dilation == 1 and not module.ceil_mode:
        return Step("max_pool", options=_window(module.kernel_size, module.stride, module.padding))
    if isinstance(module, nn.AvgPool2d) and module.divisor_override is None and _whole(module):
        return Step("average_pool", options=_window(module.kernel_size, module.stride, 0))
    if isinstance(module, nn.AdaptiveAvgPool2d) and module.output_size in (1, (1, 1)):
        return Step("average")
    raise _unknown(f"the layer {name!r}, {type(module).__name__}")


def _of_call(node: fx.Node) -> Step | None:
    target = node.target
    if target in (torch.relu, functional.relu, "relu", "relu_"):
        return Step("relu")
    two = not node.kwargs and all(isinstance(one, fx.Node) for one in node.args)
    if target in (operator.add, operator.iadd, torch.add, "add", "add_") and two:
        return Step("add")
    if target in (torch.flatten, "flatten", "view", "reshape"):
        return Step("flatten")  # compared with the module's own outputs
    if target is functional.dropout:
        return None
    if target in (functional.max_pool2d, functional.avg_pool2d):
        given = dict(zip(("kernel_size", "stride", "padding"), node.args[1:], strict=False))
        given |= {key: x for key, x in node.kwargs.items() if _PLAIN.get(key, _PLAIN) != x}
        largest = target is functional.max_pool2d
        plain_window = set(given) <= {"kernel_size", "stride", "padding"} and len(node.args) <= 4
        if plain_window and (largest or not given.get("padding")):
            window = _window(given["kernel_size"], given.get("stride"), given.get("padding", 0))
            return Step("max_pool" if largest else "average_pool", options=window)
    if target is functional.adaptive_avg_pool2d and node.args[1] in (1, (1, 1)):
        return Step("average")
    raise _unknown(f"the call {getattr(target, '__name__', target)!s}")


def _whole(module: nn.AvgPool2d) -> bool:
    return not module.ceil_mode and module.padding == 0


def _window(kernel: Any, stride: Any, padding: Any) -> dict[str, Any]:
    return {"kernel_size": kernel, "stride": stride or kernel, "padding": padding}


def _unknown(what: str, remedy: str = "") -> ProofError:
    return ProofError(
        "a network of linear and convolutional layers, ReLU, pooling and sums",
        what,
        remedy or "Nothing is proved of it; the check at points is what there is.",
    )
