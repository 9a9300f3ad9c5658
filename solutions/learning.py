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
#   title: Learning from data
#   minutes: 100
#   points: 20
# ---

# %% [markdown]
# # Learning from data
#
# You will split data, count answers and turn the counts into scores; compute how far luck alone gets
# the best of many models; repair a search that reports luck as skill; and measure how noisy one split
# is. Allow {{minutes}} minutes.
#
# | task | points | |
# |---|---|---|
# | 1 `three_sets` | 2 | warm-up |
# | 2 `counts` | 2 | warm-up |
# | 3 `scores` | 3 | core |
# | 4 `expected_best` | 4 | core |
# | 5 `choose_and_report` | 4 | debug |
# | 6 `split_noise` | 2 | experiment |
# | 7 in words | 3 | graded by hand |
#
# **How it works.** Write where a cell says `raise NotImplementedError(...)`, in place of that line.
# Run the test below it: it says what it expected, what came, and where to look. What your function
# prints appears there too. When your notebook is graded, hidden tests check the same description on
# other inputs. Every task stands by itself: the tests of one never use your answer to another.
# Names that begin with an underscore, and `check`, belong to the tests: give your helpers others.
# Your functions get copies, so nothing that you do to an argument can harm a test. A cell that does
# not end is stopped by *Kernel → Interrupt Kernel*. Chapter: *Learning from data* in the part
# *Train*.

# %% nbgrader={"grade_id": "setup", "locked": true} tags=["setup"]
import math

import torch

from labkit import check, data


def score_split(x_fit, y_fit, x_val, y_val):
    """Accuracy on (x_val, y_val) of the nearest class mean, learned from (x_fit, y_fit).

    x (N, D) float32, y (N,) int64; returns a Python float. A class that is not in y_fit is never
    predicted.
    """
    classes = y_fit.unique()
    means = torch.stack([x_fit[y_fit == c].mean(dim=0) for c in classes])
    said = classes[torch.cdist(x_val, means).argmin(dim=1)]
    return (said == y_val).double().mean().item()


# %% [markdown]
# ## Task 1: three sets (2 points, warm-up)
#
# Write `three_sets(n, validation, test, seed)`: split the row numbers 0 to `n` − 1.
#
# * `validation` and `test` say how many rows those two sets get; the training set gets the rest.
# * Returns a triple of tensors of dtype int64: the row numbers for training, validation and test, in
#   this order. Every row is in exactly one of them. The order of the rows within a set is free.
# * Which row goes where is random, and decided by `seed` (an integer) alone: the same seed gives the
#   same sets, whatever was drawn before; another seed gives other sets.
# * `validation` and `test` may be 0; a set without rows is a tensor of dtype int64, too. Raises
#   `ValueError` when one of them is negative or when no row is left for training.
#
# **Example.** `three_sets(10, 3, 2, 0)` returns sets of 5, 3 and 2 rows, for instance
# `[8, 1, 5, 0, 7]`, `[2, 9, 4]` and `[3, 6]`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>A permutation of all rows, cut in two places.</details>
# <details><summary>Hint 2</summary>A <code>torch.Generator</code> of your own, with
# <code>manual_seed</code>, does not care what was drawn before. Look out for
# <code>rows[:-test]</code> when <code>test</code> is 0.</details>

# %% nbgrader={"grade_id": "three_sets", "solution": true}
def three_sets(n, validation, test, seed):
    """Row numbers of the training, validation and test set."""
    ### BEGIN SOLUTION
    if min(validation, test) < 0 or validation + test >= n:
        raise ValueError(f"cannot take {validation} and {test} of {n} rows")
    chance = torch.Generator().manual_seed(seed)
    rows = torch.randperm(n, generator=chance)
    return rows[validation + test:], rows[:validation], rows[validation:validation + test]
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_three_sets", "points": 1}
from labkit import check

_got = check.parts(check.call("three_sets", 10, 3, 2, 0), "training", "validation", "test")
for _rows, _size, _name in zip(_got, (5, 3, 2), ("training", "validation", "test"), strict=True):
    check.true(isinstance(_rows, torch.Tensor) and _rows.dtype == torch.int64,
               f"the {_name} set must be a tensor of dtype int64, got {_rows}")
    check.true(_rows.shape == (_size,),
               f"expected {_size} rows for {_name}, got shape {tuple(_rows.shape)}. Look at: the order "
               "of the three sets, and where you cut")
