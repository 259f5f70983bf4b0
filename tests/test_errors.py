import pickle

import pytest

from construction import errors
from construction.errors import ConstructionError


@pytest.mark.parametrize(
    "kind", [errors.InputError, errors.WeightsError, errors.HeadError, errors.DataError]
)
def test_a_message_says_what_was_expected_what_was_found_and_what_to_do(kind):
    error = kind("two ends", "one", "Pass both.")
    assert str(error) == "Expected two ends; found one. Pass both."
    assert (error.expected, error.found, error.remedy) == ("two ends", "one", "Pass both.")
    assert isinstance(error, ConstructionError)


def test_wrong_arguments_are_also_value_errors_and_an_unwritable_cache_an_os_error():
    assert issubclass(errors.InputError, ValueError)
    assert issubclass(errors.WeightsError, errors.InputError)
    assert issubclass(errors.HeadError, errors.InputError)
    assert issubclass(errors.CacheError, OSError)
    assert str(errors.CacheError("a", "b", "c")) == "Expected a; found b. c"


def test_a_failed_condition_carries_its_name_place_and_margin():
    error = errors.ConditionError("a", "b", "c", condition="condition 1", lam=0.5, margin=-2.0)
    assert (error.condition, error.lam, error.margin) == ("condition 1", 0.5, -2.0)
    assert str(error) == "Expected a; found b. c"


def test_a_missing_root_carries_its_place_and_how_many_there_are():
    error = errors.RootError("a", "b", "c", lam=0.25, count=3)
    assert (error.lam, error.count, str(error)) == (0.25, 3, "Expected a; found b. c")


def test_every_exception_of_the_package_has_the_one_base():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    own = [kind for kind in kinds if kind.__module__ == errors.__name__]
    assert len(own) >= 8
    assert all(issubclass(kind, ConstructionError) for kind in own)


@pytest.mark.parametrize(
    "error",
    [
        errors.InputError("a", "b", "c"),
        errors.CacheError("a", "b", "c"),
        errors.ConditionError("a", "b", "c", condition="condition 1", lam=0.5, margin=-2.0),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_comes_whole_out_of_another_process(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))
