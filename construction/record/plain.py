"""Dataclasses from plain JSON values, each entry compared with the type of its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints


def restored(kind: Any, value: Any, **others: Any) -> Any:
    """The value of which `dataclasses.asdict` and JSON made this plain one.

    Args:
        kind: a dataclass, a tuple, a Literal, one of these or None; float, int, str or bool.
        value: as `json.loads` gives it.
        others: fields of the dataclass that are no JSON, not compared.

    Raises:
        TypeError, ValueError, OverflowError: a field is missing, unknown, or of another type.

    >>> from construction.answers.certificate import Interval
    >>> restored(tuple[Interval, ...], [{"start": 0, "stop": 0.5, "bound": 2.0}])[0].stop
    0.5
    >>> restored(float | None, "0.5")
    Traceback (most recent call last):
    TypeError: '0.5' where a float belongs
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        (one,) = (argument for argument in arguments if argument is not NoneType)
        return None if value is None else restored(one, value)
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, Mapping):
        types = get_type_hints(kind)
        fields = {name: restored(types.get(name, NoneType), x) for name, x in value.items()}
        return kind(**fields, **others)
    if origin is tuple and isinstance(value, list):
        kinds = [arguments[0]] * len(value) if arguments[-1] is ... else arguments
        return tuple(restored(one, x) for one, x in zip(kinds, value, strict=True))
    if origin is Literal and isinstance(value, str) and value in arguments:
        return value
    if kind is float and type(value) is int:
        return float(value)
    if isinstance(kind, type) and origin is None and type(value) is kind:
        return value
    name = getattr(kind, "__name__", kind)
    raise TypeError(f"{value!r:.40} where a {name} belongs")