check.equal(sorted(torch.cat(_got).tolist()), list(range(10)),
            "all three sets together: every row from 0 to 9, each once")
print("three_sets: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_three_sets", "points": 1}
from labkit import check


# Hidden tests: whether chance enters, and by the seed alone; empty sets; what must be refused.
### BEGIN HIDDEN TESTS
def _sets(*values):
    return [sorted(int(row) for row in rows) for rows in check.call("three_sets", *values)]

with check.contract("two calls with the same seed differ after other random draws"):
    torch.manual_seed(1)
    _first = _sets(200, 40, 30, 5)
    torch.manual_seed(2)
    check.equal(_sets(200, 40, 30, 5), _first)
with check.contract("another seed gives the same sets"):
    check.true(_sets(200, 40, 30, 6) != _first, "same")
with check.contract("the sets are not a random choice of rows"):
    for _rows in _first:
        check.true(_rows != list(range(_rows[0], _rows[0] + len(_rows))), "a block")
    _many = [_sets(20, 5, 5, seed) for seed in range(100)]
    for _row, _part in ((0, 1), (0, 2), (19, 1), (19, 2)):
        _often = sum(_row in _split[_part] for _split in _many)
        check.true(6 <= _often <= 47, "each row is in each set in about a quarter of the splits")
with check.contract("fails for an empty validation or test set"):
    check.equal([len(rows) for rows in _sets(9, 0, 2, 1)], [7, 0, 2])
    check.equal([len(rows) for rows in _sets(9, 2, 0, 1)], [7, 2, 0])
    check.equal(sorted(row for rows in _sets(9, 2, 0, 1) for row in rows), list(range(9)))
with check.contract("a set without rows must be of dtype int64, too"):
    for _sizes in ((9, 0, 2, 1), (9, 2, 0, 1)):
        for _rows in check.call("three_sets", *_sizes):
            check.true(not (isinstance(_rows, torch.Tensor) and _rows.is_floating_point()), "float")
with check.contract("accepts a negative size"):
    check.raises("three_sets", ValueError, 9, -1, 3, 0)
    check.raises("three_sets", ValueError, 9, 3, -1, 0)
with check.contract("accepts sizes that leave no row for training"):
    check.raises("three_sets", ValueError, 9, 5, 4, 0)
with check.contract("refuses sizes that leave one row for training"):
    check.equal([len(rows) for rows in _sets(9, 5, 3, 1)], [1, 5, 3])
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_three_sets", "locked": true}
try:
    print("sizes:", [len(rows) for rows in check.call("three_sets", 100, 20, 10, 7)])
except check.Failed as _reason:
    print(_reason)

# %% [markdown]
# ## Task 2: four counts (2 points, warm-up)
#
# Write `counts(truth, probability, threshold)`: how often a classifier was right and wrong, in each
# of the two ways.
#
# * `truth` `(N,)` bool, `probability` `(N,)` float32 or float64; the classifier says "positive" when
#   the probability is **at least** `threshold`, a number.
# * Returns a dict of four Python integers: `"tp"` (said positive, and is), `"fp"` (said positive, and
#   is not), `"fn"` (said negative, but is positive), `"tn"`.
# * Raises `ValueError` when the two shapes differ. A column `(N, 1)` against `(N,)` would broadcast
#   into an `(N, N)` table, and be counted without complaint.
#
# **Example.** `truth = [True, True, False, False, False]`, `probability = [0.9, 0.2, 0.6, 0.1, 0.3]`,
# `threshold = 0.5`: `{"tp": 1, "fp": 1, "fn": 1, "tn": 2}`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>Make a tensor of bool for what was said, then combine it with the
# truth by <code>&</code> and <code>~</code>.</details>
# <details><summary>Hint 2</summary><code>.sum().item()</code> of a bool tensor is a Python
# integer.</details>

# %% nbgrader={"grade_id": "counts", "solution": true}
def counts(truth, probability, threshold):
    """Dict of "tp", "fp", "fn", "tn"."""
    ### BEGIN SOLUTION
    if truth.shape != probability.shape:
        raise ValueError(f"shapes differ: {tuple(truth.shape)} and {tuple(probability.shape)}")
    said = probability >= threshold
    pairs = {"tp": said & truth, "fp": said & ~truth, "fn": ~said & truth, "tn": ~said & ~truth}
    return {name: both.sum().item() for name, both in pairs.items()}
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_counts", "points": 1}
from labkit import check

