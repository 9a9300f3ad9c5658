"""The documents on trial: momentum.

Each test holds what a document prints to its recorded outcome, and the correction to the truth.
The ids that a test serves are in book/_data/errata/momentum.yml.
"""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from labkit import data
from labkit.authoring import trial

X = torch.linspace(-1, 1, 100).reshape(-1, 1)
Y = 2 * X + 1
BY_TENSOR = [
    ("v = torch.zeros(model.parameters())",
     "v = [torch.zeros_like(p) for p in model.parameters()]"),
    ("    v = momentum * v - learning_rate * model.parameters()\n"
     "    model.parameters().copy_(v)\n",
     "    with torch.no_grad():\n"
     "        for p, u in zip(model.parameters(), v):\n"
     "            u.copy_(momentum * u - learning_rate * p)\n"
     "            p.copy_(u)\n")]
GRADIENT = ("learning_rate * p)", "learning_rate * p.grad)")
ADD = ("p.copy_(u)", "p.add_(u)")
STEP = [("v = torch.zeros(model.parameters())\n", ""),
        ("    v = momentum * v - learning_rate * model.parameters()\n", "    optimizer.step()\n"),
        ("    model.parameters().copy_(v)\n", "")]


def line(*pairs, seed=0, **names):
    """L17 with these repairs, run in this process: weight, bias and last loss."""
    names = {"x": X, "y": Y, **names}
    torch.manual_seed(seed)
    text = trial.repair(trial.listing("L17").text, *pairs).text
    exec(compile(text, "<listing>", "exec", dont_inherit=True), names)
    layer = names["model"].linear
    return layer.weight.item(), layer.bias.item(), names["loss"].item()


def test_momentum_listing(outcome):
    printed = trial.run(trial.listing("L17").text)
    assert printed.type == "TypeError" and printed.source == "v = torch.zeros(model.parameters())"
    with pytest.raises(TypeError, match="'float' and 'generator'") as second:
        line(("torch.zeros(model.parameters())", "torch.zeros(2)"))
    with pytest.raises(AttributeError, match="copy_"):
        line(("torch.zeros(model.parameters())", "torch.zeros(2)"),
             ("learning_rate * model.parameters()", "learning_rate"))
    decayed = line(*BY_TENSOR)
    assert max(map(abs, decayed[:2])) < 1e-40
    assert decayed[2] == pytest.approx(Y.square().mean().item(), rel=1e-6)  # it predicts 0
    pulled = line(*BY_TENSOR, GRADIENT)
    square = X.square().mean().item()  # at rest the gradient is -10 times the parameter
    assert pulled[:2] == pytest.approx([4 * square / (10 + 2 * square), 2 / 12], rel=1e-3)
    right, library = line(*BY_TENSOR, GRADIENT, ADD), line(*STEP)
    assert right[:2] == pytest.approx([2, 1], abs=1e-3)
    assert right == pytest.approx(library, abs=1e-6)
    outcome("L17", "As printed it stops at line {line} with `{type}: {message}`; the update line "
            "would stop with `TypeError: {second}`. Written for each parameter it runs, and after "
            "1000 rounds both parameters are {decayed:.1e} in size, at a loss of {loss:.3f}. With "
            "gradients in their place the line found is {w:.3f} x + {b:.3f}; with the velocity "
            "added it is {right_w:.3f} x + {right_b:.3f}, which is what `optimizer.step()` alone "
            "gives, to 1e-6.", rel={"decayed": 0.5, "right_w": 1e-3, "right_b": 1e-3},
            line=printed.line, type=printed.type, message=printed.message,
            second=str(second.value), decayed=abs(decayed[0]), loss=decayed[2], w=pulled[0],
            b=pulled[1], right_w=right[0], right_b=right[1])
    torch.manual_seed(0)
    start = nn.Linear(1, 1).weight.item()
    one, few = (line(*BY_TENSOR, ("1000", rounds))[0] for rounds in ("1", "21"))
    assert line(*BY_TENSOR, ("1000", "21"), y=-7 * Y)[0] == few  # the data play no part
    first, factor = one / start, (few / one) ** (1 / 20)
    assert [first, factor] == pytest.approx([-0.01, 0.9 - 0.01], rel=1e-4)
    outcome("F38", "With one velocity for each parameter the two lines multiply every parameter by "
            "{first:.2f} in the first step, that is by −α, and by {factor:.2f} in every further "
            "one, that is by β − α; they give the same weights for two different targets.",
            rel={"first": 1e-4, "factor": 1e-4}, first=first, factor=factor)


