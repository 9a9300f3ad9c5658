"""Wrong input, refused before the first step, each with what to do about it."""

import torch
from torch import Tensor, nn

from labkit.data import batches, check_labels


def check_pairs(x: Tensor, y: Tensor, size: int | None = None) -> None:
    """ValueError unless `x` and `y` can be drawn in batches of `size` (None for all at once)."""
    batches(x, y, len(x) if size is None else size, shuffle=False)


def check_classes(output: Tensor, y: Tensor) -> None:
    """ValueError for class labels `y` (N,) that `output` (N, classes) has no score for.

    On a GPU such a label would end the process in an assertion that names nothing.
    """
    if output.dim() == 2 and y.dim() == 1 and not y.is_floating_point():
        check_labels(y, output.shape[1])


def check_numbers(epochs: int, clip: float | None) -> None:
    """ValueError for epochs or clipping out of range."""
    if epochs < 1:
        raise ValueError(f"epochs is {epochs}; it must be at least 1")
    if clip is not None and not clip > 0:
        raise ValueError(f"clip is {clip}; it is the largest gradient norm allowed, above 0, "
                         "or None for no clipping")


def check_parts(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    """ValueError unless the optimiser holds parameters of the model, on the device of `x`."""
    parameters = {id(p) for p in model.parameters()}
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not parameters & held:
        raise ValueError("the optimizer holds no parameter of this model; "
                         "make it from model.parameters()")
    device = next(model.parameters()).device
    if x.device != device:
        raise ValueError(f"x is on {x.device} and the model on {device}; "
                         "move one to the other with .to(device)")
