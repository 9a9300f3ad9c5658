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
#   title: Momentum
#   minutes: 120
#   points: 20
# ---

# %% [markdown]
# # Momentum
#
# You will predict the noise of a mini-batch, put a large batch together from small ones, write the
# heavy ball for a learning rate that changes, choose its settings from the curvatures, repair a
# printed listing that has four faults, and find critical damping from runs alone. Allow {{minutes}}
# minutes.
#
# | task | points | |
# |---|---|---|
# | 1 `batch_noise` | 2 | warm-up |
# | 2 `accumulate` | 2 | warm-up |
# | 3 `heavy_ball` | 4 | core |
# | 4 `best_settings` | 4 | core |
# | 5 `train_line` | 3 | debug |
# | 6 `critical_beta` | 2 | experiment |
# | 7 in words | 3 | graded by hand |
#
# **How it works.** Write where a cell says `raise NotImplementedError(...)`, in place of that line.
# Run the test below it: it says what it expected, what came, and where to look. What your function
# prints appears there too. When your notebook is graded, hidden tests check the same description on
# other inputs. Every task stands by itself: the tests of one never use your answer to another.
# Names that begin with an underscore, and `check`, belong to the tests: give your helpers others.
# Your functions get copies, so nothing that you do to an argument can harm a test. A cell that does
# not end is stopped by *Kernel → Interrupt Kernel*. Chapter: *Momentum* in the part *Train*.
#
# **Notation, used throughout.** $\theta$ parameters, $g$ gradient, $\eta$ learning rate, $\beta$
# momentum coefficient, $u$ velocity, $B$ batch size, $\lambda$ curvature (eigenvalue of the Hessian).

# %% nbgrader={"grade_id": "setup", "locked": true} tags=["setup"]
import math

import torch

from labkit import check


def ball_run(strength, beta, steps):
    """Positions of a heavy ball on a bowl, from 1 and at rest: a list of steps + 1 numbers.

    strength: learning rate times curvature, between 0 and 1; beta: at least 0, below 1.
    """
    position, velocity, seen = 1.0, 0.0, [1.0]
    for _ in range(steps):
        if abs(position) + abs(velocity) > 1e-200:  # nearer it rests: no rounding may cross 0
            velocity = beta * velocity - strength * position
            position = position + velocity
        seen.append(position)
    return seen


# %% [markdown]
# ## Task 1: how noisy is a batch? (2 points, warm-up)
#
# Write `batch_noise(gradients, size, replace)`: the expected squared distance between the mean
# gradient of a random batch and the gradient of the whole set,
#
# $$\sigma^2 = \frac1N\sum_{i=1}^N \lVert g_i - g\rVert^2, \qquad
# \frac{\sigma^2}{B}\ \text{(with replacement)}, \qquad
# \frac{\sigma^2}{B}\cdot\frac{N-B}{N-1}\ \text{(without)},$$
#
# where $g$ is the mean of the $g_i$.
#
# * `gradients` `(N, D)`, float32 or float64: one gradient a sample, in its rows; `size` the batch size
#   $B$, an integer; `replace` `True` or `False`.
# * Returns a Python number (not a tensor).
# * Without replacement and with `size = N` the result is exactly `0.0`, also for `N = 1`.
# * Raises `ValueError` when `size` is below 1, or without replacement above `N`. With replacement a
#   batch may be larger than the set.
#
# **Example.** `gradients = [[0., 0.], [2., 0.], [4., 0.]]`, `size = 2`: the mean is `[2., 0.]`,
# $\sigma^2 = 8/3$; with replacement the result is `4/3`, without it `2/3`. The test takes well under a
# second.
#
# <details><summary>Hint 1</summary>The squares of a row are added; the rows are averaged. A mean over
# everything divides by <code>D</code> too.</details>
# <details><summary>Hint 2</summary>For <code>N = 1</code> the fraction is 0/0: return
# <code>0.0</code> for the whole set before you divide.</details>

# %% nbgrader={"grade_id": "batch_noise", "solution": true}
def batch_noise(gradients, size, replace):
    """Expected squared distance of a batch's mean gradient from that of the set, a number."""
    ### BEGIN SOLUTION
    n = len(gradients)
    if size < 1 or (not replace and size > n):
        raise ValueError(f"a batch of {size} cannot be drawn from {n} samples")
    if not replace and size == n:
        return 0.0
    away = gradients - gradients.mean(dim=0)
    single = (away**2).sum(dim=1).mean().item()
    return single / size if replace else single / size * (n - size) / (n - 1)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_batch_noise", "points": 1}