ONLINE = """
class Model:
    def __init__(self):
        self.w, self.way, self.asked = 0.0, [], []
    def __call__(self, x):
        self.x = x
        return self.w * x
    def update_parameters(self, change):
        self.w += change
        self.way.append(self.w)
model, learning_rate, num_epochs = Model(), 0.1, 2
dataset = [(1.0, 2.0), (2.0, 3.0), (-1.0, 1.0)]
def loss_function(y_pred, y):
    model.error = y_pred - y
    return model.error**2
def grad_function(loss):
    model.asked.append(model.w)
    return 2 * model.error * model.x
"""


def test_online_listing(outcome):
    text = trial.listing("L30").text
    without = [listing.partition("\n")[2] for listing in (text, trial.listing("L29").text)]
    assert without[0] == without[1] and text != trial.listing("L29").text
    missing, setup = [], ""
    for name, supply in (("num_epochs", "num_epochs = 1"), ("dataset", "dataset = [(1, 2)]"),
                         ("loss_function", "def loss_function(p, y): pass"), ("y_pred", "")):
        got = trial.run(text, setup=setup)
        assert got.type == "NameError" and f"'{name}'" in got.message
        missing.append(name)
        setup += supply + "\n"
    whole = trial.repair(text, ("        loss = ", "        y_pred = model(x)\n        loss = "))
    run = trial.run(whole.text, setup=ONLINE, probe=["model.way", "model.asked"])
    w, way = 0.0, []
    for x, y in [(1.0, 2.0), (2.0, 3.0), (-1.0, 1.0)] * 2:
        w -= 0.1 * 2 * (w * x - y) * x
        way.append(w)
    assert run.values["model.way"] == pytest.approx(way, rel=1e-12)
    outcome("L30", "As printed it stops with a NameError; the names that it lacks come to light "
            "in this order: {missing}. The last is the prediction. But for the comment it is L29, "
            "character for character. With `y_pred = model(x)` it runs and makes {n} updates for "
            "3 samples in 2 epochs, those of descent on one sample at a time.",
            missing=", ".join(missing), n=len(way))
    assert run.values["model.asked"] == pytest.approx([0.0, *way[:-1]], rel=1e-12)
    held = -0.1 * sum(2 * (0 - y) * x for x, y in [(1.0, 2.0), (2.0, 3.0), (-1.0, 1.0)])
    assert abs(held - way[2]) > 0.1
    outcome("C111", "In the completed listing each gradient is taken at the parameter that the "
            "update before it has left: after one epoch w = {w:.3f}. Accumulated at w = 0 and "
            "applied once, the same three gradients give {held:.3f}.", w=way[2], held=held)


class Net(nn.Sequential):
    """A small network in the place of the document's ConvNet (L28)."""

    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(16, 3))


def sgd_run(loader, seed, *pairs):
    """Weights after 3 epochs of L31 on a loader, and the sizes of its batches."""
    sizes = []

    class Watched:
        def __iter__(self):
            for inputs, labels in loader:
                sizes.append(len(inputs))
                yield inputs, labels
    names = {"ConvNet": lambda: nets[0], "nn": nn, "num_epochs": 3, "data_loader": Watched()}
    torch.manual_seed(0)
    nets = [Net()]
    torch.manual_seed(seed)
    text = trial.repair(trial.listing("L31").text, *pairs).text
    exec(compile(text, "<listing>", "exec", dont_inherit=True), names)
    return nets[0][1].weight.detach(), sizes


