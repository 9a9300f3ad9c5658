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
#   title: Losses and activations
#   minutes: 120
#   points: 20
# ---

# %% [markdown]
# # Losses and activations
#
# You will write an activation and two losses that no finite input can break, send a gradient back
# through a deep network by hand, repair a classifier whose printed loss falls to zero while it
# learns nothing, and find by runs alone which initial weights keep gradients alive. Allow
# {{minutes}} minutes. A float tensor is float32 or float64.
#
# | task | points | |
# |---|---|---|
# | 1 `softplus` | 2 | warm-up |
# | 2 `pinball` | 2 | warm-up |
# | 3 `cross_entropy` | 4 | core |
# | 4 `backward_norms` | 4 | core |
# | 5 `fit_classifier` | 3 | debug |
# | 6 `balanced_gain` | 2 | experiment |
# | 7 in words | 3 | graded by hand |
#
# **How it works.** Write where a cell says `raise NotImplementedError(...)`, in place of that line.
# Run the test below it: it says what it expected, what came, and where to look. What your function
# prints appears there too. When your notebook is graded, hidden tests check the same description on
# other inputs. Every task stands by itself: the tests of one never use your answer to another.
# Names that begin with an underscore, and `check`, belong to the tests: give your helpers others.
# Your functions get copies, so nothing that you do to an argument can harm a test. A cell that does
# not end is stopped by *Kernel → Interrupt Kernel*. Chapter: *Losses and activations* in the part
# *Train*.
#
# **From scratch** means in tasks 1 to 5: exponentials, logarithms, sums and products, and no
# automatic differentiation. The library's twins (ready-made losses, `softplus`, `logsigmoid`, any
# `softmax`, `logsumexp` or `logaddexp`) earn nothing there, nor do those of NumPy and SciPy;
# `torch.sigmoid` and `torch.tanh` are allowed.

# %% nbgrader={"grade_id": "setup", "locked": true} tags=["setup"]
import math

import torch

from labkit import check


def growth(gain, leak, seed):
    """Factor a layer by which a gradient grows on its way back through 20 leaky ReLU layers.

    Weights have standard deviation gain / sqrt(64); `leak` is the slope below zero; `seed` picks the
    weights. A factor of 1 keeps the gradient's length. Returns a number.
    """
    chance = torch.Generator().manual_seed(seed)
    u = torch.randn(32, 64, generator=chance).requires_grad_()
    sums = []
    for _ in range(20):
        sums.append(u @ (torch.randn(64, 64, generator=chance) * gain / 8))
        u = torch.nn.functional.leaky_relu(sums[-1], leak)
    end = (u * torch.randn(32, 64, generator=chance)).sum()
    first, last = torch.autograd.grad(end, (sums[0], sums[-1]))
    return (first.norm() / last.norm()).item() ** (1 / 19)


# %% [markdown]
# ## Task 1: a soft ReLU (2 points, warm-up)
#
# The *softplus* is a smooth relative of ReLU:
#
# $$\varphi(a) = \log(1 + e^{a}), \qquad \varphi'(a) = \frac{1}{1 + e^{-a}} .$$
#
# Write `softplus(a)`, which returns the pair `(value, slope)`.
#
# * `a`: a float tensor of any shape, `()` included. Both results: tensors of `a`'s shape and dtype.
# * Inputs of any size up to $10^{30}$ must give finite results. Coded as printed, `a = 1000` gives `inf`.
# * Small results count as well: at `a = -50` value and slope are both
#   $e^{-50} \approx 1.9 \cdot 10^{-22}$, not 0.
# * From scratch (see above).
#
# **Example.** At `a = 0` the value is $\log 2 \approx 0.6931$, the slope 0.5. At `a = 1000` they
# are 1000 and 1. The test takes well under a second.
#
# <details><summary>Hint 1</summary>Take the larger of the two exponents out of the logarithm, as
# log-sum-exp does: 1 is e to the power 0.</details>
# <details><summary>Hint 2</summary>For a tiny t, 1 + t is rounded to 1. <code>torch.log1p(t)</code>
# computes log(1 + t) without forming the sum.</details>

# %% nbgrader={"grade_id": "softplus", "solution": true}
def softplus(a):
    """Value and slope of the softplus at a: two tensors of a's shape and dtype."""
    ### BEGIN SOLUTION
    value = a.clamp(min=0) + torch.log1p(torch.exp(-a.abs()))
    return value, torch.sigmoid(a)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_softplus", "points": 1}
from labkit import check

_scratch = check.GRADIENTS + check.LOSSES
_got = check.call("softplus", torch.tensor([0.0, 1.0, -1.0]), forbid=_scratch)
_value, _slope = check.parts(_got, "value", "slope")
check.close(_value, torch.tensor([math.log(2), 1.3132617, 0.3132617]),
            "the values at 0, 1 and -1: log(1 + e^a), with the natural logarithm")
print("softplus: the visible tests of the value pass")

# %% nbgrader={"grade_id": "try_softplus", "locked": true}
# Not graded here: the slope, large and small inputs. The hidden tests look at them.
_scratch = check.GRADIENTS + check.LOSSES
_got = check.call("softplus", torch.tensor([0.0, 1.0, -1.0]), forbid=_scratch)
_value, _slope = check.parts(_got, "value", "slope")
check.close(_slope, torch.tensor([0.5, 0.7310586, 0.2689414]),
            "the slopes at 0, 1 and -1: 1/(1 + e^-a)")
_got = check.call("softplus", torch.tensor([1000.0, -50.0, -1000.0]), forbid=_scratch)
_value, _slope = check.parts(_got, "value", "slope")
check.close(_value, torch.tensor([1000.0, math.exp(-50), 0.0]), "the values at 1000, -50 and -1000",
            atol=1e-30)
check.close(_slope, torch.tensor([1.0, math.exp(-50), 0.0]), "the slopes there", atol=1e-30)
print("softplus: the slope and large inputs are right too")

# %% nbgrader={"grade_id": "hidden_softplus", "points": 1}
from labkit import check

# Hidden tests: large inputs of both signs, tiny results, other shapes, float64.
### BEGIN HIDDEN TESTS
_scratch = check.GRADIENTS + check.LOSSES
_a = torch.tensor([[1e30, 90.0, 20.0], [-17.0, -60.0, -1e30]])
with check.contract("a value is wrong for inputs of large size"):
    _value, _ = check.call("softplus", _a, forbid=_scratch)
    _want = torch.tensor([[1e30, 90.0, 20.0], [math.exp(-17), math.exp(-60), 0.0]])
    check.close(_value, _want, rtol=1e-5, atol=1e-35)
