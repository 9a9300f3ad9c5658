"""The documents on trial: training in practice.

Each test holds what a document prints to its recorded outcome, and the correction to the truth.
The ids that a test serves are in book/_data/errata/training.yml.
"""

import contextlib
import copy
import functools
import io
import itertools
import json
import math
import re
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import TensorDataset

from labkit import data, models
from labkit.authoring import trial

SEEDS = 5
ACCURACY = "Accuracy: %2d %%"  # the format of L14
RECORDED = Path(__file__).parents[2] / "book" / "_data" / "recorded" / "trials_training.json"
# Counter, percentage and loss of each line of the log that document 002 prints in section 5.4.
LOG = [(0, 0, 0.144534), (100, 1, 0.091763), (200, 3, 0.083265), (300, 5, 0.071865),
       (400, 7, 0.063515), (500, 8, 0.054828), (600, 10, 0.045826), (10000, 16, 0.017262),
       (20000, 33, 0.015725), (30000, 50, 0.014848), (40000, 66, 0.014098),
       (50000, 83, 0.013482), (60000, 100, 0.012760)]


def here(text, seed=0, **names):
    """Run a text in this process, where torch is loaded already: its names and what it printed."""
    torch.manual_seed(seed)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(text, "<listing>", "exec", dont_inherit=True), names)
    return names, out.getvalue()


def test_loop_that_never_ran(outcome):
    text = trial.listing("L07").text
    printed = trial.run(text)
    assert printed.type == "TypeError" and printed.source.startswith("optimizer = optim.Adam(Net.")
    d = data.load("mnist-sample")
    names = {"train": TensorDataset(d.x_train[::4], d.y_train[::4]),
             "test": TensorDataset(d.x_test, d.y_test)}
    other = ("Net.parameters()", "Net().parameters()")
    with pytest.raises(TypeError, match="no len") as abstract:
        here(trial.repair(text, other).text, **names)
    sets = [(f"{part}_dataset = Dataset()", f"{part}_dataset = {part}") for part in names]
    with pytest.raises(NameError, match="'net'") as missing:
        here(trial.repair(text, other, *sets).text, **names)
    net = ("optimizer = optim.Adam(Net", "net = Net()\noptimizer = optim.Adam(net")
    _, out = here(trial.repair(text, net, *sets).text, **names)
    _, trap = here(trial.repair(text, ("optimizer = optim.Adam(Net.", "net = Net()\noptimizer = "
                                       "optim.Adam(Net()."), *sets).text, **names)
    right, idle = (float(re.search(r"Accuracy: (.*)%", text)[1]) for text in (out, trap))
    assert out.count("Epoch [") == 5 and right > 80 and idle < 25
    outcome("L07", "As printed it stops at line {line} with `{type}: {message}`; then with "
            "`TypeError: {abstract}`; then with `NameError: {missing}`. With all three mended and "
            "1,000 images of MNIST it runs and gets {right:.0f} % of 1,000 others right. Mended "
            "with a second `Net()` for the optimizer it runs too, and trains nothing: {idle:.0f} "
            "%.", rel={"right": 0.02, "idle": 0.5}, line=printed.line, type=printed.type,
            message=printed.message, abstract=str(abstract.value), missing=str(missing.value),
            right=right, idle=idle)
    assert trial.listing("L08").text == text and "MNIST" not in text
    outcome("L08", "The text is that of L07, all {count} characters, and so is the error: "
            "`{type}` at line {line}. The name MNIST does not stand in it.", count=len(text),
            type=printed.type, line=printed.line)
    outcome("C058", "Printed {times} times, it ran {ran} times: of its {lines} lines the last "
            "{never} are never reached.", times=2, ran=0, lines=len(text.splitlines()),
            never=len(text.splitlines()) - printed.line)


def printed_data(count):
    """Pixels to 255 and labels as a list of arrays without axes, all that L12 can read."""
    d, names = data.load("mnist-sample"), {}
    rows = torch.arange(count) * 7 % len(d.x_train)
    for part, x, y in (("train", d.x_train[rows], d.y_train[rows]), ("test", d.x_test, d.y_test)):
        names[f"{part}_data"] = (255 * x).to(torch.uint8)
        names[f"{part}_labels"] = [np.array(n) for n in y.tolist()]
    return names