def test_sgd_listing(outcome):
    printed = trial.run(trial.listing("L31").text)
    assert printed.type == "NameError" and "'ConvNet'" in printed.message
    chance = torch.Generator().manual_seed(0)
    images = torch.randn(60, 1, 4, 4, generator=chance)
    labels = torch.randint(3, (60,), generator=chance)
    table = TensorDataset(images, labels)
    _, sizes = sgd_run(DataLoader(table, batch_size=20, shuffle=True), 0)
    assert set(sizes) == {20} and len(sizes) == 9
    outcome("L31", "As printed it stops at line {line} with `{type}: {message}`. With a network "
            "and a loader it runs: {updates} updates in 3 epochs, each on {batch} samples, where "
            "the text speaks of one, and with a momentum of 0.9, of which it does not speak.",
            line=printed.line, type=printed.type, message=printed.message, updates=len(sizes),
            batch=sizes[0])
    plain = (", momentum=0.9", "")
    whole = [(images, labels)]
    first, _ = sgd_run(whole, 1, plain)
    again, _ = sgd_run(whole, 2, plain)
    torch.manual_seed(0)
    net = Net()
    for _ in range(3):
        loss = nn.functional.cross_entropy(net(images), labels)
        gradients = torch.autograd.grad(loss, list(net.parameters()))
        with torch.no_grad():
            for p, gradient in zip(net.parameters(), gradients, strict=True):
                p -= 0.01 * gradient  # F13
    assert torch.equal(first, again)
    assert torch.allclose(first, net[1].weight, rtol=0, atol=1e-7)
    shuffled = [sgd_run(DataLoader(table, batch_size=1, shuffle=True), seed, plain)[0]
                for seed in (1, 2)]
    apart = (shuffled[0] - shuffled[1]).norm().item()
    assert apart > 1e-4
    outcome("C113", "On the whole set `optim.SGD` gives the same weights under two seeds, bit for "
            "bit, and those of a gradient descent written by hand. Only with a loader that "
            "shuffles do two seeds end apart, by {apart:.1g}.", rel={"apart": 0.05}, apart=apart)


def test_stochastic_update(outcome):
    draw = np.random.default_rng(0)
    x, y, theta = draw.normal(size=(200, 3)), draw.normal(size=200), draw.normal(size=3)

    def steps(rows):
        return -0.1 * 2 * (x[rows] @ theta - y[rows])[:, None] * x[rows]
    whole = -0.1 * 2 / 200 * x.T @ (x @ theta - y)
    every = steps(np.arange(200))
    assert every.mean(0) == pytest.approx(whole, rel=1e-12)
    skewed = steps(np.argsort(-np.abs(y))[:100]).mean(0)  # not equally likely: not right
    off = np.linalg.norm(skewed - whole) / np.linalg.norm(whole)
    assert off > 0.1
    spread = np.linalg.norm(every - whole, axis=1).mean() / np.linalg.norm(whole)
    assert spread > 1
    outcome("F14", "Over all {n} samples the steps have the full step as their mean, to 1e-12, "
            "though a single one is {spread:.1f} times its length away on average. Drawn only from "
            "the half with the larger targets, the mean is off by {off:.0%}.", n=200,
            spread=spread, off=off)