_truth = torch.tensor([True, True, False, False, False])
_probability = torch.tensor([0.9, 0.2, 0.6, 0.1, 0.3])
_got = check.call("counts", _truth, _probability, 0.5)
check.equal(_got, {"tp": 1, "fp": 1, "fn": 1, "tn": 2}, "the example, with Python integers")
_got = check.call("counts", _truth, _probability, 0.15)
check.equal(_got, {"tp": 2, "fp": 2, "fn": 0, "tn": 1}, "the example with a threshold of 0.15: "
            "is the threshold used? Which of the two mistakes is fp, which is fn?")
print("counts: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_counts", "points": 1}
from labkit import check


# Hidden tests: many examples in float64, a probability equal to the threshold or barely below it,
# and a column.
### BEGIN HIDDEN TESTS
def _four(*values):
    got = check.call("counts", *values)
    return [int(got[name]) for name in ("tp", "fp", "fn", "tn")]

_g = torch.Generator().manual_seed(3)
_p = torch.rand(500, generator=_g, dtype=torch.float64)
_t = torch.rand(500, generator=_g) < 0.2
with check.contract("fails for many examples in float64"):
    _cells = torch.bincount(2 * (_p >= 0.3).long() + _t.long(), minlength=4).tolist()
    check.equal(_four(_t, _p, 0.3), [_cells[3], _cells[2], _cells[1], _cells[0]])
with check.contract("a probability equal to the threshold must count as positive"):
    check.equal(_four(torch.tensor([True, False]), torch.tensor([0.5, 0.5]), 0.5), [1, 1, 0, 0])
with check.contract("a probability of float64 barely below the threshold must count as negative"):
    _near = torch.tensor([0.5, 0.5 - 1e-9], dtype=torch.float64)
    check.equal(_four(torch.tensor([True, False]), _near, 0.5), [1, 0, 0, 1])
with check.contract("fails when nothing is said to be positive"):
    check.equal(_four(_t, _p, 2.0), [0, 0, int(_t.sum()), int((~_t).sum())])
with check.contract("accepts a column against a row"):
    check.raises("counts", ValueError, _t[:, None], _p, 0.5)
    check.raises("counts", ValueError, _t, _p[:, None], 0.5)
with check.contract("accepts one probability for several examples"):
    check.raises("counts", ValueError, _t, _p[:1], 0.5)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_counts", "locked": true}
check.show("counts", torch.tensor([True, False, True]), torch.tensor([0.7, 0.8, 0.4]), 0.6)

# %% [markdown]
# ## Task 3: four scores (3 points, core)
#
# Write `scores(tp, fp, fn, tn)`, which turns the four counts into
#
# $$\text{accuracy} = \frac{TP+TN}{n}, \quad \text{precision} = \frac{TP}{TP+FP}, \quad
# \text{recall} = \frac{TP}{TP+FN}, \quad F_1 = \frac{2\,TP}{2\,TP+FP+FN}.$$
#
# * The arguments are Python integers, $n$ is their sum.
# * Returns a dict of four Python floats, `"accuracy"`, `"precision"`, `"recall"`, `"f1"`.
# * A score whose denominator is 0 is `0.0`.
# * Raises `ValueError` when a count is negative or when all four are 0.
#
# **Example.** `scores(6, 2, 4, 8)`: accuracy 0.7, precision 0.75, recall 0.6, F1 0.666…. The test
# takes well under a second.
#
# <details><summary>Hint 1</summary>A small helper that divides, and returns 0.0 for a denominator of
# 0, keeps the rest short.</details>
# <details><summary>Hint 2</summary>If you compute F1 from precision and recall, it has a third way to
# divide by zero.</details>

# %% nbgrader={"grade_id": "scores", "solution": true}
def scores(tp, fp, fn, tn):
    """Dict of "accuracy", "precision", "recall" and "f1"."""
    ### BEGIN SOLUTION
    if min(tp, fp, fn, tn) < 0 or tp + fp + fn + tn == 0:
        raise ValueError("counts must not be negative, nor all 0")

    def share(part, whole):
        return part / whole if whole else 0.0
    return {"accuracy": share(tp + tn, tp + fp + fn + tn), "precision": share(tp, tp + fp),
            "recall": share(tp, tp + fn), "f1": share(2 * tp, 2 * tp + fp + fn)}
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_scores", "points": 1}
from labkit import check

