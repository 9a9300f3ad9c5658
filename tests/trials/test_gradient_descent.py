"""The documents on trial: gradient descent.

Each test holds what a document prints to its recorded outcome, and the correction to the truth.
The ids that a test serves are in book/_data/errata/gradient_descent.yml.
"""

import functools
import graphlib
import itertools
import re
import warnings

import numpy as np
import pytest
import scipy.optimize
import torch
from sklearn.linear_model import LinearRegression

from labkit.authoring import trial

AREA = np.array([1000.0, 2000.0, 3000.0])  # the data of L04 and L06
PRICE = np.array([1500.0, 2500.0, 3000.0])
ONES = np.ones(3)
SCALED = np.column_stack([(AREA - AREA.mean()) / AREA.std(), ONES])
SEED = "import numpy as np\nnp.random.seed(0)\n"


def mse(w, x, y):
    return float(np.mean((y - x @ w) ** 2))


def gradient(w, x, y):
    """F05: -(2/n) sum (y_i - w.x_i) x_i."""
    return -2 / len(y) * (y - x @ w) @ x


def hessian(x):
    return 2 / len(x) * x.T @ x


def descend(w, x, y, lr, steps):
    """Plain descent on the mean squared error; every point of the way."""
    way = [np.asarray(w, dtype=float)]
    for _ in range(steps):
        way.append(way[-1] - lr * gradient(way[-1], x, y))
    return np.array(way)


# L04, in the order in which the faults come to light. Each pair is one repair.
SHAPE = ("2 * (y - y_pred) * X", "2 * (y - y_pred) @ X")
SIGN = ("2 * (y - y_pred) @ X", "-2 * (y - y_pred) @ X")
STEP = ("learning_rate = 0.01", "learning_rate = 1e-7")
MEAN = ("(y - y_pred) @ X", "(y - y_pred) @ X / len(y)")
COLUMN = ("[[1000], [2000], [3000]]", "[[1000, 1], [2000, 1], [3000, 1]]")
WEIGHTS = ("np.random.randn(1)", "np.random.randn(2)")
SCALE = ("y = np", "X = np.column_stack([(X - X.mean()) / X.std(), np.ones(3)])\ny = np")
COUNT = [("for _ in range(1000):", "for updates in range(1, 1001):"),
         ("learning_rate * dw", "learning_rate * dw\n    if not np.isfinite(w).all(): break")]


def repaired(*pairs):
    """L04 with these repairs and a count of its updates; a fixed seed, since it has none."""
    text = trial.repair(trial.listing("L04").text, *pairs, *COUNT).text
    got = trial.run(text, setup=SEED, probe=["w", "updates", "loss.mean()"])
    assert got.status == "ok"
    return np.array(got.values["w"]), got.values["updates"], got.values["loss.mean()"]


def test_house_price_listing(outcome):
    printed = trial.run(trial.listing("L04").text, setup=SEED, probe=["w"])
    assert (printed.status, printed.type) == ("error", "ValueError")
    assert printed.source == "w -= learning_rate * dw" and printed.stdout == ""
    bare = trial.repair(trial.listing("L04").text, ("w -= ", "w = w - "))
    assert "not aligned" in trial.run(bare.text).message  # put off by one round, no more
    w, shape, _ = repaired(SHAPE)
    assert not np.isfinite(w).all()
    w, sign, _ = repaired(SHAPE, SIGN)
    assert not np.isfinite(w).all()
    w, still, _ = repaired(SHAPE, SIGN, STEP)
    assert still == 1000 and abs(w[0]) > 1e200
    w, _, one = repaired(SHAPE, SIGN, STEP, MEAN)
    assert w == pytest.approx(AREA @ PRICE / (AREA @ AREA), rel=1e-9)
    _, _, raw = repaired(SHAPE, SIGN, STEP, MEAN, WEIGHTS, COLUMN)
    assert raw > 0.99 * one  # a column of ones alone: 1000 updates hardly move the intercept
    w, updates, best = repaired(SHAPE, SIGN, MEAN, WEIGHTS, SCALE)
    want, rest, *_ = np.linalg.lstsq(np.column_stack([AREA, ONES]), PRICE)
    slope = w[0] / AREA.std()
    assert [slope, w[1] - slope * AREA.mean()] == pytest.approx(want, rel=1e-6)
    assert best == pytest.approx(rest[0] / 3, rel=1e-9) and updates == 1000
    outcome("L04", "As printed it stops at line {line} with `{type}: {message}`. Repaired one "
            "after another: with the shape right, the weight is not finite after {shape} updates; "
            "with the sign right as well, after {sign}; with a step of 1e-7 it still grows, to "
            "{grown}; divided by n it settles at w = {w:.4f} with a mean squared error of "
            "{one:,.0f}; with the area standardized, a column of ones and the printed step of "
            "0.01 it reaches {best:,.1f}, the least-squares value.",
            line=printed.line, type=printed.type, message=printed.message, shape=shape, sign=sign,
            grown="more than 1e200", w=AREA @ PRICE / (AREA @ AREA), one=one, best=best)
    outcome("C027", "No parameters are obtained: the run stops with a {type} in the first of the "
            "{rounds} rounds, w still has the random value it started with, and nothing is "
            "printed.", type=printed.type, rounds=1000)
    assert printed.values["w"] == pytest.approx(np.random.RandomState(0).randn(1))


