import gzip
import hashlib
import os
import tracemalloc
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

import construction
from construction.data import Dataset, balanced_subset, load, sources, standardised
from construction.data.dataset import PIXEL_MEAN, PIXEL_STD
from construction.data.sources import CIFAR_10, MNIST
from construction.errors import DataError, InputError

from ..problems import ARRAYS, fill, same
from ..problems import idx as idx_file

# --- the embedded subset -------------------------------------------------------------------------


def test_the_embedded_digits_are_the_first_of_each_class_in_mnists_order():
    digits = load()
    assert digits.name == "mnist-5k"
    assert digits.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(digits.train_labels).tolist() == [500] * 10
    assert np.bincount(digits.test_labels).tolist() == [100] * 10
    assert digits.train_images.shape == (5000, 28, 28)
    assert digits.test_images.shape == (1000, 28, 28)
    assert {getattr(digits, name).dtype for name in ARRAYS} == {np.dtype(np.uint8)}
    assert digits.checksum == "2821ce7e2a1edf6338f58a8c5265a33eee06bc0cabdf7ee22d50afaa39e2503b"


def test_the_checksum_is_of_all_four_arrays_and_their_shapes():
    arrays = [np.arange(6, dtype=np.uint8).reshape(2, 3) for _ in ARRAYS]
    checksum = Dataset("x", *arrays).checksum
    assert checksum == Dataset("another name", *arrays).checksum
    for k in range(4):
        for changed in (arrays[k] + 1, arrays[k].reshape(3, 2)):
            others = [changed if j == k else array for j, array in enumerate(arrays)]
            assert Dataset("x", *others).checksum != checksum


def test_a_data_set_is_frozen():
    assert {field.name for field in fields(Dataset)} == {
        "name",
        "checksum",
        "mean",
        "std",
        *ARRAYS,
    }
    with pytest.raises(AttributeError, match="cannot assign"):
        load().name = "other"


def test_standardised_pixels_have_nearly_mean_0_and_deviation_1():
    pixels = standardised(load().train_images)
    assert pixels.dtype == np.float32
    assert abs(pixels.mean()) < 0.01
    assert pixels.std() == pytest.approx(1, abs=0.01)
    ends = standardised(np.array([0, 255], np.uint8))
    assert ends == pytest.approx([-PIXEL_MEAN / PIXEL_STD, (1 - PIXEL_MEAN) / PIXEL_STD])


def test_a_balanced_subset_keeps_the_first_of_each_class_in_order():
    labels = np.array([2, 0, 2, 0, 1, 1, 2], np.uint8)
    images = np.arange(7, dtype=np.uint8).reshape(7, 1, 1)
    subset = balanced_subset(Dataset("few", images, labels, images, labels), 2, 1)
    assert subset.name == "few, 2 + 1 a class"
    assert subset.train_images.ravel().tolist() == [0, 1, 2, 3, 4, 5]
    assert subset.test_labels.tolist() == [2, 0, 1]


def test_coloured_images_are_standardised_channel_by_channel():
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 4), np.uint8)
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.25, 2.0)
    pixels = standardised(images, mean, std)
    assert pixels.dtype == np.float32
    for k in range(3):
        assert pixels[:, k] == pytest.approx((images[:, k] / 255 - mean[k]) / std[k], abs=1e-6)


def test_a_balanced_subset_keeps_all_of_a_class_for_none_and_the_pixels_mean():
    images = np.zeros((7, 1, 1), np.uint8)
    labels = np.array([2, 0, 2, 0, 1, 1, 2], np.uint8)
    full = Dataset("few", images, labels, images, labels, mean=(0.4,), std=(0.2,))
    subset = balanced_subset(full, 1, None)
    assert subset.name == "few, 1 + all a class"
    assert subset.test_labels.tolist() == labels.tolist()
    assert (subset.mean, subset.std) == ((0.4,), (0.2,))
    assert subset.checksum != full.checksum


@pytest.mark.parametrize("name", ["MNIST", "cifar", ""])
def test_an_unknown_name_is_refused_with_those_there_are(name):
    with pytest.raises(InputError, match=rf"'mnist', 'cifar-10'; found '{name}'\. (Use|Did)"):
        load(name)