_got = check.call("scores", 6, 2, 4, 8)
check.close(_got, {"accuracy": 0.7, "precision": 0.75, "recall": 0.6, "f1": 2 / 3},
            "the example: which denominator belongs to which score?")
print("scores: the visible tests pass")

# %% nbgrader={"grade_id": "try_scores", "locked": true}
# Not graded here: a denominator of 0. The hidden tests look at it.
_got = check.call("scores", 0, 0, 5, 95)
check.close(_got, {"accuracy": 0.95, "precision": 0.0, "recall": 0.0, "f1": 0.0},
            "nothing was said to be positive: which denominators are 0?")
print("scores: an empty denominator is right too")

# %% nbgrader={"grade_id": "hidden_scores", "points": 2}
from labkit import check


# Hidden tests: other counts, every denominator of 0, and what must be refused.
### BEGIN HIDDEN TESTS
def _list(*values):
    got = check.call("scores", *values)
    return [float(got[name]) for name in ("accuracy", "precision", "recall", "f1")]

with check.contract("wrong for rare positives"):
    check.close(_list(90, 990, 10, 8910), [0.9, 1 / 12, 0.9, 180 / 1180], rtol=1e-6)
with check.contract("wrong for a perfect classifier"):
    check.close(_list(3, 0, 0, 4), [1.0, 1.0, 1.0, 1.0])
with check.contract("fails when nothing is said to be positive"):
    check.close(_list(0, 0, 5, 95), [0.95, 0.0, 0.0, 0.0])
with check.contract("fails when nothing is positive"):
    check.close(_list(0, 3, 0, 7), [0.7, 0.0, 0.0, 0.0])
with check.contract("fails when nothing is positive and nothing is said to be"):
    check.close(_list(0, 0, 0, 7), [1.0, 0.0, 0.0, 0.0])
with check.contract("fails when positives are all there is"):
    check.close(_list(2, 0, 3, 0), [0.4, 1.0, 0.4, 4 / 7], rtol=1e-6)
with check.contract("refuses counts that are possible"):
    check.close(_list(2, 1, 1, 4), [0.75, 2 / 3, 2 / 3, 2 / 3], rtol=1e-6)
    check.close(_list(1, 3, 1, 1), [1 / 3, 0.25, 0.5, 1 / 3], rtol=1e-6)
    check.close(_list(1, 1, 3, 1), [1 / 3, 0.5, 0.25, 1 / 3], rtol=1e-6)
with check.contract("accepts a negative count"):
    for _place in range(4):
        check.raises("scores", ValueError, *[-1 if i == _place else 5 for i in range(4)])
with check.contract("accepts four counts of 0"):
    check.raises("scores", ValueError, 0, 0, 0, 0)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_scores", "locked": true}
check.show("scores", 63, 8, 37, 1030, digits=3)

# %% [markdown]
# ## Task 4: the best of many guessers (4 points, core)
#
# A guesser is right on each of $n$ examples with probability $p$, independently, so that the number of
# right answers is binomial with the distribution function
# $F(c) = \sum_{j=0}^{c} \binom nj p^j (1-p)^{n-j}$. The best of $k$ independent guessers has at most
# $c$ right answers with probability $F(c)^k$, and its score is on average
#
# $$\mathbb E[\text{best}] = 1 - \frac1n \sum_{c=0}^{n-1} F(c)^k .$$
#
# Write `expected_best(k, n, p)`, which returns this number as a Python float.
#
# * `k` and `n` are integers from 1 up, to 10,000 each; `p` lies between 0 and 1, both excluded.
# * **Exact** to a relative error of 10⁻⁶ for `p` from 0.001 to 0.999: a simulation is not precise
#   enough. For $n$ = 10,000 the binomial coefficients do not fit into a float; their logarithms do.
# * Raises `ValueError` when `k` or `n` is below 1, or `p` is not between 0 and 1.
#
# **Example.** `expected_best(1, 50, 0.3)` is 0.3: one guesser. `expected_best(3, 1, 0.5)` is 0.875:
# with one example the best of three is right unless all are wrong. The test takes well under a
# second.
#
# <details><summary>Hint 1</summary>The logarithm of $\binom nj$ is
# <code>lgamma(n + 1) - lgamma(j + 1) - lgamma(n - j + 1)</code>; <code>math.lgamma</code> takes a
# number, <code>torch.lgamma</code> a whole tensor. Work in float64.</details>
# <details><summary>Hint 2</summary>A running sum of the probabilities, <code>cumsum</code>, gives
# $F(0), F(1), \dots, F(n)$. How many of these does the formula use?</details>

