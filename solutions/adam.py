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
#   title: From AdaGrad to Adam
#   minutes: 100
#   points: 20
# ---

# %% [markdown]
# # From AdaGrad to Adam
#
# You will write the moving average that Adam is made of, AdaGrad, and AdamW; repair Adam as an
# article prints it, with five faults; and find a good learning rate by nothing but runs. Allow
# {{minutes}} minutes.
#
# | task | points | |
# |---|---|---|
# | 1 `averages` | 2 | warm-up |
# | 2 `adagrad` | 3 | warm-up |
# | 3 `adamw` | 6 | core |
# | 4 `mended` | 4 | debug |
# | 5 `find_rate` | 2 | experiment |
# | 6 in words | 3 | graded by hand |
#
# **How it works.** Write where a cell says `raise NotImplementedError(...)`, in place of that line.
# Run the test below it: it says what it expected, what came, and where to look. When your notebook
# is graded, hidden tests check the same description on other inputs. Every task stands by itself:
# the tests of one never use your answer to another. Names that begin with an underscore, and
# `check`, belong to the tests: give your helpers others. Your functions get copies, so nothing that
# you do to an argument can harm a test. Chapter: *From AdaGrad to Adam* in the part *Train*.
#
# **Notation, used throughout.** `theta` `(D,)` are the parameters; `gradients` `(T, D)` holds the
# gradient of step $t$ in row $t - 1$, for $t = 1 \dots T$; `eta` is the learning rate. A *path* is
# a tensor `(T + 1, D)`: the start in row 0, then one row a step. All tensors of a task have one
# dtype, float32 or float64, and results have it too. Products, roots and fractions act on each
# coordinate alone. **From scratch** means: `torch.optim` and `labkit.optim` earn nothing.

# %% nbgrader={"grade_id": "setup", "locked": true} tags=["setup"]
import math

import torch

from labkit import check


def final_losses(radius, rate):
    """Losses after 60 steps of Adam on a bowl of four dimensions: a list of five Python floats.

    The five runs start at five random points, always the same, about `radius` from the minimum.
    """
    from labkit.optim import adam as ready

    chance = torch.Generator().manual_seed(0)
    theta = radius * torch.randn(5, 4, generator=chance, dtype=torch.float64)
    bends = torch.tensor([1.0, 3.0, 10.0, 30.0], dtype=torch.float64)
    state = {}
    for _ in range(60):
        theta, state = ready(theta, bends * theta, state, lr=rate)
    return ((bends * theta**2).sum(dim=1) / 2).tolist()


# %% [markdown]
# ## Task 1: a moving average, raw and corrected (2 points, warm-up)
#
# Write `averages(values, beta)` for `values` `(T, D)`:
#
# $$r_0 = 0, \qquad r_t = \beta\, r_{t-1} + (1 - \beta)\, x_t, \qquad
# \hat r_t = \frac{r_t}{1 - \beta^t}, \qquad t = 1 \dots T,$$
#
# where $x_t$ is row $t - 1$ of `values`.
#
# * Returns a pair `(raw, corrected)` of tensors `(T, D)`: $r_t$ and $\hat r_t$ in row $t - 1$.
# * Raises `ValueError` unless $0 \le \beta < 1$.
#
# **Example.** `values = [[1.], [1.]]`, `beta = 0.5`: raw is `[[0.5], [0.75]]`, corrected
# `[[1.], [1.]]`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>The correction is for what you return; the next raw value is
# made from the raw one.</details>
# <details><summary>Hint 2</summary>The first row belongs to t = 1, not to t = 0. What would
# 1 − β⁰ be?</details>

# %% nbgrader={"grade_id": "averages", "solution": true}
def averages(values, beta):
    """Moving averages of the rows of values (T, D): the raw ones and the corrected ones."""
    ### BEGIN SOLUTION
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1, not {beta}")
    mean, raw, corrected = torch.zeros_like(values[0]), [], []
    for t, value in enumerate(values, 1):
        mean = beta * mean + (1 - beta) * value
        raw.append(mean)
        corrected.append(mean / (1 - beta**t))
    return torch.stack(raw), torch.stack(corrected)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_averages", "points": 1}
from labkit import check

