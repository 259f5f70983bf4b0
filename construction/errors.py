"""The package's own exceptions.

Every message has three parts: what was expected, what was found, what to do.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from functools import cache, wraps
from inspect import formatannotation, signature
from numbers import Integral, Real
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Made = TypeVar("Made", bound=Callable[..., Any])
#: Integers from here on are too large for whatever they count.
HUGE = 2**53
#: Most characters that are quoted of a value, or of another library's message.
QUOTED = 200


class ConstructionError(Exception):
    """Base of all errors raised by this package.

    >>> print(ConstructionError("two end points", "one", "Pass Line(initial, final)."))
    Expected two end points; found one. Pass Line(initial, final).
    """

    def __init__(self, expected: str, found: str, remedy: str) -> None:
        self.expected, self.found, self.remedy = expected, found, remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        return f"Expected {self.expected}; found {self.found}. {self.remedy}"

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it comes whole out of another process."""
        return type(self).__new__, (type(self), *self.args), vars(self)


class InputError(ConstructionError, ValueError):
    """An argument cannot be used: its type, shape or value."""


class WeightsError(InputError):
    """State dicts that do not fit each other or the model, or that are not finite."""


class HeadError(InputError):
    """No last layer whose rescaling rescales the outputs."""


class DataError(ConstructionError):
    """A data set is not there, or is not what its checksum says."""


class ConditionError(ConstructionError):
    """A condition of the theorem, or of the sheet, fails on this run.

    Attributes:
        condition: "condition 1", "condition 2", "final objective", "sheet barrier" or "crossing".
        lam: the lambda in [0, 1] at which it fails worst.
        margin: by how much, in units of the objective: negative or zero, or, where it is not
            decided, no larger than rounding may have made it.
    """

    def __init__(
        self, expected: str, found: str, remedy: str, *, condition: str, lam: float, margin: float
    ) -> None:
        super().__init__(expected, found, remedy)
        self.condition, self.lam, self.margin = condition, lam, margin


class RootError(ConstructionError):
    """Some lambda has no scale that meets the target.

    Attributes:
        lam: the first such lambda.
        count: how many of the lambdas asked for have none.
    """

    def __init__(self, expected: str, found: str, remedy: str, *, lam: float, count: int) -> None:
        super().__init__(expected, found, remedy)
        self.lam, self.count = lam, count


class ProofError(ConstructionError):
    """Nothing can be proved: a network, path or loss that the bounds do not know, or a bad file."""


class RankError(ConstructionError):
    """Another process of the group met an error, so that this one cannot go on either."""


class RecordError(ConstructionError):
    """A record cannot be read: missing, damaged, truncated, or of another version."""


class CacheError(ConstructionError, OSError):
    """The cache folder cannot be written."""


def require_one_of(names: Collection[str], value: object, what: str) -> None:
    """Refuse by an InputError, which lists the names, a word that is not among them.

    >>> require_one_of(["huber"], "hinge", "a loss")
    Traceback (most recent call last):
    construction.errors.InputError: Expected a loss among 'huber'; found 'hinge'. Use one of these.
    """
    if not isinstance(value, str) or value not in names:
        close = get_close_matches(str(value), names, 1)
        remedy = f"Did you mean {close[0]!r}?" if close else "Use one of these."
        expected = f"{what} among {', '.join(map(repr, names)) or 'none'}"
        raise InputError(expected, short(value), remedy)


def require_points(points: object, least: int, usual: str, what: str = "points") -> None:
    """Refuse by an InputError a number of points, or of `what`, that is no integer or too small.

    >>> require_points(5.0, 3, "51 are usual.")
    Traceback (most recent call last):
    construction.errors.InputError: Expected a whole number of points; found 5.0. 51 are usual.
    """
    expected = f"a whole number of {what}"
    if isinstance(points, Integral):
        if least <= int(points) < HUGE:
            return
        some = what if least > 1 else what.removesuffix("s")
        expected = f"at least {least} {some}" if int(points) < least else f"fewer {what}"
    raise InputError(expected, f"{points!r}", usual)


def require_seed(seed: object) -> None:
    """Refuse by an InputError what seeds no random numbers: all but integers of 63 bits."""
    if not isinstance(seed, Integral) or not 0 <= int(seed) < 2**63:
        raise InputError("a whole number from 0 to 2^63 - 1 as a seed", f"{seed!r}", "0 is usual.")


def short_of_memory(error: BaseException) -> bool:
    """Whether an error says so: that of PyTorch's CPU allocator is a plain RuntimeError."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and (type(error).__name__ == "OutOfMemoryError" or "DefaultCPUAllocator" in str(error))
    )


@contextmanager
def enough_memory() -> Iterator[None]:
    """Say by an InputError of the package's own that memory did not suffice."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not short_of_memory(error):
            raise
        found = str(error).partition("DefaultCPUAllocator: ")[2] or str(error) or "too little of it"
        raise InputError(
            "a computation that fits into memory",
            found.splitlines()[0].rstrip(" ."),
            "Allow less at once with a smaller memory=..., give the data in a DataLoader, or ask "
            "for fewer points.",
        ) from error


