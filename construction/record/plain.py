"""Dataclasses and typed dicts from plain JSON values, each entry compared with its type."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict


def restored(kind: Any, value: Any, **others: Any) -> Any:
    """The value of which `dataclasses.asdict` and JSON made this plain one.

    Args:
        kind: a dataclass; a TypedDict, of which other entries are left out; a tuple, a dict, a
            Literal, one of these or None; float, int, str or bool.
        value: as `json.loads` gives it.
        others: fields of the dataclass that are no JSON, not compared.

    Raises:
        TypeError, KeyError, ValueError, OverflowError: an entry is missing, unknown, or of another
            type.

    >>> from construction.answers.certificate import Interval
    >>> restored(tuple[Interval, ...], [{"start": 0, "stop": 0.5, "bound": 2.0}])[0].stop
    0.5
    >>> restored(float | None, "0.5")
    Traceback (most recent call last):
    TypeError: '0.5' where a float belongs
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (one,) = (argument for argument in arguments if argument is not NoneType)
        return None if value is None else restored(one, value)
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, Mapping):
        types = get_type_hints(kind)
        fields = {name: restored(types.get(name, NoneType), x) for name, x in value.items()}
        return kind(**fields, **others)
    if is_typeddict(kind) and isinstance(value, Mapping):
        return {name: restored(one, value[name]) for name, one in get_type_hints(kind).items()}
    if origin is dict and isinstance(value, Mapping):
        return {str(name): restored(arguments[1], one) for name, one in value.items()}
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
