"""MNIST by download, from a server on the loopback interface, through pooch as in real use."""

import gzip
import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from construction import data
from construction.data import load
from construction.errors import DataError

from .problems import fill, same


@pytest.fixture
def mirror(small, tmp_path, monkeypatch):
    """A server with MNIST's files below /good/, damaged ones below /bad/, and nothing else."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            _, place, name = self.path.split("/")
            content = gzip.compress(small[name.removesuffix(".gz")], mtime=0)
            self.send_response(200 if place in ("good", "bad") else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if place == "good" else content[::-1])

        def log_message(self, *_):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(data.pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/"

        def use(*places: str) -> list[str]:
            monkeypatch.setattr(data, "MIRRORS", tuple(f"{address}{place}/" for place in places))
            return asked

        yield use
        server.shutdown()
        thread.join()


def test_mnist_is_downloaded_once_into_the_cache(mirror, small, tmp_path):
    asked = mirror("good")
    first = load("mnist")
    assert sorted(asked) == sorted(f"/good/{name}.gz" for name in small)
    assert same(first, load("mnist", fill(tmp_path / "folder", small)))
    assert same(first, load("mnist"))
    assert len(asked) == 4
    cached = sorted(path.name for path in (tmp_path / "cache" / "construction" / "mnist").iterdir())
    assert cached == sorted(f"{name}.gz" for name in small)


@pytest.mark.parametrize("broken", ["none", "bad"])
def test_a_mirror_that_fails_is_passed_over(mirror, tmp_path, broken):
    asked = mirror(broken, "good")
    assert len(load("mnist").train_labels) == 6
    assert [path.split("/")[1] for path in asked] == [broken, "good"] * 4
    shutil.rmtree(tmp_path / "cache")


def test_when_every_mirror_fails_each_is_named_with_its_error(mirror):
    mirror("none", "bad")
    with pytest.raises(
        DataError,
        match=r"download train-images-idx3-ubyte\.gz from one of 2 mirrors; found \S+/none/: "
        r"HTTPError; \S+/bad/: ValueError\. Check the connection, or place MNIST's four",
    ):
        load("mnist")


def test_a_mirror_that_cannot_be_reached_is_named(mirror, monkeypatch):
    mirror("good")
    monkeypatch.setattr(data, "MIRRORS", ("http://127.0.0.1:9/",))  # the discard port
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9/: ConnectionError"):
        load("mnist")