def whole_file() -> bytes:
    return (Path(construction.__file__).parent / "embedded" / "mnist-5k.npz").read_bytes()


def flipped() -> bytes:
    content = bytearray(whole_file())
    content[len(content) // 2] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        lambda: None,
        lambda: b"",
        lambda: b"not a zip file",
        lambda: whole_file()[:100_000],
        flipped,
    ],
    ids=["missing", "empty", "words", "truncated", "flipped-bits"],
)
def test_a_damaged_embedded_file_is_refused(monkeypatch, tmp_path, content):
    if (damaged := content()) is not None:
        (tmp_path / "mnist-5k.npz").write_bytes(damaged)
    monkeypatch.setattr(sources, "EMBEDDED", tmp_path)
    with pytest.raises(DataError, match=r"mnist-5k\.npz.*; found .*nstall the package again"):
        load()


def test_the_embedded_subset_is_read_whatever_folder_is_named(tmp_path):
    assert same(load("mnist-5k", tmp_path), load("mnist-5k"))


# --- the whole set, from a folder ----------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("below", ["", "MNIST/raw"])
def test_four_files_in_a_folder_are_read(small, tmp_path, packed, below):
    fill(tmp_path / below, small, packed)
    dataset = load("mnist", tmp_path)
    assert same(load("mnist", str(tmp_path)), dataset)
    assert dataset.name == "mnist"
    assert [getattr(dataset, name).shape for name in ARRAYS] == [(6, 4, 4), (6,), (3, 4, 4), (3,)]
    assert dataset.train_labels.tobytes() == small["train-labels-idx1-ubyte"][-6:]


def test_the_arrays_read_can_be_written_as_tensors_need(small, tmp_path):
    dataset = load("mnist", fill(tmp_path, small))
    assert all(getattr(dataset, name).flags.writeable for name in ARRAYS)


def test_a_missing_file_is_named_with_the_folder(small, tmp_path):
    fill(tmp_path, small)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    match = r"the file t10k-labels-idx1-ubyte or \S+\.gz in .*; found neither\. .*put its unpacked"
    with pytest.raises(DataError, match=match):
        load("mnist", tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\x08", b"\0\0\x08\x01", b"no header", b"\0\0\x08\x01\0\0\0\x07abc"],
    ids=["empty", "cut-in-header", "cut-in-shape", "words", "too-short"],
)
def test_a_file_that_is_no_idx_file_is_refused_with_its_path(small, tmp_path, content):
    fill(tmp_path, {**small, "train-labels-idx1-ubyte": content})
    match = r"to hold MNIST's train-labels-idx1-ubyte; found SHA-256 .*replace it by MNIST's own"
    with pytest.raises(DataError, match=match):
        load("mnist", tmp_path)


@pytest.mark.parametrize("cut", [0, 5, 40], ids=["empty", "in-header", "in-data"])
def test_a_truncated_gz_file_is_refused(small, tmp_path, cut):
    path = fill(tmp_path, small, packed=True) / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte(\.gz)?; found "):
        load("mnist", tmp_path)


def test_a_gz_file_that_is_not_compressed_is_refused(small, tmp_path):
    (fill(tmp_path, small, packed=True) / "train-images-idx3-ubyte.gz").write_bytes(b"plain text")
    with pytest.raises(DataError, match=r"a whole file .*-ubyte\.gz; found Not a gzipped file"):
        load("mnist", tmp_path)


def test_an_idx_file_that_is_not_mnists_is_refused_with_its_checksum(small, tmp_path):
    other = idx_file(np.zeros(6, np.uint8))
    fill(tmp_path, {**small, "train-labels-idx1-ubyte": other})
    checksum = hashlib.sha256(other).hexdigest()
    match = (
        rf"to hold MNIST's train-labels-idx1-ubyte; found SHA-256 {checksum}\. The file is damaged"
    )
    with pytest.raises(DataError, match=match):
        load("mnist", tmp_path)


