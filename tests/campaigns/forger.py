"""Alters a true proof in one to three fields, in many ways."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Random = np.random.Generator
Manifest = dict[str, Any]
Arrays = dict[str, np.ndarray]

#: Texts that mean something somewhere in a manifest.
WORDS = (
    "left", "right", "start", "stop", "", "condition 1", "condition 2", "final objective",
    "left start", "sheet barrier", "valley", "right branch", "relu", "leaky_relu", "flatten",
    "add", "linear", "squared", "absolute", "huber", "pinball", "hinge", "cross_entropy",
    "label_smoothing", "binary_cross_entropy", "poisson",
)  # fmt: skip
KINDS = (np.float16, np.float32, np.int8, np.int32, np.uint8, np.bool_)


def forged(random: Random, manifest: Manifest, arrays: Arrays) -> tuple[Manifest, Arrays]:
    """A copy with one to three alterations, half of the time with fewer statements."""
    manifest, arrays = copy.deepcopy(manifest), {name: one.copy() for name, one in arrays.items()}
    if random.random() < 0.5:
        fewer_statements(random, manifest, arrays)
    for _ in range(random.integers(1, 4)):
        kinds: tuple[Callable[[Random, Manifest, Arrays], None], ...] = (
            a_leaf, a_claim, a_claim, all_claims, an_order, an_array, an_array, a_level, a_level,
            two_ends,
        )  # fmt: skip
        try:
            kinds[random.integers(len(kinds))](random, manifest, arrays)
        except (TypeError, KeyError, IndexError):  # an earlier one has left nothing to alter
            break
    return manifest, arrays


def near(random: Random, x: float) -> float:
    """A number in the place of another."""
    choices = (
        x * (1 + random.choice([-1, 1]) * 10.0 ** -random.integers(1, 16)), x + random.normal(), -x,
        0.0, 1.0, float(np.nextafter(x, 9)), float(np.nextafter(x, -9)), x / 2, 2 * x,
        random.random(), x * 10 ** random.normal(),
    )  # fmt: skip
    return float(choices[random.integers(len(choices))])


def leaves(manifest: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a manifest, as what holds it and the key."""
    for key in list(manifest) if isinstance(manifest, dict) else range(len(manifest)):
        yield manifest, key
        if isinstance(manifest[key], dict | list):
            yield from leaves(manifest[key])


def a_leaf(random: Random, manifest: Manifest, arrays: Arrays) -> None:
    """Any one place: another value of its type, or rarely of none."""
    parts = [manifest[key] for key in ("steps", "levels", "loss_options", "statements")]
    places = [place for part in parts for place in leaves(part)] + [(manifest, "loss")]
    holder, key = places[random.integers(len(places))]
    value = holder[key]
    if isinstance(value, bool):
        holder[key] = not value
    elif isinstance(value, int):
        holder[key] = int(value + random.choice([-2, -1, 1, 2]))
    elif isinstance(value, float):
        holder[key] = near(random, value)
    elif isinstance(value, str):
        holder[key] = str(random.choice(WORDS))
    elif random.random() < 0.1:
        holder[key] = None


def claims_of(random: Random, manifest: Manifest) -> list[Manifest]:
    some = [one["intervals"] for one in manifest["statements"] if one["intervals"]]
    return some[random.integers(len(some))] if some else []


def a_claim(random: Random, manifest: Manifest, arrays: Arrays) -> None:
    """One field of one claim, or the end that it shares with the next."""
    claims = claims_of(random, manifest)
    if not claims:
        return
    k = int(random.integers(len(claims)))
    claim, key = claims[k], str(random.choice(["start", "stop", "scale", "low", "bound", "touches",
                                               "sample", "plus", "minus", "shared"]))  # fmt: skip
    if key == "shared" and k + 1 < len(claims):
        claim["stop"] = claims[k + 1]["start"] = near(random, claim["stop"])
    elif key == "touches":
        claim[key] = str(random.choice(["start", "stop", ""]))
        claim["low"], claim["scale"] = claim["scale"] * 0.99, claim["scale"] * 1.01
    elif key in ("sample", "plus", "minus"):
        claim[key] = int(random.integers(-1, 8))
    elif key != "shared":
        claim[key] = near(random, float(claim[key]))


