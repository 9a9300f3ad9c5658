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
#   title: Gradient descent
#   minutes: 120
#   points: 20
# ---

# %% [markdown]
# # Gradient descent
#
# You will write the loss of a linear model, its gradient, and the descent itself; predict from the
# data alone which learning rates work; repair a printed program that has five faults; and measure
# the curvature of a loss by nothing but runs. Allow {{minutes}} minutes.
#
# | task | points | |
# |---|---|---|
# | 1 `mse` | 2 | warm-up |
# | 2 `mse_gradient` | 2 | warm-up |
# | 3 `descend` | 4 | core |
# | 4 `curvature` | 4 | core |
# | 5 `house_prices` | 3 | debug |
# | 6 `find_curvature` | 2 | experiment |
# | 7 in words | 3 | graded by hand |
#
# **How it works.** Write where a cell says `raise NotImplementedError(...)`, in place of that line.
# Run the test below it: it says what it expected, what came, and where to look. What your function
# prints appears there too. When your notebook is graded, hidden tests check the same description on
# other inputs. Every task stands by itself: the tests of one never use your answer to another.
# Names that begin with an underscore, and `check`, belong to the tests: give your helpers others.
# Your functions get copies, so nothing that you do to an argument can harm a test. A cell that does
# not end is stopped by *Kernel → Interrupt Kernel*. Chapter: *Gradient descent* in the part
# *Train*.
#
# **Notation, used throughout.** `x` holds one example a row, shape `(N, D)`. `theta` has shape
# `(D + 1,)`: the first `D` entries are the weights, **the last one is the intercept**. `y` has shape
# `(N,)`. The model is $\hat y_i = \sum_d x_{id}\,\theta_d + \theta_{D}$ (with $d = 0 \dots D-1$).

# %% nbgrader={"grade_id": "setup", "locked": true} tags=["setup"]
import numpy as np
import torch

from labkit import check