_got = check.call("averages", torch.ones(2, 1), 0.5)
_raw, _corrected = check.parts(_got, "raw", "corrected")
check.close(_raw, torch.tensor([[0.5], [0.75]]), "raw, in the example: r starts at 0, and x_t counts 1 - beta")
check.close(_corrected, torch.ones(2, 1), "corrected, in the example: divide row t - 1 by 1 - beta^t")
print("averages: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_averages", "points": 1}
from labkit import check

# Hidden tests: several columns in float64 against weighted means, beta = 0, wrong values of beta.
### BEGIN HIDDEN TESTS
_g = torch.Generator().manual_seed(1)
_x = torch.randn(6, 3, generator=_g, dtype=torch.float64)
_weights = torch.stack([torch.tensor([0.8 ** (t - i) if i <= t else 0.0 for i in range(6)],
                                     dtype=torch.float64) for t in range(6)])
with check.contract("a raw average of several columns in float64 is wrong"):
    _raw, _corrected = check.call("averages", _x, 0.8)
    check.close(_raw, 0.2 * _weights @ _x, rtol=1e-9, atol=1e-12)
with check.contract("a corrected average is not the weighted mean of what came so far"):
    check.close(_corrected, _weights @ _x / _weights.sum(1, keepdim=True), rtol=1e-9, atol=1e-12)
with check.contract("fails for a single row"):
    check.close(check.call("averages", _x[:1], 0.8)[1], _x[:1], rtol=1e-9)
with check.contract("beta = 0 must give back the values"):
    check.close(list(check.call("averages", _x, 0.0)), [_x, _x], rtol=1e-12)
with check.contract("accepts a beta of 1, or one below 0"):
    check.raises("averages", ValueError, _x, 1.0)
    check.raises("averages", ValueError, _x, -0.1)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_averages", "locked": true}
check.show("averages", torch.tensor([[1.0], [2.0], [4.0]]), 0.5)

# %% [markdown]
# ## Task 2: AdaGrad (3 points, warm-up)
#
# Write `adagrad(gradients, theta, eta)`: the path of
#
# $$s_0 = 0, \qquad s_t = s_{t-1} + g_t^2, \qquad
# \theta_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{s_t} + \varepsilon}, \qquad
# \varepsilon = 10^{-10}.$$
#
# * `gradients` `(T, D)`, `theta` `(D,)` the start; returns the path `(T + 1, D)`.
# * A coordinate whose gradients are all 0 stays where it is.
# * Raises `ValueError` unless `eta` is positive. From scratch.
#
# **Example.** `gradients = [[3., 0.], [4., 0.]]`, `theta = [1., 1.]`, `eta = 0.5`: the path is
# `[[1., 1.], [0.5, 1.], [0.1, 1.]]`, for the second step is 0.5 · 4 / 5.
#
# <details><summary>Hint 1</summary>One sum for each coordinate: s has the shape of
# theta.</details>
# <details><summary>Hint 2</summary>If all rows of your path are the last one, you stored one tensor
# many times and changed it in place.</details>

# %% nbgrader={"grade_id": "adagrad", "solution": true}
def adagrad(gradients, theta, eta):
    """Path (T + 1, D) of AdaGrad on given gradients."""
    ### BEGIN SOLUTION
    if eta <= 0:
        raise ValueError(f"eta must be positive, not {eta}")
    s, path = torch.zeros_like(theta), [theta]
    for g in gradients:
        s = s + g**2
        theta = theta - eta * g / (s.sqrt() + 1e-10)
        path.append(theta)
    return torch.stack(path)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_adagrad", "points": 1}
from labkit import check

_scratch = (*check.OPTIMIZERS, "labkit.optim", "labkit.optim.rules")
_got = check.call("adagrad", torch.tensor([[3.0, 0.0], [4.0, 0.0]]), torch.ones(2), 0.5,
                  forbid=_scratch)
check.close(_got, torch.tensor([[1.0, 1.0], [0.5, 1.0], [0.1, 1.0]]),
            "the example: the start, then two steps; the sum of squares is 9, then 25, and 0 in the "
            "second coordinate")
print("adagrad: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_adagrad", "points": 2}
from labkit import check

