"""`fit` against loops written out here with torch alone, and resumed runs against whole ones."""

import copy
import errno
import math
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import torch
from sklearn import metrics as sklearn_metrics
from torch import nn
from torch.nn import functional as F

from labkit import data, train

EPOCHS = 4
STEPS = 6  # of an epoch: 256 samples in batches of 48


def images(count=256, seed=0):
    """A part of the MNIST sample: real digits, small enough for many runs."""
    sample = data.load("mnist-sample")
    rows = torch.randperm(len(sample.x_train), generator=torch.Generator().manual_seed(seed))
    return sample.x_train[rows[:count]], sample.y_train[rows[:count]]


X, Y = images()


def network(seed=0):
    """With dropout and batch norm: random numbers and buffers must survive a resume too."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.BatchNorm1d(20), nn.ReLU(),
                         nn.Dropout(0.3), nn.Linear(20, 10))


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def adam(model):
    return torch.optim.Adam(model.parameters(), lr=0.01)


def parts(make=sgd, seed=0):
    """A model, its optimiser, and the arguments of fit that belong to them."""
    model = network(seed)
    optimizer = make(model)
    return model, optimizer, {"loss": F.cross_entropy, "optimizer": optimizer, "batch_size": 48,
                              "generator": torch.Generator().manual_seed(seed), "epochs": EPOCHS,
                              "progress": False}


def same(a, b):
    """Bit for bit: tensors, and dicts and lists of them."""
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


# ---------------------------------------------------------------- against a plain loop


@pytest.mark.parametrize("make", [sgd, adam])
@pytest.mark.parametrize("clip", [None, 0.5])
def test_fit_equals_a_loop_by_hand(make, clip):
    sample = data.load("mnist-sample")
    x, y = sample.x_train, sample.y_train
    mine, optimizer, arguments = parts(make)
    torch.manual_seed(7)
    history = train.fit(mine, x, y, clip=clip, **arguments | {"epochs": 2, "batch_size": 300})

    other = network()
    step = make(other)
    order = torch.Generator().manual_seed(0)
    torch.manual_seed(7)
    other.train()
    means = []
    for _ in range(2):
        total = 0.0
        for rows in torch.randperm(len(x), generator=order).split(300):
            step.zero_grad()
            loss = F.cross_entropy(other(x[rows]), y[rows])
            loss.backward()
            if clip:
                torch.nn.utils.clip_grad_norm_(other.parameters(), clip)
            step.step()
            total += loss.item() * len(rows)
        means.append(total / len(x))
    assert same(mine.state_dict(), other.state_dict())
    assert same(optimizer.state_dict(), step.state_dict())
    assert history["loss"] == pytest.approx(means, rel=1e-12)


def test_it_learns_the_sample():
    sample = data.load("mnist-sample")
    model, _, arguments = parts()
    history = train.fit(model, sample.x_train, sample.y_train, valid=(sample.x_test, sample.y_test),
                        metrics={"accuracy": train.accuracy}, **arguments)
    assert history.last["valid_accuracy"] > 0.88  # a linear model reaches 0.89


def test_clip_bounds_the_step():
    """Plain SGD with rate 1 moves by the gradient, so clipping bounds the move."""
    model = network()
    before = nn.utils.parameters_to_vector(model.parameters()).detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    train.fit(model, X, Y, loss=F.cross_entropy, optimizer=optimizer, epochs=1, batch_size=len(X),
              generator=torch.Generator().manual_seed(0), clip=0.01)
    moved = nn.utils.parameters_to_vector(model.parameters()) - before
    assert moved.norm().item() == pytest.approx(0.01, rel=1e-3)


def test_modes_are_left_as_they_were():
    model, _, arguments = parts()
    model.eval()
    model[4].train()
    train.fit(model, X, Y, valid=(X, Y), **arguments)
    train.evaluate(model, X, Y, F.cross_entropy)
    assert [m.training for m in model.modules()] == [m is model[4] for m in model.modules()]


# ---------------------------------------------------------------- evaluate


def test_evaluate_against_scikit_learn_whatever_the_batch_size():
    model, _, arguments = parts()
    train.fit(model, X, Y, **arguments)

    def macro_f1(output, y):
        return torch.tensor(sklearn_metrics.f1_score(y, output.argmax(1), average="macro"))
    model.eval()
    with torch.no_grad():
        output = model(X)
    expected = {"loss": sklearn_metrics.log_loss(Y, output.double().softmax(1)),
                "accuracy": sklearn_metrics.accuracy_score(Y, output.argmax(1)),
                "f1": sklearn_metrics.f1_score(Y, output.argmax(1), average="macro")}
    for batch_size in (1, 100, 256, 10_000):
        found = train.evaluate(model, X, Y, F.cross_entropy,
                               {"accuracy": train.accuracy, "f1": macro_f1}, batch_size)
        assert found == pytest.approx(expected, abs=1e-6)


def test_evaluate_changes_nothing():
    model, _, _ = parts()
    before, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    train.evaluate(model, X, Y, F.cross_entropy)
    assert same(model.state_dict(), before) and torch.equal(torch.get_rng_state(), random)
    assert model.training and all(p.grad is None for p in model.parameters())


# ---------------------------------------------------------------- history


def test_history_columns_rows_and_equality():
    model, _, arguments = parts()
    history = train.fit(model, X, Y, valid=(X, Y), metrics={"accuracy": train.accuracy},
                        **arguments)
    assert history.columns == ["epoch", "loss", "valid_loss", "valid_accuracy"]
    assert history["epoch"] == [1, 2, 3, 4] and len(history) == 4
    assert history.to_dict()["loss"] == [row["loss"] for row in history]
    assert history.last == history.rows[-1] and "4 epochs" in repr(history)
    other = copy.deepcopy(history)
    assert history == other
    other.rows[2]["loss"] += 1e-16 + other.rows[2]["loss"] * 2**-52
    assert history != other
    with pytest.raises(KeyError, match="valid_accuracy"):
        history["accuracy"]
    with pytest.raises(IndexError, match="no epoch"):
        _ = train.History().last


# ---------------------------------------------------------------- early stopping


@pytest.mark.parametrize("patience", [1, 2, 5])
@pytest.mark.parametrize("min_delta", [0.0, 0.05])
def test_stopping_epoch_against_torchs_plateau_rule(patience, min_delta):
    """ReduceLROnPlateau waits one epoch longer than its patience; else the rule is the same."""
    model = nn.Linear(1, 1)
    for seed in range(20):
        values = torch.rand(40, generator=torch.Generator().manual_seed(seed)).cumsum(0)
        values = (values / torch.arange(1, 41) + torch.linspace(0.5, 0, 40)).tolist()
        stopping = train.EarlyStopping(patience, min_delta)
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, patience=patience - 1, threshold=min_delta, threshold_mode="abs")
        for epoch, value in enumerate(values, 1):
            stopping.update(epoch, value, model)
            plateau.step(value)
            assert stopping.reached(epoch) == (optimizer.param_groups[0]["lr"] < 1), (seed, epoch)
            if stopping.reached(epoch):
                break


def overfitting(**more):
    """A run that stops early: labels are noise, so the validation loss soon rises."""
    noise = torch.randint(10, (256,), generator=torch.Generator().manual_seed(3))
    model, optimizer, arguments = parts()
    arguments |= {"epochs": 30, "valid": (X, noise.flip(0)), **more}
    return model, optimizer, noise, arguments


@pytest.mark.parametrize("restore_best", [True, False])
def test_best_weights_come_back(restore_best):
    model, _, noise, arguments = overfitting()
    stopping = train.EarlyStopping(3, restore_best=restore_best)
    history = train.fit(model, X, noise, stopping=stopping, **arguments)
    assert stopping.best == min(history["valid_loss"])
    assert len(history) == stopping.best_epoch + 3 < 30
    found = train.evaluate(model, *arguments["valid"], F.cross_entropy)["loss"]
    assert found == (stopping.best if restore_best else history.last["valid_loss"])


def test_a_second_fit_with_the_same_object_starts_over():
    stopping = train.EarlyStopping(3)
    for _ in range(2):
        model, _, noise, arguments = overfitting()
        lengths = len(train.fit(model, X, noise, stopping=stopping, **arguments))
        assert lengths == stopping.best_epoch + 3


# ---------------------------------------------------------------- schedules, halves, compiling

SCHEDULES = {  # the documents' kinds, and those of the chapter; 6 steps an epoch
    "step": lambda o: torch.optim.lr_scheduler.StepLR(o, 5, 0.5),
    "milestones": lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [4, 13], 0.3),
    "exponential": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9),
    "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 24),
    "cyclic": lambda o: torch.optim.lr_scheduler.CyclicLR(o, 0.01, 0.1, 4),
    "one cycle": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.1, total_steps=24),
    "lambda": lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)),
    "warm-up, then cosine": lambda o: torch.optim.lr_scheduler.SequentialLR(o, [
        torch.optim.lr_scheduler.LinearLR(o, 0.1, 1.0, 5),
        torch.optim.lr_scheduler.CosineAnnealingLR(o, 19)], [5]),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_acts_after_every_step_as_in_a_loop_by_hand(name):
    mine, optimizer, arguments = parts()
    torch.manual_seed(7)
    history = train.fit(mine, X, Y, schedule=SCHEDULES[name](optimizer), **arguments)

    other, order = network(), torch.Generator().manual_seed(0)
    step = sgd(other)
    schedule = SCHEDULES[name](step)
    torch.manual_seed(7)
    rates = []
    for _ in range(EPOCHS):
        rates.append(step.param_groups[0]["lr"])
        for rows in torch.randperm(len(X), generator=order).split(48):
            step.zero_grad()
            F.cross_entropy(other(X[rows]), Y[rows]).backward()
            step.step()
            schedule.step()
    assert same(mine.state_dict(), other.state_dict())
    assert history["lr"] == rates and len(set(rates)) > 1


@pytest.mark.parametrize("valid", [None, (X, Y)])
def test_a_plateau_acts_after_every_epoch_on_the_validation_loss(valid):
    model, optimizer, arguments = parts()
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=0.5)
    history = train.fit(model, X, Y, valid=valid, schedule=schedule, **arguments | {"epochs": 8})
    losses, best, rates = history["valid_loss" if valid else "loss"], math.inf, [0.1]
    for loss in losses[:-1]:  # torch's rule: half of the best loss so far counts as progress
        rates.append(rates[-1] if loss < best * 0.5 else rates[-1] * 0.1)
        best = min(best, loss) if loss < best * 0.5 else best
    assert history["lr"] == pytest.approx(rates) and len(set(rates)) > 2


@pytest.mark.parametrize("name", [*SCHEDULES, "plateau"])
def test_a_schedule_resumes_where_it_stopped(tmp_path, name):
    make = SCHEDULES.get(name, lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(
        o, patience=0, threshold=0.5))

    def run(epochs, **more):
        model, optimizer, arguments = parts()
        torch.manual_seed(5)
        history = train.fit(model, X, Y, schedule=make(optimizer), **arguments
                            | {"epochs": epochs} | more)
        return history, model.state_dict(), optimizer.state_dict()
    whole = run(EPOCHS)
    run(2, checkpoint=tmp_path / "run.pt")
    resumed = run(EPOCHS, checkpoint=tmp_path / "run.pt", resume=True)
    assert resumed[0] == whole[0] and same(resumed[1:], whole[1:])


def test_a_schedule_is_put_back_with_the_weights_when_a_run_diverges():
    model, optimizer, arguments = parts()
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    calls = iter(range(1000))

    def loss(output, y):
        return F.cross_entropy(output, y) * (math.nan if next(calls) == STEPS + 3 else 1)
    with pytest.raises(train.Diverged, match="epoch 2"):
        train.fit(model, X, Y, schedule=schedule, **arguments | {"loss": loss})
    assert schedule.last_epoch == STEPS
    assert optimizer.param_groups[0]["lr"] == 0.1 * 0.5**STEPS


def test_autocast_is_a_loop_under_torchs_autocast():
    mine, _, arguments = parts()
    torch.manual_seed(7)
    train.fit(mine, X, Y, autocast=True, clip=0.5, **arguments)
    other, order, kinds = network(), torch.Generator().manual_seed(0), set()
    step = sgd(other)
    torch.manual_seed(7)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(X), generator=order).split(48):
            step.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                output = other(X[rows])
                loss = F.cross_entropy(output, Y[rows])
            kinds.add(output.dtype)
            loss.backward()
            nn.utils.clip_grad_norm_(other.parameters(), 0.5)
            step.step()
    assert kinds == {torch.bfloat16} and same(mine.state_dict(), other.state_dict())
    plain, _, arguments = parts()
    torch.manual_seed(7)
    train.fit(plain, X, Y, clip=0.5, **arguments)
    assert not same(plain.state_dict(), mine.state_dict())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_half_precision_on_a_gpu_learns_as_float32_does(monkeypatch, kind):
    monkeypatch.setattr(train.step.device, "autocast",
                        lambda place: torch.autocast("cuda", kind))
    ends = []
    for autocast in (False, True):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.ReLU(), nn.Linear(20, 10)).cuda()
        history = train.fit(model, X.cuda(), Y.cuda(), loss=F.cross_entropy, autocast=autocast,
                            optimizer=sgd(model), epochs=EPOCHS, batch_size=48, clip=1.0,
                            generator=torch.Generator().manual_seed(0), progress=False)
        ends.append(history.last["loss"])
    assert ends[1] == pytest.approx(ends[0], rel=0.05)


def test_a_float16_step_whose_gradient_overflows_is_left_out():
    """And clipping sees the true norm. On the CPU bfloat16 needs no scaler; the test adds one."""
    model = nn.Linear(1, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    step = train.step.Step(model, optimizer, lambda output, y: output.sum(), clip=0.5,
                           schedule=schedule)
    step.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16)
    weight = model.weight.detach().clone()
    step(torch.full((1, 1), 1e35), torch.zeros(1))  # times the scale it is beyond float32
    assert torch.equal(model.weight, weight) and schedule.last_epoch == 0
    assert step.scaler.get_scale() == 2.0**15
    step(torch.ones(1, 1), torch.zeros(1))
    assert model.weight.item() == pytest.approx(weight.item() - 0.05) and schedule.last_epoch == 1


@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.skipif(
    shutil.which("g++") is None, reason="no C++ compiler here"))])
def test_a_compiled_run_is_the_same_run(tmp_path, backend):
    def run(compile, epochs=2, **more):
        torch.manual_seed(0)  # no dropout: a compiled one draws other numbers
        model = nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.ReLU(), nn.Linear(20, 10))
        history = train.fit(model, X, Y, loss=F.cross_entropy, optimizer=sgd(model), epochs=epochs,
                            batch_size=64, generator=torch.Generator().manual_seed(0),
                            progress=False, compile=compile, **more)
        return model.state_dict(), history
    plain, compiled = run(None), run(backend, checkpoint=tmp_path / "run.pt")
    assert plain[0].keys() == compiled[0].keys()
    for name, weights in plain[0].items():
        torch.testing.assert_close(weights, compiled[0][name], rtol=1e-4, atol=1e-5)
    with pytest.raises(train.CheckpointError, match=f"compile was {backend} and is None now"):
        run(None, epochs=3, checkpoint=tmp_path / "run.pt", resume=True)


# ---------------------------------------------------------------- exact resume


class Interrupted(nn.Module):
    """A loss that presses Ctrl-C at its n-th training step."""

    def __init__(self, step):
        super().__init__()
        self.left = step

    def forward(self, output, y):
        if torch.is_grad_enabled():
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        return F.cross_entropy(output, y)


@pytest.mark.parametrize("make", [sgd, adam])
@pytest.mark.parametrize("epoch", range(EPOCHS + 1))
@pytest.mark.parametrize("into", [0, 4])  # right after an epoch, and in the middle of the next
def test_resumed_equals_uninterrupted(tmp_path, make, epoch, into):
    whole, whole_optimizer, arguments = parts(make)
    torch.manual_seed(5)
    expected = train.fit(whole, X, Y, valid=(X, Y), clip=1.0,
                         stopping=train.EarlyStopping(9), **arguments)
    file = tmp_path / "run.pt"

    model, _, arguments = parts(make)
    torch.manual_seed(5)
    interrupt = Interrupted(epoch * STEPS + into) if epoch < EPOCHS else F.cross_entropy
    try:
        train.fit(model, X, Y, valid=(X, Y), clip=1.0, stopping=train.EarlyStopping(9),
                  checkpoint=file, **arguments | {"loss": interrupt})
    except KeyboardInterrupt:
        assert epoch < EPOCHS
    assert file.exists() == (epoch > 0)

    seed = 0 if epoch == 0 else 99  # everything comes from the file, if there is one
    model, optimizer, arguments = parts(make, seed)
    torch.manual_seed(5 + seed)
    history = train.fit(model, X, Y, valid=(X, Y), clip=1.0, stopping=train.EarlyStopping(9),
                        checkpoint=file, resume=True, **arguments)
    assert history == expected
    assert same(model.state_dict(), whole.state_dict())
    assert same(optimizer.state_dict(), whole_optimizer.state_dict())


@pytest.mark.parametrize("epoch", [1, 2, 4, 5])
def test_early_stopping_resumes_too(tmp_path, epoch):
    whole, _, noise, arguments = overfitting()
    torch.manual_seed(5)
    best = train.EarlyStopping(3)
    expected = train.fit(whole, X, noise, stopping=best, **arguments)
    assert best.best_epoch < epoch + 3  # so some of these interruptions fall after the best epoch

    model, _, noise, arguments = overfitting(loss=Interrupted(epoch * STEPS + 1))
    torch.manual_seed(5)
    file = tmp_path / "run.pt"
    if epoch < len(expected):
        with pytest.raises(KeyboardInterrupt):
            train.fit(model, X, noise, stopping=train.EarlyStopping(3), checkpoint=file,
                      **arguments)
    else:
        train.fit(model, X, noise, stopping=train.EarlyStopping(3), checkpoint=file, **arguments)
    model, _, noise, arguments = overfitting()
    again = train.EarlyStopping(3)
    history = train.fit(model, X, noise, stopping=again, checkpoint=file, resume=True, **arguments)
    assert history == expected and same(model.state_dict(), whole.state_dict())
    assert (again.best, again.best_epoch) == (best.best, best.best_epoch)


def test_more_epochs_later_equal_all_at_once(tmp_path):
    whole, _, arguments = parts()
    torch.manual_seed(5)
    expected = train.fit(whole, X, Y, **arguments)
    model, _, arguments = parts()
    torch.manual_seed(5)
    for epochs in (1, 3, 3, EPOCHS):
        history = train.fit(model, X, Y, checkpoint=tmp_path / "run.pt", resume=True,
                            **arguments | {"epochs": epochs})
        torch.manual_seed(1000)
        assert len(history) == epochs
    assert history == expected and same(model.state_dict(), whole.state_dict())


# ---------------------------------------------------------------- processes really stopped

# One run, which this process can finish and another process can begin.
RUN = textwrap.dedent("""
    import torch
    from torch.nn import functional as F
    from labkit import train
    def run(file, epochs, width):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(50, width), torch.nn.Dropout(0.1),
                                    torch.nn.Linear(width, 4))
        x, y = torch.randn(64, 50), torch.arange(64) % 4
        history = train.fit(model, x, y, loss=F.cross_entropy, epochs=epochs, batch_size=16,
                            optimizer=torch.optim.Adam(model.parameters()), checkpoint=file,
                            generator=torch.Generator().manual_seed(0), resume=True)
        return history, model.state_dict()