# %% nbgrader={"grade_id": "expected_best", "solution": true}
def expected_best(k, n, p):
    """Expected score of the best of k guessers on n examples, a Python float."""
    ### BEGIN SOLUTION
    if k < 1 or n < 1 or not 0 < p < 1:
        raise ValueError(f"need k >= 1, n >= 1 and 0 < p < 1, not {k}, {n}, {p}")
    j = torch.arange(n + 1, dtype=torch.float64)
    total = torch.tensor(n + 1, dtype=torch.float64)
    ways = torch.lgamma(total) - torch.lgamma(j + 1) - torch.lgamma(total - j)
    below = torch.exp(ways + j * math.log(p) + (n - j) * math.log(1 - p)).cumsum(dim=0)
    return 1 - (below[:-1] ** k).sum().item() / n
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_expected_best", "points": 2}
from labkit import check

_got = check.call("expected_best", 1, 50, 0.3)
check.close(_got, 0.3, "one guesser: the best is the only one. If both numbers look the same, they "
            "differ in later digits: is every tensor made as float64?", rtol=1e-6)
_got = check.call("expected_best", 3, 1, 0.5)
check.close(_got, 0.875, "one example, three guessers: 1 - (1/2)^3", rtol=1e-6)
_got = check.call("expected_best", 2, 2, 0.5)
check.close(_got, 0.6875, "two guessers, two examples: F is 1/4, 3/4, 1; the sum runs to n - 1",
            rtol=1e-6)
print("expected_best: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_expected_best", "points": 2}
from labkit import check


# Hidden tests: a hundred coins, many guessers, many examples, and what must be refused.
### BEGIN HIDDEN TESTS
def _best(*values):
    return float(check.call("expected_best", *values))

with check.contract("wrong for a hundred coins on two hundred examples"):
    check.close(_best(100, 200, 0.5), 0.5884393626685492, rtol=1e-6)
with check.contract("wrong for guessers that are not coins"):
    check.close(_best(100, 1000, 0.1), 0.12448813652840496, rtol=1e-6)
    check.close(_best(2, 2, 0.9), 1 - (0.01**2 + 0.19**2) / 2, rtol=1e-6)
with check.contract("fails for ten thousand examples"):
    check.close(_best(1, 10_000, 0.7), 0.7, rtol=1e-6)
with check.contract("fails for ten thousand guessers"):
    check.close(_best(10_000, 2, 0.001), 1 - (0.999**20_000 + (1 - 1e-6) ** 10_000) / 2, rtol=1e-6)
with check.contract("accepts k or n below 1"):
    check.raises("expected_best", ValueError, 0, 5, 0.5)
    check.raises("expected_best", ValueError, 5, 0, 0.5)
with check.contract("accepts a p that is not between 0 and 1"):
    check.raises("expected_best", ValueError, 5, 5, 0.0)
    check.raises("expected_best", ValueError, 5, 5, 1.0)
    check.raises("expected_best", ValueError, 5, 5, 1.5)
    check.raises("expected_best", ValueError, 5, 5, -0.5)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_expected_best", "locked": true}
check.show("expected_best", 1000, 200, 0.5)

# %% [markdown]
# ## Task 5: a search that reports luck (4 points, debug)
#
# Document 002, one of those that the chapters put on trial, ends its recipe for training (section
# 3.2) with two steps: 「在测试集上评估模型性能」, evaluate the model on the test set, and
# 「根据评估结果，调整模型参数，如学习率、批量大小等」, adjust settings such as learning rate and
# batch size by the result. The cell below follows it. Each of `k` settings has given a model;
# `said_test[i, j]` is what model `i` says to test example `j`. The cell then runs a hundred "models"
# that flip coins, twenty times, and prints what the search reports, and what the chosen models do on
# new examples. That is the symptom.

# %% nbgrader={"grade_id": "symptom", "locked": true}
def _search(said_test, y_test):
    """Index of the best model, and its accuracy as the search reports it."""
    best, report = 0, 0.0
    for i, said in enumerate(said_test):
        accuracy = (said == y_test).double().mean().item()  # evaluate on the test set
        if accuracy >= report:  # adjust by the result
            best, report = i, accuracy
    return best, report