from labkit import check

_rows = torch.tensor([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]])
_got = check.call("batch_noise", _rows, 2, True)
check.close(_got, 4 / 3, "the example with replacement: sum the squares of a row, average the rows")
_got = check.call("batch_noise", _rows, 6, True)
check.close(_got, 4 / 9, "a batch of 6 with replacement from 3 samples: it is allowed")
_got = check.call("batch_noise", _rows, 2, False)
check.close(_got, 2 / 3, "the example without replacement: the factor (N - B) / (N - 1)")
print("batch_noise: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_batch_noise", "points": 1}
from labkit import check

# Hidden tests: several features in float64 against all possible batches, the whole set, a single
# sample, sizes that are refused.
### BEGIN HIDDEN TESTS
_g = torch.Generator().manual_seed(1)
_rows = torch.randn(6, 3, generator=_g, dtype=torch.float64) + 2
with check.contract("differs from the mean over all batches without replacement"):
    from itertools import combinations

    _all = torch.stack([_rows[list(c)].mean(0) for c in combinations(range(6), 3)])
    _want = ((_all - _rows.mean(0)) ** 2).sum(1).mean().item()
    check.close(check.call("batch_noise", _rows, 3, False), _want, rtol=1e-9)
with check.contract("the whole set without replacement is not exactly 0.0"):
    check.equal(check.call("batch_noise", _rows, 6, False), 0.0)
with check.contract("a single sample without replacement is not exactly 0.0"):
    check.equal(check.call("batch_noise", _rows[:1], 1, False), 0.0)
with check.contract("with replacement, a batch as large as the set has no noise"):
    check.true(check.call("batch_noise", _rows, 6, True) > 0, "it may draw a sample twice")
with check.contract("a single sample with replacement is not 0"):
    check.close(check.call("batch_noise", _rows[:1], 1, True), 0.0)
with check.contract("accepts a batch of 0, or below"):
    check.raises("batch_noise", ValueError, _rows, 0, True)
    check.raises("batch_noise", ValueError, _rows, -1, True)
with check.contract("accepts a batch above the set without replacement"):
    check.raises("batch_noise", ValueError, _rows, 7, False)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_batch_noise", "locked": true}
check.show("batch_noise", torch.tensor([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0], [2.0, 2.0]]), 3, False)

# %% [markdown]
# ## Task 2: a large batch in instalments (2 points, warm-up)
#
# A batch that does not fit into memory is cut into pieces. For each piece the library gives the
# gradient of the **mean** loss of that piece. Write `accumulate(pieces, sizes)`, which returns the
# gradient of the mean loss of the whole batch:
#
# $$g = \frac{\sum_k B_k\, g_k}{\sum_k B_k}.$$
#
# * `pieces` a list of $K$ tensors, all of one shape (any number of axes) and dtype; `sizes` a list of
#   $K$ positive integers. The last piece is often smaller.
# * Returns a tensor of the pieces' shape and dtype.
# * Raises `ValueError` when the two lists differ in length, or are empty.
#
# **Example.** `pieces = [[1., 0.], [4., 3.]]` with `sizes = [2, 1]` give `[2., 1.]`. The test takes
# well under a second.
#
# <details><summary>Hint 1</summary>The mean of the means is right only when all pieces are of one
# size.</details>
# <details><summary>Hint 2</summary><code>zip</code> stops at the shorter list without a word:
# compare the lengths first.</details>

# %% nbgrader={"grade_id": "accumulate", "solution": true}
def accumulate(pieces, sizes):
    """Gradient of the mean loss of the whole batch, of the pieces' shape."""
    ### BEGIN SOLUTION
    if len(pieces) != len(sizes) or not pieces:
        raise ValueError(f"there are {len(pieces)} pieces and {len(sizes)} sizes")
    total = torch.zeros_like(pieces[0])
    for piece, size in zip(pieces, sizes, strict=True):
        total = total + size * piece
    return total / sum(sizes)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_accumulate", "points": 1}
from labkit import check