with check.contract("a slope is wrong for inputs of large size"):
    _, _slope = check.call("softplus", _a.flip(0), forbid=_scratch)  # new values, the same shape
    _want = torch.tensor([[math.exp(-17), math.exp(-60), 0.0], [1.0, 1.0, 1.0]])
    check.close(_slope, _want, rtol=1e-5, atol=1e-35)
with check.contract("fails for float64 of another shape"):
    _a = torch.linspace(-30, 30, 24, dtype=torch.float64).reshape(2, 3, 4)
    _value, _slope = check.call("softplus", _a, forbid=_scratch)
    check.close(_value, torch.logaddexp(_a, torch.zeros_like(_a)), rtol=1e-7, atol=1e-30)
    check.close(_slope, torch.sigmoid(_a), rtol=1e-12)
with check.contract("fails for a tensor of shape ()"):
    check.close(tuple(check.call("softplus", torch.tensor(2.0), forbid=_scratch)),
                (torch.tensor(2.1269280), torch.tensor(0.8807971)))
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_softplus", "locked": true}
check.show("softplus", torch.tensor([-3.0, 0.5, 200.0]))

# %% [markdown]
# ## Task 2: a loss for a promise (2 points, warm-up)
#
# A shop wants to promise a delivery time that nine of ten parcels keep. The mean is no help, nor is
# the median. The *pinball loss* weighs errors of the two signs differently: with $e = y - \hat y$
# and a number $q$ strictly between 0 and 1,
#
# $$\ell_q = \max\bigl(q\,e,\ (q-1)\,e\bigr), \qquad L = \frac1N \sum_{i=1}^{N} \ell_q(e_i) .$$
#
# The constant that makes $L$ smallest is the $q$-quantile of the targets. Write `pinball(y,
# prediction, q)`, which returns the pair `(loss, gradient)`.
#
# * `y`, `prediction`: float tensors `(N,)` of one dtype; `q` a number.
# * `loss`: a tensor of shape `()`; `gradient`: $\partial L / \partial \hat y_i$, a tensor `(N,)`;
#   both of `y`'s dtype. Where $e_i = 0$ the loss has a corner; the gradient is to be 0 there.
# * Raises `ValueError` when the shapes of `y` and `prediction` differ or `q` is not strictly
#   between 0 and 1.
#
# **Example.** `y = [3., 3.]`, `prediction = [2., 5.]`, `q = 0.9`: the errors are 1 and −2, the
# single losses 0.9 and 0.2, the loss is 0.55, the gradient `[-0.45, 0.05]`. The test takes well
# under a second.
#
# <details><summary>Hint 1</summary>The loss falls when a prediction that is too low rises: which
# sign has the gradient there?</details>
# <details><summary>Hint 2</summary>A mask as a number, <code>(e > 0).to(y.dtype)</code>, chooses
# between two slopes. N divides the gradient too.</details>

# %% nbgrader={"grade_id": "pinball", "solution": true}
def pinball(y, prediction, q):
    """Mean pinball loss, a tensor of shape (), and its gradient in the predictions, (N,)."""
    ### BEGIN SOLUTION
    if y.shape != prediction.shape:
        raise ValueError(f"shapes {tuple(y.shape)} and {tuple(prediction.shape)} differ")
    if not 0 < q < 1:
        raise ValueError(f"q must lie between 0 and 1, not {q}")
    e = y - prediction
    loss = torch.maximum(q * e, (q - 1) * e).mean()
    slope = (e < 0).to(y.dtype) * (1 - q) - (e > 0).to(y.dtype) * q
    return loss, slope / len(y)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_pinball", "points": 1}
from labkit import check

_scratch = check.GRADIENTS + check.LOSSES
_y, _prediction = torch.tensor([3.0, 3.0]), torch.tensor([2.0, 5.0])
_got = check.call("pinball", _y, _prediction, 0.9, forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_loss, torch.tensor(0.55), "the example's loss: 0.9 times 1, 0.1 times 2, then the mean")
print("pinball: the visible tests of the loss pass")

# %% nbgrader={"grade_id": "try_pinball", "locked": true}
# Not graded here: the gradient, also where an error is 0, and a wrong input. The hidden tests look
# at them.
_scratch = check.GRADIENTS + check.LOSSES
_y, _prediction = torch.tensor([3.0, 3.0]), torch.tensor([2.0, 5.0])
_got = check.call("pinball", _y, _prediction, 0.9, forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_gradient, torch.tensor([-0.45, 0.05]),
            "the example's gradient in the predictions: its sign, and the division by N")
_got = check.call("pinball", _y.double(), _prediction.double(), 0.9, forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_gradient, torch.tensor([-0.45, 0.05], dtype=torch.float64), "the same in float64")
_y, _prediction = torch.tensor([3.0, 3.0]), torch.tensor([3.0, 5.0])
_got = check.call("pinball", _y, _prediction, 0.9, forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_gradient, torch.tensor([0.0, 0.05]), "the gradient where the error is 0")
check.raises("pinball", ValueError, _y, _prediction, 1.0, where="q = 1 is not between 0 and 1")
print("pinball: the gradient, its corner and the refusal are right too")

# %% nbgrader={"grade_id": "hidden_pinball", "points": 1}
from labkit import check

# Hidden tests: random errors in float64 against differences, the corner, and wrong inputs.
### BEGIN HIDDEN TESTS
_scratch = check.GRADIENTS + check.LOSSES
_g = torch.Generator().manual_seed(2)
_y, _p = torch.randn(2, 9, generator=_g, dtype=torch.float64)
with check.contract("the loss is wrong for random errors in float64"):
    _loss, _ = check.call("pinball", _y, _p, 0.3, forbid=_scratch)
    _e = _y - _p
    check.close(_loss, torch.where(_e > 0, 0.3 * _e, -0.7 * _e).mean(), rtol=1e-6)
    _loss, _ = check.call("pinball", _y, -_p, 0.3, forbid=_scratch)  # the same targets again
    _e = _y + _p
    check.close(_loss, torch.where(_e > 0, 0.3 * _e, -0.7 * _e).mean(), rtol=1e-6)
