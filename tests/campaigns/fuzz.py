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
import pickle
import random
import resource
import signal
import struct
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

MEMORY, SECONDS = 10**9, 20
KINDS = ("data", "weights", "record", "proof", "run.json", "idx")
#: What a pickle would leave behind if it were run.
MARK = "code-was-run"


class Slow(BaseException):
    """Raised by the alarm."""


# --- bytes ---------------------------------------------------------------------------------------


def changed_bytes(rng: random.Random, content: bytes) -> bytes:
    """Some bytes flipped, set, cut out, put in, or the file cut off or doubled."""
    size, place = len(content), rng.randrange(max(1, len(content)))
    few = rng.choice([1, 2, 4, 16, 256])
    match rng.randrange(8):
        case 0 | 1:
            near = rng.choice([size, min(size, 300)])  # headers lie at both ends
            changed = bytearray(content)
            for _ in range(rng.choice([1, 1, 2, 8, 64])):
                changed[rng.choice([1, -1]) * rng.randrange(near)] ^= 1 << rng.randrange(8)
            return bytes(changed)
        case 2:
            return content[:place]
        case 3:
            return content[:place] + content[place + few :]
        case 4:
            return content[:place] + rng.randbytes(few) + content[place:]
        case 5:
            return content[:place] + bytes(few) + content[place + few :]
        case 6:
            number = rng.choice([b"\xff" * 4, b"\xff" * 8, b"\x7f" + b"\xff" * 3, b"\0\0\0\x80"])
            return content[:place] + number + content[place + len(number) :]
        case _:
            return content + content[: rng.randrange(size + 1)]


# --- arrays --------------------------------------------------------------------------------------


class Trap:
    """Would make a file if it were unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (MARK,)


def packed_array(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array)
    return file.getvalue()


def header(text: str, body: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    form = "<H" if version == (1, 0) else "<I"
    content = text.encode("latin1")[: 2**16 - 1]
    return b"\x93NUMPY" + bytes(version) + struct.pack(form, len(content)) + content + body


def odd_array(rng: random.Random, good: np.ndarray) -> bytes:
    """An array file that is hostile, or sound but of another kind than wanted."""
    shapes = "10000000000, | -1, | 0, 99999999999 | 1.0, | True, | 400000000, | 2**40, | "
    shape = rng.choice([*shapes.split("|"), "9" * 30 + ",", "9" * 400 + ",", "1," * 70])
    kind = rng.choice(["'<f8'", "'|O'", "'|V0'", "'|S0'", "[('a', '<f8')]", "('<f8', (9, 9))", "3"])
    plain = "{'descr': %s, 'fortran_order': %s, 'shape': (%s), }"
    texts = ["(" * 5000, "-" * 9000 + "1", "{'descr': ", "{'descr':\n  '<f8'\n 'x", "", "{}", "\0"]
    odd: list[Callable[[], bytes]] = [
        lambda: header(plain % ("'<f8'", False, shape), bytes(8)),
        lambda: header(plain % (kind, rng.choice([True, "'no'"]), "1,"), bytes(64)),
        lambda: header(rng.choice(texts), bytes(8), rng.choice([(1, 0), (2, 0), (3, 0), (9, 9)])),
        lambda: pickle.dumps(Trap()),
        lambda: header(plain % ("'|O'", False, "1,"), pickle.dumps(Trap())),
        lambda: packed_array(good[:-1] if good.ndim else good),
        lambda: packed_array(np.asarray(good.T)),
        lambda: packed_array(np.full(good.shape, rng.choice([np.nan, np.inf, 1e308]))),
        lambda: packed_array(good.astype(rng.choice(["<f2", ">f8", "<i8", "|b1", "<c16", "<U3"]))),
        lambda: packed_array(np.array(rng.choice([3.0, "text", np.datetime64("NaT")]))),
        lambda: packed_array(good) + b"more",
        lambda: changed_bytes(rng, packed_array(good)),
        lambda: b"",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return rng.choice(odd)()


def odd_archive(rng: random.Random, content: bytes) -> bytes:
    """An archive with a member replaced, left out, doubled, renamed or otherwise packed."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        members = [(name, old.read(name)) for name in old.namelist()]
    names = [k for k, (name, _) in enumerate(members) if name.endswith(".npy")]
    k, method = rng.choice(names), zipfile.ZIP_DEFLATED
    name, packed = members[k]
    match rng.randrange(12):
        case 0:
            del members[k]
        case 1:
            members.append((name, members[rng.choice(names)][1]))
        case 2:
            members[k] = (rng.choice(["x.npy", "../../x.npy", "é.npy", name + "/"]), packed)
        case 3:
            method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
        case 4:
            size = rng.choice([10**4, 3 * 10**8 if rng.random() < 0.05 else 10**6])
            text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({size},), }}"
            members[k] = (name, header(text, bytes(size)))
        case _:
            good = np.lib.format.read_array(io.BytesIO(packed))
            members[k] = (name, odd_array(rng, good))
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as new:
        warnings.simplefilter("ignore")
        for one, inner in members:
            new.writestr(one, inner)
    whole = bytearray(file.getvalue())
    if rng.random() < 0.15:  # encrypted, another compression, other sizes
        place = whole.rfind(b"PK\x01\x02") + rng.choice([8, 10, 20, 24, 28, 30, 42])
        whole[place] = rng.randrange(256)
    return bytes(whole)