_pieces = [torch.tensor([1.0, 0.0]), torch.tensor([4.0, 3.0])]
_got = check.call("accumulate", _pieces, [2, 1])
check.close(_got, torch.tensor([2.0, 1.0]), "the example: weights 2/3 and 1/3")
_got = check.call("accumulate", _pieces[:1], [5])
check.close(_got, _pieces[0], "one piece is the whole batch")
check.raises("accumulate", ValueError, _pieces, [2], where="two pieces, one size")
print("accumulate: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_accumulate", "points": 1}
from labkit import check

# Hidden tests: matrices in float64 against the gradient of the whole batch, empty lists.
### BEGIN HIDDEN TESTS
_g = torch.Generator().manual_seed(2)
_x = torch.randn(11, 4, generator=_g, dtype=torch.float64)
_y = torch.randn(11, 2, generator=_g, dtype=torch.float64)


def _slope(rows):
    _w = torch.ones(4, 2, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(torch.nn.functional.mse_loss(_x[rows] @ _w, _y[rows]), _w)[0]


with check.contract("differs from the gradient of the whole batch, for matrices in float64"):
    _cut = [slice(0, 3), slice(3, 9), slice(9, 11)]
    check.close(check.call("accumulate", [_slope(c) for c in _cut], [3, 6, 2]),
                _slope(slice(0, 11)), rtol=1e-6, atol=1e-7)
with check.contract("accepts empty lists"):
    check.raises("accumulate", ValueError, [], [])
with check.contract("accepts more sizes than pieces"):
    check.raises("accumulate", ValueError, [_x], [1, 2])
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_accumulate", "locked": true}
check.show("accumulate", [torch.tensor([3.0]), torch.tensor([6.0]), torch.tensor([0.0])], [4, 4, 1])

# %% [markdown]
# ## Task 3: the heavy ball under a schedule (4 points, core)
#
# Write `heavy_ball(a, theta, etas, beta)`: the heavy ball on $L(\theta) = \tfrac12\,\theta^\top A\,
# \theta$, whose gradient is $A\theta$, with a learning rate for each step, in the form of the papers:
#
# $$u_{k+1} = \beta u_k - \eta_k\, A\theta_k, \qquad \theta_{k+1} = \theta_k + u_{k+1},
# \qquad u_0 = 0 .$$
#
# * `a` `(D, D)` symmetric and `theta` `(D,)` the start: tensors of one dtype; `etas` a list of $K$
#   numbers; `beta` a number.
# * Returns a pair `(path, velocity)`: `path` `(K + 1, D)` with $\theta_k$ in row $k$, and the last
#   velocity $u_K$ `(D,)`. Both of `theta`'s dtype. An empty `etas` is allowed: one row, velocity 0.
# * Raises `ValueError` unless `0 <= beta < 1`.
# * From scratch: `torch.optim` and automatic differentiation earn nothing here.
# * When the learning rate changes, the velocity keeps its old size in this form; in PyTorch's form it
#   does not. The tests tell the two apart.
#
# **Example.** `a = [[1.]]`, `theta = [1.]`, `etas = [0.5, 0.1]`, `beta = 0.5`: the first step is −0.5,
# the second $0.5\cdot(-0.5) - 0.1\cdot 0.5 = -0.3$, so the path is `[[1.], [0.5], [0.2]]` and the
# velocity `[-0.3]`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>The velocity already contains the learning rate of its own time:
# multiply the gradient by it, not the velocity.</details>
# <details><summary>Hint 2</summary>If every row of your path is the last point, you stored one
# tensor many times and then changed it in place.</details>

# %% nbgrader={"grade_id": "heavy_ball", "solution": true}
def heavy_ball(a, theta, etas, beta):
    """Path (K + 1, D) and last velocity (D,) of the heavy ball on a quadratic."""
    ### BEGIN SOLUTION
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1, not {beta}")
    path, velocity = [theta], torch.zeros_like(theta)
    for eta in etas:
        velocity = beta * velocity - eta * (a @ path[-1])
        path.append(path[-1] + velocity)
    return torch.stack(path), velocity
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_heavy_ball", "points": 2}
from labkit import check

_scratch = check.GRADIENTS + check.OPTIMIZERS
_one = torch.ones(1, 1)
_got = check.call("heavy_ball", _one, torch.ones(1), [0.5, 0.1], 0.5, forbid=_scratch)
_path, _velocity = check.parts(_got, "path", "velocity")
check.close(_path, torch.tensor([[1.0], [0.5], [0.2]]),
            "the path of the example: row 0 is the start; each velocity keeps its own rate")
_got = check.call("heavy_ball", _one, torch.ones(1), [], 0.5, forbid=_scratch)
_path, _velocity = check.parts(_got, "path", "velocity")
check.close(_path, torch.ones(1, 1), "no step at all: one row")
check.close(_velocity, torch.zeros(1), "no step at all: the velocity is 0")
print("heavy_ball: the visible tests pass")

# %% nbgrader={"grade_id": "try_heavy_ball", "locked": true}
# Not graded here: the velocity, and the refusal of beta = 1. The hidden tests look at both.
_scratch, _one = check.GRADIENTS + check.OPTIMIZERS, torch.ones(1, 1)
_got = check.call("heavy_ball", _one, torch.ones(1), [0.5, 0.1], 0.5, forbid=_scratch)
_path, _velocity = check.parts(_got, "path", "velocity")
check.close(_velocity, torch.tensor([-0.3]), "the last velocity of the example")
check.raises("heavy_ball", ValueError, _one, torch.ones(1), [0.5], 1.0,
             where="beta = 1 never loses velocity; the task asks for ValueError")
print("heavy_ball: the velocity and the refusal are right too")

# %% nbgrader={"grade_id": "hidden_heavy_ball", "points": 2}
from labkit import check

# Hidden tests: a rotated quadratic in float64 against the closed form at a constant rate, the velocity
# under a schedule, beta = 0, values of beta that are refused.
### BEGIN HIDDEN TESTS
_scratch = check.GRADIENTS + check.OPTIMIZERS
_g = torch.Generator().manual_seed(3)
_m = torch.randn(3, 3, generator=_g, dtype=torch.float64)
_a, _start = _m @ _m.T, torch.randn(3, generator=_g, dtype=torch.float64)
with check.contract("differs from the exact path at a constant rate, on a rotated quadratic"):
    _kept, _pull = 0.8 * torch.eye(3, dtype=torch.float64), 0.05 * _a
    _step = torch.cat([torch.cat([torch.eye(3, dtype=torch.float64) - _pull, _kept], 1),
                       torch.cat([-_pull, _kept], 1)])  # of (theta, u)
    _rest = torch.cat([_start, torch.zeros(3, dtype=torch.float64)])
    _want = torch.stack([(torch.linalg.matrix_power(_step, k) @ _rest)[:3] for k in range(31)])
    _path, _velocity = check.call("heavy_ball", _a, _start, [0.05] * 30, 0.8, forbid=_scratch)
    check.close(_path, _want, rtol=1e-9, atol=1e-11)
with check.contract("the last velocity is not the last step, under a schedule"):
    _path, _velocity = check.call("heavy_ball", _a, _start, [0.1, 0.05, 0.02], 0.9,
                                  forbid=_scratch)
    check.close(_velocity, _path[3] - _path[2], rtol=1e-9, atol=1e-12)
with check.contract("beta = 0 is not plain descent"):
    _path, _ = check.call("heavy_ball", _a, _start, [0.1, 0.05], 0.0, forbid=_scratch)
    _first = _start - 0.1 * _a @ _start
    check.close(_path[1:], torch.stack([_first, _first - 0.05 * _a @ _first]), rtol=1e-9)
with check.contract("accepts a beta of 1, or above"):
    check.raises("heavy_ball", ValueError, _a, _start, [0.1], 1.0)
    check.raises("heavy_ball", ValueError, _a, _start, [0.1], 1.5)
with check.contract("accepts a negative beta"):
    check.raises("heavy_ball", ValueError, _a, _start, [0.1], -0.1)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_heavy_ball", "locked": true}
check.show("heavy_ball", torch.tensor([[2.0, 1.0], [1.0, 3.0]]), torch.tensor([1.0, -1.0]),
           [0.2, 0.2, 0.1], 0.9)

# %% [markdown]
# ## Task 4: the best settings (4 points, core)
#
# Write `best_settings(a)`, which returns for a quadratic with the Hessian `a` a dict of four Python
# numbers (no tensors):
#
# * `"eta"`: $\bigl(2 / (\sqrt{\lambda_{\min}} + \sqrt{\lambda_{\max}})\bigr)^2$,
# * `"rate"`: $\rho = (\sqrt\kappa - 1)/(\sqrt\kappa + 1)$ with $\kappa = \lambda_{\max}/\lambda_{\min}$,
# * `"beta"`: $\rho^2$,
# * `"iterations"`: the smallest whole number $t$ with $\rho^t \le 10^{-6}$.
#
# What to know about the input and the edge cases:
#
# * `a` `(D, D)` symmetric, float32 or float64. **Compute in float64.**
# * When $\lambda_{\max} \le (1 + 10^{-9})\,\lambda_{\min}$ the bowl is round: `"beta"` and `"rate"` are
#   exactly `0.0`, and `"iterations"` is 1.
# * Raises `ValueError` when $\lambda_{\min} \le 10^{-12}\,\lambda_{\max}$ ($\lambda_{\min}$ may be
#   negative): then some direction is flat or goes down.
# * Every library call is allowed here.
#
# **Example.** `a = [[1., 0.], [0., 9.]]`: the roots are 1 and 3, so `"eta"` is `0.25`, `"rate"` `0.5`,
# `"beta"` `0.25`, and `"iterations"` 20, since $0.5^{19}$ is still above a millionth. The test takes
# well under a second.
#
# <details><summary>Hint 1</summary>$\rho$ equals $(\sqrt{\lambda_{\max}}-\sqrt{\lambda_{\min}})/
# (\sqrt{\lambda_{\max}}+\sqrt{\lambda_{\min}})$.</details>
# <details><summary>Hint 2</summary>Take logarithms of $\rho^t \le 10^{-6}$; both are negative. Then
# round in the right direction.</details>

# %% nbgrader={"grade_id": "best_settings", "solution": true}
def best_settings(a):
    """Best settings of the heavy ball: dict of "eta", "beta", "rate" and "iterations"."""
    ### BEGIN SOLUTION
    eigenvalues = torch.linalg.eigvalsh(a.double())
    low, high = eigenvalues[0].item(), eigenvalues[-1].item()
    if low <= 1e-12 * abs(high):
        raise ValueError(f"the smallest eigenvalue, {low}, is not positive")
    s, b = math.sqrt(low), math.sqrt(high)
    rate = 0.0 if high <= (1 + 1e-9) * low else (b - s) / (b + s)
    iterations = math.ceil(math.log(1e-6) / math.log(rate)) if rate else 1
    return {"eta": (2 / (s + b)) ** 2, "beta": rate**2, "rate": rate, "iterations": iterations}
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_best_settings", "points": 2}
from labkit import check

_got = check.call("best_settings", torch.diag(torch.tensor([1.0, 9.0])))
check.close(_got, {"eta": 0.25, "beta": 0.25, "rate": 0.5, "iterations": 20}, "the example",
            rtol=1e-7)
_got = check.call("best_settings", 4 * torch.eye(3))
check.close(_got, {"eta": 0.25, "beta": 0.0, "rate": 0.0, "iterations": 1},
            "a round bowl of curvature 4: one step arrives", rtol=1e-7)
print("best_settings: the visible tests pass")

# %% nbgrader={"grade_id": "try_best_settings", "locked": true}
# Not graded here: the refusal of a saddle. The hidden tests look at it.
check.raises("best_settings", ValueError, torch.diag(torch.tensor([-1.0, 1.0])),
             where="one curvature is negative; the task asks for ValueError")
print("best_settings: a saddle is refused")

# %% nbgrader={"grade_id": "hidden_best_settings", "points": 2}
from labkit import check

# Hidden tests: a rotated quadratic, against runs; a narrow valley given in float32; tiny curvatures;
# nearly round bowls; flat directions.
### BEGIN HIDDEN TESTS
_q, _ = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(4),
                                    dtype=torch.float64))