def _twenty_searches():
    chance, reports = torch.Generator().manual_seed(0), []
    for _ in range(20):
        coins = torch.randint(2, (100, 400), generator=chance)
        y = torch.randint(2, (400,), generator=chance)
        chosen, report = _search(coins[:, :200], y[:200])
        at_work = (coins[chosen, 200:] == y[200:]).double().mean().item()
        reports.append([report, at_work])
    return torch.tensor(reports).mean(dim=0).tolist()


print("reported {:.3f}, at work {:.3f}".format(*_twenty_searches()))

# %% [markdown]
# Write `choose_and_report(said_val, y_val, said_test, y_test)`, the search as it should have been:
#
# * `said_val` `(k, V)` and `said_test` `(k, T)`: int64, what each of the `k` models says to the `V`
#   validation and the `T` test examples; `y_val` `(V,)` and `y_test` `(T,)`: the right answers.
# * Chooses the model with the highest accuracy on the **validation** set; of several with the same
#   accuracy, the **first**.
# * Reports its accuracy on the **test** set, and the standard error of that number,
#   $\sqrt{a(1-a)/T}$, where $a$ is the accuracy.
# * Returns a triple: the index (a Python integer), the accuracy and the standard error (Python
#   floats). Nothing that the other models say to the test set may change the result.
#
# **Example.** `said_val = [[0, 0, 1], [0, 1, 1]]`, `y_val = [0, 1, 1]`: model 1 is right three times
# and is chosen. `said_test = [[0, 0, 0, 0], [1, 0, 0, 0]]`, `y_test = [0, 0, 0, 0]`: its accuracy is
# 0.75, although model 0 has 1.0; the standard error is 0.2165. The test takes well under a second.
#
# <details><summary>Hint 1</summary>Which line of the program looks at the test set to decide? Which
# number would be honest for the model that it then has?</details>
# <details><summary>Hint 2</summary><code>(said_val == y_val)</code> compares every row with
# <code>y_val</code>. The program has a small fault besides the large one: which of two equally good
# models does <code>>=</code> keep?</details>

# %% nbgrader={"grade_id": "choose_and_report", "solution": true}
def choose_and_report(said_val, y_val, said_test, y_test):
    """Index of the chosen model, its test accuracy, and the standard error of that."""
    ### BEGIN SOLUTION
    right = (said_val == y_val).sum(dim=1).tolist()
    chosen = right.index(max(right))
    accuracy = (said_test[chosen] == y_test).double().mean().item()
    return chosen, accuracy, math.sqrt(accuracy * (1 - accuracy) / len(y_test))
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_choose_and_report", "points": 2}
from labkit import check

_said_val, _y_val = torch.tensor([[0, 0, 1], [0, 1, 1]]), torch.tensor([0, 1, 1])
_said_test, _y_test = torch.tensor([[0, 0, 0, 0], [1, 0, 0, 0]]), torch.tensor([0, 0, 0, 0])
_got = check.call("choose_and_report", _said_val, _y_val, _said_test, _y_test)
_index, _accuracy, _error = check.parts(_got, "index", "accuracy", "error")
check.equal(_index, 1, "the example: model 1 is the best on the validation set")
check.close(_accuracy, 0.75, "the example: the test accuracy of the chosen model")
check.close(_error, (0.75 * 0.25 / 4) ** 0.5, "the example: the root of a(1 - a)/T")
print("choose_and_report: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_choose_and_report", "points": 2}
from labkit import check


# Hidden tests: ties, several classes, what the other models say to the test set, and coins.
### BEGIN HIDDEN TESTS
def _triple(*values):
    index, accuracy, error = check.call("choose_and_report", *values)
    return [int(index), float(accuracy), float(error)]

_g = torch.Generator().manual_seed(4)
_y, _z = torch.randint(5, (30,), generator=_g), torch.randint(5, (50,), generator=_g)
_v, _t = torch.randint(5, (8, 30), generator=_g), torch.randint(5, (8, 50), generator=_g)
_v[6, :20], _t[6, :35] = _y[:20], _z[:35]
_v[2] = torch.where(_y > 0, _y % 4 + 1, 0)  # tells 0 from the rest, and nothing else
_v[5] = torch.where(torch.arange(30) < 19, _y, (_y - 1).abs())  # never far off, but less often right
_a = (_t[6] == _z).double().mean().item()
with check.contract("wrong for several classes"):
    check.close(_triple(_v, _y, _t, _z), [6, _a, (_a * (1 - _a) / 50) ** 0.5])