def test_printed_gradient(outcome):
    draw = np.random.default_rng(0)
    x, y, w = draw.normal(size=(20, 3)), draw.normal(size=20), draw.normal(size=3)
    differences = scipy.optimize.approx_fprime(w, mse, 1e-7, x, y)
    assert gradient(w, x, y) == pytest.approx(differences, rel=1e-5)
    leaf = torch.tensor(w, requires_grad=True)
    torch.nn.functional.mse_loss(torch.tensor(x) @ leaf, torch.tensor(y)).backward()
    assert gradient(w, x, y) == pytest.approx(leaf.grad.numpy(), rel=1e-12)
    outcome("F05", "On {n} random samples with {d} features the printed gradient agrees with "
            "finite differences to 1e-5 and with autograd to 1e-12.", n=20, d=3)
    start = np.array([0.5])
    code = 2 * (PRICE - AREA[:, None] @ start) * AREA[:, None]  # as L04 and L06 write it
    true = gradient(start, AREA[:, None], PRICE)
    assert code.shape == (3, 3)
    assert np.trace(code) == pytest.approx(-3 * true[0], rel=1e-12)
    assert mse(start + 1e-9 * true, AREA[:, None], PRICE) > mse(start, AREA[:, None], PRICE)
    assert mse(start - 1e-9 * true, AREA[:, None], PRICE) < mse(start, AREA[:, None], PRICE)
    outcome("F37", "For three houses and one weight at w = 0.5 the printed line gives a matrix of "
            "shape {shape}. Only its diagonal belongs to the gradient: the diagonal adds up to "
            "{trace:,.0f}, which is minus {n} times the gradient {true:,.0f} of F05, so sign, sum "
            "and mean are all missing.",
            shape=str(code.shape), trace=np.trace(code), n=3, true=true[0])


def test_linear_model(outcome):
    x = np.column_stack([AREA, ONES])
    for w in np.random.default_rng(0).normal(size=(100, 1)):
        assert np.zeros(1) @ w == 0  # no weight can predict anything else for an area of zero
    one = np.linalg.lstsq(AREA[:, None], PRICE)[0]
    both = np.linalg.lstsq(x, PRICE)[0]
    ours = LinearRegression().fit(AREA[:, None], PRICE)
    assert x @ both == pytest.approx(ours.predict(AREA[:, None]), rel=1e-10)
    without, with_ = mse(one, AREA[:, None], PRICE), mse(both, x, PRICE)
    assert without > 5 * with_
    outcome("F03", "With the area alone the model predicts {at_zero} for an area of 0, whatever "
            "the weight; with a constant 1 as second feature its best fit equals scikit-learn's, "
            "{slope:.2f} x + {intercept:.2f}.", at_zero=0, slope=both[0], intercept=both[1])
    outcome("C029", "The best single weight is {w:.4f}, with a mean squared error of "
            "{without:,.0f}; with an intercept least squares gives {slope:.2f} x + "
            "{intercept:.2f} and {with_:,.0f}, smaller by a factor of {ratio:.1f}.",
            w=one[0], without=without, slope=both[0], intercept=both[1], with_=with_,
            ratio=without / with_)