with check.contract("the gradient is wrong for random errors in float64"):
    _, _got = check.call("pinball", _p, _y, 0.3, forbid=_scratch)  # new values, the same shapes
    check.close(_got, torch.where(_p > _y, -0.3, 0.7).to(_y.dtype) / 9, rtol=1e-6)
with check.contract("the gradient is not 0 where the error is 0"):
    _near = _y[:4] + torch.tensor([0.0, 0.5, 1e-6, -0.5])
    _, _got = check.call("pinball", _y[:4], _near, 0.3, forbid=_scratch)
    check.close(_got, torch.tensor([0.0, 0.175, 0.175, -0.075], dtype=torch.float64))
with check.contract("fails for a single target"):
    _one = torch.ones(1, dtype=_y.dtype)
    check.close(tuple(check.call("pinball", _one, 3 * _one, 0.2, forbid=_scratch)),
                (1.6 * _one[0], 0.8 * _one))
with check.contract("accepts a q that is not strictly between 0 and 1"):
    for _q in (0.0, 1.0, -0.2, 1.3):
        check.raises("pinball", ValueError, _y, _p, _q)
with check.contract("accepts predictions of another shape"):
    check.raises("pinball", ValueError, _y, _p.reshape(9, 1), 0.3)
    check.raises("pinball", ValueError, _y, _p[:1], 0.3)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_pinball", "locked": true}
check.show("pinball", torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 2.0, 2.0]), 0.25)

# %% [markdown]
# ## Task 3: cross-entropy from logits (4 points, core)
#
# For logits $a$ of shape `(N, K)` and class numbers $y_i$,
#
# $$L = \frac1N \sum_{i=1}^{N} \Bigl(\log \sum_{k} e^{a_{ik}} - a_{i y_i}\Bigr), \qquad
# \frac{\partial L}{\partial a_{ik}} = \frac1N \Bigl(\frac{e^{a_{ik}}}{\sum_j e^{a_{ij}}} - [k =
# y_i]\Bigr),$$
#
# where $[k = y_i]$ is 1 for the right class and 0 for the others. Write `cross_entropy(a, labels)`,
# which returns the pair `(loss, gradient)`.
#
# * `a`: a float tensor `(N, K)`; `labels`: an int64 tensor `(N,)`.
# * `loss`: a tensor of shape `()`; `gradient`: a tensor `(N, K)`; both of `a`'s dtype.
# * Logits of any size up to $10^{30}$ must give finite results that are right: two equal logits of
#   $10^{30}$ cost $\log 2$, as two zeros do. A loss below $10^{-6}$ may be rounded to 0.
# * Raises `ValueError` when a label is below 0 or above K − 1. (Python counts −1 from the end; a
#   label of −1 is a mistake in the data.)
# * From scratch (see above).
#
# **Example.** `a = [[0., 0.]]`, `labels = [1]`: the loss is $\log 2 \approx 0.6931$, the gradient
# `[[0.5, -0.5]]`. The test takes well under a second.
#
# <details><summary>Hint 1</summary>Subtract from each row its own largest logit. What does that do
# to the loss and to the gradient?</details>
# <details><summary>Hint 2</summary><code>a[torch.arange(N), labels]</code> picks one entry a row.
# Do not take the logarithm of a probability: subtract logarithms.</details>

# %% nbgrader={"grade_id": "cross_entropy", "solution": true}
def cross_entropy(a, labels):
    """Mean cross-entropy of logits (N, K), a tensor of shape (), and its gradient (N, K)."""
    ### BEGIN SOLUTION
    if labels.min() < 0 or labels.max() >= a.shape[1]:
        raise ValueError(f"labels must lie between 0 and {a.shape[1] - 1}")
    rows = torch.arange(len(a))
    shifted = a - a.amax(dim=1, keepdim=True)
    total = torch.exp(shifted).sum(dim=1, keepdim=True)
    loss = (torch.log(total)[:, 0] - shifted[rows, labels]).mean()
    gradient = torch.exp(shifted) / total
    gradient[rows, labels] -= 1
    return loss, gradient / len(a)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_cross_entropy", "points": 1}
from labkit import check

_scratch = check.GRADIENTS + check.LOSSES
_got = check.call("cross_entropy", torch.zeros(1, 2), torch.tensor([1]), forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_loss, torch.tensor(math.log(2)), "the example: log 2 for two even classes")
_a = torch.tensor([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]])
_got = check.call("cross_entropy", _a, torch.tensor([0, 2]), forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_loss, torch.tensor(0.7367449), "two examples of three classes: rows apart, then the mean")
print("cross_entropy: the visible tests of the loss pass")

# %% nbgrader={"grade_id": "test_gradient", "points": 1}
from labkit import check

_scratch = check.GRADIENTS + check.LOSSES
_got = check.call("cross_entropy", torch.zeros(1, 2), torch.tensor([1]), forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_gradient, torch.tensor([[0.5, -0.5]]), "the example: probability minus 1 for the right class")
_a = torch.tensor([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]])
_got = check.call("cross_entropy", _a, torch.tensor([0, 2]), forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_gradient.sum(1), torch.zeros(2), "each row of the gradient adds up to 0", atol=1e-6)
print("cross_entropy: the visible tests of the gradient pass")

# %% nbgrader={"grade_id": "try_cross_entropy", "locked": true}
# Not graded here: huge logits, and a label of -1. The hidden tests look at both.
_scratch = check.GRADIENTS + check.LOSSES
_a = torch.tensor([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]])
_got = check.call("cross_entropy", torch.tensor([[1000.0, 0.0]]), torch.tensor([1]), forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_loss, torch.tensor(1000.0), "a wrong answer by 1000 costs 1000")
check.close(_gradient, torch.tensor([[1.0, -1.0]]), "its gradient")
_got = check.call("cross_entropy", torch.full((1, 2), 1e30), torch.tensor([0]), forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_loss, torch.tensor(math.log(2)), "two equal logits of 1e30 cost what two zeros cost")
check.close(_gradient, torch.tensor([[-0.5, 0.5]]), "their gradient")
_got = check.call("cross_entropy", _a, torch.tensor([0, 2]), forbid=_scratch)
_loss, _gradient = check.parts(_got, "loss", "gradient")
check.close(_gradient, torch.tensor([[-0.3776358, 0.3326205, 0.0450153],
                                     [0.0233063, 0.0085739, -0.0318802]]),
            "two examples: N divides the gradient too", rtol=1e-4)