def test_printed_run(outcome):
    text = "\n".join(trial.listing(id).text for id in ("L12", "L13", "L14"))
    names, _ = here(text, **printed_data(60000))  # the 4,000 of the sample, fifteen times
    with contextlib.redirect_stdout(io.StringIO()) as out:
        names["train"](0)
    lines = re.findall(r"\[(\d+)/60000 \((\d+)%\)\]\tLoss: ([\d.]+)", out.getvalue())
    counters, shares = ([int(line[k]) for line in lines] for k in (0, 1))
    n = len(names["train_loader"])
    assert (n, counters) == (938, [64 * (100 * k - 1) for k in range(1, 10)])
    count = sum(p.numel() for p in names["model"].parameters())
    raw, scaled = [], []
    d = data.load("mnist-sample")
    for seed in range(SEEDS):
        model = here("import torch\n" + trial.listing("L13").text, seed)[0]["model"]
        with torch.inference_mode():
            for found, x in ((raw, 255 * d.x_test), (scaled, d.x_test)):
                found.append(F.cross_entropy(model(x), d.y_test).item())
    bound = model.fc1.weight.abs().max().item()
    assert count == 784 * 256 + 256 + 2560 + 10 and bound == pytest.approx(1 / 28, rel=1e-2)
    outcome("L13", "It runs as it stands: {count:,} parameters, the first weights up to "
            "{bound:.4f} in size, where 1/√784 is {limit:.4f}.", rel={"bound": 1e-2},
            count=count, bound=bound, limit=1 / 28)
    outcome("L14", "On 60,000 images (those of a sample, repeated) the {lines} lines of an epoch "
            "count from {first} to {last} samples; at the last of them {seen} have been used. An "
            "accuracy of 98.99 is printed as `{cut}`.", lines=len(lines), first=counters[0],
            last=counters[-1], seen=64 * 900, cut=ACCURACY % 98.99)
    assert f"'{ACCURACY}'" in text
    outcome("C063", "{n} batches give {lines} lines; the last {rest} batches of an epoch leave no "
            "trace.", n=n, lines=len(lines), rest=n - 900)
    assert min(scaled) > 2.2 and max(scaled) < 2.4 and min(raw) > 10
    outcome("C064", "The first line comes at {first}. Before any training the loss is {low:.2f} to "
            "{high:.2f} with pixels to 1 (log 10 = {log:.3f}) and {raw_low:.0f} to "
            "{raw_high:.0f} with pixels to 255, as in the code (5 seeds).",
            rel=dict.fromkeys(("low", "high", "raw_low", "raw_high"), 0.02), first=counters[0],
            low=min(scaled), high=max(scaled), log=math.log(10), raw_low=min(raw),
            raw_high=max(raw))
    common = set(counters) & {line[0] for line in LOG}
    outcome("C065", "The code prints {counters} of 60000, as {shares} percent. Of the {printed} "
            "printed counters {common} are among them.", counters=listed(counters),
            shares=listed(shares), common=len(common), printed=len(LOG))
    assert not common


def listed(numbers):
    return ", ".join(map(str, numbers))


@functools.cache
def ten_epochs():
    """The document's network and optimiser, pixels to 1, on each seed: losses and accuracies."""
    d, found = data.load("mnist-sample"), []
    for seed in range(SEEDS):
        chance = torch.Generator().manual_seed(seed)
        model = models.MLP((784, 256, 10), generator=chance)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
        losses, scores = [], []
        for _ in range(10):
            losses.append(epoch(model, optimizer, d, chance))
            scores.append(accuracy(model, d))
        found.append((losses, scores))
    return found


def epoch(model, optimizer, d, chance):
    """The losses of the batches of one pass over the training images."""
    losses = []
    for x, y in data.batches(d.x_train, d.y_train, 64, generator=chance):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def accuracy(model, d):
    with torch.inference_mode():
        return (model(d.x_test).argmax(1) == d.y_test).float().mean().item()