_a = _q @ torch.diag(torch.tensor([2.0, 7.0, 200.0], dtype=torch.float64)) @ _q.T
_a = (_a + _a.T) / 2
with check.contract("a run with these settings does not shrink as the rate says"):
    _got = check.call("best_settings", _a)
    _eye, _zero = torch.eye(3, dtype=torch.float64), torch.zeros(3, 3, dtype=torch.float64)
    _step = torch.cat([torch.cat([(1 + _got["beta"]) * _eye - _got["eta"] * _a,
                                  -_got["beta"] * _eye], 1), torch.cat([_eye, _zero], 1)])
    _radius = torch.linalg.eigvals(_step).abs().max().item()
    check.close([_radius, _got["rate"]], [9 / 11] * 2, rtol=1e-5)
with check.contract("the number of iterations is not the smallest that reaches a millionth"):
    check.equal(_got["iterations"], 69)
with check.contract("the settings of a narrow valley given in float32 are wrong"):
    _narrow = torch.tensor([[640001.0, 479999.0], [479999.0, 360001.0]])  # whole numbers: exact
    _sum, _product = 640001 + 360001, 640001 * 360001 - 479999**2  # of the curvatures
    _high = (_sum + math.sqrt(_sum**2 - 4 * _product)) / 2
    _got, _s, _b = check.call("best_settings", _narrow), (_product / _high) ** 0.5, _high**0.5
    _want = (_b - _s) / (_b + _s)
    check.close([_got["rate"], _got["eta"]], [_want, (2 / (_s + _b)) ** 2], rtol=1e-8)
    check.equal(_got["iterations"], math.ceil(math.log(1e-6) / math.log(_want)))
