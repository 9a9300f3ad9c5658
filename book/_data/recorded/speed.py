"""Autocast and torch.compile: the time of a step against a plain one, for three widths."""

import statistics
import time

import torch
import torch._inductor.config
from torch.nn.functional import cross_entropy

from labkit import measure
from labkit.models import MLP
from labkit.train.step import Step

torch._inductor.config.force_disable_caches = True  # a first step compiles, it does not look up
SEED, DEVICE = 0, "cpu"
WIDTHS = (32, 256, 1024)
ROWS = (*(str(width) for width in WIDTHS), "check")
CHECK = "check"  # the losses of the three ways: times do not come out again on another machine
TOLERANCE = 0.05
WAYS = {"plain": {}, "autocast": {"autocast": True}, "compile": {"compile": "inductor"}}


def steps(width: int, seed: int) -> dict[str, Step]:
    """One step for each way, from the same weights."""
    found = {}
    for way, options in WAYS.items():
        model = MLP((784, width, width, 10), generator=torch.Generator().manual_seed(seed))
        model.to(DEVICE)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        found[way] = Step(model, optimizer, cross_entropy, **options)
    return found


def row(name: str, seed: int) -> dict:
    """How long the first step takes, and how a later one compares with the plain way."""
    width = 64 if name == "check" else int(name)
    chance = torch.Generator().manual_seed(seed)
    x = torch.rand(128, 784, generator=chance).to(DEVICE)
    y = torch.randint(10, (128,), generator=chance).to(DEVICE)
    ways = steps(width, seed)
    if name == "check":
        return {way: [float(step(x, y)) for _ in range(5)][-1] for way, step in ways.items()}
    first = {}
    for way, step in ways.items():
        start = time.perf_counter()
        step(x, y)
        first[way] = time.perf_counter() - start
    times = measure.interleaved({way: lambda s=step: s(x, y) for way, step in ways.items()},
                                repeats=100, warmup=10, device=DEVICE)
    result = {"first": first, "milliseconds": 1000 * statistics.median(times["plain"])}
    for way in ("autocast", "compile"):
        spread = measure.ratio(times[way], times["plain"])
        result[way] = [spread.low, spread.median, spread.high]
    return result
