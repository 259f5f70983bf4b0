"""Every public method is described: where it stands, or where what it overrides is."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for folder in ("construction", "scenes", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if path.name != "__main__.py"
)


def undescribed(owner: type) -> list[str]:
    """Public methods and properties of a class without a word, in it or in what it extends."""
    own = [name for name, one in vars(owner).items() if name[0] != "_" and is_method(one)]
    return [
        name
        for name in own
        if not any(getattr(vars(base).get(name), "__doc__", None) for base in owner.__mro__)
    ]


def is_method(one: object) -> bool:
    """Whether it was written as a method, or as a property of any kind."""
    written = getattr(one, "fget", None) or getattr(one, "func", None) or one
    return inspect.isfunction(getattr(written, "__func__", written))


@pytest.mark.parametrize("name", MODULES)
def test_public_methods_are_described(name):
    if name.startswith("scenes"):
        pytest.importorskip("manim")
    module = import_module(name)
    classes = [one for one in vars(module).values() if inspect.isclass(one)]
    public = [one for one in classes if one.__module__ == name and one.__name__[0] != "_"]
    assert not {one.__name__: undescribed(one) for one in public if undescribed(one)}


class Written:
    """With a method that says something, and all that may say nothing."""

    def said(self):
        """Something."""

    def silent(self):
        pass

    @property
    def read(self):
        return 0

    @classmethod
    def made(cls):
        pass


class Overriding(Written):
    """With a method that is described where it comes from."""

    def said(self):
        pass


def test_what_says_nothing_is_found():
    assert undescribed(Written) == ["silent", "read", "made"]
    assert undescribed(Overriding) == []