# --- JSON ----------------------------------------------------------------------------------------


def odd_value(rng: random.Random) -> Any:
    deep: Any = []
    for _ in range(rng.choice([3, 300])):
        deep = [deep]
    odd = [None, True, -1, 0, 0.5, 10**400, 1e308, float("inf"), float("nan"), "", "x" * 999]
    return rng.choice([*odd, [], {}, deep, [1], {"a": 1}, "../../x", chr(0xD800), "paper"])


def odd_json(rng: random.Random, value: Any) -> Any:
    """The same tree with one entry replaced, left out, or added."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.1:
        return odd_value(rng)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key, new = rng.choice(keys), value.copy()
    match rng.randrange(10):
        case 0:
            del new[key]
        case 1 if isinstance(new, dict):
            new["odd"] = odd_value(rng)
        case 1:
            new.append(new[key])
        case _:
            new[key] = odd_json(rng, new[key])
    return new


def odd_text(rng: random.Random, text: bytes) -> bytes:
    long = [b"[" * 200_000, b'{"a":' * 3000, b'{"format": ' + b"9" * 5000 + b"}"]
    other = [b"\xef\xbb\xbf" + text, text.decode().encode("utf-16"), b"\xff\xfe"]
    return rng.choice([b"", b"null", b"[1]", b'"format"', b"3", *long, *other])


def odd_manifest(rng: random.Random, content: bytes) -> bytes:
    """A record with an odd manifest, sealed again where it can be."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    if rng.random() < 0.2:
        members[archive.MANIFEST] = odd_text(rng, members[archive.MANIFEST])
    else:
        manifest = odd_json(rng, json.loads(members[archive.MANIFEST]))
        with suppress(KeyError, TypeError, ValueError):  # one too odd to be sealed stays unsealed
            arrays = {
                name: np.lib.format.read_array(io.BytesIO(members[f"{name}.npy"]))
                for name in manifest["arrays"]
            }
            del manifest["checksum"]
            manifest["checksum"] = archive._checksum(arrays, manifest)
        members[archive.MANIFEST] = json.dumps(manifest).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        for name, inner in members.items():
            new.writestr(name, inner)
    return file.getvalue()


# --- weights -------------------------------------------------------------------------------------


def odd_weights(rng: random.Random, content: bytes) -> bytes:
    """A file of torch's with something else than plain tensors, or a header of safetensors."""
    eye = torch.eye(4)
    if rng.random() < 0.3:
        entry = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
        odd = json.dumps(odd_json(rng, {"w": entry})).encode()
        size = rng.choice([len(odd), 0, 2**40, 2**63, len(odd) + 1])
        return struct.pack("<Q", size) + odd + bytes(rng.choice([0, 16, 17]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensors: list[Any] = [eye.to_sparse(), eye.to_sparse_csr(), eye.to("meta"), eye[0, 0]]
        tensors += [torch.ones(1).expand(10**9), torch.ones(1).expand(9), eye.bfloat16(), eye > 0]
        tensors += [torch.quantize_per_tensor(eye, 0.1, 0, torch.qint8), torch.empty(0, 10**12)]
        tensors += [torch.nested.nested_tensor([eye, eye[:2]]), eye * torch.nan, eye * 1j, "text"]
        tensors += [torch.nn.Parameter(eye), 3, [eye], {"inner": eye}, Trap(), None]
        value = rng.choice(tensors)
        whole = rng.choice([{"w": value}, {3: value}, value, [value], {"state_dict": {"w": value}}])
        file = io.BytesIO()
        torch.save(whole, file, _use_new_zipfile_serialization=rng.random() < 0.7)
    return file.getvalue() if rng.random() < 0.8 else changed_bytes(rng, file.getvalue())


# --- readers -------------------------------------------------------------------------------------

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
