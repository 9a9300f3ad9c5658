"""A healthy training run, and twelve broken by a small change of its text; five seeds each."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy  # noqa: F401  (the script's)
from torch.optim import SGD  # noqa: F401
from torch.optim.lr_scheduler import StepLR  # noqa: F401

from labkit import data

SCRIPT = '''\
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(),
    nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU(),
    nn.Flatten(), nn.Linear(784, 64), nn.ReLU(),
    nn.Dropout(0.5), nn.Linear(64, 10))
optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
schedule = StepLR(optimizer, step_size=3, gamma=0.3)
for epoch in range(8):
    model.train()
    for xb, yb in batches(x, y, 32):
        optimizer.zero_grad()
        loss = cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
        log.step(loss)
    schedule.step()
    model.eval()
    log.epoch(schedule.get_last_lr())
'''
# name: (old, new) pairs; each old piece stands in the script once
FAULTS = {
    "healthy": [],
    "rate ×10": [("lr=0.05", "lr=0.5")],
    "missing zero_grad": [("        optimizer.zero_grad()\n", "")],
    "eval forgotten": [("    model.eval()\n", "")],
    "shuffled labels": [("optimizer = ", "y = y[torch.randperm(len(y))]\noptimizer = ")],
    "leaked test set": [("optimizer = ", "x, y = torch.cat([x, x_test]), torch.cat([y, y_test])\n"
                         "optimizer = ")],
    "dead units": [("optimizer = ", "nn.init.uniform_(model[5].weight, -0.1, 0)\noptimizer = ")],
    "frozen layer": [("SGD(model.parameters()", "SGD(model[8].parameters()")],
    "wrong axis": [("cross_entropy(model(xb), yb)",
                    "-model(xb).log_softmax(0)[range(len(yb)), yb].mean()")],
    "exploding gradient": [("optimizer = ", "nn.init.normal_(model[2].weight)\n"
                            "nn.init.normal_(model[5].weight)\noptimizer = ")],
    "stale schedule": [
        ("for epoch in", "optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)\n"
         "for epoch in")],
    "batch norm with a batch of one": [
        ("nn.Linear(784, 64), nn.ReLU()", "nn.Linear(784, 64), nn.BatchNorm1d(64), nn.ReLU()"),
        ("batches(x, y, 32)", "batches(x[:3169], y[:3169], 32)")],
    "label offset": [("optimizer = ", "y = (y + 1) % 10\noptimizer = ")],
}
SEED, SEEDS, DEVICE = 0, 5, "cpu"
ROWS = (*FAULTS, "check")
CHECK = "check"  # the healthy run with one seed
TOLERANCE = 0.2  # relative; 800 steps amplify the last bit of a float
LAYERS = {"first convolution": 0, "second convolution": 2, "hidden": 5, "output": -1}


def script(name: str) -> str:
    """The text of a run: the healthy script with its fault put in."""
    text = SCRIPT
    for old, new in FAULTS[name]:
        assert text.count(old) == 1, (name, old)
        text = text.replace(old, new)
    return text


class Log:
    """What a careful loop writes down; one entry an epoch."""

    def __init__(self, names: dict, valid: tuple, test: tuple) -> None:
        self.names, self.valid, self.test = names, valid, test
        self.losses, self.norms, self.before = [], [], None
        self.rows = {"rate": [], "loss": [], "valid_loss": [], "accuracy": [], "norm": [],
                     "change": [], "dead": [], "again": []}
        self.first = self.error = None

    def weights(self) -> list[torch.Tensor]:
        return [self.names["model"][k].weight.detach().clone() for k in LAYERS.values()]

    def step(self, loss: torch.Tensor) -> None:
        gradients = [p.grad.norm() for p in self.names["model"].parameters()
                     if p.grad is not None]
        self.norms.append(torch.stack(gradients).norm().item())
        self.losses.append(loss.item())
        self.first = self.first or loss.item()

    @torch.no_grad()
    def epoch(self, rate: list[float]) -> None:
        model, (x, y) = self.names["model"], self.valid
        scores, again = model(x), model(x)
        now = self.weights()
        change = [((a - b).norm() / b.norm()).item() for a, b in zip(now, self.before, strict=True)]
        self.before = now
        row = (rate[0], sum(self.losses) / len(self.losses),
               nn.functional.cross_entropy(scores, y).item(),
               (scores.argmax(1) == y).float().mean().item(),
               max(self.norms), change,
               (model[:7](x) <= 0).all(0).float().mean().item(),
               (scores - again).abs().max().item())
        for column, value in zip(self.rows, row, strict=True):
            self.rows[column].append(value)
        self.losses, self.norms = [], []

    @torch.no_grad()
    def end(self) -> dict:
        scores = self.names["model"](self.test[0])
        final = None if self.error else (scores.argmax(1) == self.test[1]).float().mean().item()
        return {"first": self.first, "test": final, "error": self.error, **self.rows}


def run(name: str, seed: int) -> dict:
    """One run of the script: the log."""
    torch.manual_seed(seed)
    images = data.load("mnist-sample")
    order = torch.randperm(len(images.x_train), generator=torch.Generator().manual_seed(seed))
    train, valid = order[:3200], order[3200:]
    names = {**globals(), "x": images.x_train[train], "y": images.y_train[train],
             "x_test": images.x_test, "y_test": images.y_test}
    names["batches"] = lambda x, y, size: data.batches(
        x, y, size, generator=torch.Generator().manual_seed(int(torch.randint(1 << 30, ()))))
    log = names["log"] = Log(names, (images.x_train[valid], images.y_train[valid]),
                             (images.x_test, images.y_test))
    head, loop = script(name).split("for epoch in")
    exec(head, names)
    log.before = log.weights()
    try:
        exec("for epoch in" + loop, names)
    except ValueError as error:
        log.error = f"step {len(log.losses) + 1}: ValueError: {error}"
    names["model"].eval()
    return log.end()


def row(name: str, seed: int) -> dict:
    """The logs of all seeds of a run: lists with one entry a seed."""
    if name == "check":
        log = run("healthy", seed)
        return {column: log[column][-1] for column in ("loss", "valid_loss", "accuracy")}
    logs = [run(name, s) for s in range(seed, seed + SEEDS)]
    return {column: [log[column] for log in logs] for column in logs[0]}