# Hidden tests: many steps against the library, tiny gradients, wrong rates.
### BEGIN HIDDEN TESTS
from labkit import optim as _optim  # equal to torch.optim, and quicker to start

_scratch = (*check.OPTIMIZERS, "labkit.optim", "labkit.optim.rules")
_g = torch.Generator().manual_seed(2)
_gradients = torch.randn(20, 3, generator=_g, dtype=torch.float64)
_theta = torch.randn(3, generator=_g, dtype=torch.float64)


def _library(rule, gradients, theta, **settings):
    state, path = {}, [theta]
    for g in gradients:
        theta, state = rule(theta, g, state, **settings)
        path.append(theta)
    return torch.stack(path)


with check.contract("the path of twenty steps in float64 differs from the library's"):
    check.close(check.call("adagrad", _gradients, _theta, 0.3, forbid=_scratch),
                _library(_optim.adagrad, _gradients, _theta, lr=0.3), rtol=1e-9, atol=1e-12)
with check.contract("gradients near epsilon: epsilon stands beside the root, not in it"):
    check.close(check.call("adagrad", 1e-9 * _gradients, _theta, 0.3, forbid=_scratch),
                _library(_optim.adagrad, 1e-9 * _gradients, _theta, lr=0.3), rtol=1e-9)
with check.contract("accepts a rate that is not positive"):
    check.raises("adagrad", ValueError, _gradients, _theta, 0.0)
    check.raises("adagrad", ValueError, _gradients, _theta, -0.1)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_adagrad", "locked": true}
check.show("adagrad", torch.tensor([[1.0], [1.0], [1.0]]), torch.zeros(1), 1.0)

# %% [markdown]
# ## Task 3: AdamW (6 points, core)
#
# Write `adamw(gradients, theta, eta, decay)`: the path of
#
# $$\begin{aligned}
# m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \qquad
# v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2, \\
# \theta_t &= (1 - \eta\lambda)\,\theta_{t-1}
#  - \eta\, \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + \varepsilon},
# \end{aligned}$$
#
# with $m_0 = v_0 = 0$, $t = 1, 2, \dots$, $\beta_1 = 0.9$, $\beta_2 = 0.999$,
# $\varepsilon = 10^{-8}$, and `decay` for $\lambda$.
#
# * `gradients` `(T, D)`, `theta` `(D,)` the start; returns the path `(T + 1, D)`.
# * The decay acts on θ, never through the gradient: where all gradients are 0, θ shrinks by
#   $1 - \eta\lambda$ a step. `decay = 0` gives Adam.
# * Raises `ValueError` when `theta` has not the shape of a row of `gradients`. From scratch.
#
# **Example.** `gradients = [[2.], [2.]]`, `theta = [1.]`, `eta = 0.1`, `decay = 0.5`: the path is
# `[[1.], [0.85], [0.7075]]`. With equal gradients each step is 0.1 long; the decay takes a twentieth.
#
# <details><summary>Hint 1</summary>Write Adam first and test it with <code>decay = 0</code>. Then
# change one factor.</details>
# <details><summary>Hint 2</summary>m and v go on uncorrected into the next step; only the step uses
# the corrected ones.</details>

# %% nbgrader={"grade_id": "adamw", "solution": true}
def adamw(gradients, theta, eta, decay):
    """Path (T + 1, D) of AdamW on given gradients."""
    ### BEGIN SOLUTION
    if theta.shape != gradients[0].shape:
        raise ValueError(f"theta has shape {tuple(theta.shape)}, a gradient {gradients[0].shape}")
    m, v, path = torch.zeros_like(theta), torch.zeros_like(theta), [theta]
    for t, g in enumerate(gradients, 1):
        m = 0.9 * m + (1 - 0.9) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        step = m / (1 - 0.9**t) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
        theta = (1 - eta * decay) * theta - eta * step
        path.append(theta)
    return torch.stack(path)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_adamw", "points": 1}
from labkit import check

_scratch = (*check.OPTIMIZERS, "labkit.optim", "labkit.optim.rules")
_got = check.call("adamw", torch.tensor([[2.0, -4.0], [2.0, -4.0]]), torch.ones(2), 0.1, 0.0,
                  forbid=_scratch)
