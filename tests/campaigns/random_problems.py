"""Random problems: networks of one to six layers, or outputs prescribed along lambda."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from construction import Bezier, Line, Polyline, mlp
from construction.network.heads import scale_head

from .losses_by_hand import CLASSES, forward, objective

Random = np.random.Generator
State = dict[str, torch.Tensor]

LOSSES = (
    "squared", "cross_entropy", "label_smoothing", "binary_cross_entropy", "absolute", "huber",
    "pinball", "hinge", "poisson",
)  # fmt: skip
ENDS = ("random", "learned", "equal", "opposite", "permuted", "rescaled")
COURSES = ("waves", "learning", "separating", "returning", "vanishing", "resting", "plateau")


@dataclass(frozen=True)
class Drawn:
    """A problem, with the name of its kind."""

    kind: str
    loss: str
    model: nn.Module
    path: Callable[[float], State]
    inputs: torch.Tensor
    targets: torch.Tensor


def outputs_of(problem: Drawn, lam: float) -> np.ndarray:
    """N(W(lambda)), in numpy's longest floats, of weights in float64."""
    return run(problem, problem.path(lam))


def run(problem: Drawn, state: State) -> np.ndarray:
    """The network with these weights."""
    long = {name: value.double().numpy().astype(np.longdouble) for name, value in state.items()}
    return forward(long, problem.inputs.numpy())


def falls(problem: Drawn) -> bool:
    """Whether L(W(1)) < L(W(0))."""
    targets = problem.targets.numpy()
    first, last = (objective(problem.loss, outputs_of(problem, lam), targets) for lam in (0.0, 1.0))
    return bool(last < first)


def drawn(seed: int) -> Drawn:
    """The problem of this number."""
    rng = np.random.default_rng(seed)
    loss = str(rng.choice([*LOSSES, "squared", "squared", "cross_entropy"]))
    samples, width = int(rng.choice([1, 1, 2, 3, 6, 20])), int(rng.integers(1, 4))
    width = max(width, 2) if loss in CLASSES else width
    scale = float(10.0 ** rng.integers(-8, 9)) if rng.random() < 0.3 else 1.0
    if loss == "poisson":
        scale = min(scale, 1.0)
    targets = _targets(rng, loss, samples, width, scale)
    if rng.random() < 0.5:
        return _network(rng, loss, samples, width, scale, targets)
    return _prescribed(rng, loss, samples, width, scale, targets)


def _targets(rng: Random, loss: str, samples: int, width: int, scale: float) -> torch.Tensor:
    constant = rng.random() < 0.15
    if loss in CLASSES:
        return torch.from_numpy(np.repeat(rng.integers(width, size=1), samples) if constant
                                else rng.integers(width, size=samples))  # fmt: skip
    shape = (1, width) if constant else (samples, width)
    values = {
        "hinge": lambda: rng.choice([-1.0, 1.0], shape),
        "binary_cross_entropy": lambda: rng.choice([0.0, 1.0, 0.3], shape),
        "poisson": lambda: rng.poisson(2.0, shape).astype(float),
    }.get(loss, lambda: rng.normal(size=shape) * (scale if rng.random() < 0.7 else 1.0))()
    return torch.from_numpy(np.broadcast_to(values, (samples, width)).copy())


def _network(
    rng: Random, loss: str, samples: int, width: int, scale: float, targets: torch.Tensor
) -> Drawn:
    layers, ends = int(rng.integers(1, 7)), str(rng.choice(ENDS))
    widths = (2, *[4] * (layers - 1), width)
    seeds = rng.integers(2**31, size=4).tolist()
    states = [_state(rng, mlp(widths, seed=one), scale) for one in seeds]
    inputs = torch.from_numpy(rng.normal(size=(samples, 2)))
    if samples > 1 and rng.random() < 0.2:
        inputs, targets = inputs[:1].expand(samples, 2).clone(), targets
    start, end = states[:2]
    model = mlp(widths, seed=0).double()
    names = list(start)
    if ends == "learned":
        end = _learned(model, start, inputs, targets, scale)
    elif ends == "equal":
        end = scale_head(start, names[-1].rsplit(".", 1)[0], float(rng.uniform(0.1, 2)))
    elif ends == "opposite":
        turned = names if rng.random() < 0.5 else names[-2:]
        end = {k: -v * float(rng.uniform(0.3, 3)) if k in turned else v for k, v in start.items()}
    elif ends == "permuted" and layers > 1:
        order = torch.from_numpy(rng.permutation(4))
        end = dict(start)
        end[names[0]], end[names[1]] = start[names[0]][order], start[names[1]][order]
        end[names[2]] = start[names[2]][:, order] * float(rng.uniform(0.1, 3))
    course = str(rng.choice(["line", "polyline", "bezier"]))
    if ends == "rescaled":
        course, head = "polyline", names[-1].rsplit(".", 1)[0]
        states[2] = scale_head(start, head, float(rng.uniform(0.3, 3)))
        end = _learned(model, start, inputs, targets, scale)
    kind = f"{layers} layers, {ends}, {course}"
    through = [start, end] if course == "line" else [start, states[2], end]
    of = {"line": lambda two: Line(*two), "polyline": Polyline, "bezier": Bezier}[course]
    problem = Drawn(kind, loss, model, of(through), inputs, targets)
    return problem if falls(problem) else replace(problem, path=of(through[::-1]))