with check.contract("a narrow valley of tiny curvatures is refused or wrong"):
    _tiny = torch.diag(torch.tensor([1e-18, 1e-8], dtype=torch.float64))
    _want = (1 - 1e-5) / (1 + 1e-5)
    check.close(check.call("best_settings", _tiny)["rate"], _want, rtol=1e-8)
with check.contract("a nearly round bowl is taken for a round one"):
    _near = torch.diag(torch.tensor([4.0, 4.0 + 4e-6], dtype=torch.float64))
    check.close(check.call("best_settings", _near)["rate"], 2.5e-7, rtol=1e-4, atol=0)
with check.contract("a bowl that is round but for rounding has not exactly the rate 0.0"):
    _round = torch.diag(torch.tensor([4.0, 4.0 + 4e-10], dtype=torch.float64))
    check.equal(check.call("best_settings", _round)["rate"], 0.0)
with check.contract("accepts a direction that is flat"):
    check.raises("best_settings", ValueError, torch.diag(torch.tensor([0.0, 1.0])))
    check.raises("best_settings", ValueError, torch.diag(torch.tensor([1e-8, 1e6])))
    check.raises("best_settings", ValueError, torch.zeros(2, 2))
with check.contract("accepts a direction that goes down"):
    check.raises("best_settings", ValueError, torch.diag(torch.tensor([-1.0, 1.0])))