def all_claims(random: Random, manifest: Manifest, arrays: Arrays) -> None:
    """All of one statement: proved, at one scale, one whole, or taken from another statement."""
    claims = claims_of(random, manifest)
    if not claims:
        return
    match int(random.integers(5)):
        case 0:
            for claim in claims:
                claim["bound"] = 1.0
        case 1:
            scale = near(random, claims[0]["scale"])
            for claim in claims:
                claim["scale"] = scale
        case 2:
            claims[0]["stop"] = 1.0
            del claims[1:]
        case 3:
            names = [one["name"] for one in manifest["statements"]]
            one = manifest["statements"][random.integers(len(names))]
            one["name"] = str(random.choice([*names, "left start", "right branch"]))
        case 4:
            claims[:] = copy.deepcopy(claims_of(random, manifest))


def fewer_statements(random: Random, manifest: Manifest, arrays: Arrays) -> None:
    """Without those of a conclusion that would be drawn first."""
    gone = [("condition 1",), ("condition 1", "sheet barrier"), ("condition 2", "sheet barrier")]
    names = gone[random.integers(len(gone))]
    manifest["statements"] = [one for one in manifest["statements"] if one["name"] not in names]


def an_order(random: Random, manifest: Manifest, arrays: Arrays) -> None:
    """One entry of a list dropped, said twice, or moved."""
    lists = [
        manifest["statements"],
        manifest["levels"],
        manifest["steps"],
        claims_of(random, manifest),
    ]
    some = lists[random.integers(4)]
    if some:
        k = int(random.integers(len(some)))
        match int(random.integers(3)):
            case 0:
                del some[k]
            case 1:
                some.insert(k, copy.deepcopy(some[k]))
            case 2:
                some.insert(int(random.integers(len(some))), some.pop(k))


def an_array(random: Random, manifest: Manifest, arrays: Arrays) -> None:
    """One number of an array, a row, all of it, or its type."""
    name = str(random.choice(sorted(arrays)))
    array = arrays[name]
    if not array.size:
        return
    place = tuple(int(random.integers(size)) for size in array.shape)
    match int(random.integers(6)):
        case 0 | 1:
            value = near(random, float(array[place]))
            array[place] = value if array.dtype.kind == "f" else int(value)
        case 2 if array.dtype.kind == "f":
            array *= near(random, 1.0)
        case 3 if array.ndim:
            arrays[name] = array[random.permutation(len(array))]
        case 4:
            with np.errstate(all="ignore"):
                arrays[name] = array.astype(KINDS[random.integers(len(KINDS))])
        case 5:
            others = [k for k in arrays if arrays[k].shape == array.shape]
            other = str(random.choice(others))
            arrays[name], arrays[other] = arrays[other], array


def a_level(random: Random, manifest: Manifest, arrays: Arrays) -> None:
    """The target: raised, lowered, bent, on another branch, or cut in two."""
    if not manifest["levels"]:
        return
    k = int(random.integers(len(manifest["levels"])))
    level, name = manifest["levels"][k], f"level/{k}/heights"
    if name not in arrays or arrays[name].dtype.kind != "f":
        return
    heights, knots = arrays[name], arrays[f"level/{k}/knots"]
    match int(random.integers(6)):
        case 0:
            arrays[name] = heights * near(random, 1.0)
        case 1:
            arrays[name] = heights[-1] + (heights - heights[-1]) * near(random, 1.0)
        case 2:
            level["branch"] = str(random.choice(["left", "right"]))
        case 3:
            for one in manifest["levels"]:
                one["known"] = True
                one["branch"] = {"left": "right", "right": "left"}.get(one["branch"], "left")
        case 4 if len(manifest["levels"]) == 1 and len(knots) > 2:
            cut = int(random.integers(1, len(knots) - 1))
            other = {"left": "right", "right": "left"}.get(level["branch"], "left")
            manifest["levels"].append({"branch": other, "known": True})
            arrays["level/1/knots"], arrays["level/1/heights"] = knots[cut:], heights[cut:].copy()
            arrays["level/0/knots"], arrays[name] = knots[: cut + 1], heights[: cut + 1].copy()
            arrays["level/1/heights"][0] *= 1 - 10.0 ** -random.integers(1, 9)
        case 5:
            place = int(random.integers(len(heights)))
            heights[place] = near(random, float(heights[place]))


def two_ends(random: Random, manifest: Manifest, arrays: Arrays) -> None:
    """The weights of both ends: exchanged, the same, opposite, or one further on."""
    names = [name for name in arrays if name.startswith("weights/0/")]
    factor, way = near(random, 1.0), int(random.integers(4))
    for name in names:
        other = name.replace("weights/0/", "weights/1/")
        if other not in arrays or arrays[other].dtype.kind != "f":
            return
        first, last = arrays[name], arrays[other]
        if way == 0:
            arrays[name], arrays[other] = last, first
        elif way == 1:
            arrays[other] = first.copy()
        elif way == 2:
            arrays[other] = -last
        else:
            arrays[other] = first + factor * (last - first)