def test_argmin(outcome):
    best = np.linalg.lstsq(SCALED, PRICE)[0]
    starts = np.random.default_rng(0).normal(scale=5000, size=(5, 2))
    for start in starts:
        found = scipy.optimize.minimize(mse, start, args=(SCALED, PRICE), tol=1e-10).x
        assert found == pytest.approx(best, rel=1e-4)
    assert np.abs(gradient(best, SCALED, PRICE)).max() < 1e-9
    outcome("F06", "On the standardized house prices a general minimizer from {starts} random "
            "starts finds the same argmin as least squares, ({slope:.2f}, {level:.2f}).",
            starts=5, slope=best[0], level=best[1])
    x, labels = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([-1, -1, 1, 1])
    loss = [float(np.log1p(np.exp(-labels * w * x)).mean()) for w in (1, 10, 20)]
    assert loss[0] > 1000 * loss[1] > 1e6 * loss[2] > 0  # falls for ever, never attained
    twice = np.column_stack([SCALED, ONES])  # two columns that do the same: many minimizers
    assert mse(np.append(best, 0), twice, PRICE) == pytest.approx(
        mse(np.append(best - [0, 100], 100), twice, PRICE), rel=1e-12)
    outcome("F07", "The formula is the same. That an argmin exists and is the only one is an "
            "assumption: for separable labels the logistic loss falls from {one:.2g} at w = 1 to "
            "{ten:.2g} at w = 10 and {twenty:.2g} at w = 20 and has no minimizer; with a feature "
            "given twice there is a whole line of them.",
            one=loss[0], ten=loss[1], twenty=loss[2])


def test_update_rule(outcome):
    x, y = torch.tensor(SCALED), torch.tensor(PRICE)
    theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=0.1)
    for _ in range(50):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(x @ theta, y).backward()
        optimizer.step()
    way = descend([0, 0], SCALED, PRICE, 0.1, 50)
    assert way[-1] == pytest.approx(theta.detach().numpy(), rel=1e-12)
    outcome("F13", "{steps} updates of the formula on the whole house-price data give "
            "({slope:.4f}, {level:.4f}), as `torch.optim.SGD` does on the full batch.",
            steps=50, slope=way[-1][0], level=way[-1][1])
    raw, w = np.column_stack([AREA / 1000, ONES]), np.zeros(2)
    for i in (0, 1):  # the mistake that the index "old" forbids: w[1] sees the new w[0]
        w[i] -= 0.1 * gradient(w, raw, PRICE)[i]
    right = descend([0, 0], raw, PRICE, 0.1, 1)[-1]
    assert w[0] == right[0] and abs(w[1] - right[1]) > 0.5 * abs(right[1])
    outcome("F36", "The same rule. One step of 0.1 on the area in thousands, with both parts of "
            "the gradient taken at the old parameters, gives ({slope:.1f}, {level:.1f}); if the "
            "second part is taken after the first was changed, the second parameter becomes "
            "{mixed:.1f}.", slope=right[0], level=right[1], mixed=w[1])
    theta = np.ones(2)
    for _ in range(50):
        theta = theta + 0.1 * np.array([1, -1]) * theta  # gradient of theta^2 / 2 is theta
    assert theta[0] > 100 and theta[1] < 0.01
    outcome("C020", "On θ²/2 from θ = 1 with a step of 0.1, {steps} steps along the gradient end "
            "at {up:.1f}; {steps} steps against it end at {down:.4f}.",
            steps=50, up=theta[0], down=theta[1])


def diverges(lr, steps=1000):
    """Whether descent with one weight on the raw areas ends farther away than it began."""
    best = AREA @ PRICE / (AREA @ AREA)
    factor = 1 - lr * 2 * (AREA @ AREA) / 3
    with np.errstate(over="ignore", invalid="ignore"):
        last = descend([0.0], AREA[:, None], PRICE, lr, steps)[-1, 0]
        assert (abs(factor) > 1) == (not abs(last - best) < best)  # theory and run agree
    return not abs(last - best) < best


def test_step_limit(outcome):
    limit = 2 / np.linalg.eigvalsh(hessian(AREA[:, None])).max()
    low, high = 1e-9, 1e-5
    while high - low > 1e-5 * low:
        middle = (low + high) / 2
        low, high = (low, middle) if diverges(middle) else (middle, high)
    assert low == pytest.approx(limit, rel=1e-4) and diverges(0.01)
    total = 2 / np.linalg.eigvalsh(3 * hessian(AREA[:, None])).max()
    outcome("C028", "Bisection over the step finds that descent on the mean loss stops converging "
            "at {found:.3g}; 2/λmax is {limit:.3g} ({total:.3g} for the summed loss of the "
            "listing). The printed 0.01 is {times:,.0f} times the edge of "
            "the mean loss and {summed:,.0f} times that of the summed one.",
            rel={"found": 1e-4}, found=low, limit=limit, total=total, times=0.01 / limit,
            summed=0.01 / total)
    raw = np.column_stack([AREA / 1000, ONES])
    limit = 2 / np.linalg.eigvalsh(hessian(raw)).max()
    best = mse(np.linalg.lstsq(raw, PRICE)[0], raw, PRICE)

    def updates(share):
        gap = [mse(w, raw, PRICE) - best for w in descend([0, 0], raw, PRICE, share * limit, 4000)]
        assert gap[-1] < gap[0]
        return next((k for k, g in enumerate(gap) if g < 1e-3 * gap[0]), len(gap))
    small, half, near = updates(0.02), updates(0.5), updates(0.95)
    assert small > 10 * half
    over = descend([0, 0], raw, PRICE, 1.05 * limit, 200)[-1]
    assert mse(over, raw, PRICE) > 1e6 * mse(np.zeros(2), raw, PRICE)
    outcome("C155", "House prices with the area in thousands, until the excess loss is a "
            "thousandth: {small} updates at 2 % of 2/λmax, {half} at 50 %, {near} at 95 %. At "
            "105 % the loss is over a million times its first value after 200 updates.",
            small=small, half=half, near=near)


