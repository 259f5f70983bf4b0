"""Data by download, from a server on the loopback interface, through pooch as in real use."""

import gzip
import hashlib
import shutil
import tarfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread

import numpy as np
import pytest

from construction import data
from construction.data import load
from construction.data.sources import CIFAR_10
from construction.errors import CacheError, DataError

from ..problems import fill, same
from ..runs import blocked

#: Of CIFAR-10, as it is published, and the folder in it.
(ARCHIVE,), FOLDER = CIFAR_10.downloads, CIFAR_10.below


def archive_of(records: np.ndarray) -> bytes:
    """The batches as CIFAR-10's archive packs them, a file of words among them."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        contents = {name: x.tobytes() for name, x in zip(CIFAR_10.files, records, strict=True)}
        for name, content in {**contents, "readme.html": b"words"}.items():
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = len(content)
            archive.addfile(member, BytesIO(content))
    return packed.getvalue()


def point_at(monkeypatch, *mirrors: str) -> None:
    for name in ("mnist", "cifar-10"):
        monkeypatch.setitem(data.SOURCES, name, replace(data.SOURCES[name], mirrors=mirrors))


@pytest.fixture
def mirror(small, small_cifar, tmp_path, monkeypatch):
    """A server with the published files below /good/, damaged ones below /bad/, and no others."""
    requests = []
    files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in small.items()}
    files[ARCHIVE] = archive_of(small_cifar(tmp_path / FOLDER))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            _, place, name = self.path.split("/")
            content = files[name]
            self.send_response(200 if place in ("good", "bad") else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if place == "good" else content[::-1])

        def log_message(self, *_):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for variable in ("CONSTRUCTION_MNIST", "CONSTRUCTION_CIFAR10"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path / "cache"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/"

        def use(*places: str) -> list[str]:
            point_at(monkeypatch, *(f"{address}{place}/" for place in places))
            checksum = hashlib.sha256(files[ARCHIVE]).hexdigest()
            archived = replace(data.SOURCES["cifar-10"], downloads={ARCHIVE: f"sha256:{checksum}"})
            monkeypatch.setitem(data.SOURCES, "cifar-10", archived)
            return requests

        yield use
        server.shutdown()
        thread.join()


def test_mnist_is_downloaded_once_into_the_cache(mirror, small, tmp_path):
    requests = mirror("good")
    first = load("mnist")
    assert sorted(requests) == sorted(f"/good/{name}.gz" for name in small)
    assert same(first, load("mnist", fill(tmp_path / "folder", small)))
    assert same(first, load("mnist"))
    assert len(requests) == 4
    cached = sorted(path.name for path in (tmp_path / "cache" / "mnist").iterdir())
    assert cached == sorted(f"{name}.gz" for name in small)


@pytest.mark.parametrize("broken", ["none", "bad"])
def test_a_mirror_that_fails_is_passed_over(mirror, tmp_path, broken):
    requests = mirror(broken, "good")
    assert len(load("mnist").train_labels) == 6
    assert [path.split("/")[1] for path in requests] == [broken, "good"] * 4
    shutil.rmtree(tmp_path / "cache")


def test_when_every_mirror_fails_each_is_named_with_its_error(mirror):
    mirror("none", "bad")
    with pytest.raises(
        DataError,
        match=r"download train-images-idx3-ubyte\.gz from a mirror, of 2; found \S+/none/: "
        r"HTTPError; \S+/bad/: ValueError\. Check the connection, or put its unpacked",
    ):
        load("mnist")


def test_a_mirror_that_cannot_be_reached_is_named(mirror, monkeypatch):
    mirror("good")
    point_at(monkeypatch, "http://127.0.0.1:9/")  # the discard port
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9/: ConnectionError"):
        load("mnist")


def test_cifar_10_is_unpacked_once_into_the_cache_without_its_archive(mirror, tmp_path):
    requests = mirror("bad", "good")
    first = load("cifar-10")
    assert requests == [f"/{place}/{ARCHIVE}" for place in ("bad", "good")]
    assert same(first, load("cifar-10", tmp_path))
    assert same(first, load("cifar-10"))
    assert len(requests) == 2
    assert sorted(path.name for path in (tmp_path / "cache" / FOLDER).iterdir()) == sorted(
        CIFAR_10.files
    )


def test_what_an_interrupted_download_left_is_downloaded_again(
    mirror, small, small_cifar, tmp_path
):
    requests = mirror("good")
    first = load("mnist"), load("cifar-10")
    (tmp_path / "cache" / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(b"half")
    (tmp_path / "cache" / FOLDER / "data_batch_5.bin").unlink()
    assert same(first[0], load("mnist"))
    assert same(first[1], load("cifar-10"))
    assert requests[5:] == ["/good/train-labels-idx1-ubyte.gz", f"/good/{ARCHIVE}"]


def test_an_archive_of_another_checksum_is_refused_with_what_to_do(mirror):
    mirror("bad")
    with pytest.raises(
        DataError,
        match=r"download cifar-10-binary\.tar\.gz from a mirror, of 1; found \S+/bad/: ValueError"
        r"\. Check the connection, or put its unpacked files in a folder and name that in the "
        r"environment variable CONSTRUCTION_CIFAR10\.",
    ):
        load("cifar-10")


def test_a_cache_that_cannot_be_written_is_named(mirror, monkeypatch, tmp_path):
    mirror("good")
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(blocked(tmp_path)))
    for name in ("mnist", "cifar-10"):
        with pytest.raises(CacheError, match=r"to write in the folder .*CONSTRUCTION_CACHE"):
            load(name)