check.raises("cross_entropy", ValueError, _a, torch.tensor([0, -1]), where="the label -1")
print("cross_entropy: huge logits and the refusal are right too")

# %% nbgrader={"grade_id": "hidden_cross_entropy", "points": 1}
from labkit import check

# Hidden tests: the loss of random logits in float64, of huge logits of both signs, labels.
### BEGIN HIDDEN TESTS
_scratch = check.GRADIENTS + check.LOSSES
_g = torch.Generator().manual_seed(3)
_a = torch.randn(6, 5, generator=_g, dtype=torch.float64)
_y = torch.tensor([4, 0, 2, 2, 1, 3])
_hot = torch.eye(5, dtype=torch.float64)[_y]
with check.contract("the loss of random logits in float64 is wrong"):
    _loss, _ = check.call("cross_entropy", _a, _y, forbid=_scratch)
    _p = torch.exp(_a) / torch.exp(_a).sum(1, keepdim=True)
    check.close(_loss, -(_hot * _p.log()).sum() / 6, rtol=1e-10)
with check.contract("huge logits give a wrong loss"):
    _far = torch.tensor([[900.0, -900.0, 0.0], [-500.0, -900.0, -700.0], [0.0, 50.0, 0.0]])
    _loss, _ = check.call("cross_entropy", _far, torch.tensor([1, 0, 0]), forbid=_scratch)
    check.close(_loss, torch.tensor((1800.0 + 0.0 + 50.0) / 3))
with check.contract("logits of 1e30 give a wrong loss"):
    _far, _labels = torch.tensor([[1e30, 0.0, -1e30], [0.0, 0.0, 1e30]]), torch.tensor([2, 2])
    _loss, _ = check.call("cross_entropy", _far, _labels, forbid=_scratch)
    check.close(_loss, torch.tensor(1e30))
    _loss, _ = check.call("cross_entropy", torch.full((2, 3), -1e30), _labels, forbid=_scratch)
    check.close(_loss, torch.tensor(math.log(3)))
with check.contract("accepts a label below 0 or above K - 1"):
    for _place in range(6):
        for _bad in (-1, -2, -5, -6, 5, 9):
            _wrong = _y.clone()
            _wrong[_place] = _bad
            check.raises("cross_entropy", ValueError, _a, _wrong)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "hidden_gradient", "points": 1}
from labkit import check

# Hidden tests: the gradient of random logits in float64, and of huge logits of both signs.
### BEGIN HIDDEN TESTS
_scratch = check.GRADIENTS + check.LOSSES
_g = torch.Generator().manual_seed(4)
_a = torch.randn(6, 5, generator=_g, dtype=torch.float64)
_y = torch.tensor([4, 0, 2, 2, 1, 3])
with check.contract("the gradient of random logits in float64 is wrong"):
    for _rows, _labels in ((_a, _y), (-2 * _a, _y), (_a, _y.flip(0))):
        _p = torch.exp(_rows) / torch.exp(_rows).sum(1, keepdim=True)
        _, _got = check.call("cross_entropy", _rows, _labels, forbid=_scratch)
        check.close(_got, (_p - torch.eye(5, dtype=torch.float64)[_labels]) / 6, rtol=1e-8, atol=1e-12)
with check.contract("huge logits give a wrong gradient"):
    _far = torch.tensor([[900.0, -900.0, 0.0], [-500.0, -900.0, -700.0], [0.0, 50.0, 0.0]])
    _, _got = check.call("cross_entropy", _far, torch.tensor([1, 0, 0]), forbid=_scratch)
    _want = torch.tensor([[1.0, -1.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 1.0, 0.0]]) / 3
    check.close(_got, _want, atol=1e-6)
with check.contract("logits of 1e30 give a wrong gradient"):
    _far, _labels = torch.tensor([[1e30, 0.0, -1e30], [0.0, 0.0, 1e30]]), torch.tensor([2, 2])
    _, _got = check.call("cross_entropy", _far, _labels, forbid=_scratch)
    check.close(_got, torch.tensor([[0.5, 0.0, -0.5], [0.0, 0.0, 0.0]]), atol=1e-6)
    _, _got = check.call("cross_entropy", torch.full((2, 3), -1e30), _labels, forbid=_scratch)
    check.close(_got, torch.tensor([[1.0, 1.0, -2.0]] * 2) / 6, atol=1e-6)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_cross_entropy", "locked": true}
check.show("cross_entropy", torch.tensor([[2.0, 0.0, -1.0], [300.0, 299.0, 0.0]]),
           torch.tensor([0, 1]))

# %% [markdown]
# ## Task 4: back through many layers (4 points, core)
#
# A network has $d$ layers without biases, all with the same activation $\varphi$:
#
# $$U_0 = X, \quad A_\ell = U_{\ell-1} W_\ell, \quad U_\ell = \varphi(A_\ell) \quad (\ell = 1 \dots
# d), \qquad
# L = \sum_{i,j} (U_d)_{ij} .$$
#
# Write `backward_norms(x, weights, activation)`, which returns a list of $d$ Python floats: the
# length $\lVert \partial L / \partial A_\ell \rVert$ (root of the sum of all squared entries), for
# $\ell = 1$ first.
#
# * `x` `(B, D)`; `weights`: a list of tensors $W_1 \dots W_d$, their shapes matching one after
#   another; all of one float dtype. `activation`: `"sigmoid"`, `"tanh"` or `"relu"`; the slope of
#   ReLU at 0 is 0.
# * Raises `ValueError` for any other activation.
# * By hand: automatic differentiation earns nothing here. Start from $\partial L/\partial U_d$, all
#   ones, and use $\partial L/\partial A_\ell = \partial L/\partial U_\ell \odot \varphi'(A_\ell)$
#   and $\partial L/\partial U_{\ell-1} = (\partial L/\partial A_\ell)\, W_\ell^\top$.
#
# **Example.** `x = [[1.]]`, `weights = [[[0.]], [[2.]]]`, sigmoid: $A_1 = 0$, $U_1 = 0.5$, $A_2 =
# 1$; the slopes are 0.25 and 0.1966, so the lengths are `[0.0983, 0.1966]`. The test takes well
# under a second.
#
# <details><summary>Hint 1</summary>First go forward and keep every A. Then go back from the last
# layer.</details>
# <details><summary>Hint 2</summary>The slope belongs to the layer's own A. You meet the lengths in
# reverse order.</details>

