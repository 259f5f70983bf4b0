"""Damaged and hostile files: every reader reads them, or refuses them with one message.

    python -m tests.campaigns.fuzz [INPUTS] [KIND ...]     3,000 inputs a kind, and a table

A fault is any other exception, more than a gigabyte of memory, more than 20 seconds, and code of
the file that was run. Bytes are changed at random; members of archives, headers of arrays and
entries of manifests are replaced by odd ones, and sealed again so that they are reached.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save, save_file

from construction.answers import Proof
from construction.commands.inputs import read_data
from construction.data import sources
from construction.data.sources import MNIST
from construction.errors import ConstructionError
from construction.experiments.kept import from_file
from construction.files import archive
from construction.files.weights import checksum, load_weights
from construction.proof.prover import save_proof
from construction.record.findings import Findings
from construction.theorem.construct import construct
from construction.training import training

from ..problems import right_start
from ..runs import TINY, train_on_few_digits
from .damage import (
    MARK,
    changed_bytes,
    odd_archive,
    odd_json,
    odd_manifest,
    odd_text,
    odd_weights,
)

MEMORY, SECONDS = 10**9, 20
KINDS = ("data", "weights", "record", "proof", "run.json", "idx")


class Slow(BaseException):
    """Raised by the alarm."""


Mutation = Callable[[random.Random, bytes], bytes]


class Kind:
    """Files of one kind: sound ones, how they are changed, and who reads them.

    Args:
        sound: contents by the file's name.
        mutations: beside a change of bytes.
        read: the file; raises the package's own errors alone.
    """

    def __init__(
        self, sound: dict[str, bytes], mutations: list[Mutation], read: Callable[[Path], Any]
    ) -> None:
        self.sound, self.mutations, self.read = sound, mutations, read

    def trial(self, rng: random.Random, folder: Path) -> tuple[str, str]:
        """One input; what became of it, and what is to be known of a fault."""
        name, content = rng.choice(list(self.sound.items()))
        mutation = rng.choice([changed_bytes, *self.mutations, *self.mutations])
        if mutation is odd_archive and not zipfile.is_zipfile(io.BytesIO(content)):
            mutation = changed_bytes
        path = folder / name
        path.write_bytes(mutation(rng, content))
        before, began = peak(), time.perf_counter()
        try:
            with alarm(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.read(path)
            outcome, note = "read", ""
        except ConstructionError as error:
            outcome, note = "refused", str(error)
            if "\n" in note or len(note) > 2000:
                outcome = "fault: not one line"
        except Slow:
            outcome, note = "fault: slow", f"{time.perf_counter() - began:.0f} s"
        except Exception as error:
            outcome, note = f"fault: {type(error).__name__}", str(error)[:200]
        if peak() - before > MEMORY:
            outcome, note = "fault: memory", f"{(peak() - before) / 1e9:.1f} GB"
        if os.path.exists(MARK):
            os.rmdir(MARK)
            outcome = "fault: code run"
        return outcome, f"{mutation.__name__} of {name}: {note}"


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def alarm() -> Iterator[None]:
    def raised(*_: Any) -> None:
        raise Slow

    earlier = signal.signal(signal.SIGALRM, raised)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


def kinds(folder: Path, patch: Any) -> dict[str, Kind]:
    """Every kind of file that is read; sound ones are made in the folder."""
    x, y = np.random.default_rng(0).standard_normal((30, 4)), np.arange(30) % 3
    np.savez(folder / "d.npz", inputs=x, targets=y)
    np.savez_compressed(folder / "packed.npz", inputs=x, targets=y)
    tensors = {"inputs": torch.from_numpy(x), "targets": torch.from_numpy(y)}
    save_file(tensors, folder / "d.safetensors")
    data = {name: (folder / name).read_bytes() for name in ("d.npz", "packed.npz")}
    data["d.safetensors"] = (folder / "d.safetensors").read_bytes()

    state = {"0.weight": torch.randn(8, 4), "0.bias": torch.zeros(8), "n": torch.tensor(3)}
    weights = {"w.safetensors": save(state)}
    for name, new in (("w.pt", True), ("old.pth", False)):
        file = io.BytesIO()
        torch.save(state, file, _use_new_zipfile_serialization=new)
        weights[name] = file.getvalue()

    problem = right_start()
    path = construct(*problem, points=5)
    path.certify(9, prove=True)
    path.record(sample=problem.data).described(title="Numbers").save(folder / "r.npz")
    found = Findings({"objective": np.array([2.0, 0.5]), "best": np.array([np.inf, 1.0])})
    found.described(name="odd", title="Found").save(folder / "f.npz")
    proof: Proof = save_proof(path, folder / "p.npz")
    assert proof.statements
    records = {name: (folder / name).read_bytes() for name in ("r.npz", "f.npz", "p.npz")}

    train_on_few_digits(patch)
    run = training.train(TINY, folder / "run")
    described = (run.folder / "run.json").read_bytes()

    def read_run(file: Path) -> None:
        (run.folder / "run.json").write_bytes(file.read_bytes())
        same = training.finished_run(TINY, run.folder)
        assert same in (None, run), "a changed description was taken for the whole one"
        if same is None:
            raise ConstructionError("a description", "none", "It is trained again.")

    idx = bytes([0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 4]) + bytes(80)

    def read_idx(file: Path) -> None:
        """Whatever it unpacks to has the right checksum, so that it is looked into."""
        content = file.read_bytes()
        with suppress(Exception):
            content = gzip.decompress(content) if file.suffix == ".gz" else content
        name = file.name.removesuffix(".gz")
        files = {name: hashlib.sha256(content).hexdigest()}
        replace(MNIST, files=files, read=lambda all: 4 * sources.read_idx(all)).load(file.parent)
        file.unlink()

    def text(rng: random.Random, content: bytes) -> bytes:
        if rng.random() < 0.3:
            return odd_text(rng, content)
        return json.dumps(odd_json(rng, json.loads(content))).encode()

    def of(*names: str) -> dict[str, bytes]:
        return {name: records[name] for name in names}

    return {
        "data": Kind(data, [odd_archive], lambda file: read_data([str(file)])),
        "weights": Kind(weights, [odd_weights], lambda file: checksum(load_weights(file))),
        "record": Kind(of("r.npz", "f.npz"), [odd_archive, odd_manifest], from_file),
        "proof": Kind(
            of("p.npz"), [odd_archive, odd_manifest], lambda file: archive.read(file, "statements")
        ),
        "run.json": Kind({"run.json": described}, [text], read_run),
        "idx": Kind({"digits": idx, "packed-digits.gz": gzip.compress(idx)}, [], read_idx),
    }


def counted(kind: Kind, folder: Path, inputs: int, seed: int = 0) -> tuple[Counter[str], list[str]]:
    """What became of so many inputs, and a note of each kind of fault."""
    rng, outcomes, notes = random.Random(seed), Counter[str](), []
    for _ in range(inputs):
        outcome, note = kind.trial(rng, folder)
        outcomes[outcome] += 1
        if outcome.startswith("fault") and outcomes[outcome] <= 3:
            notes.append(f"{outcome}: {note}")
    return outcomes, notes


def main(arguments: list[str]) -> int:
    """Print a line a kind."""
    import pytest

    inputs = int(arguments[0]) if arguments else 3000
    faults = 0
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.chdir(name)
        print("kind      inputs    read  refused  faults  seconds")
        for key, kind in kinds(Path(name), patch).items():
            if arguments[1:] and key not in arguments[1:]:
                continue
            began = time.perf_counter()
            outcomes, notes = counted(kind, Path(name), inputs)
            wrong = inputs - outcomes["read"] - outcomes["refused"]
            faults += wrong
            print(
                f"{key:8} {inputs:7} {outcomes['read']:7} {outcomes['refused']:8} {wrong:7} "
                f"{time.perf_counter() - began:8.0f}",
                flush=True,
            )
            for note in notes:
                print(f"  {note}")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
