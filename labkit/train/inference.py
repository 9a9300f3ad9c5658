"""Using a model without training it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from labkit.train.inspection import check_pairs

Loss = Callable[[Tensor, Tensor], Tensor]


@contextmanager
def mode(model: nn.Module, training: bool) -> Iterator[None]:
    """Put every module in train or eval mode, and each back into its own at the end."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, was in before:
            module.training = was


def predict(model: nn.Module, x: Tensor, batch_size: int = 1024) -> Tensor:
    """The model's output for all of `x`, shape (N, ...), in eval mode and without gradients.

    Drawn in batches of `batch_size` to bound memory; the model's mode is as before afterwards.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; it must be at least 1")
    with mode(model, training=False), torch.inference_mode():
        return torch.cat([model(part) for part in x.split(batch_size)])


def evaluate(model: nn.Module, x: Tensor, y: Tensor, loss: Loss,
             metrics: Mapping[str, Loss] | None = None, batch_size: int = 1024) -> dict[str, float]:
    """The loss and each metric over all of `x` (N, ...) and `y` (N, ...), as {"loss": 0.3, ...}.

    Each is a function of (output, y) and sees all N at once, so that metrics which are no mean
    over samples (F1, R2) come out right too. Raises ValueError for empty or unequal data.
    """
    check_pairs(x, y)
    output = predict(model, x, batch_size)
    with torch.inference_mode():
        return {name: float(score(output, y))
                for name, score in {"loss": loss, **(metrics or {})}.items()}


def accuracy(output: Tensor, y: Tensor) -> Tensor:
    """The share of rows of `output` (N, classes) whose largest score stands at `y` (N,)."""
    return (output.argmax(dim=1) == y).float().mean()