def losses_of_run(x, y, eta, steps):
    """Losses before and after each of `steps` steps of PyTorch's descent on the mean squared error.

    Starts at theta = 0. x (N, D), y (N,), eta > 0; returns a list of steps + 1 numbers.
    """
    x1, y = torch.cat([x, torch.ones(len(x), 1)], dim=1).double(), y.double()
    theta = torch.zeros(x1.shape[1], dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(steps + 1):
        loss = torch.nn.functional.mse_loss(x1 @ theta, y)
        losses.append(loss.item())
        (gradient,) = torch.autograd.grad(loss, theta)
        theta.data.sub_(gradient, alpha=eta)
    return losses


# %% [markdown]
# ## Task 1: the loss (2 points, warm-up)
#
# Write `mse(x, y, theta)`: the mean squared error of the linear model,
#
# $$L(\theta) = \frac{1}{N}\sum_{i=1}^{N} (\hat y_i - y_i)^2 .$$
#
# * `x` `(N, D)`, `y` `(N,)`, `theta` `(D + 1,)`: float tensors of one dtype.
# * Returns a tensor of shape `()` and of `x`'s dtype.
# * Raises `ValueError` when `y` is not of shape `(N,)` or `theta` is not of shape `(D + 1,)`.
# * Why that error: a column `y` of shape `(N, 1)` would broadcast against `(N,)` into an `(N, N)`
#   table, and the mean of that table is a number too, only the wrong one.
#
# **Example.** `x = [[1.], [2.]]`, `y = [3., 4.]`, `theta = [2., 0.]`: the predictions are `[2., 4.]`,
# the errors `[-1., 0.]`, the loss `0.5`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>The weights are <code>theta[:-1]</code>, the intercept is
# <code>theta[-1]</code>. What does <code>x @ theta[:-1]</code> have for a shape?</details>
# <details><summary>Hint 2</summary>Compare <code>y.shape</code> with <code>(len(x),)</code> and
# <code>theta.shape</code> with <code>(x.shape[1] + 1,)</code> before you compute
# anything.</details>

# %% nbgrader={"grade_id": "mse", "solution": true}
def mse(x, y, theta):
    """Mean squared error of the linear model with parameters theta, a tensor of shape ()."""
    ### BEGIN SOLUTION
    if y.shape != (len(x),):
        raise ValueError(f"y must have shape ({len(x)},), not {tuple(y.shape)}")
    if theta.shape != (x.shape[1] + 1,):
        raise ValueError(f"theta must have shape ({x.shape[1] + 1},), not {tuple(theta.shape)}")
    error = x @ theta[:-1] + theta[-1] - y
    return (error**2).mean()
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_mse", "points": 1}
from labkit import check

_x = torch.tensor([[1.0], [2.0]])
_y = torch.tensor([3.0, 4.0])
_loss = check.call("mse", _x, _y, torch.tensor([2.0, 0.0]))
check.close(_loss, torch.tensor(0.5), "the example: errors -1 and 0; square, then mean")
_loss = check.call("mse", _x, _y, torch.tensor([1.0, 2.0]))
check.close(_loss, torch.tensor(0.0), "theta = [1, 2] fits both points; the intercept is theta[-1]")
print("mse: the visible tests pass")

# %% nbgrader={"grade_id": "try_mse", "locked": true}
# Not graded here: the refusal of a column. The hidden tests look at it.
check.raises("mse", ValueError, torch.ones(2, 1), torch.ones(2, 1), torch.tensor([2.0, 0.0]),
             where="y of shape (2, 1) is a column; the task asks for ValueError")
print("mse: a column is refused")

# %% nbgrader={"grade_id": "hidden_mse", "points": 1}
from labkit import check

# Hidden tests: three features, float64, a single example, y and theta of other wrong shapes.
### BEGIN HIDDEN TESTS
_g = torch.Generator().manual_seed(1)
_x = torch.randn(7, 3, generator=_g, dtype=torch.float64)
_y = torch.randn(7, generator=_g, dtype=torch.float64)
_theta = torch.randn(4, generator=_g, dtype=torch.float64)
with check.contract("fails for several features in float64"):
    _want = torch.nn.functional.mse_loss(
        torch.nn.functional.linear(_x, _theta[None, :-1], _theta[-1:]).squeeze(1), _y)
    check.close(check.call("mse", _x, _y, _theta), _want, rtol=1e-10)
with check.contract("fails for a single example"):
    check.close(check.call("mse", _x[:1], _y[:1], torch.zeros(4, dtype=torch.float64)),
                _y[0] ** 2, rtol=1e-10)
with check.contract("accepts a column as y"):
    check.raises("mse", ValueError, _x, _y.reshape(7, 1), _theta)
with check.contract("accepts a theta of the wrong length"):
    check.raises("mse", ValueError, _x, _y, _theta[:3])
with check.contract("accepts a column as theta"):
    check.raises("mse", ValueError, _x, _y, _theta.reshape(4, 1))
with check.contract("accepts a y of one entry for several examples"):
    check.raises("mse", ValueError, _x, _y[:1], _theta)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_mse", "locked": true}
check.show("mse", torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([3.0, 4.0, 9.0]),
           torch.tensor([2.0, 0.5]))

# %% [markdown]
# ## Task 2: its gradient, by hand (2 points, warm-up)
#
# Write `mse_gradient(x, y, theta)`: the gradient of the loss of task 1,
#
# $$\frac{\partial L}{\partial \theta_d} = \frac{2}{N}\sum_{i=1}^{N}(\hat y_i - y_i)\,x_{id},
# \qquad \frac{\partial L}{\partial \theta_{D}} = \frac{2}{N}\sum_{i=1}^{N}(\hat y_i - y_i).$$
#
# * Arguments as in task 1. Returns a tensor of `theta`'s shape and dtype.
# * From scratch: automatic differentiation earns nothing here.
#
# **Example.** With the numbers of task 1 the errors are `[-1., 0.]`, so the gradient is
# `[-1., -1.]`. The test compares with finite differences as well; it takes well under a second.
#
# <details><summary>Hint 1</summary>One error an example, one gradient entry a feature: which product
# of an <code>(N,)</code> vector and an <code>(N, D)</code> matrix has shape
# <code>(D,)</code>?</details>
# <details><summary>Hint 2</summary>A column of ones beside <code>x</code> makes the intercept a
# weight like the others. Give it the dtype of <code>x</code>.</details>

# %% nbgrader={"grade_id": "mse_gradient", "solution": true}
def mse_gradient(x, y, theta):
    """Gradient of the mean squared error at theta, of theta's shape."""
    ### BEGIN SOLUTION
    error = x @ theta[:-1] + theta[-1] - y
    slopes = 2 * (error @ x) / len(x)
    return torch.cat([slopes, 2 * error.mean().reshape(1)])
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_mse_gradient", "points": 1}
from labkit import check

_x = torch.tensor([[1.0], [2.0]])
_y = torch.tensor([3.0, 4.0])
_gradient = check.call("mse_gradient", _x, _y, torch.tensor([2.0, 0.0]), forbid=check.GRADIENTS)
check.close(_gradient, torch.tensor([-1.0, -1.0]), "the example: sign, factor 2, division by N")
_gradient = check.call("mse_gradient", _x, _y, torch.tensor([0.5, 1.0]), forbid=check.GRADIENTS)
for _place in range(2):
    _shift = 1e-2 * torch.eye(2)[_place]
    _up, _down = (((_x @ t[:1] + t[1] - _y) ** 2).mean()
                  for t in (torch.tensor([0.5, 1.0]) + _shift, torch.tensor([0.5, 1.0]) - _shift))
    check.close(_gradient[_place], (_up - _down) / 2e-2,
                f"entry {_place} against the finite difference of the loss", rtol=1e-3)
print("mse_gradient: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_mse_gradient", "points": 1}
from labkit import check

# Hidden tests: several features in float64 against automatic differentiation, the optimum, and a
# single example.
### BEGIN HIDDEN TESTS
_g = torch.Generator().manual_seed(2)
_x = torch.randn(6, 4, generator=_g, dtype=torch.float64)
_y = torch.randn(6, generator=_g, dtype=torch.float64)
_theta = torch.randn(5, generator=_g, dtype=torch.float64)
with check.contract("differs from the true gradient for several features in float64"):
    _t = _theta.clone().requires_grad_()
    (_want,) = torch.autograd.grad(((_x @ _t[:-1] + _t[-1] - _y) ** 2).mean(), _t)
    _got = check.call("mse_gradient", _x, _y, _theta, forbid=check.GRADIENTS)
    check.close(_got, _want, rtol=1e-9)
with check.contract("is not zero where the model fits the data exactly"):
    _fit = _x @ _theta[:-1] + _theta[-1]
    check.close(check.call("mse_gradient", _x, _fit, _theta, forbid=check.GRADIENTS),
                torch.zeros(5, dtype=torch.float64), atol=1e-12)
with check.contract("fails for a single example"):
    _t = torch.zeros(5, dtype=torch.float64)
    check.close(check.call("mse_gradient", _x[:1], _y[:1], _t, forbid=check.GRADIENTS),
                -2 * _y[0] * torch.cat([_x[0], torch.ones(1, dtype=torch.float64)]), rtol=1e-9)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_mse_gradient", "locked": true}
check.show("mse_gradient", torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([3.0, 4.0, 9.0]),
           torch.tensor([2.0, 0.5]))

# %% [markdown]
# ## Task 3: the descent (4 points, core)
#
# Near a minimum with positive curvature, a smooth loss looks like a quadratic. Write
# `descend(a, c, theta, eta, steps)`: gradient descent on
#
# $$L(\theta) = \tfrac12 (\theta - c)^\top A\,(\theta - c), \qquad \nabla L(\theta) = A(\theta - c),
# \qquad \theta_{k+1} = \theta_k - \eta\,\nabla L(\theta_k).$$
#
# * `a` `(D, D)` symmetric, `c` `(D,)`, `theta` `(D,)` the start: tensors of one dtype; `eta` a
#   number; `steps` an integer.
# * Returns a pair `(path, losses)`: `path` `(steps + 1, D)` with $\theta_k$ in row $k$, so the start
#   in row 0; `losses` `(steps + 1,)` with $L(\theta_k)$ in entry $k$. Both of `theta`'s dtype.
# * `steps = 0` is allowed: one row, one loss.
# * Raises `ValueError` when `eta` is not positive or `steps` is negative.
# * From scratch: `torch.optim` and automatic differentiation earn nothing here.
#
# **Example.** `a = [[2., 0.], [0., 1.]]`, `c = [0., 0.]`, `theta = [1., 1.]`, `eta = 0.5`,
# `steps = 2`: the path is `[[1., 1.], [0., 0.5], [0., 0.25]]`, the losses are
# `[1.5, 0.125, 0.03125]`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>Record before you step, and once more after the last step. How
# many records is that for <code>steps = 0</code>?</details>
# <details><summary>Hint 2</summary>If every row of your path is the last point, you stored one
# tensor many times and then changed it in place.</details>

# %% nbgrader={"grade_id": "descend", "solution": true}
def descend(a, c, theta, eta, steps):
    """Path (steps + 1, D) and losses (steps + 1,) of gradient descent on a quadratic."""
    ### BEGIN SOLUTION
    if eta <= 0:
        raise ValueError(f"eta must be positive, not {eta}")
    if steps < 0:
        raise ValueError(f"steps must not be negative, not {steps}")
    path = [theta]
    for _ in range(steps):
        theta = theta - eta * (a @ (theta - c))
        path.append(theta)
    path = torch.stack(path)
    away = path - c
    return path, 0.5 * ((away @ a) * away).sum(dim=1)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_descend", "points": 2}
from labkit import check

_scratch = check.GRADIENTS + check.OPTIMIZERS
_a = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
_start = torch.tensor([1.0, 1.0])
_got = check.call("descend", _a, torch.zeros(2), _start, 0.5, 2, forbid=_scratch)
_path, _losses = check.parts(_got, "path", "losses")
check.close(_path, torch.tensor([[1.0, 1.0], [0.0, 0.5], [0.0, 0.25]]),
            "the path of the example: row 0 is the start, then one row a step")
_got = check.call("descend", _a, _start, _start, 0.1, 3, forbid=_scratch)
_path, _losses = check.parts(_got, "path", "losses")
check.close(_path, _start.repeat(4, 1), "a start in the minimum c: every step stays there")
print("descend: the visible tests pass")

# %% nbgrader={"grade_id": "try_descend", "locked": true}
# Not graded here: the losses, and the refusal of eta = 0. The hidden tests look at both.
_a, _start = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([1.0, 1.0])
_got = check.call("descend", _a, torch.zeros(2), _start, 0.5, 2)
_path, _losses = check.parts(_got, "path", "losses")
check.close(_losses, torch.tensor([1.5, 0.125, 0.03125]),
            "the losses of the example: one for each row of the path, with the factor 1/2")
check.raises("descend", ValueError, _a, torch.zeros(2), _start, 0.0, 2,
             where="eta = 0 is not positive; the task asks for ValueError")
print("descend: the losses and the refusal are right too")

# %% nbgrader={"grade_id": "hidden_descend", "points": 2}
from labkit import check

# Hidden tests: a rotated quadratic in float64, no step at all, negative steps, a negative rate.
### BEGIN HIDDEN TESTS
_scratch = check.GRADIENTS + check.OPTIMIZERS
_g = torch.Generator().manual_seed(3)
_m = torch.randn(3, 3, generator=_g, dtype=torch.float64)
_a = _m @ _m.T + torch.eye(3, dtype=torch.float64)
_c = torch.randn(3, generator=_g, dtype=torch.float64)
_start = torch.randn(3, generator=_g, dtype=torch.float64)
with check.contract("the path on a rotated quadratic in float64 differs from the exact one"):
    _path, _losses = check.call("descend", _a, _c, _start, 0.05, 20, forbid=_scratch)
    _shrink = torch.eye(3, dtype=torch.float64) - 0.05 * _a
    _want = torch.stack([_c + torch.linalg.matrix_power(_shrink, k) @ (_start - _c)
                         for k in range(21)])
    check.close(_path, _want, rtol=1e-9, atol=1e-12)
with check.contract("the losses on a rotated quadratic in float64 are wrong"):
    _want = torch.stack([(t - _c) @ _a @ (t - _c) / 2 for t in _want])
    check.close(_losses, _want, rtol=1e-8, atol=1e-12)
with check.contract("steps = 0 must give one row and one loss"):
    _path, _losses = check.call("descend", _a, _c, _start, 0.05, 0, forbid=_scratch)
    check.close(_path, _start[None], rtol=1e-12)
    check.close(_losses, ((_start - _c) @ _a @ (_start - _c) / 2)[None], rtol=1e-10)
with check.contract("accepts a negative number of steps"):
    check.raises("descend", ValueError, _a, _c, _start, 0.05, -1)
with check.contract("accepts a learning rate that is not positive"):
    check.raises("descend", ValueError, _a, _c, _start, -0.05, 3)
    check.raises("descend", ValueError, _a, _c, _start, 0.0, 3)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_descend", "locked": true}
check.show("descend", torch.tensor([[2.0, 1.0], [1.0, 3.0]]), torch.tensor([1.0, -1.0]),
           torch.zeros(2), 0.25, 2)

# %% [markdown]
# ## Task 4: which learning rates work? Ask the data (4 points, core)
#
# The Hessian of the mean squared error does not depend on `y` or `theta`:
# $H = \frac{2}{N}\tilde X^\top \tilde X$, where $\tilde X$ is `x` **with a column of ones** for the
# intercept. Its eigenvalues decide everything. Write `curvature(x)`, which returns a dict of three
# Python numbers:
#
# * `"largest_step"`: $2/\lambda_{\max}$; at or above it descent does not converge,
# * `"best_step"`: $2/(\lambda_{\min}+\lambda_{\max})$, the constant step with the fastest worst case,
# * `"rate"`: $(\kappa-1)/(\kappa+1)$ with $\kappa=\lambda_{\max}/\lambda_{\min}$, by which the best
#   step multiplies the distance to the minimum, in the end.
#
# What to know about the input and the edge cases:
#
# * `x` `(N, D)`, float32 or float64. **Compute in float64**: $\kappa$ of raw data easily passes the
#   precision of float32.
# * When the columns of $\tilde X$ depend on each other, $\lambda_{\min}$ is 0 up to rounding, and the
#   rate is exactly `1.0`: along one direction the loss is flat and nothing moves. Treat
#   $\lambda_{\min}\le 10^{-12}\,\lambda_{\max}$ as 0; the two steps then agree.
# * Every library call is allowed here.
#
# **Example.** `x = [[-1.], [1.]]`: $H$ is twice the identity, so the result is
# `{"largest_step": 1.0, "best_step": 0.5, "rate": 0.0}`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>$H$ is symmetric: there is a function that gives only real
# eigenvalues, in ascending order.</details>
# <details><summary>Hint 2</summary>$(\kappa-1)/(\kappa+1)$ equals
# $(\lambda_{\max}-\lambda_{\min})/(\lambda_{\max}+\lambda_{\min})$, which needs no division by
# $\lambda_{\min}$.</details>

# %% nbgrader={"grade_id": "curvature", "solution": true}
def curvature(x):
    """Learning rates that the data allow: dict of "largest_step", "best_step" and "rate"."""
    ### BEGIN SOLUTION
    x = x.double()
    x1 = torch.cat([x, torch.ones(len(x), 1, dtype=torch.float64)], dim=1)
    eigenvalues = torch.linalg.eigvalsh(2 / len(x) * x1.T @ x1)
    low, high = eigenvalues[0].item(), eigenvalues[-1].item()
    low = 0.0 if low <= 1e-12 * high else low
    return {"largest_step": 2 / high, "best_step": 2 / (low + high),
            "rate": (high - low) / (high + low)}
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_curvature", "points": 2}
from labkit import check

_got = check.call("curvature", torch.tensor([[-1.0], [1.0]]))
check.close(_got, {"largest_step": 1.0, "best_step": 0.5, "rate": 0.0}, "the example")
_got = check.call("curvature", torch.tensor([[0.0], [2.0], [0.0], [2.0]]))
_eigenvalues = 3 + 5**0.5, 3 - 5**0.5  # of [[4, 2], [2, 2]], by the quadratic formula
_got = {name: value for name, value in _got.items() if name != "rate"}
check.close(_got, {"largest_step": 2 / _eigenvalues[0], "best_step": 2 / sum(_eigenvalues)},
            "x = [[0], [2], [0], [2]]: is the column of ones in, and the factor 2/N?")
print("curvature: the visible tests pass")

# %% nbgrader={"grade_id": "try_curvature", "locked": true}
# Not graded here: the rate where it is not 0. The hidden tests look at other rates.
_got = check.call("curvature", torch.tensor([[0.0], [2.0], [0.0], [2.0]]))
check.true(isinstance(_got, dict) and "rate" in _got,
           f'expected a dict with the key "rate", got {_got}. Look at: the line with `return`')
check.close(_got["rate"], 5**0.5 / 3, "the rate for x = [[0], [2], [0], [2]]")
print("curvature: the rate is right too")

# %% nbgrader={"grade_id": "hidden_curvature", "points": 2}
from labkit import check

# Hidden tests: rates against singular values, dependent columns, both sides of the threshold, raw
# air pressures given in float32.
### BEGIN HIDDEN TESTS
_x = torch.tensor([[0.5, -1.0], [1.5, 0.3], [-0.7, 2.0], [0.1, 0.4], [2.2, -0.6]])
_one = torch.ones(5, 1, dtype=torch.float64)
_s = torch.linalg.svdvals(torch.cat([_x.double(), _one], 1)) ** 2 * 2 / 5
with check.contract("the rate is wrong for two features"):
    check.close(check.call("curvature", _x)["rate"],
                ((_s[0] / _s[-1] - 1) / (_s[0] / _s[-1] + 1)).item(), rtol=1e-7)
with check.contract("the rate is not exactly 1.0 when one column repeats another"):
    check.equal(check.call("curvature", _x[:, [0, 0]])["rate"], 1.0)
with check.contract("a step is wrong when one column repeats another"):
    _s = torch.linalg.svdvals(torch.cat([_x[:, [0, 0]].double(), _one], 1)) ** 2 * 2 / 5
    _got = check.call("curvature", _x[:, [0, 0]])
    check.close([_got["largest_step"], _got["best_step"]], [(2 / _s[0]).item()] * 2, rtol=1e-7)
with check.contract("the rate is not exactly 1.0 for a smallest eigenvalue below the threshold"):
    check.equal(check.call("curvature", torch.tensor([[-1e7], [1e7]]))["rate"], 1.0)
with check.contract("the rate is wrong for a smallest eigenvalue above the threshold"):
    _rate = check.call("curvature", torch.tensor([[-3e5], [3e5]]))["rate"]
    check.close(1 - _rate, 2 / (9e10 + 1), rtol=1e-3, atol=0)
with check.contract("raw data in float32 lose the small eigenvalue: compute in float64"):
    _pressure = torch.tensor([[1013.2], [1014.7], [1009.3], [1011.8], [1017.1]])
    _s = torch.linalg.svdvals(torch.cat([_pressure.double(), _one], 1)) ** 2 * 2 / 5
    _got = check.call("curvature", _pressure)
    check.close(1 - _got["rate"], (2 * _s[-1] / (_s[0] + _s[-1])).item(), rtol=1e-3, atol=0)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_curvature", "locked": true}
check.show("curvature", torch.tensor([[0.0], [1.0], [3.0]]))

# %% [markdown]
# ## Task 5: five faults, one above the other (3 points, debug)
#
# {{listing L04}}
#
# Its comments say: initialize the parameter; set the learning rate; set the training data; train, and
# in the loop: predicted price, loss, gradient, update; print the result.
#
# There are five faults, one above the other, from a wrong shape to a model that cannot fit. Repair the
# first and the crash is gone; behind it three faults share one symptom, a weight that runs away (`nan`,
# `inf`, or an astronomical number). Which repair ends it depends on the order of your repairs, and one
# of the three does no visible harm on these houses once the other two are gone: look for it in the
# formula, not in the output. The fifth leaves a weight that is finite, and a poor line. Find all five
# before you write `house_prices(area, price, eta, steps)`, the program as it should have been:
#
# * `area` a NumPy array `(n, 1)` as in the listing, of **integers or floats**; `price` a NumPy array
#   `(n,)`. Not all areas are equal.
# * Standardize the area: subtract its mean, divide by its standard deviation (NumPy's default, with
#   $n$ below the line). Leave the prices as they are.
# * Model: weight times standardized area, plus an intercept; both start at 0. Loss: the mean squared
#   error. `steps` steps of gradient descent with learning rate `eta`, both parameters at once.
# * Returns a pair of Python floats `(w, b)` **in the original units**: price = `w` · area + `b`.
# * From scratch: a least-squares solver earns nothing here.
#
# **Example.** The listing's three houses with `eta = 0.01` and `steps = 1000` give
# `w = 0.75`, `b = 833.33…`. One step by hand: areas 1 and 3, prices 2 and 4, `eta = 0.1`. The
# standardized areas are −1 and 1, the errors at the start −2 and −4, the gradients −2 and −6, so the
# parameters become 0.2 and 0.6, which is `w = 0.2`, `b = 0.2`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>Copy the listing into a cell of your own and print the shape of every
# array in its loop. A gradient has the shape of its parameter.</details>
# <details><summary>Hint 2</summary>The gradient of task 2 is right; compare the listing's line with
# it: sign, sum, mean. To go back to original units, put (area − mean)/std into the model and collect
# what multiplies the area.</details>

# %% nbgrader={"grade_id": "house_prices", "solution": true}
def house_prices(area, price, eta, steps):
    """Weight and intercept, in the original units, after `steps` steps of gradient descent."""
    ### BEGIN SOLUTION
    mean, std = area.mean(), area.std()
    z = (area[:, 0] - mean) / std
    w, b = 0.0, 0.0
    for _ in range(steps):
        error = w * z + b - price
        w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
    return float(w / std), float(b - w * mean / std)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_house_prices", "points": 1}
from labkit import check

_X = np.array([[1000], [2000], [3000]])  # integers, as in the listing
_prices = np.array([1500, 2500, 3000])
_got = check.call("house_prices", _X, _prices, 0.01, 1000, forbid=check.LEAST_SQUARES)
_w, _b = check.parts(_got, "w", "b")
check.close((_w, _b), (0.75, 2500 / 3), "the listing's houses (integers), after 1000 steps", rtol=1e-4)
_got = check.call("house_prices", _X, _prices, 0.01, 0, forbid=check.LEAST_SQUARES)
check.close(tuple(check.parts(_got, "w", "b")), (0.0, 0.0), "no step at all: both are still 0",
            atol=1e-9)
print("house_prices: the visible tests pass")

# %% nbgrader={"grade_id": "try_house_prices", "locked": true}
# Not graded here: the step by hand. A wrong step may still arrive in the end; the hidden tests see it.
_houses = np.array([[1.0], [3.0]]), np.array([2.0, 4.0])
_got = check.call("house_prices", *_houses, 0.1, 1, forbid=check.LEAST_SQUARES)
_w, _b = check.parts(_got, "w", "b")
check.close((_w, _b), (0.2, 0.2), "the step by hand: shape of the error, sign, factor 2, mean, and "
            "back to the original units", rtol=1e-9)
print("house_prices: the step by hand is right")

# %% nbgrader={"grade_id": "hidden_house_prices", "points": 2}
from labkit import check

# Hidden tests: one and a few steps on other houses, and many steps against least squares.
### BEGIN HIDDEN TESTS
_area = np.array([[30.0], [55.0], [80.0], [150.0], [200.0]])
_price = np.array([90.0, 160.0, 210.0, 420.0, 480.0])
_z = ((_area - _area.mean()) / _area.std())[:, 0]
with check.contract("the first step on other houses is wrong"):
    _w = 2 * 0.1 * (_price * _z).mean() / _area.std()
    _got = tuple(check.call("house_prices", _area, _price, 0.1, 1,
                            forbid=check.LEAST_SQUARES))
    check.close(_got, (float(_w), float(2 * 0.1 * _price.mean() - _w * _area.mean())), rtol=1e-8)
with check.contract("seven steps with another learning rate are wrong"):
    _left = (1 - 2 * 0.03) ** 7  # every step shrinks both distances by 1 - 2 eta
    _slope, _mid = (_price * _z).mean() * (1 - _left), _price.mean() * (1 - _left)
    _got = tuple(check.call("house_prices", _area, _price, 0.03, 7,
                            forbid=check.LEAST_SQUARES))
    check.close(_got, (float(_slope / _area.std()),
                       float(_mid - _slope * _area.mean() / _area.std())), rtol=1e-8)
with check.contract("many steps do not end at the least-squares line"):
    _slope, _intercept = np.polyfit(_area[:, 0], _price, 1)
    _got = tuple(check.call("house_prices", _area, _price, 0.1, 300,
                            forbid=check.LEAST_SQUARES))
    check.close(_got, (float(_slope), float(_intercept)), rtol=1e-6)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_house_prices", "locked": true}
check.show("house_prices", np.array([[1000], [2000], [3000]]), np.array([1500, 2500, 3000]), 0.01, 50)

# %% [markdown]
# ## Task 6: find the curvature from runs alone (2 points, experiment)
#
# Nobody computes the Hessian of a network with a million weights. But a run tells: below
# $\eta = 2/\lambda_{\max}$ the loss goes down, above it the loss grows in the end. Write
# `find_curvature(x, y)`, which returns an estimate of $\lambda_{\max}$ of the mean squared error
# (with intercept), as a Python float, within **3 percent**, from runs of `losses_of_run` (defined in
# the first cell).
#
# * `x` `(N, D)` and `y` `(N,)` float32 tensors; $\lambda_{\max}$ may lie anywhere from 2 (with an
#   intercept it is never below) to 10¹⁰, so a fixed list of learning rates will not do. The tests use
#   `y` from which the runs can show it: the error at the start has a part in the steepest direction.
# * With 100 steps a learning rate the growth shows in time; about 20 runs are enough. The test
#   takes about a second.
# * The estimate must come from runs: eigenvalue and singular-value routines and norms that are
#   singular values are refused, and a hidden test looks whether the estimate follows
#   `losses_of_run`.
#
# **Example.** For `x = [[-1.], [1.]]`, `y = [0., 1.]` every eigenvalue is 2, so every answer from
# 1.94 to 2.06 is right.
#
# <details><summary>Hint 1</summary>First find a learning rate that works and one that does not, by
# multiplying or dividing. Then halve the interval between them, on a logarithmic
# scale.</details>
# <details><summary>Hint 2</summary>Is the last loss still growing? A run that diverges fast ends in
# <code>inf</code> or <code>nan</code>, and those do not compare as numbers do: treat them as
# divergence first. A run that has arrived may move by a rounding error.</details>

# %% nbgrader={"grade_id": "find_curvature", "solution": true}
def find_curvature(x, y):
    """Largest eigenvalue of the Hessian of the mean squared error, from runs of descent."""
    ### BEGIN SOLUTION
    def settles(eta):
        losses = losses_of_run(x, y, eta, 100)
        return losses[-1] <= losses[-2] * (1 + 1e-9) < float("inf")

    works, fails = 1.0, 2.0
    while not settles(works):
        works, fails = works / 10, works
    while fails / works > 1.02:
        middle = (works * fails) ** 0.5
        if settles(middle):
            works = middle
        else:
            fails = middle
    return 2 / (works * fails) ** 0.5
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_find_curvature", "points": 1}
from labkit import check

_areas = torch.tensor([[1000.0], [2000.0], [3000.0]])
_prices = torch.tensor([1500.0, 2500.0, 3000.0])
_got = check.call("find_curvature", torch.tensor([[-1.0], [1.0]]), torch.tensor([0.0, 1.0]),
                  forbid=check.EIGENVALUES)
check.close(_got, 2.0, "the example: both eigenvalues are 2, so the runs "
            "turn at eta = 1; which lambda_max belongs to that eta?", rtol=0.03)
_got = check.call("find_curvature", _areas, _prices, forbid=check.EIGENVALUES)
_x1 = np.array([[1000, 1], [2000, 1], [3000, 1]])
check.close(_got, float(np.linalg.eigvalsh(2 / 3 * _x1.T @ _x1)[-1]),
            "the raw house prices: at which learning rate does the loss stop falling?", rtol=0.03)
print("find_curvature: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_find_curvature", "points": 1}
from labkit import check

# Hidden tests: several features, other scales, and whether the estimate follows losses_of_run.
### BEGIN HIDDEN TESTS
for _seed, _scale, _which in ((4, 1.0, "three features"), (5, 4e4, "features of a larger scale")):
    with check.contract(f"more than 3 percent away for {_which}"):
        _g = torch.Generator().manual_seed(_seed)
        _x = _scale * torch.randn(12, 3, generator=_g)
        _y = torch.randn(12, generator=_g) + _x[:, 0]
        _x1 = torch.cat([_x, torch.ones(12, 1)], dim=1).double()
        _want = torch.linalg.matrix_norm(_x1, 2).item() ** 2 * 2 / 12
        _got = check.call("find_curvature", _x, _y, forbid=check.EIGENVALUES)
        check.close(_got, _want, rtol=0.03)
with check.contract("fails on a small example, or the estimate does not follow losses_of_run"):
    from unittest import mock

    _mse = torch.nn.functional.mse_loss
    with mock.patch("torch.nn.functional.mse_loss", lambda *a, **k: 0.75 * _mse(*a, **k)):
        _got = check.call("find_curvature", torch.tensor([[-10.0], [10.0]]),
                          torch.tensor([0.0, 1.0]))
    check.close(_got, 0.75 * 200, rtol=0.03)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_find_curvature", "locked": true}
check.show("find_curvature", torch.tensor([[-1.0], [1.0]]), torch.tensor([0.0, 1.0]), digits=1)

# %% [markdown]
# ## Task 7: in your own words (3 points, graded by hand)
#
# Somebody standardizes the area of the three houses, keeps `eta = 0.01`, and the program of task 5
# now converges, although the same step had failed on the raw areas. One point a part, in five to
# eight sentences together:
#
# (a) Why did the raw data fail at this step? (b) What did standardizing change, and why does that help
# both the largest allowed step and the number of steps needed? (c) Suppose one had divided the areas
# by 1000 and done nothing else. Would 0.01 then converge, and would it need as few steps? Why?

# %% [markdown] nbgrader={"grade_id": "written", "points": 3, "solution": true}
# ### BEGIN MARK SCHEME
# Per part 1, ½ or 0 points. The words do not matter, the reason does. A false statement beside a right
# one costs ½ in its part, never below 0.
#
# (a) 1: 0.01 lies above 2/λmax, or above a limit set by the curvature (the size of the squared areas);
# no number is needed. ½: large areas make large gradients, so each step overshoots by more than the
# last, with no limit or curvature named. 0: "the learning rate was too large" alone.
#
# (b) ½ for the limit: λmax falls (to 2), so the largest step rises (to 1). ½ for the speed: κ becomes
# 1, or the eigenvalues equal, or the contours round, or λmin rises (from 0.29 to 2), **and** therefore
# few steps or no slow direction.
# "Equal eigenvalues" without a word on steps or speed does not earn the second half.
#
# (c) ½: 0.01 converges, because λmax falls by about 10⁶ (to 11; limit 0.18) or because the areas are
# now near 1. ½: more steps than after standardizing, because the mean is not removed, because κ (about
# 46) is above 1, or because λmin is 0.24 and not 2. "Yes" or "slower" without its reason earns 0 of its half.
# ### END MARK SCHEME