with check.contract("accepts a bowl that is upside down"):
    check.raises("best_settings", ValueError, -torch.eye(2))
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_best_settings", "locked": true}
check.show("best_settings", torch.tensor([[2.0, 1.0], [1.0, 3.0]]))

# %% [markdown]
# ## Task 5: four faults, two of them silent (3 points, debug)
#
# {{listing L17}}
#
# Its comments say: define a simple linear model; initialize model and loss; initialize parameters;
# initialize momentum; train.
#
# There are four faults. (Missing `x` and `y` are none: they are the reader's data.) The crash is one
# of them, wherever `parameters()`, which hands out one tensor after the other, is taken for a tensor.
# Mend it alone, parameter by parameter, and the loop runs without a word: both parameters decay to
# zero, whatever the data are. Mend one more, and it finds a line, but a wrong one: for `y = 2x + 1` on
# 100 points from −1 to 1 it is 0.13 x + 0.17. Find all four before you write
# `train_line(x, y, w, b, eta, beta, epochs)`, the loop as it should have been:
#
# * `x` and `y` float tensors `(N, 1)`; `w` and `b` Python floats, where weight and bias start; `eta`
#   learning rate; `beta` momentum; `epochs` the number of rounds. The velocity starts at 0 for both.
# * Model: $\hat y = w x + b$. Loss: the mean squared error, as `MSELoss`. Each round makes **one**
#   heavy-ball step for both parameters, with gradients at the same point.
# * Returns a pair of Python floats `(w, b)`. Compute in float64.
# * From scratch: `torch.optim` earns nothing here; automatic differentiation is allowed.
#
# **Example.** `x = [[0.], [2.]]`, `y = [[1.], [3.]]`, from `w = 0`, `b = 0` with `eta = 0.1`,
# `beta = 0.5`. Errors −1 and −3, gradients $-6$ and $-4$: after one round `w = 0.6`, `b = 0.4`. Then the
# errors are −0.6 and −1.4, the gradients −2.8 and −2: the velocities are 0.3 + 0.28 and 0.2 + 0.2, so
# after two rounds `w = 1.18`, `b = 0.8`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>Read the two update lines aloud, symbol by symbol, beside
# $u \leftarrow \beta u - \eta g$ and $\theta \leftarrow \theta + u$. What stands where $g$ should, and
# what does <code>copy_</code> do?</details>
# <details><summary>Hint 2</summary>The fourth fault is something that is built and never
# used.</details>