def short(value: object) -> str:
    """A value, or what an error says, as it is quoted in a message: in one line, and not long."""
    text = " ".join((str(value) if isinstance(value, Exception | Path) else repr(value)).split())
    return text if len(text) <= QUOTED else f"{text[:QUOTED]} ..."


@contextmanager
def reading(
    expected: str, kind: type[ConstructionError], remedy: str, errors: Any = Exception
) -> Iterator[None]:
    """Turn all errors of readers of damaged files, or of a user's functions, or some, into one.

    It is of that kind, with the message of the first; the package's own errors pass.

    >>> with reading("a whole number", ConstructionError, "Write one."):
    ...     int("one")
    Traceback (most recent call last):
    construction.errors.ConstructionError: Expected a whole number; found invalid \
literal for int() with base 10: 'one'. Write one.
    """
    try:
        yield
    except ConstructionError:
        raise
    except errors as error:  # zip, deflate, headers and JSON each have types of their own
        if kind is InputError and short_of_memory(error):
            raise
        text = short(error)
        if not text or not isinstance(error, ValueError | OSError):  # these say it in a sentence
            text = f"{type(error).__name__}: {text}".rstrip(": ")
        raise kind(expected, text, remedy) from error


#: Arguments of these types are looked at before anything is done: much else would pass for them.
PLAIN: tuple[Any, ...] = (bool, bool | None, str, str | None, Sequence[str], Sequence[str] | None)


def door(*options: Callable[..., Any]) -> Callable[[Made], Made]:
    """Let a function that users call name the argument that it cannot take, by an InputError.

    That is a keyword of another name, and an argument of another type than it is annotated with,
    once an error comes of it that is not the package's own: what works is not refused, and messages
    that say more come first. Arguments of the types in `PLAIN` are looked at before.

    Args:
        options: whose keywords are arguments too, as they are passed on.

    >>> @door()
    ... def half(number: float) -> float:
    ...     return number / 2
    >>> half("one")
    Traceback (most recent call last):
    construction.errors.InputError: Expected number of half() as float; found 'one'. See help(half).
    """

    def hung(made: Made) -> Made:
        def require(which: Collection[Any], given: Sequence[Any], named: dict[str, Any]) -> None:
            kinds = _kinds(made, *options)
            called = type(given[0]).__name__ if made.__name__ == "__init__" else made.__qualname__
            for name in named:
                require_one_of(kinds, name, f"an argument of {called}()")
            with suppress(TypeError):  # Python itself refuses the call
                named = {**signature(made).bind(*given, **named).arguments, **named}
            for name, kind in kinds.items():
                if name in named and kind in (which or [kind]) and not _fits(named[name], kind):
                    expected = re.sub(r"[\w.]*\.(?=\w)", "", formatannotation(kind))
                    found, remedy = short(named[name]), f"See help({called})."
                    raise InputError(f"{name} of {called}() as {expected}", found, remedy)

        @wraps(made)
        def opened(*given: Any, **named: Any) -> Any:
            require(PLAIN, given, named)
            try:
                return made(*given, **named)
            except Exception as error:
                if not isinstance(error, ConstructionError):
                    require((), given, named)
                raise

        return cast(Made, opened)

    return hung


@cache
def _kinds(made: Callable[..., Any], *options: Callable[..., Any]) -> dict[str, Any]:
    """The types of its arguments by name, and of the keywords of options."""
    kinds: dict[str, Any] = {}
    for one in (made, *options):
        hints = get_type_hints(one, localns={"Figure": Any})  # returned; not imported there
        for name, parameter in signature(one).parameters.items():
            own = one is made and parameter.kind is not parameter.VAR_KEYWORD
            if name in hints and (own or parameter.kind is parameter.KEYWORD_ONLY):
                kinds.setdefault(name, hints[name])
    return kinds


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is of an annotated type, as far as that can be told."""
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin is Any or not isinstance(origin, type) or getattr(origin, "_is_protocol", False):
        return True
    if origin is bool:
        return isinstance(value, Integral) or type(value).__name__ in ("bool", "bool_")
    if origin in (int, float):
        number = isinstance(value, Integral if origin is int else Real)
        return number and not isinstance(value, bool) and abs(value) < HUGE
    if issubclass(origin, Mapping) and isinstance(value, Mapping):
        return all(map(_fits, (x for pair in value.items() for x in pair), inner * len(value)))
    if issubclass(origin, Sequence) and inner and not isinstance(value, str):
        if not isinstance(value, Sequence) and not getattr(value, "ndim", 0):
            return False
        kinds = inner if origin is tuple and inner[-1] is not ... else inner[:1] * len(value)
        return len(kinds) == len(value) and all(map(_fits, value, kinds))
    return isinstance(value, Mapping if origin is dict else origin) and origin is not Sequence
