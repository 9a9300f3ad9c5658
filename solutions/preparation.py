# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: all
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# course:
#   title: Preparing data
#   minutes: 120
#   points: 20
# ---

# %% [markdown]
# # Preparing data
#
# You will write a loss that refuses to broadcast, encode labels, fill and scale a table without a
# leak, shift images, repair a program that finds 90 percent in pure noise, and choose a threshold by
# its cost. Allow {{minutes}} minutes.
#
# | task | points | |
# |---|---|---|
# | 1 `squared_error` | 2 | warm-up |
# | 2 `one_hot` | 2 | warm-up |
# | 3 `prepare` | 4 | core |
# | 4 `shift` | 3 | core |
# | 5 `fair_accuracy` | 3 | debug |
# | 6 `cheapest_threshold` | 3 | experiment |
# | 7 in words | 3 | graded by hand |
#
# **How it works.** Write where a cell says `raise NotImplementedError(...)`, in place of that line.
# Run the test below it: it says what it expected, what came, and where to look. When your notebook
# is graded, hidden tests check the same description on other inputs. Every task stands by itself:
# the tests of one never use your answer to another. Names that begin with an underscore, and
# `check`, belong to the tests: give your helpers others. Your functions get copies, so nothing that
# you do to an argument can harm a test. Every library call is allowed. Chapter: *Preparing data* in
# the part *Train*.

# %% nbgrader={"grade_id": "setup", "locked": true} tags=["setup"]
import numpy as np
import torch

from labkit import check


def leaky_accuracy(x, y, k, folds):
    """The program of task 5, with two leaks: accuracy of the nearest class mean on k columns."""
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    gap = abs(z[y == 1].mean(axis=0) - z[y == 0].mean(axis=0))
    z = z[:, np.argsort(-gap, kind="stable")[:k]]
    hits = 0
    for fold in range(folds):
        test = np.arange(len(y)) % folds == fold
        means = [z[~test & (y == label)].mean(axis=0) for label in (0, 1)]
        far = [((z[test] - mean) ** 2).sum(axis=1) for mean in means]
        hits += ((far[1] < far[0]) == (y[test] == 1)).sum()
    return float(hits / len(y))


# %% [markdown]
# ## Task 1: a loss that refuses to broadcast (2 points, warm-up)
#
# {{listing L03}}
#
# Its comments say: define the model, create it, define loss and optimiser, train, save. With a
# `dataloader` whose targets have shape `(32,)`, while the model returns `(32, 1)`, the program runs to
# its end and learns the wrong thing. The only symptom is a warning. Write
# `squared_error(prediction, target)`, which cannot be misled so:
#
# $$L = \frac1N\sum_{i=1}^{N}(\hat y_i - y_i)^2 .$$
#
# * `prediction` and `target`: float tensors of one dtype, each of shape `(N,)` **or** `(N, 1)`, in any
#   combination. Row `i` of one belongs to row `i` of the other.
# * Returns a tensor of shape `()` and of that dtype.
# * Raises `ValueError` when one of them has another shape (`(N, 2)`, `(N, 1, 1)`, `()`, `(1, N)` with
#   N > 1, ...), or when the numbers of rows differ. A single row against several is a difference too.
#
# **Example.** `prediction = [[1.], [2.]]`, `target = [1., 4.]`: the errors are `[0., -2.]`, the loss is
# `2.0`. Broadcast, it would be 3.5. The test takes well under a second.
#
# <details><summary>Hint 1</summary>Check the shapes first. Which shapes have one number a
# row?</details>
# <details><summary>Hint 2</summary>Bring both to shape <code>(N,)</code> before you
# subtract.</details>

# %% nbgrader={"grade_id": "squared_error", "solution": true}
def squared_error(prediction, target):
    """Mean squared error of rows that belong together, a tensor of shape ()."""
    ### BEGIN SOLUTION
    for values in (prediction, target):
        if values.shape not in ((prediction.numel(),), (prediction.numel(), 1)):
            raise ValueError(f"got the shapes {prediction.shape} and {target.shape}")
    return ((prediction.flatten() - target.flatten()) ** 2).mean()
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_squared_error", "points": 1}
from labkit import check