# %% nbgrader={"grade_id": "backward_norms", "solution": true}
def backward_norms(x, weights, activation):
    """Length of the gradient at each layer's weighted sums, the first layer first."""
    ### BEGIN SOLUTION
    if activation not in ("sigmoid", "tanh", "relu"):
        raise ValueError(f"unknown activation {activation!r}")
    u, slopes = x, []
    for w in weights:
        a = u @ w
        if activation == "sigmoid":
            u = torch.sigmoid(a)
            slopes.append(u * (1 - u))
        elif activation == "tanh":
            u = torch.tanh(a)
            slopes.append(1 - u * u)
        else:
            u = a.clamp(min=0)
            slopes.append((a > 0).to(a.dtype))
    back, norms = torch.ones_like(u), []
    for w, slope in zip(reversed(weights), reversed(slopes), strict=True):
        back = back * slope
        norms.append(back.norm().item())
        back = back @ w.T
    return norms[::-1]
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_backward_norms", "points": 2}
from labkit import check

_scratch = check.GRADIENTS + check.LOSSES
_got = check.call("backward_norms", torch.ones(1, 1), [torch.zeros(1, 1), torch.full((1, 1), 2.0)],
                  "sigmoid", forbid=_scratch)
check.close(_got, [0.0983060, 0.1966119], "the example: slopes 0.25 and 0.1966, the weight 2 between")
_got = check.call("backward_norms", torch.ones(1, 1), [torch.eye(1)] * 3, "sigmoid", forbid=_scratch)
check.close(_got, [0.0096416, 0.0490387, 0.2235514],
            "three layers of weight 1: each length is the product of the slopes from there on")
print("backward_norms: the visible tests of the sigmoid pass")

# %% nbgrader={"grade_id": "try_backward_norms", "locked": true}
# Not graded here: tanh, ReLU, and a name that is unknown. The hidden tests look at all three.
_scratch = check.GRADIENTS + check.LOSSES
_got = check.call("backward_norms", torch.ones(1, 1), [torch.eye(1)] * 3, "tanh", forbid=_scratch)
check.close(_got, [0.1677069, 0.3993264, 0.6793383],
            "tanh, three layers of weight 1: each length is the product of the slopes from there on",
            rtol=1e-3)
_got = check.call("backward_norms", torch.tensor([[1.0, -1.0]]), [torch.eye(2), 3 * torch.eye(2)], "relu",
                  forbid=_scratch)
check.close(_got, [3.0, 1.0], "ReLU: the second unit is off, its slope is 0; root of "
            "the sum of squares, no mean")
_weights = [torch.eye(2), torch.tensor([[1.0, 2.0], [1.0, 0.0]])]
_got = check.call("backward_norms", torch.tensor([[0.5, 1.0]]), _weights, "relu", forbid=_scratch)
check.close(_got, [10**0.5, 2**0.5], "ReLU, all units on: W transposed on the way back", rtol=1e-4)
_weights = [torch.tensor([[1.0, 0.0, 2.0], [0.0, -1.0, 1.0]]),
            torch.tensor([[1.0, 2.0], [0.0, 1.0], [-1.0, 0.0]])]
_got = check.call("backward_norms", torch.tensor([[1.0, -1.0], [0.5, 2.0]]), _weights, "tanh",
                  forbid=_scratch)
check.close(_got, [2.2574687, 1.6060735], "two examples, layers of three and two units: one length "
            "over all entries of a layer", rtol=1e-4)
check.raises("backward_norms", ValueError, torch.ones(1, 1), [torch.eye(1)], "gelu",
             where="an activation that the task does not name")
print("backward_norms: tanh, ReLU and the refusal are right too")

# %% nbgrader={"grade_id": "hidden_backward_norms", "points": 1}
from labkit import check

# Hidden tests: sigmoid and tanh in layers of different widths, several examples, float64, against
# automatic differentiation.
### BEGIN HIDDEN TESTS
_scratch = check.GRADIENTS + check.LOSSES
def _truth(x, weights, act):
    u, sums = x.clone().requires_grad_(), []
    for w in weights:
        sums.append(u @ w)
        u = act(sums[-1])
    return [g.norm().item() for g in torch.autograd.grad(u.sum(), sums)]


_g = torch.Generator().manual_seed(4)
_w = [torch.randn(i, o, generator=_g, dtype=torch.float64) for i, o in ((3, 5), (5, 4), (4, 6))]
_x = torch.randn(7, 3, generator=_g, dtype=torch.float64)
for _name in ("sigmoid", "tanh"):
    with check.contract(f"the lengths are wrong for {_name} and layers of different widths"):
        for _rows in (_x, -2 * _x):
            check.close(check.call("backward_norms", _rows, _w, _name, forbid=_scratch),
                        _truth(_rows, _w, getattr(torch, _name)), rtol=1e-8)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "hidden_relu", "points": 1}
from labkit import check

# Hidden tests: the same for ReLU, its slope at 0, and activations that the task does not name.
### BEGIN HIDDEN TESTS
_scratch = check.GRADIENTS + check.LOSSES
def _truth(x, weights, act):
    u, sums = x.clone().requires_grad_(), []
    for w in weights:
        sums.append(u @ w)
        u = act(sums[-1])
    return [g.norm().item() for g in torch.autograd.grad(u.sum(), sums)]


_g = torch.Generator().manual_seed(5)
_w = [torch.randn(i, o, generator=_g, dtype=torch.float64) for i, o in ((3, 5), (5, 4), (4, 6))]
_x = torch.randn(7, 3, generator=_g, dtype=torch.float64)
with check.contract("the lengths are wrong for ReLU and layers of different widths"):
    for _rows in (_x, -2 * _x):
        check.close(check.call("backward_norms", _rows, _w, "relu", forbid=_scratch),
                    _truth(_rows, _w, torch.relu), rtol=1e-8)
with check.contract("the slope of ReLU at 0 is not 0"):
    check.close(check.call("backward_norms", torch.zeros(2, 3), [torch.eye(3)], "relu", forbid=_scratch),
                [0.0])
with check.contract("accepts an activation that the task does not name"):
    for _name in ("softplus", "leaky_relu", "ReLU", "exp", ""):
        check.raises("backward_norms", ValueError, _x, _w, _name)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_backward_norms", "locked": true}