def test_ten_epochs(outcome):
    text = "\n".join(trial.listing(id).text for id in ("L12", "L13", "L14", "L15"))
    _, out = here(text, **printed_data(1000))
    scores = [int(s) for s in re.findall(r"Accuracy: (\d+) %", out)]
    assert len(scores) == 10 and "Train" not in out and scores[-1] > 70
    outcome("L15", "As printed, on 1,000 images of MNIST: the test images are scored {times} "
            "times over, with {scores} percent. No line of training is printed, since an epoch has "
            "fewer than 100 batches.", rel={"scores": 0.05}, times=len(scores), scores=scores)
    steps = [b > a for losses, _ in ten_epochs()
             for a, b in itertools.pairwise(itertools.chain(*losses))]
    means = [[np.mean(part) for part in losses] for losses, _ in ten_epochs()]
    assert all(b < a for run in means for a, b in itertools.pairwise(run))
    assert 0.4 < np.mean(steps) < 0.55
    outcome("C067", "On 4,000 images, 5 seeds, ten epochs each: the mean loss of an epoch falls "
            "every time, but the loss of a batch is above that of the batch before in "
            "{share:.0f} % of {n} steps. All {lines} printed losses fall.", rel={"share": 0.03},
            share=100 * np.mean(steps), n=len(steps), lines=len(LOG))
    assert all(b[2] < a[2] for a, b in itertools.pairwise(LOG))
    down = [b <= a for _, scores in ten_epochs() for a, b in itertools.pairwise(scores)]
    late = [b <= a for _, scores in ten_epochs() for a, b in itertools.pairwise(scores[4:])]
    first, last = ([scores[k] for _, scores in ten_epochs()] for k in (0, -1))
    assert min(last) > max(first) and sum(late) >= 5
    outcome("C069", "In the same runs the accuracy on 1,000 test images goes from {first:.1f} % "
            "(mean of the first epochs) to {last:.1f} %, and does not rise in {down} of {n} "
            "epochs, {late} of them among the last five of a run, while the training loss falls "
            "in each.", rel={"first": 0.01, "last": 0.01, "down": 0.3, "late": 0.3},
            first=100 * np.mean(first), last=100 * np.mean(last), down=sum(down), n=len(down),
            late=sum(late))


def full_accuracy():
    """Best of ten epochs on the whole of MNIST; where that is not at hand, what was recorded."""
    try:
        d = data.load("mnist", download=False)
    except data.DataError:
        return json.loads(RECORDED.read_text(encoding="utf-8"))["C068"]["values"]["best"]
    chance = torch.Generator().manual_seed(0)
    model = models.MLP((784, 256, 10), generator=chance)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    best = 0.0
    for _ in range(10):
        epoch(model, optimizer, d, chance)
        best = max(best, 100 * accuracy(model, d))
    return best


def test_numbers_of_the_log(outcome):
    right = [c for c, share, _ in LOG if f"{100. * c / 60000:.0f}" == str(share)]
    tenth = [c for c, share, _ in LOG[:7] if abs(100 * c / 6000 - share) < 1]
    assert right == [0, 20000, 30000, 50000, 60000] and len(tenth) == 7
    outcome("C066", "Formatted as the code does, the shares of 100, 200, 600, 10000 and 40000 in "
            "60000 are {shares} percent; of the {n} printed ones {right} are right. Those of the "
            "first epoch are within one percent of shares of 6,000.",
            shares=listed(f"{100. * c / 60000:.0f}" for c in (100, 200, 600, 10000, 40000)),
            n=len(LOG), right=len(right))
    assert (ACCURACY % 98.9999, ACCURACY % 99) == ("Accuracy: 98 %", "Accuracy: 99 %")
    last = [100 * scores[-1] for _, scores in ten_epochs()]
    best = full_accuracy()
    assert max(last) < 97 and 97.5 < best < 98.7
    outcome("C068", "The format gives `{line}` for 98.04 and needs 9,900 of 10,000 right to say "
            "99. Ten epochs on 4,000 images with pixels to 1 end at {low:.1f} to {high:.1f} % (5 "
            "seeds); on the whole of MNIST the best of ten epochs of one run is {best:.2f} %.",
            rel={"low": 0.01, "high": 0.01, "best": 0.003}, line=ACCURACY % 98.04,
            low=min(last), high=max(last), best=best)


KERAS = trial.KERAS + """
import numpy
x = numpy.random.default_rng(0).normal(size=(200, 4)).astype("float32")
y = numpy.eye(2)[(x[:, 0] > 0).astype(int)]
y[160:] = 1 - y[160:]  # reversed: the better the fit, the worse the validation loss
names = {"X_train": x, "y_train": y, "X_test": x, "y_test": y}
def attempt(text, optimizer="adam", epochs=0, **more):
    model = keras.models.Sequential([
        keras.layers.Dense(2, activation="softmax", kernel_initializer="zeros")])
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    if epochs:
        model.fit(x, y, epochs=epochs, batch_size=64, validation_split=0.2, verbose=0)
    before = int(model.optimizer.iterations)
    try:
        exec(compile(text, "<listing>", "exec"), {"model": model, **names, **more})
    except Exception as error:
        return [type(error).__name__, str(error), len(model.history.epoch)]
    steps = [before, int(model.optimizer.iterations)]
    return [model.history.history["learning_rate"], steps]
"""


