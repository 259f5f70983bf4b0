"""A record of one route, and a file of it to be damaged."""

from pathlib import Path

import pytest

from construction.record.record import Record, joined
from construction.theorem.construct import construct, with_profile

from ..problems import right_start


def made(problem=right_start, name="line", profiles=("paper", "valley"), checks=9) -> Record:
    """The record of one route with several journeys."""
    path = construct(*problem(), profile=profiles[0], points=5)
    records = []
    for profile in profiles:
        path = with_profile(path, profile)
        if checks:
            path.certify(checks)
        records.append(path.record(name))
    return joined(records).described(title="Two numbers", seeds=[0, 1], nested={"π": [1.5, None]})


@pytest.fixture(scope="session")
def saved(tmp_path_factory) -> tuple[Record, bytes]:
    """A record and the bytes of its file."""
    one = made()
    return one, one.save(tmp_path_factory.mktemp("saved") / "one.npz").read_bytes()


@pytest.fixture
def file(saved, tmp_path) -> Path:
    """That file, for damage."""
    path = tmp_path / "record.npz"
    path.write_bytes(saved[1])
    return path