""")
run = {}
exec(RUN, run)
run = run["run"]


def elsewhere(code, file):
    """Another process that has RUN and the name of the file."""
    return subprocess.Popen([sys.executable, "-c", f"{RUN}\nfile = {str(file)!r}\n{code}"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_stopped_process_leaves_a_checkpoint_that_resumes_exactly(tmp_path):
    file = tmp_path / "run.pt"
    for how in (signal.SIGINT, signal.SIGKILL):  # the second goes on where the first was stopped
        # the second run is far too long to finish before the signal
        process = elsewhere("run(file, 3, 300); print('go', flush=True); run(file, 100_000, 300)",
                            file)
        assert process.stdout.readline() == "go\n", process.communicate()[1]
        time.sleep(0.05)
        process.send_signal(how)
        err = process.communicate()[1]
        assert process.returncode != 0 and ("KeyboardInterrupt" in err) == (how == signal.SIGINT)
        done = len(torch.load(file, weights_only=True)["history"])
        assert done >= 3
    expected = run(tmp_path / "whole.pt", done + 3, 300)
    assert same(run(file, done + 3, 300)[1], expected[1])
    assert run(file, done + 3, 300)[0] == expected[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a file")
def test_a_file_too_large_for_the_disk(tmp_path):
    """The system itself refuses the write in the middle; the old checkpoint survives whole."""
    file = tmp_path / "run.pt"
    run(file, 2, 500)
    before = file.read_bytes()
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
    err = elsewhere(limit + "run(file, 3, 500)", file).communicate()[1]
    assert len(before) > 100_000
    assert f"[Errno {errno.EFBIG}]" in err and "is unharmed" in err and "Free space" in err
    assert file.read_bytes() == before and os.listdir(tmp_path) == ["run.pt"]
    assert len(run(file, 3, 500)[0]) == 3


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 100 kB, where root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("this user may not mount a small file system; RLIMIT_FSIZE is tested above")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(tiny_disk):
    file = tiny_disk / "run.pt"
    run(file, 1, 20)
    old = file.read_bytes()
    (tiny_disk / "filler").write_bytes(b"0" * (90_000 - len(old)))
    with pytest.raises(OSError, match="No space left on device while saving a checkpoint") as error:
        run(file, 2, 20)
    assert error.value.errno == errno.ENOSPC
    assert file.read_bytes() == old and sorted(os.listdir(tiny_disk)) == ["filler", "run.pt"]
    (tiny_disk / "filler").unlink()
    assert len(run(file, 2, 20)[0]) == 2


# ---------------------------------------------------------------- files of another run


@pytest.fixture
def saved(tmp_path):
    model, _, arguments = parts()
    train.fit(model, X, Y, checkpoint=tmp_path / "run.pt", **arguments | {"epochs": 1})
    return tmp_path / "run.pt"


def refuse(file, words, model=None, make=sgd, **changes):
    """fit must refuse the file with these words and leave model and optimiser untouched."""
    base, _, arguments = parts(make, seed=1)
    model = model or base
    optimizer = make(model)
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict(), torch.get_rng_state()))
    with pytest.raises(train.CheckpointError, match=words):
        train.fit(model, **{"x": X, "y": Y, "checkpoint": file, "resume": True} | arguments
                  | {"optimizer": optimizer} | changes)
    assert same(before, (model.state_dict(), optimizer.state_dict(), torch.get_rng_state()))


def wider():
    model = network()
    model[5] = nn.Linear(20, 12)
    return model


def test_a_checkpoint_of_another_model_names_the_first_difference(saved):
    refuse(saved, r"5\.weight is \(10, 20\) float32 in the file and \(12, 20\)", model=wider())
    refuse(saved, r"1\.weight is \(20, 784\) float32 in the file and absent in the model",
           model=nn.Sequential(nn.Flatten(), nn.Identity(), nn.Linear(784, 10)))
    refuse(saved, r"6\.weight is absent in the file and \(10, 10\)",
           model=nn.Sequential(*network(), nn.Linear(10, 10)))
    refuse(saved, "float32 in the file and .* float64", model=network().double(), x=X.double())


def test_a_checkpoint_of_another_run(saved):
    refuse(saved, "optimizer was SGD and is Adam now", make=adam)
    refuse(saved, "batch_size was 48 and is 32 now", batch_size=32)
    refuse(saved, "clip was None and is 1.0 now", clip=1.0)
    refuse(saved, "autocast was False and is True now", autocast=True)
    refuse(saved, "stopping was False and is True now", stopping=train.EarlyStopping(2),
           valid=(X, Y))

    def two_groups(model):
        return torch.optim.SGD([{"params": model[1].parameters()},
                                {"params": [*model[2].parameters(), *model[5].parameters()]}], 0.1)
    refuse(saved, "other parameter groups", make=two_groups)


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.9, -1])
def test_a_truncated_checkpoint(saved, keep):
    content = saved.read_bytes()
    saved.write_bytes(content[:int(keep * len(content)) if isinstance(keep, float) else keep])
    refuse(saved, "truncated or no checkpoint.*resume=False")


def test_a_file_that_is_something_else(saved):
    saved.write_text("epoch,loss\n1,0.3\n")
    refuse(saved, "no checkpoint")
    torch.save(network().state_dict(), saved)
    refuse(saved, "was not written by fit")
    torch.save({"model": Path("x")}, saved)  # an object: loading it would run code
    refuse(saved, "no checkpoint")


# ---------------------------------------------------------------- nan and inf


class Poisoned(nn.Module):
    """A loss that is nan or inf at its n-th training step."""

    def __init__(self, step, value):
        super().__init__()
        self.left, self.value = step, value

    def forward(self, output, y):
        self.left -= torch.is_grad_enabled()
        return F.cross_entropy(output, y) * (self.value if self.left == 0 else 1.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(("at", "epoch", "step"), [(1, 1, 1), (6, 1, 6), (7, 2, 1), (16, 3, 4)])
def test_nan_stops_and_gives_back_the_last_finished_epoch(tmp_path, value, at, epoch, step):
    finished, finished_optimizer, arguments = parts(adam)
    torch.manual_seed(5)
    if epoch > 1:
        train.fit(finished, X, Y, **arguments | {"epochs": epoch - 1})
    model, optimizer, arguments = parts(adam)
    torch.manual_seed(5)
    with pytest.raises(train.Diverged, match=f"{value} at step {step} of 6 in epoch {epoch}") as e:
        train.fit(model, X, Y, checkpoint=tmp_path / "run.pt",
                  **arguments | {"loss": Poisoned(at, value)})
    assert (e.value.epoch, e.value.step, len(e.value.history)) == (epoch, step, epoch - 1)
    assert same(model.state_dict(), finished.state_dict())
    assert same(optimizer.state_dict(), finished_optimizer.state_dict())
    assert (tmp_path / "run.pt").exists() == (epoch > 1)


def test_a_learning_rate_that_diverges():
    x, y = data.load("house-prices").x_train, data.load("house-prices").y_train
    model = nn.Linear(1, 1)
    start_weights = copy.deepcopy(model.state_dict())
    with pytest.raises(train.Diverged, match="smaller learning rate") as error:
        train.fit(model, x, y[:, None], loss=F.mse_loss, epochs=50, batch_size=3,
                  optimizer=torch.optim.SGD(model.parameters(), lr=0.01),
                  generator=torch.Generator().manual_seed(0))
    assert all(torch.isfinite(p).all() for p in model.parameters())
    assert len(error.value.history) == error.value.epoch - 1
    assert not same(model.state_dict(), start_weights)


def test_finite_loss_but_weights_lost_in_the_last_step():
    """The gradient of the root at 0 is infinite: the loss shows nothing until the next step."""
    model = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(model.weight)
    with pytest.raises(train.Diverged, match="a weight is not finite after step 1 of 1"):
        train.fit(model, torch.ones(4, 2), torch.zeros(4, 1), epochs=3, batch_size=4,
                  loss=lambda output, y: (output - y).abs().mean().sqrt(),
                  optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
                  generator=torch.Generator().manual_seed(0))
    assert torch.equal(model.weight, torch.zeros(1, 2))


# ---------------------------------------------------------------- wrong input


@pytest.mark.parametrize(("changes", "words"), [
    ({"batch_size": 0}, "batch size 0 must be a whole number from 1 to 256"),
    ({"batch_size": 257}, "batch size 257 must be .* from 1 to 256"),
    ({"epochs": 0}, "epochs is 0; it must be at least 1"),
    ({"clip": 0.0}, "clip is 0.0.*above 0"),
    ({"x": X[:0], "y": Y[:0]}, "no rows"),
    ({"y": Y[:9]}, "x has 256 rows and y has 9"),
    ({"y": Y + 1}, r"labels are out of range: .* 10, but 10 classes are numbered 0 to 9"),
    ({"y": Y - 1}, "labels are out of range: .* -1"),
    ({"valid": (X, Y + 5)}, "labels are out of range"),
    ({"valid": (X[:0], Y[:0])}, "no rows"),
    ({"metrics": {"accuracy": train.accuracy}}, r"give valid=\(x, y\)"),
    ({"stopping": train.EarlyStopping(1)}, r"give valid=\(x, y\)"),
    ({"resume": True}, "needs a checkpoint file"),
    ({"optimizer": sgd(network())}, "no parameter of this model"),
    ({"schedule": SCHEDULES["step"](sgd(network()))}, "of another optimizer"),
    ({"schedule": 0.5}, "none of torch.optim.lr_scheduler"),
    ({"compile": "gpu"}, "names a backend of torch.compile: .*inductor"),
    ({"x": X.to("meta"), "y": Y.to("meta")}, "x is on meta and the model on cpu"),
])
def test_wrong_input_is_refused_before_anything_changes(changes, words):
    model, _, arguments = parts()
    before, random = copy.deepcopy(model.state_dict()), arguments["generator"].get_state()
    with pytest.raises(ValueError, match=words):
        train.fit(model, **{"x": X, "y": Y} | arguments | changes)
    assert same(model.state_dict(), before)
    assert torch.equal(arguments["generator"].get_state(), random)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: train.EarlyStopping(0), "at least 1 epoch"),
    (lambda: train.EarlyStopping(1, -0.1), "not be negative"),
    (lambda: train.evaluate(network(), X[:0], Y[:0], F.cross_entropy), "no rows"),
    (lambda: train.evaluate(network(), X, Y[:5], F.cross_entropy), "must be pairs"),
    (lambda: train.evaluate(network(), X, Y, F.cross_entropy, batch_size=0), "at least 1"),
])
def test_wrong_input_elsewhere(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# ---------------------------------------------------------------- progress

@pytest.mark.parametrize(("terminal", "wanted", "printed"), [
    (True, True, True), (True, False, False), (False, True, False)])
def test_a_bar_only_where_someone_watches(capsys, monkeypatch, terminal, wanted, printed):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    model, _, arguments = parts()
    train.fit(model, X, Y, **arguments | {"progress": wanted})
    out, err = capsys.readouterr()
    assert ("24" in out) == printed and bool(out) == printed and err == ""


@pytest.mark.parametrize("person", [False, True])
def test_in_a_notebook(tmp_path, person):
    """A program that executes a notebook does not offer to answer questions; JupyterLab does."""
    import nbformat
    from nbclient import NotebookClient
    cell = "from labkit.train.progress import bar\nwith bar(5, 0, True) as b: b.update(5)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    client = NotebookClient(notebook, kernel_name="python3")
    with client.setup_kernel():
        client.kc.allow_stdin = person
        client.execute_cell(notebook.cells[0], 0)
    outputs = notebook.cells[0].outputs
    assert {o.name for o in outputs} == ({"stdout"} if person else set())