@pytest.mark.skipif("CONSTRUCTION_MNIST" not in os.environ, reason="CONSTRUCTION_MNIST is not set")
def test_the_embedded_digits_are_the_balanced_subset_of_the_real_mnist():
    full = load("mnist", os.environ["CONSTRUCTION_MNIST"])
    assert (len(full.train_images), len(full.test_images)) == (60_000, 10_000)
    assert full.train_images.mean() / 255 == pytest.approx(PIXEL_MEAN, abs=5e-6)
    assert full.train_images.std() / 255 == pytest.approx(PIXEL_STD, abs=5e-6)
    assert same(balanced_subset(full, 500, 100), load("mnist-5k"))


def test_no_more_is_unpacked_of_a_file_than_the_largest_one_holds(small, tmp_path):
    path = fill(tmp_path, small, packed=True) / "train-images-idx3-ubyte.gz"
    with gzip.open(path, "wb", 1) as file:
        for _ in range(30):
            file.write(bytes(10**7))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="found SHA-256"):
            load("mnist", tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 1.3e8
    finally:
        tracemalloc.stop()


def test_files_whose_shape_is_not_theirs_are_refused(small, tmp_path):
    content = bytes([0, 0, 8, 1, 0, 0, 0, 9, 5, 7])
    checksum = hashlib.sha256(content).hexdigest()
    (tmp_path / "labels").write_bytes(content)
    source = replace(MNIST, files={"labels": checksum})
    with pytest.raises(DataError, match="arrays in the files of MNIST; found cannot reshape"):
        source.load(tmp_path)


# --- CIFAR-10 ------------------------------------------------------------------------------------


def test_six_binary_batches_are_read_into_images_and_labels(small_cifar, tmp_path):
    records = small_cifar(tmp_path)
    dataset = load("cifar-10", tmp_path)
    assert dataset.train_images.shape == (10, 3, 32, 32)
    assert dataset.test_images.shape == (2, 3, 32, 32)
    assert dataset.train_labels.tolist() == [record[0] for batch in records[:5] for record in batch]
    red, green = (records[1][1][1 + 1024 * k + 32 * 5 + 7] for k in (0, 1))
    assert dataset.train_images[3, :2, 5, 7].tolist() == [red, green]
    assert (dataset.mean, dataset.std) == (CIFAR_10.mean, CIFAR_10.std)
    assert all(getattr(dataset, name).flags.writeable for name in ARRAYS)


def test_the_batches_are_found_in_the_folder_of_the_archive_and_by_the_variable(
    small_cifar, tmp_path, monkeypatch
):
    small_cifar(tmp_path / "cifar-10-batches-bin")
    monkeypatch.setenv("CONSTRUCTION_CIFAR10", str(tmp_path))
    assert same(load("cifar-10"), load("cifar-10", tmp_path / "cifar-10-batches-bin"))


def test_a_missing_batch_is_named_with_the_folder(small_cifar, tmp_path):
    small_cifar(tmp_path)
    (tmp_path / "data_batch_3.bin").unlink()
    match = r"the file data_batch_3\.bin or .*; found neither\. .*put its unpacked files there"
    with pytest.raises(DataError, match=match):
        load("cifar-10", tmp_path)


def test_a_damaged_batch_is_named_with_its_checksum(small_cifar, tmp_path):
    small_cifar(tmp_path)
    place = tmp_path / "data_batch_3.bin"
    place.write_bytes(place.read_bytes()[:-1])
    checksum = hashlib.sha256(place.read_bytes()).hexdigest()
    match = (
        rf"data_batch_3\.bin to hold CIFAR-10's data_batch_3\.bin; found SHA-256 {checksum}\. The"
    )
    with pytest.raises(DataError, match=match):
        load("cifar-10", tmp_path)


@pytest.mark.skipif(
    "CONSTRUCTION_CIFAR10" not in os.environ, reason="CONSTRUCTION_CIFAR10 is not set"
)
def test_the_real_cifar_10_has_the_mean_and_deviation_it_is_standardised_by():
    full = load("cifar-10")
    assert full.train_labels[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    assert np.bincount(full.train_labels).tolist() == [5000] * 10
    for k in range(3):
        channel = full.train_images[:, k] / 255
        assert (channel.mean(), channel.std()) == pytest.approx(
            (full.mean[k], full.std[k]), abs=6e-6
        )
