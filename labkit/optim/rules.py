"""From gradient descent to AdamW, one function each: (theta, g, state) -> (theta, state).

`theta` and its gradient `g` have one shape and dtype; so has every tensor in `state`. `t` counts
the steps from 1. Defaults are those of torch.optim.
"""

from typing import Any

import torch
from torch import Tensor

State = dict[str, Any]


def sgd(theta: Tensor, g: Tensor, state: State, *, lr: float = 1e-3, momentum: float = 0.0,
        dampening: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0
        ) -> tuple[Tensor, State]:
    """Gradient descent; with momentum the heavy ball, or Nesterov's step.

    The first b is g itself, as in torch. Source: Polyak (1964); Sutskever et al. (2013).
    """
    g = g + weight_decay * theta
    if not momentum:
        return theta - lr * g, {}
    b = momentum * state["b"] + (1 - dampening) * g if state else g
    return theta - lr * (g + momentum * b if nesterov else b), {"b": b}


def adagrad(theta: Tensor, g: Tensor, state: State, *, lr: float = 1e-2, lr_decay: float = 0.0,
            weight_decay: float = 0.0, initial: float = 0.0, eps: float = 1e-10
            ) -> tuple[Tensor, State]:
    """Divide each coordinate's step by the root of the sum of its squared gradients.

    `initial` is that sum before the first step. Source: Duchi, Hazan and Singer (2011).
    """
    t = state.get("t", 0) + 1
    g = g + weight_decay * theta
    s = state.get("s", torch.full_like(g, initial)) + g * g
    return theta - lr / (1 + (t - 1) * lr_decay) * g / (s.sqrt() + eps), {"t": t, "s": s}


def rmsprop(theta: Tensor, g: Tensor, state: State, *, lr: float = 1e-2, alpha: float = 0.99,
            eps: float = 1e-8, weight_decay: float = 0.0, momentum: float = 0.0,
            centered: bool = False) -> tuple[Tensor, State]:
    """AdaGrad that forgets: the sum of squares becomes a moving average.

    `centered` subtracts the squared mean, which makes it a variance. Source: Hinton's lecture 6e
    (2012); centred: Graves (2013).
    """
    zero = torch.zeros_like(g)
    g = g + weight_decay * theta
    v = alpha * state.get("v", zero) + (1 - alpha) * g * g
    new = {"v": v}
    if centered:
        new["m"] = m = alpha * state.get("m", zero) + (1 - alpha) * g
        v = (v - m * m).clamp(min=0)  # a constant gradient's can be rounded below 0
    step = g / (v.sqrt() + eps)
    if momentum:
        new["b"] = step = momentum * state.get("b", zero) + step
    return theta - lr * step, new


def adam(theta: Tensor, g: Tensor, state: State, *, lr: float = 1e-3,
         betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.0,
         amsgrad: bool = False) -> tuple[Tensor, State]:
    """Mean gradient over root mean square, both corrected for their start at zero.

    `weight_decay` adds its pull to g (the L2 penalty). `amsgrad` never lets v fall. Source: Kingma
    and Ba (2015), algorithm 1; Reddi, Kale and Kumar (2018), in torch's form.
    """
    beta1, beta2 = betas
    t = state.get("t", 0) + 1
    g = g + weight_decay * theta
    m = beta1 * state.get("m", torch.zeros_like(g)) + (1 - beta1) * g
    v = beta2 * state.get("v", torch.zeros_like(g)) + (1 - beta2) * g * g
    top = torch.maximum(state.get("top", v), v) if amsgrad else v
    m_hat, v_hat = m / (1 - beta1**t), top / (1 - beta2**t)
    state = {"t": t, "m": m, "v": v} | ({"top": top} if amsgrad else {})
    return theta - lr * m_hat / (v_hat.sqrt() + eps), state


def adamax(theta: Tensor, g: Tensor, state: State, *, lr: float = 2e-3,
           betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
           weight_decay: float = 0.0) -> tuple[Tensor, State]:
    """Adam with the largest recent gradient, the infinity norm, in place of the root mean square.

    Source: Kingma and Ba (2015), algorithm 2; `eps` as torch adds it.
    """
    beta1, beta2 = betas
    t = state.get("t", 0) + 1
    g = g + weight_decay * theta
    m = beta1 * state.get("m", torch.zeros_like(g)) + (1 - beta1) * g
    u = torch.maximum(beta2 * state.get("u", torch.zeros_like(g)), g.abs() + eps)
    return theta - lr / (1 - beta1**t) * m / u, {"t": t, "m": m, "u": u}


def adamw(theta: Tensor, g: Tensor, state: State, *, lr: float = 1e-3,
          betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
          weight_decay: float = 1e-2, amsgrad: bool = False) -> tuple[Tensor, State]:
    """Adam, with the weights shrunk beside it instead of through the gradient.

    Source: Loshchilov and Hutter (2019), algorithm 2, in torch's form: the decay is times `lr`.
    """
    return adam(theta * (1 - lr * weight_decay), g, state, lr=lr, betas=betas, eps=eps,
                amsgrad=amsgrad)