# %% nbgrader={"grade_id": "train_line", "solution": true}
def train_line(x, y, w, b, eta, beta, epochs):
    """Weight and bias after `epochs` heavy-ball steps on the mean squared error."""
    ### BEGIN SOLUTION
    x, y = x.double(), y.double()
    u_w = u_b = 0.0
    for _ in range(epochs):
        error = w * x + b - y
        u_w = beta * u_w - eta * 2 * (error * x).mean().item()
        u_b = beta * u_b - eta * 2 * error.mean().item()
        w, b = w + u_w, b + u_b
    return w, b
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_train_line", "points": 1}
from labkit import check

_points = torch.linspace(-1, 1, 100).reshape(-1, 1)
_got = check.call("train_line", _points, 2 * _points + 1, 0.5, -0.3, 0.01, 0.9, 1000,
                  forbid=check.OPTIMIZERS)
_w, _b = check.parts(_got, "w", "b")
check.close((_w, _b), (2.0, 1.0), "the listing's 1000 rounds on the line 2x + 1", rtol=1e-3)
_got = check.call("train_line", _points, 2 * _points + 1, 0.5, -0.3, 0.01, 0.9, 0,
                  forbid=check.OPTIMIZERS)
check.close(tuple(check.parts(_got, "w", "b")), (0.5, -0.3), "no round at all: w and b as given")
print("train_line: the visible tests pass")

# %% nbgrader={"grade_id": "try_train_line", "locked": true}
# Not graded here: the example by hand. A wrong step may still arrive in the end; the hidden tests see it.
_two = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [3.0]])
for _rounds, _want in ((1, (0.6, 0.4)), (2, (1.18, 0.8))):
    _got = check.call("train_line", *_two, 0.0, 0.0, 0.1, 0.5, _rounds, forbid=check.OPTIMIZERS)
    check.close(tuple(check.parts(_got, "w", "b")), _want, f"the example after {_rounds} round(s)")
print("train_line: the example is right")

# %% nbgrader={"grade_id": "hidden_train_line", "points": 2}
from labkit import check

# Hidden tests: few steps on noisy points in float32, against the closed form in float64, with momentum
# and without.
### BEGIN HIDDEN TESTS
_g = torch.Generator().manual_seed(5)
_x = 3 * torch.rand(20, 1, generator=_g) - 1
_y = -1.5 * _x + 0.7 + 0.3 * torch.randn(20, 1, generator=_g)
_x1 = torch.cat([_x, torch.ones(20, 1)], dim=1).double()
_best, _eye = torch.linalg.lstsq(_x1, _y.double()).solution, torch.eye(2, dtype=torch.float64)
_away = torch.tensor([[0.4], [-0.2]], dtype=torch.float64) - _best
for _beta, _what in ((0.0, "without momentum it is not plain descent, computed in float64"),
                     (0.8, "seven steps with momentum are wrong, or follow an earlier call")):
    with check.contract(_what):
        _pull = 0.03 * 2 / 20 * _x1.T @ _x1
        _step = torch.cat([torch.cat([_eye - _pull, _beta * _eye], 1),
                           torch.cat([-_pull, _beta * _eye], 1)])
        _want = torch.linalg.matrix_power(_step, 7) @ torch.cat([_away, 0 * _away])
        _got = check.call("train_line", _x, _y, 0.4, -0.2, 0.03, _beta, 7,
                          forbid=check.OPTIMIZERS)
        check.close(tuple(_got), tuple((_want[:2] + _best)[:, 0].tolist()), rtol=1e-8)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_train_line", "locked": true}
_points = torch.linspace(-1, 1, 100).reshape(-1, 1)
check.show("train_line", _points, 2 * _points + 1, 0.0, 0.0, 0.1, 0.5, 10)