def test_heavy_ball(outcome):
    def slope(theta):
        return torch.tensor([1.0, 20.0], dtype=torch.float64) * theta + theta.sin()

    def both(rates):
        """The printed update and PyTorch's, from the same start."""
        theta = torch.tensor([2.0, -1.0], dtype=torch.float64)
        leaf, v, seen = theta.clone().requires_grad_(), torch.zeros(2, dtype=torch.float64), []
        optimizer = torch.optim.SGD([leaf], lr=1.0, momentum=0.9)
        for rate in rates:
            v = 0.9 * v - rate * slope(theta)
            seen.append(v)
            theta = theta + v
            optimizer.param_groups[0]["lr"] = rate
            leaf.grad = slope(leaf.detach())
            optimizer.step()
        return theta, leaf.detach(), seen
    theta, leaf, seen = both([0.02] * 40)
    assert torch.allclose(theta, leaf, rtol=1e-10, atol=1e-13)
    ours, theirs, _ = both([0.02] * 3 + [0.002])
    jump = (ours - theirs).norm().item()
    assert jump > 0.01
    outcome("F15", "With a constant rate of 0.02 and β = 0.9 the printed update and "
            "`optim.SGD(momentum=0.9)` are the same after {n} steps, to 1e-10. One step after the "
            "rate has fallen to a tenth they are {jump:.2f} apart.", n=40, jump=jump)
    put = torch.tensor([2.0, -1.0], dtype=torch.float64)
    v = torch.zeros_like(put)
    for _ in range(40):
        v = 0.9 * v - 0.02 * slope(put)
        put = v  # what L17 does
    assert (put - leaf).norm() > 0.05
    outcome("F16", "Added to the parameters, the velocity gives what the library gives, to 1e-10. "
            "Put in their place, as in L17, it ends {apart:.2f} away from it after {n} steps.",
            apart=(put - leaf).norm().item(), n=40)
    values = {round(entry[1].item(), 6) for entry in seen}
    assert len(values) == 40
    outcome("C076", "In {n} steps v takes {values} different values, while β stays what it was "
            "set to, 0.9.", n=40, values=len(values))


def wells(noise, seed, runs=1000, eta=0.02, steps=1000):
    """Share of runs from the right well of (θ² - 1)² + 0.3 θ that end in the left one."""
    chance = torch.Generator().manual_seed(seed)
    theta = torch.full((runs,), 0.96)
    for _ in range(steps):
        slope = 4 * theta * (theta**2 - 1) + 0.3
        theta = theta - eta * (slope + noise * torch.randn(runs, generator=chance))
    return (theta < 0).float().mean().item()


def test_escape(outcome):
    shares = {noise: [wells(noise, seed) for seed in range(5)] for noise in (0, 1, 3, 6, 10)}
    assert max(shares[0] + shares[1]) == 0
    assert 0 < max(shares[3]) < 0.05 and min(shares[6]) > 0.6
    assert max(shares[10]) < min(shares[6])
    outcome("C112", "A double well, 1000 runs of 1000 steps for each of 5 seeds, started in the "
            "poorer minimum. With gradient noise of standard deviation 1, 3, 6 and 10 the share "
            "that ends in the better one is {one:.0f}, {three:.1f}, {six:.0f} and {ten:.0f} %: "
            "too little noise does nothing, and with too much no minimum holds them. Descent "
            "without noise never leaves.", rel={"three": 0.5, "six": 0.05, "ten": 0.05},
            **{name: 100 * float(np.mean(shares[noise])) for name, noise in
               (("one", 1), ("three", 3), ("six", 6), ("ten", 10))})


def roll(h, theta, eta, beta, steps):
    """Points of the heavy ball on a quadratic with curvatures h."""
    way, v = [theta], np.zeros_like(theta)
    for _ in range(steps):
        v = beta * v - eta * h * way[-1]
        way.append(way[-1] + v)
    return np.array(way)


def count(way):
    """Steps until the distance stays below a millionth of the first."""
    size = np.linalg.norm(way, axis=-1)
    return int(np.nonzero(size > 1e-6 * size[0])[0][-1]) + 1


