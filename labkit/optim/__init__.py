"""The optimisers that the chapters derive: each is one pure function, all on one frame.

rules    sgd, adagrad, rmsprop, adam, adamax, adamw: what torch.optim has too
modern   lion, muon, schedule_free_sgd, schedule_free_adamw: signs, orthogonal steps, averages
frame    Optimizer: applies a rule to the parameters of a model
hyper    the settings of a rule: their defaults and their ranges
runs     walk, race: one path of a rule; many rates and starts at once

A rule takes the parameters, the gradient there and the state of the step before ({} at first),
and returns new parameters and a new state; it changes nothing in place. The elementwise rules take
tensors as settings too: `lr` of shape (k, 1) runs k rates at once on parameters (k, n). Only the
frame looks at ranges: a rule computes with whatever it is given.
"""

from labkit.optim.frame import Optimizer
from labkit.optim.modern import (
    lion,
    muon,
    newton_schulz,
    schedule_free_adamw,
    schedule_free_sgd,
)
from labkit.optim.rules import adagrad, adam, adamax, adamw, rmsprop, sgd
from labkit.optim.runs import race, walk

__all__ = ["Optimizer", "adagrad", "adam", "adamax", "adamw", "lion", "muon", "newton_schulz",
           "race", "rmsprop", "schedule_free_adamw", "schedule_free_sgd", "sgd", "walk"]