check.close(_got, torch.tensor([[1.0, 1.0], [0.9, 1.1], [0.8, 1.2]]),
            "gradients (2, -4) in both steps, without decay: with equal gradients each step is eta "
            "long; if the first is longer or shorter, look at the two corrections")
print("adamw: the visible tests without decay pass")

# %% nbgrader={"grade_id": "test_decay", "points": 2}
from labkit import check

_scratch = (*check.OPTIMIZERS, "labkit.optim", "labkit.optim.rules")
_twos = torch.full((2, 1), 2.0, dtype=torch.float64)
_got = check.call("adamw", _twos, torch.ones(1, dtype=torch.float64), 0.1, 0.5, forbid=_scratch)
check.close(_got, torch.tensor([[1.0], [0.85], [0.7075]], dtype=torch.float64),
            "the example: theta times 1 - 0.1 * 0.5, then the step")
print("adamw: the visible tests with decay pass")

# %% nbgrader={"grade_id": "hidden_adamw", "points": 2}
from labkit import check

# Hidden tests: a hundred steps in several dimensions without decay against the library, a single
# step, tiny gradients.
### BEGIN HIDDEN TESTS
from labkit import optim as _optim  # equal to torch.optim, and quicker to start

_scratch = (*check.OPTIMIZERS, "labkit.optim", "labkit.optim.rules")
_g = torch.Generator().manual_seed(3)
_gradients = torch.randn(100, 3, generator=_g, dtype=torch.float64)
_gradients = _gradients * torch.tensor([1.0, 100.0, 0.01], dtype=torch.float64)
_theta = torch.randn(3, generator=_g, dtype=torch.float64)


def _library(gradients, theta):
    state, path = {}, [theta]
    for g in gradients:
        theta, state = _optim.adam(theta, g, state, lr=0.05)
        path.append(theta)
    return torch.stack(path)


for _scale, _steps, _sentence in (
        (1.0, 100, "a hundred steps without decay differ from the library's"),
        (1.0, 1, "fails for a single step"),
        (1e-7, 100, "tiny gradients: epsilon stands beside the root, not in it")):
    with check.contract(_sentence):
        _some = _scale * _gradients[:_steps]
        check.close(check.call("adamw", _some, _theta, 0.05, 0.0, forbid=_scratch),
                    _library(_some, _theta), rtol=1e-8, atol=1e-10)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "hidden_decay", "points": 1}
from labkit import check

# Hidden tests: a hundred steps with decay against the library, decay without gradients, a theta of
# another shape.
### BEGIN HIDDEN TESTS
from labkit import optim as _optim

_scratch = (*check.OPTIMIZERS, "labkit.optim", "labkit.optim.rules")
_g = torch.Generator().manual_seed(4)
_gradients = torch.randn(100, 3, generator=_g, dtype=torch.float64)
_theta = torch.randn(3, generator=_g, dtype=torch.float64)
with check.contract("a hundred steps with decay differ from the library's"):
    _state, _path = {}, [_theta]
    for _row in _gradients:
        _new, _state = _optim.adamw(_path[-1], _row, _state, lr=0.05, weight_decay=0.2)
        _path.append(_new)
    # coarse: where epsilon stands is the other cell's question
    check.close(check.call("adamw", _gradients, _theta, 0.05, 0.2, forbid=_scratch),
                torch.stack(_path), rtol=1e-5, atol=1e-5)
with check.contract("without gradients, theta must shrink by 1 - eta * decay a step"):
    _want = torch.stack([_theta * (1 - 0.1 * 0.3) ** t for t in range(5)])
    check.close(check.call("adamw", torch.zeros(4, 3, dtype=torch.float64), _theta, 0.1, 0.3,
                           forbid=_scratch), _want, rtol=1e-9)
with check.contract("accepts a theta of another shape than a row of the gradients"):
    check.raises("adamw", ValueError, _gradients, _theta[:1], 0.1, 0.0)
    check.raises("adamw", ValueError, _gradients, _theta[None], 0.1, 0.0)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_adamw", "locked": true}
check.show("adamw", torch.tensor([[1.0], [-1.0], [3.0]]), torch.ones(1), 0.1, 0.1)