def test_speed_and_swings(outcome):
    draws, plain, ball = np.random.default_rng(0), {}, {}
    for kappa in (100, 400):
        h, s = np.geomspace(1, kappa, 5), math.sqrt(kappa)
        starts = draws.normal(size=(5, 5))
        plain[kappa] = [count(roll(h, start, 2 / (1 + kappa), 0, 15 * kappa)) for start in starts]
        beta = ((s - 1) / (s + 1)) ** 2
        ball[kappa] = [count(roll(h, start, 4 / (1 + s) ** 2, beta, 15 * kappa))
                       for start in starts]
    assert max(ball[100]) < 0.2 * min(plain[100])
    grown = [np.mean(way[400]) / np.mean(way[100]) for way in (plain, ball)]
    assert 3.5 < grown[0] < 4.5 and 1.7 < grown[1] < 2.5
    one = np.ones(1)
    steep = [abs(roll(one, one, 1.9, beta, 20)[-1, 0]) for beta in (0, 0.5)]
    assert steep[1] < 0.1 * steep[0]
    swings = roll(one, one, 0.1, 0.99, 200)[:, 0]
    turns = int((np.diff(np.sign(swings)) != 0).sum())
    slow = [count(roll(one, one, 0.1, beta, 2000)) for beta in (0, 0.9)]
    assert turns > 10 and slow[1] > 1.5 * slow[0]
    outcome("C153", "Five curvatures from 1 to κ, five starts, best settings, error to a "
            "millionth. At κ = 100 plain descent takes {plain_low} to {plain_high} iterations, "
            "momentum {ball_low} to {ball_high}; at κ = 400 it is {grown_plain:.1f} and "
            "{grown_ball:.1f} times as many. Across a valley, at 0.95 of the edge, 20 steps leave "
            "{steep:.2f} of the swing without momentum and {damped:.4f} with β = 0.5. But on a "
            "round bowl with ηλ = 0.1, β = 0.9 needs {slow} iterations in place of {quick}, and "
            "β = 0.99 crosses the minimum {turns} times in 200 steps.",
            plain_low=min(plain[100]), plain_high=max(plain[100]), ball_low=min(ball[100]),
            ball_high=max(ball[100]), grown_plain=grown[0], grown_ball=grown[1], steep=steep[0],
            damped=steep[1], slow=slow[1], quick=slow[0], turns=turns)


def test_cost_and_noise(outcome):
    digits = data.load("digits")
    x = torch.cat([digits.x_train.flatten(1), torch.ones(len(digits.x_train), 1)], dim=1)
    y, n = nn.functional.one_hot(digits.y_train).float(), len(digits.x_train)
    rates = 0.04 * 2.0 ** torch.arange(8)[:, None, None]

    def loss(theta):
        scores = x @ theta
        return (scores.logsumexp(-1) - (scores * y).sum(-1)).mean(-1)

    def slope(theta, rows):
        return x[rows].mT @ (torch.softmax(x[rows] @ theta, -1) - y[rows]) / len(rows)

    def after(size, seed):
        """Losses after 2 n gradients, one for each rate, and the weights."""
        theta, chance = torch.zeros(8, 65, 10), torch.Generator().manual_seed(seed)
        for _ in range(2):
            for rows in torch.randperm(n, generator=chance).split(size):
                theta = theta - rates * slope(theta, rows)
        return loss(theta), theta
    whole, _ = after(n, 0)
    single = [after(1, seed) for seed in range(5)]
    best = torch.stack([losses for losses, _ in single]).mean(0).argmin().item()
    reached = [losses[best].item() for losses, _ in single]
    assert max(reached) < 0.25 * whole.min().item()
    at = single[0][1][best]
    raised = [(loss(at - rates[best] * slope(at, torch.tensor([i]))) > loss(at)).item()
              for i in range(0, n, 10)]
    assert 0.2 < np.mean(raised) < 0.8
    assert loss(at - 0.04 * slope(at, torch.arange(n))) < loss(at)
    outcome("C154", "A linear classifier of {n} digits, each way with its best of eight rates, "
            "after as many gradients as two passes need: {n} steps a pass on single samples reach "
            "a loss of {low:.2f} to {high:.2f} (5 orders), one step a pass on all reaches "
            "{whole:.2f}. There {raised:.0%} of the single steps raise the loss of the whole set, "
            "and a small step on all samples lowers it.",
            rel={"low": 0.05, "high": 0.05, "raised": 0.2, "whole": 1e-3}, n=n, low=min(reached),
            high=max(reached), whole=whole.min().item(), raised=float(np.mean(raised)))
