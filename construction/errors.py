"""The package's own exceptions.

Every message has three parts: what was expected, what was found, what to do.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any


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
    """Refuse a word that is not among the names.

    Raises:
        InputError: with all of them.

    >>> require_one_of(["huber"], "hinge", "a loss")
    Traceback (most recent call last):
    construction.errors.InputError: Expected a loss among 'huber'; found 'hinge'. Use one of these.
    """
    if value not in names:
        raise InputError(
            f"{what} among {', '.join(map(repr, names)) or 'none'}",
            repr(value),
            "Use one of these.",
        )


def require_points(points: object, least: int, usual: str) -> None:
    """Refuse a number of points that is no integer, or too small.

    Raises:
        InputError: so it is.

    >>> require_points(5.0, 3, "51 are usual.")
    Traceback (most recent call last):
    construction.errors.InputError: Expected a whole number of points; found 5.0. 51 are usual.
    """
    whole = isinstance(points, Integral)
    if not isinstance(points, Integral) or points < least:
        expected = f"at least {least} points" if whole else "a whole number of points"
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
    """Say in a message of the package's own that memory did not suffice.

    Raises:
        InputError: so it was.
    """
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