@functools.cache
def keras():
    """L24 as printed, with names supplied, and L55 with three settings, in one process."""
    rate, plateau = (trial.listing(id).text for id in ("L24", "L55"))
    lower = trial.repair(plateau, ("min_lr=0.001", "min_lr=1e-6")).text
    one = trial.repair(rate, ("lr * np.exp(-0.1 * (epoch - 10))", "lr * np.exp(-0.1)")).text
    calls = {"bare": f"attempt({rate!r})", "whole": f"attempt({rate!r}, np=numpy)",
             "one": f"attempt({one!r}, np=numpy)", "plateau": f"attempt({plateau!r}, epochs=20)",
             "lower": f"attempt({lower!r})", "sgd": f"attempt({plateau!r}, 'sgd')",
             # Keras does without scikit-learn, and a listing may still import it.
             "spared": "'sklearn' not in sys.modules and bool(importlib.import_module('sklearn'))"}
    setup = KERAS + "\n".join(f"{name} = {call}" for name, call in calls.items())
    return trial.run(rate, setup=setup, probe=list(calls), timeout=300)


def test_schedule_that_compounds(outcome):
    run = keras()
    kind, message, done = run.values["bare"]
    rates, intended = run.values["whole"][0], run.values["one"][0]
    times = [max(0, e - 10) for e in range(20)]
    assert rates == pytest.approx([1e-3 * math.exp(-k * (k + 1) / 20) for k in times], rel=1e-5)
    assert run.type == "NameError" and (kind, done) == ("NameError", 10)
    outcome("L24", "Run with Keras on PyTorch it stops at line {line} with `{type}: {message}`. "
            "With a model and data it trains {done} epochs and then stops with `{kind}: {second}`. "
            "With NumPy too it runs, at rates of {start} up to epoch 10, and at the end {end:.1e}.",
            rel={"start": 1e-5, "end": 1e-4}, line=run.line, type=run.type, message=run.message,
            done=done, kind=kind, second=message, start=round(rates[0], 6), end=rates[-1])
    from_first = [1e-3 * math.exp(-0.1 * k) for k in times]
    assert intended[:10] == rates[:10] and intended[10:19] == pytest.approx(from_first[11:])
    outcome("F39", "In epoch 19 the printed rule has multiplied the rate by {printed:.4f}, which "
            "is exp(−4.5); the decay counted from the first rate gives {first:.3f}, exp(−0.9), "
            "{ratio:.0f} times as much. A factor of exp(−0.1) in each epoch from 10 on agrees with "
            "that, one epoch ahead.", rel=dict.fromkeys(("printed", "ratio"), 1e-4),
            printed=rates[-1] / rates[0], first=from_first[-1] / 1e-3,
            ratio=from_first[-1] / rates[-1])
    half = next(e for e, r in enumerate(rates) if r < 0.5e-3)
    meant = next(e for e, r in enumerate([*from_first, 1e-3 * math.exp(-1)]) if r < 0.5e-3)
    outcome("C103", "Keras' own record of the rates, times 1,000, from epoch 10 on: {rates}. Below "
            "half it falls in epoch {half}, as described it would in epoch {meant}.",
            rel={"rates": 1e-3}, rates=[round(1e3 * r, 4) for r in rates[10:]], half=half,
            meant=meant)