_column, _row = torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, 4.0])
_got = check.call("squared_error", _column, _row)
check.close(_got, torch.tensor(2.0), "the example: (2, 1) against (2,); 3.5 is the broadcast value")
_got = check.call("squared_error", _row, _row)
check.close(_got, torch.tensor(0.0), "two equal rows")
print("squared_error: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_squared_error", "points": 1}
from labkit import check

# Hidden tests: every combination of shapes in float64, and shapes that must be refused.
### BEGIN HIDDEN TESTS
_g = torch.Generator().manual_seed(1)
_a = torch.randn(5, generator=_g, dtype=torch.float64)
_b = torch.randn(5, generator=_g, dtype=torch.float64)
_want = ((_a - _b) ** 2).mean()
with check.contract("fails for a combination of (N,) and (N, 1) in float64"):
    for _p in (_a, _a[:, None]):
        for _t in (_b, _b[:, None]):
            check.close(check.call("squared_error", _p, _t), _want, rtol=1e-12)
with check.contract("fails for a single row"):
    check.close(check.call("squared_error", _a[:1, None], _b[:1]), (_a[0] - _b[0]) ** 2, rtol=1e-12)
with check.contract("accepts another number of rows"):
    check.raises("squared_error", ValueError, _a, _b[:1])
    check.raises("squared_error", ValueError, _a[:1], _b)
    check.raises("squared_error", ValueError, _a[:, None], _b[:4])
with check.contract("accepts two columns, or a row as a table"):
    check.raises("squared_error", ValueError, _a[:4].reshape(2, 2), _b[:4].reshape(2, 2))
    for _p, _t in ((_a[None], _b[None]), (_a, _b[None]), (_a[None], _b)):
        check.raises("squared_error", ValueError, _p, _t)
with check.contract("accepts a third axis, or none, or raises something else than ValueError"):
    for _p, _t in ((_a[:, None, None], _b), (_a, _b[:, None, None]), (_a[0], _b[:1]),
                   (_a[:1], _b[0]), (_a[0], _b[0])):
        check.raises("squared_error", ValueError, _p, _t)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_squared_error", "locked": true}
check.show("squared_error", torch.tensor([[1.0], [2.0], [5.0]]), torch.tensor([0.0, 2.0, 7.0]))

# %% [markdown]
# ## Task 2: one-hot rows (2 points, warm-up)
#
# Write `one_hot(labels, classes)`: a row for each label, with 1 in the label's column, 0 elsewhere.
#
# * `labels`: an int64 tensor of shape `(N,)` or `(N, 1)`; `classes`: how many columns.
# * Returns a **float32** tensor of shape `(N, classes)`.
# * Raises `ValueError` for a label below 0 or not below `classes`, and for any other shape, `()` too.
#
# **Example.** `labels = [2, 0]`, `classes = 3` gives `[[0., 0., 1.], [1., 0., 0.]]`. The test takes
# well under a second.
#
# <details><summary>Hint 1</summary>An identity matrix has all possible rows.</details>
# <details><summary>Hint 2</summary>Negative labels are valid indices in Python: they count from the
# end. So check the range yourself.</details>

# %% nbgrader={"grade_id": "one_hot", "solution": true}
def one_hot(labels, classes):
    """Rows of zeros with a one in the column of the label, float32 (N, classes)."""
    ### BEGIN SOLUTION
    if labels.shape not in ((labels.numel(),), (labels.numel(), 1)):
        raise ValueError(f"labels have shape {tuple(labels.shape)}")
    if ((labels < 0) | (labels >= classes)).any():
        raise ValueError(f"a label is not in 0 ... {classes - 1}")
    return torch.eye(classes)[labels.flatten()]
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_one_hot", "points": 1}
from labkit import check