with check.contract("of equally good models the first must be chosen, and it alone reported"):
    _same = _v.clone()
    _same[3] = _same[6]
    _b = (_t[3] == _z).double().mean().item()
    check.close(_triple(_same, _y, _t, _z), [3, _b, (_b * (1 - _b) / 50) ** 0.5])
with check.contract("what the other models say to the test set changes the result"):
    _other = _z.repeat(8, 1)
    _other[6] = _t[6]
    check.close(_triple(_v, _y, _other, _z), [6, _a, (_a * (1 - _a) / 50) ** 0.5])
with check.contract("fails for a model that is always wrong, or always right"):
    check.close(_triple(_v[:1], _y, (_z + 1)[None], _z), [0, 0.0, 0.0])
    check.close(_triple(_v[:1], _y, _z[None], _z), [0, 1.0, 0.0])
with check.contract("coins are reported as better than one half"):
    _reports = []
    for _ in range(40):
        _said = torch.randint(2, (100, 400), generator=_g)
        _right = torch.randint(2, (400,), generator=_g)
        _reports.append(_triple(_said[:, :200], _right[:200], _said[:, 200:], _right[200:])[1])
    check.close(sum(_reports) / 40, 0.5, rtol=0, atol=0.025)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_choose_and_report", "locked": true}
check.show("choose_and_report", torch.tensor([[1, 1, 0], [1, 0, 0]]), torch.tensor([1, 0, 1]),
           torch.tensor([[0, 1], [1, 1]]), torch.tensor([1, 1]))

# %% [markdown]
# ## Task 6: how noisy is one split? (2 points, experiment)
#
# Write `split_noise(x, y, size, repeats, seed)`: measure how much the accuracy depends on which
# examples happen to be held out.
#
# * `x` `(N, D)` float32, `y` `(N,)` int64; `size` is the number of validation examples, from 1 to
#   `N` − 1.
# * Splits the rows at random, `repeats` times (2 or more), into `size` validation rows and the rest,
#   and calls `score_split` (first cell) with the rest to fit and the validation rows to score.
# * Returns a pair of Python floats: mean and standard deviation of the `repeats` accuracies. Which
#   formula of the standard deviation, with `repeats` or with `repeats` − 1, is free.
# * The same `seed` (an integer) gives the same result, whatever was drawn before; the splits of one
#   call differ from each other.
#
# **Example.** For 300 digits, with 30 for validation and 100 splits, the mean is near 0.86 and the
# standard deviation near 0.06: about one split in three is off by more than that. The test takes under
# a second.
#
# <details><summary>Hint 1</summary>One generator for the whole call, seeded once; one permutation a
# split.</details>
# <details><summary>Hint 2</summary>If your standard deviation is 0, look at where the generator is
# seeded.</details>

# %% nbgrader={"grade_id": "split_noise", "solution": true}
def split_noise(x, y, size, repeats, seed):
    """Mean and standard deviation of the accuracy over random splits."""
    ### BEGIN SOLUTION
    chance = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(repeats):
        rows = torch.randperm(len(x), generator=chance)
        val, fit = rows[:size], rows[size:]
        found.append(score_split(x[fit], y[fit], x[val], y[val]))
    found = torch.tensor(found, dtype=torch.float64)
    return found.mean().item(), found.std().item()
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_split_noise", "points": 1}
from labkit import check, data

_digits = data.load("digits")
_x, _y = _digits.x_train.flatten(1)[:300], _digits.y_train[:300]
_mean, _std = check.parts(check.call("split_noise", _x, _y, 30, 100, 0), "mean", "std")
for _value, _low, _high, _name, _place in (
        (_std, 0.035, 0.085, "std", "where the generator is seeded, which rows are scored, which "
                                   "deviation this is, and the order of the pair"),
        (_mean, 0.83, 0.89, "mean", "which rows are fitted, which are scored, and what is averaged")):
    check.true(isinstance(_value, float), f"{_name}: expected a Python float, got {_value!r}")
    check.true(_low < _value < _high, f"{_name}: expected a number between {_low} and {_high}, got "
                                   f"{_value:.4g}. Look at: {_place}")
print("split_noise: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_split_noise", "points": 1}
from labkit import check


# Hidden tests: labels that cannot be learned, few examples to fit, rows like no other, a rare class,
# seeds, and another size.
### BEGIN HIDDEN TESTS
def _pair(*values):
    mean, std = check.call("split_noise", *values)
    return float(mean), float(std)