def test_double_well(outcome):
    def height(x):
        return (x**2 - 1) ** 2 + 0.3 * x
    ends = []
    for x in (1.0, -1.0):
        for _ in range(20000):
            x -= 0.01 * (4 * x * (x**2 - 1) + 0.3)
        ends.append(x)
    lowest = scipy.optimize.brute(lambda x: height(x[0]), [(-2, 2)], Ns=401)[0]
    right, left = ends
    assert abs(4 * right * (right**2 - 1) + 0.3) < 1e-9  # stationary, so it stays there
    assert left == pytest.approx(lowest, abs=1e-3) and height(right) > height(left) + 0.5
    bowl = descend([5000, -5000], SCALED, PRICE, 0.1, 500)[-1]
    assert bowl == pytest.approx(np.linalg.lstsq(SCALED, PRICE)[0], rel=1e-9)
    outcome("C003", "On (x²−1)² + 0.3x descent from x = 1 stops at x = {right:.3f} with the value "
            "{high:.3f}; from x = −1 it finds the minimum, x = {left:.3f} with {low:.3f}. On the "
            "convex house-price loss it reaches the minimum from far away.",
            right=right, high=height(right), left=left, low=height(left))


CORNERS = torch.tensor([[-1, -1], [-1, 1], [1, -1], [1, 1]], dtype=torch.float64)


def tanh_net(theta, target):
    """Mean squared error of networks 2-h-1 on four points; theta is (..., 4h + 1)."""
    h = (theta.shape[-1] - 1) // 4
    first, bias, second, last = theta.split([2 * h, h, h, 1], dim=-1)
    hidden = torch.tanh(CORNERS @ first.unflatten(-1, (2, h)) + bias.unsqueeze(-2))
    return (((hidden * second.unsqueeze(-2)).sum(-1) + last - target) ** 2).mean(-1)


def train(theta, target, steps, lr=0.05):
    for _ in range(steps):
        theta = theta.detach().requires_grad_()
        slope, = torch.autograd.grad(tanh_net(theta, target).sum(), theta)
        theta = theta - lr * slope
    return theta.detach(), slope


def test_local_minima(outcome):
    generator, kind = torch.Generator().manual_seed(0), {"dtype": torch.float64}
    xor, left = 0.8 * torch.tensor([-1, 1, 1, -1], **kind), 0.8 * torch.tensor([-1, -1, 1, 1])
    found = {}  # each width at the best of its steps: failures by seed, step, the failed networks
    for h in (2, 32):
        starts = torch.cat([torch.randn(50, 4 * h + 1, generator=torch.Generator().manual_seed(s),
                                        **kind) for s in range(5)])
        runs = []
        for lr in (0.05, 0.1, 0.3):
            theta = train(starts, xor, 1000, lr)[0]
            lost = ~(tanh_net(theta, xor) <= 0.05)  # nan fails as well
            runs.append((lost.view(5, 50).sum(1).tolist(), lr, theta[lost]))
        found[h] = min(runs, key=lambda run: sum(run[0]))
    narrow, step, waiting = found[2]
    assert min(narrow) >= 3 and sum(found[32][0]) == 0
    later = tanh_net(train(waiting, xor, 9000, step)[0], xor)
    still = int((~(later <= 0.05)).sum())
    assert still < 0.8 * len(waiting)
    theta = 1e-3 * torch.randn(20, 33, generator=generator, **kind)
    stall, slope = train(theta, left, 5)
    for _ in range(40):  # until the slope is smallest: the place that looks like a minimum
        further, steeper = train(stall, left, 5)
        if steeper.norm() > slope.norm():
            break
        stall, slope = further, steeper
    bends = torch.linalg.eigvalsh(torch.func.hessian(tanh_net)(stall[0], left))
    high = tanh_net(stall, left).min().item()
    end = tanh_net(train(stall, left, 2000)[0], left).max().item()
    assert slope.norm(dim=-1).max() < 0.05 and bends[0] < -0.1 and bends[-1] > 0.1
    assert end < 0.01 * high
    outcome("C004", "XOR with tanh networks, 50 starts for each of 5 seeds, the best of three "
            "steps for each width. After a budget of 1,000 updates {least} to {most} of 50 "
            "networks with 2 hidden units are still above a loss of 0.05, with 32 none. Of those "
            "{waiting} narrow ones {still} remain after 10,000: many were slow, not trapped. Where "
            "20 wide networks with tiny initial weights stall at a loss of {high:.2f}, the Hessian "
            "has eigenvalues from {low:.2f} to {top:.2f}: a saddle, which all of them leave for a "
            "loss below 1 % of that.",
            rel={"low": 0.02, "top": 0.02, "high": 1e-3, "least": 0.3, "most": 0.3, "waiting": 0.1,
                 "still": 0.3},
            least=min(narrow), most=max(narrow), waiting=len(waiting), still=still, high=high,
            low=bends[0], top=bends[-1])