def test_plateau_that_cannot_act(outcome):
    values = keras().values
    assert values["spared"] is True
    flat, (before, after) = values["plateau"]
    lower, sgd = values["lower"][0], values["sgd"][0]
    assert set(flat) == {flat[0]} and len(flat) == 20 and after == 2 * before
    assert len(set(lower)) == 4 and len(set(sgd)) == 3
    outcome("L55", "With Keras on PyTorch, a small model and a validation loss that rises from "
            "the start, the rate is {rate} in all {n} epochs. With `min_lr=1e-6` it falls to "
            "{low:.0e}. After a first training of {n} epochs, {before} updates, the listing's "
            "second one ends at {after}: it goes on, it does not start anew.",
            rel={"rate": 1e-5, "low": 1e-4}, rate=round(flat[0], 6), n=len(flat), low=lower[-1],
            before=before, after=after)
    drops = [e for e, (a, b) in enumerate(itertools.pairwise(sgd), 1) if b < a]
    outcome("C137", "Under Adam the callback lowers the rate {adam} times in {n} epochs. Under "
            "`sgd`, which starts at {start}, the same settings lower it in epochs {drops}, to "
            "{end}.", rel={"start": 1e-5, "end": 1e-5}, adam=len(set(flat)) - 1, n=len(flat),
            start=round(sgd[0], 6), drops=drops, end=round(sgd[-1], 6))