_g = torch.Generator().manual_seed(5)
_x, _y = torch.randn(240, 3, generator=_g), torch.randint(2, (240,), generator=_g)
with check.contract("wrong for labels that cannot be learned"):
    _mean, _std = _pair(_x, _y, 16, 150, 1)
    check.true(0.4 < _mean < 0.6 and 0.08 < _std < 0.16, "a coin on 16 examples")
with check.contract("the noise must fall when more examples are held out"):
    _many = _pair(_x, _y, 120, 150, 1)[1]
    check.true(0.02 < _many < 0.07, "a coin on 120 examples")
with check.contract("wrong when few examples are left to fit"):
    _sides = torch.arange(24) % 2
    _mean, _std = _pair(_sides[:, None].float(), _sides, 22, 300, 2)
    check.true(0.66 < _mean < 0.82 and 0.2 < _std < 0.3, "half of the fits see one class only")
with check.contract("validation rows must not be among the rows that were fitted"):
    _mean, _ = _pair(torch.eye(60), torch.arange(60) % 2, 20, 60, 6)
    check.true(_mean < 0.55, "a row that is like no other says nothing about its own label")
with check.contract("the second number must be the standard deviation of the accuracies"):
    _rare = (torch.arange(20) == 7).long()
    _mean, _std = _pair(_rare[:, None].float(), _rare, 2, 100, 7)
    _accuracies_are_half_or_one = ((1 - _mean) * (_mean - 0.5)) ** 0.5
    check.close(_std, _accuracies_are_half_or_one, rtol=0.01)
with check.contract("two calls with the same seed differ after other random draws"):
    torch.manual_seed(1)
    _first = _pair(_x, _y, 16, 20, 3)
    torch.manual_seed(2)
    check.close(_pair(_x, _y, 16, 20, 3), _first, rtol=1e-12)
with check.contract("another seed gives the same result"):
    check.true(_pair(_x, _y, 16, 20, 4) != _first, "same")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_split_noise", "locked": true}
_digits = data.load("digits")
_x, _y = _digits.x_train.flatten(1)[:300], _digits.y_train[:300]
try:
    print(f"mean {check.call('split_noise', _x, _y, 30, 100, 1)[0]:.1f}")
except check.Failed as _reason:
    print(_reason)

# %% [markdown]
# ## Task 7: in your own words (3 points, graded by hand)
#
# A report says: "We tried 40 settings. The best reaches 91.8 % on our test set of 500 examples, the old
# model 90.6 %. The new model is therefore better." One example in twenty is positive. One point a
# part, in five to eight sentences together:
#
# (a) Give two reasons, apart from the share of positives, why the difference of 1.2 points may mean
# nothing. Where a reason is noise, say how large the noise is. (b) These 500 are the only labelled
# examples that were not used to fit; others will come in later. What do you do with each of the two,
# to learn whether the new model is better? (c) What would you report beside accuracy, and why does
# 91.8 % look different once you know the share of positives?

# %% [markdown] nbgrader={"grade_id": "written", "points": 3, "solution": true}
# ### BEGIN MARK SCHEME
# Per part 1, ½ or 0 points. The words do not matter, the reason does. A false statement beside a right
# one costs ½ in its part, never below 0.
#
# (a) ½ for each of two different reasons out of these three: the best of 40 was selected on this test
# set, so that its score is too high (luck is selected with skill); the noise of 500 examples; another
# seed of the training, or other examples to fit, would give another score. The noise of 500 examples
# counts only with a size: a standard error of about 1.2 points, an interval of about ±2.5 points, or:
# 1.2 points are 6 examples. "The test set is small" alone earns 0 for that reason. The size of the
# other two is not asked for.
#
# (b) ½ for the 500: they have become a validation set, which may choose and can no longer report; or
# they are split, one part to choose and one to report, with the choice made anew. ½ for the report:
# made once, on examples that no choice has seen (new labels, or the part kept apart). That old and new
# model are measured on the same examples need not be said. Cross-validation on the 500 earns the first
# half, and the second only with a set of its own for the report.
#
# (c) ½: a number that looks at the positive class: recall, precision, F1 or the confusion matrix, one
# is enough. ½: a rule that always says no has 95 %, more than both models. "Accuracy is bad for
# unbalanced data" without that comparison earns 0 of the second half.
# ### END MARK SCHEME