_want = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
check.equal(check.call("one_hot", torch.tensor([2, 0]), 3), _want, "the example")
_want = torch.tensor([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
check.equal(check.call("one_hot", torch.tensor([1, 1, 0]), 2), _want, "labels may repeat")
print("one_hot: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_one_hot", "points": 1}
from labkit import check

# Hidden tests: a column, classes that do not occur, labels out of range, other shapes.
### BEGIN HIDDEN TESTS
with check.contract("fails for a column of labels"):
    check.equal(check.call("one_hot", torch.tensor([[1], [0]]), 2),
                torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
with check.contract("fails when a class does not occur"):
    check.equal(check.call("one_hot", torch.tensor([1]), 4), torch.tensor([[0.0, 1.0, 0.0, 0.0]]))
with check.contract("accepts a label out of range"):
    check.raises("one_hot", ValueError, torch.tensor([0, 3]), 3)
    check.raises("one_hot", ValueError, torch.tensor([-1, 0]), 3)
with check.contract("accepts labels of another shape"):
    for _shape in ((2, 2), (1, 2), (2, 1, 1), ()):
        check.raises("one_hot", ValueError, torch.zeros(_shape, dtype=torch.int64), 3)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_one_hot", "locked": true}
check.show("one_hot", torch.tensor([0, 2, 1]), 3, digits=1)

# %% [markdown]
# ## Task 3: fill, flag, scale, all from the training rows (4 points, core)
#
# Write `prepare(train, test)`, which does with a table what scikit-learn's `SimpleImputer` and
# `StandardScaler` do, and with no look at the test rows:
#
# 1. Fill each gap (`nan`) with the mean of that column's known **training** values.
# 2. Standardize each column: subtract the mean and divide by the standard deviation (with $N$ below the
#    line) of the **filled training** column. If that deviation is 0, subtract the mean only. (Constant
#    columns hold whole numbers here, so that rounding cannot blur the 0.)
# 3. Append a flag for each column: 1 where there was a gap, else 0. Flags are not scaled.
#
# * `train` `(N, D)`, `test` `(M, D)`: NumPy float64 arrays; `M` may be 1. A column of `test` may have
#   no known value, and gaps may be in one table only.
# * Returns a pair `(train, test)` of float64 arrays, `(N, 2 * D)` and `(M, 2 * D)`: first the `D`
#   values, then the `D` flags, in the order of the columns.
# * Raises `ValueError` when a column of `train` has no known value.
#
# **Example.** `train = [[1.], [3.], [nan]]`, `test = [[nan], [4.]]`: the mean is 2, the filled column
# `[1, 3, 2]`, its deviation $\sqrt{2/3}$. So `train` becomes `[[-1.2247, 0], [1.2247, 0], [0, 1]]` and
# `test` becomes `[[0, 1], [2.4495, 0]]`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>Two functions of NumPy ignore <code>nan</code>; one finds
# it. <code>np.where</code> takes a table and a row.</details>
# <details><summary>Hint 2</summary>Which of the numbers that you compute comes from
# <code>test</code>? Only its own values and flags.</details>

# %% nbgrader={"grade_id": "prepare", "solution": true}
def prepare(train, test):
    """Filled, standardized and flagged tables; every statistic is of the training rows."""
    ### BEGIN SOLUTION
    if np.isnan(train).all(axis=0).any():
        raise ValueError("a training column has no known value")
    fill = np.nanmean(train, axis=0)
    full = np.where(np.isnan(train), fill, train)
    mean, std = full.mean(axis=0), full.std(axis=0)
    std[std == 0] = 1.0
    tables = []
    for table in (train, test):
        gaps = np.isnan(table)
        tables.append(np.hstack([(np.where(gaps, fill, table) - mean) / std, gaps]))
    return tables[0], tables[1]
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_prepare", "points": 2}
from labkit import check

_nan = float("nan")
_got = check.call("prepare", np.array([[1.0], [3.0], [_nan]]), np.array([[_nan], [4.0]]))
_train, _test = check.parts(_got, "train", "test")
check.close(_train, np.array([[-(1.5**0.5), 0.0], [1.5**0.5, 0.0], [0.0, 1.0]]),
            "the training rows of the example: values, then the flag")
check.close(_test, np.array([[0.0, 1.0], [6**0.5, 0.0]]),
            "the test rows of the example: filled and scaled with numbers of the training rows")
print("prepare: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_prepare", "points": 2}
from labkit import check

# Hidden tests: several columns, gaps in one table only, one test row, a constant column, an empty one.
### BEGIN HIDDEN TESTS
_c = np.random.default_rng(3)
# Plain Python as the reference: importing scikit-learn would cost more than all other tests together.
# That scikit-learn agrees is seen in the bank, where an answer by it has full marks.
from statistics import fmean, pstdev

_train, _test = _c.normal(5, 3, (9, 3)), _c.normal(7, 1, (4, 3))
_train[_c.random((9, 3)) < 0.3] = np.nan
_test[0, 1] = np.nan

def _table(train, table):
    out = np.zeros((len(table), 2 * table.shape[1]))
    for j, column in enumerate(train.T):
        fill = fmean(v for v in column if v == v)
        full = [v if v == v else fill for v in column]
        for i, v in enumerate(table[:, j]):
            out[i, j] = ((v if v == v else fill) - fmean(full)) / pstdev(full)
            out[i, j + table.shape[1]] = v != v
    return out

with check.contract("fails where only the test rows have a gap"):
    _a, _b = check.parts(check.call("prepare", np.array([[1.0], [5.0]]), np.array([[np.nan]])),
                         "train", "test")
    check.close(_a, np.array([[-1.0, 0.0], [1.0, 0.0]]))
    check.close(_b, np.array([[0.0, 1.0]]))
with check.contract("fails for several columns"):
    _a, _b = check.parts(check.call("prepare", _train, _test), "train", "test")
    check.close(_a, _table(_train, _train), rtol=1e-9, atol=1e-12)
    check.close(_b, _table(_train, _test), rtol=1e-9, atol=1e-12)
with check.contract("a test row is treated otherwise when it comes alone"):
    for _i in (0, 1):
        _, _b = check.parts(check.call("prepare", _train, _test[_i:_i + 1]), "train", "test")
        check.close(_b, _table(_train, _test[_i:_i + 1]), rtol=1e-9, atol=1e-12)
with check.contract("fails for a constant training column"):
    _a, _b = check.parts(check.call("prepare", np.array([[2.0], [2.0]]), np.array([[5.0]])),
                         "train", "test")
    check.close(_a, np.zeros((2, 2)), atol=1e-12)
    check.close(_b, np.array([[3.0, 0.0]]))
with check.contract("accepts a training column without a known value"):
    check.raises("prepare", ValueError, np.array([[1.0, np.nan], [2.0, np.nan]]),
                 np.array([[1.0, 2.0]]))
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_prepare", "locked": true}
check.show("prepare", np.array([[1.0, 10.0], [3.0, 30.0], [5.0, float("nan")]]),
           np.array([[7.0, float("nan")]]))

# %% [markdown]
# ## Task 4: shift images (3 points, core)
#
# Write `shift(images, right, down)`, an augmentation by whole pixels: image `i` moves `right[i]` pixels
# to the right and `down[i]` pixels down. What leaves the frame is lost; what enters is 0.
#
# * `images` `(N, C, H, W)`, of any dtype; `right`, `down`: int64 tensors `(N,)`. Negative numbers move
#   to the left and up; a shift may be larger than the image, which leaves zeros.
# * Returns a tensor of `images`' shape and dtype; whole numbers stay exact (up to $2^{50}$ here).
# * Raises `ValueError` when `right` or `down` is not of shape `(N,)`.
#
# **Example.** One image `[[1, 2], [3, 4]]`, `right = [1]`, `down = [0]` gives `[[0, 1], [0, 3]]`. The
# test takes well under a second.
#
# <details><summary>Hint 1</summary>The pixel in row r and column c of the result comes from row
# r − down and column c − right, if there is such a pixel.</details>
# <details><summary>Hint 2</summary><code>torch.roll</code> lets what leaves come back on the other
# side: that part must become 0.</details>

# %% nbgrader={"grade_id": "shift", "solution": true}
def shift(images, right, down):
    """Each image moved by its own number of pixels, zeros coming in."""
    ### BEGIN SOLUTION
    count, _, height, width = images.shape
    if right.shape != (count,) or down.shape != (count,):
        raise ValueError("right and down need one number an image")
    moved = torch.zeros_like(images)
    for i in range(count):
        for row in range(height):
            for column in range(width):
                r, c = row - down[i], column - right[i]
                if 0 <= r < height and 0 <= c < width:
                    moved[i, :, row, column] = images[i, :, r, c]
    return moved
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_shift", "points": 1}
from labkit import check

_image = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
_got = check.call("shift", _image, torch.tensor([1]), torch.tensor([0]))
check.equal(_got, torch.tensor([[[[0.0, 1.0], [0.0, 3.0]]]]), "the example: one pixel to the right")
_got = check.call("shift", _image, torch.tensor([0]), torch.tensor([-1]))
check.equal(_got, torch.tensor([[[[3.0, 4.0], [0.0, 0.0]]]]), "down = -1 is one pixel up")
print("shift: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_shift", "points": 1}
from labkit import check

# Hidden tests: several images and channels that are not square, each with its own shift, of bytes
# and of other dtypes.
### BEGIN HIDDEN TESTS
_g = torch.Generator().manual_seed(4)
_x = torch.randint(1, 256, (5, 2, 3, 4), generator=_g, dtype=torch.uint8)
_r, _d = torch.tensor([0, 2, -1, -3, 3]), torch.tensor([1, -2, 0, 2, 2])

def _moved(x):
    wide = torch.nn.functional.pad(x, (4, 4, 3, 3))
    return torch.stack([wide[i, :, 3 - _d[i]: 6 - _d[i], 4 - _r[i]: 8 - _r[i]] for i in range(5)])

with check.contract("fails for several images of bytes, each with its own shift"):
    check.equal(check.call("shift", _x, _r, _d), _moved(_x))
with check.contract("no shift must change nothing"):
    check.equal(check.call("shift", _x[:1], torch.tensor([0]), torch.tensor([0])), _x[:1])
with check.contract("fails for images of float64, of large integers or of booleans"):
    for _y in (_x.double() / 7, _x.long() + 2**40, _x > 99):
        check.equal(check.call("shift", _y, _r, _d), _moved(_y))
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "hidden_shift_edges", "points": 1}
from labkit import check

# Hidden tests: one image, shifts almost as large as it, as large, and larger; wrong shapes.
### BEGIN HIDDEN TESTS
_g = torch.Generator().manual_seed(5)
_x = torch.randint(1, 256, (5, 2, 3, 4), generator=_g, dtype=torch.uint8)
_r, _d = torch.tensor([0, 2, -1, -3, 3]), torch.tensor([1, -2, 0, 2, 2])
with check.contract("fails for one image that moves three pixels to the right and one up"):
    check.equal(check.call("shift", _x[:1], torch.tensor([3]), torch.tensor([-1])),
                torch.nn.functional.pad(_x[:1, :, 1:, :1], (3, 0, 0, 1)))
with check.contract("fails for a shift as large as the image, or larger"):
    for _right, _down in ((4, 0), (-4, 0), (6, 1), (-6, 0), (0, 3), (0, -3), (1, 4), (0, -4), (9, -9)):
        check.equal(check.call("shift", _x[:1], torch.tensor([_right]), torch.tensor([_down])),
                    torch.zeros_like(_x[:1]))
with check.contract("accepts a number of shifts that is not the number of images"):
    check.raises("shift", ValueError, _x, _r[:1], _d)
    check.raises("shift", ValueError, _x, _r, _d[:, None])
    check.raises("shift", ValueError, _x, _r, torch.cat([_d, _d]))
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_shift", "locked": true}
check.show("shift", torch.arange(1, 10).reshape(1, 1, 3, 3), torch.tensor([1]), torch.tensor([1]))

# %% [markdown]
# ## Task 5: ninety percent of nothing (3 points, debug)
#
# Document 001, section 9.29, answers data leakage with differential privacy and federated learning
# (「可以采用差分隐私、联邦学习等方法」). Neither helps against what you meet now. `leaky_accuracy(x, y, k,
# folds)`, in the first cell, standardizes, keeps the `k` columns whose class means differ most,
# and estimates by cross-validation how well the nearest class mean predicts. Row `i` is tested in fold
# `i % folds`.
#
# Its symptom: on random numbers that have nothing to do with the labels, where nothing can be better
# than 0.5, it reports about 0.9. There are **two leaks**; one is large and one small. Write `fair_accuracy(x, y, k, folds)`
# without them; all else stays as it is (the folds, the choice by the largest gap of standardized class
# means, ties to the lower column, the nearest mean, class 0 on a tie).
#
# * `x` `(N, D)` float64, `y` `(N,)` of the integers 0 and 1, NumPy arrays; every training part holds both
#   classes, and no training column is constant.
# * Returns a Python float.
#
# **Example.** The last cell of the task prints the leaky program on five draws of noise, about 0.9 on
# average, and yours on the first. `fair_accuracy` should come near 0.5 on average over draws; a single
# draw may be 0.1 or more away from it. The test takes well under a second.
#
# <details><summary>Hint 1</summary>Which lines above the loop look at rows that will be
# tested?</details>
# <details><summary>Hint 2</summary>Inside the loop you need the mean and the deviation of the training
# rows, then the gaps of the training rows, then the columns, for both parts.</details>

# %% nbgrader={"grade_id": "fair_accuracy", "solution": true}
def fair_accuracy(x, y, k, folds):
    """Accuracy of the nearest class mean, with every step fitted on the training folds."""
    ### BEGIN SOLUTION
    hits = 0
    for fold in range(folds):
        test = np.arange(len(y)) % folds == fold
        z = (x - x[~test].mean(axis=0)) / x[~test].std(axis=0)
        means = [z[~test & (y == label)].mean(axis=0) for label in (0, 1)]
        best = np.argsort(-abs(means[1] - means[0]), kind="stable")[:k]
        far = [((z[test] - mean)[:, best] ** 2).sum(axis=1) for mean in means]
        hits += ((far[1] < far[0]) == (y[test] == 1)).sum()
    return float(hits / len(y))
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_fair_accuracy", "points": 1}
from labkit import check

_draws = [np.random.default_rng(seed) for seed in range(4)]
_labels = np.arange(60) % 4 // 2
_noise = [draw.normal(size=(60, 1000)) for draw in _draws]
_got = [check.call("fair_accuracy", x, _labels, 20, 5) for x in _noise]
check.true(all(type(value) is float for value in _got), f"expected Python floats, got {_got}")
check.true(0.3 < np.mean(_got) < 0.65, f"expected about 0.5 on pure noise, got {np.mean(_got):.2f} "
           "over four draws. Look at: the choice of the columns")
_easy = np.random.default_rng(9).normal(size=(60, 20)) + 6 * _labels[:, None] * (np.arange(20) == 3)
_got = check.call("fair_accuracy", _easy, _labels, 1, 5)
check.close(_got, 1.0, "one column tells the classes apart: every row should be right", rtol=0.05)
print("fair_accuracy: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_fair_accuracy", "points": 2}
from labkit import check

# Hidden tests: the exact value on other data, with few rows and columns of very different scale.
### BEGIN HIDDEN TESTS
_both = (0, 1)

def _fair(x, y, k, folds):
    right = 0
    for i in range(len(y)):
        rest = np.arange(len(y)) % folds != i % folds
        mean, std = x[rest].mean(0), x[rest].std(0)
        a, b = (((x[rest & (y == c)] - mean) / std).mean(0) for c in _both)
        cols = sorted(range(x.shape[1]), key=lambda j: (-abs(a[j] - b[j]), j))[:k]
        row = ((x[i] - mean) / std)[cols]
        guess = ((row - b[cols]) ** 2).sum() < ((row - a[cols]) ** 2).sum()
        right += guess == (y[i] == 1)
    return right / len(y)

with check.contract("the value differs on columns of different scale"):
    for _seed in range(6):
        _c = np.random.default_rng(50 + _seed)
        _y = np.arange(24) % 6 // 3
        _x = _c.normal(size=(24, 8)) * 10.0 ** _c.integers(-2, 3, 8) + 0.5 * _y[:, None]
        _x[_seed] += 40  # a row far out, which moves the statistics of whoever looks at it
        for _k, _folds in ((1, 4), (3, 5), (8, 3)):
            check.close(check.call("fair_accuracy", _x, _y, _k, _folds), _fair(_x, _y, _k, _folds))
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_fair_accuracy", "locked": true}
_noise = [np.random.default_rng(seed).normal(size=(60, 1000)) for seed in range(5)]
_leaky = [leaky_accuracy(x, np.arange(60) % 4 // 2, 20, 5) for x in _noise]
print(f"leaky, five draws: {np.mean(_leaky):.2f}, from {min(_leaky):.2f} to {max(_leaky):.2f}")
check.show("fair_accuracy", _noise[0], np.arange(60) % 4 // 2, 20, 5, digits=2)

# %% [markdown]
# ## Task 6: the cheapest threshold (3 points, experiment)
#
# A model gives probabilities for validation rows. A row is called positive when its probability is
# **greater than** the threshold `t`. A missed positive costs `c`, a false alarm costs 1. Write
# `cheapest_threshold(p, y, c)`, which tries thresholds and returns one whose total cost on these rows
# is the lowest that any threshold has.
#
# * `p` `(N,)` float64 from 0 to 1 and `y` `(N,)` of the integers 0 and 1, NumPy arrays; `c` a positive
#   number.
# * Returns a pair of numbers `(t, cost)`: the threshold and its total cost.
# * Often many thresholds are equally cheap: every one of them is right. Calling **all** rows positive
#   (`t` below every `p`, also when the smallest is 0) or none must be possible.
#
# **Example.** `p = [0.1, 0.4, 0.6, 0.9]`, `y = [0, 1, 0, 1]`, `c = 5`: every `t` from 0.1 up to, but not
# including, 0.4 costs 1 (one false alarm). The test takes well under a second.
#
# <details><summary>Hint 1</summary>The cost changes only where <code>t</code> passes one of the
# probabilities. So a few thresholds stand for all.</details>
# <details><summary>Hint 2</summary>Try each value of <code>p</code>, and one number below all of
# them.</details>

# %% nbgrader={"grade_id": "cheapest_threshold", "solution": true}
def cheapest_threshold(p, y, c):
    """A threshold with the lowest total cost on these rows, and that cost."""
    ### BEGIN SOLUTION
    def cost(t):
        missed, alarms = (y == 1) & (p <= t), (y == 0) & (p > t)
        return float(c * missed.sum() + alarms.sum())

    best = min([-1.0, *p.tolist()], key=cost)
    return best, cost(best)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_cheapest_threshold", "points": 1}
from labkit import check

_p, _y = np.array([0.1, 0.4, 0.6, 0.9]), np.array([0, 1, 0, 1])
_t, _cost = check.parts(check.call("cheapest_threshold", _p, _y, 5), "t", "cost")
check.true(isinstance(_t, float | int) and 0.1 <= _t < 0.4, "the example: expected a number t from 0.1 "
           f"up to, but not including, 0.4, got {_t}. Look at: which rows are called positive (p greater "
           "than t, not equal), and which of the two errors costs c")
check.close(_cost, 1.0, "the cost of the example: one false alarm")
_t, _cost = check.parts(check.call("cheapest_threshold", _p, _y, 0.5), "t", "cost")
check.true(isinstance(_t, float | int) and 0.6 <= _t < 0.9, "c = 0.5: expected t from 0.6 up to, but not "
           f"including, 0.9, got {_t}. Look at: a missed positive costs c, a false alarm 1")
check.close(_cost, 0.5, "c = 0.5: one positive is missed")
print("cheapest_threshold: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_cheapest_threshold", "points": 2}
from labkit import check

# Hidden tests: many rows with ties against every threshold, close probabilities, both extremes.
### BEGIN HIDDEN TESTS
_lowest = -1.0

def _cost(p, y, c, t):
    return float(c * ((y == 1) & (p <= t)).sum() + ((y == 0) & (p > t)).sum())

def _agrees(p, y, c):
    _t, _got = check.parts(check.call("cheapest_threshold", p, y, c), "t", "cost")
    check.true(isinstance(_t, float | int), "a number")
    check.close(_got, _cost(p, y, c, _t))
    check.close(_got, min(_cost(p, y, c, t) for t in [_lowest, *p]))

with check.contract("not the lowest cost on many rows, or not the cost of the threshold"):
    for _seed, _price in ((0, 1.0), (1, 7.0), (2, 20.0), (3, 0.3), (4, 2.5), (5, 50.0)):
        _c = np.random.default_rng(_seed)
        _y = (_c.random(80) < 0.2).astype(int)
        _p = np.clip(_c.normal(0.3 + 0.3 * _y, 0.2), 0, 1).round(2)
        _agrees(_p, _y, _price)
with check.contract("not the lowest cost where the probabilities are close to each other"):
    _agrees(0.5 + np.arange(8) / 1e5, np.array([0, 0, 0, 1, 0, 1, 1, 1]), 2.0)
with check.contract("calling every row positive is not tried"):
    _agrees(np.array([0.0, 0.3, 0.5]), np.array([1, 0, 1]), 9.0)
with check.contract("calling no row positive is not tried"):
    _agrees(np.array([0.2, 0.9, 1.0]), np.array([1, 0, 0]), 0.5)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_cheapest_threshold", "locked": true}
check.show("cheapest_threshold", np.array([0.2, 0.7, 0.4]), np.array([0, 1, 1]), 3)

# %% [markdown]
# ## Task 7: in your own words (3 points, graded by hand)
#
# One point a part, in five to eight sentences together:
#
# (a) Targets of shape `(N,)` against outputs of shape `(N, 1)`: what does the network of task 1's
# listing learn, and why does the loss tell it so? (b) Why does choosing columns outside the folds give
# 0.9 on pure noise, although every test row is held out when the class means are computed? (c) Repair
# only the other leak of task 5, and the result stays near 0.9. Why is that leak so much smaller, and why
# should one repair it all the same?

# %% [markdown] nbgrader={"grade_id": "written", "points": 3, "solution": true}
# ### BEGIN MARK SCHEME
# Per part 1, ½ or 0 points. The words do not matter, the reason does. A false statement beside a right
# one costs ½ in its part, never below 0.
#
# (a) ½: it learns the mean of the targets, or a constant. ½ for the reason: broadcasting compares every
# prediction with every target (the table of N by N); that one number is then best for all rows need not
# be said. "The shapes do not match" or "it broadcasts" alone earns nothing of the second half.
#
# (b) 1: among many columns some agree with the labels by luck, **and** the choice used the labels of the
# test rows (or: the luck holds in the test rows too, because they took part). ½: only one of the two.
#
# (c) ½: scaling uses no labels, or mean and deviation hardly move when a few rows are added. ½: a reason
# to repair it: one cannot know beforehand that a leak is small, or unusual rows move the statistics, or
# the numbers of test rows will not be there in use. "Because it is wrong", or "because test rows must not
# be used", alone earns 0 of its half.
#
# More or fewer sentences than asked cost nothing.
# ### END MARK SCHEME