# %% [markdown]
# ## Task 4: Adam as an article prints it (4 points, debug)
#
# Document 003, section 3.1.4, gives Adam in three formulas, "where $t$ is the number of the
# iteration" and $\epsilon = 10^{-8}$ shall "prevent a divisor of zero" (quoted as they stand, their
# words translated):
#
# $$v_{t+1} = \beta_1 v_t - \alpha \nabla J(\theta_t)$$
#
# $$s_{t+1} = \beta_2 s_t + (1 - \beta_2) (\nabla J(\theta_t))^2$$
#
# $$\theta_{t+1} = \theta_t - \alpha \frac{v_{t+1}}{1 - \beta_1^t}
# \frac{1}{\sqrt{s_{t+1} + \epsilon}}$$
#
# The cell below runs them on the bowl $J = \theta^2 / 2$, whose minimum is at 0, from
# $\theta = 1$ with $\alpha = 0.1$.

# %% nbgrader={"grade_id": "printed", "locked": true}
def _printed(first, steps=200, alpha=0.1, beta1=0.9, beta2=0.999, epsilon=1e-8):
    theta, v, s = 1.0, 0.0, 0.0
    for t in range(first, first + steps):
        gradient = theta
        v = beta1 * v - alpha * gradient
        s = beta2 * s + (1 - beta2) * gradient**2
        theta = theta - alpha * v / (1 - beta1**t) / math.sqrt(s + epsilon)
    return theta


try:
    _printed(first=0)
except ZeroDivisionError as _error:
    print("counted from t = 0:", _error)
print(f"counted from t = 1: theta = {_printed(first=1):.1f}")

# %% [markdown]
# There are five faults. One is the crash. Two stand in the first formula: a factor too many, whose
# sign makes θ climb, and a factor too few; at α = 0.1 their sizes cancel. One shows only in how long
# the first steps are, and one only where gradients are tiny. Find all five before you write
# `mended(a, theta, eta, steps)`, Adam as it should have been, on the bowl
# $J(\theta) = \frac12 \sum_d a_d \theta_d^2$ (the article's v and s are m and v of Task 3):
#
# * `a` `(D,)`, not negative; `theta` `(D,)` the start; the gradient is `a * theta`.
# * $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$; `eta` is $\alpha$.
# * Returns the path `(steps + 1, D)`; `steps = 0` is allowed.
# * From scratch. It must visit the points that `torch.optim.Adam` visits, also where `a` is 0 or a
#   millionth.
#
# **Example.** `a = [1.]`, `theta = [1.]`, `eta = 0.2`, `steps = 1`: the path is `[[1.], [0.8]]`.
#
# <details><summary>Hint 1</summary>Take the formulas one by one and ask what a constant gradient of 1
# makes of each: which of v and s should tend to 1?</details>
# <details><summary>Hint 2</summary>Let the gradient be a millionth: its square is 10⁻¹². What does an
# ε of 10⁻⁸ do to it under the root, and what beside the root?</details>

# %% nbgrader={"grade_id": "mended", "solution": true}
def mended(a, theta, eta, steps):
    """Path (steps + 1, D) of Adam on a bowl with curvatures a."""
    ### BEGIN SOLUTION
    v, s, path = torch.zeros_like(theta), torch.zeros_like(theta), [theta]
    for t in range(1, steps + 1):
        g = a * theta
        v = 0.9 * v + (1 - 0.9) * g
        s = 0.999 * s + (1 - 0.999) * g**2
        theta = theta - eta * v / (1 - 0.9**t) / ((s / (1 - 0.999**t)).sqrt() + 1e-8)
        path.append(theta)
    return torch.stack(path)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_descends", "points": 1}
from labkit import check

_scratch = (*check.OPTIMIZERS, "labkit.optim", "labkit.optim.rules")
_got = check.call("mended", torch.tensor([1.0, 0.0]), torch.ones(2), 0.1, 200, forbid=_scratch)
check.true(type(_got) is torch.Tensor and _got.shape == (201, 2) and _got.dtype == torch.float32,
           "expected a path, a tensor of shape (201, 2) and dtype torch.float32, got "
           f"{check.outline(_got)}. Look at: what the path holds, and its dtype")
