"""Random networks along random paths; each proof that is saved of them has to be verified.

    python -m tests.campaigns.random_proofs 1000 [--first 0]

Several losses, lines and polylines, all profiles, tiny and huge scales, dead units, repeated and
single samples, starts that point away from the targets (c* = 0 there). Printed: how many paths were
constructed, how many statements were proved of them, and each that was not verified.
"""

import contextlib
import io
import tempfile
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path as File
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from construction import Line, Polyline, construct
from construction.answers import Proof
from construction.errors import ConstructionError
from construction.loss.catalogue import LOSSES
from construction.proof.prover import save_proof
from construction.recheck.__main__ import main as recheck
from construction.theorem.monotone import MonotonePath

from ..loss_data import targets_for
from ..problems import copied

PROFILES = ("paper", "even", "valley", "valley")


class Verified(NamedTuple):
    """A proof, and what the program that verifies it says of its file."""

    proof: Proof
    code: int
    output: str

    @property
    def refused(self) -> list[str]:
        """Statements proved that are not verified, and lines that refuse the file."""
        lines = [
            line for line in self.output.splitlines() if "REFUSED" in line or "no proof" in line
        ]
        for statement in self.proof.statements:
            if statement.proved and f": {statement.name}: verified" not in self.output:
                lines.append(f"{statement.name} is not verified")
        return lines


def random_path(seed: int) -> MonotonePath:
    """A constructed path along a random base path.

    Raises:
        ConstructionError: there is none.
    """
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    loss = str(rng.choice(list(LOSSES)))
    outputs, samples = int(rng.integers(2, 4)), int(rng.choice([1, 2, 5, 20]))
    depth, kind = int(rng.integers(0, 4)), torch.float64 if rng.random() < 0.7 else torch.float32
    widths = [int(rng.integers(1, 9)) for _ in range(depth)]
    bends, layers = [nn.ReLU(), nn.LeakyReLU(0.1)], list[nn.Module]()
    for before, after in zip([3, *widths], [*widths, outputs], strict=True):
        layers += [nn.Linear(before, after, bias=bool(rng.random() < 0.7)), bends[rng.integers(2)]]
    model = nn.Sequential(*layers[:-1]).to(kind)

    def draw(size: float):
        state = {
            name: size ** (1 / (depth + 1)) * torch.randn(value.shape, generator=generator).to(kind)
            for name, value in copied(model).items()
        }
        if depth and rng.random() < 0.2:
            state["0.weight"][0] = 0  # a dead unit
        return state

    scale = 10.0 ** rng.choice([-8, -4, -2, -1, 0, 0, 0, 0.5, 1, 4, 8])
    count = 2 if rng.random() < 0.6 else int(rng.integers(3, 5))
    states = [draw(scale) for _ in range(count)]
    head = [name for name in states[0] if name.startswith(f"{2 * depth}.")]
    inputs = torch.randn(samples, 3, generator=generator).to(kind)
    if rng.random() < 0.3:
        inputs[-1] = inputs[0]
    raw = targets_for(loss, samples, outputs, generator)
    if raw.is_floating_point() and loss in ("squared", "absolute", "huber", "pinball"):
        with torch.no_grad():
            model.load_state_dict(states[-1])
            goal = model(inputs).double()
        raw = goal * float(rng.choice([0.5, 1.0, 2.0])) + 0.1 * scale * raw
        if rng.random() < 0.4:  # the start points away, as far as its head goes
            states[0] = states[-1] | {name: -2.0 * states[-1][name] for name in head}
    if rng.random() < 0.4:
        states[0] = states[0] | {name: 5.0 * states[0][name] for name in head}
    if rng.random() < 0.3:
        states[-1] = states[-1] | {name: 0.05 * states[-1][name] for name in head}
    path = Line(*states) if count == 2 else Polyline(states)
    return construct(
        model,
        path,
        (inputs, raw),
        loss=loss,
        profile=str(rng.choice(PROFILES)),
        points=int(rng.choice([3, 6, 21])),
        dtype=kind,
    )


def verified(path: MonotonePath, folder: File) -> Verified:
    """The proof of a path, saved and read by the program that verifies it."""
    proof, said = save_proof(path, folder / "proof.npz"), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = recheck([str(folder / "proof.npz")])
    return Verified(proof, code, said.getvalue())


def main() -> int:
    """Print the counts."""
    parser = ArgumentParser(description="Random proofs, all verified.")
    parser.add_argument("trials", type=int)
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    asked = parser.parse_args()
    counts, faults = Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(asked.first, asked.first + asked.trials):
            try:
                path = random_path(seed)
            except ConstructionError as error:
                counts[f"no path: {type(error).__name__}"] += 1
                continue
            one = verified(path, File(folder))
            counts["path constructed"] += 1
            counts["path proved to exist"] += one.proof.path_exists
            for statement in one.proof.statements:
                counts[f"{statement.name} attempted"] += 1
                counts[f"{statement.name} proved"] += statement.proved
            if one.refused or one.code == 2:
                faults += 1
                print(f"seed {seed}: {one.refused or one.output}", flush=True)
    for name, count in sorted(counts.items()):
        print(f"{count:6d}  {name}")
    print(f"{faults:6d}  not verified")
    return int(faults > 0)


if __name__ == "__main__":
    raise SystemExit(main())