def test_accuracy(outcome):
    draw = np.random.default_rng(0)
    label = np.repeat([-1.0, 1.0], 100)
    x = np.column_stack([draw.normal(size=(200, 2)) + 1.5 * label[:, None], np.ones(200)])

    def accuracy(w):
        return float(np.mean(np.sign(x @ w) == label))

    def logistic(w):
        return float(np.logaddexp(0, -label * (x @ w)).mean())
    at = draw.normal(size=(200, 3))
    flat = sum(not scipy.optimize.approx_fprime(w, accuracy, 1e-7).any() for w in at)
    assert flat >= 199
    leaf = torch.tensor(at[0], requires_grad=True)
    with pytest.raises(RuntimeError, match="does not require grad"):
        (torch.sign(torch.tensor(x) @ leaf) == torch.tensor(label)).double().mean().backward()
    start = np.array([-1.0, 0.5, 0.5])
    stays, moves = start.copy(), start.copy()
    for _ in range(200):
        stays = stays + 0.5 * scipy.optimize.approx_fprime(stays, accuracy, 1e-7)
        moves = moves - 0.5 * scipy.optimize.approx_fprime(moves, logistic, 1e-7)
    assert (stays == start).all() and accuracy(moves) > accuracy(start) + 0.2
    outcome("C005", "The slope of the accuracy is zero at {flat} of {tried} random weights; 200 "
            "steps on it leave the weights where they were, with an accuracy of {start:.1%}. 200 "
            "steps on the logistic loss from the same start reach {end:.1%}.",
            rel={"end": 0.01}, flat=flat, tried=200, start=accuracy(start), end=accuracy(moves))


def per_sample(w, x, y, lr, epochs):
    """One update a sample, in order: the points after each epoch, and the number of updates."""
    way, updates = [np.asarray(w, dtype=float)], 0
    for _ in range(epochs):
        w = way[-1]
        for i in range(len(y)):
            w = w - lr * gradient(w, x[i:i + 1], y[i:i + 1])
            updates += 1
        way.append(w)
    return np.array(way), updates


def test_per_sample(outcome):
    best = np.linalg.lstsq(SCALED, PRICE)[0]
    single, updates = per_sample([0, 0], SCALED, PRICE, 0.1, 300)
    batch = descend([0, 0], SCALED, PRICE, 0.1, 300)
    assert updates == 3 * (len(batch) - 1)
    apart = np.linalg.norm(single[1] - batch[1]) / np.linalg.norm(batch[1])
    assert apart > 0.5
    outcome("C023", "Read as one update for each sample, one pass over the {n} houses makes {n} "
            "updates; gradient descent over the set makes {one}. After one pass with a step of 0.1 "
            "on the standardized data the two stand {apart:.0%} apart.", n=3, one=1, apart=apart)
    off = [float(np.linalg.norm(way[-1] - best)) for way in (single, batch)]
    assert np.linalg.norm(single[-1] - single[-2]) < 1e-9  # settled, but not at the minimum
    assert off[0] > 10 and off[1] < 1e-9
    outcome("C152", "The loop of the pseudo-code, {epochs} passes with a step of 0.1 on the "
            "standardized house prices, makes {updates} updates and comes to rest {off:.1f} away "
            "from the least-squares parameters; gradient descent over the set makes {epochs} and "
            "meets them to 1e-9.", epochs=300, updates=updates, off=off[0])