check.close(_got[-1], torch.tensor([0.0, 1.0]),
            "the point after 200 steps with eta = 0.1, from (1, 1), to 0.001: one coordinate goes to "
            "0, the other has no slope. If θ climbs, look at the signs; if nan comes, at t and ε",
            atol=1e-3)
print("mended: it descends")

# %% nbgrader={"grade_id": "test_mended", "points": 1}
from labkit import check

_scratch = (*check.OPTIMIZERS, "labkit.optim", "labkit.optim.rules")
_one = torch.ones(1, dtype=torch.float64)
_got = check.call("mended", _one, _one, 0.2, 1, forbid=_scratch)
check.close(_got, torch.tensor([[1.0], [0.8]], dtype=torch.float64),
            "the example: the first step is eta long and goes down. If it is 2 or 10 times eta long, "
            "look at the factor of the gradient in v; if eta / 10, 3 or 30 times eta, at the "
            "corrections")
print("mended: the first step is as long as it should be")

# %% nbgrader={"grade_id": "hidden_mended", "points": 1}
from labkit import check

# Hidden tests: the library's path in several dimensions, no step.
### BEGIN HIDDEN TESTS
from labkit import optim as _optim  # equal to torch.optim, and quicker to start

_scratch = (*check.OPTIMIZERS, "labkit.optim", "labkit.optim.rules")
_a = torch.tensor([1.0, 100.0, 3.0], dtype=torch.float64)
_start = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
with check.contract("the path differs from the library's on a bowl of three dimensions"):
    _state, _path = {}, [_start]
    for _ in range(100):
        _new, _state = _optim.adam(_path[-1], _a * _path[-1], _state, lr=0.05)
        _path.append(_new)
    # coarse: where epsilon stands is the other cell's question
    check.close(check.call("mended", _a, _start, 0.05, 100, forbid=_scratch),
                torch.stack(_path), rtol=1e-5, atol=1e-5)
with check.contract("steps = 0 must give one row, the start"):
    check.close(check.call("mended", _a, _start, 0.05, 0, forbid=_scratch), _start[None])
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "hidden_tiny", "points": 1}
from labkit import check

# Hidden tests: the library's path where gradients are tiny, beside a flat coordinate.
### BEGIN HIDDEN TESTS
from labkit import optim as _optim

_scratch = (*check.OPTIMIZERS, "labkit.optim", "labkit.optim.rules")
_a = torch.tensor([1e-6, 1e-7, 0.0], dtype=torch.float64)
_start = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
with check.contract("the path differs from the library's on curvatures of a millionth and of 0"):
    _state, _path = {}, [_start]
    for _ in range(100):
        _new, _state = _optim.adam(_path[-1], _a * _path[-1], _state, lr=0.05)
        _path.append(_new)
    check.close(check.call("mended", _a, _start, 0.05, 100, forbid=_scratch),
                torch.stack(_path), rtol=1e-8, atol=1e-10)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_mended", "locked": true}
check.show("mended", torch.tensor([1.0]), torch.tensor([1.0]), 0.1, 3)

# %% [markdown]
# ## Task 5: find a good learning rate from runs (2 points, experiment)
#
# Write `find_rate(radius)`: a learning rate, as a Python float, at which Adam does well when it
# starts about `radius` from the minimum. All that you may use are runs of
# `final_losses(radius, rate)` from the first cell, which returns the final losses of five starts.
#
# * `radius` lies between 0.001 and 1000.
# * "Well" means: the **median** of the five losses is at most **ten times** the least median that any
#   rate of a fine grid reaches.
# * Search at least the rates from `radius / 1000` to `10 * radius`.
# * The rate must come from runs: hidden tests put other losses behind `final_losses`, once with two
#   lucky starts at bad rates, and look whether your rate follows. 10 to 50 calls are enough; the test
#   takes about a second.
#
# **Example.** For `radius = 1` rates near 0.3 do well; 0.001 and 100 do not.
#
# <details><summary>Hint 1</summary>A rate is a length in the space of θ. If the start is a thousand
# times farther away, what does that do to the best rate?</details>
# <details><summary>Hint 2</summary>Rates are compared on a logarithmic scale. One start can be
# lucky: take the median before you compare.</details>

