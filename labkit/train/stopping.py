"""Early stopping: end the run when the validation loss has stopped falling."""

import math
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass
class EarlyStopping:
    """Stop after `patience` epochs in a row without a validation loss below best - `min_delta`.

    With `restore_best`, the model gets the weights of the best epoch back when the run ends.
    After `fit`, `best` is the lowest loss that counted and `best_epoch` its epoch (from 1).
    Raises ValueError for a patience below 1 or a negative `min_delta`.
    Source: Prechelt, "Early Stopping - But When?", 1998; the counting is Keras's.
    """

    patience: int
    min_delta: float = 0.0
    restore_best: bool = True
    best: float = field(default=math.inf, init=False)
    best_epoch: int = field(default=0, init=False)
    weights: dict[str, Tensor] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.patience < 1:
            raise ValueError(f"patience is {self.patience}; it must be at least 1 epoch")
        if self.min_delta < 0:
            raise ValueError(f"min_delta is {self.min_delta}; it must not be negative")

    def reset(self) -> None:
        """Forget what another run has left."""
        self.best, self.best_epoch, self.weights = math.inf, 0, None

    def update(self, epoch: int, value: float, model: nn.Module) -> None:
        """Take note of an epoch's validation loss, and of the weights when it is the best."""
        if value < self.best - self.min_delta:
            self.best, self.best_epoch = value, epoch
            if self.restore_best:
                self.weights = {k: v.clone() for k, v in model.state_dict().items()}

    def reached(self, epoch: int) -> bool:
        """Whether patience has run out after `epoch` epochs."""
        return epoch - self.best_epoch >= self.patience

    def restore(self, model: nn.Module) -> None:
        """Give the model the best weights, if any were kept."""
        if self.weights is not None:
            model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must hold of it."""
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over the state of a checkpoint."""
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.weights = state["weights"]
