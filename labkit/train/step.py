"""One step of training: forward, backward, update, and what may stand around them."""

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from labkit import device
from labkit.train.inference import Loss


class Step:
    """Takes a step on a batch; `scaler` and `schedule` are what it changes besides weights.

    With float16, which only older NVIDIA cards need, the loss is multiplied before the backward
    pass so that small gradients do not round to zero, and a step whose gradient overflows is left
    out (Micikevicius et al. 2018, section 3.2). Everywhere else the scaler does nothing.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, loss: Loss, *,
                 clip: float | None = None, schedule: LRScheduler | None = None,
                 autocast: bool = False, compile: str | None = None) -> None:
        self.model, self.optimizer, self.loss = model, optimizer, loss
        self.clip, self.schedule = clip, schedule
        self.settings = {"optimizer": type(optimizer).__name__, "clip": clip,
                         "schedule": type(schedule).__name__ if schedule else "none",
                         "autocast": autocast, "compile": compile}
        place = next(model.parameters()).device
        self._context = device.autocast(place) if autocast else nullcontext()
        half = autocast and self._context.fast_dtype == torch.float16
        self.scaler = torch.amp.GradScaler(place.type, enabled=half)
        self._run = torch.compile(self._compute, backend=compile) if compile else self._compute

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """Forward, backward, update: the lines that everything else serves."""
        self.optimizer.zero_grad()
        value = self._run(x, y)
        self.scaler.scale(value).backward()
        if self.clip is not None:
            self.scaler.unscale_(self.optimizer)
            clip_grad_norm_(self.model.parameters(), self.clip)
        scale = self.scaler.get_scale()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        left_out = self.scaler.get_scale() < scale
        if self.schedule is not None and not self.waits_for_epochs and not left_out:
            self.schedule.step()
        return value.detach()

    def end_epoch(self, value: float) -> None:
        """Tell a schedule that looks at the loss, and at nothing else, what an epoch ended with."""
        if self.waits_for_epochs:
            self.schedule.step(value)

    @property
    def rate(self) -> dict[str, float]:
        """The learning rate of the first group as a column `lr`, where a schedule moves it."""
        return {"lr": float(self.optimizer.param_groups[0]["lr"])} if self.schedule else {}

    @property
    def waits_for_epochs(self) -> bool:
        """Whether the schedule acts between epochs; every other one acts after each step."""
        return isinstance(self.schedule, ReduceLROnPlateau)

    def _compute(self, x: Tensor, y: Tensor) -> Tensor:
        with self._context:
            return self.loss(self.model(x), y)