# %% nbgrader={"grade_id": "find_rate", "solution": true}
def find_rate(radius):
    """A learning rate whose median loss over five seeds is near the best, from runs alone."""
    ### BEGIN SOLUTION
    def median(rate):
        return sorted(final_losses(radius, rate))[2]

    rates = [radius * 10 ** (k / 3) for k in range(-9, 4)]
    return min(rates, key=median)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_find_rate", "points": 1}
from labkit import check

_got = check.call("find_rate", 1.0)
check.true(type(_got) is float and 0 < _got < 100,
           f"expected a learning rate, a Python float between 0 and 100, got {_got!r}. Look at: the "
           "line with `return`")
_losses = sorted(final_losses(1.0, _got))
_best = min(sorted(final_losses(1.0, 10 ** (k / 12 - 3)))[2] for k in range(49))
check.true(_losses[2] <= 10 * _best,
           f"at your rate {_got:.3g} the median loss is {_losses[2]:.2g}; the best of 49 rates reaches "
           f"{_best:.2g}. Look at: the spacing and the range of the rates that you try")
print("find_rate: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_find_rate", "points": 1}
from labkit import check

# Hidden tests: starts that are far and near, whether the rate follows final_losses, lucky starts.
### BEGIN HIDDEN TESTS
from labkit import optim as _optim

_true, _ready = final_losses, _optim.adam


def _well(radius, rate):
    best = 0.00497 * radius**2  # of the visible test's 49 rates; the loss grows as the square
    return type(rate) is float and sorted(_true(radius, rate))[2] <= 10 * best


def _lucky(radius, rate):
    losses = _true(radius, rate)
    if sorted(losses)[2] > 5 * radius**2:  # a thousand times the best
        losses[0] = losses[2] = 1e-5 * radius**2
    return losses


for _radius, _where in ((900.0, "far away"), (0.0015, "near")):
    with check.contract(f"the rate does not do well for a start that is {_where}"):
        check.true(_well(_radius, check.call("find_rate", _radius)), "")
with check.contract("the rate does not follow final_losses"):
    from unittest import mock

    with mock.patch.object(_optim, "adam", lambda *given, lr: _ready(*given, lr=30 * lr)):
        _found = [check.call("find_rate", 2.0)]
    check.true(_well(2.0, 30 * _found[0]), "")
with check.contract("two lucky starts at a bad rate mislead it"):
    with mock.patch.dict(globals(), {"final_losses": _lucky}):
        _found.append(check.call("find_rate", 3.0))  # what is assigned in here is undone
    check.true(_well(3.0, _found[1]), "")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_find_rate", "locked": true}
check.show("find_rate", 1.0, digits=2)

# %% [markdown]
# ## Task 6: in your own words (3 points, graded by hand)
#
# A colleague trains a network with `torch.optim.Adam(model.parameters(), lr=0.001,
# weight_decay=0.01)`, and reports: (a) multiplying the loss by 100 changed nothing without decay;
# (b) with decay, it changed the result, and the weights with the largest gradients hardly shrank;
# (c) with `AdamW` both riddles were gone. One point a part, in five to eight sentences together:
# explain (a), (b) and (c).

# %% [markdown] nbgrader={"grade_id": "written", "points": 3, "solution": true}
# ### BEGIN MARK SCHEME
# Per part 1, ½ or 0 points. The words do not matter, the reason does. A false statement beside a
# right one costs ½ in its part, never below 0.
#
# (a) 1: m grows by 100 and the root of v by 100, so that their ratio, the step, stays. ε need not be
# named. ½: "Adam normalizes the gradient" (or divides it by its size), without saying that both change
# alike.
#
# (b) ½: the pull λθ is added to the gradient, and so is divided by √v like it. "Added to the gradient"
# without the division earns 0 of this half. ½: one of the two riddles follows: √v is large where
# gradients are large, so that little is left of the pull; or the loss times 100 raises g and √v, but
# not λθ, so that the pull counts a hundredth of what it did. The other one need not be named.
#
# (c) ½: AdamW shrinks θ itself by ηλ, beside the step (or: the pull is not divided by √v). ½: so every
# weight shrinks by the same share, whatever its gradients or the scale of the loss (one of the two is
# enough). "It decouples" alone earns nothing.
# ### END MARK SCHEME
