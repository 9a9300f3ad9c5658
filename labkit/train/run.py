"""All that decides how a run goes on: what an exact resume must hold."""

import copy
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from labkit.train import checkpoint
from labkit.train.checkpoint import CheckpointError
from labkit.train.history import History
from labkit.train.step import Step
from labkit.train.stopping import EarlyStopping


@dataclass
class Run:
    """The moving parts of one run.

    `settings`: the arguments that a resume must repeat, besides those of the step.
    """

    step: Step
    generator: torch.Generator
    stopping: EarlyStopping | None
    settings: dict[str, float | str | None]
    history: History = field(default_factory=History)

    def over(self, epochs: int) -> bool:
        """Whether all epochs are done, or early stopping says so."""
        done = len(self.history)
        return done >= epochs or (self.stopping is not None and self.stopping.reached(done))

    def moving(self) -> dict[str, Any]:
        """What a step changes: weights, optimiser, schedule, random numbers. Tensors themselves,
        no copies."""
        schedule = self.step.schedule
        return {"model": self.step.model.state_dict(),
                "optimizer": self.step.optimizer.state_dict(),
                "schedule": copy.deepcopy(schedule.state_dict()) if schedule else None,
                "scaler": self.step.scaler.state_dict(),
                "random": random_state(self.generator, self._device)}

    def put_back(self, moving: dict[str, Any]) -> None:
        """Undo steps: take over what `moving` gave earlier."""
        self.step.model.load_state_dict(moving["model"])
        self.step.optimizer.load_state_dict(moving["optimizer"])
        if self.step.schedule:
            self.step.schedule.load_state_dict(moving["schedule"])
        self.step.scaler.load_state_dict(moving["scaler"])
        set_random_state(moving["random"], self.generator, self._device)

    def save(self, path: Path) -> None:
        """Write all of it to one file."""
        stopping = self.stopping.state_dict() if self.stopping else None
        checkpoint.save(path, self.moving() | {"history": self.history.rows, "stopping": stopping,
                                               "settings": self._settings})

    def load(self, path: Path) -> None:
        """Take over a file of the same run; CheckpointError before anything is touched."""
        state = checkpoint.load(path)
        if (problem := self._difference(state)) is not None:
            raise CheckpointError(f"{path} is of another run: {problem}. Build the same run as "
                                  "when it was saved, or give another file")
        self.put_back(state)
        self.history.rows[:] = state["history"]
        if self.stopping:
            self.stopping.load_state_dict(state["stopping"])

    @property
    def _settings(self) -> dict[str, float | str | None]:
        return self.settings | self.step.settings

    @property
    def _device(self) -> torch.device:
        return next(self.step.model.parameters()).device

    def _difference(self, state: dict[str, Any]) -> str | None:
        """The first thing in which this run and a saved one differ, in words."""
        mine, saved = _facts(self.moving()["model"]), _facts(state["model"])
        for name in chain(saved, mine):
            if mine.get(name) != saved.get(name):
                return (f"{name} is {saved.get(name, 'absent')} in the file "
                        f"and {mine.get(name, 'absent')} in the model")
        settings = self._settings | {"stopping": self.stopping is not None}
        for name, value in (state["settings"] | {"stopping": bool(state["stopping"])}).items():
            if settings.get(name) != value:
                return f"{name} was {value} and is {settings.get(name)} now"
        groups = [[len(g["params"]) for g in o["param_groups"]]
                  for o in (state["optimizer"], self.step.optimizer.state_dict())]
        return None if groups[0] == groups[1] else "the optimiser has other parameter groups"


def copied(value: Any) -> Any:
    """A copy of a nested state that later steps leave alone; deepcopy is nine times as slow."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    return [copied(v) for v in value] if isinstance(value, list) else value


def random_state(generator: torch.Generator, device: torch.device) -> dict[str, Tensor]:
    """The state of the run's own generator (batches) and of torch's global ones (dropout)."""
    state = {"generator": generator.get_state(), "cpu": torch.get_rng_state()}
    if device.type != "cpu":
        state[device.type] = torch.get_device_module(device).get_rng_state(device)
    return state


def set_random_state(state: dict[str, Tensor], generator: torch.Generator,
                     device: torch.device) -> None:
    """Set them again; a file from another device has no state for this one."""
    generator.set_state(state["generator"])
    torch.set_rng_state(state["cpu"])
    if device.type in state and device.type != "cpu":
        torch.get_device_module(device).set_rng_state(state[device.type], device)


def _facts(state: dict[str, Tensor]) -> dict[str, str]:
    """Shape and dtype of each tensor, in words."""
    return {k: f"{tuple(v.shape)} {v.dtype}".replace("torch.", "") for k, v in state.items()}
