"""The documents on trial: losses and activations.

Each test holds what a document prints to its recorded outcome, and the correction to the truth.
The ids that a test serves are in book/_data/errata/losses.yml.
"""

import itertools
import math
import time
import warnings

import numpy as np
import pytest
import scipy.optimize
import torch
import torch.nn.functional as F

from labkit import data


def draw(seed=0):
    return np.random.default_rng(seed)


def mse(y, guess):
    return float(np.mean((y - guess) ** 2))


def binary(y, p):
    """F08, F10, F35 for each example: y the label, p the prediction."""
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


def half(y, p):
    """F02 as printed."""
    return float(-np.mean(y * np.log(p)))


def logistic(z):
    return 1 / (1 + np.exp(-z))


def slope(f, z, h=1e-5):
    return (f(z + h) - f(z - h)) / (2 * h)


def test_mean_squared_error(outcome):
    y, guess = draw().normal(size=(2, 50))
    library = F.mse_loss(torch.tensor(guess), torch.tensor(y)).item()
    assert mse(y, guess) == pytest.approx(library, rel=1e-12)
    assert mse(y, guess) != pytest.approx(float(np.mean(np.abs(y - guess))), rel=0.1)
    best = scipy.optimize.minimize_scalar(lambda c: mse(y, c)).x
    assert best == pytest.approx(y.mean(), rel=1e-6)
    assert abs(best - np.median(y)) > 0.01
    outcome("F01", "On {n} random pairs it equals `nn.MSELoss`, {value:.4f}. The constant that "
            "makes it smallest is {best:.4f}, the mean of the targets.",
            n=50, value=library, best=best,
            rel={"best": 1e-4})
    spread = 0.7
    likelihood = -torch.distributions.Normal(torch.tensor(guess), spread).log_prob(torch.tensor(y))
    scaled = mse(y, guess) / (2 * spread**2)
    constant = math.log(spread * math.sqrt(2 * math.pi))
    assert likelihood.mean().item() == pytest.approx(scaled + constant, rel=1e-12)
    outcome("F04", "With a normal density of standard deviation {spread} the mean negative "
            "log-likelihood of the same pairs is {value:.4f}: the printed loss over twice the "
            "variance, {scaled:.4f}, plus a constant.",
            spread=spread, value=likelihood.mean(), scaled=scaled)
    assert mse(y + 3, guess + 3) == pytest.approx(mse(y, guess), rel=1e-12)
    assert mse(10 * y, 10 * guess) == pytest.approx(100 * mse(y, guess), rel=1e-12)
    outcome("F32", "The same value, {value:.4f}. Targets and predictions in a unit ten times "
            "smaller make it {times} times as large.", value=mse(y, guess), times=100)


