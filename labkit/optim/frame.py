"""One `torch.optim.Optimizer` for all rules, so that `fit` and schedules can use them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from labkit.optim import hyper

Rule = Callable[..., tuple[Tensor, dict[str, Any]]]


class Optimizer(torch.optim.Optimizer):
    """Applies `rule` with its `settings` to every parameter that has a gradient.

    params      as for torch.optim: tensors, or groups as dicts. A group may have settings of its
                own, and a rule of its own: {"params": biases, "rule": optim.adamw, "lr": 1e-3};
                settings given to the optimiser hold for the groups with the optimiser's rule
    rule        a function (theta, g, state, *, lr, ...) -> (theta, state), such as `optim.adam`;
                its own keyword defaults are the defaults
    maximize    climb instead of descending: the rule gets the negative gradient

    Raises `ValueError` for settings that the rule does not have or that are out of range.
    """

    def __init__(self, params: Iterable, rule: Rule, *, maximize: bool = False,
                 **settings: Any) -> None:
        self._rule, self._settings, self._maximize = rule, settings, maximize
        self._rules: dict[str, Rule] = {}
        super().__init__(params, {})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with a rule and settings of their own."""
        group = dict(param_group)
        rule = group.pop("rule", self._rule)
        own = {k: group.pop(k) for k in list(group) if k not in ("params", "maximize")}
        inherited = self._settings if rule is self._rule else {}
        group |= hyper.completed(rule, inherited | own)
        # The name, because a checkpoint can hold a name but no function.
        group |= {"rule": rule.__name__, "maximize": group.get("maximize", self._maximize)}
        super().add_param_group(group)
        self._rules[rule.__name__] = rule

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Take one step; returns the loss if `closure` computes one, else None."""
        with torch.enable_grad():
            loss = closure() if closure is not None else None
        for group in self.param_groups:
            rule = self._rules[group["rule"]]
            settings = {name: group[name] for name in hyper.defaults(rule)}
            for theta in group["params"]:
                if theta.grad is not None:
                    g = -theta.grad if group["maximize"] else theta.grad
                    new, self.state[theta] = rule(theta, _dense(g), self.state[theta], **settings)
                    theta.copy_(new)
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of an optimiser with the same rules; ValueError for another's."""
        mine = [group["rule"] for group in self.param_groups]
        saved = [group.get("rule") for group in state_dict["param_groups"]]
        if mine != saved:
            raise ValueError(f"the state was saved with the rules {saved} and this optimiser has "
                             f"{mine}; build the optimiser as it was when it was saved")
        super().load_state_dict(state_dict)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside, parameters of schedule-free rules hold their average x; others stay."""
        held = [(p, p.detach().clone(), state["x"]) for p, state in self.state.items()
                if "x" in state]
        with torch.no_grad():
            for p, _, x in held:
                p.copy_(x)
        try:
            yield
        finally:
            with torch.no_grad():
                for p, theta, _ in held:
                    p.copy_(theta)


def _dense(g: Tensor) -> Tensor:
    """The gradient; ValueError for a sparse one, which no rule here can take."""
    if g.is_sparse:
        raise ValueError("the gradient is sparse; build the Embedding with sparse=False, "
                         "or use torch.optim.SparseAdam")
    return g