BATCH = f"""
import numpy as np
data = np.array({SCALED.tolist()}), np.array({PRICE.tolist()})
learning_rate, num_epochs = 0.1, 4
class Model:
    def __init__(self):
        self.w, self.way = np.zeros(2), []
    def update_parameters(self, change):
        self.w = self.w + change
        self.way.append(self.w)
    def __call__(self, x):
        self.x = np.atleast_2d(x)
        return self.x @ self.w
model = Model()
def loss_function(y_pred, y):
    model.residual = y_pred - y
    return np.mean(model.residual**2)
def grad_function(loss):
    return 2 * model.residual @ model.x / len(model.x)
class Dataset:
    def __iter__(self):
        global y_pred
        for x, y in zip(*data):
            y_pred = model(x)
            yield x, y
dataset = Dataset()
"""


def test_batch_listing(outcome):
    text = trial.listing("L29").text
    missing, setup = [], ""
    for name, supply in (("num_epochs", "num_epochs = 1"), ("dataset", "dataset = [(1, 2)]"),
                         ("loss_function", "def loss_function(p, y): pass"), ("y_pred", "")):
        got = trial.run(text, setup=setup)
        assert got.type == "NameError" and f"'{name}'" in got.message
        missing.append(name)
        setup += supply + "\n"
    outcome("L29", "As printed it stops with NameError for `{first}`. Supplied one after another, "
            "`{second}` and `{third}` are missing next, and then `{fourth}`, which the loop never "
            "computes.", first=missing[0], second=missing[1], third=missing[2], fourth=missing[3])
    printed = trial.run(text, setup=BATCH, probe=["np.array(model.way)"])
    way = np.array(printed.values["np.array(model.way)"])
    loop, updates = per_sample([0, 0], SCALED, PRICE, 0.1, 4)
    assert len(way) == updates == 12 and way[2::3] == pytest.approx(loop[1:], rel=1e-9)
    fixed = trial.repair(text, ("for x, y in dataset:", "for x, y in [data]:"),
                         ("loss = loss", "y_pred = model(x)\n        loss = loss"))
    right = trial.run(fixed.text, setup=BATCH, probe=["np.array(model.way)"])
    way = np.array(right.values["np.array(model.way)"])
    best, bend = np.linalg.lstsq(SCALED, PRICE)[0], np.eye(2) - 0.1 * hessian(SCALED)
    closed = [best - np.linalg.matrix_power(bend, k) @ best for k in range(1, 5)]
    assert way == pytest.approx(np.array(closed), rel=1e-9, abs=1e-9)
    outcome("C110", "With its names supplied, the code beneath the sentence makes {updates} "
            "updates in {epochs} epochs over {n} samples and follows the per-sample loop. With "
            "one gradient over the whole set it makes {batch}, and each point equals the closed "
            "form of gradient descent.", updates=updates, epochs=4, n=3, batch=len(way))


def test_pseudo_code(outcome):
    got = trial.run(trial.listing("L52").text)
    assert (got.status, got.type, got.line) == ("error", "SyntaxError", 2)
    real = trial.repair(trial.listing("L52").text,
                        ("for each sample (x, y) in training_data", "for x, y in training_data"),
                        ("- Compute the gradient of the loss function with respect to the model "
                         "parameters", "gradient = -2 * (y - w * x) * x"),
                        ("- Update the model parameters using the gradient and learning rate",
                         "w -= learning_rate * gradient; updates += 1; converged = updates > 99"))
    setup = "converged, updates, w, learning_rate, training_data = False, 0, 0, 0.1, [(1, 2)] * 4"
    run = trial.run(real.text, setup=setup, probe=["w", "updates"])
    assert run.values["w"] == pytest.approx(2, rel=1e-6) and run.values["updates"] == 100
    outcome("L52", "The fence is marked as Python; run as such it stops at line {line} with "
            "`{type}: {message}`. Written out in Python for one weight it runs, with an update "
            "for every sample.", line=got.line, type=got.type, message=got.message)


def updates_needed(x):
    """Updates until the excess loss is a millionth, with a step of 1/λmax, and κ.

    Along each eigenvector descent multiplies the error by 1 - lr λ, so that no loop is needed.
    """
    bends, axes = np.linalg.eigh(hessian(x))
    error = axes.T @ -np.linalg.lstsq(x, PRICE)[0]

    def share(steps):
        left = bends * ((1 - bends / bends[-1]) ** steps * error) ** 2
        return left.sum() / (bends * error**2).sum()
    way = descend([0, 0], x, PRICE, 1 / bends[-1], 50)
    best = mse(np.linalg.lstsq(x, PRICE)[0], x, PRICE)
    assert (mse(way[50], x, PRICE) - best) / (mse(way[0], x, PRICE) - best) == pytest.approx(
        share(50), rel=1e-3, abs=1e-12)
    high = next(2**k for k in range(60) if share(2**k) < 1e-6)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if share(middle) < 1e-6 else (middle, high)
    return high, bends[-1] / bends[0]