def test_printed_cross_entropy(outcome):
    y = np.repeat([0.0, 1.0], [40, 60])
    p = np.where(y == 1, 0.8, 0.2)  # a good predictor: right each time, with a probability of 0.8
    sure = np.full(100, 1 - 1e-12)
    assert half(y, sure) < 1e-11 < 0.1 < half(y, p)
    true = [float(binary(y, guess).mean()) for guess in (sure, p)]
    assert true[0] > 40 * true[1]
    library = F.binary_cross_entropy(torch.tensor(p), torch.tensor(y)).item()
    assert true[1] == pytest.approx(library, rel=1e-12)
    outcome("F02", "60 of 100 labels are 1. A predictor that says 1 − 1e-12 to everything gets "
            "{sure:.0e}; one that gives the right class a probability of 0.8 each time gets "
            "{good:.3f}. With the second half they get {sure_true:.1f} and {good_true:.3f}, the "
            "latter as `BCELoss` has it.",
            rel={"sure": 1e-3}, sure=half(y, sure), good=half(y, p), sure_true=true[0],
            good_true=true[1])
    x = torch.tensor(draw().normal(size=(100, 2)) + 0.8 * (2 * y[:, None] - 1))
    ends = {}
    for name in ("half", "whole"):
        net = torch.nn.Linear(2, 1).double()
        optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
        torch.nn.init.zeros_(net.weight)
        torch.nn.init.zeros_(net.bias)
        for _ in range(500):
            a = net(x).squeeze(1)
            loss = (-(torch.tensor(y) * F.logsigmoid(a)).mean() if name == "half" else
                    F.binary_cross_entropy_with_logits(a, torch.tensor(y)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        called = (net(x).squeeze(1) > 0).numpy()
        ends[name] = loss.item(), int(called[y == 0].sum())
    assert ends["half"][0] < 0.01 * ends["whole"][0]
    assert ends["half"][1] >= 38 and ends["whole"][1] <= 12
    outcome("C025", "Two clouds that overlap, {zeros} points of class 0 and {ones} of class 1, "
            "{steps} steps of Adam. With the printed formula the loss falls to {half:.0e}, and "
            "{wrong} of the {zeros} are called 1; with both halves it stays at {whole:.2f}, and "
            "{right} are.",
            rel={"half": 0.05}, zeros=40, ones=60, steps=500, half=ends["half"][0],
            wrong=ends["half"][1], whole=ends["whole"][0], right=ends["whole"][1])


def test_binary_cross_entropy(outcome):
    z, y = draw().normal(size=50), (draw(1).normal(size=50) > 0).astype(float)
    loss = binary(y, logistic(z))
    library = F.binary_cross_entropy(torch.tensor(logistic(z)), torch.tensor(y)).item()
    assert loss.mean() == pytest.approx(library, rel=1e-12)
    best = scipy.optimize.minimize_scalar(lambda p: binary(y, p).mean(), bounds=(1e-6, 1 - 1e-6),
                                          method="bounded", options={"xatol": 1e-9}).x
    assert best == pytest.approx(y.mean(), rel=1e-5)
    outcome("F08", "On {n} random examples its mean equals `nn.BCELoss`, {value:.4f}. The "
            "constant prediction that makes it smallest is the share of ones, {share:.2f}.",
            n=50, value=library, share=y.mean())
    measured = slope(lambda v: binary(y, logistic(v)), z)
    assert measured == pytest.approx(logistic(z) - y, abs=1e-8)
    off = float(np.abs(measured - (logistic(z) - y)).max())
    assert off < 1e-8 and np.abs(logistic(z) - y).max() <= 1
    outcome("F10", "Finite differences in the logit agree with prediction minus label to 1e-8 at "
            "{n} points; the largest slope is {most:.3f} in size.",
            n=50, most=np.abs(logistic(z) - y).max(), rel={"most": 1e-6})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        right, wrong = binary(np.zeros(1), np.zeros(1))[0], binary(np.ones(1), np.zeros(1))[0]
    assert math.isnan(right) and wrong == math.inf and caught
    library = [F.binary_cross_entropy(torch.zeros(1), torch.tensor([t])).item() for t in (0.0, 1.0)]
    assert library == [0.0, 100.0]
    logit = F.binary_cross_entropy_with_logits(torch.tensor([-800.0]), torch.ones(1)).item()
    assert logit == 800.0
    outcome("F35", "Coded as printed in NumPy, the perfect answer y = ŷ = 0 costs {right}, and y "
            "= 1 with ŷ = 0 costs {wrong}. `BCELoss` gives {none:g} and {clamp:g}, since it cuts "
            "its logarithms; from the logit −800 the library gives {logit:g}.",
            right="nan", wrong="inf", none=library[0], clamp=library[1], logit=logit)


def categorical(t, p):
    """F09, F11, F12: t one-hot (N, K), p probabilities (N, K)."""
    return float(-np.sum(t * np.log(p)) / len(t))


def test_categorical_cross_entropy(outcome):
    z, labels = draw().normal(size=(50, 10)), draw(1).integers(10, size=50)
    t = np.eye(10)[labels]
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    logits = torch.tensor(z, requires_grad=True)
    library = F.cross_entropy(logits, torch.tensor(labels))
    twice = F.cross_entropy(torch.tensor(p), torch.tensor(labels)).item()
    assert categorical(t, p) == pytest.approx(library.item(), rel=1e-12)
    assert abs(twice - library.item()) > 0.1
    outcome("F09", "On {n} random examples of {k} classes it equals `nn.CrossEntropyLoss` of the "
            "logits, {value:.4f}; given the probabilities, the library says {twice:.4f}.",
            n=50, k=10, value=library, twice=twice)
    library.backward()
    assert logits.grad.numpy() == pytest.approx((p - t) / 50, abs=1e-12)
    assert np.abs((p - t).sum(1)).max() < 1e-12
    outcome("F11", "Autograd's gradient in the logits is (y − t)/N to 1e-12; each row adds up to "
            "{total:g}, since raising all logits alike changes nothing.", total=0)
    even = categorical(t, np.full((50, 10), 0.1))
    assert even == pytest.approx(math.log(10), rel=1e-12)
    outcome("F12", "For ten equal probabilities it is {even:.4f}, the natural logarithm of 10, "
            "whatever the labels.", even=even)
    summed = float(-np.sum(t * np.log(p)))
    assert summed == pytest.approx(50 * categorical(t, p), rel=1e-12)
    single = float(-np.sum(t[0] * np.log(p[0])))
    assert single == pytest.approx(F.cross_entropy(torch.tensor(z[:1]),
                                                   torch.tensor(labels[:1])).item(), rel=1e-12)
    outcome("F33", "For one example it equals the library, {single:.4f}. Read with the index "
            "over the samples of F32, it gives {summed:.1f} for {n} examples, {n} times the mean.",
            single=single, summed=summed, n=50)


def gradients(act, gain, seed, depth=20, width=64):
    """Length of the loss's gradient at the first layer over that at the last, and flat units."""
    g = torch.Generator().manual_seed(seed)
    u = torch.randn(32, width, generator=g, dtype=torch.float64).requires_grad_()
    sums = []
    for _ in range(depth):
        w = torch.randn(width, width, generator=g, dtype=torch.float64) * gain / math.sqrt(width)
        sums.append(u @ w)
        u = act(sums[-1])
    (u * torch.randn(u.shape, generator=g, dtype=torch.float64)).sum().backward(inputs=sums)
    flat = torch.cat(sums).abs() > 6  # beyond 6 the sigmoid's slope is below 1 % of its largest
    return (sums[0].grad.norm() / sums[-1].grad.norm()).item(), flat.double().mean().item()


def test_sigmoid(outcome):
    x = np.linspace(-30, 30, 2001)
    assert logistic(x) == pytest.approx(torch.sigmoid(torch.tensor(x)).numpy(), rel=1e-12)
    steepest = slope(logistic, x).max()
    assert steepest == pytest.approx(0.25, rel=1e-6)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        far = logistic(np.array(-1000.0))
    assert far == 0 and any("overflow" in str(w.message) for w in caught)
    outcome("F27", "It agrees with the library on {n} points; its steepest slope is "
            "{steepest:.3f}. At −1000 NumPy warns of an overflow, and the result {far:g} is "
            "right.",
            n=2001, steepest=steepest, far=far, rel={"steepest": 1e-5})
    runs = [gradients(torch.sigmoid, 1, seed) for seed in range(5)]
    relu = [gradients(torch.relu, math.sqrt(2), seed)[0] for seed in range(5)]
    wide = [gradients(torch.sigmoid, 8, seed) for seed in range(5)]
    worst = max(r for r, _ in runs)
    assert worst < 1e-10 and min(relu) > 0.1
    assert min(r for r, _ in wide) > 1e-3
    assert min(f for _, f in wide) > 0.2 > max(f for _, f in runs)
    outcome("C123", "Twenty layers of 64 units, 5 seeds. The gradient at the first layer is at "
            "most {worst:.0e} of that at the last with sigmoids, at least {relu:.2f} with ReLU. "
            "With weights eight times as large the sigmoids keep at least {wide:.2f}, with "
            "{flat:.0%} or more of the units saturated.",
            rel=dict.fromkeys(("worst", "relu", "wide", "flat"), 0.01),
            worst=worst, relu=min(relu), wide=min(r for r, _ in wide), flat=min(f for _, f in wide))


def test_rectifiers(outcome):
    x = torch.linspace(-5, 5, 1001, dtype=torch.float64)
    assert torch.equal(x.clamp(min=0), F.relu(x))
    corner = torch.zeros((), requires_grad=True)
    F.relu(corner).backward()
    assert corner.grad == 0
    outcome("F28", "The library's function on {n} points, and the slope {corner:g} at 0.",
            n=1001, corner=corner.grad)
    leaky = torch.maximum(0.01 * x, x)
    assert torch.equal(leaky, F.leaky_relu(x))
    below = x < 0
    assert (leaky[below] < 0).all() and (F.relu(x)[below] == 0).all()
    outcome("F29", "The library's `leaky_relu` with its default slope, on {n} points.", n=1001)
    at = torch.tensor(-3.0, requires_grad=True)
    value = torch.maximum(0.01 * at, at)
    value.backward()
    assert value < 0 < at.grad
    outcome("C125", "At −3 the value is {value:.2f}, negative; the slope there is {slope:.2f}. "
            "All {count} tested points below 0 have negative values.", value=value.item(),
            slope=at.grad.item(), count=int(below.sum()))


def seconds(work, repeats=15):
    """CPU time of one call, the least of several."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def test_tanh(outcome):
    def printed(x):
        return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
    x = np.linspace(-20, 20, 2001)
    assert printed(x) == pytest.approx(np.tanh(x), abs=1e-12)
    assert 2 * logistic(2 * x) - 1 == pytest.approx(np.tanh(x), abs=1e-12)
    with np.errstate(all="ignore"):
        assert math.isnan(printed(np.array(1000.0)))
    outcome("F30", "Right on {n} points up to 20; at 1000 the printed quotient is {far}, where "
            "`np.tanh` gives {true:g}.", n=2001, far="nan", true=np.tanh(1000.0))
    steep = [slope(f, np.zeros(1))[0] for f in (np.tanh, logistic)]
    assert steep[0] == pytest.approx(4 * steep[1], rel=1e-6)
    batch, weights = torch.randn(256, 1024), torch.randn(1024, 1024)
    sums = batch @ weights
    product = seconds(lambda: batch @ weights)
    shares = {name: seconds(lambda f=f: f(sums)) / product
              for name, f in (("tanh", torch.tanh), ("ReLU", torch.relu))}
    assert shares["ReLU"] < shares["tanh"] < 0.5
    outcome("C126", "The steepest slopes are {tanh:.2f} and, of the sigmoid, {sigmoid:.2f}. tanh "
            "costs more than ReLU, but for a layer of 1024 units, a batch of 256 and one core it "
            "takes {share} of the time of the matrix product.",
            tanh=steep[0], sigmoid=steep[1], share="less than half", rel={"tanh": 1e-6})
    flat = slope(np.tanh, np.array([6.0]))[0] / steep[0]
    assert flat < 1e-4  # it saturates as well


def test_softmax(outcome):
    def printed(x):
        return np.exp(x) / np.exp(x).sum()
    x = draw().normal(size=10)
    assert printed(x) == pytest.approx(torch.softmax(torch.tensor(x), 0).numpy(), rel=1e-12)
    assert printed(x).sum() == pytest.approx(1, rel=1e-12)
    assert printed(x + 5) == pytest.approx(printed(x), rel=1e-12)
    with np.errstate(all="ignore"):
        far = printed(np.array([1000.0, 0.0]))
        single = np.exp(np.array([88, 89], dtype=np.float32))
    assert np.isnan(far[0]) and far[1] == 0
    assert np.isfinite(single[0]) and np.isinf(single[1])
    shifted = printed(np.array([1000.0, 0.0]) - 1000)
    assert shifted.tolist() == [1, 0]
    outcome("F31", "Right for {n} random inputs. For (1000, 0) it gives ({first}, {second:g}); "
            "with the largest input subtracted from both, ({one:g}, {zero:g}). In float32 "
            "exp(88) is finite and exp(89) is {single}.",
            n=10, first="nan", second=far[1], one=shifted[0],
            zero=shifted[1], single="inf")


def huber(e, delta):
    """F34 as printed."""
    return np.where(np.abs(e) <= delta, e**2 / 2, delta * (np.abs(e) - delta / 2))


def line(x, y, loss):
    """Slope and intercept that make the mean loss smallest, from the least-squares line."""
    start = np.polyfit(x, y, 1)
    return scipy.optimize.minimize(lambda w: loss(y - w[0] * x - w[1]).mean(), start,
                                   method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9}).x


def slopes(outliers, delta=1.0):
    """Fitted slopes of y = 2x + 1 + noise, (seeds, squared and Huber), with 5 % of wild targets."""
    found = []
    for seed in range(10):
        x = draw(seed).uniform(0, 3, size=100)
        y = 2 * x + 1 + 0.5 * draw(seed + 50).normal(size=100)
        if outliers:
            y[np.argsort(x)[-5:]] -= 30
        found.append([line(x, y, loss)[0]
                      for loss in (np.square, lambda e: huber(e, delta))])
    return np.array(found)


def test_huber(outcome):
    e = np.linspace(-4, 4, 801)
    library = F.huber_loss(torch.tensor(e), torch.zeros(801).double(), delta=1.5, reduction="none")
    assert huber(e, 1.5) == pytest.approx(library.numpy(), abs=1e-12)
    pull = slope(lambda v: huber(v, 1.5), e)
    assert np.abs(pull).max() == pytest.approx(1.5, rel=1e-6)
    outcome("F34", "Equal to `nn.HuberLoss` with delta 1.5 on {n} errors; no error pulls harder "
            "than {pull:.2f}.", n=801, pull=np.abs(pull).max(), rel={"pull": 1e-5})
    clean, wild = slopes(False), slopes(True)
    off = np.abs(wild - 2)
    assert off[:, 1].max() < 0.5 * off[:, 0].min() and np.abs(clean - 2).max() < 0.3
    outcome("C127", "A line of slope 2, 100 points, 10 seeds. Without outliers both losses miss "
            "the slope by {clean:.2f} at most. With five targets of 100 moved by 30 the squared "
            "error misses it by {squared:.2f} or more, Huber's by {huber:.2f} or less.",
            rel=dict.fromkeys(("clean", "squared", "huber"), 0.01),
            clean=np.abs(clean - 2).max(), squared=off[:, 0].min(), huber=off[:, 1].max())


def test_noise_and_outliers(outcome):
    """Outliers, noise and ignorance, each with its own cure."""
    wild = np.abs(slopes(True) - 2)
    rest, spread = {}, {}
    for n in (50, 5000):
        fits, left = [], []
        for seed in range(20):
            x = draw(seed).uniform(0, 3, size=n)
            y = 2 * x + 1 + 0.5 * draw(seed + 50).normal(size=n)
            w = np.polyfit(x, y, 1)
            fits.append(w[0])
            left.append(np.std(y - np.polyval(w, x)))
        spread[n], rest[n] = float(np.std(fits)), float(np.mean(left))
    assert spread[5000] < 0.2 * spread[50]
    assert abs(rest[5000] - rest[50]) < 0.1 * rest[5000]
    assert wild[:, 1].max() < 0.5 * wild[:, 0].min()
    outcome("C044", "A line with noise of 0.5. Outliers: a robust loss takes the error of the "
            "slope from at least {squared:.2f} to at most {huber:.2f}. Noise: with {few} points "
            "and with {many:,} the residuals spread by {noise_few:.2f} and {noise_many:.2f}; "
            "more data do not help. The model: the slope's own spread over {seeds} samples falls "
            "from {few_spread:.3f} to {many_spread:.3f}.",
            rel=dict.fromkeys(("squared", "huber"), 0.01), squared=wild[:, 0].min(),
            huber=wild[:, 1].max(), few=50, many=5000, noise_few=rest[50], noise_many=rest[5000],
            seeds=20, few_spread=spread[50], many_spread=spread[5000])


def test_linear_or_not(outcome):
    torch.manual_seed(0)
    first, second = torch.nn.Linear(10, 50).double(), torch.nn.Linear(50, 1).double()
    a, c = torch.randn(2, 200, 10, dtype=torch.float64)

    def bend(f):
        return (f(a + c) - f(a) - f(c) + f(torch.zeros_like(a))).abs().max().item()

    with torch.no_grad():
        model = bend(lambda x: second(torch.relu(first(x))))  # the model that 000 prints
        bare = bend(lambda x: second(first(x)))
        weight = second.weight @ first.weight
        bias = second.weight @ first.bias + second.bias
        apart = (second(first(a)) - (a @ weight.T + bias)).abs().max().item()
    assert model > 0.1 and bare < 1e-12 and apart < 1e-12
    outcome("C017", "The printed network of 10, 50 and 1 units: f(a+c) − f(a) − f(c) + f(0), "
            "zero for every affine map, is up to {model:.2f} at {n} random pairs.",
            model=model, n=200,
            rel={"model": 1e-4})
    outcome("C021", "Two layers of weighted sums alone, 10 to 50 to 1, are to 1e-12 one layer of "
            "{few} weights and a bias in place of {many} parameters.", few=weight.numel(),
            many=sum(p.numel() for m in (first, second) for p in m.parameters()))


def test_derivation(outcome):
    y, guess = draw().normal(size=(2, 100))
    label, p = (y > 0).astype(float), logistic(guess)
    squared = -torch.distributions.Normal(torch.tensor(guess), 1.0).log_prob(torch.tensor(y))
    rest = squared.numpy() - (y - guess) ** 2 / 2
    assert np.ptp(rest) < 1e-12 and rest[0] == pytest.approx(math.log(2 * math.pi) / 2, rel=1e-9)
    entropy = -torch.distributions.Bernoulli(torch.tensor(p)).log_prob(torch.tensor(label))
    assert np.abs(entropy.numpy() - binary(label, p)).max() < 1e-9
    bold = -torch.distributions.Laplace(torch.tensor(guess), 1.0).log_prob(torch.tensor(y)).numpy()
    assert np.ptp(bold - (y - guess) ** 2 / 2) > 1  # another density gives another loss
    assert np.ptp(bold - np.abs(y - guess)) < 1e-12
    outcome("C026", "What a derivation would show, at {n} random pairs: the negative logarithm "
            "of the normal density is half the squared error plus {constant:.4f} each time; that "
            "of the Bernoulli probability is binary cross-entropy; the Laplace density gives the "
            "absolute error instead.",
            n=100, constant=rest[0])


def network(sizes, gain, seeds=5):
    chances = [torch.Generator().manual_seed(seed) for seed in range(seeds)]
    return [[(torch.stack([torch.randn(i, o, generator=g) for g in chances]) * gain / math.sqrt(i))
             .requires_grad_(), torch.zeros(seeds, 1, o, requires_grad=True)]
            for i, o in itertools.pairwise(sizes)]


def forward(net, x, act):
    *hidden, (w, b) = net
    for weight, bias in hidden:
        x = act(x @ weight + bias)
    return x @ w + b


def fit(net, act, lr, x, y, steps):
    """Train five networks at once; the share of right answers of each on x, (5,)."""
    chance = torch.Generator().manual_seed(0)
    optimizer = torch.optim.SGD([p for layer in net for p in layer], lr=lr)
    for _ in range(steps):
        rows = torch.randint(len(x), (64,), generator=chance)
        z = forward(net, x[rows], act)
        optimizer.zero_grad()
        (5 * F.cross_entropy(z.flatten(0, 1), y[rows].repeat(5))).backward()
        optimizer.step()
    with torch.no_grad():
        return (forward(net, x, act).argmax(-1) == y).double().mean(1)


def leaky(x):
    return torch.maximum(0.01 * x, x)


def test_speed_and_dead_units(outcome):
    digits = data.load("digits")
    x, y = digits.x_train.flatten(1), digits.y_train
    best = {}
    settings = {"sigmoid": (torch.sigmoid, (math.sqrt(2), 6)),
                "tanh": (torch.tanh, (1,)),
                "ReLU": (torch.relu, (math.sqrt(2),))}
    for depth, (name, (act, gains)) in ((d, s) for d in (1, 6) for s in settings.items()):
        runs = [fit(network((64, *[32] * depth, 10), gain), act, lr, x, y, 250)
                for gain in gains for lr in ((0.1, 0.5) if depth > 1 else (0.5, 2))]
        best[depth, name] = max(runs, key=lambda r: r.median())
    one = abs(best[1, "ReLU"].median() - best[1, "sigmoid"].median())
    assert one < 0.03 and best[6, "ReLU"].median() > best[6, "sigmoid"].median() + 0.05
    assert best[6, "tanh"].median() > best[6, "ReLU"].median() - 0.02
    off, after = {}, {}
    for name, act in (("ReLU", torch.relu), ("leaky", leaky)):
        net = network((64, 32, 10), math.sqrt(2))
        fit(net, act, 3.0, x, y, 100)
        off[name] = int((x @ net[0][0] + net[0][1] <= 0).all(1).sum())
        after[name] = fit(net, act, 0.1, x, y, 600)
    assert min(off.values()) > 120  # of 160: the leak does not keep units above zero
    assert after["leaky"].median() > after["ReLU"].median() + 0.3
    outcome("C161", "Digits, {steps} steps, 5 seeds, each activation at its best of the same "
            "rates. With one hidden layer the medians differ by less than {one} percentage "
            "points. With six the sigmoid's median is {sigmoid:.0%} right, ReLU's {relu:.0%}, "
            "that of tanh {tanh:.0%}. "
            "After 100 steps at a rate of 3, {off} of 160 ReLU units and {off_leaky} of 160 "
            "leaky ones are below 0 for every example; 600 steps at 0.1 then bring the median "
            "ReLU network to {dead:.0%}, the median leaky one to {alive:.0%}.",
            rel=dict.fromkeys(
                ("sigmoid", "tanh", "relu", "dead", "alive", "off", "off_leaky"), 0.25),
            steps=250, one=3, sigmoid=best[6, "sigmoid"].median(),
            tanh=best[6, "tanh"].median(), relu=best[6, "ReLU"].median(),
            off=off["ReLU"], off_leaky=off["leaky"],
            dead=after["ReLU"].median(), alive=after["leaky"].median())
