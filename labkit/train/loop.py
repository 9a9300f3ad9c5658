"""The training loop."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler
from tqdm import tqdm

from labkit.data import batches
from labkit.train import inspection
from labkit.train.history import History
from labkit.train.inference import Loss, evaluate, mode, predict
from labkit.train.progress import bar
from labkit.train.run import Run, copied
from labkit.train.step import Step
from labkit.train.stopping import EarlyStopping

Pair = tuple[Tensor, Tensor]


class Diverged(FloatingPointError):
    """The loss or a weight became nan or inf, at `step` of `epoch` (both from 1).

    `history` holds the epochs that finished before.
    """

    def __init__(self, message: str, epoch: int = 0, step: int = 0,
                 history: History | None = None) -> None:
        super().__init__(message)
        self.epoch, self.step, self.history = epoch, step, history or History()


def fit(model: nn.Module, x: Tensor, y: Tensor, *, loss: Loss, optimizer: torch.optim.Optimizer,
        epochs: int, batch_size: int, generator: torch.Generator, valid: Pair | None = None,
        metrics: Mapping[str, Loss] | None = None, clip: float | None = None,
        schedule: LRScheduler | None = None, autocast: bool = False, compile: str | None = None,
        stopping: EarlyStopping | None = None, checkpoint: str | Path | None = None,
        resume: bool = False, progress: bool = True) -> History:
    """Train `model` in place on `x` (N, ...) and `y` (N, ...), and return one row an epoch.

    loss, metrics   functions of (output, y); the loss is a mean over the batch. Metrics are
                    computed after each epoch on `valid`, a pair (x, y), as columns valid_NAME
    generator       draws the order of the samples
    clip            largest global norm of the gradient (Pascanu et al. 2013, algorithm 1)
    schedule        a torch.optim.lr_scheduler of this optimiser. It acts after every step, so its
                    times are counted in steps; ReduceLROnPlateau acts after every epoch, on
                    valid_loss, or on loss without `valid`. The rate at the start of each epoch
                    becomes the column lr
    autocast        forward passes of training in the half precision that suits the device
    compile         torch.compile's backend for them: "inductor" wants a C++ compiler, or a GPU
    stopping        early stopping on valid_loss
    checkpoint      a file that is replaced after every epoch
    resume          go on from that file if it is there. `epochs` counts from the start, so the
                    same call repeated finishes an interrupted run, bit for bit as if it had not
                    been interrupted: torch's global generators, from which dropout draws, are
                    set to their saved state too (those of numpy and random are not), and the
                    optimiser's settings, such as the learning rate, are those of the file
    progress        a bar, where someone watches

    The model is trained in train mode and left in the mode it came in. Raises ValueError for wrong
    input before anything is changed, Diverged (with the last finished epoch's weights put back)
    when the loss is nan or inf, OSError when a checkpoint cannot be written, and CheckpointError
    when one cannot be resumed. After Ctrl-C the file holds the last finished epoch.
    """
    _inspect(model, x, y, optimizer, epochs, batch_size, clip, valid, metrics, stopping)
    inspection.check_options(optimizer, schedule, compile)
    step = Step(model, optimizer, loss, clip=clip, schedule=schedule, autocast=autocast,
                compile=compile)
    run = Run(step, generator, stopping, {"batch_size": batch_size, "samples": len(x)})
    path = _prepare(run, checkpoint, resume)
    steps = -(-len(x) // batch_size)
    with mode(model, training=True), bar(epochs * steps, len(run.history) * steps, progress) as b:
        while not run.over(epochs):
            rate = step.rate  # that of the epoch's first step
            row = {"epoch": len(run.history) + 1, "loss": _epoch(run, x, y, batch_size, b)} | rate
            if valid is not None:
                scores = evaluate(model, *valid, loss, metrics)
                row |= {f"valid_{name}": value for name, value in scores.items()}
            run.history.rows.append(row)
            step.end_epoch(row.get("valid_loss", row["loss"]))
            b.set_postfix(row)
            if stopping is not None:
                stopping.update(row["epoch"], row["valid_loss"], model)
            if path is not None:
                run.save(path)
    if stopping is not None:
        stopping.restore(model)
    return run.history


def _epoch(run: Run, x: Tensor, y: Tensor, batch_size: int, progress: tqdm) -> float:
    """One pass over the data; the mean loss of its samples, each taken when its step was made."""
    before = copied(run.moving())
    losses, sizes = [], []
    for xb, yb in batches(x, y, batch_size, generator=run.generator):
        losses.append(run.step(xb, yb))
        sizes.append(len(xb))
        progress.update()
    # Reading a number makes a GPU wait for it, so all are read once an epoch, not once a step.
    values = torch.stack(losses).cpu().double()
    if (problem := _not_finite(run.step.model, values)) is not None:
        run.put_back(before)
        raise _diverged(*problem, len(losses), run.history)
    return float(values @ torch.tensor(sizes, dtype=values.dtype) / sum(sizes))


def _not_finite(model: nn.Module, losses: Tensor) -> tuple[int, str] | None:
    """The first step (from 1) after which a number is nan or inf, and what shows it."""
    bad = losses.isfinite().logical_not()
    if bad.any():
        step = int(bad.nonzero()[0])
        return step + 1, f"the loss is {float(losses[step])} at"
    # The loss shows what the last step did to the weights only in the next epoch: too late.
    extremes = [v for p in model.parameters() if p.numel() for v in p.detach().aminmax()]
    finite = torch.stack(extremes).isfinite().all()
    return None if finite else (len(losses), "a weight is not finite after")


def _diverged(step: int, what: str, steps: int, history: History) -> Diverged:
    """The error, in words that say what to do."""
    epoch = len(history) + 1
    kept = f"epoch {epoch - 1}" if epoch > 1 else "before the first epoch"
    return Diverged(f"{what} step {step} of {steps} in epoch {epoch}. The model holds the weights "
                    f"of {kept} again. Try a smaller learning rate or clip=1.0, and look for nan "
                    "in the data", epoch, step, history)


def _inspect(model: nn.Module, x: Tensor, y: Tensor, optimizer: torch.optim.Optimizer, epochs: int,
             batch_size: int, clip: float | None, valid: Pair | None,
             metrics: Mapping[str, Loss] | None, stopping: EarlyStopping | None) -> None:
    """Refuse wrong arguments; one sample goes through the model to count its scores."""
    inspection.check_pairs(x, y, batch_size)
    inspection.check_numbers(epochs, clip)
    inspection.check_parts(model, optimizer, x)
    output = predict(model, x[:1])
    inspection.check_classes(output, y)
    if valid is not None:
        inspection.check_pairs(*valid)
        inspection.check_classes(output, valid[1])
    elif metrics or stopping:
        raise ValueError("metrics and stopping look at validation data; give valid=(x, y)")


def _prepare(run: Run, checkpoint: str | Path | None, resume: bool) -> Path | None:
    """Start fresh or from the checkpoint, and make sure that there is a folder to write into."""
    if run.stopping is not None:
        run.stopping.reset()
    if checkpoint is None:
        if resume:
            raise ValueError("resume=True needs a checkpoint file to resume from")
        return None
    path = Path(checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    if resume and path.exists():
        run.load(path)
    return path
