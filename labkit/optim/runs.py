"""Runs of a rule outside any model: one path, or many rates and starts at once."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor


def walk(method: Callable, gradient: Callable[[Tensor, int], Tensor], steps: int,
         start: Any, **settings: Any) -> Tensor:
    """All points, (steps + 1, *start's shape) in float64, that `method` visits.

    `method` is a rule of ours, or a class of torch.optim, and gets the `settings`;
    `gradient(theta, t)` is asked at each point, t from 0.
    """
    theta = torch.tensor(start, dtype=torch.float64)
    rule = _as_rule(method, theta, settings) if isinstance(method, type) else (
        partial(method, **settings))
    state: dict = {}
    path = [theta]
    for t in range(steps):
        theta, state = rule(theta, gradient(theta, t), state)
        path.append(theta)
    return torch.stack(path)


def _as_rule(method: type, start: Tensor, settings: dict[str, Any]) -> Callable:
    """An optimiser of torch, which holds its point and state itself, called like a rule."""
    own = start.clone().requires_grad_()
    optimizer = method([own], **settings)

    def rule(theta: Tensor, g: Tensor, state: dict) -> tuple[Tensor, dict]:
        own.grad = g.clone()
        optimizer.step()
        return own.detach().clone(), state

    return rule


def race(rule: Callable, loss: Callable[[Sequence[Tensor], int | None], Tensor],
         start: Sequence[Tensor], rates: Tensor, steps: int) -> Tensor:
    """Final losses, (rates, seeds), of a rule at each rate from each start.

    `start` holds the parameters, each (seeds, rows, columns). `loss(theta, t)` takes them as
    (rates, seeds, rows, columns) and gives (rates, seeds); t counts the steps from 0, and is None
    for the final loss; what is not finite comes back as inf. A rule that keeps an average "x" in
    its state is judged there.
    """
    theta = [p.expand(len(rates), *p.shape) for p in start]
    states: list[dict] = [{} for _ in start]
    lr = [rates.to(p).reshape(-1, *[1] * p.dim()) for p in start]
    for t in range(steps):
        theta = [p.detach().requires_grad_() for p in theta]
        slopes = torch.autograd.grad(loss(theta, t).sum(), theta)
        with torch.no_grad():
            pairs = [rule(*each, lr=rate)
                     for *each, rate in zip(theta, slopes, states, lr, strict=True)]
        theta, states = (list(part) for part in zip(*pairs, strict=True))
    with torch.no_grad():
        final = loss([s.get("x", p) for p, s in zip(theta, states, strict=True)], None)
    return final.nan_to_num(math.inf, math.inf)