def test_saving(outcome, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # the listing saves a file
    chance, saved, save = torch.Generator().manual_seed(0), [], torch.save
    x = torch.randn(32, 10, generator=chance)
    monkeypatch.setattr(torch, "save", lambda *rest: (saved.append(rest[1]), save(*rest)))
    _, out = here(trial.listing("L03").text, dataloader=[(x, x[:, :1])])
    assert saved == ["model.pth"]
    (tmp_path / "model.pth").unlink()
    passes = itertools.count()

    class Stopped:
        def __iter__(self):
            if next(passes) == 50:
                raise KeyboardInterrupt
            yield x, x[:, :1]
    with pytest.raises(KeyboardInterrupt):
        here(trial.listing("L03").text, dataloader=Stopped())
    left = len(list(tmp_path.iterdir()))

    def train(state, steps):
        for _ in range(steps):
            state[1].zero_grad()
            F.mse_loss(state[0](x), x[:, :1]).backward()
            state[1].step()
        return state[0].weight.detach().clone()
    torch.manual_seed(0)
    model = nn.Linear(10, 1)
    whole = (model, torch.optim.Adam(model.parameters(), lr=0.01))
    train(whole, 50)
    bare, both = copy.deepcopy(model), copy.deepcopy(whole)
    end = train(whole, 50)
    apart = (train((bare, torch.optim.Adam(bare.parameters(), lr=0.01)), 50) - end).abs().max()
    assert torch.equal(train(both, 50), end) and apart > 1e-3 and left == 0
    outcome("C018", "In {epochs} epochs L03 prints {lines} lines and saves {times} time, at the "
            "end; stopped after half of them it leaves {left} files. Weights reloaded without "
            "Adam's state end {apart:.3f} away from a run that was not interrupted; with the "
            "state the two are equal, bit for bit.", rel={"apart": 0.05}, epochs=100,
            lines=out.count("Loss"), times=len(saved), left=left, apart=apart)


def test_hours_to_days(outcome):
    d, chance = data.load("mnist-sample"), torch.Generator().manual_seed(0)
    model = models.MLP((784, 256, 10), generator=chance)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    begun = time.process_time()
    losses = epoch(model, optimizer, d, chance)
    steps = 10 * math.ceil(60000 / 64)
    seconds = steps * (time.process_time() - begun) / len(losses)
    products = 3 * 10 * 60000 * (784 * 256 + 256 * 10)  # forward once, backward twice
    slow = products / 3600
    assert steps == 9380 and slow < 2e8 < products
    outcome("C040", "Ten epochs of the document's network on MNIST are {steps:,} updates and "
            "{products:.1e} multiply-adds. To need an hour a machine would have to make no more "
            "than {slow:.0f} million of them a second. The machine that recorded this needs about "
            "{seconds:.0f} s of one core (reckoned from one epoch on 4,000 images).",
            rel={"seconds": 1.0}, steps=steps, products=products, slow=slow / 1e6,
            seconds=seconds)  # a tolerance of 1 passes for any time: no clock decides here


def start(sizes, rates, draw):
    """Weights of `rates` times SEEDS networks side by side, the same SEEDS for each rate."""
    found = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        w = torch.stack([draw(fan_in, fan_out, torch.Generator().manual_seed(1000 * s + fan_out))
                         for s in range(SEEDS)])
        found += [w.repeat(rates, 1, 1), torch.zeros(rates * SEEDS, 1, fan_out)]
    return [p.requires_grad_() for p in found]


def normal(width):
    return lambda i, o, g: width(i) * torch.randn(i, o, generator=g)


def he(fan_in):
    return math.sqrt(2 / fan_in)


def forward(params, x):
    x = x.expand(len(params[0]), *x.shape) if x.dim() == 2 else x
    for k in range(0, len(params), 2):
        x = torch.baddbmm(params[k + 1], x, params[k])
        x = x.relu() if k < len(params) - 2 else x
    return x


def score(params, x, y):
    """Accuracy of each network, by rate and seed."""
    with torch.inference_mode():
        return (forward(params, x).argmax(-1) == y).float().mean(1).view(-1, SEEDS)


def loss(params, x, y):
    z = forward(params, x)
    each = F.cross_entropy(z.flatten(0, 1), y.expand(z.shape[:2]).flatten(), reduction="none")
    return each.view(z.shape[:2]).mean(1)


def descend(params, rates, x, y, size, steps, shape=lambda u: 1.0, look=None):
    """SGD on all networks at once, each with its rate; `look(step)` after every step."""
    rate = torch.tensor(rates).repeat_interleave(SEEDS).view(-1, 1, 1)
    chance = [torch.Generator().manual_seed(s) for s in range(SEEDS)]
    rows = []
    for step in range(steps):
        if not rows:
            order = torch.stack([torch.randperm(len(x), generator=c) for c in chance])
            rows = list(order[:, :len(x) // size * size].split(size, 1))
        mine = rows.pop(0).repeat(len(rates), 1)
        slopes = torch.autograd.grad(loss(params, x[mine], y[mine]).sum(), params)
        with torch.no_grad():
            for p, slope in zip(params, slopes, strict=True):
                p -= shape(step / steps) * rate * slope
        if look:
            look(step + 1)
    return params


@functools.cache
def digits():
    """1,024 digits to train on, the rest of the training part to choose by, and the test part."""
    d = data.load("digits")
    order = torch.randperm(len(d.x_train), generator=torch.Generator().manual_seed(0))
    x, y = d.x_train.flatten(1)[order], d.y_train[order]
    return (x[:1024], y[:1024]), (x[1024:], y[1024:]), (d.x_test.flatten(1), d.y_test)


def test_width_of_the_first_weights(outcome):
    draws = {"one": normal(lambda i: 1.0), "small": normal(lambda i: 0.01), "he": normal(he),
             "flat": lambda i, o, g: he(i) * math.sqrt(3) * (2 * torch.rand(i, o, generator=g) - 1)}
    x = torch.randn(200, 256, generator=torch.Generator().manual_seed(0))
    size = {}
    for name, draw in draws.items():
        with torch.inference_mode():
            size[name] = forward(start([256] * 11 + [1], 1, draw)[:-2], x).std((1, 2))
    train, valid, test = digits()
    rates, best = {"one": [1e-8, 1e-7, 1e-6], "small": [0.1, 1.0, 10.0]}, {}
    for name, draw in draws.items():
        mine = rates.get(name, [0.01, 0.03, 0.1])
        params = descend(start([64] * 10 + [10], len(mine), draw), mine, *train, 16, 300)
        best[name] = score(params, *test)[score(params, *valid).mean(1).argmax()]
    assert size["one"].min() > 1e8 and size["small"].max() < 1e-8
    assert min(size["he"].min(), size["flat"].min()) > 0.1 and size["he"].max() < 5
    apart = (best["he"] - best["flat"]).mean().abs()
    assert apart < 2 * max(best["he"].std(), best["flat"].std())
    means = {f"{name}_right": right.mean() for name, right in best.items()}
    assert min(means["he_right"], means["flat_right"]) > max(means["one_right"],
                                                             means["small_right"]) + 0.1
    outcome("C054", "Ten ReLU layers of 256 units, 5 seeds: the signal behind them has a standard "
            "deviation of about {one:.0e} with weights from N(0, 1), {small:.0e} from "
            "N(0, 0.01²), {he:.1f} with variance 2/256, normal, and {flat:.1f}, uniform. Ten "
            "layers of 64 on digits, 300 steps, each at the best of three rates (for N(0, 1) about "
            "a ten-millionth): {one_right:.0%}, {small_right:.0%}, {he_right:.0%} and "
            "{flat_right:.0%} right on average; the last two differ by no more than twice their "
            "spread over seeds.",
            rel={"one": 0.5, "small": 0.5, "he": 0.2, "flat": 0.2} | dict.fromkeys(means, 0.15),
            **{name: s.log().mean().exp() for name, s in size.items()}, **means)


def race(size, rates, steps):
    """Steps to 95 % on the validation digits, and (valid, train, test) at the end, by rate."""
    train, valid, test = digits()
    params, reached = start((64, 32, 10), len(rates), normal(he)), {}
    every = max(1, 128 // size)

    def look(step):
        if step % every == 0:
            for key in (score(params, *valid) >= 0.95).nonzero().tolist():
                reached.setdefault(tuple(key), step)
    descend(params, rates, *train, size, steps, look=look)
    first = np.array([[reached.get((r, s), np.inf) for s in range(SEEDS)]
                      for r in range(len(rates))])
    return first, [score(params, *part) for part in (valid, train, test)]


def test_batch_size(outcome):
    ways = {"small": (8, [0.1, 0.3, 1.0], 20 * 128), "middle": (64, [0.3, 1.0, 2.0], 20 * 16),
            "large": (512, [0.3, 1.0, 2.0], 20 * 2), "longer": (512, [0.3, 1.0, 2.0], 20 * 16)}
    first, fit, test = {}, {}, {}
    for name, (size, rates, steps) in ways.items():
        reached, (valid, train, tested) = race(size, rates, steps)
        best = int(valid.mean(1).argmax())
        first[name] = reached[reached.mean(1).argmin()]
        fit[name], test[name] = train[best], tested[best]
    spread = max(test[name].std() for name in ("small", "middle", "longer"))
    means = [test[name].mean() for name in ("small", "middle", "longer")]
    assert max(means) - min(means) < 2 * spread
    assert min(fit["small"].min(), fit["longer"].min()) > 0.99
    assert test["large"].mean() < min(means) - 0.01 and fit["large"].mean() < 0.98
    outcome("C101", "1,024 digits, 5 seeds, each batch size at the best of its rates. After 20 "
            "epochs batches of 8, 64 and 512 get {small:.1%}, {middle:.1%} and {large:.1%} of the "
            "test digits right; but the last has learned only {fit:.1%} of its training digits, "
            "so this is no overfitting. Given as many steps as the 64 had, 512 gets {longer:.1%}: "
            "the three then differ by less than twice the spread over seeds, {spread:.1%}.",
            rel=dict.fromkeys(("small", "middle", "large", "fit", "longer"), 0.02)
            | {"spread": 0.6}, **{name: t.mean() for name, t in test.items()},
            fit=fit["large"].mean(), spread=spread)
    steps = [first[name].mean() for name in ("small", "middle", "longer")]
    samples = [n * ways[name][0] for name, n in zip(("small", "middle", "longer"), steps,
                                                     strict=True)]
    assert steps[0] > 2 * steps[1] and steps[1] > steps[2] > steps[1] / 4
    assert samples[2] > 2 * samples[1] and samples[1] > samples[0]
    outcome("C165", "To 95 % of 414 validation digits, each size at the best of its rates, mean of "
            "5 seeds: batches of 8 need {s0:.0f} steps, of 64 {s1:.0f}, of 512 {s2:.0f}; that is "
            "{n0:.0f}, {n1:.0f} and {n2:.0f} samples.",
            rel=dict.fromkeys(("s0", "s1", "s2", "n0", "n1", "n2"), 0.3),
            **{f"s{k}": v for k, v in enumerate(steps)},
            **{f"n{k}": v for k, v in enumerate(samples)})


def test_schedule(outcome):
    (x, y), valid, test = digits()
    x, y, chance = x[:512], y[:512].clone(), torch.Generator().manual_seed(1)
    noisy = torch.rand(512, generator=chance) < 0.2
    y[noisy] = torch.randint(10, (int(noisy.sum()),), generator=chance)
    wrong = (y != digits()[0][1][:512]).float().mean()
    rates, steps, found = [0.01, 0.03, 0.1, 0.3, 1.0], 50 * 32, {}
    for name, shape in (("constant", lambda u: 1.0),
                        ("cosine", lambda u: (1 + math.cos(math.pi * u)) / 2)):
        params, tail = start((64, 64, 10), len(rates), normal(he)), []

        def look(step, params=params, tail=tail):
            if step > steps - 32:
                with torch.inference_mode():
                    tail.append(loss(params, x, y).view(-1, SEEDS))
        descend(params, rates, x, y, 16, steps, shape, look)
        best = int(score(params, *valid).mean(1).argmax())
        swing = torch.stack(tail).diff(dim=0).abs().mean(0)
        found[name] = (score(params, *test), best, swing)
    fits2 = score(params, x, y)
    (tests, best, swings), (tests2, best2, swings2) = found.values()
    own, own2 = tests[best], tests2[best2]
    assert (own.mean() - own2.mean()).abs() < 2 * max(own.std(), own2.std())
    r = rates.index(0.3)
    assert (swings2[r] < swings[r] / 50).all() and swings2[r].max() < 0.001
    assert fits2[-1].mean() > 1 - wrong + 0.05 and tests2[-1].mean() < own2.mean() - 0.03
    assert tests2[r].mean() > tests[r].mean() + 0.01
    assert max(best, best2) < r  # neither at the largest rates that were tried
    outcome("C102", "512 digits, {wrong:.0%} of the labels wrong, 50 epochs, 5 seeds. At a rate "
            "of 0.3 a step at the end moves the training loss by {swing:.3f}, with a cosine to "
            "zero by less than {still}; that run gets {falling:.1%} of the test digits right, the "
            "one at the constant rate {steady:.1%}. But each at the best of five rates they get "
            "{own2:.1%} ± {spread2:.1%} and {own:.1%} ± {spread:.1%}, no difference over the "
            "spread. And at a rate of 1 the run with the cosine fits {fit:.0%} of the labels, "
            "wrong ones among them, and gets {over:.1%} right: it overfits.",
            rel=dict.fromkeys(("own", "own2", "fit", "over", "falling", "steady"), 0.03)
            | {"swing": 0.3, "spread": 0.8, "spread2": 0.8}, wrong=wrong,
            swing=swings[r].mean(), still=0.001, falling=tests2[r].mean(),
            steady=tests[r].mean(), own=own.mean(), spread=own.std(), own2=own2.mean(),
            spread2=own2.std(), fit=fits2[-1].mean(), over=tests2[-1].mean())


def test_charts(outcome):
    chance = torch.Generator().manual_seed(0)
    x, y = torch.randn(256, 20, generator=chance), torch.randn(256, 1, generator=chance)
    made = models.MLP((20, 30, 1), generator=chance)

    def one_step(rate, rows=256, decay=0.0, backward=True, prune=False):
        model = copy.deepcopy(made)
        weights = list(model.parameters())
        optimizer = torch.optim.SGD(weights, lr=rate, weight_decay=decay)
        if prune:
            with torch.no_grad():
                weights[0] *= weights[0].abs() > weights[0].abs().median()
        before = nn.utils.parameters_to_vector(weights).detach().clone()
        if backward:
            F.mse_loss(model(x[:rows]), y[:rows]).backward()
        slope = nn.utils.parameters_to_vector([p.grad if backward else 0 * p for p in weights])
        optimizer.step()
        after = nn.utils.parameters_to_vector(weights).detach()
        return slope.detach(), after - before, weights[0].detach()
    slope, move, _ = one_step(0.01)
    same, far, _ = one_step(0.1)
    ratio = (far.norm() / move.norm()).item()
    assert torch.equal(slope, same) and ratio == pytest.approx(10, rel=1e-3)
    outcome("D5", "The gradients at rates of 0.01 and 0.1 are the same, bit for bit; the updates "
            "differ by a factor of {ratio:.2f}.", rel={"ratio": 1e-3}, ratio=ratio)
    still = one_step(0.01, backward=False)[1].abs().max().item()
    few = one_step(0.01, rows=8)[0]
    batch = ((few - slope).norm() / slope.norm()).item()
    theta = nn.utils.parameters_to_vector(made.parameters()).detach()
    pull = one_step(0.01, decay=0.5)[1] - move
    torch.testing.assert_close(pull, -0.01 * 0.5 * theta, atol=1e-7, rtol=1e-3)
    cut = one_step(0.01, prune=True)[2]
    zeros = int((cut == 0).sum())
    assert still == 0 and batch > 0.2 and zeros == 0
    outcome("D2", "Without the backward pass the optimizer's step moves nothing. A batch of 8 in "
            "the place of 256 changes the gradient by {batch:.1f} times its length, a penalty adds "
            "its own slope, another rate changes the step alone. Of {pruned} weights set to zero "
            "by pruning, {zeros} are zero after one more step.", rel={"batch": 0.02}, batch=batch,
            pruned=cut.numel() // 2, zeros=zeros)
