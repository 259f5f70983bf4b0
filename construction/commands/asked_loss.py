"""The loss that is asked for, by name and options or as a function of the user's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..errors import InputError
from ..files.user_code import import_callable, is_reference
from ..loss.catalogue import as_loss
from ..loss.classification import CrossEntropy
from ..loss.loss import Custom, Loss
from ..loss.regression import Huber, Pinball

#: The losses that have an option, and its name.
OPTIONS: Mapping[str, tuple[str, Callable[[float], Loss]]] = {
    "label_smoothing": ("smoothing", CrossEntropy),
    "huber": ("delta", Huber),
    "pinball": ("quantile", Pinball),
}


def asked_loss(name: str, options: Mapping[str, float]) -> Loss:
    """The loss of that name, with its option where one is given.

    Raises:
        InputError: an unknown loss, or an option that it does not have.

    >>> asked_loss("huber", {"delta": 2.0}).delta
    2.0
    """
    if is_reference(name):
        _refuse(name, options, ())
        return Custom(import_callable(name, "a loss"), name)
    if name not in OPTIONS:
        loss = as_loss(name)
        _refuse(name, options, ())
        return loss
    option, build = OPTIONS[name]
    _refuse(name, options, (option,))
    return build(options[option]) if options else as_loss(name)


def _refuse(name: str, options: Mapping[str, float], known: tuple[str, ...]) -> None:
    unknown = [option for option in options if option not in known]
    if unknown:
        having = ", ".join(f"{option} of {loss}" for loss, (option, _) in OPTIONS.items())
        raise InputError(
            f"the option {known[0]!r} of the loss {name}" if known else f"no option of {name}",
            repr(unknown[0]),
            f"There are {having}.",
        )
