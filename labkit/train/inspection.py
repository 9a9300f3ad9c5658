"""Wrong input, refused before the first step, each with what to do about it."""

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

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


def check_options(optimizer: torch.optim.Optimizer, schedule: LRScheduler | None,
                  compile: str | None) -> None:
    """ValueError for a schedule of another optimiser, or a backend that torch does not know."""
    if schedule is not None and getattr(schedule, "optimizer", None) is not optimizer:
        raise ValueError("schedule is none of torch.optim.lr_scheduler, or of another optimizer; "
                         "make it from the optimizer that you pass here")
    known = torch.compiler.list_backends(exclude_tags=()) if compile is not None else ()
    if compile is not None and compile not in known:
        raise ValueError(f"compile is {compile!r}; it names a backend of torch.compile: "
                         f"{', '.join(known)}, or None for no compilation")