def test_conditioning(outcome):
    raw, k_raw = updates_needed(np.column_stack([AREA, ONES]))
    thousands, k_thousands = updates_needed(np.column_stack([AREA / 1000, ONES]))
    scaled, k_scaled = updates_needed(SCALED)
    assert k_scaled == pytest.approx(1) and scaled == 1
    assert raw > 1e5 * thousands and thousands > 50
    outcome("C024", "The same descent on the same three houses with a step of 1/λmax, until the "
            "excess loss is a millionth of the first: {raw:.2g} updates with the area as printed "
            "(condition number {k_raw:.2g}), {thousands} with the area in thousands "
            "({k_thousands:.1f}), {scaled} with the area standardized ({k_scaled:.0f}). Fast or "
            "slow is a property of the problem.",
            rel={"raw": 1e-3, "k_raw": 1e-4, "k_scaled": 1e-6}, raw=float(raw), k_raw=k_raw,
            thousands=thousands, k_thousands=k_thousands, scaled=scaled, k_scaled=k_scaled)


DRAWN = """
import matplotlib.pyplot as plt
plt.rcParams["font.family"] = "DejaVu Sans"
plt.show = lambda: plt.savefig("figure.png")
"""


@functools.cache
def unstopped():
    """L06 without the line at which it stops; its figure goes to a file, in matplotlib's font."""
    text = trial.repair(trial.listing("L06").text, ("w -= learning_rate * dw\n", "")).text
    return trial.run(text, setup=SEED + DRAWN,
                     probe=["w", "loss", "model.coef_", "model.intercept_"])


def test_complete_source(outcome):
    printed = trial.run(trial.listing("L06").text)
    assert (printed.type, printed.source) == ("ValueError", "w -= learning_rate * dw")
    assert printed.stdout == ""
    rest = unstopped().values
    w, loss, slope = rest["w"][0], rest["loss"], rest["model.coef_"][0]
    assert w == pytest.approx(np.random.RandomState(0).randn(1)[0])
    outcome("L06", "As printed it stops at line {line} with `{type}: {message}`. Without that "
            "line it prints the random number that w was at the start, while the fitted model "
            "holds {slope:.2f} and {intercept:.2f}.", line=printed.line, type=printed.type,
            message=printed.message, slope=slope, intercept=rest["model.intercept_"])
    direct = np.linalg.lstsq(np.column_stack([AREA, ONES]), PRICE)[0]
    assert [slope, rest["model.intercept_"]] == pytest.approx(direct, rel=1e-10)
    assert abs(w - slope) > 0.5  # the hand-made weight has no part in it
    outcome("C030", "`LinearRegression` gives {slope:.2f} and {intercept:.2f}, what NumPy's "
            "`lstsq` gives without a step size or an iteration; the hand-made w plays no part in "
            "the fit.", slope=slope, intercept=rest["model.intercept_"])
    claimed = mse(np.array([-0.01190986]), AREA[:, None], PRICE)
    best = mse(np.linalg.lstsq(AREA[:, None], PRICE)[0], AREA[:, None], PRICE)
    assert claimed > 50 * best
    outcome("C031", "The program stops before its print and prints nothing. The number shown, "
            "used as a weight, has a mean squared error of {claimed:,.0f}; the best single weight "
            "has {best:,.0f}.", claimed=claimed, best=best)
    assert loss == pytest.approx((PRICE - direct[1] - direct[0] * AREA) ** 2, rel=1e-9)
    assert loss[0] < loss[1] > loss[2]
    outcome("C032", "The plotted vector has {n} values, {first:,.0f}, {second:,.0f} and "
            "{third:,.0f}: it rises and falls. They are the squared errors of the three houses, "
            "not a loss by iteration.", n=len(loss), first=loss[0], second=loss[1], third=loss[2])
    history = [mse(v, SCALED, PRICE) for v in descend([0, 0], SCALED, PRICE, 0.01, 1000)]
    assert all(a > b for a, b in itertools.pairwise(history) if a > 13888.9)
    assert history[-1] == pytest.approx(13888.8889, abs=1e-3) and len(history) > 100 * len(loss)
    outcome("D8", "The code draws {n} points that rise and fall, so no falling curve can be its "
            "picture. A recorded history of descent on the standardized data has {m} points and "
            "falls from {start:,.0f} to {end:,.1f}.",
            n=len(loss), m=len(history), start=history[0], end=history[-1])


