"""Damaged and hostile content: bytes, arrays, archives, JSON and weights made odd."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import struct
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import torch

from construction.files import archive

#: What a pickle would leave behind if it were run.
MARK = "code-was-run"


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