check.show("backward_norms", torch.ones(2, 2), [torch.eye(2) * 0.5] * 4, "sigmoid")

# %% [markdown]
# ## Task 5: a loss of zero (3 points, debug)
#
# Document 001, section 4.1, prints this as the cross-entropy of $n$ samples:
#
# $$Cross\text{-}Entropy = -\frac{1}{n} \sum_{i=1}^{n} y_i \log(\hat{y}_i)$$
#
# Here is a classifier that minimizes it by gradient descent, with $\hat y = \sigma(a)$ and $a =
# x\,w + b$:
#
# ```python
# def _fit_printed(x, y, eta, steps):
#     w, b, losses = x.new_zeros(x.shape[1]), x.new_zeros(()), []
#     for step in range(steps + 1):
#         p = 1 / (1 + torch.exp(-(x @ w + b)))
#         losses.append(-(y * torch.log(p)).mean())
#         if step < steps:
#             error = -y * (1 - p)                  # derivative of the printed loss in a
#             w, b = w - eta * error @ x / len(y), b - eta * error.mean()
#     return w, b, torch.stack(losses)
# ```
#
# Run the cell below: the loss falls and falls, and the model answers 1 to everything. The
# derivative is right *for this loss*. Find what is wrong with it, and look out for a second fault
# once the first is repaired.
#
# Write `fit_classifier(x, y, eta, steps)`, the program as it should have been:
#
# * `x` `(N, D)` float tensor, `y` `(N,)` of the same dtype, zeros and ones; `eta` a number, `steps`
#   an integer.
# * Start from zeros; `steps` steps of gradient descent with the rate `eta` on the mean **binary
#   cross-entropy**, `w` and `b` at once.
# * Returns `(w, b, losses)`: `w` `(D,)`, `b` of shape `()`, `losses` `(steps + 1,)`, the loss
#   before the first step and **after each step**; all of `x`'s dtype. `steps = 0` gives zeros and
#   one loss.
# * All losses must be finite and right, for features up to 1000 in size; one below $10^{-6}$ may be
#   rounded to 0.
# * From scratch (see above).
#
# **Example.** `x = [[1.], [-1.]]`, `y = [1., 0.]`, `eta = 1`, one step: the errors are
# −0.5 and 0.5, so `w = [0.5]`, `b = 0`, and the losses are `[0.6931, 0.4741]`.
#
# <details><summary>Hint 1</summary>What is the derivative of the whole binary cross-entropy in a?
# It is shorter than that of the half.</details>
# <details><summary>Hint 2</summary>−log σ(a) is the softplus of −a, and −log(1 − σ(a)) that of a.
# Task 1 says how a softplus survives large inputs.</details>

# %% nbgrader={"grade_id": "symptom", "locked": true}
# The printed formula at work: 40 of 100 labels are 1.
def _fit_printed(x, y, eta, steps):
    w, b, losses = x.new_zeros(x.shape[1]), x.new_zeros(()), []
    for step in range(steps + 1):
        p = 1 / (1 + torch.exp(-(x @ w + b)))
        losses.append(-(y * torch.log(p)).mean())
        if step < steps:
            error = -y * (1 - p)
            w, b = w - eta * error @ x / len(y), b - eta * error.mean()
    return w, b, torch.stack(losses)


_chance = torch.Generator().manual_seed(0)
_labels = (torch.arange(100) < 40).float()
_features = torch.randn(100, 2, generator=_chance) + _labels[:, None]
_w, _b, _losses = _fit_printed(_features, _labels, 1.0, 2000)
_answers = _features @ _w + _b > 0
print(f"loss {_losses[0]:.3f} to {_losses[-1]:.4f}, {_answers.sum()} of 100 called 1, 40 are")

# %% nbgrader={"grade_id": "fit_classifier", "solution": true}
def fit_classifier(x, y, eta, steps):
    """Weights (D,), bias () and losses (steps + 1,) of descent on binary cross-entropy."""
    ### BEGIN SOLUTION
    w, b, losses = x.new_zeros(x.shape[1]), x.new_zeros(()), []
    for step in range(steps + 1):
        a = x @ w + b
        losses.append((a.clamp(min=0) - a * y + torch.log1p(torch.exp(-a.abs()))).mean())
        if step < steps:
            error = (torch.sigmoid(a) - y) / len(y)
            w, b = w - eta * error @ x, b - eta * error.sum()
    return w, b, torch.stack(losses)
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_fit_classifier", "points": 1}
from labkit import check

_scratch = check.GRADIENTS + check.LOSSES
_got = check.call("fit_classifier", torch.tensor([[1.0], [-1.0]]), torch.tensor([1.0, 0.0]), 1.0, 1,
                  forbid=_scratch)
_w, _b, _losses = check.parts(_got, "w", "b", "losses")
check.close(_w, torch.tensor([0.5]), "w after the step of the example: what does the loss of the label 0 "
            "add to the derivative, is it the mean over N, and is it one step?")
check.close(_b, torch.tensor(0.0), "b after the step of the example: the errors cancel", atol=1e-7)
check.close(_losses, torch.tensor([0.6931472, 0.4740770]), "the losses of the example, before and after")
print("fit_classifier: the visible tests pass")

# %% nbgrader={"grade_id": "try_fit_classifier", "locked": true}
# Not graded here: labels of 0 alone, and features of a large size. The hidden tests look at such
# cases.
_scratch = check.GRADIENTS + check.LOSSES
_got = check.call("fit_classifier", torch.ones(2, 1), torch.zeros(2), 1.0, 1, forbid=_scratch)
_w, _b, _losses = check.parts(_got, "w", "b", "losses")
check.close(_b, torch.tensor(-0.5), "labels of 0 alone: b goes down, by the same errors that moved w")
_got = check.call("fit_classifier", torch.tensor([[300.0], [-200.0]]), torch.tensor([1.0, 1.0]), 1.0, 1,
                  forbid=_scratch)
_w, _b, _losses = check.parts(_got, "w", "b", "losses")
check.close(_losses, torch.tensor([0.6931472, 2499.75]), "large features: the loss after one step")
_got = check.call("fit_classifier", torch.ones(2, 1), torch.zeros(2), 1.0, 0, forbid=_scratch)
check.close(list(_got), [torch.zeros(1), torch.tensor(0.0), torch.tensor([0.6931472])],
            "steps = 0: zeros, and one loss")
