"""Rules of 2023 and later: signs, orthogonal steps, averages instead of a schedule."""

import math

import torch
from torch import Tensor

from labkit.optim.rules import State


def lion(theta: Tensor, g: Tensor, state: State, *, lr: float = 1e-4,
         betas: tuple[float, float] = (0.9, 0.99), weight_decay: float = 0.0
         ) -> tuple[Tensor, State]:
    """Every coordinate moves by `lr`: the sign of a mixture of gradient and its moving average.

    The decay is decoupled, as in `adamw`. Source: Chen et al. (2023), algorithm 2.
    """
    beta1, beta2 = betas
    m = state.get("m", torch.zeros_like(g))
    step = torch.sign(beta1 * m + (1 - beta1) * g)
    return theta - lr * (step + weight_decay * theta), {"m": beta2 * m + (1 - beta2) * g}


def newton_schulz(G: Tensor, steps: int = 5, eps: float = 1e-7) -> Tensor:
    """Pull the singular values of the matrix `G` (rows, columns) towards 1, and keep its vectors.

    They end between about 0.7 and 1.2, if they were not far below the largest. The polynomial is
    K. Jordan's, "Muon" (2024). Computes in the dtype of `G`; torch.optim.Muon in bfloat16.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    X = (G.T if len(G) > G.shape[1] else G) / G.norm().clamp(min=eps)
    for _ in range(steps):
        A = X @ X.T
        X = a * X + (b * A + c * A @ A) @ X
    return X.T if len(G) > G.shape[1] else X


def muon(theta: Tensor, g: Tensor, state: State, *, lr: float = 1e-3, momentum: float = 0.95,
         nesterov: bool = True, weight_decay: float = 0.1, ns_steps: int = 5
         ) -> tuple[Tensor, State]:
    """Momentum whose step is made orthogonal: all its singular values become about 1.

    For matrices (rows, columns); a kernel (out, in, height, width) is taken as (out, the rest).
    The decay is decoupled. Raises `ValueError` for vectors. Source: K. Jordan, "Muon" (2024).
    """
    if theta.dim() < 2:
        raise ValueError(f"muon moves matrices and kernels, not a tensor of shape "
                         f"{tuple(theta.shape)}; give biases and gains to a group with rule=adamw")
    b = momentum * state.get("b", torch.zeros_like(g)) + (1 - momentum) * g
    step = ((1 - momentum) * g + momentum * b if nesterov else b).flatten(1)
    scale = lr * math.sqrt(max(1, len(step) / step.shape[1]))
    step = newton_schulz(step, ns_steps).reshape(theta.shape)
    return theta * (1 - lr * weight_decay) - scale * step, {"b": b}


def schedule_free_sgd(theta: Tensor, g: Tensor, state: State, *, lr: float = 1.0,
                      beta: float = 0.9, weight_decay: float = 0.0, warmup: int = 0
                      ) -> tuple[Tensor, State]:
    """Descent of z, whose average x is the answer; gradients are taken between them, at theta.

    `warmup`: steps over which the rate grows to `lr`. Evaluate the model inside
    `Optimizer.averaged()`, at x. Source: Defazio et al. (2024), equations 3 to 5.
    """
    t, rate = _clock(state, lr, warmup)
    z = state.get("z", theta) - rate * (g + weight_decay * theta)
    return _between(theta, z, state, {"t": t}, rate, beta)


def schedule_free_adamw(theta: Tensor, g: Tensor, state: State, *, lr: float = 2.5e-3,
                        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                        weight_decay: float = 0.0, warmup: int = 0) -> tuple[Tensor, State]:
    """As `schedule_free_sgd`, with each coordinate's step divided as in Adam.

    Source: Defazio et al. (2024), algorithm 1, but v corrected as in Adam, as their library does.
    """
    t, rate = _clock(state, lr, warmup)
    v = betas[1] * state.get("v", torch.zeros_like(g)) + (1 - betas[1]) * g * g
    step = g / ((v / (1 - betas[1]**t)).sqrt() + eps)
    z = state.get("z", theta) - rate * (step + weight_decay * theta)
    return _between(theta, z, state, {"t": t, "v": v}, rate, betas[0])


def _clock(state: State, lr: float, warmup: int) -> tuple[int, float]:
    """The number of this step, from 1, and its rate."""
    t = state.get("t", 0) + 1
    return t, lr * min(1.0, t / max(warmup, 1))


def _between(theta: Tensor, z: Tensor, state: State, new: State, rate: float, beta: float
             ) -> tuple[Tensor, State]:
    """Take z into the average x, with its squared rate as its weight; the point between them."""
    total = state.get("total", 0.0) + rate**2
    c = rate**2 / total if new["t"] > 1 else 1.0
    x = (1 - c) * state.get("x", theta) + c * z
    return (1 - beta) * z + beta * x, new | {"total": total, "z": z, "x": x}