def test_chinese_labels(outcome):
    got = unstopped()
    glyphs = [w for w in got.warnings if re.search(r"Glyph .* missing from font", w)]
    assert got.status == "ok" and len(glyphs) == len(set("迭代次数损失函数值损失函数变化"))
    english = trial.repair(trial.listing("L06").text, ("w -= learning_rate * dw\n", ""),
                           ("迭代次数", "house"), ("损失函数值\")", "squared error\")"),
                           ('"损失函数变化"', '"Squared error of each house"'))
    assert trial.run(english.text, setup=SEED + DRAWN).warnings == []
    outcome("C033", "Drawn in matplotlib's own font (DejaVu Sans) the three labels cause {n} "
            "warnings, one for each missing character, and show placeholders; with English labels "
            "there is none.", n=len(glyphs))


def here(text, **names):
    """Run a listing in this process, where torch is loaded already; its names and warnings."""
    torch.manual_seed(0)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        exec(compile(text, "<listing>", "exec", dont_inherit=True), names)
    linear = names["model"].linear
    return names["loss"].item(), linear.weight.item(), linear.bias.item(), [
        str(w.message) for w in seen if issubclass(w.category, UserWarning)]


def test_torch_listing(outcome):
    text = trial.listing("L16").text
    printed = trial.run(text)
    assert printed.type == "NameError" and printed.source == "y_pred = model(x)"
    x = torch.linspace(-1, 1, 100).reshape(-1, 1)
    noise = 0.1 * torch.randn(100, 1, generator=torch.Generator().manual_seed(0))
    y = 2 * x + 1 + noise
    loss, w, b, quiet = here(text, x=x, y=y)
    fit = LinearRegression().fit(x, y)
    assert [w, b] == pytest.approx([fit.coef_[0, 0], fit.intercept_[0]], abs=0.01)
    assert loss == pytest.approx(np.mean((y.numpy() - fit.predict(x)) ** 2), rel=0.01)
    _, flat_w, flat_b, warned = here(text, x=x, y=y[:, 0])
    assert abs(flat_w) < 0.01 and flat_b == pytest.approx(y.mean().item(), abs=0.01)
    assert len(warned) >= 1 and all("target size" in w for w in warned) and quiet == []
    wide = 50 * (x + 1)
    lost, *_, quiet = here(text, x=wide, y=2 * wide + 1 + noise)
    assert np.isnan(lost) and quiet == []
    outcome("L16", "As printed it stops at line {line} with `{type}: {message}`. With 100 points "
            "on y = 2x + 1 and noise it finds w = {w:.3f} and b = {b:.3f}, the least-squares line "
            "to 0.01. With y of shape (100,) it learns the mean, w = {flat:.2f}, with no more "
            "than a warning. With x from 0 to 100 the loss is nan, with none.",
            rel={"w": 1e-3, "b": 1e-3}, line=printed.line, type=printed.type,
            message=printed.message, w=w, b=b, flat=round(abs(flat_w), 2))


CHART = """```
graph TD
A[模型训练] --> B[优化技术]
A --> C[神经网络]
B --> D[梯度下降]
C --> D
```"""
RIGHT = {"forward pass": {"data", "update"}, "loss": {"forward pass", "labels"},
         "gradient": {"loss"}, "update": {"gradient", "learning rate"}}


def test_flow_chart(outcome):
    names = dict(re.findall(r"(\w)\[(.*?)\]", CHART))
    edges = re.findall(r"(\w)(?:\[.*?\])? --> (\w)", CHART)
    assert len(edges) == 4 and not set("数据损失") & set("".join(names.values()))
    graph = {node: {a for a, b in edges if b == node} for node in names}
    order = list(graphlib.TopologicalSorter(graph).static_order())  # raises were there a loop
    assert order[0] == "A" and order[-1] == "D"  # it ends in gradient descent; nothing goes back
    assert not CHART.startswith("```mermaid")
    with pytest.raises(graphlib.CycleError) as loop:
        graphlib.TopologicalSorter(RIGHT).prepare()
    assert set(loop.value.args[1]) == {"forward pass", "loss", "gradient", "update"}
    outcome("D1", "The chart has {nodes} boxes and {edges} arrows; none is data, a loss or an "
            "update, no arrow leads back, and the fence carries no `mermaid` tag, so that it is "
            "shown as text. In the right one forward pass, loss, gradient and update form a loop.",
            nodes=len(names), edges=len(edges))


def test_chart_is_the_printed_one(article):
    assert CHART in article("001").text