# %% [markdown]
# ## Task 6: find critical damping from runs alone (2 points, experiment)
#
# With little momentum the ball creeps to the bottom from one side; with much it runs past it and comes
# back. Between them lies the critical β. Write `critical_beta(strength)`, which returns the largest β
# for which the ball of `ball_run` (defined in the first cell) does **not** cross 0, within **0.01**, as
# a Python float.
#
# * `strength`, from 0.001 to 0.5, is to be handed on to `ball_run`, and to nothing else: a hidden test
#   puts another ball in its place, for which no formula of the chapter holds.
# * Near the critical β the first crossing comes late and is small: runs of 1000 steps show it. About
#   ten runs are enough. The test takes well under a second.
#
# **Example.** For `strength = 0.1` the critical β is 0.4675, so every answer from 0.4575 to 0.4775 is
# right.
#
# <details><summary>Hint 1</summary>A run crosses when its smallest position is below
# 0.</details>
# <details><summary>Hint 2</summary>β = 0 does not cross and β near 1 does: halve the interval between
# them until it is short enough.</details>

# %% nbgrader={"grade_id": "critical_beta", "solution": true}
def critical_beta(strength):
    """Largest momentum for which the ball does not cross 0, from runs of ball_run."""
    ### BEGIN SOLUTION
    creeps, swings = 0.0, 1.0
    while swings - creeps > 0.005:
        middle = (creeps + swings) / 2
        if min(ball_run(strength, middle, 1000)) < 0:
            swings = middle
        else:
            creeps = middle
    return (creeps + swings) / 2
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_critical_beta", "points": 1}
from labkit import check

for _strength, _want in ((0.1, 0.4675), (0.002, 0.9126)):
    _got = check.call("critical_beta", _strength)
    check.close(_got, _want, f"strength = {_strength}: from which beta on does the ball cross 0?",
                rtol=0, atol=0.01)
print("critical_beta: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_critical_beta", "points": 1}
from labkit import check

# Hidden tests: a steep bowl, and a ball with an additional friction.
### BEGIN HIDDEN TESTS
with check.contract("more than 0.01 away on a steep bowl"):
    check.close(check.call("critical_beta", 0.45), (1 - math.sqrt(0.45)) ** 2, rtol=0, atol=0.01)
with check.contract("the answer does not follow ball_run"):
    from unittest import mock

    _ball = ball_run
    with mock.patch("__main__.ball_run",
                    lambda strength, beta, steps: _ball(strength, 0.8 * beta, steps)):
        _got = check.call("critical_beta", 0.1)
    check.close(_got, (1 - math.sqrt(0.1)) ** 2 / 0.8, rtol=0, atol=0.0125)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_critical_beta", "locked": true}
check.show("critical_beta", 0.1, digits=1)

# %% [markdown]
# ## Task 7: in your own words (3 points, graded by hand)
#
# Somebody trains with batches of 32. With batches of 64 half as many steps are needed, with batches of
# 4096 and 8192 the same number of steps. They now add momentum 0.9. One point a part, in five to eight
# sentences together:
#
# (a) Why did the step from 32 to 64 save steps, and the one from 4096 to 8192 none? (b) At which of the
# two ends will momentum save steps, and why not at the other? (c) With batches of 32 they keep the
# old learning rate when they add momentum, and the loss ends higher than before. Why, and what should
# they change it to?

# %% [markdown] nbgrader={"grade_id": "written", "points": 3, "solution": true}
# ### BEGIN MARK SCHEME
# Per part 1, ½ or 0 points. The words do not matter, the reason does. A false statement beside a right
# one costs ½ in its part, never below 0.
#
# (a) ½: at 32 the noise of the gradient limits the steps, and averaging more samples lowers it (as 1/B).
# ½: at 4096 the gradient is as good as exact (beyond the noise scale), so that something else, the
# curvature or κ, limits the steps. "Larger batches are more accurate" alone earns ½ in all. "Twice the
# batch allows twice the rate" with no word of the noise earns 0 of the first half.
#
# (b) ½: at the large end, because there the narrow valley (κ) limits, and momentum needs √κ in place of
# κ, or speeds up the slow direction. ½: not at the small end, because momentum does not lower the noise:
# at the same η/(1 − β) the noise is the same; or: because it only acts as a larger rate there. An end
# that is named without its reason earns 0 of its half.
#
# (c) ½: the noise floor rises with η/(1 − β), about tenfold (or: a steady gradient is now followed with
# ten times the step, and so is the noise). ½: divide the rate by about ten, or use η(1 − β). "Make it
# smaller" without the factor earns 0 of this half, whatever stands in the first.
# ### END MARK SCHEME