print("fit_classifier: the other label, large features and no step are right too")

# %% nbgrader={"grade_id": "hidden_fit_classifier", "points": 1}
from labkit import check


# Hidden tests: weights and bias after many steps on other data in float64, labels all the same.
### BEGIN HIDDEN TESTS
def _descent(x, y, eta, steps):
    theta = torch.zeros(x.shape[1] + 1, dtype=x.dtype, requires_grad=True)
    losses = []
    for _ in range(steps + 1):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(x @ theta[:-1] + theta[-1], y)
        losses.append(loss.detach())
        (slope,) = torch.autograd.grad(loss, theta)
        last = theta.detach().clone()
        theta.data.sub_(eta * slope)
    return last[:-1], last[-1], torch.stack(losses)


_scratch = check.GRADIENTS + check.LOSSES
_g = torch.Generator().manual_seed(5)
_x = 6 * torch.randn(30, 3, generator=_g, dtype=torch.float64)
_y = (torch.arange(30) % 3 == 0).double()
with check.contract("w or b after 60 steps in float64 is wrong"):
    for _rows in (_x, _x.flip(0)):
        _got = check.call("fit_classifier", _rows, _y, 0.5, 60, forbid=_scratch)
        check.close([_got[0], _got[1]], [*_descent(_rows, _y, 0.5, 60)[:2]], rtol=1e-8, atol=1e-10)
with check.contract("w or b is wrong where all labels are the same"):
    for _same in (0 * _y, 0 * _y + 1):
        _got = check.call("fit_classifier", _x, _same, 0.5, 20, forbid=_scratch)
        check.close([_got[0], _got[1]], [*_descent(_x, _same, 0.5, 20)[:2]], rtol=1e-8, atol=1e-10)
with check.contract("w is wrong when the loss becomes small"):
    _pair = torch.tensor([[2.0, 0.0], [-2.0, 1.0]], dtype=torch.float64)
    check.close(check.call("fit_classifier", _pair, _y[:2], 2.0, 60, forbid=_scratch)[0],
                _descent(_pair, _y[:2], 2.0, 60)[0], rtol=1e-8)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "hidden_losses", "points": 1}
from labkit import check


# Hidden tests: the losses of many steps in float64, of none, of large features, labels all the same.
### BEGIN HIDDEN TESTS
def _descent(x, y, eta, steps):
    theta = torch.zeros(x.shape[1] + 1, dtype=x.dtype, requires_grad=True)
    losses = []
    for _ in range(steps + 1):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(x @ theta[:-1] + theta[-1], y)
        losses.append(loss.detach())
        (slope,) = torch.autograd.grad(loss, theta)
        last = theta.detach().clone()
        theta.data.sub_(eta * slope)
    return last[:-1], last[-1], torch.stack(losses)


_scratch = check.GRADIENTS + check.LOSSES
_g = torch.Generator().manual_seed(6)
_x = 6 * torch.randn(30, 3, generator=_g, dtype=torch.float64)
_y = (torch.arange(30) % 3 == 0).double()
with check.contract("the losses of 60 steps in float64 are wrong"):
    for _rows in (_x, _x.flip(0)):
        check.close(check.call("fit_classifier", _rows, _y, 0.5, 60, forbid=_scratch)[2],
                    _descent(_rows, _y, 0.5, 60)[2], rtol=1e-8)
with check.contract("the losses are wrong when they become small"):
    _pair, _labels = torch.tensor([[2.0, 0.0], [-2.0, 1.0]]), torch.tensor([1.0, 0.0])
    check.close(check.call("fit_classifier", _pair, _labels, 2.0, 60, forbid=_scratch)[2],
                _descent(_pair, _labels, 2.0, 60)[2], rtol=1e-3)
with check.contract("steps = 0 must give one loss"):
    check.close(check.call("fit_classifier", _x, _y, 0.5, 0, forbid=_scratch)[2],
                torch.full((1,), math.log(2), dtype=torch.float64), rtol=1e-9)
with check.contract("a loss is wrong where all labels are the same"):
    for _same in (0 * _y, 0 * _y + 1):
        check.close(check.call("fit_classifier", _x, _same, 0.5, 20, forbid=_scratch)[2],
                    _descent(_x, _same, 0.5, 20)[2], rtol=1e-8, atol=1e-8)
with check.contract("a loss is not finite or wrong for large features"):
    _far = torch.tensor([[400.0, -300.0], [-500.0, 100.0], [50.0, 900.0], [-20.0, 700.0]])
    _labels = torch.tensor([1.0, 0.0, 0.0, 1.0])
    check.close(check.call("fit_classifier", _far, _labels, 2.0, 3, forbid=_scratch)[2],
                _descent(_far, _labels, 2.0, 3)[2], rtol=1e-4, atol=1e-5)
with check.contract("a loss is wrong where the prediction is almost 1 for a label of 0"):
    _sure, _labels = torch.tensor([[5.0, 0.0], [4.0, 0.0]]), torch.tensor([1.0, 0.0])
    check.close(check.call("fit_classifier", _sure, _labels, 16.0, 1, forbid=_scratch)[2],
                torch.tensor([math.log(2), 8.0]))
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_fit_classifier", "locked": true}
check.show("fit_classifier", torch.tensor([[0.0], [1.0], [2.0], [3.0]]),
           torch.tensor([0.0, 1.0, 0.0, 1.0]), 0.5, 3)

# %% [markdown]
# ## Task 6: weights that keep gradients alive (2 points, experiment)
#
# `growth(gain, leak, seed)` in the first cell measures by which factor a gradient grows a layer on
# its way back through 20 leaky ReLU layers. For one gain between 0.5 and 3 the gradient keeps its
# length: the factor is 1. Write `balanced_gain(leak)`, which returns that gain as a Python float,
# within **3 percent**.
#
# * `leak`, the slope below zero, lies between 0 and 1.
# * The factor depends on the seed: one network may be off by up to 10 percent. The tests compare with
#   the gain for which the **median factor of the seeds 0 to 8** is 1. About 9 to 120 runs of
#   `growth` are enough; the test takes about a second.
# * The estimate must come from runs, what the leak does included: the hidden tests put other
#   functions in the place of `growth`, also ones in which two of three seeds are 8 percent off.
#
# **Example.** With `leak = 1` the network is linear, and the answer is near 1: from about 0.98 to
# 1.03 everything is accepted.
#
# <details><summary>Hint 1</summary>How does the factor change when the gain is doubled? Measure it
# once and think about what leaky ReLU does to 2a.</details>
# <details><summary>Hint 2</summary>If you see no law, halve an interval: at one end the median
# factor is below 1, at the other above.</details>