def _state(rng: Random, network: nn.Module, scale: float) -> State:
    """Weights of a network of this scale, sometimes with biases and dead units."""
    state = {name: value.double() for name, value in network.state_dict().items()}
    names = list(state)
    if rng.random() < 0.5:
        for name in names[1::2]:
            state[name] = torch.from_numpy(rng.normal(size=state[name].shape))
    if len(names) > 2 and rng.random() < 0.2:
        state[names[0]][:2], state[names[1]][:2] = 0.0, -1.0
    for name in names[-2:]:
        state[name] = state[name] * scale * float(10 ** rng.uniform(-0.5, 0.5))
    return state


def _learned(
    model: nn.Module, start: State, inputs: torch.Tensor, targets: torch.Tensor, scale: float
) -> State:
    """The head moved so that outputs point towards the targets, by least squares."""
    model.load_state_dict(start)
    hidden = torch.cat([model[:-1](inputs).detach(), torch.ones(len(inputs), 1).double()], 1)
    width = model[-1].out_features
    towards = nn.functional.one_hot(targets, width).double() if targets.ndim == 1 else targets
    wanted = 3 * (towards - towards.mean(1, keepdim=True)) if targets.ndim == 1 else towards
    fitted = torch.linalg.pinv(hidden) @ wanted.double()
    names = list(start)
    return {**start, names[-2]: fitted[:-1].T.contiguous(), names[-1]: fitted[-1].clone()}


def _prescribed(
    rng: Random, loss: str, samples: int, width: int, scale: float, targets: torch.Tensor
) -> Drawn:
    course, cut, pull = (
        str(rng.choice(COURSES)),
        float(rng.uniform(0.05, 0.95)),
        rng.uniform(0.3, 3),
    )
    if rng.random() < 0.5:
        cut = round(cut * 40) / 40  # on the grid
    waves, phases = rng.normal(size=(3, samples, width)), 6.3 * rng.random((3, samples, width))
    towards = _towards(loss, targets.numpy(), width)
    size = float(10 ** rng.uniform(-1, 1))

    def wave(lam: float) -> np.ndarray:
        return size * sum(waves[k] * np.sin(1.7 * k * lam + phases[k]) for k in range(3))

    courses = {
        "waves": wave,
        "learning": lambda lam: (1 - lam) ** 2 * wave(lam) + lam * pull * towards,
        "separating": lambda lam: max(0.0, 1 - lam / cut) * wave(lam) + lam * pull * towards,
        "returning": lambda lam: 4 * lam * (1.02 - lam) * wave(lam) + pull * towards,
        "vanishing": lambda lam: (lam - cut) * (0.6 * wave(float(lam < cut)) + pull * towards),
        "resting": lambda lam: max(0.0, abs(lam - cut) - 0.1) * (wave(0.3) + pull * towards),
        "plateau": lambda lam: (
            (1 + lam) * wave(0.2)
            if lam < cut
            else (1 + cut) * wave(0.2) * (1 - lam) / (1 - cut) + (lam - cut) * pull * towards
        ),
    }
    outputs = courses[course]

    def path(lam: float) -> State:
        return {"0.weight": torch.from_numpy(scale * outputs(lam)).T.contiguous()}

    model = nn.Sequential(nn.Linear(samples, width, bias=False)).double()
    eye = torch.eye(samples).double()
    problem = Drawn(f"prescribed, {course}", loss, model, path, eye, targets)
    return problem if falls(problem) else replace(problem, path=lambda lam: path(1 - lam))


def _towards(loss: str, targets: np.ndarray, width: int) -> np.ndarray:
    """Outputs that agree with the targets."""
    if loss in CLASSES:
        return np.eye(width)[targets]
    shift = {"binary_cross_entropy": 0.5, "poisson": 0.5}.get(loss, 0.0)
    return (targets - shift) / max(1e-300, np.abs(targets - shift).max())