# %% nbgrader={"grade_id": "balanced_gain", "solution": true}
def balanced_gain(leak):
    """Gain for which the median growth of the gradient over nine seeds is 1."""
    ### BEGIN SOLUTION
    low, high = 0.5, 3.0
    while high / low > 1.03:
        middle = (low * high) ** 0.5
        factors = sorted(growth(middle, leak, seed) for seed in range(9))
        if factors[4] < 1:
            low = middle
        else:
            high = middle
    return (low * high) ** 0.5
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_balanced_gain", "points": 1}
from labkit import check

for _leak in (1.0, 0.0):
    _got = check.call("balanced_gain", _leak)
    check.true(isinstance(_got, float) and 0.5 <= _got <= 3,
               f"leak {_leak}: expected a Python float from 0.5 to 3, got {_got!r}")
    _middle = sorted(growth(_got, _leak, seed) for seed in range(9))[4]
    check.close(_middle, 1.0, f"leak {_leak}: the median factor a layer at your gain {_got:.3f} "
                "(3 percent are allowed)", rtol=0.03)
print("balanced_gain: the visible tests pass")

# %% nbgrader={"grade_id": "hidden_balanced_gain", "points": 1}
from unittest import mock

from labkit import check


# Hidden tests: other leaks, whether the answer follows growth, and whether on more than one seed.
### BEGIN HIDDEN TESTS
def _balance(leak):
    return 1 / sorted(growth(1.0, leak, _seed) for _seed in range(9))[4]


with check.contract("more than 3 percent away for another leak"):
    check.close(check.call("balanced_gain", 0.3), _balance(0.3), rtol=0.03)
with check.contract("the answer does not follow the runs of growth"):
    _want = _balance(0.73)
    _leaky = torch.nn.functional.leaky_relu
    with mock.patch("torch.nn.functional.leaky_relu", lambda a, leak: 0.6 * _leaky(a, leak + 0.6)):
        check.close(check.call("balanced_gain", 0.13), _want / 0.6, rtol=0.03)
    with mock.patch("torch.nn.functional.leaky_relu", lambda a, leak: 0.93 * _leaky(a, leak)):
        check.close(check.call("balanced_gain", 0.73), _want / 0.93, rtol=0.03)
with check.contract("the answer rests on one network: with some seeds 8 percent off, it is far off"):
    for _off in ((1.08, 1.0, 1 / 1.08), (1 / 1.08, 1.08, 1.0)):
        with mock.patch("__main__.growth", lambda gain, leak, seed, off=_off:
                        gain * (1 + leak) * off[seed % 3] / 1.7):
            check.close(check.call("balanced_gain", 0.36), 1.25, rtol=0.03)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "show_balanced_gain", "locked": true}
check.show("balanced_gain", 0.2, digits=2)

# %% [markdown]
# ## Task 7: in your own words (3 points, graded by hand)
#
# Somebody trains the printed loss of task 5 on images of cats ($y = 1$) and dogs ($y = 0$). The
# loss on the training images and that on new images both fall to 0.0001. One point a part, in five
# to eight sentences together; in (b) and (c) each of the two answers earns half a point:
#
# (a) Why does a loss near zero on *new* images not show that the model works here? (b) Somebody
# proposes to stop the harm by training with a smaller rate, somebody else by adding $10^{-8}$
# inside the logarithm. Why does neither help? (c) With the right loss, computed as $\log \hat y$
# and $\log(1-\hat y)$, training by automatic differentiation ends in `nan` after a long good time.
# Why only then, and what is the cure?

# %% [markdown] nbgrader={"grade_id": "written", "points": 3, "solution": true}
# ### BEGIN MARK SCHEME
# Per part 1, ½ or 0 points. The words do not matter, nor the number of sentences; the reason does.
# A false statement beside a right one costs ½ in (a), never below 0; in (b) and (c) a half that
# holds a false reason earns 0, whatever stands beside it; the other half is untouched.
#
# (a) 1: dogs cost nothing in this loss whatever the answer, so that "cat" to every image is its
# best answer (new images need not be named); or: the loss never looks at the probability given to a
# dog; or: the term of the label 0 is missing, and the new images are measured by the same half; or:
# "cat" to every image, new ones too, already has the loss 0; or: "no term for dogs", "only the cats
# count". ½: only one of "a term is missing" and "it calls everything a cat", with no word that this
# costs nothing; both together earn 1. 0: overfitting, leakage, or "loss is not accuracy" alone.
#
# (b) ½ for the rate: the minimum of the loss is wrong, so a smaller rate arrives at the same place,
# only later; "slower, the same end" or "it only gets slower" is enough, and so is "the fault is in
# the loss, not in the step". ½ for the 1e-8: it guards against the logarithm of 0, and here the
# predictions go to 1, where the logarithm is harmless ("which is not the fault here" is enough, and
# so is "it only, or just, guards against log 0"; without such a word it earns 0); or: it changes
# nothing about the missing half; or: the gradient still pushes every answer towards 1, with or
# without a word on size. "Too small to matter" alone earns 0: size is not the reason. "It does not
# help" without the reason earns 0 of its half. One reason given for both proposals, such as "the
# loss itself is wrong", earns both halves.
#
# (c) ½ for the cause: a good model becomes sure, its logits grow, ŷ is rounded to exactly 1 (or 0),
# and 0 · log 0 is nan (or log 0 is −inf); any word that ŷ comes nearer to 0 or 1 with training
# counts as the growth. It takes both, the growth and a ŷ of exactly 0 or 1: "log 0" with no word on
# why so late, or "large weights" with no word on the rounding, earns 0 of this half. ½ for the
# cure: compute the loss from the logits (log-sum-exp, softplus, BCEWithLogitsLoss). A smaller rate,
# clipping, ε or float64 as the only cure earn 0 of this half, and cost nothing beside the logits;
# so does the gradient ŷ − y alone, which keeps the loss nan.
# ### END MARK SCHEME
